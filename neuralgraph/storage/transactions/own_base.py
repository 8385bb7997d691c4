"""OwnBase: what a transaction sees that spilled its changes: its snapshot with them, folded into a base.

It is folded when somebody looks (`UnfoldedBase`), as far as was spilled by then, into the file of the
transaction; who only writes pays nothing. Blocks there are never used twice: whoever took something out of
an older base keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from neuralgraph.storage.transactions.spilling import joined
from neuralgraph.storage.versions import GraphView, fold
from neuralgraph.storage.versions.deltas import DeltaStore
from neuralgraph.storage.versions.folding_parts import PartsFold
from neuralgraph.storage.versions.history_tables import born_after
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from neuralgraph.access import ConstraintDefinition
    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.transactions.spilling import SpilledChanges
    from neuralgraph.storage.versions import Base, State
    from neuralgraph.storage.versions.base_reader import BaseReader
    from neuralgraph.values import IdArray


class OwnBase:
    """See the module.

    Args:
        state: the snapshot.
        spilled: the changes.
        blocks: where to fold.
        bytes_max: changes of about that size are in memory at a time.

    Attributes:
        layer: an empty store over the base, in the place of the committed deltas.
        txid: of the base: the snapshot's and one more.
    """

    __slots__ = ("_base", "_blocks", "_bytes_max", "_folded", "_kept", "_spilled", "_state", "_touched",
                 "layer", "txid")  # fmt: skip

    def __init__(
        self, state: State, spilled: SpilledChanges, blocks: BlockFile, bytes_max: int
    ) -> None:
        self._state = state
        self._spilled = spilled
        self._blocks = blocks
        self._bytes_max = bytes_max
        self._base: Base | None = None
        self._folded = 0
        self._kept: tuple[Base | None, int] = (None, 0)
        self._touched: dict[ConstraintDefinition, tuple[Base, IdArray]] = {}
        self.txid = state.txid + 1
        self.layer = DeltaStore(self.txid, state.view)

    @property
    def base(self) -> Base:
        """The snapshot and all that was spilled.

        Raises:
            DiskError: the disk refused; nothing is lost.
        """
        base = self._base
        if base is None or self._folded < len(self._spilled):
            base = self._fold(base or self._snapshot())
        return base

    def unfolded(self) -> BaseReader:
        """The base as soon as somebody asks it something; another one for what is spilled later."""
        return cast("BaseReader", UnfoldedBase(self))

    def store(self) -> DeltaStore:
        """An empty store over the base, for what was not spilled."""
        catalog = self._state.catalog
        below = GraphView(self.base, (), self.txid, catalog)
        return DeltaStore(self.txid, below, catalog.indexes())

    def touched(self, constraint: ConstraintDefinition) -> IdArray:
        """Entities of which spilled changes changed what a constraint looks at, ascending."""
        base, is_node = self.base, constraint.entity == "node"
        known = self._touched.get(constraint)
        if known is None or known[0] is not base:
            history, table = base.history, base.nodes if is_node else base.edges
            values = history.node_values if is_node else history.edge_values
            logs = [history.nodes if is_node else history.edges]
            logs.extend(values[key] for key in constraint.keys if key in values)
            found = [born_after(table.created, table.segments, self._state.txid)]
            found.extend(log.changed_between(self._state.txid, self.txid)[0] for log in logs)
            known = self._touched[constraint] = (base, distinct(np.concatenate(found)))
        return known[1]

    def has_touched(self, constraint: ConstraintDefinition, entity_id: int) -> bool:
        """Is it one of them?"""
        ids = self.touched(constraint)
        place = int(ids.searchsorted(entity_id))
        return place < len(ids) and int(ids[place]) == entity_id

    def keep(self) -> None:
        """Somebody may want to come back to where it is now."""
        self._kept = (self._base, self._folded)

    def cut(self) -> None:
        """Changes were taken back: so are the folds that have them."""
        count = len(self._spilled)
        if self._folded > count:
            self._base, self._folded = self._kept
        if self._folded > count:
            self._base, self._folded = None, 0

    def _snapshot(self) -> Base:
        state = self._state
        if not state.deltas.change_count:
            return state.base
        names = state.catalog.names.copy_at(state.txid)
        return fold(state.base, state.deltas, state.txid, self._blocks, names=names)

    def _fold(self, base: Base) -> Base:
        names = self._state.catalog.names.copy_at(self._state.txid)
        parts = PartsFold(base, self.txid, self._blocks, names)
        for changes in joined(self._spilled.chunks(self._folded), self._bytes_max):
            parts.add(changes)
        self._base = base = parts.finish()
        self._folded = len(self._spilled)
        return base


class UnfoldedBase:
    """Stands for the base of an `OwnBase`; what was asked for once is at hand from then on."""

    def __init__(self, own_base: OwnBase) -> None:
        self._own_base = own_base

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._own_base.base, name)
        self.__dict__[name] = found
        return found
