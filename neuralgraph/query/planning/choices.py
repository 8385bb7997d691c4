"""``n.a = 1 OR n.b = 2`` and ``n:A|B``: nodes found in several ways, one for each alternative.

    Distinct (n)
      UnionAll (n)
        NodeIndexSeek index=:A(a) (n)
        NodeIndexSeek index=:A(b) (n)

That is done once where nothing is bound; else it is the inner side of an `Apply`, so that a node counts
once for each row. A node is found by each way of which the alternative is true, so that the predicate needs
not be asked again where each way answers all of its alternative.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from neuralgraph.query.language.syntax import Binary, HasLabels, LabelName, LabelOr, Variable
from neuralgraph.query.planning.batching import batched
from neuralgraph.query.planning.graphs import label_conjuncts
from neuralgraph.query.planning.operators import added, distinct, union_of
from neuralgraph.query.planning.plan import Apply, Argument, Slot, Unit
from neuralgraph.query.planning.walking import conjuncts
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.query.language.syntax import Expression
    from neuralgraph.query.planning.plan import Operator

ALTERNATIVES_MAX: Final = 16
"""A predicate of more alternatives is not taken apart."""


@record
class Alternative:
    """What one side of a choice asks: labels of the node, and predicates."""

    labels: tuple[str, ...]
    predicates: tuple[Expression, ...]

    def is_answered_by(self, answered: tuple[Expression, ...], labels: tuple[str, ...]) -> bool:
        """Does it hold for nodes of which these predicates are true, with these labels?"""
        asked = all(predicate in answered for predicate in self.predicates)
        return asked and set(self.labels) <= set(labels)


def is_choice(predicate: Expression) -> bool:
    """May it have alternatives?"""
    if isinstance(predicate, HasLabels):
        return isinstance(predicate.labels, LabelOr)
    return isinstance(predicate, Binary) and predicate.operator == "OR"


def alternatives(name: str, predicate: Expression) -> list[Alternative]:
    """What a choice lets one choose from, as asked of the node `name`; [] where that is too much."""
    if isinstance(predicate, HasLabels):
        assert isinstance(predicate.labels, LabelOr)
        parts: list[Expression] = [
            HasLabels(predicate.subject, part) for part in predicate.labels.operands
        ]
    else:
        parts = []
        waiting: list[Expression] = [predicate]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Binary) and part.operator == "OR":
                waiting += [part.right, part.left]
            else:
                parts.append(part)
    return [_alternative(name, part) for part in parts] if len(parts) <= ALTERNATIVES_MAX else []


def _alternative(name: str, part: Expression) -> Alternative:
    labels: list[str] = []
    predicates: list[Expression] = []
    for asked in conjuncts(part):
        if isinstance(asked, HasLabels) and asked.subject == Variable(name):
            for label in label_conjuncts(asked.labels):
                if isinstance(label, LabelName):
                    labels.append(label.name)
                else:
                    predicates.append(HasLabels(asked.subject, label))
        else:
            predicates.append(asked)
    return Alternative(tuple(labels), tuple(predicates))


def found_by_any(
    child: Operator,
    name: str,
    ways: Sequence[Callable[[Operator], Operator]],
    uses: frozenset[str],
) -> Operator:
    """`child`, each row with every node that one of the ways finds, once.

    Args:
        child: what there is.
        name: slot for the node.
        ways: each puts the operator that finds nodes on what is there.
        uses: slots of the child that they look at.
    """
    node = Slot(name, "node")
    alone = isinstance(child, Unit)
    start = child
    if not alone:
        start = Argument(slots=tuple(slot for slot in child.slots if slot.name in uses))
    inner = distinct(union_of([replace(way(start), slots=(node,)) for way in ways], [name]))
    if alone:
        return inner
    return Apply(
        slots=added(child, (name, "node")),
        estimated_rows=child.estimated_rows * inner.estimated_rows,
        outer=child,
        inner=batched(inner) or inner,
        kind="inner",
    )
