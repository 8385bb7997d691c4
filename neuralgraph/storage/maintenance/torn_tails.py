"""Torn tails: what a crash left behind the last record of the log, kept in files beside the database.

    social.ngdb-torn-17.bin      what an opening found where record 17 should have been

Nothing in them was ever acknowledged, so the database does not need them; but should a disk have damaged the
last record after it was acknowledged, they are all that is left of it. The log sets a tail aside in its own
folder, which a clean close removes; so it is moved out at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from neuralgraph.observability.logs import storage_logger
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.storage.disk import Directory

_IN_LOG: Final = regex(r"torn-(\d+)\.bin")


def keep_torn_tails(directory: Directory, name: str, log_folder: str) -> None:
    """Move what the log set aside to files beside the database, and warn.

    Raises:
        DiskError: it is where it was; the next opening tries again.
    """
    folder = directory.child(log_folder)
    for torn in folder.names():
        match = _IN_LOG.fullmatch(torn)
        if match is None:
            continue
        source = folder.open(torn)
        tail = source.read_at(0, source.size())
        source.close()
        kept = _free_name(directory, f"{name}-torn-{match[1]}", tail)
        target = directory.open(kept, create=True)
        try:
            target.write_at(0, tail)
            target.truncate(len(tail))
            target.sync()
        finally:
            target.close()
        folder.remove(torn)
        storage_logger().warning(
            "%s: the log ends in %d bytes that are no whole record, from a crash; they are kept in %s",
            name,
            len(tail),
            kept,
        )


def torn_tails(directory: Directory, name: str) -> tuple[str, ...]:
    """Names of the files in which tails were kept."""
    pattern = re.compile(rf"{re.escape(name)}-torn-\d+(-\d+)?\.bin")
    return tuple(found for found in directory.names() if pattern.fullmatch(found))


def _free_name(directory: Directory, stem: str, tail: bytes) -> str:
    """A name that no other tail has; that of the same one, where a crash came between."""
    number = 1
    while True:
        candidate = f"{stem}.bin" if number == 1 else f"{stem}-{number}.bin"
        if not directory.exists(candidate):
            return candidate
        file = directory.open(candidate)
        known = file.read_at(0, file.size())
        file.close()
        if tail.startswith(known):
            return candidate
        number += 1
