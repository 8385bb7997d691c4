"""Counts: by how much changes move the number of nodes and edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Counts:
    """Changes of the number of nodes by label and of edges by type; the key None counts all."""

    __slots__ = ("edges", "nodes")

    def __init__(self) -> None:
        self.nodes: dict[str | None, int] = {}
        self.edges: dict[str | None, int] = {}

    def count_node(self, labels: Iterable[str], step: int) -> None:
        """Nodes with these labels came (so many) or went (negative)."""
        nodes = self.nodes
        nodes[None] = nodes.get(None, 0) + step
        for label in labels:
            nodes[label] = nodes.get(label, 0) + step

    def count_edge(self, edge_type: str, step: int) -> None:
        """Edges of this type came (so many) or went (negative)."""
        edges = self.edges
        edges[None] = edges.get(None, 0) + step
        edges[edge_type] = edges.get(edge_type, 0) + step
