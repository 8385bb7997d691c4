"""Clauses and whole statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from neuralgraph.query.language.syntax.expressions import Expression, Syntax
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax.expressions import Parameter, Property, Variable
    from neuralgraph.query.language.syntax.patterns import LabelExpression, PathPattern, Pattern


@record
class Clause(Syntax):
    """One step of a query."""


@record
class TimePoint(Syntax):
    """``AT TIME expr`` / ``AT TIMESTAMP expr`` / ``AT TRANSACTION expr``."""

    kind: Literal["TIME", "TIMESTAMP", "TRANSACTION"]
    expression: Expression


@record
class SearchClause(Syntax):
    """``SEARCH d IN (VECTOR INDEX i FOR q WHERE p LIMIT k) SCORE AS s``, which binds a variable of MATCH.

    Attributes:
        variable: of the pattern; a node or a relationship.
        kind: of the indexes; ``hybrid`` for several, whose answers are fused.
        indexes: their names.
        queries: what each is asked: a vector or a text.
        limit: how many of the best.
        where: which entities count; it is asked before the best are chosen, about `variable`.
        score: the name of the score, where it is wanted.
        near: of ``hybrid``: the nearer an entity is to these nodes in the graph, the better.
        fusion: of ``hybrid``: what is added up: reciprocal ranks, or scores.
        weights: of ``hybrid``: a list of numbers, one an index and one for `near`.
    """

    variable: str
    kind: Literal["vector", "fulltext", "hybrid"]
    indexes: tuple[str, ...]
    queries: tuple[Expression, ...]
    limit: Expression
    where: Expression | None = None
    score: str | None = None
    near: Expression | None = None
    fusion: Literal["ranks", "scores"] = "ranks"
    weights: Expression | None = None


@record
class Match(Clause):
    """MATCH / OPTIONAL MATCH ... SEARCH ... WHERE ..."""

    pattern: Pattern
    where: Expression | None = None
    optional: bool = False
    at: TimePoint | None = None
    search: SearchClause | None = None


@record
class ProjectionItem(Syntax):
    """``expression AS name``; without AS, `name` is the verbatim text of the expression.

    `aliased` tells which: WITH demands an alias for anything but a variable.
    """

    expression: Expression
    name: str
    aliased: bool


@record
class SortItem(Syntax):
    """``expression DESC``."""

    expression: Expression
    descending: bool = False


@record
class Projection(Clause):
    """What WITH and RETURN share: ``DISTINCT *, items ORDER BY ... SKIP ... LIMIT ...``."""

    items: tuple[ProjectionItem, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[SortItem, ...] = ()
    skip: Expression | None = None
    limit: Expression | None = None


@record
class With(Projection):
    """WITH ... WHERE ..."""

    where: Expression | None = None


@record
class Return(Projection):
    """RETURN ..."""


@record
class Finish(Clause):
    """FINISH: run and return nothing."""


@record
class Unwind(Clause):
    """UNWIND expression AS variable."""

    expression: Expression
    variable: str


@record
class Create(Clause):
    """CREATE pattern."""

    pattern: Pattern


@record
class Merge(Clause):
    """MERGE path ON CREATE SET ... ON MATCH SET ..."""

    path: PathPattern
    on_create: tuple[SetItem, ...] = ()
    on_match: tuple[SetItem, ...] = ()


@record
class SetItem(Syntax):
    """One assignment of SET."""


@record
class SetProperty(SetItem):
    """``n.key = value``; `subject` is any expression that gives an entity."""

    subject: Expression
    key: str
    value: Expression


@record
class SetDynamicProperty(SetItem):
    """``n[key] = value``."""

    subject: Expression
    key: Expression
    value: Expression


@record
class SetProperties(SetItem):
    """``n = map`` (replace) or ``n += map`` (merge)."""

    variable: Variable
    value: Expression
    merge: bool


@record
class SetLabels(SetItem):
    """``n:A:B``; a `LabelAnd` of names and dynamic names."""

    variable: Variable
    labels: LabelExpression


@record
class Set(Clause):
    """SET items."""

    items: tuple[SetItem, ...]


@record
class RemoveProperty(Syntax):
    """``REMOVE n.key``."""

    target: Property


@record
class RemoveDynamicProperty(Syntax):
    """``REMOVE n[key]``."""

    subject: Expression
    key: Expression


@record
class RemoveLabels(Syntax):
    """``REMOVE n:A:B``."""

    variable: Variable
    labels: LabelExpression


RemoveItem = RemoveProperty | RemoveDynamicProperty | RemoveLabels


@record
class Remove(Clause):
    """REMOVE items."""

    items: tuple[RemoveItem, ...]


@record
class Delete(Clause):
    """DELETE / DETACH DELETE expressions."""

    expressions: tuple[Expression, ...]
    detach: bool = False


@record
class Foreach(Clause):
    """FOREACH (variable IN source | updating clauses)."""

    variable: str
    source: Expression
    clauses: tuple[Clause, ...]


@record
class YieldItem(Syntax):
    """``column AS name``."""

    column: str
    name: str


@record
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


@record
class SubqueryTransactions(Syntax):
    """``IN TRANSACTIONS OF n ROWS ON ERROR RETRY FOR s SECONDS THEN ... REPORT STATUS AS s``.

    `on_error` is what happens once no retry helps; `retry_s` is a time in seconds.
    """

    rows: Expression | None = None
    on_error: Literal["FAIL", "CONTINUE", "BREAK"] = "FAIL"
    status: str | None = None
    retry: bool = False
    retry_s: Expression | None = None


@record
class CallSubquery(Clause):
    """``CALL (imports) { query }``; `imports` None for the form that imports by WITH."""

    query: Query
    imports: tuple[str, ...] | None = None
    imports_star: bool = False
    transactions: SubqueryTransactions | None = None
    optional: bool = False


@record
class LoadCsv(Clause):
    """LOAD CSV [WITH HEADERS] FROM source AS variable [FIELDTERMINATOR t].

    `places` are the planner's: hidden names for the file and the line.
    """

    source: Expression
    variable: str
    headers: bool = False
    terminator: str = ","
    places: tuple[str, ...] = ()


@record
class Use(Clause):
    """USE graph, or ``USE graph.byName(argument)``: accepted for the one graph."""

    graph: str
    argument: Expression | None = None


@record
class SingleQuery(Syntax):
    """Clauses in a row."""

    clauses: tuple[Clause, ...]


@record
class Query(Syntax):
    """Single queries joined by UNION (all the same kind: ALL or not)."""

    parts: tuple[SingleQuery, ...]
    union_all: bool = False
    at: TimePoint | None = None


@record
class CreateIndex(Syntax):
    """CREATE [RANGE|TEXT|POINT|LOOKUP|VECTOR|FULLTEXT] INDEX name IF NOT EXISTS FOR (n:L) ON (n.k).

    `given_name` is a parameter that gives the name; so with the other commands.
    """

    kind: Literal["RANGE", "TEXT", "POINT", "LOOKUP", "VECTOR", "FULLTEXT"]
    name: str | None
    entity: Literal["node", "edge"]
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    if_not_exists: bool = False
    options: Expression | None = None
    given_name: Parameter | None = None


@record
class DropIndex(Syntax):
    """DROP INDEX name IF EXISTS."""

    name: str
    if_exists: bool = False
    given_name: Parameter | None = None


@record
class CreateConstraint(Syntax):
    """CREATE CONSTRAINT name IF NOT EXISTS FOR (n:L) REQUIRE n.k IS UNIQUE / NOT NULL / :: TYPE / KEY."""

    kind: Literal["UNIQUE", "NOT NULL", "TYPE", "KEY"]
    name: str | None
    entity: Literal["node", "edge"]
    label: str
    keys: tuple[str, ...]
    type_name: str | None = None
    if_not_exists: bool = False
    options: Expression | None = None
    given_name: Parameter | None = None


@record
class DropConstraint(Syntax):
    """DROP CONSTRAINT name IF EXISTS."""

    name: str
    if_exists: bool = False
    given_name: Parameter | None = None


SchemaCommand = CreateIndex | DropIndex | CreateConstraint | DropConstraint


@record
class Show(Syntax):
    """SHOW INDEXES and the like, TERMINATE TRANSACTIONS.

    Attributes:
        only: words before INDEXES and the like, in capitals: ``RANGE``, ``NODE KEY``; empty for all.
        yields: YIELD with its ORDER BY, SKIP, LIMIT and WHERE, which are those of a WITH.
        where: WHERE without a YIELD.
        ids: for TRANSACTIONS and SETTINGS: a string or a list of strings.
        terminate: TERMINATE TRANSACTIONS instead of SHOW.
        at: the moment whose indexes or constraints are shown.
    """

    what: Literal[
        "INDEXES", "CONSTRAINTS", "FUNCTIONS", "PROCEDURES", "TRANSACTIONS", "SETTINGS", "DATABASES"
    ]
    yields: With | None = None
    where: Expression | None = None
    return_: Return | None = None
    only: str = ""
    ids: Expression | None = None
    terminate: bool = False
    at: TimePoint | None = None


@record
class TransactionCommand(Syntax):
    """BEGIN, COMMIT, ROLLBACK: meant for the shell; elsewhere an error that says what to call."""

    kind: Literal["BEGIN", "COMMIT", "ROLLBACK"]


@record
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
