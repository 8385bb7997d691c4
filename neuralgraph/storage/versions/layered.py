"""What the readers of parts (`traversal.py`, `index_reading.py`) need of a view; `GraphView` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.storage.versions.base_reader import BaseReader
    from neuralgraph.storage.versions.deltas import DeltaStore
    from neuralgraph.values import Column, IdArray, MaskArray


class LayeredView(Protocol):
    """A base and the layers over it at one snapshot."""

    base: BaseReader
    layers: tuple[DeltaStore, ...]

    @property
    def node_limit(self) -> int:
        """One more than the greatest node id."""
        ...

    def active_layers(self) -> Iterator[tuple[DeltaStore, int]]:
        """Layers that hold changes, lowest first, each with the txid to look at it by."""
        ...

    def has_label(self, ids: IdArray, label: str) -> MaskArray:
        """Which nodes carry the label?"""
        ...

    def node_property(self, ids: IdArray, key: str) -> Column:
        """Values of a property."""
        ...

    def labels_or_none(self, node_id: int) -> tuple[str, ...] | None:
        """Labels; None when there is no such node."""
        ...

    def edge_or_none(self, edge_id: int) -> tuple[str, int, int] | None:
        """Type, source and target; None when there is no such edge."""
        ...

    def up_to(self, layer: DeltaStore) -> LayeredView:
        """The view without the layers above one of its own."""
        ...

    def edge_types(self, ids: IdArray) -> Column:
        """Types of edges."""
        ...

    def edge_property(self, ids: IdArray, key: str) -> Column:
        """Values of a property."""
        ...

    def latest_node_value(self, node_id: int, key: str) -> Any:
        """The property, None when absent."""
        ...

    def latest_edge_value(self, edge_id: int, key: str) -> Any:
        """The property, None when absent."""
        ...
