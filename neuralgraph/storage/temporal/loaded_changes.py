"""LoadedChanges: what a commit did that did not go through the log row by row.

That is a bulk load, or a transaction that was larger than memory. Its changes are put together from the graph
before and after it, as they are read.

    deleted edges, created nodes, labels, values of nodes, created edges, values of edges, deleted nodes

in this order, in which they can be applied; within each, in order of ids.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.temporal.differences import created_edges, created_nodes
from neuralgraph.storage.temporal.touched import touched_between
from neuralgraph.storage.versions.changes import (
    Change,
    CreateEdge,
    CreateNode,
    DeleteEdge,
    DeleteNode,
    RestoreEdge,
    RestoreNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
)
from neuralgraph.storage.versions.lazy_changes import LazyChanges
from neuralgraph.values import NO_IDS
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from neuralgraph.storage.maintenance import Engine
    from neuralgraph.storage.temporal.touched import Marks
    from neuralgraph.storage.versions import GraphView, State
    from neuralgraph.storage.versions.history import HistoryLog
    from neuralgraph.values import IdArray

PIECE_CHANGES: Final = 4_096
"""So many changes are made at a time."""

_Make = Callable[["GraphView", "list[int]"], "list[Change]"]


class LoadedChanges(LazyChanges):
    """The changes of commit `txid`; see the module's docstring.

    It holds the graph as it was before and after, and 8 bytes for each change.
    """

    __slots__ = ("_after", "_groups", "_starts")

    def __init__(self, engine: Engine, txid: int) -> None:
        self._after = engine.reader_at(txid=txid)
        self._groups: list[tuple[IdArray, _Make]] = []
        self._starts: list[int] = []
        count = 0
        for ids, make in _groups_of(engine, txid, self._after):
            if len(ids):
                self._groups.append((ids, make))
                self._starts.append(count)
                count += len(ids)
        self._starts.append(count)

    def __len__(self) -> int:
        return self._starts[-1]

    def __iter__(self) -> Iterator[Change]:
        for start in range(0, len(self), PIECE_CHANGES):
            yield from self.between(start, min(len(self), start + PIECE_CHANGES))

    def between(self, start: int, stop: int) -> list[Change]:
        """See `LazyChanges`."""
        found: list[Change] = []
        while start < stop:
            number = bisect_right(self._starts, start) - 1
            first, end = self._starts[number], min(stop, self._starts[number + 1])
            ids, make = self._groups[number]
            found += make(self._after, ids[start - first : end - first].tolist())
            start = end
        return found


def _groups_of(engine: Engine, txid: int, after: GraphView) -> Iterator[tuple[IdArray, _Make]]:
    """Ids, and what makes the changes of some of them."""
    state = engine.state
    touched = touched_between(state, txid - 1, txid)
    nodes, node_births = _joined(touched.nodes, touched.node_values), state.base.nodes.created
    edges, edge_births = _joined(touched.edges, touched.edge_values), state.base.edges.created
    new_nodes, new_edges = node_births.take(nodes) == txid, edge_births.take(edges) == txid
    there, edge_there = after.node_exists(nodes), after.edge_exists(edges)
    if new_nodes.all() and new_edges.all():
        yield nodes[there], created_nodes
        yield edges[edge_there], created_edges
        return
    before = engine.reader_at(txid=txid - 1)
    was, edge_was = before.node_exists(nodes), before.edge_exists(edges)
    yield edges[edge_was & ~edge_there], partial(_deleted_edges, before)
    yield nodes[there & new_nodes], created_nodes
    yield nodes[there & ~was & ~new_nodes], partial(_restored_nodes, state, txid)
    kept = nodes[was & there]
    yield _relabelled(before, after, kept), _labels_set
    for key, (ids, _) in touched.node_values.items():
        yield _among(ids, kept), partial(_node_values_set, key)
    yield edges[edge_there & new_edges], created_edges
    yield edges[edge_there & ~edge_was & ~new_edges], partial(_restored_edges, state, txid)
    for key, (ids, _) in touched.edge_values.items():
        yield _among(ids, edges[edge_was & edge_there]), partial(_edge_values_set, key)
    yield nodes[was & ~there], _deleted_nodes


def _joined(states: Marks, values: Mapping[str, Marks]) -> IdArray:
    ids: IdArray = distinct(np.concatenate([states[0], *(marks[0] for marks in values.values())]))
    return ids


def _among(ids: IdArray, kept: IdArray) -> IdArray:
    found: IdArray = np.intersect1d(ids, kept)
    return found


def _relabelled(before: GraphView, after: GraphView, kept: IdArray) -> IdArray:
    found = [NO_IDS]
    for start in range(0, len(kept), PIECE_CHANGES):
        ids = kept[start : start + PIECE_CHANGES]
        listed = ids.tolist()
        rows = zip(before.node_labels(listed), after.node_labels(listed), strict=True)
        found.append(ids[np.array([set(old) != set(new) for old, new in rows], dtype=np.bool_)])
    return np.concatenate(found)


# ── changes of some entities ──────────────────────────────────────────────────────────────────


def _deleted_edges(before: GraphView, _: GraphView, ids: list[int]) -> list[Change]:
    ends = [before.edge_or_none(edge_id) for edge_id in ids]
    return [
        DeleteEdge(edge_id, *edge)
        for edge_id, edge in zip(ids, ends, strict=True)
        if edge is not None
    ]


def _deleted_nodes(_: GraphView, ids: list[int]) -> list[Change]:
    return list(map(DeleteNode, ids))


def _labels_set(after: GraphView, ids: list[int]) -> list[Change]:
    return [
        SetLabels(node_id, labels)
        for node_id, labels in zip(ids, after.node_labels(ids), strict=True)
    ]


def _node_values_set(key: str, after: GraphView, ids: list[int]) -> list[Change]:
    values = after.node_values(ids, key)
    return [SetNodeProperty(one, key, value) for one, value in zip(ids, values, strict=True)]


def _edge_values_set(key: str, after: GraphView, ids: list[int]) -> list[Change]:
    values = after.edge_values(ids, key)
    return [SetEdgeProperty(one, key, value) for one, value in zip(ids, values, strict=True)]


def _restored_nodes(state: State, txid: int, after: GraphView, ids: list[int]) -> list[Change]:
    logs = state.base.history.node_values
    return [
        RestoreNode(made.id, made.labels, {**_left(logs, made.id, txid), **made.properties})
        for made in created_nodes(after, ids)
        if isinstance(made, CreateNode)
    ]


def _restored_edges(state: State, txid: int, after: GraphView, ids: list[int]) -> list[Change]:
    logs = state.base.history.edge_values
    return [
        RestoreEdge(
            made.id,
            made.type,
            made.source,
            made.target,
            {**_left(logs, made.id, txid), **made.properties},
        )
        for made in created_edges(after, ids)
        if isinstance(made, CreateEdge)
    ]


def _left(logs: Mapping[str, HistoryLog], entity_id: int, txid: int) -> dict[str, Any]:
    """Keys that it had in an earlier life: they are gone (see `restoring`)."""
    return {
        key: None
        for key, log in logs.items()
        if any(until <= txid for until, _ in log.of(entity_id))
    }
