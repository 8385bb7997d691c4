"""Patterns: what MATCH, CREATE and MERGE draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from neuralgraph.query.language.syntax.expressions import Expression, Syntax
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax.expressions import MapLiteral, Parameter


@record
class LabelExpression(Syntax):
    """Labels or types, combined."""


@record
class LabelName(LabelExpression):
    """One name."""

    name: str


@record
class LabelWildcard(LabelExpression):
    """``%``: any label."""


@record
class LabelDynamic(LabelExpression):
    """``$(expression)``: a name, or a list of names that must all be there (``$any(...)`` for one)."""

    expression: Expression
    any: bool = False


@record
class LabelNot(LabelExpression):
    """``!A``."""

    operand: LabelExpression


@record
class LabelAnd(LabelExpression):
    """``A&B`` or ``A:B``."""

    operands: tuple[LabelExpression, ...]


@record
class LabelOr(LabelExpression):
    """``A|B``."""

    operands: tuple[LabelExpression, ...]


@record
class NodePattern(Syntax):
    """``(variable:Labels {properties} WHERE predicate)``."""

    variable: str | None = None
    labels: LabelExpression | None = None
    properties: MapLiteral | Parameter | None = None
    predicate: Expression | None = None


@record
class VariableLength(Syntax):
    """``*min..max``; None where not written (``*`` is 1 to unbounded)."""

    min: int | None = None
    max: int | None = None


Direction = Literal["out", "in", "both"]


@record
class EdgePattern(Syntax):
    """``-[variable:TYPES *1..3 {properties} WHERE predicate]->``.

    `length` is None for a single relationship; then `variable` is a relationship, else a list.
    """

    variable: str | None = None
    types: LabelExpression | None = None
    direction: Direction = "both"
    length: VariableLength | None = None
    properties: MapLiteral | Parameter | None = None
    predicate: Expression | None = None


@record
class QuantifiedPath(Syntax):
    """``((a)-[r]->(b) WHERE p){min,max}``; max None is unbounded. Names inside are lists outside."""

    pattern: PathPattern
    min: int
    max: int | None
    predicate: Expression | None = None


@record
class PathSelector(Syntax):
    """``shortestPath(...)``, ``allShortestPaths(...)``, ``SHORTEST k``, ``ANY``, ``SHORTEST k GROUPS``."""

    kind: Literal["shortest", "all shortest", "any", "shortest groups"]
    count: int = 1
    legacy: bool = False
    """True for the function forms, where one path per pair is found after both ends are bound."""


@record
class PathPattern(Syntax):
    """``name = selector (a)-[r]->(b)...``.

    `elements` alternates: node, edge, node, ...; a `QuantifiedPath` stands where an edge would,
    and the parser puts empty node patterns round it where none are written.
    """

    elements: tuple[NodePattern | EdgePattern | QuantifiedPath, ...]
    variable: str | None = None
    selector: PathSelector | None = None


@record
class Pattern(Syntax):
    """Comma-separated paths of one clause.

    `repeatable` is ``MATCH REPEATABLE ELEMENTS``: a relationship may be matched more than once.
    """

    paths: tuple[PathPattern, ...]
    repeatable: bool = False
