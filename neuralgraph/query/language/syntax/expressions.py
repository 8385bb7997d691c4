"""Expressions of the syntax tree: frozen dataclasses that hold no logic.

Every node has a `span` (start and end offset in the query text) that does not take part in equality.
Operators are words (``"+"``, ``"AND"``, ``"STARTS WITH"``), so that the printer and EXPLAIN need no
table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax.clauses import Query
    from neuralgraph.query.language.syntax.patterns import LabelExpression, PathPattern

Span = tuple[int, int]
NO_SPAN: Span = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """Anything that stands somewhere in the text."""

    span: Span = field(default=NO_SPAN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Expression(Syntax):
    """Anything that has a value."""


@dataclass(frozen=True, slots=True)
class LiteralValue(Expression):
    """null, a boolean, an integer, a float or a string."""

    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class LiftedLiteral(Expression):
    """A literal that was taken out of the text for the plan cache.

    Attributes:
        index: which of the lifted literals.
        sample: the value it had when the statement was first seen, for its static type and for
            estimates; a plan may not depend on it otherwise.
    """

    index: int
    sample: bool | int | float | str


@dataclass(frozen=True, slots=True)
class Parameter(Expression):
    """``$name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable(Expression):
    """A name bound by the query."""

    name: str


@dataclass(frozen=True, slots=True)
class Property(Expression):
    """``subject.key``: of a node, relationship, map, temporal value or point."""

    subject: Expression
    key: str


@dataclass(frozen=True, slots=True)
class Index(Expression):
    """``subject[index]``: list element, or property by computed name."""

    subject: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Slice(Expression):
    """``subject[start..stop]``."""

    subject: Expression
    start: Expression | None
    stop: Expression | None


@dataclass(frozen=True, slots=True)
class ListLiteral(Expression):
    """``[a, b]``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MapLiteral(Expression):
    """``{key: value}``."""

    entries: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class MapProjectionItem(Syntax):
    """One item of a map projection.

    kind ``property`` (``.key``), ``all`` (``.*``), ``entry`` (``key: value``), ``variable`` (``x``).
    """

    kind: Literal["property", "all", "entry", "variable"]
    key: str
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    """``NOT x``, ``-x``, ``+x``."""

    operator: UnaryOperator
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    """Two operands; AND, OR and XOR included."""

    operator: BinaryOperator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison(Expression):
    """A chain: ``a < b <= c`` holds when each neighbouring pair does.

    `operands` has one element more than `operators`; usually two.
    """

    operators: tuple[ComparisonOperator, ...]
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class IsNull(Expression):
    """``x IS NULL`` / ``x IS NOT NULL``."""

    operand: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsType(Expression):
    """``x IS :: INTEGER NOT NULL`` / ``x IS NOT :: ...``; the type as normalised text."""

    operand: Expression
    type_name: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class HasLabels(Expression):
    """``n:A:B``, ``n:A|B&!C``, ``r:TYPE`` as a predicate."""

    subject: Expression
    labels: LabelExpression


@dataclass(frozen=True, slots=True)
class FunctionCall(Expression):
    """A function; `name` as written, with its namespace (``point.distance``).

    ``count(*)`` has `star` set and no arguments. Whether it aggregates is the registry's to say.
    """

    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False
    star: bool = False


@dataclass(frozen=True, slots=True)
class CaseBranch(Syntax):
    """``WHEN condition THEN result``."""

    condition: Expression
    result: Expression


@dataclass(frozen=True, slots=True)
class Case(Expression):
    """CASE; with `subject`, each condition is compared to it by ``=``."""

    subject: Expression | None
    branches: tuple[CaseBranch, ...]
    default: Expression | None


@dataclass(frozen=True, slots=True)
class ListComprehension(Expression):
    """``[variable IN source WHERE predicate | result]``."""

    variable: str
    source: Expression
    predicate: Expression | None
    result: Expression | None


@dataclass(frozen=True, slots=True)
class PatternComprehension(Expression):
    """``[p = (a)-->(b) WHERE predicate | result]``."""

    pattern: PathPattern
    predicate: Expression | None
    result: Expression


@dataclass(frozen=True, slots=True)
class Quantified(Expression):
    """``all / any / none / single (variable IN source WHERE predicate)``."""

    quantifier: Literal["all", "any", "none", "single"]
    variable: str
    source: Expression
    predicate: Expression


@dataclass(frozen=True, slots=True)
class Reduce(Expression):
    """``reduce(accumulator = initial, variable IN source | step)``."""

    accumulator: str
    initial: Expression
    variable: str
    source: Expression
    step: Expression


@dataclass(frozen=True, slots=True)
class PatternPredicate(Expression):
    """A pattern used as a predicate: ``WHERE (a)-->(b)``."""

    pattern: PathPattern


@dataclass(frozen=True, slots=True)
class Subquery(Expression):
    """``EXISTS { }``, ``COUNT { }``, ``COLLECT { }``.

    The short form ``EXISTS { (a)-->(b) WHERE p }`` is parsed to a query with one MATCH clause.
    """

    kind: Literal["EXISTS", "COUNT", "COLLECT"]
    query: Query


@dataclass(frozen=True, slots=True)
class ShortestPathCall(Expression):
    """``shortestPath((a)-[*]->(b))`` used as an expression; all=True for allShortestPaths."""

    pattern: PathPattern
    all: bool
