"""Finding the nodes that a table's rows mean, a column at a time.

Few rows on a large label go through the index of the property, where there is one. Many rows read the
label's whole column once and join with it: integers by sorting and binary search, anything else by a
dictionary over its different values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import EntityNotFoundError, QueryArgumentError, SchemaError
from neuralgraph.values import NO_IDS, Column, Kind
from neuralgraph.values.ordering import equality_key

if TYPE_CHECKING:
    from neuralgraph.access import CatalogReader, GraphReader, IndexDefinition
    from neuralgraph.values.arrays import IdArray, RowArray

INDEX_ADVANTAGE: Final = 20
"""One look-up in an index costs about as much as reading this many values in a row."""


def key_property(catalog: CatalogReader, label: str) -> str:
    """The property that a unique (or key) constraint of `label` is on.

    Raises:
        SchemaError: there is none, or more than one.
    """
    keys = [
        constraint.keys[0]
        for constraint in catalog.constraints()
        if constraint.entity == "node"
        and constraint.label == label
        and constraint.kind in ("unique", "key")
        and len(constraint.keys) == 1
    ]
    if len(keys) != 1:
        found = "no unique constraint" if not keys else f"unique constraints on {', '.join(keys)}"
        raise SchemaError(
            f"{label} has {found}: name the property, as in source=({label!r}, column, property)"
        )
    return keys[0]


def find_nodes(
    reader: GraphReader, label: str, key: str, values: Column, *, column: str
) -> IdArray:
    """The node of each row: the one with `label` whose property `key` equals the value.

    Args:
        reader: the snapshot to look in.
        label: of the nodes.
        key: their property.
        values: shape (rows,).
        column: what `values` is called in the table; for messages.

    Returns:
        Node ids, shape (rows,).

    Raises:
        EntityNotFoundError: a row has no node, or null.
        QueryArgumentError: two nodes have a value that a row asks for.
    """
    if values.count == 0:
        return NO_IDS
    index = _index_of(reader.catalog, label, key)
    if index is not None and values.count * INDEX_ADVANTAGE < reader.catalog.node_count(label):
        rows, ids = reader.seek_many(index, values)
        found = _one_each(rows, ids, values.count, label, key)
    else:
        found = _join(reader, label, key, values)
    missing = np.flatnonzero(found < 0)
    if len(missing):
        shown = values.take(missing[:3]).to_list()
        raise EntityNotFoundError(
            f"{len(missing)} rows have no {label} whose {key} is the value in column {column!r},"
            f" such as row {int(missing[0])} with {', '.join(map(repr, shown))}"
        )
    return found


def _index_of(catalog: CatalogReader, label: str, key: str) -> IndexDefinition | None:
    for index in catalog.indexes():
        if (index.kind, index.entity, index.labels, index.keys) == (
            "range",
            "node",
            (label,),
            (key,),
        ):
            return index
    return None


def _one_each(rows: RowArray, ids: IdArray, count: int, label: str, key: str) -> IdArray:
    if len(rows) > 1 and bool((rows[1:] == rows[:-1]).any()):
        raise _ambiguous(label, key)
    found = np.full(count, -1, dtype=np.int64)
    found[rows] = ids
    return found


def _join(reader: GraphReader, label: str, key: str, values: Column) -> IdArray:
    batches = list(reader.scan_nodes(label))
    node_ids = np.concatenate(batches) if batches else NO_IDS
    if len(node_ids) == 0:
        return np.full(values.count, -1, dtype=np.int64)
    keys = reader.node_property(node_ids, key)
    if keys.kind == Kind.INTEGER and values.kind == Kind.INTEGER:
        return _join_integers(node_ids, keys, values, label, key)
    return _join_by_hash(node_ids, keys, values, label, key)


def _join_integers(
    node_ids: IdArray, keys: Column, values: Column, label: str, key: str
) -> IdArray:
    known: Any = keys.array
    ids = node_ids
    if keys.valid is not None:
        known, ids = known[keys.valid], ids[keys.valid]
    if len(known) == 0:
        return np.full(values.count, -1, dtype=np.int64)
    if len(known) > 1 and not bool((known[1:] > known[:-1]).all()):
        order = np.argsort(known, kind="stable")
        known, ids = known[order], ids[order]
    wanted = values.array
    places = np.searchsorted(known, wanted)
    places[places == len(known)] = 0
    matches = known[places] == wanted
    if values.valid is not None:
        matches &= values.valid
    _check_unambiguous(known, places, matches, label, key)
    return np.where(matches, ids[places], -1)


def _check_unambiguous(known: Any, places: RowArray, matches: Any, label: str, key: str) -> None:
    """Sorted keys: a value that is there twice has its equal right behind it."""
    repeated = np.zeros(len(known), dtype=np.bool_)
    repeated[:-1] = known[1:] == known[:-1]
    if bool((repeated[places] & matches).any()):
        raise _ambiguous(label, key)


def _join_by_hash(node_ids: IdArray, keys: Column, values: Column, label: str, key: str) -> IdArray:
    by_key: dict[Any, int] = {}
    repeated: set[Any] = set()
    for value, node_id in zip(_hashable(keys), node_ids.tolist(), strict=True):
        if value is not None and by_key.setdefault(value, node_id) != node_id:
            repeated.add(value)
    if values.kind == Kind.TEXT and values.dictionary is not None:
        by_code = np.array(
            [by_key.get(word, -1) for word in values.dictionary.tolist()], dtype=np.int64
        )
        found = by_code[values.array.astype(np.int64, copy=False)]
        if values.valid is not None:
            found[~values.valid] = -1
    else:
        wanted = _hashable(values)
        found = np.array(
            [-1 if value is None else by_key.get(value, -1) for value in wanted], dtype=np.int64
        )
    if repeated and not repeated.isdisjoint(_hashable(values)):
        raise _ambiguous(label, key)
    return found


def _hashable(column: Column) -> list[Any]:
    """Values that are equal as keys exactly when openCypher takes them for equal; null as None."""
    items = column.to_list()
    if column.kind == Kind.TEXT:
        return items
    return [None if item is None or item != item else equality_key(item) for item in items]  # noqa: PLR0124


def _ambiguous(label: str, key: str) -> QueryArgumentError:
    return QueryArgumentError(
        f"several nodes with label {label} have the same {key}; relationships need one node each"
    )
