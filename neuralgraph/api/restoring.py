"""restore: a database file from a backup or from a dump."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralgraph.api.graph import open_graph
from neuralgraph.api.moments import moment_of
from neuralgraph.errors import CorruptionError, DiskError, DumpError, OptionError
from neuralgraph.storage import temporal
from neuralgraph.storage.disk import OsDirectory

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from neuralgraph.api.loading import Progress


def restore(
    source: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    at: Any = None,
    progress: Progress | None = None,
) -> int:
    """Make a database file of a backup folder (see `Graph.backup`) or of a dump (`Graph.dump`).

    Args:
        source: the folder, or the dump: a file of JSON lines, compressed or not.
        path: the new file.
        at: of a backup: a moment as `Graph.at` takes it; None is the newest.
        progress: of a dump: called with (entities done, entities in all) from time to time.

    Returns:
        The last transaction in the file.

    Raises:
        CorruptionError: the backup is damaged; there is no new file then.
        DumpError: the dump is damaged; there is no new file then.
        DiskError: the new file exists already, or the disk refused.
        QueryArgumentError: the backup does not reach to that moment.
    """
    target = Path(path).expanduser().resolve()
    backup = Path(source).expanduser()
    if not backup.is_dir():
        if at is not None:
            raise OptionError("a dump is of one moment; only a backup is restored to another")
        return _restore_dump(backup, target, progress)
    moment = None if at is None else moment_of(at)
    txid = temporal.restore(
        OsDirectory(str(backup.resolve())),
        OsDirectory(str(target.parent)),
        target.name,
        txid=None if moment is None else moment.txid,
        timestamp_us=None if moment is None else moment.timestamp_us,
    )
    with _or_nothing(target), open_graph(target) as graph:
        problems = graph.verify()
        if problems:
            raise CorruptionError(
                f"the backup is damaged, and nothing was restored: {problems[0]}; open a copy of its"
                " newest full-<txid>.ngdb with salvage=True to read what is left",
                where=str(backup),
            )
    return txid


def _restore_dump(dump: Path, target: Path, progress: Progress | None) -> int:
    if target.exists():
        raise DiskError(f"cannot restore to {target}: there is such a file; see Graph.restore")
    with _or_nothing(target), open_graph(target) as graph:
        try:
            graph.restore(dump, progress=progress)
        except DumpError as error:
            if not error.is_data_kept:
                raise
            raise DumpError(f"nothing was restored: {error.reason}", line=error.line) from error
        return graph.info().txid


@contextmanager
def _or_nothing(target: Path) -> Iterator[None]:
    """The file that is made here stays only when all goes well."""
    try:
        yield
    except BaseException:
        target.unlink(missing_ok=True)
        raise
