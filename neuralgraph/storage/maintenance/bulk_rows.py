"""BulkRows: nodes and relationships of any labels and types, batch after batch, as one commit at the end.

What `bulk_load` does for one table, for many: each batch gives a further base, and only the last one is ever
shown to anybody. Blocks of a step that the next one does without are free at once, so that the file grows by
little more than the rows.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.storage.maintenance.bulk_checks import check_vectors, checked_columns
from neuralgraph.storage.transactions.schema_changes import check_data
from neuralgraph.storage.versions import GraphView
from neuralgraph.storage.versions.attaching import attach_edges, attach_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from neuralgraph.storage.maintenance.bulk_load import Loader
    from neuralgraph.storage.versions import Base, State
    from neuralgraph.values import Column, IdArray


@contextmanager
def bulk_rows(loader: Loader) -> Iterator[BulkRows]:
    """Keep writers out, take rows, and commit them; or leave nothing of them, when something is raised.

    Raises:
        LockTimeoutError: somebody wrote for longer than `busy_timeout`.
        ConstraintViolationError: the rows, or they and what is there, break a constraint.
        DiskError: the graph is as it was.
    """
    with loader.alone() as state:
        rows = BulkRows(loader, state)
        try:
            yield rows
            rows.check()
        except BaseException:
            rows.forget()
            raise
        rows.commit()


class BulkRows:
    """Rows on their way; see `bulk_rows`."""

    __slots__ = ("_base", "_edge_id", "_loader", "_node_id", "_state")

    def __init__(self, loader: Loader, state: State) -> None:
        self._loader = loader
        self._state = state
        self._base: Base = state.base
        node_id, edge_id = loader.manager.next_ids(is_last=True)
        self._node_id = max(node_id, state.base.node_limit)
        self._edge_id = max(edge_id, state.base.edge_limit)

    def add_nodes(
        self, labels: Sequence[str], columns: Mapping[str, Column], dumped_ids: Sequence[int]
    ) -> IdArray:
        """Nodes with these labels, one for each id by which a dump names them; their new ids, ascending.

        Raises:
            QueryTypeError: a value cannot be stored.
            VectorError: a vector index cannot hold a vector; it names the node by the dump's id.
        """
        count = len(dumped_ids)
        _, checked = checked_columns(columns, count)
        check_vectors(self._state.catalog, "node", labels, checked, dumped_ids)
        first_id = self._node_id
        ordered = self._state.catalog.names.in_label_order(labels)
        self._advance(
            attach_nodes(
                self._base, first_id, ordered, checked, count, self._txid, self._loader.blocks
            )
        )
        self._node_id += count
        return np.arange(first_id, first_id + count, dtype=np.int64)

    def add_edges(
        self,
        edge_type: str,
        sources: IdArray,
        targets: IdArray,
        columns: Mapping[str, Column],
        dumped_ids: Sequence[int],
    ) -> None:
        """Edges of one type between nodes that are there; by `dumped_ids` a dump names them.

        Raises:
            QueryTypeError: a value cannot be stored.
            VectorError: a vector index cannot hold a vector; it names the edge by the dump's id.
        """
        _, checked = checked_columns(columns, len(sources))
        check_vectors(self._state.catalog, "edge", (edge_type,), checked, dumped_ids)
        self._advance(
            attach_edges(
                self._base,
                edge_type,
                self._edge_id,
                sources,
                targets,
                checked,
                self._txid,
                self._loader.blocks,
            )
        )
        self._edge_id += len(sources)

    def check(self) -> None:
        """Do the constraints of the graph still hold?

        Raises:
            ConstraintViolationError: naming the first offenders.
        """
        if self._base is self._state.base:
            return
        view = GraphView(self._base, (), self._txid, self._state.catalog)
        for constraint in self._state.catalog.constraints():
            check_data(view, constraint)

    def commit(self) -> None:
        """Make the rows the graph's."""
        if self._base is self._state.base:
            return
        self._loader.commit([self._base])
        self._loader.manager.node_ids.skip_to(self._node_id)
        self._loader.manager.edge_ids.skip_to(self._edge_id)

    def forget(self) -> None:
        """Give back what was written."""
        if self._base is not self._state.base:
            self._loader.pins.discard(self._base)

    @property
    def _txid(self) -> int:
        return self._state.txid + 1

    def _advance(self, base: Base) -> None:
        before, self._base = self._base, base
        if before is not self._state.base:
            kept = set(base.block_refs())
            kept.update(self._state.base.block_refs())
            gone = frozenset(ref for ref in before.block_refs() if ref not in kept)
            self._loader.blocks.release(gone)
