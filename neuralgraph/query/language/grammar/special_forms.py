"""Forms of expressions that begin with a keyword: CASE, quantifiers, reduce, subqueries, comprehensions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.elements import (
    Maybe,
    Parses,
    Piece,
    Repeated,
    Sequence,
    name,
    symbol,
    words,
)
from neuralgraph.query.language.grammar.string_forms import TRIM_OPENING, trim_form
from neuralgraph.query.language.lexis import NAME, name_value
from neuralgraph.query.language.syntax import (
    Case,
    CaseBranch,
    LiteralValue,
    PathPattern,
    PatternComprehension,
    Quantified,
    Reduce,
    ShortestPathCall,
    Subquery,
)

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.expressions import Operand
    from neuralgraph.query.language.lexis import SourceText

_NOT_CALL = re.compile(r"(?!\s*\()")
_OPEN_BRACE = re.compile(r"\s*\{")
_OPEN_PAREN = re.compile(r"\s*\(")
_BINDING = re.compile(rf"\s*\(?\s*{NAME}\s+IN\b", re.IGNORECASE)
_ACCUMULATOR = re.compile(rf"\s*\(?\s*{NAME}\s*=", re.IGNORECASE)
_NEW_CASE = re.compile(r"(?=\s*[^\s,;)\]}.:=<>|])")


def add_special_forms(operand: Operand, named_path: Parses, subquery: Parses) -> None:
    """Tell `operand` of all keyword forms.

    Args:
        operand: what learns them.
        named_path: a path with its selector, for ``shortestPath(...)``.
        subquery: what stands between the braces of EXISTS, COUNT and COLLECT.
    """
    special = operand.special
    for word, value in (("NULL", None), ("TRUE", True), ("FALSE", False)):
        special[word] = _NOT_CALL, _constant(word, value)
    special["CASE"] = _NEW_CASE, _case(operand)
    for word in ("ALL", "ANY", "NONE", "SINGLE"):
        special[word] = _BINDING, _quantifier(operand, word)
    special["REDUCE"] = _ACCUMULATOR, _reduce(operand)
    for word in ("EXISTS", "COUNT", "COLLECT"):
        special[word] = _OPEN_BRACE, _subquery(word, subquery)
    for word in ("SHORTESTPATH", "ALLSHORTESTPATHS"):
        special[word] = None, Sequence(word, [named_path], _shortest)
    special["TRIM"] = TRIM_OPENING, trim_form(operand.run)
    operand.path_comprehension = _path_comprehension(operand)


def _constant(word: str, value: bool | None) -> Sequence:  # noqa: FBT001 (the value of a literal)
    return Sequence(
        word,
        [words(word)],
        lambda _text, start, end, _values: LiteralValue(value, span=(start, end)),
    )


def _case(operand: Operand) -> Sequence:
    def branch(_text: SourceText, start: int, end: int, values: list[Any]) -> Any:
        conditions, result = values
        return [CaseBranch(condition, result, span=(start, end)) for condition in conditions]

    def case(_text: SourceText, start: int, end: int, values: list[Any]) -> Case:
        subject, *branches, default = values
        flat = tuple(branch for group in branches for branch in group)
        return Case(subject, flat, default, span=(start, end))

    when = Sequence("WHEN", [words("WHEN"), operand.items, words("THEN"), operand.run], branch)
    return Sequence(
        "CASE",
        [
            words("CASE"),
            Maybe(r"(?!WHEN\b)", operand.run, None),
            when,
            Repeated(r"WHEN\b", when),
            Maybe(r"ELSE\b", operand.run, None),
            words("END"),
        ],
        case,
    )


def _quantifier(operand: Operand, word: str) -> Sequence:
    kind: Any = word.lower()

    def quantified(_text: SourceText, start: int, end: int, values: list[Any]) -> Quantified:
        variable, source, predicate = values
        return Quantified(kind, variable, source, predicate, span=(start, end))

    return Sequence(
        word,
        [
            words(word),
            symbol("("),
            name("a variable"),
            words("IN"),
            operand.run,
            # Without WHERE the elements themselves are the predicate's values, as Neo4j has it not:
            # openCypher demands it.
            words("WHERE"),
            operand.run,
            symbol(")"),
        ],
        quantified,
    )


def _reduce(operand: Operand) -> Sequence:
    def reduce(_text: SourceText, start: int, end: int, values: list[Any]) -> Reduce:
        accumulator, initial, variable, source, step = values
        return Reduce(accumulator, initial, variable, source, step, span=(start, end))

    return Sequence(
        "reduce",
        [
            words("REDUCE"),
            symbol("("),
            name("a variable"),
            symbol("="),
            operand.run,
            symbol(","),
            name("a variable"),
            words("IN"),
            operand.run_without_bars,
            symbol("|"),
            operand.run,
            symbol(")"),
        ],
        reduce,
    )


def _subquery(word: str, subquery: Parses) -> Sequence:
    kind: Any = word

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> Subquery:
        return Subquery(kind, values[0], span=(start, end))

    return Sequence(word, [words(word), symbol("{"), subquery, symbol("}")], build)


def _shortest(_text: SourceText, start: int, end: int, values: list[Any]) -> ShortestPathCall:
    (path,) = values
    every = path.selector.kind == "all shortest"
    plain = PathPattern(path.elements, span=path.span)
    return ShortestPathCall(plain, every, span=(start, end))


def _path_comprehension(operand: Operand) -> Sequence:
    variable = Piece(
        rf"(?:({NAME})\s*=)?", "a path", lambda m: m.group(1) and name_value(m.group(1))
    )

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> PatternComprehension:
        path_name, path, predicate, result = values
        if path_name is not None:
            path = PathPattern(path.elements, path_name, span=path.span)
        return PatternComprehension(path, predicate, result, span=(start, end))

    return Sequence(
        "a pattern comprehension",
        [
            symbol("["),
            variable,
            operand.paths,
            Maybe(r"WHERE\b", operand.run_without_bars, None),
            symbol("|"),
            operand.run,
            symbol("]"),
        ],
        build,
    )
