"""Checks of indexes over the deltas: what changed is found under what it is now, and only there.

The part of an index that lies in the base is checked with the base (`integrity`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.maintenance.manifest_checks import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.versions import State
    from neuralgraph.storage.versions.deltas import Below

_KEY_KINDS = ("range", "text", "point")


def check_delta_indexes(state: State) -> Iterator[Problem]:
    """Hold the candidates of every index against the data."""
    for definition in state.catalog.indexes():
        if definition.keys and definition.kind in _KEY_KINDS:
            yield from _check(state, definition)


def _check(state: State, definition: IndexDefinition) -> Iterator[Problem]:
    where = f"index {definition.name}"
    view, deltas = state.view, state.deltas
    of_nodes = definition.entity == "node"
    states = deltas.node_states if of_nodes else deltas.edge_states
    columns = deltas.node_values if of_nodes else deltas.edge_values
    changed = set(states.heads)
    changed.update(*(columns[key].heads for key in definition.keys if key in columns))
    for entity_id in sorted(changed):
        now = _entry(view, definition, entity_id)
        before = _entry(state.base, definition, entity_id)
        if now is not None and entity_id not in view.seek(definition, now):
            yield Problem(where, f"does not find {definition.entity} {entity_id} under {now}")
        is_elsewhere = before is not None and (now is None or _differ(before, now))
        if is_elsewhere and entity_id in view.seek(definition, before or []):
            yield Problem(where, f"still finds {definition.entity} {entity_id} under {before}")


def _entry(view: Below, definition: IndexDefinition, entity_id: int) -> list[Any] | None:
    """The key under which an entity stands; None when it does not stand there at all."""
    labels: tuple[str, ...] | None
    if definition.entity == "node":
        labels = view.latest_labels(entity_id)
        values = [view.latest_node_value(entity_id, key) for key in definition.keys]
    else:
        edge = view.latest_edge(entity_id)
        labels = None if edge is None else edge[:1]
        values = [view.latest_edge_value(entity_id, key) for key in definition.keys]
    if labels is None or not set(labels) & set(definition.labels):
        return None
    return None if any(map(_is_no_key, values)) else values


def _differ(one: list[Any], other: list[Any]) -> bool:
    return any(a is not b and not _equal(a, b) for a, b in zip(one, other, strict=True))


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _is_no_key(value: Any) -> bool:
    """Absent, or equal to nothing, not even to itself."""
    return value is None or (isinstance(value, float) and math.isnan(value))
