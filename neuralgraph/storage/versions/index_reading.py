"""Reading an index through the layers of a view.

The base's run, without what was touched since, and the candidates of each layer, checked against the
view itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.access import Range
from neuralgraph.storage.indexes.sorted_index import text_after
from neuralgraph.values import NO_IDS
from neuralgraph.values.ordering import compare, equals, order_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.indexes.delta_index import DeltaIndex
    from neuralgraph.storage.versions.layered import LayeredView
    from neuralgraph.values import Column, IdArray, RowArray


_LAST_CHARACTER = "\U0010ffff"


def _layers(view: LayeredView, index: IndexDefinition) -> list[DeltaIndex]:
    found: list[DeltaIndex] = []
    for layer in view.layers:
        if layer.change_count:
            delta = layer.indexes.get(index.name)
            if delta is not None and len(delta):
                found.append(delta)
    return found


def seek(view: LayeredView, index: IndexDefinition, values: Sequence[Any]) -> IdArray:
    """See `access.GraphReader.seek`."""
    run = view.base.index_run(index.name)
    ids = NO_IDS if run is None else run.seek(values)
    deltas = _layers(view, index)
    if not deltas:
        return ids
    fresh: set[int] = set()
    for delta in deltas:
        fresh.update(delta.candidates(values))
    if not fresh and not len(ids):
        return ids  # as for most values that have to be unique
    kept, touched = _split_touched(ids, deltas)
    fresh.update(touched)
    good = [entity_id for entity_id in sorted(fresh) if _has_values(view, index, entity_id, values)]
    if not good:
        return kept
    return np.concatenate((kept, np.array(good, dtype=np.int64)))


def seek_many(
    view: LayeredView, index: IndexDefinition, values: Column
) -> tuple[RowArray, IdArray]:
    """See `access.GraphReader.seek_many`."""
    deltas = _layers(view, index)
    run = view.base.index_run(index.name)
    if not deltas:
        return (NO_IDS, NO_IDS) if run is None else run.seek_many(values)
    rows, ids = (NO_IDS, NO_IDS) if run is None else run.seek_many(values)
    suspect = np.zeros(len(ids), dtype=np.bool_)
    for delta in deltas:
        suspect |= delta.touched_rows(ids)
    # What to check against the view: what the base says of touched entities, and the candidates.
    pairs = dict.fromkeys(zip(rows[suspect].tolist(), ids[suspect].tolist(), strict=True))
    rows, ids = rows[~suspect], ids[~suspect]
    items = values.to_values()
    for delta in deltas:
        for row, candidates in delta.candidates_of_each(items):
            for entity_id in candidates:
                pairs[row, entity_id] = None
    if not pairs:
        return rows, ids
    more_rows, more_ids = np.array(sorted(pairs), dtype=np.int64).T
    good = _have_values(view, index, more_ids, [items[row] for row in more_rows.tolist()])
    rows = np.concatenate((rows, more_rows[good]))
    ids = np.concatenate((ids, more_ids[good]))
    order = np.argsort(rows, kind="stable")
    return rows[order], ids[order]


def seek_range(
    view: LayeredView, index: IndexDefinition, within: Range, equal: Sequence[Any] = ()
) -> IdArray:
    """See `access.GraphReader.seek_range`."""
    run = view.base.index_run(index.name)
    ids = NO_IDS if run is None else run.range(within, equal)
    deltas = _layers(view, index)
    if not deltas or any(equals(value, value) is not True for value in equal):
        return ids
    bounds = (within.lower, within.upper)
    return _merge_in_order(view, index, ids, deltas, bounds, _range_test(within), equal)


def seek_prefix(
    view: LayeredView, index: IndexDefinition, prefix: str, equal: Sequence[Any] = ()
) -> IdArray:
    """See `access.GraphReader.seek_prefix`."""
    if len(index.keys) > 1:
        return seek_range(view, index, Range(prefix, text_after(prefix)), equal)
    run = view.base.index_run(index.name)
    ids = NO_IDS if run is None else run.prefix(prefix)
    deltas = _layers(view, index)
    if not deltas:
        return ids
    return _merge_in_order(
        view,
        index,
        ids,
        deltas,
        (prefix, prefix + _LAST_CHARACTER),
        lambda value: isinstance(value, str) and value.startswith(prefix),
    )


def _range_test(within: Range) -> Callable[[Any], bool]:
    def inside(value: Any) -> bool:
        if within.lower is not None:
            order = compare(value, within.lower)
            if order is None or order < 0 or (order == 0 and not within.lower_inclusive):
                return False
        if within.upper is not None:
            order = compare(value, within.upper)
            if order is None or order > 0 or (order == 0 and not within.upper_inclusive):
                return False
        return value is not None

    return inside


def _merge_in_order(
    view: LayeredView,
    index: IndexDefinition,
    ids: IdArray,
    deltas: list[DeltaIndex],
    bounds: tuple[Any, Any],
    inside: Callable[[Any], bool],
    equal: Sequence[Any] = (),
) -> IdArray:
    """The base's ids and the candidates that qualify, in order of the indexed value."""
    lower, upper = (None if bound is None else order_key(bound) for bound in bounds)
    kept, touched = _split_touched(ids, deltas)
    candidates = set(touched)
    for delta in deltas:
        candidates.update(delta.between(lower, upper, tuple(map(order_key, equal))))
    key = index.keys[len(equal)]
    value_of = view.latest_node_value if index.entity == "node" else view.latest_edge_value
    fresh: list[tuple[Any, int]] = []
    for entity_id in candidates:
        value = value_of(entity_id, key)
        if inside(value) and _has_values(view, index, entity_id, equal):
            fresh.append((order_key(value), entity_id))
    if not fresh:
        return kept
    fresh.sort()
    # Both sides are in order: find the place of each fresh one among the base's by bisection on values.
    places: list[int] = []
    low = 0
    for fresh_key, _ in fresh:
        high = len(kept)
        while low < high:
            middle = (low + high) // 2
            if order_key(value_of(int(kept[middle]), key)) <= fresh_key:
                low = middle + 1
            else:
                high = middle
        places.append(low)
    return np.insert(kept, places, [entity_id for _, entity_id in fresh])


def _split_touched(ids: IdArray, deltas: list[DeltaIndex]) -> tuple[IdArray, list[int]]:
    """Base entries that surely hold, and those to check: a layer touched them, maybe after the snapshot."""
    if len(ids) == 0:
        return ids, []
    if len(ids) <= 64:
        listed = ids.tolist()
        touched = [
            entity_id for entity_id in listed if any(entity_id in delta.touched for delta in deltas)
        ]
        if not touched:
            return ids, touched
        kept = [entity_id for entity_id in listed if entity_id not in touched]
        return np.array(kept, dtype=np.int64), touched
    keep = np.ones(len(ids), dtype=np.bool_)
    for delta in deltas:
        keep &= ~delta.touched_rows(ids)
    return ids[keep], ids[~keep].tolist()


def _is_covered(view: LayeredView, index: IndexDefinition, entity_id: int) -> bool:
    if index.entity == "node":
        labels = view.labels_or_none(entity_id)
        return labels is not None and index.label in labels
    edge = view.edge_or_none(entity_id)
    return edge is not None and edge[0] == index.label


def _has_values(
    view: LayeredView, index: IndexDefinition, entity_id: int, values: Sequence[Any]
) -> bool:
    value_of = view.latest_node_value if index.entity == "node" else view.latest_edge_value
    if not _is_covered(view, index, entity_id):
        return False
    if not values and len(index.keys) == 1:
        return True  # whoever asks has looked at the only value
    # Only entities that have all the keys stand in an index, whatever part of them is asked for.
    held = [value_of(entity_id, key) for key in index.keys]
    return all(value is not None for value in held) and all(
        equals(value, wanted) is True for value, wanted in zip(held, values, strict=False)
    )


def _have_values(
    view: LayeredView, index: IndexDefinition, ids: IdArray, wanted: Sequence[Any]
) -> RowArray:
    """Rows of `ids` whose first indexed property is what is wanted in the row: `_has_values` for many."""
    if len(index.keys) > 1 or index.entity != "node" or len(ids) < 8:
        found = [
            _has_values(view, index, entity_id, (value,))
            for entity_id, value in zip(ids.tolist(), wanted, strict=True)
        ]
        return np.flatnonzero(np.array(found, dtype=np.bool_))
    rows = np.flatnonzero(view.has_label(ids, index.label))
    held = view.node_property(ids[rows], index.keys[0]).to_values()
    equal = [
        equals(value, wanted[row]) is True for row, value in zip(rows.tolist(), held, strict=True)
    ]
    return rows[np.array(equal, dtype=np.bool_)]
