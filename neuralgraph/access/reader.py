"""GraphReader: what the query stack may ask of a graph, a batch at a time.

A reader is one snapshot (with a transaction's own writes, where there is one); apart from its own
writer, nothing changes under it. Names cross as strings; ids are int64. Unknown ids, labels, types and
keys are never an error: they have no labels, no properties and no edges.

Methods come in an array form for many rows and, where small queries need it, a row form that takes and
gives Python lists. Both answer the same; pick by `values.ROW_PATH_MAX`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from neuralgraph.access.catalog import CatalogReader, IndexDefinition
    from neuralgraph.access.search import SearchHits, SearchQuery, TermCount, TermRequest
    from neuralgraph.values.arrays import IdArray, Int64Array, MaskArray, RowArray
    from neuralgraph.values.columns import Column

Direction = Literal["out", "in", "both"]
Fact = TypeVar("Fact")
EntityKind = Literal["node", "edge"]


def never_stopped() -> None:
    """Nobody stops it: what is called now and then where something may take long."""


class Expansion(NamedTuple):
    """Edges found by `expand`: three arrays of shape (matches,)."""

    rows: RowArray
    """Which input row; ascending."""
    edges: IdArray
    neighbours: IdArray


class Adjacency(NamedTuple):
    """All edges of some types in one direction, as CSR over node ids 0..node_limit-1.

    Edges of node n: ``neighbours[offsets[n]:offsets[n + 1]]``, sorted by neighbour; `edges` alike.
    """

    offsets: Int64Array
    neighbours: IdArray
    edges: IdArray


class Range(NamedTuple):
    """A half-open or closed interval of property values; None is unbounded on that side."""

    lower: Any | None
    upper: Any | None
    lower_inclusive: bool = True
    upper_inclusive: bool = False


class GraphReader(Protocol):
    """One graph at one snapshot."""

    @property
    def catalog(self) -> CatalogReader:
        """Names, indexes, constraints and counts at this snapshot."""
        ...

    @property
    def node_limit(self) -> int:
        """One more than the greatest node id that may exist."""
        ...

    @property
    def edge_limit(self) -> int:
        """One more than the greatest edge id that may exist."""
        ...

    # ── nodes ─────────────────────────────────────────────────────────────────────────────────

    def scan_nodes(self, label: str | None = None) -> Iterator[IdArray]:
        """All nodes, or all with `label`; ids ascending, in arrays of at most BATCH_ROWS_MAX."""
        ...

    def node_exists(self, ids: IdArray) -> MaskArray:
        """Which of the ids are nodes; shape (rows,)."""
        ...

    def has_label(self, ids: IdArray, label: str) -> MaskArray:
        """Which of the nodes carry `label`; shape (rows,)."""
        ...

    def node_labels(self, ids: Sequence[int]) -> list[tuple[str, ...]]:
        """Labels of each node, in the order they were first used in the graph; row form."""
        ...

    def node_property(self, ids: IdArray, key: str) -> Column:
        """The property of each node; null where absent, for ids of -1 too."""
        ...

    def node_values(self, ids: Sequence[int], key: str) -> list[Any]:
        """`node_property` in row form."""
        ...

    def node_properties(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """All properties of each node; row form."""
        ...

    # ── edges ─────────────────────────────────────────────────────────────────────────────────

    def scan_edges(self, edge_type: str | None = None) -> Iterator[IdArray]:
        """All edges, or all of a type; ids ascending, in arrays of at most BATCH_ROWS_MAX."""
        ...

    def edge_exists(self, ids: IdArray) -> MaskArray:
        """Which of the ids are edges; shape (rows,)."""
        ...

    def edge_types(self, ids: IdArray) -> Column:
        """The type of each edge: a TEXT column, usually with a dictionary."""
        ...

    def edge_endpoints(self, ids: IdArray) -> tuple[IdArray, IdArray]:
        """Source and target of each edge; -1 for unknown ids."""
        ...

    def edge_property(self, ids: IdArray, key: str) -> Column:
        """The property of each edge; null where absent, for ids of -1 too."""
        ...

    def edge_values(self, ids: Sequence[int], key: str) -> list[Any]:
        """`edge_property` in row form."""
        ...

    def edge_properties(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """All properties of each edge; row form."""
        ...

    # ── traversal ─────────────────────────────────────────────────────────────────────────────

    def expand(self, ids: IdArray, types: Sequence[str], direction: Direction) -> Expansion:
        """Follow edges from every node.

        Args:
            ids: shape (rows,); -1 and unknown ids have no edges.
            types: edge types to follow; empty for all.
            direction: ``both`` gives a loop once.
        """
        ...

    def neighbours(self, ids: IdArray, types: Sequence[str], direction: Direction) -> IdArray:
        """Where `expand` leads to, in its order: half the work where edges and rows do not count."""
        ...

    def expand_one(
        self, node_id: int, types: Sequence[str], direction: Direction
    ) -> tuple[IdArray, IdArray]:
        """Edges and neighbours of one node: `expand` without the machinery of a batch."""
        ...

    def expand_into(
        self, sources: IdArray, targets: IdArray, types: Sequence[str], direction: Direction
    ) -> tuple[RowArray, IdArray]:
        """Edges between the two nodes of each row: rows (ascending) and edge ids."""
        ...

    def degree(self, ids: IdArray, types: Sequence[str], direction: Direction) -> Int64Array:
        """How many edges `expand` would give for each node; shape (rows,)."""
        ...

    def adjacency(self, types: Sequence[str], direction: Literal["out", "in"]) -> Adjacency:
        """The whole graph's edges of these types; made on first use and kept with the snapshot."""
        ...

    def memo(self, key: Hashable, make: Callable[[], Fact]) -> Fact:
        """What `make` gives; kept with the snapshot, so that it is made once for each key.

        For facts that are derived from the whole graph and asked for again: degrees by type, say.
        Nothing is kept while a transaction has changes of its own.

        Args:
            key: tells the facts apart; as few as there are labels and types, not one for each value.
            make: gives the fact; nobody may change it afterwards.
        """
        ...

    # ── indexes ───────────────────────────────────────────────────────────────────────────────

    def seek(self, index: IndexDefinition, values: Sequence[Any]) -> IdArray:
        """Entities whose indexed properties equal `values` (a prefix of the keys may be given).

        Equality is openCypher's: 1 and 1.0 are equal, null and NaN equal nothing.
        """
        ...

    def seek_many(self, index: IndexDefinition, values: Column) -> tuple[RowArray, IdArray]:
        """`seek` for each row of a column, on an index of one key: rows (ascending) and ids."""
        ...

    def seek_range(
        self, index: IndexDefinition, within: Range, equal: Sequence[Any] = ()
    ) -> IdArray:
        """Entities whose (first) indexed property lies in the interval, in order of the property.

        With `equal`, the first properties equal those values, and the one behind them lies in the interval.

        Only values comparable with the bounds qualify; with both bounds None, all values do, in
        openCypher's total order.
        """
        ...

    def seek_prefix(
        self, index: IndexDefinition, prefix: str, equal: Sequence[Any] = ()
    ) -> IdArray:
        """Entities whose indexed property is a string that starts with `prefix`, in its order.

        `equal` is as in `seek_range`.
        """
        ...

    def search(
        self,
        index: IndexDefinition,
        query: SearchQuery,
        limit: int,
        within: IdArray | None = None,
        check: Callable[[], object] = never_stopped,
    ) -> SearchHits:
        """The best matches of a search index, at this snapshot, own writes included.

        Args:
            index: a vector index takes a `VectorQuery`, a full-text index a `TextQuery`.
            query: what is sought.
            limit: so many at most.
            within: only these entities count; ascending ids, each once. None: all do.
            check: called now and then; it may raise to stop.

        Raises:
            QueryArgumentError: the query cannot be asked of this index.
        """
        ...

    def search_terms(self, index: IndexDefinition, request: TermRequest) -> Sequence[TermCount]:
        """Terms of a full-text index at this snapshot; the most common first, then by term and field.

        Raises:
            QueryArgumentError: the index has no terms, or not this field.
        """
        ...

    def search_path(
        self, index: IndexDefinition, limit: int, candidates: int | None, *, exact: bool = False
    ) -> str:
        """How a search would go about it, and why, in words: ``asks the hnsw index of 20,000 vectors``.

        Args:
            index: a search index.
            limit: how many are sought.
            candidates: how many entities count; None: all.
            exact: see `VectorQuery`.
        """
        ...

    def search_facts(self, index: IndexDefinition) -> Mapping[str, Any]:
        """What is told of a search index; empty: nothing is known.

        ``rows`` at this snapshot and, as far as they apply, ``indexedRows``, ``kind``, ``quantization``,
        ``bytes``, ``built`` (the time of the last commit that was there when it was made), and ``progress``
        of its making, from 0 to 1; ``failure`` says why it cannot be searched, where that is so.
        """
        ...
