"""Cypher values as plain Python, the TCK's notation for them, and when two of them are the same.

=================  ==================================================
Cypher             Python
=================  ==================================================
null, boolean      ``None``, ``bool``
integer, float     ``int``, ``float`` (never interchangeable)
string, temporal   ``str`` (the TCK writes a temporal value as a string)
list, map          ``list``/``tuple``, ``Mapping[str, ...]``
node, rel., path   :class:`Node`, :class:`Relationship`, :class:`Path`
=================  ==================================================
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Value: TypeAlias = Any
Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A node. ``id`` tells it from other nodes of its graph; comparing results ignores it."""

    labels: frozenset[str] = frozenset()
    properties: Mapping[str, Value] = field(default_factory=dict)
    id: Hashable = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship. ``id`` tells it from others of its graph; comparing results ignores it."""

    type: str
    properties: Mapping[str, Value] = field(default_factory=dict)
    id: Hashable = None


@dataclass(frozen=True, slots=True)
class Step:
    """One hop of a path; ``forward`` when the relationship points along the path."""

    relationship: Relationship
    node: Node
    forward: bool


@dataclass(frozen=True, slots=True)
class Path:
    """A walk: a first node and the hops that follow it."""

    start: Node
    steps: tuple[Step, ...] = ()


class NotationError(ValueError):
    """Text that is not a value in the TCK's notation."""


def key(value: Value, *, any_list_order: bool = False) -> Key:
    """A hashable key, equal for two values exactly when the TCK takes them for the same.

    Integers differ from floats, NaN equals itself, ``-0.0`` equals ``0.0``; labels and map keys have
    no order; lists have one unless ``any_list_order``. Element ids are left out.
    """

    def of(item: Value) -> Key:
        match item:
            case None:
                return ("null",)
            case bool():
                return ("boolean", item)
            case int():
                return ("integer", item)
            case float():
                return ("float", "NaN") if math.isnan(item) else ("float", item + 0.0)
            case str():
                return ("string", item)
            case Node():
                return ("node", tuple(sorted(item.labels)), of(item.properties))
            case Relationship():
                return ("relationship", item.type, of(item.properties))
            case Path():
                hops = tuple(
                    (hop.forward, of(hop.relationship), of(hop.node)) for hop in item.steps
                )
                return ("path", of(item.start), hops)
            case Mapping():
                return ("map", tuple((name, of(item[name])) for name in sorted(item)))
            case list() | tuple():
                elements = [of(element) for element in item]
                return ("list", tuple(sorted(elements, key=repr) if any_list_order else elements))
        raise TypeError(f"not a Cypher value: {item!r} ({type(item).__name__})")

    return of(value)


def show(value: Value) -> str:
    """The value in the TCK's notation."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float() if math.isnan(value):
            return "NaN"
        case float() if math.isinf(value):
            return "Inf" if value > 0 else "-Inf"
        case int() | float():
            return repr(value)
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        case Node():
            labels = "".join(f":{label}" for label in sorted(value.labels))
            return "(" + " ".join(filter(None, [labels, _show_properties(value.properties)])) + ")"
        case Relationship():
            return (
                "["
                + " ".join(filter(None, [f":{value.type}", _show_properties(value.properties)]))
                + "]"
            )
        case Path():
            hops = (
                f"-{show(hop.relationship)}->{show(hop.node)}"
                if hop.forward
                else f"<-{show(hop.relationship)}-{show(hop.node)}"
                for hop in value.steps
            )
            return f"<{show(value.start)}{''.join(hops)}>"
        case Mapping():
            return "{" + ", ".join(f"{name}: {show(item)}" for name, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(show, value)) + "]"
    return f"!{value!r}"


def _show_properties(properties: Mapping[str, Value]) -> str:
    return show(properties) if properties else ""


def parse(text: str) -> Value:
    """The value that ``text`` denotes in the TCK's notation."""
    parser = _Parser(text)
    value = parser.value()
    parser.skip_space()
    if parser.at != len(text):
        raise parser.error("trailing text")
    return value


_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[A-Za-z0-9_$]+|`(?:[^`]|``)+`")
_FLOAT = re.compile(r"-?(?:\d+\.\d+(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|Inf\b)")
_INTEGER = re.compile(r"-?\d+")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_WORDS: Sequence[tuple[str, Value]] = (
    ("null", None),
    ("true", True),
    ("false", False),
    ("NaN", math.nan),
)


class _Parser:
    """A recursive descent parser of the notation."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self, message: str) -> NotationError:
        return NotationError(f"{message} at {self.at} in {self.text!r}")

    def skip_space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def take(self, token: str) -> bool:
        self.skip_space()
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def need(self, token: str) -> None:
        if not self.take(token):
            raise self.error(f"expected {token!r}")

    def scan(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.skip_space()
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def value(self) -> Value:
        self.skip_space()
        match self.text[self.at : self.at + 1]:
            case "(":
                return self.node()
            case "<":
                return self.path()
            case "{":
                return self.map()
            case "[":
                return self.relationship() if self.text.startswith("[:", self.at) else self.list()
            case "'":
                return self.string()
        if match := self.scan(_FLOAT):
            return float(match[0].replace("Inf", "inf"))
        if match := self.scan(_INTEGER):
            return int(match[0])
        for word, meaning in _WORDS:
            if self.take(word):
                return meaning
        raise self.error("expected a value")

    def name(self) -> str:
        match = self.scan(_NAME)
        if not match:
            raise self.error("expected a name")
        name = match[0]
        return name[1:-1].replace("``", "`") if name.startswith("`") else name

    def string(self) -> str:
        match = self.scan(_STRING)
        if not match:
            raise self.error("unterminated string")
        return re.sub(r"\\(['\\])", r"\1", match[1])

    def list(self) -> list[Value]:
        self.need("[")
        items: list[Value] = []
        while not self.take("]"):
            if items:
                self.need(",")
            items.append(self.value())
        return items

    def map(self) -> dict[str, Value]:
        self.need("{")
        items: dict[str, Value] = {}
        while not self.take("}"):
            if items:
                self.need(",")
            name = self.name()
            self.need(":")
            items[name] = self.value()
        return items

    def properties(self) -> dict[str, Value]:
        self.skip_space()
        return self.map() if self.text.startswith("{", self.at) else {}

    def node(self) -> Node:
        self.need("(")
        labels: set[str] = set()
        while self.take(":"):
            labels.add(self.name())
        node = Node(frozenset(labels), self.properties())
        self.need(")")
        return node

    def relationship(self) -> Relationship:
        self.need("[")
        self.need(":")
        relationship = Relationship(self.name(), self.properties())
        self.need("]")
        return relationship

    def path(self) -> Path:
        self.need("<")
        start = self.node()
        steps: list[Step] = []
        while not self.take(">"):
            forward = not self.take("<-")
            if forward:
                self.need("-")
            relationship = self.relationship()
            self.need("->" if forward else "-")
            steps.append(Step(relationship, self.node(), forward))
        return Path(start, tuple(steps))
