"""GraphWriter: what a statement may change. A transaction is both reader and writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from neuralgraph.access.reader import GraphReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neuralgraph.access.catalog import ConstraintDefinition, IndexDefinition
    from neuralgraph.values.arrays import IdArray
    from neuralgraph.values.columns import Column


class GraphWriter(GraphReader, Protocol):
    """A reader whose own changes are visible to itself at once.

    Values are checked here: what cannot be stored raises `QueryTypeError` (detail
    ``InvalidPropertyType``) and changes nothing. A property set to None is removed. Writing takes an
    exclusive lock on the entity, and may raise `ConflictError`, `DeadlockError` or
    `LockTimeoutError`. Setting or removing on an entity that was deleted raises `EntityNotFoundError`
    (detail ``DeletedEntityAccess``).
    """

    def create_node(self, labels: Sequence[str], properties: Mapping[str, Any]) -> int:
        """A new node's id; final at once."""
        ...

    def create_nodes(
        self, count: int, labels: Sequence[str], properties: Mapping[str, Column]
    ) -> IdArray:
        """Many nodes with the same labels; ids ascending."""
        ...

    def create_edge(
        self, edge_type: str, source: int, target: int, properties: Mapping[str, Any]
    ) -> int:
        """A new edge's id; final at once. Raises EntityNotFoundError when an end is deleted."""
        ...

    def create_edges(
        self,
        edge_type: str,
        sources: IdArray,
        targets: IdArray,
        properties: Mapping[str, Column],
    ) -> IdArray:
        """Many edges of one type; ids ascending."""
        ...

    def set_node_property(self, node_id: int, key: str, value: Any) -> bool:
        """Set, or with None remove. True when the stored value changed."""
        ...

    def set_edge_property(self, edge_id: int, key: str, value: Any) -> bool:
        """Set, or with None remove. True when the stored value changed."""
        ...

    def add_label(self, node_id: int, label: str) -> bool:
        """True when the node did not carry it."""
        ...

    def remove_label(self, node_id: int, label: str) -> bool:
        """True when the node carried it."""
        ...

    def delete_edge(self, edge_id: int) -> bool:
        """True when it existed."""
        ...

    def delete_edges(self, edge_ids: IdArray) -> tuple[IdArray, Column]:
        """Many edges, each named once; gives those that existed, and their types."""
        ...

    def delete_nodes(self, node_ids: IdArray) -> IdArray:
        """Many nodes, each named once; gives those that existed. As for `delete_node`."""
        ...

    def delete_node(self, node_id: int) -> bool:
        """True when it existed. Its edges must be gone; the caller checks, and commit checks again."""
        ...

    # ── a statement either happens or does not ────────────────────────────────────────────────

    def savepoint(self) -> int:
        """A mark to return to."""
        ...

    def rollback_to(self, savepoint: int) -> None:
        """Undo every change since the mark."""
        ...

    # ── schema ────────────────────────────────────────────────────────────────────────────────

    def create_index(self, definition: IndexDefinition) -> None:
        """Build and add. Raises SchemaError when the name or an equal index exists."""
        ...

    def drop_index(self, name: str) -> None:
        """Raises SchemaError when there is none, or a constraint owns it."""
        ...

    def create_constraint(self, definition: ConstraintDefinition) -> None:
        """Check all data and add. Raises ConstraintViolationError naming the offenders."""
        ...

    def drop_constraint(self, name: str) -> None:
        """Raises SchemaError when there is none."""
        ...
