"""The changes that lead from the graph at one moment to the graph at another; either may be the older.

Only what commits touched in between is compared, so the cost goes by that and not by the size of the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.transactions.write_set import same_value
from neuralgraph.storage.versions.changes import (
    Change,
    CreateEdge,
    CreateNode,
    DeleteEdge,
    DeleteNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from neuralgraph.storage.temporal.touched import Marks, Touched
    from neuralgraph.storage.versions import GraphView
    from neuralgraph.values import IdArray


def changes_between(before: GraphView, after: GraphView, touched: Touched) -> list[Change]:
    """Changes that make `after` of `before`, in an order in which they can be applied.

    Args:
        before: a view of the graph.
        after: another view of the same graph.
        touched: at least what was touched between them.
    """
    node_ids = _ids(touched.nodes, touched.node_values)
    edge_ids = _ids(touched.edges, touched.edge_values)
    was, there = before.node_exists(node_ids), after.node_exists(node_ids)
    edge_was, edge_there = before.edge_exists(edge_ids), after.edge_exists(edge_ids)
    changes: list[Change] = []
    changes += [
        DeleteEdge(edge_id, *_edge(before, edge_id))
        for edge_id in edge_ids[edge_was & ~edge_there].tolist()
    ]
    changes += created_nodes(after, node_ids[~was & there].tolist())
    kept = node_ids[was & there].tolist()
    changes += _label_changes(before, after, kept)
    changes += _value_changes(before, after, touched.node_values, kept, of_nodes=True)
    changes += created_edges(after, edge_ids[~edge_was & edge_there].tolist())
    kept = edge_ids[edge_was & edge_there].tolist()
    changes += _value_changes(before, after, touched.edge_values, kept, of_nodes=False)
    changes += [DeleteNode(node_id) for node_id in node_ids[was & ~there].tolist()]
    return changes


def _ids(states: Marks, values: Mapping[str, Marks]) -> IdArray:
    ids: IdArray = np.unique(np.concatenate([states[0], *(marks[0] for marks in values.values())]))
    return ids


def _edge(view: GraphView, edge_id: int) -> tuple[str, int, int]:
    edge = view.edge_or_none(edge_id)
    assert edge is not None, "it exists in this view"
    return edge


def created_nodes(view: GraphView, ids: Sequence[int]) -> list[Change]:
    """Changes that make nodes as they are in a view."""
    rows = zip(ids, view.node_labels(ids), view.node_properties(ids), strict=True)
    return [CreateNode(node_id, labels, properties) for node_id, labels, properties in rows]


def created_edges(view: GraphView, ids: Sequence[int]) -> list[Change]:
    """Changes that make edges as they are in a view."""
    rows = zip(ids, view.edge_properties(ids), strict=True)
    return [CreateEdge(edge_id, *_edge(view, edge_id), properties) for edge_id, properties in rows]


def _label_changes(before: GraphView, after: GraphView, ids: Sequence[int]) -> list[Change]:
    rows = zip(ids, before.node_labels(ids), after.node_labels(ids), strict=True)
    return [SetLabels(node_id, new) for node_id, old, new in rows if set(old) != set(new)]


def _value_changes(
    before: GraphView,
    after: GraphView,
    touched: Mapping[str, Marks],
    kept: Sequence[int],
    *,
    of_nodes: bool,
) -> list[Change]:
    staying = set(kept)
    make: Callable[[int, str, Any], Change] = SetNodeProperty if of_nodes else SetEdgeProperty
    changes: list[Change] = []
    for key, (marked, _) in touched.items():
        ids = [marked_id for marked_id in np.unique(marked).tolist() if marked_id in staying]
        old = before.node_values(ids, key) if of_nodes else before.edge_values(ids, key)
        new = after.node_values(ids, key) if of_nodes else after.edge_values(ids, key)
        changes += [
            make(entity_id, key, value)
            for entity_id, known, value in zip(ids, old, new, strict=True)
            if not same_value(known, value)
        ]
    return changes
