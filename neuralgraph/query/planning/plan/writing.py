"""Changing the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.query.planning.plan.operator import Operator
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax.clauses import RemoveItem, SetItem
    from neuralgraph.query.language.syntax.expressions import Expression
    from neuralgraph.query.language.syntax.patterns import LabelExpression


@record
class NodeToCreate:
    """A node of CREATE or MERGE; `properties` is a map expression or None."""

    variable: str
    labels: LabelExpression | None
    properties: Expression | None


@record
class EdgeToCreate:
    """An edge of CREATE or MERGE; `edge_type` is one name, or dynamic."""

    variable: str
    edge_type: LabelExpression
    source: str
    target: str
    properties: Expression | None


@record
class CreateEntities(Operator):
    """Creates nodes and edges for each row, in the order given; adds a slot for each."""

    child: Operator
    entities: tuple[NodeToCreate | EdgeToCreate, ...]


@record
class MergePath(Operator):
    """For each row in turn: the rows of `match`; where there are none, creates `entities`.

    `match` begins with `Argument`, and is run anew for each row, so that it sees what earlier rows
    created. `slots` are those of the child and then the merged ones, which `match` gives too.
    """

    child: Operator
    match: Operator
    entities: tuple[NodeToCreate | EdgeToCreate, ...]
    on_create: tuple[SetItem, ...]
    on_match: tuple[SetItem, ...]


@record
class SetItems(Operator):
    """SET; passes the rows on."""

    child: Operator
    items: tuple[SetItem, ...]


@record
class RemoveItems(Operator):
    """REMOVE; passes the rows on."""

    child: Operator
    items: tuple[RemoveItem, ...]


@record
class DeleteEntities(Operator):
    """DELETE: all rows are read, then edges go, then nodes; passes the rows on."""

    child: Operator
    expressions: tuple[Expression, ...]
    detach: bool


@record
class ForeachApply(Operator):
    """Runs `inner` (which begins with `Argument`) for each element; passes the outer rows on."""

    child: Operator
    inner: Operator
    source: Expression
    variable: str
