"""A catalogue with the benchmark's counts, for plans: nothing is stored behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.access import ConstraintDefinition, IndexDefinition

if TYPE_CHECKING:
    from collections.abc import Sequence

_NODES: Final = {"Person": 10_000, "Post": 20_000}
_EDGES: Final = {"KNOWS": 180_000, "CREATED": 20_000, "LIKES": 160_000}


class BenchCatalog:
    """10,000 persons with 18 friends each, 20,000 posts; ids are unique, `created` is indexed,
    and of posts `length` with `since`."""

    version = 1

    def labels(self) -> Sequence[str]:
        return tuple(_NODES)

    def edge_types(self) -> Sequence[str]:
        return tuple(_EDGES)

    def property_keys(self) -> Sequence[str]:
        return ("id", "name", "age", "city", "created", "title", "length", "since")

    def indexes(self) -> Sequence[IndexDefinition]:
        owned = (
            IndexDefinition(c.name, "range", "node", (c.label,), c.keys, c.name)
            for c in self.constraints()
        )
        return (
            *owned,
            IndexDefinition("person_created", "range", "node", ("Person",), ("created",)),
            IndexDefinition("post_length", "range", "node", ("Post",), ("length", "since")),
        )

    def defined_indexes(self) -> Sequence[IndexDefinition]:
        return self.indexes()

    def constraints(self) -> Sequence[ConstraintDefinition]:
        return tuple(
            ConstraintDefinition(f"{label.lower()}_id", "unique", "node", label, ("id",))
            for label in _NODES
        )

    def node_count(self, label: str | None = None) -> int:
        return sum(_NODES.values()) if label is None else _NODES.get(label, 0)

    def edge_count(self, edge_type: str | None = None) -> int:
        return sum(_EDGES.values()) if edge_type is None else _EDGES.get(edge_type, 0)

    def distinct_count(self, index: IndexDefinition) -> int:
        return self.node_count(index.label)
