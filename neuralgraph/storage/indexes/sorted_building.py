"""Making index runs: from columns, and from an older run less some entities plus others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.disk.values_codec import encode
from neuralgraph.storage.indexes.sorted_index import NUMBER_PARTS, IndexRun
from neuralgraph.storage.indexes.sorted_parts import (
    NumberPart,
    TablePart,
    spread,
    table_arrays,
    text_key,
    values_key,
)
from neuralgraph.storage.indexes.stored_array import StoredArray, narrowest
from neuralgraph.values import NO_IDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array

_PART_OF_TYPE: Final[dict[type, str]] = {
    bool: "booleans",
    int: "integers",
    float: "floats",
    str: "text",
}
_GATHER_ENTRIES: Final = 65_536
_PART_OF_KIND: Final[dict[Kind, str]] = {
    Kind.BOOLEAN: "booleans",
    Kind.INTEGER: "integers",
    Kind.FLOAT: "floats",
}


def empty_run(definition: IndexDefinition) -> IndexRun:
    """An index with nothing in it."""
    return IndexRun(definition, {})


def build_run(
    definition: IndexDefinition,
    ids: IdArray,
    columns: Sequence[Column],
    blocks: BlockFile | None,
) -> IndexRun:
    """Index entities by their properties.

    Args:
        definition: what is indexed.
        ids: the entities, ascending; shape (rows,).
        columns: one for each key of the definition, with a row for each entity; rows with a null are
            left out.
        blocks: where to write; None keeps the run in memory.
    """
    if len(columns) > 1:
        return IndexRun(definition, _composite_parts(ids, columns, blocks))
    column = columns[0]
    if column.valid is not None:
        rows = np.flatnonzero(column.valid)
        ids, column = ids[rows], column.take(rows)
    name = _PART_OF_KIND.get(column.kind)
    parts: dict[str, NumberPart | TablePart] = {}
    if name is not None:
        keys = column.array
        if name == "booleans":
            keys = keys.astype(np.int64)
        parts[name] = _number_part(keys, ids, blocks)
    elif column.kind == Kind.TEXT:
        parts["text"] = _text_part(column, ids, blocks)
    else:
        parts = _mixed_parts(column.to_list(), ids, blocks)
    return IndexRun(definition, parts)


def merge_runs(
    run: IndexRun, hidden: IdArray, added: IndexRun, blocks: BlockFile | None
) -> IndexRun:
    """The run less the entries of `hidden` (ascending ids), plus those of `added`, written anew."""
    parts: dict[str, NumberPart | TablePart] = {}
    for name in {**run.parts, **added.parts}:
        older, newer = run.parts.get(name), added.parts.get(name)
        if isinstance(older, TablePart) or isinstance(newer, TablePart):
            assert not isinstance(older, NumberPart)
            assert not isinstance(newer, NumberPart)
            parts[name] = _merge_tables(older, newer, hidden, blocks)
        else:
            parts[name] = _merge_numbers(older, newer, hidden, blocks)
    return IndexRun(run.definition, parts)


def stored_run(run: IndexRun, blocks: BlockFile) -> IndexRun:
    """The run itself, or a stored copy of one that was built in memory."""
    return run if run.is_stored else merge_runs(run, NO_IDS, empty_run(run.definition), blocks)


# ── numbers ───────────────────────────────────────────────────────────────────────────────────


def _number_part(keys: NDArray[Any], ids: IdArray, blocks: BlockFile | None) -> NumberPart:
    # Bulk loads often come in order of their key: then there is nothing to sort.
    if not bool((keys[:-1] <= keys[1:]).all()):
        order = np.argsort(keys, kind="stable")
        keys, ids = keys[order], ids[order]
    return NumberPart(
        StoredArray.store(np.ascontiguousarray(keys), blocks),
        StoredArray.store(narrowest(ids), blocks),
    )


def _merge_numbers(
    older: NumberPart | None,
    newer: NumberPart | None,
    hidden: IdArray,
    blocks: BlockFile | None,
) -> NumberPart:
    pieces: list[tuple[NDArray[Any], IdArray]] = []
    if older is not None:
        keys, ids = older.keys, older.ids(0, len(older))
        if len(hidden):
            keep = ~np.isin(ids, hidden)
            keys, ids = keys[keep], ids[keep]
        pieces.append((keys, ids))
    if newer is not None:
        pieces.append((newer.keys, newer.ids(0, len(newer))))
    keys = np.concatenate([piece[0] for piece in pieces])
    ids = np.concatenate([piece[1] for piece in pieces])
    if len(pieces) > 1:
        order = np.lexsort((ids, keys))
        keys, ids = keys[order], ids[order]
    return NumberPart(StoredArray.store(keys, blocks), StoredArray.store(narrowest(ids), blocks))


# ── text and encoded values ───────────────────────────────────────────────────────────────────


def _text_part(column: Column, ids: IdArray, blocks: BlockFile | None) -> TablePart:
    if column.dictionary is not None:
        return _text_part_of_codes(column, ids, blocks)
    texts = column.to_list()
    order = sorted(range(len(texts)), key=texts.__getitem__)
    entries = [texts[row].encode("utf-8", "surrogatepass") for row in order]
    return _table_part(entries, ids[order], "text", blocks)


def _text_part_of_codes(column: Column, ids: IdArray, blocks: BlockFile | None) -> TablePart:
    assert column.dictionary is not None
    texts = column.dictionary.tolist()
    ranked = sorted(range(len(texts)), key=texts.__getitem__)
    ranks = np.empty(len(texts), dtype=np.int64)
    ranks[ranked] = np.arange(len(texts))
    order = np.argsort(ranks[column.array.astype(np.int64)], kind="stable")
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    entries = [encoded[code] for code in column.array[order].tolist()]
    return _table_part(entries, ids[order], "text", blocks)


def _table_part(
    entries: Sequence[bytes], ids: IdArray, name: str, blocks: BlockFile | None
) -> TablePart:
    offsets, blob = table_arrays(entries)
    return _stored_table(offsets, blob, ids, name, blocks)


def _stored_table(
    offsets: Int64Array,
    blob: NDArray[np.uint8],
    ids: IdArray,
    name: str,
    blocks: BlockFile | None,
) -> TablePart:
    return TablePart(
        StoredArray.store(narrowest(offsets), blocks),
        StoredArray.store(blob, blocks),
        StoredArray.store(narrowest(ids), blocks),
        text_key if name == "text" else values_key,
    )


def _composite_parts(
    ids: IdArray, columns: Sequence[Column], blocks: BlockFile | None
) -> dict[str, NumberPart | TablePart]:
    complete = np.logical_and.reduce([column.valid_mask for column in columns])
    rows = np.flatnonzero(complete)
    listed = [column.take(rows).to_list() for column in columns]
    tuples = [list(values) for values in zip(*listed, strict=True)]
    return {"others": _values_part(tuples, ids[rows], blocks)}


def _values_part(tuples: list[list[Any]], ids: IdArray, blocks: BlockFile | None) -> TablePart:
    entries = [encode(values) for values in tuples]
    keys = [values_key(entry) for entry in entries]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return _table_part([entries[row] for row in order], ids[order], "others", blocks)


def _mixed_parts(
    values: list[Any], ids: IdArray, blocks: BlockFile | None
) -> dict[str, NumberPart | TablePart]:
    rows: dict[str, list[int]] = {}
    for row, value in enumerate(values):
        if value is not None:
            rows.setdefault(_PART_OF_TYPE.get(type(value), "others"), []).append(row)
    parts: dict[str, NumberPart | TablePart] = {}
    for name, chosen in rows.items():
        picked = [values[row] for row in chosen]
        their_ids = ids[chosen]
        if name in NUMBER_PARTS:
            dtype = np.float64 if name == "floats" else np.int64
            parts[name] = _number_part(np.array(picked, dtype=dtype), their_ids, blocks)
        elif name == "text":
            parts[name] = _text_part(Column.of_list(Kind.TEXT, picked), their_ids, blocks)
        else:
            parts[name] = _values_part([[value] for value in picked], their_ids, blocks)
    return parts


def _merge_tables(
    older: TablePart | None, newer: TablePart | None, hidden: IdArray, blocks: BlockFile | None
) -> TablePart:
    either = newer if older is None else older
    assert either is not None
    name = "text" if either.order_key_of is text_key else "others"
    if older is None:
        assert newer is not None
        return _stored_table(
            newer.offsets.array, newer.blob.array, newer.ids(0, len(newer)), name, blocks
        )
    ids = older.ids(0, len(older))
    places = np.arange(len(ids))
    kept = ~np.isin(ids, hidden) if len(hidden) else np.ones(len(ids), dtype=np.bool_)
    offsets, blob = older.offsets.array.astype(np.int64), older.blob.array
    if newer is not None and len(newer):
        where = _insert_places(older, newer)
        new_ids = newer.ids(0, len(newer))
        new_offsets = newer.offsets.array.astype(np.int64) + offsets[-1]
        # Entries of both tables numbered through: the old ones, then the new ones.
        places = np.insert(places, where, np.arange(len(ids), len(ids) + len(new_ids)))
        kept = np.insert(kept, where, np.ones(len(new_ids), dtype=np.bool_))
        starts = np.concatenate([offsets[:-1], new_offsets[:-1]])
        lengths = np.concatenate([np.diff(offsets), np.diff(new_offsets)])
        ids = np.concatenate([ids, new_ids])
        blob = np.concatenate([blob, newer.blob.array])
    else:
        starts, lengths = offsets[:-1], np.diff(offsets)
    places = places[kept]
    lengths = lengths[places]
    merged_offsets = np.zeros(len(places) + 1, dtype=np.int64)
    np.cumsum(lengths, out=merged_offsets[1:])
    gathered = _gather(blob, starts[places], lengths)
    return _stored_table(merged_offsets, gathered, ids[places], name, blocks)


def _gather(blob: NDArray[np.uint8], starts: Int64Array, lengths: Int64Array) -> NDArray[np.uint8]:
    """The bytes of many entries, one after the other."""
    pieces = [np.empty(0, dtype=np.uint8)]
    # In chunks, because the place of each byte takes eight.
    for first in range(0, len(starts), _GATHER_ENTRIES):
        chunk = slice(first, first + _GATHER_ENTRIES)
        places, _ = spread(starts[chunk], lengths[chunk])
        pieces.append(blob[places])
    return np.concatenate(pieces)


def _insert_places(older: TablePart, newer: TablePart) -> Int64Array:
    """Before which old entry each new one belongs, so that (key, id) stays in order."""
    ids = older.ids(0, len(older))
    places = np.empty(len(newer), dtype=np.int64)
    for row, new_id in enumerate(newer.ids(0, len(newer)).tolist()):
        key = newer.key_at(row)
        low, high = older.first_not_less(key), older.first_greater(key)
        places[row] = low + int(ids[low:high].searchsorted(new_id)) if high > low else low
    return places
