"""GraphView: a base and the deltas over it, read as one graph at one snapshot.

Implements `access.GraphReader`. Every answer is the base's, with the few rows patched that a layer of
deltas has touched. The layers are, from below: the committed deltas, and in a transaction its own. A layer
without changes costs one look at its length.

    value of a row = own version, else committed version visible at txid, else the base's
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import numpy as np

from neuralgraph.access.reader import never_stopped
from neuralgraph.storage.versions import index_reading, traversal
from neuralgraph.storage.versions.chains import OWN_TXID
from neuralgraph.storage.versions.patching import patch
from neuralgraph.values import BATCH_ROWS_MAX, NO_IDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from neuralgraph.access import (
        Adjacency,
        Direction,
        Expansion,
        IndexDefinition,
        Range,
        SearchHits,
        SearchQuery,
        TermCount,
        TermRequest,
    )
    from neuralgraph.storage.versions.base_reader import BaseReader
    from neuralgraph.storage.versions.catalog import Catalog
    from neuralgraph.storage.versions.chains import DeltaColumn
    from neuralgraph.storage.versions.deltas import DeltaStore
    from neuralgraph.values import IdArray, MaskArray, RowArray
    from neuralgraph.values.arrays import Int64Array, ObjectArray


_FACTS_MAX: Final = 256
"""So many facts are kept with a view; then it begins anew."""

Fact = TypeVar("Fact")


class GraphView:
    """One graph at one snapshot; see the module's docstring."""

    __slots__ = (
        "__weakref__",
        "_adjacencies",
        "_facts",
        "_type_names",
        "base",
        "catalog",
        "layers",
        "txid",
    )

    def __init__(
        self,
        base: BaseReader,
        layers: tuple[DeltaStore, ...],
        txid: int,
        catalog: Catalog,
    ) -> None:
        self.base = base
        self.layers = layers
        self.txid = txid
        self.catalog = catalog
        self._adjacencies: dict[tuple[tuple[str, ...], str], Adjacency] = {}
        self._facts: dict[Hashable, Any] = {}
        self._type_names: ObjectArray | None = None

    def active_layers(self) -> Iterator[tuple[DeltaStore, int]]:
        """Layers that hold changes, lowest first, each with the txid to look at it by."""
        for depth, layer in enumerate(self.layers):
            if layer.change_count:
                yield layer, self.txid if depth == 0 else OWN_TXID

    @property
    def is_base_only(self) -> bool:
        """Does the base alone answer?"""
        return not any(layer.change_count for layer in self.layers)

    @property
    def node_limit(self) -> int:
        """See `access.GraphReader`."""
        return max(self.base.node_limit, *(layer.node_limit for layer in self.layers), 0)

    @property
    def edge_limit(self) -> int:
        """See `access.GraphReader`."""
        return max(self.base.edge_limit, *(layer.edge_limit for layer in self.layers), 0)

    # ── nodes ─────────────────────────────────────────────────────────────────────────────────

    def scan_nodes(self, label: str | None = None) -> Iterator[IdArray]:
        """See `access.GraphReader`."""
        fresh = self._fresh_ids("node", label)
        if fresh is None:
            yield from self.base.node_ids(label)
        else:
            touched, alive = fresh
            yield from _merge_ids(self.base.node_ids(label), touched, alive)

    def node_exists(self, ids: IdArray) -> MaskArray:
        """See `access.GraphReader`."""
        mask = self.base.node_exists(ids)
        for layer, txid in self.active_layers():
            rows, places = layer.node_states.locate(ids, txid)
            if len(rows):
                mask = mask.copy()
                mask[rows] = layer.nodes.alive(places)
        return mask

    def has_node(self, node_id: int) -> bool:
        """Is there such a node? `node_exists` for one."""
        return self.labels_or_none(node_id) is not None

    def has_label(self, ids: IdArray, label: str) -> MaskArray:
        """See `access.GraphReader`."""
        mask = self.base.has_label(ids, label)
        for layer, txid in self.active_layers():
            rows, places = layer.node_states.locate(ids, txid)
            if len(rows):
                mask = mask.copy()
                mask[rows] = layer.nodes.alive(places, label)
        return mask

    def labels_or_none(self, node_id: int) -> tuple[str, ...] | None:
        """Labels of one node; None when there is no such node."""
        for depth in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[depth]
            if layer.change_count:
                states = layer.node_states
                place = states.place_of(node_id, OWN_TXID if depth else self.txid)
                if place >= 0:
                    return states.values[place]  # type: ignore[no-any-return]
        base = self.base
        return base.labels_of(node_id) if base.has_node(node_id) else None

    def node_labels(self, ids: Sequence[int]) -> list[tuple[str, ...]]:
        """See `access.GraphReader`."""
        return [self.labels_or_none(node_id) or () for node_id in ids]

    def node_property(self, ids: IdArray, key: str) -> Column:
        """See `access.GraphReader`."""
        layers = [
            (delta, txid)
            for layer, txid in self.active_layers()
            if (delta := layer.node_values.get(key)) is not None
        ]
        # From the top: below a layer that has all the values nobody needs to look.
        column: Column | None = None
        patches: list[tuple[RowArray, Column]] = []
        while layers and column is None:
            delta, txid = layers.pop()
            rows, fresh = delta.find(ids, txid)
            if 0 < len(rows) == len(ids):
                column = fresh
            else:
                patches.append((rows, fresh))
        if column is None:
            known = self.base.node_column(key)
            column = Column.nulls(len(ids)) if known is None else known.take(ids)
        for rows, fresh in reversed(patches):
            column = patch(column, rows, fresh)
        return column

    def node_values(self, ids: Sequence[int], key: str) -> list[Any]:
        """See `access.GraphReader`."""
        known = self.base.node_column(key)
        values: list[Any] = [None] * len(ids) if known is None else known.values(ids)
        for depth, layer in enumerate(self.layers):
            if layer.change_count:
                delta = layer.node_values.get(key)
                if delta is not None:
                    _patch_list(values, ids, delta, OWN_TXID if depth else self.txid)
        return values

    def node_properties(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """See `access.GraphReader`."""
        found: list[dict[str, Any]] = [{} for _ in ids]
        for key in self.node_keys:
            for properties, value in zip(found, self.node_values(ids, key), strict=True):
                if value is not None:
                    properties[key] = value
        return found

    @property
    def node_keys(self) -> Iterable[str]:
        """Keys that some node has, and perhaps more."""
        keys = dict.fromkeys(self.base.node_keys)
        for layer, _ in self.active_layers():
            keys.update(dict.fromkeys(layer.node_values))
        return keys

    # ── edges ─────────────────────────────────────────────────────────────────────────────────

    def scan_edges(self, edge_type: str | None = None) -> Iterator[IdArray]:
        """See `access.GraphReader`."""
        fresh = self._fresh_ids("edge", edge_type)
        if fresh is None:
            yield from self.base.edge_ids(edge_type)
        else:
            touched, alive = fresh
            yield from _merge_ids(self.base.edge_ids(edge_type), touched, alive)

    def edge_exists(self, ids: IdArray) -> MaskArray:
        """See `access.GraphReader`."""
        mask = self.base.edge_exists(ids)
        for layer, txid in self.active_layers():
            rows, places = layer.edge_states.locate(ids, txid)
            if len(rows):
                mask = mask.copy()
                mask[rows] = layer.edges.alive(places)
        return mask

    def edge_or_none(self, edge_id: int) -> tuple[str, int, int] | None:
        """Type, source and target of one edge; None when there is no such edge."""
        for depth in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[depth]
            if layer.change_count:
                states = layer.edge_states
                place = states.place_of(edge_id, OWN_TXID if depth else self.txid)
                if place >= 0:
                    return states.values[place]  # type: ignore[no-any-return]
        return self.base.edge_record(edge_id)

    def edge_types(self, ids: IdArray) -> Column:
        """See `access.GraphReader`."""
        if self._type_names is None or len(self._type_names) != len(self.base.edge_types):
            names = np.empty(len(self.base.edge_types), dtype=object)
            names[:] = self.base.edge_types
            self._type_names = names
        codes = self.base.edge_type_codes(ids)
        valid = codes >= 0
        column = Column.of_array(
            Kind.TEXT,
            np.where(valid, codes, 0),
            None if valid.all() else valid,
            self._type_names,
        )
        for layer, txid in self.active_layers():
            rows, places = layer.edge_states.locate(ids, txid)
            if len(rows):
                codes = layer.edges.records(places)[0]
                names = np.array([*layer.edges.types, None], dtype=object)
                fresh = Column.of_array(Kind.TEXT, names[codes], codes >= 0)
                column = patch(column, rows, fresh)
        return column

    def edge_endpoints(self, ids: IdArray) -> tuple[IdArray, IdArray]:
        """See `access.GraphReader`."""
        sources, targets = self.base.edge_ends(ids)
        for layer, txid in self.active_layers():
            rows, places = layer.edge_states.locate(ids, txid)
            if len(rows):
                sources, targets = sources.copy(), targets.copy()
                _, sources[rows], targets[rows] = layer.edges.records(places)
        return sources, targets

    def edge_property(self, ids: IdArray, key: str) -> Column:
        """See `access.GraphReader`."""
        known = self.base.edge_column(key)
        column = Column.nulls(len(ids)) if known is None else known.take(ids)
        for layer, txid in self.active_layers():
            delta = layer.edge_values.get(key)
            if delta is not None:
                rows, fresh = delta.find(ids, txid)
                column = patch(column, rows, fresh)
        return column

    def edge_values(self, ids: Sequence[int], key: str) -> list[Any]:
        """See `access.GraphReader`."""
        known = self.base.edge_column(key)
        values: list[Any] = [None] * len(ids) if known is None else known.values(ids)
        for depth, layer in enumerate(self.layers):
            if layer.change_count:
                delta = layer.edge_values.get(key)
                if delta is not None:
                    _patch_list(values, ids, delta, OWN_TXID if depth else self.txid)
        return values

    def edge_properties(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """See `access.GraphReader`."""
        found: list[dict[str, Any]] = [{} for _ in ids]
        for key in self.edge_keys:
            for properties, value in zip(found, self.edge_values(ids, key), strict=True):
                if value is not None:
                    properties[key] = value
        return found

    @property
    def edge_keys(self) -> Iterable[str]:
        """Keys that some edge has, and perhaps more."""
        keys = dict.fromkeys(self.base.edge_keys)
        for layer, _ in self.active_layers():
            keys.update(dict.fromkeys(layer.edge_values))
        return keys

    # ── traversal ─────────────────────────────────────────────────────────────────────────────

    def expand(self, ids: IdArray, types: Sequence[str], direction: Direction) -> Expansion:
        """See `access.GraphReader`."""
        return traversal.expand(self, ids, types, direction)

    def neighbours(self, ids: IdArray, types: Sequence[str], direction: Direction) -> IdArray:
        """See `access.GraphReader`."""
        return traversal.neighbours(self, ids, types, direction)

    def expand_one(
        self, node_id: int, types: Sequence[str], direction: Direction
    ) -> tuple[IdArray, IdArray]:
        """See `access.GraphReader`."""
        return traversal.expand_one(self, node_id, types, direction)

    def expand_into(
        self, sources: IdArray, targets: IdArray, types: Sequence[str], direction: Direction
    ) -> tuple[RowArray, IdArray]:
        """See `access.GraphReader`."""
        return traversal.expand_into(self, sources, targets, types, direction)

    def degree(self, ids: IdArray, types: Sequence[str], direction: Direction) -> Int64Array:
        """See `access.GraphReader`."""
        return traversal.degree(self, ids, types, direction)

    def adjacency(self, types: Sequence[str], direction: Literal["out", "in"]) -> Adjacency:
        """See `access.GraphReader`."""
        wanted = (tuple(types), direction)
        known = self._adjacencies.get(wanted)
        # Own writes may come between two calls; what is made from them is not kept.
        if known is not None and (len(self.layers) < 2 or not self.layers[1].change_count):
            return known
        made = traversal.adjacency(self, types, direction)
        self._adjacencies[wanted] = made
        return made

    def memo(self, key: Hashable, make: Callable[[], Fact]) -> Fact:
        """See `access.GraphReader`."""
        if len(self.layers) > 1 and self.layers[1].change_count:
            return make()
        facts = self._facts
        if key not in facts:
            if len(facts) >= _FACTS_MAX:
                facts.clear()
            facts[key] = make()
        fact: Fact = facts[key]
        return fact

    # ── indexes ───────────────────────────────────────────────────────────────────────────────

    def seek(self, index: IndexDefinition, values: Sequence[Any]) -> IdArray:
        """See `access.GraphReader`."""
        return index_reading.seek(self, index, values)

    def seek_many(self, index: IndexDefinition, values: Column) -> tuple[RowArray, IdArray]:
        """See `access.GraphReader`."""
        return index_reading.seek_many(self, index, values)

    def seek_range(
        self, index: IndexDefinition, within: Range, equal: Sequence[Any] = ()
    ) -> IdArray:
        """See `access.GraphReader`."""
        return index_reading.seek_range(self, index, within, equal)

    def seek_prefix(
        self, index: IndexDefinition, prefix: str, equal: Sequence[Any] = ()
    ) -> IdArray:
        """See `access.GraphReader`."""
        return index_reading.seek_prefix(self, index, prefix, equal)

    def search(
        self,
        index: IndexDefinition,
        query: SearchQuery,
        limit: int,
        within: IdArray | None = None,
        check: Callable[[], object] = never_stopped,
    ) -> SearchHits:
        """See `access.GraphReader`."""
        from neuralgraph.storage.versions import search_reading

        return search_reading.search(self, index, query, limit, within, check)

    def search_terms(self, index: IndexDefinition, request: TermRequest) -> Sequence[TermCount]:
        """See `access.GraphReader`."""
        from neuralgraph.storage.versions import search_reading

        return search_reading.search_terms(self, index, request)

    def search_path(
        self, index: IndexDefinition, limit: int, candidates: int | None, *, exact: bool = False
    ) -> str:
        """See `access.GraphReader`."""
        from neuralgraph.storage.versions import search_reading

        return search_reading.search_path(self, index, limit, candidates, exact=exact)

    def search_facts(self, index: IndexDefinition) -> Mapping[str, Any]:
        """See `access.GraphReader`."""
        from neuralgraph.storage.versions import search_reading

        return search_reading.search_facts(self, index)

    def up_to(self, layer: DeltaStore) -> GraphView:
        """The view without the layers above one of its own."""
        layers = self.layers
        if layer is layers[-1]:
            return self
        kept = layers[: layers.index(layer) + 1]
        return GraphView(self.base, kept, self.txid, self.catalog)

    # ── what a transaction's own layer asks of its snapshot (see deltas.Below) ────────────────

    latest_labels = labels_or_none

    def latest_labels_of_each(self, node_ids: Sequence[int]) -> list[tuple[str, ...] | None]:
        """`labels_or_none` for many."""
        return [self.labels_or_none(node_id) for node_id in node_ids]

    latest_edge = edge_or_none

    def lists_edge(self, edge_id: int) -> bool:
        """Does the edge stand in the adjacency of the base or of a layer, dead or alive?"""
        if self.base.lists_edge(edge_id):
            return True
        return any(layer.lists_edge(edge_id) for layer in self.layers)

    def latest_node_value(self, node_id: int, key: str) -> Any:
        """The property, None when absent."""
        layers = self.layers
        for depth in range(len(layers) - 1, -1, -1):
            delta = layers[depth].node_values.get(key)
            if delta is not None:
                place = delta.place_of(node_id, OWN_TXID if depth else self.txid)
                if place >= 0:
                    return delta.values[place]
        known = self.base.node_column(key)
        return None if known is None else known.values((node_id,))[0]

    def latest_edge_value(self, edge_id: int, key: str) -> Any:
        """The property, None when absent."""
        return self.edge_values((edge_id,), key)[0]

    def _fresh_ids(
        self, entity: Literal["node", "edge"], name: str | None
    ) -> tuple[IdArray, IdArray] | None:
        """Entities touched by a layer, and those of them that qualify; both ascending. None: none."""
        all_touched: IdArray | None = None
        all_alive = NO_IDS
        for layer, txid in self.active_layers():
            states = layer.nodes if entity == "node" else layer.edges
            if not states.log.heads:
                continue
            image = states.log.image(txid)
            touched = image.ids.array
            alive = touched[states.alive(image.places, name)]
            if all_touched is None:
                all_touched, all_alive = touched, alive
            else:
                # The upper layer has the last word.
                all_touched = np.union1d(all_touched, touched)
                kept = all_alive[np.isin(all_alive, touched, invert=True)]
                all_alive = np.union1d(kept, alive)
        if all_touched is None or len(all_touched) == 0:
            return None
        return all_touched, all_alive


def _patch_list(values: list[Any], ids: Sequence[int], delta: DeltaColumn, txid: int) -> None:
    place_of, fresh = delta.place_of, delta.values
    for row, entity_id in enumerate(ids):
        place = place_of(entity_id, txid)
        if place >= 0:
            values[row] = fresh[place]


def _merge_ids(batches: Iterator[IdArray], touched: IdArray, alive: IdArray) -> Iterator[IdArray]:
    """Base ids without the touched ones, with the living ones in their place; ascending."""
    start = 0
    for batch in batches:
        if len(batch) == 0:
            continue
        last = int(batch[-1])
        low, high = touched.searchsorted((int(batch[0]), last + 1)).tolist()
        kept = batch
        if high > low:
            kept = batch[np.isin(batch, touched[low:high], assume_unique=True, invert=True)]
        stop = int(alive.searchsorted(last, side="right"))
        if stop > start:
            kept = np.sort(np.concatenate((kept, alive[start:stop])))
            start = stop
        yield from _cut(kept)
    yield from _cut(alive[start:])


def _cut(ids: IdArray) -> Iterator[IdArray]:
    for start in range(0, len(ids), BATCH_ROWS_MAX):
        yield ids[start : start + BATCH_ROWS_MAX]
