"""Forms of expressions that begin with a keyword: CASE, quantifiers, reduce, subqueries, comprehensions."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.elements import (
    Element,
    Maybe,
    Parsed,
    Parses,
    Piece,
    Repeated,
    Separated,
    Sequence,
    name,
    symbol,
    words,
)
from neuralgraph.query.language.grammar.operators import fold
from neuralgraph.query.language.grammar.string_forms import TRIM_OPENING, trim_form
from neuralgraph.query.language.lexis import NAME, name_value, skip_space
from neuralgraph.query.language.syntax import (
    Binary,
    Case,
    CaseBranch,
    Comparison,
    Expression,
    FunctionCall,
    Index,
    IsNull,
    IsType,
    LiftedLiteral,
    ListComprehension,
    ListLiteral,
    LiteralValue,
    Parameter,
    PathPattern,
    PatternComprehension,
    Property,
    Quantified,
    Reduce,
    ShortestPathCall,
    Subquery,
    Unary,
    Variable,
)
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.expressions import Operand
    from neuralgraph.query.language.lexis import SourceText

_NOT_CALL = regex(r"(?!\s*\()")
_OPEN_BRACE = regex(r"\s*\{")
_OPEN_PAREN = regex(r"\s*\(")
_BINDING = regex(rf"\s*\(?\s*{NAME}\s+IN\b", re.IGNORECASE)
_ACCUMULATOR = regex(rf"\s*\(?\s*{NAME}\s*=", re.IGNORECASE)
_FORM_NEXT = regex(
    r"\s*(?:<>|!=|<=|>=|=~|[=<>]|(?:IN|CONTAINS|STARTS|ENDS)\b|IS\s+(?:NOT\s+)?(?:NULL|TYPED|NORMALIZED|NFK?[CD]|::)"
    r"|::)",
    re.IGNORECASE,
)
_NEW_CASE = regex(r"(?=\s*[^\s,;)\]}.:=<>|])")


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


class _Condition(Element):
    """What stands behind WHEN: an expression, or the rest of one about the subject, as ``> 5``."""

    def __init__(self, operand: Operand) -> None:
        super().__init__("an expression")
        self.operand = operand

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        if _FORM_NEXT.match(text, location) is None:
            return self.operand.run.parse(text, location)
        start = skip_space(text, location)
        tokens: list[Any] = [Variable(CASE_SUBJECT, span=(start, start))]
        location = self.operand.run.rest(text, location, tokens)
        return location, [fold(tokens)]


def _case(operand: Operand) -> Sequence:
    def branch(_text: SourceText, start: int, end: int, values: list[Any]) -> Any:
        conditions, result = values
        return [CaseBranch(condition, result, span=(start, end)) for condition in conditions]

    def case(_text: SourceText, start: int, end: int, values: list[Any]) -> Expression:
        subject, *branches, default = values
        flat = tuple(branch for group in branches for branch in group)
        return about_subject(Case(subject, flat, default, span=(start, end)))

    conditions = Separated(_Condition(operand), "expressions")
    when = Sequence("WHEN", [words("WHEN"), conditions, words("THEN"), operand.run], branch)
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


CASE_SUBJECT = " subject"
"""The subject of a CASE inside a condition such as ``> 5``; no name of a query begins with a space."""


def about_subject(case: Case) -> Expression:
    """``CASE x WHEN > 5 THEN ...`` as a CASE without subject: ``CASE WHEN x > 5 THEN ...``.

    Conditions that are plain values become equalities. A subject that is more than a name is evaluated
    once, as the only element of a list: ``[s IN [x] | CASE WHEN s > 5 ...][0]``; not one with a call in
    it, which may aggregate.
    """
    subject = case.subject
    if subject is None or not any(_mentions(branch.condition) for branch in case.branches):
        return case
    of_name = isinstance(subject, Property) and isinstance(subject.subject, Variable)
    simple = of_name or isinstance(subject, Variable | Parameter | LiteralValue | LiftedLiteral)
    named = simple or (_holds(subject, FunctionCall) and not _holds(subject, Case))
    stands: Expression = subject if named else Variable(CASE_SUBJECT, span=subject.span)
    branches = []
    for branch in case.branches:
        condition = branch.condition
        if _mentions(condition):
            condition = _with_subject(condition, stands)
        else:
            condition = Comparison(("=",), (stands, condition), span=condition.span)
        branches.append(CaseBranch(condition, branch.result, span=branch.span))
    made = Case(None, tuple(branches), case.default, span=case.span)
    if named:
        return made
    once = ListLiteral((subject,), span=subject.span)
    each = ListComprehension(CASE_SUBJECT, once, None, made, span=case.span)
    return Index(each, LiteralValue(0, span=case.span), span=case.span)


def _mentions(condition: Expression) -> bool:
    """Does the condition begin with the subject that was left out?"""
    node: Any = condition
    while True:
        if isinstance(node, Variable):
            return node.name == CASE_SUBJECT
        following = _first_operand(node)
        if following is None:
            return False
        node = following


def _first_operand(node: Any) -> Any:
    """The leftmost operand of an operator; None of anything else."""
    if isinstance(node, Comparison):
        return node.operands[0]
    if isinstance(node, FunctionCall):
        return node.arguments[0] if node.name == "isNormalized" and node.arguments else None
    if isinstance(node, Binary):
        return node.left
    return node.operand if isinstance(node, Unary | IsNull | IsType) else None


def _with_subject(node: Any, subject: Expression) -> Any:
    """The condition with the subject where it was left out."""
    if isinstance(node, Variable):
        return subject
    if isinstance(node, Comparison):
        first = _with_subject(node.operands[0], subject)
        return replace(node, operands=(first, *node.operands[1:]))
    if isinstance(node, FunctionCall):
        first = _with_subject(node.arguments[0], subject)
        return replace(node, arguments=(first, *node.arguments[1:]))
    if isinstance(node, Binary):
        return replace(node, left=_with_subject(node.left, subject))
    return replace(node, operand=_with_subject(node.operand, subject))


def _holds(node: Any, kind: type) -> bool:
    """Is a node of that class in the tree?"""
    if isinstance(node, kind):
        return True
    if isinstance(node, tuple):
        return any(_holds(part, kind) for part in node)
    if is_dataclass(node):
        return any(_holds(getattr(node, field.name), kind) for field in fields(node))
    return False


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
