"""From a TEXT column to codes and distinct strings.

A column that comes with a dictionary keeps it (without the strings that no row uses). One that comes as
strings is factorised only when a sample of it says that strings repeat: for a column of long, different
texts a hash of each would be the dearest part of a load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.disk.segments.parts import narrowed
from neuralgraph.storage.disk.segments.string_tables import narrow_offsets, pack_strings

if TYPE_CHECKING:
    from neuralgraph.storage.disk.segments.value_stores import Encoded
    from neuralgraph.values import Column
    from neuralgraph.values.arrays import AnyArray, MaskArray
    from neuralgraph.values.packed_texts import PackedTexts

_SAMPLE_COUNT: Final = 512
_SAMPLE_DISTINCT_MAX: Final = 0.95
_DISTINCT_MAX: Final = 0.7
"""With more distinct strings than this share of the rows, codes cost more than they save."""


def encode_texts(column: Column, valid: MaskArray | None) -> Encoded:
    """Settings and parts of a TEXT column; null rows get any code, or an empty string.

    Args:
        column: with a dictionary, packed or as strings.
        valid: False where null.
    """
    if column.dictionary is not None:
        return _of_dictionary(column.array, column.dictionary, valid)
    packed = column.packed
    is_repetitive = _looks_repetitive(column, packed, valid)
    if packed is not None and not is_repetitive:
        offsets, data = packed.rebased()
        return _table(None, narrow_offsets(offsets), data)
    strings: list[Any] = column.to_list()
    if valid is not None:
        strings = ["" if string is None else string for string in strings]
    if is_repetitive:
        distinct = dict.fromkeys(strings)
        if len(distinct) <= len(strings) * _DISTINCT_MAX:
            numbers = {string: number for number, string in enumerate(distinct)}
            codes = np.fromiter(map(numbers.__getitem__, strings), np.int64, len(strings))
            return _assembled(codes, list(distinct))
    return _assembled(None, strings)


def _of_dictionary(codes: Any, dictionary: Any, valid: MaskArray | None) -> Encoded:
    if valid is not None:
        codes = np.where(valid, codes, codes[np.argmax(valid)])
    size = len(dictionary)
    if size <= 4 * len(codes):
        used = np.zeros(size, dtype=np.bool_)
        used[codes] = True
        distinct = dictionary[used].tolist()
        if len(distinct) < size:
            codes = (np.cumsum(used) - 1)[codes]
    else:
        places, codes = np.unique(codes, return_inverse=True)
        distinct = dictionary[places].tolist()
    if len(distinct) > len(codes) * _DISTINCT_MAX:
        table = np.empty(len(distinct), dtype=object)
        table[:] = distinct
        return _assembled(None, table[codes].tolist())
    return _assembled(codes, distinct)


def _assembled(codes: AnyArray | None, strings: list[str]) -> Encoded:
    return _table(codes, *pack_strings(strings))


def _table(codes: AnyArray | None, offsets: AnyArray, data: AnyArray | bytes) -> Encoded:
    if codes is None:
        return [0, offsets.dtype.itemsize], [b"", offsets, data]
    width, narrow_codes = narrowed(codes)
    return [width, offsets.dtype.itemsize], [narrow_codes, offsets, data]


def _looks_repetitive(column: Column, packed: PackedTexts | None, valid: MaskArray | None) -> bool:
    """Does an even sample of what is not null have repeats?"""
    rows = np.arange(column.count) if valid is None else np.flatnonzero(valid)
    if len(rows) <= _SAMPLE_COUNT:
        return True
    rows = rows[:: len(rows) // _SAMPLE_COUNT]
    if packed is not None:
        sample = packed.texts(rows)
    else:
        strings = column.to_list()
        sample = [strings[row] for row in rows.tolist()]
    return len(set(sample)) <= len(sample) * _SAMPLE_DISTINCT_MAX
