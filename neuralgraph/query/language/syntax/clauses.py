"""Clauses and whole statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from neuralgraph.query.language.syntax.expressions import Expression, Syntax

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax.expressions import Property, Variable
    from neuralgraph.query.language.syntax.patterns import LabelExpression, PathPattern, Pattern


@dataclass(frozen=True, slots=True)
class Clause(Syntax):
    """One step of a query."""


@dataclass(frozen=True, slots=True)
class TimePoint(Syntax):
    """``AT TIME expr`` / ``AT TIMESTAMP expr`` / ``AT TRANSACTION expr``."""

    kind: Literal["TIME", "TIMESTAMP", "TRANSACTION"]
    expression: Expression


@dataclass(frozen=True, slots=True)
class Match(Clause):
    """MATCH / OPTIONAL MATCH ... WHERE ..."""

    pattern: Pattern
    where: Expression | None = None
    optional: bool = False
    at: TimePoint | None = None


@dataclass(frozen=True, slots=True)
class ProjectionItem(Syntax):
    """``expression AS name``; without AS, `name` is the verbatim text of the expression.

    `aliased` tells which: WITH demands an alias for anything but a variable.
    """

    expression: Expression
    name: str
    aliased: bool


@dataclass(frozen=True, slots=True)
class SortItem(Syntax):
    """``expression DESC``."""

    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Projection(Clause):
    """What WITH and RETURN share: ``DISTINCT *, items ORDER BY ... SKIP ... LIMIT ...``."""

    items: tuple[ProjectionItem, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[SortItem, ...] = ()
    skip: Expression | None = None
    limit: Expression | None = None


@dataclass(frozen=True, slots=True)
class With(Projection):
    """WITH ... WHERE ..."""

    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Return(Projection):
    """RETURN ..."""


@dataclass(frozen=True, slots=True)
class Finish(Clause):
    """FINISH: run and return nothing."""


@dataclass(frozen=True, slots=True)
class Unwind(Clause):
    """UNWIND expression AS variable."""

    expression: Expression
    variable: str


@dataclass(frozen=True, slots=True)
class Create(Clause):
    """CREATE pattern."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Merge(Clause):
    """MERGE path ON CREATE SET ... ON MATCH SET ..."""

    path: PathPattern
    on_create: tuple[SetItem, ...] = ()
    on_match: tuple[SetItem, ...] = ()


@dataclass(frozen=True, slots=True)
class SetItem(Syntax):
    """One assignment of SET."""


@dataclass(frozen=True, slots=True)
class SetProperty(SetItem):
    """``n.key = value``; `subject` is any expression that gives an entity."""

    subject: Expression
    key: str
    value: Expression


@dataclass(frozen=True, slots=True)
class SetDynamicProperty(SetItem):
    """``n[key] = value``."""

    subject: Expression
    key: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class SetProperties(SetItem):
    """``n = map`` (replace) or ``n += map`` (merge)."""

    variable: Variable
    value: Expression
    merge: bool


@dataclass(frozen=True, slots=True)
class SetLabels(SetItem):
    """``n:A:B``; a `LabelAnd` of names and dynamic names."""

    variable: Variable
    labels: LabelExpression


@dataclass(frozen=True, slots=True)
class Set(Clause):
    """SET items."""

    items: tuple[SetItem, ...]


@dataclass(frozen=True, slots=True)
class RemoveProperty(Syntax):
    """``REMOVE n.key``."""

    target: Property


@dataclass(frozen=True, slots=True)
class RemoveDynamicProperty(Syntax):
    """``REMOVE n[key]``."""

    subject: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class RemoveLabels(Syntax):
    """``REMOVE n:A:B``."""

    variable: Variable
    labels: LabelExpression


RemoveItem = RemoveProperty | RemoveDynamicProperty | RemoveLabels


@dataclass(frozen=True, slots=True)
class Remove(Clause):
    """REMOVE items."""

    items: tuple[RemoveItem, ...]


@dataclass(frozen=True, slots=True)
class Delete(Clause):
    """DELETE / DETACH DELETE expressions."""

    expressions: tuple[Expression, ...]
    detach: bool = False


@dataclass(frozen=True, slots=True)
class Foreach(Clause):
    """FOREACH (variable IN source | updating clauses)."""

    variable: str
    source: Expression
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class YieldItem(Syntax):
    """``column AS name``."""

    column: str
    name: str


@dataclass(frozen=True, slots=True)
class Call(Clause):
    """CALL procedure(arguments) YIELD items WHERE ...

    `arguments` is None when no parentheses were written (then they come from parameters);
    `yields` is None when no YIELD was written; `yield_star` for ``YIELD *``.
    """

    procedure: str
    arguments: tuple[Expression, ...] | None
    yields: tuple[YieldItem, ...] | None = None
    yield_star: bool = False
    where: Expression | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class SubqueryTransactions(Syntax):
    """``IN TRANSACTIONS OF n ROWS ON ERROR ... REPORT STATUS AS s``."""

    rows: Expression | None = None
    on_error: Literal["FAIL", "CONTINUE", "BREAK"] = "FAIL"
    status: str | None = None


@dataclass(frozen=True, slots=True)
class CallSubquery(Clause):
    """``CALL (imports) { query }``; `imports` None for the form that imports by WITH."""

    query: Query
    imports: tuple[str, ...] | None = None
    imports_star: bool = False
    transactions: SubqueryTransactions | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class LoadCsv(Clause):
    """LOAD CSV [WITH HEADERS] FROM source AS variable [FIELDTERMINATOR t]."""

    source: Expression
    variable: str
    headers: bool = False
    terminator: str = ","


@dataclass(frozen=True, slots=True)
class Use(Clause):
    """USE graph: accepted for the one graph."""

    graph: str


@dataclass(frozen=True, slots=True)
class SingleQuery(Syntax):
    """Clauses in a row."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Query(Syntax):
    """Single queries joined by UNION (all the same kind: ALL or not)."""

    parts: tuple[SingleQuery, ...]
    union_all: bool = False
    at: TimePoint | None = None


@dataclass(frozen=True, slots=True)
class CreateIndex(Syntax):
    """CREATE [RANGE|TEXT|POINT|LOOKUP|VECTOR|FULLTEXT] INDEX name IF NOT EXISTS FOR (n:L) ON (n.k)."""

    kind: Literal["RANGE", "TEXT", "POINT", "LOOKUP", "VECTOR", "FULLTEXT"]
    name: str | None
    entity: Literal["node", "edge"]
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    if_not_exists: bool = False
    options: Expression | None = None


@dataclass(frozen=True, slots=True)
class DropIndex(Syntax):
    """DROP INDEX name IF EXISTS."""

    name: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class CreateConstraint(Syntax):
    """CREATE CONSTRAINT name IF NOT EXISTS FOR (n:L) REQUIRE n.k IS UNIQUE / NOT NULL / :: TYPE / KEY."""

    kind: Literal["UNIQUE", "NOT NULL", "TYPE", "KEY"]
    name: str | None
    entity: Literal["node", "edge"]
    label: str
    keys: tuple[str, ...]
    type_name: str | None = None
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropConstraint(Syntax):
    """DROP CONSTRAINT name IF EXISTS."""

    name: str
    if_exists: bool = False


SchemaCommand = CreateIndex | DropIndex | CreateConstraint | DropConstraint


@dataclass(frozen=True, slots=True)
class Show(Syntax):
    """SHOW INDEXES / CONSTRAINTS / FUNCTIONS / PROCEDURES / TRANSACTIONS [YIELD ... WHERE ... RETURN]."""

    what: Literal["INDEXES", "CONSTRAINTS", "FUNCTIONS", "PROCEDURES", "TRANSACTIONS"]
    yields: tuple[YieldItem, ...] | None = None
    where: Expression | None = None
    return_: Return | None = None


@dataclass(frozen=True, slots=True)
class TransactionCommand(Syntax):
    """BEGIN, COMMIT, ROLLBACK: meant for the shell; elsewhere an error that says what to call."""

    kind: Literal["BEGIN", "COMMIT", "ROLLBACK"]


@dataclass(frozen=True, slots=True)
class Statement(Syntax):
    """What one call to `parse` gives.

    Attributes:
        mode: run it, show its plan, or run it and show its plan with rows and times.
    """

    body: (
        Query
        | CreateIndex
        | DropIndex
        | CreateConstraint
        | DropConstraint
        | Show
        | TransactionCommand
    )
    mode: Literal["run", "explain", "profile"] = "run"
