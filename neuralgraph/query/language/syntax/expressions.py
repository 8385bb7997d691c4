"""Expressions of the syntax tree: frozen dataclasses that hold no logic.

Every node has a `span` (start and end offset in the query text) that does not take part in equality.
Operators are words (``"+"``, ``"AND"``, ``"STARTS WITH"``), so that the printer and EXPLAIN need no
table.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax.clauses import Query
    from neuralgraph.query.language.syntax.patterns import LabelExpression, PathPattern

Span = tuple[int, int]
NO_SPAN: Span = (0, 0)


@record
class Syntax:
    """Anything that stands somewhere in the text."""

    span: Span = field(default=NO_SPAN, compare=False, repr=False, kw_only=True)


@record
class Expression(Syntax):
    """Anything that has a value."""


@record
class LiteralValue(Expression):
    """null, a boolean, an integer, a float or a string."""

    value: bool | int | float | str | None


@record
class LiftedLiteral(Expression):
    """A literal that was taken out of the text for the plan cache.

    Attributes:
        index: which of the lifted literals.
        sample: the value it had when the statement was first seen, for its static type and for
            estimates; a plan may not depend on it otherwise.
    """

    index: int
    sample: bool | int | float | str


@record
class Parameter(Expression):
    """``$name``."""

    name: str


@record
class Variable(Expression):
    """A name bound by the query."""

    name: str


@record
class Property(Expression):
    """``subject.key``: of a node, relationship, map, temporal value or point."""

    subject: Expression
    key: str


@record
class Index(Expression):
    """``subject[index]``: list element, or property by computed name."""

    subject: Expression
    index: Expression


@record
class Slice(Expression):
    """``subject[start..stop]``."""

    subject: Expression
    start: Expression | None
    stop: Expression | None


@record
class ListLiteral(Expression):
    """``[a, b]``."""

    items: tuple[Expression, ...]


@record
class MapLiteral(Expression):
    """``{key: value}``."""

    entries: tuple[tuple[str, Expression], ...]


@record
class MapProjectionItem(Syntax):
    """One item of a map projection.

    kind ``property`` (``.key``), ``all`` (``.*``), ``entry`` (``key: value``), ``variable`` (``x``).
    """

    kind: Literal["property", "all", "entry", "variable"]
    key: str
    value: Expression | None = None


@record
class MapProjection(Expression):
    """``n {.name, .*, extra: 1}``."""

    subject: Expression
    items: tuple[MapProjectionItem, ...]


UnaryOperator = Literal["NOT", "-", "+"]
BinaryOperator = Literal[
    "+", "-", "*", "/", "%", "^", "||",
    "AND", "OR", "XOR",
    "IN", "STARTS WITH", "ENDS WITH", "CONTAINS", "=~",
]  # fmt: skip
ComparisonOperator = Literal["=", "<>", "<", "<=", ">", ">="]


@record
class Unary(Expression):
    """``NOT x``, ``-x``, ``+x``."""

    operator: UnaryOperator
    operand: Expression


@record
class Binary(Expression):
    """Two operands; AND, OR and XOR included."""

    operator: BinaryOperator
    left: Expression
    right: Expression


@record
class Comparison(Expression):
    """A chain: ``a < b <= c`` holds when each neighbouring pair does.

    `operands` has one element more than `operators`; usually two.
    """

    operators: tuple[ComparisonOperator, ...]
    operands: tuple[Expression, ...]


@record
class IsNull(Expression):
    """``x IS NULL`` / ``x IS NOT NULL``."""

    operand: Expression
    negated: bool = False


@record
class IsType(Expression):
    """``x IS :: INTEGER NOT NULL`` / ``x IS NOT :: ...``; the type as normalised text."""

    operand: Expression
    type_name: str
    negated: bool = False


@record
class HasLabels(Expression):
    """``n:A:B``, ``n:A|B&!C``, ``r:TYPE`` as a predicate."""

    subject: Expression
    labels: LabelExpression


@record
class FunctionCall(Expression):
    """A function; `name` as written, with its namespace (``point.distance``).

    ``count(*)`` has `star` set and no arguments. Whether it aggregates is the registry's to say.
    `writes` is the planner's: the call is made for what it does, whether or not its value is looked at.
    """

    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False
    star: bool = False
    writes: bool = False


@record
class CaseBranch(Syntax):
    """``WHEN condition THEN result``."""

    condition: Expression
    result: Expression


@record
class Case(Expression):
    """CASE; with `subject`, each condition is compared to it by ``=``."""

    subject: Expression | None
    branches: tuple[CaseBranch, ...]
    default: Expression | None


@record
class ListComprehension(Expression):
    """``[variable IN source WHERE predicate | result]``."""

    variable: str
    source: Expression
    predicate: Expression | None
    result: Expression | None


@record
class PatternComprehension(Expression):
    """``[p = (a)-->(b) WHERE predicate | result]``."""

    pattern: PathPattern
    predicate: Expression | None
    result: Expression


@record
class Quantified(Expression):
    """``all / any / none / single (variable IN source WHERE predicate)``."""

    quantifier: Literal["all", "any", "none", "single"]
    variable: str
    source: Expression
    predicate: Expression


@record
class Reduce(Expression):
    """``reduce(accumulator = initial, variable IN source | step)``."""

    accumulator: str
    initial: Expression
    variable: str
    source: Expression
    step: Expression


@record
class PatternPredicate(Expression):
    """A pattern used as a predicate: ``WHERE (a)-->(b)``."""

    pattern: PathPattern


@record
class Subquery(Expression):
    """``EXISTS { }``, ``COUNT { }``, ``COLLECT { }``.

    The short form ``EXISTS { (a)-->(b) WHERE p }`` is parsed to a query with one MATCH clause.
    """

    kind: Literal["EXISTS", "COUNT", "COLLECT"]
    query: Query


@record
class ShortestPathCall(Expression):
    """``shortestPath((a)-[*]->(b))`` used as an expression; all=True for allShortestPaths."""

    pattern: PathPattern
    all: bool
