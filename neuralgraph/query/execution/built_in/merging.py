"""MERGE with labels and types that are values: ``apoc.merge.node``, ``apoc.merge.relationship``.

A node is looked for by an index where there is one. Else all nodes of a label are hashed by the properties
once, and the table is kept as long as nobody but this procedure changes the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryArgumentError, SemanticError
from neuralgraph.query.execution.built_in.changing import (
    create_edge,
    create_node,
    map_of,
    names_of,
    node_of,
    set_property,
)
from neuralgraph.query.execution.procedure import Procedure
from neuralgraph.values import EdgeRef, NodeRef, equals
from neuralgraph.values.ordering import equality_key

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from neuralgraph.query.execution.context import ExecutionContext

    Rows = Iterable[Sequence[Any]]


def _merge_node(
    context: ExecutionContext,
    labels: Any,
    identity: Any,
    on_create: Any = None,
    on_match: Any = None,
) -> Rows:
    me = "apoc.merge.node"
    names = names_of(me, labels, "labels")
    wanted = _identity(me, identity)
    if not wanted:
        raise QueryArgumentError(
            f"{me} needs at least one property to tell the node by", detail="InvalidArgumentValue"
        )
    found = _find_nodes(context, names, wanted)
    if found:
        for node_id in found:
            for key, value in map_of(me, on_match).items():
                set_property(context, NodeRef(node_id), key, value)
        return [(NodeRef(node_id),) for node_id in found]
    table = _kept_table(context, names, wanted)
    made = create_node(context, names, {**map_of(me, on_create), **wanted})
    if table is not None:
        table.rows.setdefault(_key(wanted.values()), []).append(made)
        table.mark = context.require_writer().savepoint()
    return [(NodeRef(made),)]


def _merge_relationship(
    context: ExecutionContext,
    source: Any,
    name: Any,
    identity: Any,
    on_create: Any,
    target: Any,
    on_match: Any = None,
) -> Rows:
    me = "apoc.merge.relationship"
    (edge_type,) = names_of(me, name, "the type")
    start, end = node_of(me, source).id, node_of(me, target).id
    wanted = _identity(me, identity)
    writer = context.require_writer()
    edges, neighbours = writer.expand_one(start, (edge_type,), "out")
    found = edges[neighbours == end].tolist()
    for key, value in wanted.items():
        found = [
            edge
            for edge, other in zip(found, writer.edge_values(found, key), strict=True)
            if equals(other, value)
        ]
    if found:
        for edge in found:
            for key, value in map_of(me, on_match).items():
                set_property(context, EdgeRef(edge), key, value)
        return [(EdgeRef(edge),) for edge in found]
    made = create_edge(context, edge_type, start, end, {**map_of(me, on_create), **wanted})
    return [(EdgeRef(made),)]


def _identity(procedure: str, value: Any) -> dict[str, Any]:
    wanted = map_of(procedure, value)
    for key, item in wanted.items():
        if item is None:
            raise SemanticError(
                f"{procedure} cannot look for the property {key} = null, because nothing equals null",
                detail="MergeReadOwnWrites",
            )
    return wanted


# ── looking for nodes ─────────────────────────────────────────────────────────────────────────


class _Table:
    """Nodes of some labels by the values of some properties, as of a mark of the writer."""

    __slots__ = ("mark", "rows")

    def __init__(self, mark: int, rows: dict[Hashable, list[int]]) -> None:
        self.mark = mark
        self.rows = rows


def _key(values: Iterable[Any]) -> Hashable:
    return tuple(equality_key(value) for value in values)


def _find_nodes(
    context: ExecutionContext, labels: Sequence[str], wanted: dict[str, Any]
) -> list[int]:
    writer = context.require_writer()
    for index in writer.catalog.indexes():
        if (
            index.kind == "range"
            and index.entity == "node"
            and index.label in labels
            and set(index.keys) <= wanted.keys()
        ):
            ids = writer.seek(index, [wanted[key] for key in index.keys])
            rest = {key: value for key, value in wanted.items() if key not in index.keys}
            return _with_all(context, ids, [x for x in labels if x != index.label], rest)
    table = _kept_table(context, labels, wanted)
    if table is None:
        table = _Table(writer.savepoint(), _hashed(context, labels, list(wanted)))
        context.notes[_note(labels, wanted)] = table
    candidates = table.rows.get(_key(wanted.values()), [])
    # Equivalent is not equal: NaN is equivalent to NaN.
    return _with_all(context, np.array(candidates, dtype=np.int64), (), wanted)


def _note(labels: Sequence[str], wanted: dict[str, Any]) -> Hashable:
    return "apoc.merge.node", tuple(labels), tuple(wanted)


def _kept_table(
    context: ExecutionContext, labels: Sequence[str], wanted: dict[str, Any]
) -> _Table | None:
    """The table, unless something else changed the graph since."""
    table = context.notes.get(_note(labels, wanted))
    if table is not None and table.mark == context.require_writer().savepoint():
        kept: _Table = table
        return kept
    return None


def _hashed(
    context: ExecutionContext, labels: Sequence[str], keys: list[str]
) -> dict[Hashable, list[int]]:
    writer = context.require_writer()
    rows: dict[Hashable, list[int]] = {}
    for batch in writer.scan_nodes(labels[0] if labels else None):
        ids = batch
        for label in labels[1:]:
            ids = ids[writer.has_label(ids, label)]
        columns = [writer.node_property(ids, key).to_values() for key in keys]
        for node_id, values in zip(ids.tolist(), zip(*columns, strict=True), strict=True):
            if None not in values:
                rows.setdefault(_key(values), []).append(node_id)
    return rows


def _with_all(
    context: ExecutionContext, ids: Any, labels: Sequence[str], wanted: dict[str, Any]
) -> list[int]:
    """Those of the nodes that carry the labels and have the properties."""
    writer = context.require_writer()
    for label in labels:
        ids = ids[writer.has_label(ids, label)]
    found: list[int] = ids.tolist()
    for key, value in wanted.items():
        values = writer.node_values(found, key)
        found = [node for node, other in zip(found, values, strict=True) if equals(other, value)]
    return found


_NODE: Final = (
    ("labels", "LIST<STRING>"), ("identProps", "MAP"), ("onCreateProps", "MAP"),
    ("onMatchProps", "MAP"),
)  # fmt: skip
_RELATIONSHIP: Final = (
    ("startNode", "NODE"), ("relType", "STRING"), ("identProps", "MAP"), ("onCreateProps", "MAP"),
    ("endNode", "NODE"), ("onMatchProps", "MAP"),
)  # fmt: skip

PROCEDURES: Final = (
    *(Procedure(name, _NODE, (("node", "NODE"),), writes=True, change=_merge_node,
                optional_inputs=2,
                description="The nodes with these labels and properties; a new one if there is none.")
      for name in ("apoc.merge.node", "apoc.merge.node.eager")),
    *(Procedure(name, _RELATIONSHIP, (("rel", "RELATIONSHIP"),), writes=True,
                change=_merge_relationship, optional_inputs=1,
                description="The relationships of this type with these properties between two nodes;"
                            " a new one if there is none.")
      for name in ("apoc.merge.relationship", "apoc.merge.relationship.eager")),
)  # fmt: skip
