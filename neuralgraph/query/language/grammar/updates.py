"""Updating clauses: CREATE, MERGE, SET, REMOVE, DELETE, FOREACH."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.elements import (
    Element,
    Parsed,
    Parses,
    Repeated,
    Separated,
    Sequence,
    name,
    refuse,
    symbol,
    words,
)
from neuralgraph.query.language.lexis import syntax_error
from neuralgraph.query.language.syntax import (
    Create,
    Delete,
    Expression,
    Foreach,
    HasLabels,
    Index,
    LabelAnd,
    LabelExpression,
    Merge,
    Pattern,
    Property,
    Remove,
    RemoveDynamicProperty,
    RemoveLabels,
    RemoveProperty,
    Set,
    SetDynamicProperty,
    SetLabels,
    SetProperties,
    SetProperty,
    Variable,
)
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.expressions import Operand
    from neuralgraph.query.language.lexis import SourceText


def updating_clauses(operand: Operand, path: Parses, clause: Parses) -> dict[str, Parses]:
    """The elements of the updating clauses, by their first word.

    Args:
        operand: expressions.
        path: a path with its name.
        clause: any clause; FOREACH has some inside.
    """
    pattern = Separated(path, "a pattern")
    set_items = Separated(SetItem(operand), "assignments")
    delete = Separated(operand.run, "expressions")
    return {
        "CREATE": Sequence("CREATE", [words("CREATE"), pattern], _create),
        "INSERT": Sequence("INSERT", [words("INSERT"), pattern], _create),
        "MERGE": Sequence(
            "MERGE", [words("MERGE"), path, Repeated(r"ON\b", _on(set_items))], _merge
        ),
        "SET": Sequence("SET", [words("SET"), set_items], _set),
        "REMOVE": Sequence(
            "REMOVE", [words("REMOVE"), Separated(RemoveItem(operand), "properties")], _remove
        ),
        "DELETE": Sequence("DELETE", [words("DELETE"), delete], _delete),
        "DETACH": Sequence("DETACH DELETE", [words("DETACH DELETE"), delete], _detach),
        "NODETACH": Sequence("NODETACH DELETE", [words("NODETACH DELETE"), delete], _delete),
        "FOREACH": Sequence(
            "FOREACH",
            [
                words("FOREACH"),
                symbol("("),
                name("a variable"),
                words("IN"),
                operand.run_without_bars,
                symbol("|"),
                Sequence("clauses", [clause, Repeated(r"[^\W\d]", clause)], _tuple),
                symbol(")"),
            ],
            _foreach,
        ),
    }


_SIGN = regex(r"\s*(\+=|=(?!~))")


class SetItem(Element):
    """One assignment of SET."""

    def __init__(self, operand: Operand) -> None:
        super().__init__("an assignment, such as n.key = value")
        self.operand = operand

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        tokens: list[Any] = []
        location = self.operand.scan(text, location, tokens, bars=False)
        target = tokens[0]
        if len(tokens) > 1:
            syntax_error("SET assigns to a property, a variable or labels", *tokens[1].span)
        location, target = _is_labels(self.operand, text, location, target)
        sign = _SIGN.match(text, location)
        if type(target) is HasLabels:
            labels = all_labels(target)
            return location, [SetLabels(_variable(target), labels, span=target.span)]
        if sign is None:
            refuse(text, location, "'='")
        location, (value,) = self.operand.run.parse(text, sign.end())
        span = (target.span[0], location)
        merge = sign.group(1) == "+="
        if type(target) is Variable:
            return location, [SetProperties(target, value, merge, span=span)]
        if merge:
            syntax_error("'+=' adds a map to a variable; a property is set with '='", *sign.span(1))
        if type(target) is Property:
            return location, [SetProperty(target.subject, target.key, value, span=span)]
        if type(target) is Index:
            return location, [SetDynamicProperty(target.subject, target.index, value, span=span)]
        return syntax_error("SET assigns to a property, a variable or labels", *target.span)


class RemoveItem(Element):
    """One item of REMOVE."""

    def __init__(self, operand: Operand) -> None:
        super().__init__("a property or a label")
        self.operand = operand

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        tokens: list[Any] = []
        location = self.operand.scan(text, location, tokens, bars=False)
        location, target = _is_labels(self.operand, text, location, tokens[-1])
        if type(target) is Property:
            return location, [RemoveProperty(target, span=target.span)]
        if type(target) is Index:
            return location, [RemoveDynamicProperty(target.subject, target.index, span=target.span)]
        if type(target) is HasLabels:
            labels = all_labels(target)
            return location, [RemoveLabels(_variable(target), labels, span=target.span)]
        return syntax_error("REMOVE takes a property or labels", *target.span)


_IS = regex(r"\s*IS\b", re.IGNORECASE)


def _is_labels(
    operand: Operand, text: SourceText, location: int, target: Expression
) -> tuple[int, Expression]:
    """``n IS Label``, the long form of ``n:Label``."""
    match = _IS.match(text, location)
    if match is None or type(target) is not Variable:
        return location, target
    location, (labels,) = operand.labels_without_bars.parse(text, match.end())
    return location, HasLabels(target, labels, span=(target.span[0], location))


def all_labels(target: HasLabels) -> LabelExpression:
    """The labels of SET and REMOVE: always a `LabelAnd`."""
    labels = target.labels
    return labels if type(labels) is LabelAnd else LabelAnd((labels,), span=labels.span)


def _variable(target: HasLabels) -> Variable:
    if type(target.subject) is not Variable:
        syntax_error("Labels are set and removed by variable", *target.subject.span)
    return target.subject


def _tuple(_text: SourceText, _start: int, _end: int, values: list[Any]) -> Any:
    return tuple(values)


def _on(set_items: Separated) -> Sequence:
    created = Sequence(
        "ON CREATE", [words("ON CREATE SET"), set_items], lambda _t, _s, _e, v: ("create", v[0])
    )
    matched = Sequence(
        "ON MATCH", [words("ON MATCH SET"), set_items], lambda _t, _s, _e, v: ("match", v[0])
    )
    is_create = regex(r"\s*ON\s+CREATE\b", re.IGNORECASE)

    class On(Element):
        def parse(self, text: Any, location: int) -> Parsed:
            """Parse it; see the class."""
            chosen = created if is_create.match(text, location) is not None else matched
            return chosen.parse(text, location)

    return On("ON CREATE SET or ON MATCH SET")  # type: ignore[return-value]


def _create(_text: SourceText, start: int, end: int, values: list[Any]) -> Create:
    (paths,) = values
    return Create(Pattern(paths, span=(paths[0].span[0], end)), span=(start, end))


def _merge(_text: SourceText, start: int, end: int, values: list[Any]) -> Merge:
    path, *actions = values
    on_create = tuple(item for kind, items in actions if kind == "create" for item in items)
    on_match = tuple(item for kind, items in actions if kind == "match" for item in items)
    return Merge(path, on_create, on_match, span=(start, end))


def _set(_text: SourceText, start: int, end: int, values: list[Any]) -> Set:
    return Set(values[0], span=(start, end))


def _remove(_text: SourceText, start: int, end: int, values: list[Any]) -> Remove:
    return Remove(values[0], span=(start, end))


def _delete(_text: SourceText, start: int, end: int, values: list[Any]) -> Delete:
    return Delete(values[0], span=(start, end))


def _detach(_text: SourceText, start: int, end: int, values: list[Any]) -> Delete:
    return Delete(values[0], detach=True, span=(start, end))


def _foreach(_text: SourceText, start: int, end: int, values: list[Any]) -> Foreach:
    variable, source, clauses = values
    return Foreach(variable, source, clauses, span=(start, end))
