"""Calling out: procedures, files, the schema, the past."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from neuralgraph.query.language.syntax.expressions import NO_SPAN
from neuralgraph.query.planning.plan.operator import Operator
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.access import IndexDefinition
    from neuralgraph.errors import Span
    from neuralgraph.query.language.syntax.clauses import (
        CreateConstraint,
        CreateIndex,
        DropConstraint,
        DropIndex,
        Show,
        TimePoint,
    )
    from neuralgraph.query.language.syntax.expressions import Expression
    from neuralgraph.query.planning.plan.expressions import PlanExpression


@record
class ProcedureCall(Operator):
    """Calls a procedure for each row; adds a VALUE slot for each of `columns` (the procedure's names).

    A procedure without result columns passes the rows through.

    Attributes:
        columns: the procedure's own names of the columns wanted.
        names: beside each of `columns`, the name of the slot.
        writes: may it change the graph?
        administers: does it change what is not the graph's data?
        may_lack: parameters that the last arguments come from, in order: those that are not given, from the
            last on, are left out of the call.
        span: where the call stands in the text, for errors.
    """

    child: Operator
    procedure: str
    arguments: tuple[Expression, ...]
    columns: tuple[str, ...]
    names: tuple[str, ...] = ()
    writes: bool = False
    administers: bool = False
    may_lack: tuple[str, ...] = ()
    span: Span = field(default=NO_SPAN, compare=False, repr=False, kw_only=True)


@record
class LoadCsvRows(Operator):
    """A row for each line of a CSV file; adds a VALUE slot: a map with headers, else a list.

    Attributes:
        places: more VALUE slots to add, ``linenumber`` and ``file`` with a space before: where the row stood.
    """

    child: Operator
    source: Expression
    variable: str
    headers: bool
    terminator: str
    places: tuple[str, ...] = ()


@record
class IndexSearch(Operator):
    """The best matches of search indexes for each row, best first; adds the slot `variable` of its kind.

    With `fusion`, the answers of several indexes and of `near` are fused; see `execution.fusion`.

    Attributes:
        indexes: all on nodes, or all on edges.
        queries: one for each index: a vector or a text.
        limit: a number of matches; looks at no slot.
        score: a VALUE slot to add, or None.
        candidates: a plan whose slot `collected` are the entities that count, ``ids``; None: all do.
        depends: does `candidates` look at the child's rows? If not, it is run once.
        near: a node, or a list of nodes.
        fusion: what is added up; None: there is one index, and its answer stands.
        weights: a list of numbers.
    """

    child: Operator
    indexes: tuple[IndexDefinition, ...]
    queries: tuple[Expression, ...]
    limit: Expression
    variable: str
    score: str | None
    candidates: PlanExpression | None = None
    depends: bool = False
    near: Expression | None = None
    fusion: Literal["ranks", "scores"] | None = None
    weights: Expression | None = None


@record
class SchemaChange(Operator):
    """Creates or drops an index or a constraint; no rows."""

    command: CreateIndex | DropIndex | CreateConstraint | DropConstraint


@record
class ShowRows(Operator):
    """SHOW INDEXES and the like: rows of the catalogue, under the column names of Neo4j 5."""

    command: Show


@record
class AtTime(Operator):
    """Runs `child` on the graph as it was then.

    The entities that it gives know their moment: their slots are VALUE, but for `passed`, the slots
    that come from outside. The expression sees parameters, and `passed` where it stands in an apply.
    """

    child: Operator
    moment: TimePoint
    passed: tuple[str, ...] = ()
