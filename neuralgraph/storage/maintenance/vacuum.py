"""Vacuum: let go of history that nobody wants any more, and give the space back.

    prune       a base without what only moments before the horizon need
    relocate    a base whose last blocks stand in gaps further to the front
    trim        the free end of the file is cut off

Each step is published like a checkpoint, so that a crash finds the file before or after it. Readers keep
the base that they hold: its blocks are free when the last of them is gone, and only then moved over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import OptionError
from neuralgraph.regexes import regex
from neuralgraph.storage.disk import BlockRef
from neuralgraph.storage.versions import Base
from neuralgraph.storage.versions.history import History
from neuralgraph.storage.versions.manifest_codec import pack_manifest, unpack_manifest
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.maintenance.checkpoint import Checkpointer
    from neuralgraph.storage.transactions.manager import TransactionManager
    from neuralgraph.storage.versions.history import HistoryLog

ROUNDS_MAX: Final = 4
"""So often blocks are moved; each round frees the places that the one before moved blocks from."""

_UNITS_US: Final = {"d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000}
_SPAN: Final = regex(r"(\d+)\s*([dhms])")


@record
class VacuumReport:
    """What a vacuum did.

    Attributes:
        history_from: the oldest transaction whose state can still be read.
        bytes_before: size of the file.
        bytes_after: size of the file now.
    """

    history_from: int
    bytes_before: int
    bytes_after: int


def retention_us(history: str) -> int | None:
    """How far back history is kept, in microseconds; None is for ever, 0 not at all.

    Raises:
        OptionError: it is neither ``forever`` nor ``none`` nor a span such as ``30d``, ``12h``.
    """
    if history == "forever":
        return None
    if history == "none":
        return 0
    match = _SPAN.fullmatch(history)
    if match is None:
        raise OptionError(
            f"history is 'forever', 'none' or a span such as '30d' or '12h', not {history!r}"
        )
    return int(match[1]) * _UNITS_US[match[2]]


def horizon(base: Base, kept_us: int | None, now_us: int) -> int:
    """The txid of the oldest state that must stay readable."""
    if kept_us is None:
        return 0
    if kept_us == 0:
        return base.txid
    return base.commits.txid_at(now_us - kept_us)


class Vacuum:
    """One vacuum of one engine."""

    def __init__(
        self,
        blocks: BlockFile,
        checkpointer: Checkpointer,
        manager: TransactionManager,
        history: str,
    ) -> None:
        self._blocks = blocks
        self._checkpointer = checkpointer
        self._manager = manager
        self._kept_us = retention_us(history)

    def run(self, before: int) -> VacuumReport:
        """Prune what retention does not ask for and what is before commit `before`; then move and trim."""
        blocks, checkpointer, pipeline = self._blocks, self._checkpointer, self._manager.pipeline
        with self._manager.upkeep("a vacuum"):
            size = blocks.size()
            now_us = pipeline.next_timestamp_us()

            def shortened(base: Base) -> Base:
                first = max(horizon(base, self._kept_us, now_us), min(before, base.txid))
                return pruned(base, first, blocks)

            checkpointer.reshape(shortened)
            for _ in range(ROUNDS_MAX):
                last_size = blocks.size()
                checkpointer.reshape(lambda base: relocated(base, blocks))
                blocks.trim()
                if blocks.size() == last_size:
                    break
            first = pipeline.state.base.commits.contents_from
            return VacuumReport(max(0, first - 1), size, blocks.size())


def pruned(base: Base, txid: int, blocks: BlockFile) -> Base:
    """The base without what only moments before commit `txid` need."""
    if txid < base.commits.contents_from:
        return base
    history = base.history

    def kept(logs: dict[str, HistoryLog]) -> dict[str, HistoryLog]:
        younger = {key: log.since(txid, blocks) for key, log in logs.items()}
        return {key: log for key, log in younger.items() if log.segments}

    return base.replaced(
        history=History(
            history.nodes.since(txid, blocks),
            history.edges.since(txid, blocks),
            kept(history.node_values),
            kept(history.edge_values),
        ),
        commits=base.commits.without_contents(txid + 1, blocks),
        schema=base.schema.since(txid),
    )


def shape_of(history: str, blocks: BlockFile) -> Callable[[Base], Base] | None:
    """What becomes of every base that is folded, with a setting of `history`; None: it stays as it is."""
    if retention_us(history) != 0:
        return None
    return lambda base: pruned(base, base.txid, blocks)


def relocated(base: Base, blocks: BlockFile) -> Base:
    """The base with its last blocks moved to the front, as far as there are gaps; or the base itself."""
    moved: dict[tuple[int, ...], list[int]] = {}
    for ref in sorted(set(base.block_refs()), reverse=True):
        if ref.length:
            copy = blocks.copy_forward(ref)
            if copy is not None:
                moved[tuple(ref)] = list(copy)
    if not moved:
        return base
    return Base.from_manifest(moved_manifest(base.to_manifest(), moved), blocks)


def moved_manifest(manifest: bytes, moved: dict[tuple[int, ...], list[int]]) -> bytes:
    """The manifest with other blocks in place of those in `moved`."""
    return pack_manifest(_replaced(unpack_manifest(manifest), moved))


def _replaced(described: Any, moved: dict[tuple[int, ...], list[int]]) -> Any:
    """A manifest with other blocks: a block is a list of five numbers, its checksum among them."""
    if isinstance(described, dict):
        return {key: _replaced(value, moved) for key, value in described.items()}
    if isinstance(described, list):
        if len(described) == len(BlockRef._fields) and all(type(one) is int for one in described):
            return moved.get(tuple(described), described)
        return [_replaced(item, moved) for item in described]
    return described
