"""Expressions that only plans have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from neuralgraph.query.language.syntax.expressions import Expression
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.access import Direction
    from neuralgraph.query.planning.plan.operator import Operator


@record
class PathOf(Expression):
    """A path from slots, in walking order: node, edge or list of edges, node, ...

    Null when any of them is. `steps` names NODE slots at even places; where a list of edges stands
    at an odd place, the nodes between are read from the edges.
    """

    steps: tuple[str, ...]


@record
class AsEntity(Expression):
    """A value that must be a node (an edge), as a NODE (EDGE) column: for a slot of that kind.

    Null stays null; anything else that is not such an entity raises `QueryTypeError`.
    """

    operand: Expression
    kind: Literal["node", "edge"]


@record
class EdgeWhere(Expression):
    """The EDGE slot `edge` in rows where the NODE slots `left` and `right` are equal, else null.

    For a slot of kind EDGE; made by the rule for frontiers.
    """

    edge: str
    left: str
    right: str


@record
class DegreeOf(Expression):
    """How many edges an `Expand` from a NODE slot would give: INTEGER, 0 where the slot is null.

    Without its target labels and whatever it forbids; made by the rule for counts.
    """

    node: str
    types: tuple[str, ...]
    direction: Direction


@record
class PlanExpression(Expression):
    """A value that takes a plan to find, inside an expression where it could not be made an `Apply`.

    EXISTS { }, COUNT { }, COLLECT { }, a pattern predicate or comprehension, a shortest path.
    `plan` begins with `Argument` over the slots it needs (a name bound by a comprehension round the
    expression may be among them). Batched as `Apply` is, by ``" row"`` among `plan.slots`.

    Attributes:
        collected: for ``collect``, the slot whose values make the list; for ``first``, the slot whose value
            in the first row is the result, null when there is no row; for ``ids``, the slot of the
            entities that an `IndexSearch` is narrowed to (not a value, it stands there only).
    """

    plan: Operator
    kind: Literal["exists", "count", "collect", "first", "ids"]
    collected: str | None = None
