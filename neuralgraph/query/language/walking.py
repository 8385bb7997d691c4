"""Walking the syntax tree without knowing its classes."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.syntax import Syntax
from neuralgraph.stopping import glance

if TYPE_CHECKING:
    from collections.abc import Iterator


_PART_NAMES: dict[type, tuple[str, ...]] = {}


def part_names(class_: Any) -> tuple[str, ...]:
    """Names of the fields of a class of the tree that may hold parts of it."""
    found = _PART_NAMES.get(class_)
    if found is None:
        found = _PART_NAMES[class_] = _find_part_names(class_)
    return found


def _find_part_names(class_: Any) -> tuple[str, ...]:
    plain = {
        "bool",
        "str",
        "int",
        "str | None",
        "int | None",
        "tuple[str, ...]",
        "tuple[str, ...] | None",
    }
    return tuple(
        field.name
        for field in fields(class_)
        if field.name != "span"
        and str(field.type) not in plain
        and not str(field.type).startswith("Literal[")
    )


def children(node: Syntax) -> Iterator[Syntax]:
    """The parts of a node, in the order of its fields; tuples are looked into."""
    glance()
    for name in part_names(type(node)):
        value = getattr(node, name)
        if isinstance(value, Syntax):
            yield value
        elif type(value) is tuple:
            yield from _inside(value)


def _inside(value: tuple[Any, ...]) -> Iterator[Syntax]:
    for part in value:
        if isinstance(part, Syntax):
            yield part
        elif type(part) is tuple:
            yield from _inside(part)


def descendants(node: Syntax) -> Iterator[Syntax]:
    """The node and all below it; parents first, no recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack += reversed(list(children(current)))
