"""WITH and RETURN: items, DISTINCT, ORDER BY, SKIP, LIMIT, WHERE."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.elements import (
    Element,
    Maybe,
    Parsed,
    Piece,
    Separated,
    Sequence,
    flag,
    name,
    words,
)
from neuralgraph.query.language.syntax import (
    FunctionCall,
    LiftedLiteral,
    LiteralValue,
    ProjectionItem,
    Return,
    SortItem,
    Variable,
    With,
)

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.expressions import Operand
    from neuralgraph.query.language.lexis import SourceText


class Item(Element):
    """``expression AS name``; without AS the name is the expression's text as it was written."""

    def __init__(self, operand: Operand) -> None:
        super().__init__("an expression")
        self.operand = operand
        self.alias = Maybe(r"AS\b", name("a name"), None)

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        end, (expression,) = self.operand.run.parse(text, location)
        after, (alias,) = self.alias.parse(text, end)
        raw = text.original[location:end]
        start = end - len(text[location:end].lstrip())
        if alias is not None:
            return after, [ProjectionItem(expression, alias, aliased=True, span=(start, after))]
        if type(expression) is Variable and raw.strip().startswith("`"):
            raw = expression.name
        else:
            raw = text.original[start:end]
        return end, [ProjectionItem(expression, raw, aliased=False, span=(start, end))]


def projections(operand: Operand) -> tuple[Sequence, Sequence]:
    """The elements of WITH and of RETURN."""

    def sort_item(_text: SourceText, start: int, end: int, values: list[Any]) -> SortItem:
        return SortItem(values[0], values[1], span=(start, end))

    direction = Piece(
        r"(?:(ASC(?:ENDING)?|DESC(?:ENDING)?)\b)?",
        "ASC or DESC",
        lambda match: bool(match.group(1)) and match.group(1)[0] in "dD",
    )
    order = Sequence("ORDER BY", [operand.run, direction], sort_item)
    listed = _Items(Separated(Item(operand), "items"))
    tail = [
        Maybe(r"ORDER\s+BY\b", Separated(order, "an order"), ()),
        Maybe(r"(?:SKIP|OFFSET)\b", operand.run, None),
        Maybe(r"LIMIT\b", operand.run, None),
    ]
    where = Maybe(r"WHERE\b", operand.run, None)

    def build_with(text: SourceText, start: int, end: int, values: list[Any]) -> With:
        distinct, star_, items_, order_, skip, limit, predicate = values
        items_, order_ = settled(text, items_, order_)
        return With(items_, star_, distinct, order_, skip, limit, predicate, span=(start, end))

    def build_return(text: SourceText, start: int, end: int, values: list[Any]) -> Return:
        distinct, star_, items_, order_, skip, limit = values
        items_, order_ = settled(text, items_, order_)
        return Return(items_, star_, distinct, order_, skip, limit, span=(start, end))

    distinct = flag(r"DISTINCT\b(?!\s*(?:,|AS\b|\.))")
    return (
        Sequence("WITH", [words("WITH"), distinct, listed, *tail, where], build_with),
        Sequence("RETURN", [words("RETURN"), distinct, listed, *tail], build_return),
    )


def narrowing_clauses(operand: Operand) -> dict[str, Sequence]:
    """LET, FILTER, and ORDER BY, SKIP and LIMIT by themselves: short for ``WITH *`` with one thing more."""
    _with, return_ = projections(operand)
    # The elements of ORDER BY, SKIP and LIMIT are the last three of RETURN.
    tail = return_.elements[-3:]

    def sliced(text: SourceText, start: int, end: int, values: list[Any]) -> With:
        order, skip, limit = values
        _items, order = settled(text, (), order)
        return With((), True, False, order, skip, limit, span=(start, end))  # noqa: FBT003

    def filtered(_text: SourceText, start: int, end: int, values: list[Any]) -> With:
        return With((), star=True, where=values[0], span=(start, end))

    def named(_text: SourceText, start: int, end: int, values: list[Any]) -> ProjectionItem:
        return ProjectionItem(values[1], values[0], aliased=True, span=(start, end))

    def let(text: SourceText, start: int, end: int, values: list[Any]) -> With:
        items, _order = settled(text, values[0], ())
        return With(items, star=True, span=(start, end))

    one = Sequence("a name", [name("a name"), Piece(r"=(?!~)", "'='"), operand.run], named)
    # Each part may be left out, but not all: a clause of nothing would be read for ever.
    begins = Piece(r"(?=(?:ORDER\s+BY|SKIP|OFFSET|LIMIT)\b)", "ORDER BY, SKIP or LIMIT")
    alone = Sequence("ORDER BY, SKIP or LIMIT", [begins, *tail], sliced)
    where = Piece(r"FILTER\b(?:\s+WHERE\b)?", "FILTER")
    return {
        "ORDER": alone,
        "SKIP": alone,
        "OFFSET": alone,
        "LIMIT": alone,
        "FILTER": Sequence("FILTER", [where, operand.run], filtered),
        "LET": Sequence("LET", [words("LET"), Separated(one, "assignments")], let),
    }


class _Items(Element):
    """``*``, ``*, items`` or items; gives two values: was there a star, and the items."""

    def __init__(self, items: Separated) -> None:
        super().__init__("'*' or an expression")
        self.items = items
        self.star = flag(r"\*")
        self.comma = Maybe(r",", items, ())

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        location, (star,) = self.star.parse(text, location)
        following = self.comma if star else self.items
        location, (items,) = following.parse(text, location)
        return location, [star, items]


def settled(text: SourceText, items: Any, order: Any) -> tuple[Any, Any]:
    """Put lifted literals back where expressions of a projection may be compared to each other.

    ``RETURN n.x + 1 AS y ORDER BY n.x + 1`` means that both are the same; with each literal lifted
    under its own number they would not be. So the order's literals stay in the tree with all the items', and
    so do those of several items when one of them may aggregate.
    """
    if not text.lifted:
        return items, order
    touched = [item for item in items if _lifted_inside(text, item.span)]
    if not touched and not any(_lifted_inside(text, item.span) for item in order):
        return items, order
    calls = any(_has_call(item.expression) for item in items)
    if order or (calls and len(touched) > 1):
        return tuple(map(unlifted, items)), tuple(map(unlifted, order))
    return items, order


def _lifted_inside(text: SourceText, span: tuple[int, int]) -> bool:
    starts = text.lifted_starts
    place = bisect_left(starts, span[0])
    return place < len(starts) and starts[place] < span[1]


def _has_call(node: Any) -> bool:
    if type(node) is FunctionCall:
        return True
    if isinstance(node, tuple):
        return any(_has_call(part) for part in node)
    if is_dataclass(node):
        return any(_has_call(getattr(node, field.name)) for field in fields(node))
    return False


def unlifted(node: Any) -> Any:
    """The same tree with lifted literals as plain ones."""
    if type(node) is LiftedLiteral:
        return LiteralValue(node.sample, span=node.span)
    if isinstance(node, tuple):
        return tuple(map(unlifted, node))
    if is_dataclass(node) and not isinstance(node, type):
        changes = {}
        for field in fields(node):
            value = getattr(node, field.name)
            if field.name != "span" and (is_dataclass(value) or isinstance(value, tuple)):
                changed = unlifted(value)
                if changed is not value:
                    changes[field.name] = changed
        return replace(node, **changes) if changes else node
    return node
