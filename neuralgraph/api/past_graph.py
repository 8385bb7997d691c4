"""PastGraph: a graph as it was at one moment; `Graph.at` gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.api.exporting import networkx_graph
from neuralgraph.api.schema import schema_of

if TYPE_CHECKING:
    import networkx as nx

    from neuralgraph.access import GraphReader
    from neuralgraph.api.result import Result
    from neuralgraph.api.schema import Schema
    from neuralgraph.api.statement import Parameters, StatementRunner


class PastGraph:
    """One snapshot, read only. It stays as it is while the graph goes on; any thread may use it."""

    __slots__ = ("_reader", "_runner")

    def __init__(self, runner: StatementRunner, reader: GraphReader) -> None:
        self._runner = runner
        self._reader = reader

    def execute(self, query: str, parameters: Parameters | None = None, /, **named: Any) -> Result:
        """Run a statement that reads; see `Graph.execute`.

        Raises:
            AccessModeError: the statement changes anything.
        """
        return self._runner.execute(query, parameters, named, read_only=True, reader=self._reader)

    def schema(self) -> Schema:
        """Labels, types, keys, indexes and constraints of then."""
        return schema_of(self._reader.catalog)

    def to_networkx(self) -> nx.MultiDiGraph[Any]:
        """The whole graph as it was; see `Graph.to_networkx`."""
        return networkx_graph(self._reader)
