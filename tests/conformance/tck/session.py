"""A graph as the TCK's scenarios use it: queries in, plain values out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import neuralgraph
from tests.conformance.tck.values import Node, Path, Relationship, Step, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

QUERY_ERRORS: tuple[type[Exception], ...] = (neuralgraph.NeuralGraphError,)
"""What a query may fail with; anything else is a fault of ours, whatever the scenario wants."""


class AdapterError(Exception):
    """The answer cannot be told in the TCK's terms."""


class Rows(NamedTuple):
    """A query's result."""

    columns: Sequence[str] | None
    rows: Sequence[Sequence[Value]]


class Session:
    """One fresh, empty graph in memory."""

    def __init__(self) -> None:
        self._graph = neuralgraph.open()

    def execute(self, query: str, params: Mapping[str, Value]) -> Rows:
        """Run one query, in a transaction of its own, to its end."""
        result = self._graph.execute(query, dict(params))
        return Rows(list(result.columns), [[convert(value) for value in row] for row in result])

    def register_procedure(
        self, signature: str, columns: Sequence[str], rows: Sequence[Sequence[Value]]
    ) -> None:
        """Make ``CALL`` of ``signature`` give, for its arguments, the matching rows' outputs."""
        self._graph.register_procedure(
            signature, [dict(zip(columns, row, strict=True)) for row in rows]
        )

    def close(self) -> None:
        """Drop the graph."""
        self._graph.close()


def convert(value: Any) -> Value:
    """A value as the runner has it; what is none of the below is temporal."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [convert(item) for item in value]
        case dict():
            return {name: convert(item) for name, item in value.items()}
        case neuralgraph.Node():
            return Node(frozenset(value.labels), convert(dict(value.properties)), value.id)
        case neuralgraph.Relationship():
            return Relationship(value.type, convert(dict(value.properties)), value.id)
        case neuralgraph.Path():
            return _convert_path(value)
    return str(value)


def _convert_path(path: neuralgraph.Path) -> Path:
    steps = tuple(
        Step(convert(hop), convert(to), hop.start_node_id == at.id)
        for hop, at, to in zip(path.relationships, path.nodes, path.nodes[1:], strict=False)
    )
    return Path(convert(path.nodes[0]), steps)
