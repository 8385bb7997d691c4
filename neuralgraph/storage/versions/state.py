"""State: everything a reader needs, in one reference that a commit replaces atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.storage.versions.changes import CreateIndex, DropIndex
from neuralgraph.storage.versions.counts import Counts
from neuralgraph.storage.versions.graph_view import GraphView
from neuralgraph.storage.versions.schema_history import OF_SCHEMA

if TYPE_CHECKING:
    from neuralgraph.storage.versions.base import Base
    from neuralgraph.storage.versions.catalog import Catalog
    from neuralgraph.storage.versions.changes import Commit
    from neuralgraph.storage.versions.deltas import DeltaStore


class State:
    """The graph after commit `txid`.

    Attributes:
        base: the stored fold.
        deltas: commits since the base; it may hold younger ones than `txid`, which nobody sees who
            reads through `view`.
        view: a reader of exactly this state.
    """

    __slots__ = ("base", "catalog", "deltas", "timestamp_us", "txid", "view")

    def __init__(
        self, base: Base, deltas: DeltaStore, txid: int, timestamp_us: int, catalog: Catalog
    ) -> None:
        self.base = base
        self.deltas = deltas
        self.txid = txid
        self.timestamp_us = timestamp_us
        self.catalog = catalog
        catalog.note_deltas(deltas.indexes)
        self.view = GraphView(base, (deltas,), txid, catalog)

    def after(self, commit: Commit) -> State:
        """Fold one more commit in: the one way in which commits become state.

        The deltas change in place (older readers do not see it); the rest is new.
        """
        deltas, base = self.deltas, self.base
        for change in commit.changes:
            if type(change) not in OF_SCHEMA:
                break  # what is done to the schema comes first
            if type(change) is CreateIndex:
                base = base.with_index(change.definition)
            elif type(change) is DropIndex:
                base = base.without_index(change.name)
        deltas.counts = Counts()
        deltas.apply(commit.changes, commit.txid)
        catalog = self.catalog.after(commit.changes, deltas.counts, commit.txid)
        if base is not self.base:
            catalog = catalog.over(base)
        return State(base, deltas, commit.txid, commit.timestamp_us, catalog)
