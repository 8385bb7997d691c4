"""Expressions of a plan as short text, for EXPLAIN.

Not the printer of the language: it shows what only plans have, and hidden names, and need not be parsed.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.syntax import (
    Binary,
    Case,
    Comparison,
    FunctionCall,
    HasLabels,
    Index,
    IsNull,
    LabelAnd,
    LabelName,
    LabelOr,
    LiftedLiteral,
    ListComprehension,
    ListLiteral,
    LiteralValue,
    MapLiteral,
    Parameter,
    Property,
    Quantified,
    SetProperty,
    Syntax,
    TimePoint,
    Unary,
    Variable,
)
from neuralgraph.query.planning.plan import AsEntity, DegreeOf, EdgeWhere, PathOf, PlanExpression

if TYPE_CHECKING:
    from collections.abc import Callable


def show_name(name: str) -> str:
    """A slot's name; hidden ones, which begin with a space, with a ``_``."""
    return "_" + name[1:] if name.startswith(" ") else name


def show_expression(node: Any) -> str:
    """One line."""
    show = _SHOWN.get(type(node))
    if show is not None:
        return show(node)
    if isinstance(node, Syntax):
        inside = ", ".join(
            _plain(getattr(node, field.name)) for field in fields(node) if field.name != "span"
        )
        return f"{type(node).__name__}({inside})"
    return str(node)


def _plain(value: Any) -> str:
    if isinstance(value, Syntax):
        return show_expression(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return show_name(str(value))


def _operand(node: Any) -> str:
    text = show_expression(node)
    return f"({text})" if isinstance(node, Binary | Comparison | Unary) else text


def _literal(node: LiteralValue) -> str:
    if node.value is None or isinstance(node.value, bool):
        return {None: "null", True: "true", False: "false"}[node.value]
    return repr(node.value)


def _comparison(node: Comparison) -> str:
    parts = [_operand(node.operands[0])]
    for operator, operand in zip(node.operators, node.operands[1:], strict=True):
        parts += [operator, _operand(operand)]
    return " ".join(parts)


def _binary(node: Binary) -> str:
    sides = []
    for side in (node.left, node.right):
        same = isinstance(side, Binary) and side.operator == node.operator == "AND"
        sides.append(show_expression(side) if same else _operand(side))
    return f"{sides[0]} {node.operator} {sides[1]}"


def _call(node: FunctionCall) -> str:
    inside = "*" if node.star else ", ".join(map(show_expression, node.arguments))
    return f"{node.name}({'DISTINCT ' if node.distinct else ''}{inside})"


def _case(node: Case) -> str:
    branches = " ".join(
        f"WHEN {show_expression(b.condition)} THEN {show_expression(b.result)}"
        for b in node.branches
    )
    subject = "" if node.subject is None else f" {show_expression(node.subject)}"
    default = "" if node.default is None else f" ELSE {show_expression(node.default)}"
    return f"CASE{subject} {branches}{default} END"


def _comprehension(node: ListComprehension) -> str:
    text = f"{show_name(node.variable)} IN {show_expression(node.source)}"
    text += "" if node.predicate is None else f" WHERE {show_expression(node.predicate)}"
    return f"[{text}]" if node.result is None else f"[{text} | {show_expression(node.result)}]"


def _quantified(node: Quantified) -> str:
    source, predicate = show_expression(node.source), show_expression(node.predicate)
    return f"{node.quantifier}({show_name(node.variable)} IN {source} WHERE {predicate})"


def _plan(node: PlanExpression) -> str:
    below = "" if node.collected is None else f" {show_name(node.collected)}"
    return f"{node.kind}{{{below} below }}".replace("{ below", "{below")


_SHOWN: dict[type, Callable[[Any], str]] = {
    LiteralValue: _literal,
    LiftedLiteral: lambda node: f"#{node.index}",
    Parameter: lambda node: f"${node.name}",
    Variable: lambda node: show_name(node.name),
    Property: lambda node: f"{_operand(node.subject)}.{node.key}",
    Index: lambda node: f"{_operand(node.subject)}[{show_expression(node.index)}]",
    ListLiteral: lambda node: "[" + ", ".join(map(show_expression, node.items)) + "]",
    MapLiteral: lambda node: (
        "{" + ", ".join(f"{key}: {show_expression(value)}" for key, value in node.entries) + "}"
    ),
    Unary: lambda node: f"{node.operator} {_operand(node.operand)}",
    Binary: _binary,
    Comparison: _comparison,
    IsNull: lambda node: f"{_operand(node.operand)} IS {'NOT ' if node.negated else ''}NULL",
    HasLabels: lambda node: f"{_operand(node.subject)}:{show_expression(node.labels)}",
    LabelName: lambda node: node.name,
    LabelAnd: lambda node: "&".join(map(show_expression, node.operands)),
    LabelOr: lambda node: "|".join(map(show_expression, node.operands)),
    FunctionCall: _call,
    Case: _case,
    ListComprehension: _comprehension,
    Quantified: _quantified,
    AsEntity: lambda node: f"{node.kind}({show_expression(node.operand)})",
    PathOf: lambda node: "path(" + ", ".join(map(show_name, node.steps)) + ")",
    EdgeWhere: lambda node: " ".join(
        (show_name(node.edge), "WHERE", show_name(node.left), "=", show_name(node.right))
    ),
    DegreeOf: lambda node: (
        f"degree({show_name(node.node)}, {'|'.join(node.types) or 'any'}, {node.direction})"
    ),
    PlanExpression: _plan,
    SetProperty: lambda node: (
        f"{_operand(node.subject)}.{node.key} = {show_expression(node.value)}"
    ),
    TimePoint: lambda node: f"{node.kind} {show_expression(node.expression)}",
}
