"""Patterns and label expressions to text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from neuralgraph.query.language.syntax import (
    EdgePattern,
    LabelAnd,
    LabelDynamic,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    MapLiteral,
    NodePattern,
    PathPattern,
    PathSelector,
    QuantifiedPath,
)

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import Expression, VariableLength


class PatternPrinter(ABC):
    """Prints patterns, by help of whoever prints expressions and names."""

    @abstractmethod
    def expression(self, node: Expression, level: int = 0) -> str:
        """An expression."""

    @abstractmethod
    def map(self, node: MapLiteral) -> str:
        """``{key: value}``."""

    @abstractmethod
    def name(self, name: str) -> str:
        """A variable."""

    @abstractmethod
    def key(self, name: str) -> str:
        """A label, type or property key."""

    def path(self, path: PathPattern) -> str:
        """``name = selector (a)-->(b)``."""
        text = "".join(map(self.element, path.elements))
        selector = path.selector
        if selector is not None:
            text = _selected(selector, text)
        return f"{self.name(path.variable)} = {text}" if path.variable is not None else text

    def element(self, element: NodePattern | EdgePattern | QuantifiedPath) -> str:
        """A node, a relationship or a quantified group."""
        if isinstance(element, NodePattern):
            return f"({self._inside(element, element.labels)})"
        if isinstance(element, EdgePattern):
            inside = self._inside(element, element.types, element.length)
            left = "<" if element.direction == "in" else ""
            right = ">" if element.direction == "out" else ""
            return f"{left}-[{inside}]-{right}" if inside else f"{left}--{right}"
        where = "" if element.predicate is None else f" WHERE {self.expression(element.predicate)}"
        most = "" if element.max is None else element.max
        return f"({self.path(element.pattern)}{where}){{{element.min},{most}}}"

    def _inside(
        self,
        element: NodePattern | EdgePattern,
        labels: LabelExpression | None,
        length: VariableLength | None = None,
    ) -> str:
        text = self.name(element.variable) if element.variable is not None else ""
        if labels is not None:
            text += ":" + self.labels(labels)
        if length is not None:
            text += _length(length)
        if element.properties is not None:
            text += (" " if text else "") + self.expression(element.properties)
        if element.predicate is not None:
            text += (" " if text else "") + f"WHERE {self.expression(element.predicate)}"
        return text

    def labels(self, labels: LabelExpression, *, colons: bool = False) -> str:
        """A label expression without the leading colon; `colons` joins by ``:``, as SET has it."""
        if isinstance(labels, LabelName):
            return self.key(labels.name)
        if isinstance(labels, LabelDynamic):
            return f"${'any' if labels.any else ''}({self.expression(labels.expression)})"
        if isinstance(labels, LabelNot):
            return "!" + self._tight(labels.operand, LabelAnd, LabelOr)
        if isinstance(labels, LabelAnd):
            parts = [self._tight(part, LabelAnd, LabelOr) for part in labels.operands]
            return (":" if colons else "&").join(parts)
        if isinstance(labels, LabelOr):
            return "|".join([self._tight(part, LabelOr) for part in labels.operands])
        return "%"

    def _tight(self, labels: LabelExpression, *loose: type) -> str:
        text = self.labels(labels)
        return f"({text})" if isinstance(labels, loose) else text


def _length(length: VariableLength) -> str:
    if length.min is None and length.max is None:
        return "*"
    least = "" if length.min is None else length.min
    return f"*{least}..{'' if length.max is None else length.max}"


def _selected(selector: PathSelector, text: str) -> str:
    if selector.legacy:
        word = "allShortestPaths" if selector.kind == "all shortest" else "shortestPath"
        return f"{word}({text})"
    if selector.kind == "all shortest":
        return f"ALL SHORTEST {text}"
    if selector.kind == "any":
        return f"ANY {selector.count} {text}"
    groups = " GROUPS" if selector.kind == "shortest groups" else ""
    return f"SHORTEST {selector.count}{groups} {text}"
