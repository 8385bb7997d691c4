"""Expressions to text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.operators import (
    COMPARISON_LEVEL,
    LEVELS,
    NOT_LEVEL,
    OPERAND_LEVEL,
    PREDICATE_LEVEL,
    UNARY_LEVEL,
    run_operands,
)
from neuralgraph.query.language.lexis import IDENTIFIER, NAME, RESERVED, looks_like_path
from neuralgraph.query.language.printing.patterns import PatternPrinter
from neuralgraph.query.language.syntax import (
    Binary,
    Case,
    Comparison,
    Expression,
    FunctionCall,
    HasLabels,
    Index,
    IsNull,
    IsType,
    LabelOr,
    LiftedLiteral,
    ListComprehension,
    ListLiteral,
    LiteralValue,
    MapLiteral,
    MapProjection,
    Parameter,
    PatternComprehension,
    PatternPredicate,
    Property,
    Quantified,
    Query,
    Reduce,
    ShortestPathCall,
    Slice,
    Subquery,
    Unary,
    Variable,
)
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.query.language.syntax import MapProjectionItem

_PLAIN = regex(IDENTIFIER)
_SPECIAL_WORDS = RESERVED | {
    "NULL", "TRUE", "FALSE", "NOT", "CASE", "ALL", "ANY", "NONE", "SINGLE", "REDUCE", "EXISTS", "COUNT",
    "COLLECT", "SHORTESTPATH", "ALLSHORTESTPATHS", "END", "ORDER", "SKIP", "LIMIT", "ASC", "DESC",
}  # fmt: skip
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
_COMPREHENSION_LIKE = regex(rf"{NAME}\s+IN\b", re.IGNORECASE)
_PATH_LIKE = regex(rf"(?:{NAME}\s*=\s*)?(?=\()")


def quoted(name: str) -> str:
    """A name, back-quoted unless it is a plain identifier."""
    if _PLAIN.fullmatch(name):
        return name
    return "`" + name.replace("`", "``") + "`"


def variable(name: str) -> str:
    """A variable's name; words that begin something else are back-quoted too."""
    return f"`{name}`" if name.upper() in _SPECIAL_WORDS else quoted(name)


def string(value: str) -> str:
    """A string literal."""
    return f"'{value.translate(_ESCAPES)}'"


class ExpressionPrinter(PatternPrinter):
    """Prints expressions; whole queries inside them are left to a subclass."""

    def __init__(self) -> None:
        self.rules: dict[type, Callable[[Any], tuple[str, int]]] = {
            LiteralValue: lambda node: self._literal(node.value),
            LiftedLiteral: lambda node: self._literal(node.sample),
            Binary: self._binary,
            Comparison: self._comparison,
            Unary: self._unary,
            IsNull: self._is_null,
            IsType: self._is_type,
            HasLabels: self._has_labels,
        }
        self.atoms: dict[type, Callable[[Any], str]] = {
            Parameter: lambda node: "$" + (node.name if node.name.isalnum() else quoted(node.name)),
            Variable: lambda node: variable(node.name),
            Property: lambda node: f"{self._subject(node.subject)}.{quoted(node.key)}",
            Index: lambda node: f"{self._subject(node.subject)}[{self.expression(node.index)}]",
            Slice: self._slice,
            ListLiteral: self._list,
            MapLiteral: self._map,
            MapProjection: self._map_projection,
            FunctionCall: self._call,
            Case: self._case,
            ListComprehension: self._list_comprehension,
            PatternComprehension: self._pattern_comprehension,
            Quantified: self._quantified,
            Reduce: self._reduce,
            PatternPredicate: lambda node: self.path(node.pattern),
            Subquery: lambda node: f"{node.kind} {{ {self.query(node.query)} }}",
            ShortestPathCall: self._shortest,
        }

    def query(self, query: Query) -> str:
        """A query inside an expression."""
        raise TypeError(f"no printer for {query!r}")

    def name(self, name: str) -> str:
        """A variable where a pattern or clause binds it."""
        return variable(name)

    def key(self, name: str) -> str:
        """A label, type or property key."""
        return quoted(name)

    def expression(self, node: Expression, level: int = 0) -> str:
        """The text; in parentheses where it binds less tightly than `level`."""
        atom = self.atoms.get(type(node))
        if atom is not None:
            return atom(node)
        text, own = self.rules[type(node)](node)
        return f"({text})" if own < level else text

    def _listed(self, nodes: tuple[Expression, ...]) -> str:
        return ", ".join([self.expression(node) for node in nodes])

    def _subject(self, node: Expression) -> str:
        text = self.expression(node, OPERAND_LEVEL)
        number = isinstance(node, LiteralValue | LiftedLiteral) and text[0].isdigit()
        return f"({text})" if number or isinstance(node, PatternPredicate) else text

    # ── operators ─────────────────────────────────────────────────────────────────────────────

    def _literal(self, value: bool | float | str | None) -> tuple[str, int]:  # noqa: FBT001
        if value is None:
            return "null", OPERAND_LEVEL
        if isinstance(value, bool):
            return ("true" if value else "false"), OPERAND_LEVEL
        if isinstance(value, str):
            return string(value), OPERAND_LEVEL
        text = {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(repr(value), repr(value))
        return text, UNARY_LEVEL if text[0] == "-" else OPERAND_LEVEL

    def _binary(self, node: Binary) -> tuple[str, int]:
        level = LEVELS[node.operator]
        if level < NOT_LEVEL:
            operands = [self.expression(operand, level + 1) for operand in run_operands(node)]
            return f" {node.operator} ".join(operands), level
        left = self.expression(node.left, level)
        return f"{left} {node.operator} {self.expression(node.right, level + 1)}", level

    def _comparison(self, node: Comparison) -> tuple[str, int]:
        parts = [self.expression(node.operands[0], PREDICATE_LEVEL)]
        for operator, operand in zip(node.operators, node.operands[1:], strict=True):
            parts += (operator, self.expression(operand, PREDICATE_LEVEL))
        return " ".join(parts), COMPARISON_LEVEL

    def _unary(self, node: Unary) -> tuple[str, int]:
        if node.operator == "NOT":
            return f"NOT {self.expression(node.operand, NOT_LEVEL)}", NOT_LEVEL
        text = self.expression(node.operand, UNARY_LEVEL)
        if node.operator == "-" and text[0] in "0123456789.":
            text = f"({text})"
        return f"{node.operator}{text}", UNARY_LEVEL

    def _is_null(self, node: IsNull) -> tuple[str, int]:
        word = "IS NOT NULL" if node.negated else "IS NULL"
        return f"{self.expression(node.operand, PREDICATE_LEVEL)} {word}", PREDICATE_LEVEL

    def _is_type(self, node: IsType) -> tuple[str, int]:
        word = "IS NOT ::" if node.negated else "IS ::"
        operand = self.expression(node.operand, PREDICATE_LEVEL)
        return f"{operand} {word} {node.type_name}", PREDICATE_LEVEL

    def _has_labels(self, node: HasLabels) -> tuple[str, int]:
        text = f"{self._subject(node.subject)}:{self.labels(node.labels)}"
        # A bar could end the expression that this stands in.
        if isinstance(node.labels, LabelOr):
            return f"({text})", OPERAND_LEVEL
        return text, UNARY_LEVEL

    # ── atoms ─────────────────────────────────────────────────────────────────────────────────

    def _slice(self, node: Slice) -> str:
        start = "" if node.start is None else self.expression(node.start)
        stop = "" if node.stop is None else self.expression(node.stop)
        return f"{self._subject(node.subject)}[{start}..{stop}]"

    def _list(self, node: ListLiteral) -> str:
        items = [self.expression(item) for item in node.items]
        if items:
            first = items[0]
            path = _PATH_LIKE.match(first)
            if (len(items) == 1 and _COMPREHENSION_LIKE.match(first)) or (
                path is not None and looks_like_path(first, path.end())
            ):
                items[0] = f"({first})"
        return f"[{', '.join(items)}]"

    def _map(self, node: MapLiteral) -> str:
        return self.map(node)

    def map(self, node: MapLiteral) -> str:
        """``{key: value}``."""
        entries = [f"{quoted(key)}: {self.expression(value)}" for key, value in node.entries]
        return "{" + ", ".join(entries) + "}"

    def _map_projection(self, node: MapProjection) -> str:
        items = ", ".join(map(self._projected, node.items))
        return f"{self.expression(node.subject)} {{{items}}}"

    def _projected(self, item: MapProjectionItem) -> str:
        if item.kind == "all":
            return ".*"
        if item.kind == "property":
            return "." + quoted(item.key)
        if item.value is None:
            return variable(item.key)
        return f"{quoted(item.key)}: {self.expression(item.value)}"

    def _call(self, node: FunctionCall) -> str:
        parts = [
            f"`{part}`" if part.upper() in RESERVED else quoted(part)
            for part in node.name.split(".")
        ]
        inside = "*" if node.star else self._listed(node.arguments)
        return f"{'.'.join(parts)}({'DISTINCT ' if node.distinct else ''}{inside})"

    def _case(self, node: Case) -> str:
        parts = ["CASE"]
        if node.subject is not None:
            parts.append(self.expression(node.subject))
        for branch in node.branches:
            condition, result = self.expression(branch.condition), self.expression(branch.result)
            parts.append(f"WHEN {condition} THEN {result}")
        if node.default is not None:
            parts.append(f"ELSE {self.expression(node.default)}")
        return " ".join([*parts, "END"])

    def _list_comprehension(self, node: ListComprehension) -> str:
        text = f"{variable(node.variable)} IN {self.expression(node.source)}"
        if node.predicate is not None:
            text += f" WHERE {self.expression(node.predicate)}"
        if node.result is not None:
            text += f" | {self.expression(node.result)}"
        return f"[{text}]"

    def _pattern_comprehension(self, node: PatternComprehension) -> str:
        text = self.path(node.pattern)
        if node.predicate is not None:
            text += f" WHERE {self.expression(node.predicate)}"
        return f"[{text} | {self.expression(node.result)}]"

    def _quantified(self, node: Quantified) -> str:
        source, predicate = self.expression(node.source), self.expression(node.predicate)
        return f"{node.quantifier}({variable(node.variable)} IN {source} WHERE {predicate})"

    def _reduce(self, node: Reduce) -> str:
        start = f"{variable(node.accumulator)} = {self.expression(node.initial)}"
        each = f"{variable(node.variable)} IN {self.expression(node.source)}"
        return f"reduce({start}, {each} | {self.expression(node.step)})"

    def _shortest(self, node: ShortestPathCall) -> str:
        return f"{'allShortestPaths' if node.all else 'shortestPath'}({self.path(node.pattern)})"
