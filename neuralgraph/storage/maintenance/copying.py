"""What goes out of a database whole: a base into a file of its own, commits out of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import DiskError
from neuralgraph.storage.disk import BlockFile
from neuralgraph.storage.maintenance.vacuum import moved_manifest
from neuralgraph.storage.transactions.commit_codec import CommitReader

if TYPE_CHECKING:
    from neuralgraph.storage.disk import Directory, LogStore
    from neuralgraph.storage.versions import Base, Commit


def copy_base(base: Base, blocks: BlockFile, directory: Directory, name: str) -> None:
    """Write a base to a new database file, which is there whole or not at all.

    Raises:
        DiskError: there is such a file already, or the disk refused.
    """
    if directory.exists(name):
        raise DiskError(f"cannot write a backup to {name}: there is such a file")
    half = f"{name}.partial"
    if directory.exists(half):
        directory.remove(half)
    copy = BlockFile.create(directory, half)
    try:
        moved = {tuple(ref): list(copy.adopt(ref, blocks)) for ref in set(base.block_refs())}
        copy.publish(moved_manifest(base.to_manifest(), moved))
        copy.trim()
    finally:
        copy.close()
    directory.rename(half, name)
    directory.sync()


def read_commits(log: LogStore, after: int, last_index: int, count_max: int) -> list[Commit]:
    """The oldest commits after `after` in a log, up to a record; `count_max` at most."""
    found: list[Commit] = []
    reader = CommitReader()
    for entry in log.read(log.first_index, last_index + 1):
        if entry.txid > after:
            commit = reader.take(entry)
            if commit is not None:
                found.append(commit)
                if len(found) == count_max:
                    break
    return found
