"""Equal rows: turns key columns into a small integer for each different row.

Ids, integers and strings with a dictionary are told apart by arrays; anything else by `equality_key` in a
dictionary. Across batches the keys seen so far live in a `Grouper`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.execution.memory import column_bytes, keys_bytes
from neuralgraph.values import ROW_PATH_MAX, Column, EdgeRef, Kind, NodeRef
from neuralgraph.values.ordering import equality_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution.memory import Share
    from neuralgraph.values import RowArray
    from neuralgraph.values.arrays import Int64Array, ObjectArray

_CODED: Final = (Kind.NODE, Kind.EDGE, Kind.INTEGER, Kind.BOOLEAN)
_RANGE_FACTOR_MAX: Final = 4
"""Counting beats sorting while the range of the codes is at most so many times their number."""

_RANGE_FREE: Final = 65_536
_CODE_BYTES: Final = 8
_PLAIN: Final = frozenset({str, int, NodeRef, EdgeRef, type(None)})
_PRODUCT_MAX: Final = 2**62


class Grouper:
    """Numbers different rows 0, 1, ... in the order they are first seen, over many batches.

    What it remembers of them counts against `memory`.
    """

    __slots__ = ("coded", "count", "memory", "numbers", "pending", "samples")

    def __init__(self, memory: Share) -> None:
        self.memory = memory
        self.count = 0
        self.numbers: dict[Any, int] = {}
        # The keys of a first large batch: they need no dictionary unless a second batch comes.
        self.pending: list[Column] | None = None
        # For each batch that brought new keys, the rows of the key columns that did.
        self.samples: list[list[Column]] = []
        # The groups, as long as the only key is text and all batches share a dictionary.
        self.coded: _CodedGroups | None = None

    def groups(self, keys: Sequence[Column], count: int) -> tuple[Int64Array, RowArray]:
        """Number the rows of a batch.

        Args:
            keys: at least one column.
            count: rows in each of them.

        Returns:
            The number of each row's group, shape (rows,); and the rows that are the first of a new
            group, ascending in the order of their numbers.
        """
        if count > ROW_PATH_MAX and len(keys) == 1 and self._shares_dictionary(keys[0]):
            assert self.coded is not None
            numbered = self.coded.groups(keys[0])
            self.count = self.coded.count
            self.memory.hold(_CODE_BYTES * len(numbered[1]))
            return numbered
        self._settle()
        if count <= ROW_PATH_MAX:
            return self._by_rows(keys, list(range(count)), None)
        local, firsts = distinct_codes(keys, count)
        if not self.count:
            self.pending = [key.take(firsts) for key in keys]
            if self.memory.counts(count):
                self.memory.hold(sum(map(column_bytes, self.pending)))
            self.count = len(firsts)
            return local, firsts
        # Only one row of each kind goes through the dictionary.
        numbers, new = self._by_rows(keys, firsts.tolist(), firsts)
        return numbers[local], new

    def _shares_dictionary(self, key: Column) -> bool:
        """Are the groups so far, and this key, codes of one dictionary? Then `coded` has them."""
        dictionary = key.dictionary
        if dictionary is None:
            return False
        if self.coded is None and self.pending is not None:
            (first,) = self.pending
            if first.dictionary is dictionary:
                self.memory.hold(_CODE_BYTES * len(dictionary))
                self.coded, self.pending = _CodedGroups(first, dictionary), None
        return self.coded is not None and self.coded.dictionary is dictionary

    def _settle(self) -> None:
        """Put the groups that are known otherwise into `numbers`."""
        if self.pending is not None:
            kept, self.pending = self.pending, None
            self._by_rows(kept, list(range(kept[0].count)), None)
        elif self.coded is not None:
            keys, self.coded = self.coded.keys(), None
            self.memory.hold(keys_bytes(keys, len(keys)))
            self.numbers = {key: number for number, key in enumerate(keys)}

    def _by_rows(
        self, keys: Sequence[Column], rows: list[int], taken: RowArray | None
    ) -> tuple[Int64Array, RowArray]:
        parts = [row_keys(key if taken is None else key.take(taken)) for key in keys]
        row_key = parts[0] if len(parts) == 1 else list(zip(*parts, strict=True))
        numbers: list[int] = []
        new: list[int] = []
        known = self.numbers
        for row, key in zip(rows, row_key, strict=True):
            number = known.get(key)
            if number is None:
                number = known[key] = len(known)
                new.append(row)
            numbers.append(number)
        self.count = len(known)
        if new and self.memory.counts(len(rows)):
            self.memory.hold(keys_bytes(row_key, len(new)))
        return np.array(numbers, dtype=np.int64), np.array(new, dtype=np.int64)

    def keep(self, keys: Sequence[Column], new: RowArray) -> None:
        """Remember the key values of new groups for `key_columns`."""
        if len(new):
            kept = list(keys) if len(new) == keys[0].count else [key.take(new) for key in keys]
            if self.memory.counts(keys[0].count):
                self.memory.hold(sum(map(column_bytes, kept)))
            self.samples.append(kept)

    def key_columns(self) -> list[Column]:
        """A column for each key, one row a group."""
        return [Column.concat(parts) for parts in zip(*self.samples, strict=True)]


class _CodedGroups:
    """Groups of texts with a common dictionary: the number of each code is one look into an array.

    Attributes:
        dictionary: the strings.
        count: of groups.
    """

    __slots__ = ("_codes", "_numbers", "count", "dictionary")

    def __init__(self, first: Column, dictionary: ObjectArray) -> None:
        """Groups 0, 1, ... are the rows of `first`, which all differ."""
        self.dictionary = dictionary
        self.count = 0
        # By code, and at the end of null; -1 where there is no group.
        self._numbers = np.full(len(dictionary) + 1, -1, dtype=np.int64)
        self._codes: list[Int64Array] = []
        self._add(self._codes_of(first))

    def groups(self, key: Column) -> tuple[Int64Array, RowArray]:
        """As `Grouper.groups`."""
        codes = self._codes_of(key)
        numbers: Int64Array = self._numbers[codes]
        unknown = np.flatnonzero(numbers < 0)
        if not len(unknown):
            return numbers, unknown
        _, firsts = first_seen(codes[unknown], len(self._numbers))
        rows = unknown[firsts]
        self._add(codes[rows])
        numbers[unknown] = self._numbers[codes[unknown]]
        return numbers, rows

    def keys(self) -> list[Any]:
        """The key of each group, in order."""
        strings = [*self.dictionary.tolist(), None]
        return [strings[code] for code in np.concatenate(self._codes).tolist()]

    def _codes_of(self, key: Column) -> Int64Array:
        codes = key.array.astype(np.int64, copy=False)
        return codes if key.valid is None else np.where(key.valid, codes, len(self.dictionary))

    def _add(self, codes: Int64Array) -> None:
        self._numbers[codes] = np.arange(self.count, self.count + len(codes))
        self._codes.append(codes)
        self.count += len(codes)


def row_keys(column: Column) -> list[Any]:
    """A hashable for each row, equal for equivalent values whatever the column's kind."""
    values = column.to_values()
    if column.kind in (Kind.INTEGER, Kind.TEXT, Kind.NODE, Kind.EDGE):
        return values
    if column.kind == Kind.ANY and _PLAIN.issuperset(map(type, values)):
        return values
    return [equality_key(value) for value in values]


def codes_of(column: Column) -> Int64Array | None:
    """An integer for each row, equal for equal values; None when only a dictionary can tell."""
    if column.kind in _CODED:
        codes = column.array
        if column.kind == Kind.BOOLEAN:
            codes = codes.astype(np.int64)
        if column.valid is not None:
            if column.kind == Kind.INTEGER:
                # Any integer may stand there: null gets a code below the least, if there is one.
                least = int(codes.min()) if len(codes) else 0
                if least == -(2**63):
                    return None
                return np.where(column.valid, codes, least - 1)
            return np.where(column.valid, codes, -1)
        return codes  # type: ignore[return-value]
    if column.kind == Kind.TEXT and column.dictionary is not None:
        codes = column.array.astype(np.int64)
        if column.valid is not None:
            codes = np.where(column.valid, codes, -1)
        return codes  # type: ignore[return-value]
    return None


def distinct_codes(keys: Sequence[Column], count: int) -> tuple[Int64Array, RowArray]:
    """Number the different rows within one batch, in the order they are first seen.

    Returns:
        The number of each row, shape (rows,); and the first row of each number.
    """
    codes = [_dense(key, count) for key in keys]
    combined, limit = codes[0]
    for more, more_limit in codes[1:]:
        if limit * more_limit >= _PRODUCT_MAX:
            combined, limit = _ranked(combined)
        combined = combined * more_limit + more
        limit *= more_limit
    return first_seen(combined, limit)


def _dense(column: Column, count: int) -> tuple[Int64Array, int]:
    """Codes from 0, and their limit."""
    codes = codes_of(column)
    if codes is None:
        known: dict[Any, int] = {}
        numbers = [known.setdefault(key, len(known)) for key in row_keys(column)]
        return np.array(numbers, dtype=np.int64), len(known)
    least, greatest = int(codes.min()), int(codes.max())
    if greatest - least >= max(_RANGE_FREE, _RANGE_FACTOR_MAX * count):
        return _ranked(codes)
    return (codes - least if least else codes), greatest - least + 1


def _ranked(codes: Int64Array) -> tuple[Int64Array, int]:
    values, ranks = np.unique(codes, return_inverse=True)
    return ranks.astype(np.int64, copy=False).reshape(-1), len(values)


def first_seen(codes: Int64Array, limit: int) -> tuple[Int64Array, RowArray]:
    """Renumber codes below `limit` in the order they are first seen; O(rows), whatever the limit."""
    if limit > max(_RANGE_FREE, _RANGE_FACTOR_MAX * len(codes)):
        codes, limit = _ranked(codes)
    rows = np.arange(len(codes))
    # Never read where it is not written before, so it need not be cleared.
    places = np.empty(limit, dtype=np.int64)
    # Written backwards, so that the first row of each code is what stays.
    places[codes[::-1]] = rows[::-1]
    firsts = np.flatnonzero(places[codes] == rows)
    if len(firsts) == len(codes):
        return rows, rows
    places[codes[firsts]] = rows[: len(firsts)]
    return places[codes], firsts
