"""Shaping rows: filters, projections, groups, orders."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from neuralgraph.query.language.syntax.expressions import NO_SPAN
from neuralgraph.query.planning.plan.operator import Operator
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.access import IndexDefinition
    from neuralgraph.errors import Span
    from neuralgraph.query.language.syntax.expressions import Expression


@record
class Filter(Operator):
    """Rows where the predicate is true."""

    child: Operator
    predicate: Expression


@record
class Project(Operator):
    """New columns from expressions; `slots` are these and nothing else, one for each item."""

    child: Operator
    items: tuple[Expression, ...]


@record
class Extend(Operator):
    """The child's columns, and new ones behind them."""

    child: Operator
    items: tuple[Expression, ...]


@record
class Distinct(Operator):
    """Each different row once (openCypher equivalence: null equals null).

    Attributes:
        null_repeats_only: the rows are different already, but for rows of null: a hint that need not be
            taken. Only with one slot.
    """

    child: Operator
    null_repeats_only: bool = False


@record
class AggregateCall:
    """One aggregate: ``count(*)`` has no arguments and `star` set.

    Attributes:
        arguments: the value, then constants such as a percentile.
        span: where it stands in the text, for errors; equal calls may stand in several places.
    """

    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False
    star: bool = False
    span: Span = field(default=NO_SPAN, compare=False, repr=False, kw_only=True)


@record
class Aggregate(Operator):
    """Groups by `keys`; gives a column for each key, then one for each call.

    Without keys there is always one row, even of no input.
    """

    child: Operator
    keys: tuple[Expression, ...]
    calls: tuple[AggregateCall, ...]


@record
class SortKey:
    """One key of an order."""

    expression: Expression
    descending: bool


@record
class Sort(Operator):
    """Stable, in openCypher's total order."""

    child: Operator
    keys: tuple[SortKey, ...]


@record
class Top(Operator):
    """The first `skip` + `limit` rows of the sorted input, without the first `skip`."""

    child: Operator
    keys: tuple[SortKey, ...]
    limit: Expression
    skip: Expression | None = None


@record
class NearestRows(Operator):
    """Of the child's rows those whose nodes have the vectors nearest to one; more where that is not known.

    Attributes:
        variable: the slot of the nodes.
        index: on their label and a property; it speaks only when it holds all nodes of its label.
        vector: what is sought; of no slot.
        count: so many nodes at least, if there are so many.
        is_whole: the child is all nodes of the label and nothing else, and need not be asked.
    """

    child: Operator
    variable: str
    index: IndexDefinition
    vector: Expression
    count: Expression
    is_whole: bool


@record
class Skip(Operator):
    """All but the first rows."""

    child: Operator
    count: Expression


@record
class Limit(Operator):
    """The first rows; then it stops its child, unless the child writes (`drain`: run it to the end)."""

    child: Operator
    count: Expression
    drain: bool = False


@record
class UnwindList(Operator):
    """A row for each element of a list; adds a VALUE slot."""

    child: Operator
    source: Expression
    variable: str


@record
class Eager(Operator):
    """Takes everything from the child before it gives anything."""

    child: Operator
