"""What a view needs of a base: `Base` has it, and `HistoricalBase`, the same graph as it was.

Protocols only. Ids that are unknown, or -1, are never an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.access import (
        Adjacency,
        ConstraintDefinition,
        Expansion,
        IndexDefinition,
        Range,
    )
    from neuralgraph.storage.indexes.search_run import Level, SearchRun
    from neuralgraph.storage.versions.schema_history import Births, SchemaHistory
    from neuralgraph.values import Column, IdArray, MaskArray, RowArray
    from neuralgraph.values.arrays import Int64Array


class PropertyReader(Protocol):
    """One property of all nodes, or of all edges."""

    def value(self, entity_id: int) -> Any:
        """None where absent."""
        ...

    def values(self, ids: Sequence[int]) -> list[Any]:
        """`value` for each; a new list that the caller may change."""
        ...

    def take(self, ids: IdArray) -> Column:
        """The property of each; null where absent."""
        ...


class AdjacencyReader(Protocol):
    """Edges of one type in one direction."""

    def expand(self, ids: IdArray) -> Expansion:
        """See `access.GraphReader.expand`."""
        ...

    def neighbours_of(self, ids: IdArray) -> IdArray:
        """Where `expand` leads to."""
        ...

    def between(self, ids: IdArray, others: IdArray) -> Expansion:
        """`expand`, but only to the other node of each row."""
        ...

    def expand_one(self, node_id: int) -> tuple[IdArray, IdArray]:
        """Edges and neighbours of one node."""
        ...

    def degree(self, ids: IdArray) -> Int64Array:
        """Number of edges of each node."""
        ...

    def flat(self) -> Adjacency:
        """All of it, over node ids 0..node_limit-1."""
        ...


class RunReader(Protocol):
    """One index."""

    @property
    def distinct_count(self) -> int:
        """Estimate of the number of different values."""
        ...

    def seek(self, values: Sequence[Any]) -> IdArray:
        """Entities with these values for the first keys."""
        ...

    def seek_many(self, values: Column) -> tuple[RowArray, IdArray]:
        """Rows (ascending) and entities, for each value of a column."""
        ...

    def range(self, within: Range, equal: Sequence[Any] = ()) -> IdArray:
        """Entities whose first key, or the one behind `equal`, lies within, in order of it."""
        ...

    def prefix(self, prefix: str) -> IdArray:
        """Entities whose first key is a string that starts so, in order of it."""
        ...


class BaseReader(Protocol):
    """A stored fold of commits."""

    @property
    def node_limit(self) -> int: ...  # noqa: D102  (as in access.GraphReader)
    @property
    def edge_limit(self) -> int: ...  # noqa: D102
    @property
    def labels(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def edge_types(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def property_keys(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def node_keys(self) -> tuple[str, ...]:
        """Keys that some node has."""
        ...

    @property
    def edge_keys(self) -> tuple[str, ...]:
        """Keys that some edge has."""
        ...

    @property
    def indexes(self) -> tuple[IndexDefinition, ...]: ...  # noqa: D102
    @property
    def constraints(self) -> tuple[ConstraintDefinition, ...]: ...  # noqa: D102
    @property
    def txid(self) -> int: ...  # noqa: D102
    @property
    def schema(self) -> SchemaHistory:
        """How indexes and constraints came and went."""
        ...

    @property
    def births(self) -> Births:
        """Since when names are used."""
        ...

    def node_count(self, label: str | None = None) -> int: ...  # noqa: D102
    def edge_count(self, edge_type: str | None = None) -> int: ...  # noqa: D102

    def node_exists(self, ids: IdArray) -> MaskArray: ...  # noqa: D102
    def has_node(self, node_id: int) -> bool: ...  # noqa: D102
    def has_label(self, ids: IdArray, label: str) -> MaskArray: ...  # noqa: D102
    def labels_of(self, node_id: int) -> tuple[str, ...]: ...  # noqa: D102
    def node_ids(self, label: str | None = None) -> Iterator[IdArray]: ...  # noqa: D102
    def node_column(self, key: str) -> PropertyReader | None: ...  # noqa: D102

    def edge_exists(self, ids: IdArray) -> MaskArray: ...  # noqa: D102
    def edge_record(self, edge_id: int) -> tuple[str, int, int] | None:
        """Type, source and target."""
        ...

    def lists_edge(self, edge_id: int) -> bool:
        """Does the edge stand in the adjacency?"""
        ...

    def edge_type_codes(self, ids: IdArray) -> Int64Array:
        """Places in `edge_types`; -1 for unknown ids."""
        ...

    def edge_ends(self, ids: IdArray) -> tuple[IdArray, IdArray]: ...  # noqa: D102
    def edge_ids(self, edge_type: str | None = None) -> Iterator[IdArray]: ...  # noqa: D102
    def edge_column(self, key: str) -> PropertyReader | None: ...  # noqa: D102

    def adjacency(self, edge_type: str, direction: str) -> AdjacencyReader | None: ...  # noqa: D102
    def index_run(self, name: str) -> RunReader | None: ...  # noqa: D102
    def search_run(self, name: str) -> SearchRun | None: ...  # noqa: D102
    def commit_time_us(self, txid: int) -> int | None:
        """When a commit happened, in microseconds since 1970; None: it is not known here."""
        ...

    def search_level(self, definition: IndexDefinition) -> Level | None:
        """What was otherwise than a search run has it; None: nothing."""
        ...
