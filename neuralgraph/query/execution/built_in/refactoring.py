"""``apoc.refactor.mergeNodes``: many nodes become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryArgumentError
from neuralgraph.query.execution.built_in.changing import (
    add_labels,
    create_edge,
    delete_edges,
    delete_node,
    map_of,
    nodes_of,
    set_property,
)
from neuralgraph.query.execution.procedure import Procedure
from neuralgraph.values import EdgeRef, NodeRef, equals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from neuralgraph.query.execution.context import ExecutionContext

_MODES: Final = ("combine", "discard", "overwrite")
_ME: Final = "apoc.refactor.mergeNodes"


def _merge_nodes(
    context: ExecutionContext, nodes: Any, config: Any = None
) -> Iterable[Sequence[Any]]:
    chosen = map_of(_ME, config)
    mode = chosen.get("properties", "combine")
    if mode == "override":
        mode = "overwrite"
    if mode not in _MODES:
        raise QueryArgumentError(
            f"{_ME}: properties are merged by {', '.join(_MODES)}, not {mode}",
            detail="InvalidArgumentValue",
        )
    found = list(dict.fromkeys(nodes_of(_ME, nodes)))
    if not found:
        return ()
    target, others = found[0], found[1:]
    writer = context.require_writer()
    for node in others:
        add_labels(context, target, writer.node_labels([node.id])[0])
        _merge_properties(context, target, writer.node_properties([node.id])[0], mode)
        _move_edges(context, node, target, merges=bool(chosen.get("mergeRels")), mode=mode)
        delete_node(context, node)
    return [(target,)]


def _merge_properties(
    context: ExecutionContext, target: NodeRef | EdgeRef, added: dict[str, Any], mode: str
) -> None:
    writer = context.require_writer()
    read = writer.node_properties if type(target) is NodeRef else writer.edge_properties
    own = read([target.id])[0]
    for key, value in added.items():
        if key not in own or mode == "overwrite":
            set_property(context, target, key, value)
        elif mode == "combine":
            set_property(context, target, key, _combined(own[key], value))


def _combined(own: Any, added: Any) -> Any:
    """One value where both are equal, else a list of the different ones."""
    values: list[Any] = []
    for side in (own, added):
        for item in side if type(side) is list else [side]:
            if not any(equals(item, other) for other in values):
                values.append(item)
    return values[0] if len(values) == 1 and type(own) is not list else values


def _move_edges(
    context: ExecutionContext, node: NodeRef, target: NodeRef, *, merges: bool, mode: str
) -> None:
    """The edges of a node to another; where that has one of the type to the same node, into it."""
    writer = context.require_writer()
    edges, _ = writer.expand_one(node.id, (), "both")
    if not len(edges):
        return
    types = writer.edge_types(edges).to_list()
    sources, targets = writer.edge_endpoints(edges)
    properties = writer.edge_properties(edges.tolist())
    delete_edges(context, dict(zip(edges.tolist(), types, strict=True)))
    rows = zip(types, sources.tolist(), targets.tolist(), properties, strict=True)
    for name, source, end, values in rows:
        first = target.id if source == node.id else source
        last = target.id if end == node.id else end
        if merges:
            there, neighbours = writer.expand_one(first, (name,), "out")
            same = there[neighbours == last]
            if len(same):
                _merge_properties(context, EdgeRef(int(same[0])), values, mode)
                continue
        create_edge(context, name, first, last, values)


PROCEDURES: Final = (
    Procedure(_ME, (("nodes", "LIST<NODE>"), ("config", "MAP")), (("node", "NODE"),),
              writes=True, optional_inputs=1, change=_merge_nodes,
              description="Makes one node of many: its labels, properties and relationships are"
                          " those of all."),
)  # fmt: skip
