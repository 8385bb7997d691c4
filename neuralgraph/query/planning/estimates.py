"""How many rows to expect: counts where the catalogue has them, customary fractions elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.query.language.syntax import (
    Binary,
    Comparison,
    HasLabels,
    IsNull,
    ListLiteral,
    Unary,
)
from neuralgraph.query.planning.plan import PlanExpression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.access import CatalogReader, Direction, IndexDefinition
    from neuralgraph.query.language.syntax import Expression

EQUAL: Final = 0.1
RANGE: Final = 0.3
CLOSED_RANGE: Final = 0.1
PREFIX: Final = 0.05
OTHER: Final = 0.5
LIST_LENGTH: Final = 10.0
ROWS_MAX: Final = 1e15
WALK_STEPS_MAX: Final = 6
"""Beyond so many steps a variable expansion counts as having seen everything it will."""


class Estimates:
    """Estimates over one catalogue; counts are asked once."""

    def __init__(self, catalog: CatalogReader) -> None:
        self._catalog = catalog
        self._nodes: dict[str | None, float] = {}
        self._edges: dict[str | None, float] = {}

    def nodes(self, label: str | None = None) -> float:
        """Nodes with a label, at least one (an empty graph may fill before the plan is made anew)."""
        count = self._nodes.get(label)
        if count is None:
            count = self._nodes[label] = max(1.0, float(self._catalog.node_count(label)))
        return count

    def labelled(self, labels: Sequence[str]) -> float:
        """Nodes with all of the labels."""
        return min((self.nodes(label) for label in labels), default=self.nodes())

    def edges(self, types: Sequence[str]) -> float:
        """Edges of any of the types; of all without types."""
        return sum(self._edge_count(name) for name in types) if types else self._edge_count(None)

    def _edge_count(self, name: str | None) -> float:
        count = self._edges.get(name)
        if count is None:
            count = self._edges[name] = max(1.0, float(self._catalog.edge_count(name)))
        return count

    def degree(self, types: Sequence[str], direction: Direction, labels: Sequence[str]) -> float:
        """Edges of a node with these labels, on average: as if all such edges began at them."""
        average = self.edges(types) / self.labelled(labels)
        return average * 2 if direction == "both" else average

    def walks(self, degree: float, low: int, high: int | None) -> float:
        """Paths of `low` to `high` edges from a node."""
        top = low + WALK_STEPS_MAX if high is None else min(high, low + WALK_STEPS_MAX)
        return min(ROWS_MAX, sum(degree**length for length in range(low, top + 1)))

    def label_fraction(self, labels: Sequence[str]) -> float:
        """Fraction of the targets of an expansion that carry the labels.

        Types mostly lead to one label, so that the fraction of all nodes would be too small; only a
        label that is rare in the graph is thought to be rare among the targets.
        """
        return min(1.0, 10 * self.labelled(labels) / self.nodes()) if labels else 1.0

    def seek(self, index: IndexDefinition) -> float:
        """Entities with one value of an index."""
        if index.owner is not None:
            return 1.0
        return max(1.0, self._indexed(index) / max(1, self._catalog.distinct_count(index)))

    def seek_among(self, index: IndexDefinition, length: float) -> float:
        """Entities with one of `length` values of an index: no more than there are."""
        return min(self._indexed(index), self.seek(index) * length)

    def seek_part(self, index: IndexDefinition, width: int, fraction: float = 1.0) -> float:
        """Entities with one value each of the first `width` properties, and so many of those."""
        part: float = EQUAL**width * fraction
        return max(1.0, self._indexed(index) * part)

    def _indexed(self, index: IndexDefinition) -> float:
        return self.nodes(index.label) if index.entity == "node" else self.edges((index.label,))

    def selectivity(self, predicate: Expression) -> float:
        """Fraction of the rows for which the predicate is likely true."""
        if isinstance(predicate, Comparison):
            equality = predicate.operators[0]
            return EQUAL if equality == "=" else 0.9 if equality == "<>" else RANGE
        if isinstance(predicate, Binary):
            return self._of_binary(predicate)
        if isinstance(predicate, Unary) and predicate.operator == "NOT":
            return 1.0 - self.selectivity(predicate.operand)
        if isinstance(predicate, IsNull):
            return 0.9 if predicate.negated else EQUAL
        if isinstance(predicate, HasLabels | PlanExpression):
            return OTHER
        return OTHER

    def _of_binary(self, predicate: Binary) -> float:
        if predicate.operator in ("AND", "OR"):
            left, right = self.selectivity(predicate.left), self.selectivity(predicate.right)
            return left * right if predicate.operator == "AND" else left + right - left * right
        if predicate.operator == "IN":
            count = LIST_LENGTH
            if isinstance(predicate.right, ListLiteral):
                count = len(predicate.right.items)
            return min(0.9, EQUAL * count / 2)
        return EQUAL if predicate.operator in ("STARTS WITH", "ENDS WITH", "CONTAINS") else OTHER
