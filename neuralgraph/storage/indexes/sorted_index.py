"""IndexRun: the entries of one index in order of (key, id), typed, immutable.

An index on one property keeps each class of values apart, because classes never equal each other and
each has a form that is quick to search:

    others       encoded values in openCypher's order        before all text
    text         UTF-8
    booleans     0 and 1
    integers     int64    }  equal and ordered across:
    floats       float64  }  1 = 1.0; NaN last

That is also the order of the classes in openCypher's total order. An index on several properties has
`others` only: encoded lists of values, so that a prefix of the keys is a run of entries. Entities that
lack one of the properties are not in the index.

`sorted_building` makes runs from columns and from older runs; `OverlaidRun` corrects one without writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.disk.values_codec import decode
from neuralgraph.storage.indexes.sorted_parts import (
    NumberPart,
    TablePart,
    spread,
    text_key,
    values_key,
)
from neuralgraph.values import NO_IDS, Kind
from neuralgraph.values.ordering import compare, equals, order_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from neuralgraph.access import IndexDefinition, Range
    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.values import Column, IdArray, RowArray

    KeyedIds = tuple[IdArray, Callable[[], list[Any]]]

NUMBER_PARTS: Final = ("booleans", "integers", "floats")
TABLE_PARTS: Final = ("others", "text")
_PLAIN: Final = frozenset({str, int, bool})


class IndexRun:
    """One index, in order; see the module's docstring.

    Attributes:
        definition: what it indexes.
        parts: the classes that occur, by name.
    """

    __slots__ = ("_by_type", "definition", "is_composite", "parts")

    def __init__(
        self, definition: IndexDefinition, parts: dict[str, NumberPart | TablePart]
    ) -> None:
        self.definition = definition
        self.is_composite = len(definition.keys) > 1
        self.parts = {name: part for name, part in parts.items() if len(part)}
        # Types whose equal values can stand in one part only: one dictionary look-up from value to part.
        self._by_type: dict[type, Any] = {}
        if not self.is_composite:
            for kind, name in ((str, "text"), (bool, "booleans"), (int, "integers")):
                if name in self.parts and not (kind is int and "floats" in self.parts):
                    self._by_type[kind] = self.parts[name]

    def __len__(self) -> int:
        return sum(map(len, self.parts.values()))

    # ── equality ──────────────────────────────────────────────────────────────────────────────

    def seek(self, values: Sequence[Any]) -> IdArray:
        """Ids of the entities whose (first) indexed properties equal `values`, ascending."""
        if len(values) == 1:
            part = self._by_type.get(type(values[0]))
            if part is not None:
                found: IdArray = part.find(values[0])
                return found
        return self._seek_any(values)

    def _seek_any(self, values: Sequence[Any]) -> IdArray:
        # Null equals nothing, nor does NaN, nor a list with either in it.
        if not all(equals(value, value) for value in values):
            return NO_IDS
        if self.is_composite:
            return self._seek_table(values)
        value = values[0]
        if type(value) in _PLAIN or isinstance(value, float):
            return self._seek_plain(value)
        return self._seek_table(values)

    def _seek_plain(self, value: Any) -> IdArray:
        found = []
        if isinstance(value, (bool, str)):
            part = self.parts.get("text" if isinstance(value, str) else "booleans")
            return NO_IDS if part is None else part.find(value)
        for name, kind in (("integers", int), ("floats", float)):
            part = self.parts.get(name)
            if part is not None:
                converted = _exactly(value, kind)
                if converted is not None:
                    found.append(part.find(converted))
        found = [ids for ids in found if len(ids)]
        if not found:
            return NO_IDS
        return found[0] if len(found) == 1 else np.sort(np.concatenate(found))

    def _seek_table(self, values: Sequence[Any]) -> IdArray:
        part = self.parts.get("others")
        if not isinstance(part, TablePart):
            return NO_IDS
        key = tuple(map(order_key, values))
        low = part.first_not_less(key)
        width = len(key)
        high = (
            _first_beyond(part, key, low)
            if width < len(self.definition.keys)
            else part.first_greater(key)
        )
        ids = part.ids(low, high)
        if any(type(value) not in _PLAIN for value in values):
            # Values of equal order may still differ (an instant in two time zones).
            entries = part.entries(low, high)
            keep = [
                all(equals(a, b) for a, b in zip(_decoded(entry), values, strict=False))
                for entry in entries
            ]
            ids = ids[np.array(keep, dtype=np.bool_)]
        return np.sort(ids) if width < len(self.definition.keys) else ids

    def seek_many(self, values: Column) -> tuple[RowArray, IdArray]:
        """`seek([value])` for each row: rows (ascending) and ids, shape (matches,)."""
        part = self.parts.get("integers")
        if (
            values.kind == Kind.INTEGER
            and isinstance(part, NumberPart)
            and "floats" not in self.parts
            and not self.is_composite
        ):
            array, valid = values.array, values.valid
            if valid is None:
                return part.find_many(array)  # type: ignore[arg-type]
            present = np.flatnonzero(valid)
            rows, ids = part.find_many(array[present])  # type: ignore[arg-type]
            return present[rows], ids
        return self._seek_each(values)

    def _seek_each(self, values: Column) -> tuple[RowArray, IdArray]:
        seek = self.seek
        if values.kind == Kind.TEXT and values.dictionary is not None:
            found = [seek([text]) for text in values.dictionary.tolist()] or [NO_IDS]
            codes = np.where(values.valid_mask, values.array, 0).astype(np.int64)
            counts = np.array([len(ids) for ids in found], dtype=np.int64)
            starts = np.cumsum(counts) - counts
            wanted = np.where(values.valid_mask, counts[codes], 0)
            places, rows = spread(starts[codes], wanted)
            return rows, np.concatenate(found)[places]
        each = [seek([value]) for value in values.to_values()]
        counts = np.fromiter(map(len, each), np.int64, len(each))
        rows = np.arange(len(each)).repeat(counts)
        return rows, np.concatenate(each) if each else NO_IDS

    # ── order ─────────────────────────────────────────────────────────────────────────────────

    def range(self, within: Range, equal: Sequence[Any] = ()) -> IdArray:
        """Ids of entities whose property (the first behind `equal`) lies in the interval, in its order."""
        lower, upper = within.lower, within.upper
        kind = type(upper if lower is None else lower)
        part = self._by_type.get(kind)
        if part is None or not (lower is None or upper is None or type(upper) is kind):
            return self.keyed_range(within, equal)[0]
        # Bounds of one type, whose values stand in one part: nearly always.
        low, high = _span(part, within)
        ids: IdArray = part.ids(low, high) if high > low else NO_IDS
        return ids

    def prefix(self, prefix: str) -> IdArray:
        """Ids of entities whose property is a string that starts so, in its order."""
        return self.keyed_prefix(prefix)[0]

    def keyed_range(self, within: Range, equal: Sequence[Any] = ()) -> KeyedIds:
        """`range`, and a function that gives the order key of each (for merging with another run)."""
        if self.is_composite:
            return self._keyed_part(within, equal)
        pieces = self._pieces(within)
        pieces = [piece for piece in pieces if piece[2] > piece[1]]
        if not pieces:
            return NO_IDS, list
        if len(pieces) == 1:
            part, low, high = pieces[0]
            return part.ids(low, high), lambda: self._order_keys(part, low, high)
        names = [part for part, _, _ in pieces]
        if self.parts.get("integers") in names and self.parts.get("floats") in names:
            return _merged_in_order(pieces, self._order_keys)
        ids = np.concatenate([part.ids(low, high) for part, low, high in pieces])
        return ids, lambda: [
            key for part, low, high in pieces for key in self._order_keys(part, low, high)
        ]

    def _pieces(self, within: Range) -> list[tuple[Any, int, int]]:
        lower, upper = within.lower, within.upper
        parts = self.parts
        if lower is None and upper is None:
            return [
                (parts[name], 0, len(parts[name]))
                for name in ("others", "text", *NUMBER_PARTS)
                if name in parts
            ]
        bounds = [bound for bound in (lower, upper) if bound is not None]
        if not all(equals(bound, bound) for bound in bounds):
            return []
        classes = {_class_of(bound) for bound in bounds}
        if len(classes) > 1:
            return []
        match classes.pop():
            case "numbers":
                names = ["integers", "floats"]
            case "others":
                return self._other_pieces(within)
            case name:
                names = [name]
        return [(parts[name], *_span(parts[name], within)) for name in names if name in parts]

    def _keyed_part(self, within: Range, equal: Sequence[Any]) -> KeyedIds:
        """`keyed_range` of an index on several properties."""
        part, place = self.parts.get("others"), len(equal)
        if not isinstance(part, TablePart) or not all(equals(value, value) for value in equal):
            return NO_IDS, list
        low, high = _table_span(part, within, tuple(map(order_key, equal)))
        bounds = [bound for bound in (within.lower, within.upper) if bound is not None]
        if all(_is_plain(value) for value in (*bounds, *equal)):
            low, high = _comparable(part, within, place, low, high)
            places: Sequence[int] = range(low, high)
            ids = part.ids(low, high)
        else:
            # Values of equal order may still differ, and what lies between bounds may not be comparable.
            kept = []
            for at, entry in enumerate(part.entries(low, high), low):
                held = _decoded(entry)
                if all(map(equals, held, equal)) and _lies_within(held[place], within):
                    kept.append(at)
            places = kept
            ids = part.ids(low, high)[np.array(kept, dtype=np.int64) - low]
        return ids, lambda: [part.key_at(at)[place] for at in places]

    def _other_pieces(self, within: Range) -> list[tuple[Any, int, int]]:
        part = self.parts.get("others")
        if not isinstance(part, TablePart):
            return []
        low, high = _table_span(part, within, ())
        pieces: list[tuple[Any, int, int]] = []
        start = low
        # Values of other types lie between in the total order but are not comparable: leave them out.
        for place, entry in enumerate(part.entries(low, high), low):
            if not _lies_within(_decoded(entry)[0], within):
                pieces.append((part, start, place))
                start = place + 1
        pieces.append((part, start, high))
        return pieces

    def _order_keys(self, part: NumberPart | TablePart, low: int, high: int) -> list[Any]:
        if isinstance(part, TablePart):
            if part is self.parts.get("others"):
                return [part.key_at(place)[0] for place in range(low, high)]
            return [order_key(part.key_at(place)) for place in range(low, high)]
        if part is self.parts.get("booleans"):
            return [order_key(bool(value)) for value in part.values(low, high)]
        return list(map(order_key, part.values(low, high)))

    def keyed_prefix(self, text: str) -> KeyedIds:
        """`prefix`, with keys as `keyed_range` gives them."""
        part = self.parts.get("text")
        if self.is_composite or not isinstance(part, TablePart):
            return NO_IDS, list
        low = part.first_not_less(text)
        end = text_after(text)
        high = len(part) if end is None else part.first_not_less(end)
        return part.ids(low, high), lambda: self._order_keys(part, low, high)

    # ── the rest ──────────────────────────────────────────────────────────────────────────────

    @property
    def distinct_count(self) -> int:
        """Estimate of the number of different values."""
        return sum(part.distinct_count() for part in self.parts.values())

    def all_ids(self) -> IdArray:
        """Every entity in the index, ascending."""
        found = [part.ids(0, len(part)) for part in self.parts.values()]
        return np.sort(np.concatenate(found)) if found else NO_IDS

    def descriptor(self) -> dict[str, Any]:
        """Plain values; the definition is kept elsewhere."""
        return {name: part.descriptor() for name, part in self.parts.items()}

    @staticmethod
    def read(
        definition: IndexDefinition, descriptor: dict[str, Any], blocks: BlockFile
    ) -> IndexRun:
        """The run that `descriptor` describes."""
        parts: dict[str, NumberPart | TablePart] = {}
        for name, described in descriptor.items():
            if name in NUMBER_PARTS:
                parts[name] = NumberPart.read(described, blocks)
            else:
                key_of = text_key if name == "text" else values_key
                parts[name] = TablePart.read(described, blocks, key_of)
        return IndexRun(definition, parts)

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        for part in self.parts.values():
            yield from part.block_refs()

    @property
    def is_stored(self) -> bool:
        """Is all of it in a file?"""
        return all(part.stored_ids.is_stored for part in self.parts.values())


class OverlaidRun(IndexRun):
    """A run less the entries of some entities, plus another run; nothing is written.

    Attributes:
        below: the run that is corrected.
        hidden: ids whose entries in it do not count, ascending.
        above: entries that count besides.
    """

    __slots__ = ("above", "below", "hidden")

    def __init__(self, below: IndexRun, hidden: IdArray, above: IndexRun) -> None:
        super().__init__(below.definition, {})
        self.below = below
        self.hidden = hidden
        self.above = above

    def __len__(self) -> int:
        return len(self.all_ids())

    def _shown(self, ids: IdArray) -> Any:
        hidden = self.hidden
        if len(hidden) == 0:
            return np.ones(len(ids), dtype=np.bool_)
        places = hidden.searchsorted(ids)
        places[places == len(hidden)] = 0
        return hidden[places] != ids

    def seek(self, values: Sequence[Any]) -> IdArray:
        """As `IndexRun.seek`."""
        ids = self.below.seek(values)
        if len(ids):
            ids = ids[self._shown(ids)]
        added = self.above.seek(values)
        return ids if len(added) == 0 else np.sort(np.concatenate([ids, added]))

    def seek_many(self, values: Column) -> tuple[RowArray, IdArray]:
        """As `IndexRun.seek_many`."""
        rows, ids = self.below.seek_many(values)
        shown = self._shown(ids)
        rows, ids = rows[shown], ids[shown]
        more_rows, more_ids = self.above.seek_many(values)
        if len(more_rows) == 0:
            return rows, ids
        rows, ids = np.concatenate([rows, more_rows]), np.concatenate([ids, more_ids])
        order = np.lexsort((ids, rows))
        return rows[order], ids[order]

    def keyed_range(self, within: Range, equal: Sequence[Any] = ()) -> KeyedIds:
        """As `IndexRun.keyed_range`."""
        return self._merge(
            self.below.keyed_range(within, equal), self.above.keyed_range(within, equal)
        )

    def keyed_prefix(self, text: str) -> KeyedIds:
        """As `IndexRun.keyed_prefix`."""
        return self._merge(self.below.keyed_prefix(text), self.above.keyed_prefix(text))

    def _merge(self, below: KeyedIds, above: KeyedIds) -> KeyedIds:
        ids, keys_of = below
        shown = self._shown(ids)
        if len(above[0]) == 0:
            return ids[shown], lambda: _chosen(keys_of(), np.flatnonzero(shown).tolist())
        keys = _chosen(keys_of(), np.flatnonzero(shown).tolist()) + above[1]()
        merged = np.concatenate([ids[shown], above[0]])
        listed = merged.tolist()
        order = sorted(range(len(listed)), key=lambda place: (keys[place], listed[place]))
        return merged[order], lambda: _chosen(keys, order)

    def all_ids(self) -> IdArray:
        """As `IndexRun.all_ids`."""
        ids = self.below.all_ids()
        return np.sort(np.concatenate([ids[self._shown(ids)], self.above.all_ids()]))

    @property
    def distinct_count(self) -> int:
        """As `IndexRun.distinct_count`."""
        return self.below.distinct_count + self.above.distinct_count


def _chosen(items: list[Any], places: list[int]) -> list[Any]:
    return items if len(places) == len(items) else [items[place] for place in places]


def _exactly(value: float, kind: type) -> Any:
    """The number as `kind`, or None where that has no such number."""
    if isinstance(value, kind):
        return value
    if kind is int:
        fits = value.is_integer() and -(2.0**63) <= value < 2.0**63
        return int(value) if fits else None
    converted = float(value)
    return converted if converted == value else None


def _class_of(value: Any) -> str:
    if isinstance(value, bool):
        return "booleans"
    if isinstance(value, str):
        return "text"
    return "numbers" if isinstance(value, (int, float)) else "others"


def _span(part: NumberPart | TablePart, within: Range) -> tuple[int, int]:
    low = 0
    if within.lower is not None:
        first = part.first_not_less if within.lower_inclusive else part.first_greater
        low = first(within.lower)
    if within.upper is not None:
        first = part.first_greater if within.upper_inclusive else part.first_not_less
        return low, max(low, first(within.upper))
    return low, part.comparable_count if isinstance(part, NumberPart) else len(part)


def _table_span(part: TablePart, within: Range, equal: tuple[Any, ...]) -> tuple[int, int]:
    """Places of the entries that begin with `equal` and then lie within, as the total order goes."""
    low = part.first_not_less(equal) if equal else 0
    high = _first_beyond(part, equal, low) if equal and within.upper is None else len(part)
    if within.lower is not None:
        key = (*equal, order_key(within.lower))
        low = part.first_not_less(key)
        if not within.lower_inclusive:
            low = _first_beyond(part, key, low)
    if within.upper is not None:
        key = (*equal, order_key(within.upper))
        high = part.first_not_less(key)
        if within.upper_inclusive:
            high = _first_beyond(part, key, high)
    return low, max(low, high)


def _comparable(part: TablePart, within: Range, place: int, low: int, high: int) -> tuple[int, int]:
    """The entries among `low`..`high` whose key at `place` is comparable with plain bounds.

    Those stand together: at the end where only an upper bound is given, else at the beginning.
    """
    at_end = within.lower is None and within.upper is not None
    first, last = low, high
    while first < last:
        middle = (first + last) // 2
        if _lies_within(_decoded(part.entry(middle))[place], within) == at_end:
            last = middle
        else:
            first = middle + 1
    return (first, high) if at_end else (low, first)


def _is_plain(value: Any) -> bool:
    return type(value) in _PLAIN or isinstance(value, float)


def _lies_within(value: Any, within: Range) -> bool:
    if within.lower is not None:
        against = compare(value, within.lower)
        if against is None or against < (0 if within.lower_inclusive else 1):
            return False
    if within.upper is not None:
        against = compare(value, within.upper)
        if against is None or against > (0 if within.upper_inclusive else -1):
            return False
    return True


def _first_beyond(part: TablePart, prefix: tuple[Any, ...], low: int) -> int:
    """The first place from `low` on whose key does not begin with `prefix`; those that do come first."""
    width, high = len(prefix), len(part)
    while low < high:
        middle = (low + high) // 2
        if part.key_at(middle)[:width] == prefix:
            low = middle + 1
        else:
            high = middle
    return low


def text_after(prefix: str) -> str | None:
    """The least string that is greater than every string with this prefix; None when there is none."""
    stripped = prefix.rstrip("\U0010ffff")
    return stripped[:-1] + chr(ord(stripped[-1]) + 1) if stripped else None


def _merged_in_order(
    pieces: list[tuple[Any, int, int]], order_keys: Callable[[Any, int, int], list[Any]]
) -> KeyedIds:
    """Integers and floats (and what lies before them) merged by value; one by one, as this is rare."""
    ids = np.concatenate([part.ids(low, high) for part, low, high in pieces])
    keys = [key for part, low, high in pieces for key in order_keys(part, low, high)]
    listed = ids.tolist()
    order = sorted(range(len(listed)), key=lambda place: (keys[place], listed[place]))
    return ids[order], lambda: [keys[place] for place in order]


def _decoded(entry: bytes) -> list[Any]:
    values: list[Any] = decode(entry)
    return values
