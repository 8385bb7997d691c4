"""Patterns: nodes, relationships, paths.

The common forms, ``(n:Person)`` and ``-[r:KNOWS|LIKES*1..3]->``, are one regular expression each; what does
not fit goes on from where that match ended.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.elements import Element, Parsed, note, refuse
from neuralgraph.query.language.grammar.labels import all_of
from neuralgraph.query.language.lexis import (
    NAME,
    NESTING_MAX,
    SourceText,
    name_value,
    skip_space,
    syntax_error,
)
from neuralgraph.query.language.syntax import (
    Binary,
    Direction,
    EdgePattern,
    Expression,
    LabelExpression,
    LabelName,
    LabelOr,
    MapLiteral,
    NodePattern,
    Parameter,
    PathPattern,
    PathSelector,
    QuantifiedPath,
    VariableLength,
)
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.expressions import Operand

_NODE = regex(
    rf"\s*\(\s*(?P<name>(?!(?:WHERE|IS)\b\s*[^):{{\s])(?:{NAME}))?\s*(?P<labels>(?::\s*{NAME}\s*)*)(?P<close>\))?",
    re.IGNORECASE,
)
_TYPES = rf":\s*{NAME}\s*(?:\|\s*:?\s*{NAME}\s*)*"
_STAR = r"\*\s*(?P<min>\d+)?\s*(?P<dots>\.\.)?\s*(?P<max>\d+)?\s*"
_EDGE = regex(
    rf"""\s*(?P<left><\s*)?-\s*(?:
      (?P<plain>-)\s*(?P<plain_right>>)?
    | \[\s*(?P<name>(?!(?:WHERE|IS)\b\s*[^\]:*{{\s])(?:{NAME}))?\s*(?P<types>{_TYPES})?(?P<star>{_STAR})?
      (?P<close>\]\s*-\s*(?P<right>>)?)?
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_EDGE_CLOSE = regex(r"\s*\]\s*-\s*(>)?")
_WRONG_LENGTH = regex(r"\s*(\.\.|-\s*\d+)")
_EDGE_STAR = regex(rf"\s*{_STAR}")
_COLON = regex(r"\s*(?::(?!:)|IS\b(?!\s*(?:NOT\s+)?NULL\b))", re.IGNORECASE)
_WHERE = regex(r"\s*WHERE\b", re.IGNORECASE)
_PROPERTIES = regex(r"\s*(?:(\{)|\$)")
_CLOSE = regex(r"\s*\)")
_EDGE_NEXT = regex(r"\s*(?:<\s*-|-)\s*[-\[]")
_GROUP_NEXT = regex(rf"\s*\(\s*(?:\(|{NAME}\s*=\s*\()")
_NODE_NEXT = regex(r"\s*\(")
_QUANTIFIER = regex(
    r"\s*(?:(?P<plus>\+)|(?P<star>\*)|\{\s*(?P<min>\d+)?\s*(?P<comma>,)?\s*(?P<max>\d+)?\s*\})"
)
_PATH_NAME = regex(rf"\s*({NAME})\s*=(?!~)")
_SELECTOR = regex(
    r"""\s*(?:
      (?P<function>shortestPath|allShortestPaths)\s*\(
    | (?P<every>ALL(?:\s+PATHS?)?)(?=\s*\()
    | (?P<all>ALL\s+SHORTEST)(?:\s+PATHS?)?\b
    | (?P<any>ANY)(?:\s+(?P<any_shortest>SHORTEST))?(?:\s+(?P<any_count>\d+))?(?:\s+PATHS?)?(?=\s*[(])
    | (?P<shortest>SHORTEST)(?:\s+(?P<count>\d+))?(?:\s+PATHS?)?(?:\s+(?P<groups>GROUPS?))?(?=\s*\()
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_NAMES = regex(NAME)


def _close(text: SourceText, location: int) -> int:
    match = _CLOSE.match(text, location)
    if match is None:
        refuse(text, location, "')'")
    return match.end()


def _label_names(text: str, start: int, end: int) -> list[LabelExpression]:
    return [
        LabelName(name_value(match.group()), span=match.span())
        for match in _NAMES.finditer(text, start, end)
    ]


class Node(Element):
    """A node pattern."""

    def __init__(self, operand: Operand) -> None:
        super().__init__("a node pattern, such as (n:Label)")
        self.operand = operand

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        match = _NODE.match(text, location)
        if match is None:
            refuse(text, location, self.wanted)
        start = match.end() if match.start() == match.end() else text.index("(", match.start())
        name = match.group("name")
        variable = name_value(name) if name is not None else None
        end = match.end()
        first, last = match.span("labels")
        if match.group("close") is not None:
            labels = all_of(_label_names(text, first, last)) if first < last else None
            return end, [NodePattern(variable, labels, span=(start, end))]
        end = first
        labels = None
        colon = _COLON.match(text, end)
        if colon is not None:
            end, (labels,) = self.operand.labels.parse(text, colon.end())
        end, properties = _properties(self.operand, text, end)
        end, predicate = _predicate(self.operand, text, end)
        close = _CLOSE.match(text, end)
        if close is None:
            refuse(text, end, "')'" if predicate or properties else "':', '{', WHERE or ')'")
        end = close.end()
        return end, [NodePattern(variable, labels, properties, predicate, span=(start, end))]


def _properties(
    operand: Operand, text: SourceText, location: int
) -> tuple[int, MapLiteral | Parameter | None]:
    match = _PROPERTIES.match(text, location)
    if match is None:
        return location, None
    return operand.scan_atom(text, location)


def _predicate(operand: Operand, text: SourceText, location: int) -> tuple[int, Expression | None]:
    match = _WHERE.match(text, location)
    if match is None:
        return location, None
    end, (predicate,) = operand.run.parse(text, match.end())
    return end, predicate


class Edge(Element):
    """A relationship pattern with its arrows."""

    def __init__(self, operand: Operand) -> None:
        super().__init__("a relationship, such as -[:TYPE]->")
        self.operand = operand

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        match = _EDGE.match(text, location)
        if match is None:
            refuse(text, location, self.wanted)
        left = match.group("left") is not None
        start, end = skip_space(text, match.start()), match.end()
        if match.group("plain") is not None:
            right = match.group("plain_right") is not None
            return end, [EdgePattern(direction=_direction(left, right), span=(start, end))]
        name = match.group("name")
        variable = name_value(name) if name is not None else None
        types: LabelExpression | None = None
        if match.group("close") is not None:
            first, last = match.span("types")
            if first >= 0:
                types = _any(_label_names(text, first, last))
            length = _length(match) if match.group("star") is not None else None
            right = match.group("right") is not None
            direction = _direction(left, right)
            return end, [EdgePattern(variable, types, direction, length, span=(start, end))]
        return self._long(text, match, variable, (start, left))

    def _long(
        self, text: SourceText, match: re.Match[str], variable: str | None, opened: tuple[int, bool]
    ) -> Parsed:
        start, left = opened
        end = match.end("name") if match.group("name") is not None else text.index("[", start) + 1
        types: LabelExpression | None = None
        colon = _COLON.match(text, end)
        if colon is not None:
            end, (types,) = self.operand.types.parse(text, colon.end())
        star = _EDGE_STAR.match(text, end)
        length = None
        if star is not None:
            length = _length(star)
            end = star.end()
        end, properties = _properties(self.operand, text, end)
        end, predicate = _predicate(self.operand, text, end)
        close = _EDGE_CLOSE.match(text, end)
        if close is None:
            wrong = _WRONG_LENGTH.match(text, end)
            if wrong is not None:
                message = "Expected a length such as *, *2 or *1..3, without a sign"
                syntax_error(message, *wrong.span(1), "InvalidRelationshipPattern")
            refuse(text, end, "']-' or ']->'" if predicate else "':', '*', '{', WHERE or ']-'")
        end = close.end()
        direction = _direction(left, close.group(1) is not None)
        return end, [
            EdgePattern(
                variable, types, direction, length, properties, predicate, span=(start, end)
            )
        ]


def _any(names: list[LabelExpression]) -> LabelExpression:
    if len(names) == 1:
        return names[0]
    return LabelOr(tuple(names), span=(names[0].span[0], names[-1].span[1]))


def _direction(left: bool, right: bool) -> Direction:  # noqa: FBT001 (two arrow heads)
    if left == right:
        return "both"
    return "in" if left else "out"


def _length(match: re.Match[str]) -> VariableLength:
    least, most = match.group("min"), match.group("max")
    span = match.span()
    if match.group("dots") is None and least is not None:
        return VariableLength(_bound(least, span), _bound(least, span), span=span)
    return VariableLength(_bound(least, span), _bound(most, span), span=span)


def _bound(digits: str | None, span: tuple[int, int]) -> int | None:
    if digits is None:
        return None
    if len(digits) > 18:
        syntax_error("The number of relationships is too large", *span, "IntegerOverflow")
    return int(digits)


class Path(Element):
    """Nodes and relationships in a row, quantified groups included; no name, no selector.

    Attributes:
        single: stop after what a predicate may hold (no groups).
    """

    def __init__(self, operand: Operand, node: Node, edge: Edge) -> None:
        super().__init__("a pattern, such as (a)-[:TYPE]->(b)")
        self.operand = operand
        self.node = node
        self.edge = edge

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        start = skip_space(text, location)
        elements: list[Any] = []
        name: str | None = None
        while True:
            if elements and _EDGE_NEXT.match(text, location) is not None:
                location, (edge,) = self.edge.parse(text, location)
                step, location = self._quantified_edge(text, location, edge)
                if not isinstance(elements[-1], NodePattern):
                    elements.append(NodePattern(span=(location, location)))
                elements.append(step)
                if not isinstance(step, QuantifiedPath) and not _NODE_NEXT.match(text, location):
                    refuse(text, location, self.node.wanted)
            elif _GROUP_NEXT.match(text, location) is not None:
                location, group = self._group(text, location)
                if isinstance(group, PathPattern):
                    name = self._spliced(elements, group) or name
                    continue
                if not elements or not isinstance(elements[-1], NodePattern):
                    elements.append(NodePattern(span=(group.span[0], group.span[0])))
                elements.append(group)
            elif not elements or (
                not isinstance(elements[-1], NodePattern) and _NODE_NEXT.match(text, location)
            ):
                location, found = self.node.parse(text, location)
                elements.extend(found)
            else:
                break
        if not isinstance(elements[-1], NodePattern):
            elements.append(NodePattern(span=(location, location)))
        return location, [PathPattern(tuple(elements), name, span=(start, location))]

    def _spliced(self, elements: list[Any], group: PathPattern) -> str | None:
        """Put a path in parentheses among the elements; gives its name.

        Raises:
            QuerySyntaxError: it stands right behind a node.
        """
        if elements and isinstance(elements[-1], NodePattern):
            syntax_error(
                "A path in parentheses stands behind a node here; a quantifier such as {1,3} is missing",
                *group.span,
            )  # fmt: skip
        if elements and group.variable is not None:
            syntax_error("Only a whole path has a name, not a part of one", *group.span)
        elements.extend(group.elements)
        return group.variable

    def _quantified_edge(
        self, text: SourceText, location: int, edge: EdgePattern
    ) -> tuple[EdgePattern | QuantifiedPath, int]:
        match = _QUANTIFIER.match(text, location)
        if match is None:
            return edge, location
        start, end = edge.span
        ends = NodePattern(span=(start, start)), NodePattern(span=(end, end))
        path = PathPattern((ends[0], edge, ends[1]), span=edge.span)
        least, most = _quantifier(match)
        return QuantifiedPath(path, least, most, span=(start, match.end())), match.end()

    def _group(self, text: SourceText, location: int) -> tuple[int, QuantifiedPath | PathPattern]:
        """``((a)-[r]->(b) WHERE p){1,3}``; a path when there is no quantifier."""
        start = skip_space(text, location)
        depth = text.depth + 1
        if depth > NESTING_MAX:
            syntax_error(
                f"Patterns are nested more than {NESTING_MAX} levels deep", start, start + 1
            )
        text.depth = depth
        location = start + 1
        name = _PATH_NAME.match(text, location)
        if name is not None:
            location = name.end()
        location, (path,) = self.parse(text, location)
        if name is not None:
            path = PathPattern(path.elements, name_value(name.group(1)), span=path.span)
        location, predicate = _predicate(self.operand, text, location)
        location = _close(text, location)
        text.depth = depth - 1
        match = _QUANTIFIER.match(text, location)
        if match is None:
            note(text, location, "a quantifier, such as {1,3}, + or *")
            elements = _with_condition(path.elements, predicate)
            return location, PathPattern(elements, path.variable, span=(start, location))
        least, most = _quantifier(match)
        return match.end(), QuantifiedPath(path, least, most, predicate, span=(start, match.end()))


def _with_condition(elements: tuple[Any, ...], predicate: Expression | None) -> tuple[Any, ...]:
    """The elements of a path, the last node with the condition of the whole path."""
    if predicate is None:
        return elements
    last = elements[-1]
    if last.predicate is not None:
        both = (last.predicate.span[0], predicate.span[1])
        predicate = Binary("AND", last.predicate, predicate, span=both)
    return (*elements[:-1], replace(last, predicate=predicate))


def _quantifier(match: re.Match[str]) -> tuple[int, int | None]:
    if match.group("plus") is not None:
        return 1, None
    if match.group("star") is not None:
        return 0, None
    span = match.span()
    least, most = _bound(match.group("min"), span), _bound(match.group("max"), span)
    if match.group("comma") is None:
        if least is None:
            syntax_error("Expected a number in the quantifier", *span)
        most = least
    if most == 0:
        syntax_error("A quantifier's upper bound is at least 1", *span)
    if most is not None and (least or 0) > most:
        syntax_error("The quantifier's upper bound is below its lower bound", *span)
    return least or 0, most


class NamedPath(Element):
    """``name = selector path``, as MATCH has it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.wanted)
        self.path = path

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        start = skip_space(text, location)
        name = _PATH_NAME.match(text, location)
        variable = None
        if name is not None:
            variable = name_value(name.group(1))
            location = name.end()
        chosen = _SELECTOR.match(text, location)
        if chosen is None:
            location, found = self.path.parse(text, location)
            if variable is None:
                return location, found
            return location, [replace(found[0], variable=variable, span=(start, location))]
        if chosen.group("every") is not None:
            location, (path,) = self.path.parse(text, chosen.end())
            return location, [replace(path, variable=variable, span=(start, location))]
        selector = _selector(chosen)
        location, (path,) = self.path.parse(text, chosen.end())
        if selector.legacy:
            location = _close(text, location)
        variable = path.variable if variable is None else variable
        return location, [PathPattern(path.elements, variable, selector, span=(start, location))]


def _selector(match: re.Match[str]) -> PathSelector:
    span = match.span()
    if match.group("function") is not None:
        every = match.group("function").lower() == "allshortestpaths"
        return PathSelector("all shortest" if every else "shortest", 1, legacy=True, span=span)
    if match.group("all") is not None:
        return PathSelector("all shortest", 1, span=span)
    if match.group("any") is not None:
        count = _path_count(match, "any_count")
        kind = "shortest" if match.group("any_shortest") is not None else "any"
        return PathSelector("shortest" if kind == "shortest" else "any", count, span=span)
    count = _path_count(match, "count")
    groups = match.group("groups") is not None
    return PathSelector("shortest groups" if groups else "shortest", count, span=span)


def _path_count(match: re.Match[str], group: str) -> int:
    """How many paths are wanted; one where no number is written."""
    digits = match.group(group)
    if digits is None:
        return 1
    count = _bound(digits, match.span(group))
    if not count:
        syntax_error("The number of paths is at least 1", *match.span(group))
    return count
