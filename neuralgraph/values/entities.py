"""Nodes, relationships and paths: as references inside the engine, as values for users.

Inside a query an entity is its id: columns of kind NODE and EDGE hold int64 ids, and where an entity
stands among other values (in a list, a map, a column of mixed values) it is a `NodeRef`, `EdgeRef` or
`PathRef`. Only the rows that leave through `Result` become `Node`, `Relationship` and `Path`, read
from the statement's own snapshot.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@record
class NodeRef:
    """A node inside the engine.

    `at` is the reader of the moment that it comes from (AT TIME); None for the statement's own.
    """

    id: int
    at: Any = field(default=None, compare=False, repr=False)


@record
class EdgeRef:
    """An edge inside the engine; `at` as in `NodeRef`."""

    id: int
    at: Any = field(default=None, compare=False, repr=False)


@record
class PathRef:
    """A path inside the engine: one node more than edges, in walking order; `at` as in `NodeRef`."""

    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    at: Any = field(default=None, compare=False, repr=False)


@record
class Node:
    """A node as it was in the statement's snapshot.

    Equal to another when the ids are equal; properties are a plain dict.
    """

    id: int
    labels: frozenset[str] = field(default=frozenset(), compare=False)
    properties: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def element_id(self) -> str:
        """The id as text, as Neo4j's drivers have it."""
        return str(self.id)

    def __getitem__(self, key: str) -> Any:
        return self.properties[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The property, or `default`."""
        return self.properties.get(key, default)


@record
class Relationship:
    """A relationship as it was in the statement's snapshot; `start_node` is its source."""

    id: int
    type: str = field(compare=False)
    start_node: Node = field(compare=False, repr=False)
    end_node: Node = field(compare=False, repr=False)
    properties: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def element_id(self) -> str:
        """The id as text, as Neo4j's drivers have it."""
        return str(self.id)

    @property
    def start_node_id(self) -> int:
        """Id of the source."""
        return self.start_node.id

    @property
    def end_node_id(self) -> int:
        """Id of the target."""
        return self.end_node.id

    @property
    def nodes(self) -> tuple[Node, Node]:
        """Source and target."""
        return (self.start_node, self.end_node)

    def __getitem__(self, key: str) -> Any:
        return self.properties[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The property, or `default`."""
        return self.properties.get(key, default)


@record
class Path:
    """Nodes and the relationships between them, in walking order."""

    nodes: tuple[Node, ...]
    relationships: tuple[Relationship, ...]

    @property
    def start_node(self) -> Node:
        """Where the path begins."""
        return self.nodes[0]

    @property
    def end_node(self) -> Node:
        """Where the path ends."""
        return self.nodes[-1]

    def __len__(self) -> int:
        """How many relationships."""
        return len(self.relationships)

    def __iter__(self) -> Iterator[Relationship]:
        return iter(self.relationships)
