"""Column: the values of one name over a batch of rows; immutable, in one of two forms.

A column holds its values as a typed numpy array with a validity mask, or as a plain Python list, and
turns one form into the other on first use. Kernels over many rows use the array; an operator that has
a handful of rows uses the list, because three numpy calls cost more than ten Python values. Both
forms always mean the same. TEXT that comes from Arrow or a segment stands in `texts` until one of them is
asked for: packed strings, and in `chosen` which of them the rows are (None: the first is row 0, and so on).

    kind      array dtype        list items            null in the array
    BOOLEAN   bool               bool                  any value, valid=False
    INTEGER   int64              int                   any value, valid=False
    FLOAT     float64            float                 any value, valid=False (NaN is a value)
    TEXT      object (str), or   str                   None, valid=False
              int codes + dictionary                   any code, valid=False
    NODE      int64 (node ids)   int                   -1, valid=False
    EDGE      int64 (edge ids)   int                   -1, valid=False
    VECTOR    float32, (rows,d)  1-d float32 arrays    zeros, valid=False
    ANY       object             any value             None, valid=False

In the list form null is None. `valid` is None when no row is null. Within ANY columns (and inside
lists and maps) entities are `NodeRef`, `EdgeRef` and `PathRef`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.values.entities import EdgeRef, NodeRef
from neuralgraph.values.packed_texts import PackedTexts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.values.arrays import AnyArray, IdArray, MaskArray, ObjectArray, RowArray


class Kind(IntEnum):
    """What a column holds."""

    ANY = 0
    BOOLEAN = 1
    INTEGER = 2
    FLOAT = 3
    TEXT = 4
    NODE = 5
    EDGE = 6
    VECTOR = 7


_DTYPES: Final[dict[Kind, Any]] = {
    Kind.ANY: np.dtype(object),
    Kind.BOOLEAN: np.dtype(np.bool_),
    Kind.INTEGER: np.dtype(np.int64),
    Kind.FLOAT: np.dtype(np.float64),
    Kind.TEXT: np.dtype(object),
    Kind.NODE: np.dtype(np.int64),
    Kind.EDGE: np.dtype(np.int64),
}
_KIND_OF_TYPE: Final[dict[type, Kind]] = {
    bool: Kind.BOOLEAN,
    int: Kind.INTEGER,
    float: Kind.FLOAT,
    str: Kind.TEXT,
}
_FILL: Final[dict[Kind, Any]] = {
    Kind.BOOLEAN: False,
    Kind.INTEGER: 0,
    Kind.FLOAT: 0.0,
    Kind.NODE: -1,
    Kind.EDGE: -1,
}
_REFS: Final = {Kind.NODE: NodeRef, Kind.EDGE: EdgeRef}


class Column:
    """Values of one kind, one a row. Make one with `of_array`, `of_list`, `of_values` or `nulls`."""

    __slots__ = ("_array", "_list", "_valid", "chosen", "count", "dictionary", "kind", "texts")

    def __init__(
        self,
        kind: Kind,
        count: int,
        array: AnyArray | None,
        valid: MaskArray | None,
        items: list[Any] | None,
        dictionary: ObjectArray | None = None,
        texts: PackedTexts | None = None,
        chosen: RowArray | None = None,
    ) -> None:
        self.kind = kind
        self.count = count
        self._array = array
        self._valid = valid
        self._list = items
        self.dictionary = dictionary
        self.texts = texts
        self.chosen = chosen

    # ── making ────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def of_array(
        kind: Kind,
        array: AnyArray,
        valid: MaskArray | None = None,
        dictionary: ObjectArray | None = None,
    ) -> Column:
        """Wrap an array of the kind's dtype; it must not be changed afterwards.

        Args:
            kind: what it holds.
            array: shape (rows,), or (rows, dimension) for VECTOR.
            valid: False where null; None when nothing is.
            dictionary: for TEXT, the strings that the codes in `array` stand for.
        """
        return Column(kind, len(array), array, valid, None, dictionary)

    @staticmethod
    def of_list(kind: Kind, items: list[Any]) -> Column:
        """Wrap a list whose items are None or of the kind; it must not be changed afterwards."""
        return Column(kind, len(items), None, None, items)

    @staticmethod
    def of_packed(
        texts: PackedTexts, valid: MaskArray | None = None, chosen: RowArray | None = None
    ) -> Column:
        """A TEXT column of strings that are not decoded yet; what stands at a null does not count.

        Args:
            texts: the strings.
            valid: False where null; None when nothing is.
            chosen: the number of each row's string, of every null's too; None when all are rows.
        """
        count = len(texts) if chosen is None else len(chosen)
        return Column(Kind.TEXT, count, None, valid, None, None, texts, chosen)

    @staticmethod
    def of_values(values: Sequence[Any]) -> Column:
        """The narrowest kind that holds `values`: BOOLEAN, INTEGER, FLOAT, TEXT or ANY."""
        items = list(values)
        types = set(map(type, items))
        types.discard(type(None))
        if len(types) == 1:
            kind = _KIND_OF_TYPE.get(types.pop(), Kind.ANY)
            return Column(kind, len(items), None, None, items)
        return Column(Kind.ANY, len(items), None, None, items)

    @staticmethod
    def nulls(count: int) -> Column:
        """Nothing but nulls."""
        return Column(Kind.ANY, count, None, None, [None] * count)

    @staticmethod
    def constant(value: Any, count: int) -> Column:
        """The same value in every row."""
        kind = _KIND_OF_TYPE.get(type(value), Kind.ANY)
        if count <= 16:
            return Column(kind, count, None, None, [value] * count)
        array: AnyArray
        if kind in (Kind.ANY, Kind.TEXT):
            array = np.empty(count, dtype=object)
            array.fill(value)
        else:
            array = np.full(count, value, dtype=_DTYPES[kind])
        return Column(kind, count, array, np.zeros(count, bool) if value is None else None, None)

    # ── the two forms ─────────────────────────────────────────────────────────────────────────

    @property
    def is_listed(self) -> bool:
        """Is the list form at hand without work?"""
        return self._list is not None

    @property
    def is_packed(self) -> bool:
        """Are these strings that nobody has decoded yet?"""
        return self.texts is not None and self._array is None and self._list is None

    @property
    def packed(self) -> PackedTexts | None:
        """The rows' strings packed, where they come so; what stands at a null does not count."""
        if self.texts is None or self.chosen is None:
            return self.texts
        return self.texts.take(self.chosen)

    @property
    def array(self) -> AnyArray:
        """The array form; for TEXT with a dictionary these are the codes."""
        if self._array is None:
            self._make_array()
        assert self._array is not None
        return self._array

    @property
    def valid(self) -> MaskArray | None:
        """False where null; None when no row is null."""
        if self._array is None and self.texts is None:
            self._make_array()
        return self._valid

    @property
    def valid_mask(self) -> MaskArray:
        """`valid`, as an array in any case."""
        valid = self.valid
        return np.ones(self.count, dtype=np.bool_) if valid is None else valid

    @property
    def ids(self) -> IdArray:
        """The array of a NODE or EDGE column."""
        assert self.kind in (Kind.NODE, Kind.EDGE)
        return self.array  # type: ignore[return-value]

    def to_list(self) -> list[Any]:
        """The list form; None where null. Do not change it."""
        if self._list is None:
            self._list = self._make_list()
        return self._list

    def to_values(self) -> list[Any]:
        """The list form with ids of entities as `NodeRef` and `EdgeRef`."""
        ref = _REFS.get(self.kind)
        if ref is None:
            return self.to_list()
        return [None if item is None else ref(item) for item in self.to_list()]

    def to_objects(self) -> ObjectArray:
        """`to_values` as an object array."""
        if self.kind == Kind.TEXT and self.dictionary is None:
            return self.array  # type: ignore[return-value]
        return object_array(self.to_values())

    def decoded(self) -> Column:
        """The same column without a dictionary."""
        if self.dictionary is None:
            return self
        codes = self.array
        if len(self.dictionary) == 0:
            return Column.of_list(Kind.TEXT, [None] * self.count)
        strings = self.dictionary[codes]
        if self._valid is not None:
            strings[~self._valid] = None
        return Column(Kind.TEXT, self.count, strings, self._valid, self._list)

    def _make_array(self) -> None:
        if self.texts is not None:
            self._array = self._decoded_texts(self.texts)
            return
        items = self._list
        assert items is not None
        kind = self.kind
        if kind == Kind.VECTOR:
            self._make_vectors(items)
            return
        has_null = None in items if kind != Kind.ANY else any(item is None for item in items)
        if has_null:
            self._valid = np.fromiter(
                (item is not None for item in items), dtype=np.bool_, count=len(items)
            )
        if kind in (Kind.ANY, Kind.TEXT):
            self._array = object_array(items)
        elif has_null:
            fill = _FILL[kind]
            self._array = np.array(
                [fill if item is None else item for item in items], dtype=_DTYPES[kind]
            )
        else:
            self._array = np.array(items, dtype=_DTYPES[kind])

    def _decoded_texts(self, texts: PackedTexts) -> ObjectArray:
        if self.chosen is None:
            strings = texts.strings()
            if self._valid is not None:
                strings = strings.copy()
        else:
            strings = texts.chosen_strings(self.chosen)
        if self._valid is not None:
            strings[~self._valid] = None
        return strings

    def _make_vectors(self, items: list[Any]) -> None:
        width = next((len(item) for item in items if item is not None), 0)
        matrix = np.zeros((len(items), width), dtype=np.float32)
        valid = np.ones(len(items), dtype=np.bool_)
        for row, item in enumerate(
            items
        ):  # vectors come one a row from users; there is no flat form
            if item is None:
                valid[row] = False
            else:
                matrix[row] = item
        self._array = matrix
        self._valid = None if valid.all() else valid

    def _make_list(self) -> list[Any]:
        array = self.array
        if self.dictionary is not None:
            return self.decoded().to_list()
        if self.kind == Kind.VECTOR:
            items: list[Any] = list(array)
        else:
            items = array.tolist()
        if self._valid is not None:
            for row in np.flatnonzero(~self._valid).tolist():
                items[row] = None
        return items

    # ── shaping ───────────────────────────────────────────────────────────────────────────────

    def take(self, rows: RowArray) -> Column:
        """The rows named, in that order, repeats included; shape (taken,)."""
        items = self._list
        if self._array is None and items is not None and len(rows) <= 16:
            taken = [items[row] for row in rows.tolist()]
            return Column(self.kind, len(taken), None, None, taken)
        if self._array is None and self.texts is not None:
            chosen = rows if self.chosen is None else self.chosen[rows]
            present = None if self._valid is None else self._valid[rows]
            return Column.of_packed(self.texts, present, chosen)
        array = self.array
        valid = self._valid
        return Column(
            self.kind,
            len(rows),
            array[rows],
            None if valid is None else valid[rows],
            None,
            self.dictionary,
        )

    def slice(self, start: int, stop: int) -> Column:
        """Rows from `start` up to `stop`."""
        start, stop = max(0, start), min(stop, self.count)
        if self._array is None and self.texts is not None:
            valid = None if self._valid is None else self._valid[start:stop]
            if self.chosen is not None:
                return Column.of_packed(self.texts, valid, self.chosen[start:stop])
            return Column.of_packed(self.texts.slice(start, stop), valid)
        if self._array is None:
            assert self._list is not None
            items = self._list[start:stop]
            return Column(self.kind, len(items), None, None, items)
        array = self._array[start:stop]
        valid = None if self._valid is None else self._valid[start:stop]
        return Column(self.kind, len(array), array, valid, None, self.dictionary)

    def repeat(self, count: int) -> Column:
        """A column of one row, `count` times."""
        assert self.count == 1
        if count <= 16:
            return Column(self.kind, count, None, None, self.to_list() * count)
        return self.take(np.zeros(count, dtype=np.int64))

    @staticmethod
    def concat(columns: Sequence[Column]) -> Column:
        """One after the other; the kinds may differ, then the result is ANY."""
        if len(columns) == 1:
            return columns[0]
        kinds = {column.kind for column in columns}
        if len(kinds) > 1:
            merged: list[Any] = []
            for column in columns:
                merged.extend(column.to_values())
            return Column.of_list(Kind.ANY, merged)
        kind = kinds.pop()
        if all(column.is_listed for column in columns):
            listed: list[Any] = []
            for column in columns:
                listed.extend(column.to_list())
            return Column.of_list(kind, listed)
        if all(column.is_packed for column in columns):
            return _joined_texts(columns)
        dictionary = columns[0].dictionary
        if any(column.dictionary is not dictionary for column in columns):
            columns = [column.decoded() for column in columns]
            dictionary = None
        array = np.concatenate([column.array for column in columns])
        return Column(kind, len(array), array, _joined_valid(columns), None, dictionary)

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        shown = self.slice(0, 8).to_list()
        return (
            f"Column({self.kind.name}, {self.count} rows, {shown}{'...' if self.count > 8 else ''})"
        )


def _joined_texts(columns: Sequence[Column]) -> Column:
    """Packed columns one after the other; the strings are copied unless all columns share them."""
    valid = _joined_valid(columns)
    texts = columns[0].texts
    chosen = [column.chosen for column in columns if column.chosen is not None]
    shared = len(chosen) == len(columns) and all(column.texts is texts for column in columns)
    if texts is not None and shared:
        return Column.of_packed(texts, valid, np.concatenate(chosen))
    packed = [column.packed for column in columns]
    return Column.of_packed(
        PackedTexts.concat([part for part in packed if part is not None]), valid
    )


def _joined_valid(columns: Sequence[Column]) -> MaskArray | None:
    if all(column.valid is None for column in columns):
        return None
    return np.concatenate([column.valid_mask for column in columns])


def object_array(items: Sequence[Any]) -> ObjectArray:
    """A one-dimensional object array, whatever the items are."""
    array: ObjectArray = np.empty(len(items), dtype=object)
    # Item by item: an assignment of the whole would unpack nested sequences of equal length.
    for row, item in enumerate(items):
        array[row] = item
    return array
