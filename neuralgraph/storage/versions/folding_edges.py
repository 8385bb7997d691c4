"""Folding edges: by id, by node in both directions, and what was displaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.storage.versions.base_adjacency import BaseAdjacency
from neuralgraph.storage.versions.base_arrays import ROW_MASK, SEGMENT_BITS, by_segment
from neuralgraph.storage.versions.base_edges import ABSENT, EdgeTable
from neuralgraph.storage.versions.folding_chains import Since, news, walk_chains
from neuralgraph.storage.versions.folding_segments import change_adjacency, set_edge_rows
from neuralgraph.values import Column, Kind
from neuralgraph.values.arrays import distinct
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.versions.base import Base
    from neuralgraph.storage.versions.catalog import Names
    from neuralgraph.storage.versions.deltas import DeltaStore
    from neuralgraph.storage.versions.history import HistoryLog
    from neuralgraph.values import IdArray, RowArray
    from neuralgraph.values.arrays import Int64Array

_GONE = (ABSENT, 0, 0)


@record
class EdgeFold:
    """The edges of the next base.

    Attributes:
        table: all of them.
        adjacencies: by type and direction.
        log: the history of edges.
        ids: whose state changed, ascending.
        births: of those that are new.
        deaths: of those that are gone.
    """

    table: EdgeTable
    adjacencies: Mapping[tuple[str, str], BaseAdjacency]
    log: HistoryLog
    ids: IdArray
    births: Since
    deaths: Since

    def adjacencies_over(self, node_limit: int) -> dict[tuple[str, str], BaseAdjacency]:
        """The adjacencies, each over nodes 0..node_limit-1."""
        return {
            key: adjacency
            if adjacency.limit == node_limit
            else BaseAdjacency(adjacency.segments, node_limit)
            for key, adjacency in self.adjacencies.items()
        }


def fold_edges(
    base: Base,
    deltas: DeltaStore,
    txid: int,
    blocks: BlockFile,
    names: Names,
) -> EdgeFold:
    """Fold edges up to `txid`; see `folding.fold`."""
    before = base.edges
    outcome = walk_chains(deltas.edge_states, txid)
    now, displaced = _records(deltas, outcome.places), _records(deltas, outcome.displaced_places)
    own_types = list(deltas.edges.types)  # a reader may add more meanwhile
    types = list(dict.fromkeys((*before.types, *names.edge_types, *own_types)))
    codes = {name: place + 1 for place, name in enumerate(types)}
    # The deltas have codes of their own; -1 is deleted, and stands for the last one here.
    recoded = np.array([*(codes[name] for name in own_types), ABSENT], dtype=np.int64)
    now[:, 0], displaced[:, 0] = recoded[now[:, 0]], recoded[displaced[:, 0]]
    now[now[:, 0] == ABSENT] = _GONE
    displaced[displaced[:, 0] == ABSENT] = _GONE
    ids, firsts = outcome.ids, outcome.first_txids
    limit = max(before.limit, deltas.edge_limit)
    known = before.created.take(ids)
    is_new = known == 0
    created = np.where(is_new, firsts, known)
    births = Since(ids[is_new], firsts[is_new])
    old_codes = before.codes.take(ids).astype(np.int64)
    old_sources, old_targets = before.ends(ids)
    old = np.stack([old_codes, old_sources, old_targets], axis=1)
    old[old_codes == ABSENT] = _GONE
    displaced = np.concatenate((displaced, old[~is_new]))
    displaced_ids = np.concatenate((outcome.displaced_ids, ids[~is_new]))
    displaced_untils = np.concatenate((outcome.displaced_untils, firsts[~is_new]))
    is_gone = now[:, 0] == ABSENT
    deaths = Since(ids[is_gone], outcome.last_txids[is_gone])
    segments = dict(before.segments)
    for number, places, rows in by_segment(ids):
        values = (now[places, 0], now[places, 1], now[places, 2], created[places])
        segments[number] = set_edge_rows(segments.get(number), rows, values, blocks)
    if base.txid == txid:
        rows = news(base.history.edges, before.created, displaced_ids, txid)
        displaced_ids, displaced_untils = displaced_ids[rows], displaced_untils[rows]
        displaced = displaced[rows]
    payload = tuple(
        Column.of_array(Kind.INTEGER, np.ascontiguousarray(displaced[:, place]))
        for place in range(3)
    )
    return EdgeFold(
        EdgeTable(types, segments, limit),
        _fold_adjacencies(base, types, ids, old, now, blocks),
        base.history.edges.add(displaced_ids, displaced_untils, payload, blocks),
        ids,
        births,
        deaths,
    )


def _records(deltas: DeltaStore, places: RowArray) -> Int64Array:
    """Type code of the deltas, source and target of some versions; shape (versions, 3)."""
    return np.stack(deltas.edges.records(places), axis=1)


def _fold_adjacencies(
    base: Base,
    types: list[str],
    ids: IdArray,
    old: Int64Array,
    now: Int64Array,
    blocks: BlockFile,
) -> dict[tuple[str, str], BaseAdjacency]:
    """CSR segments anew where edges came or went; `old` and `now` are (type code, source, target)."""
    adjacencies = dict(base.parts.adjacencies)
    changed = (old != now).any(axis=1)
    gone = changed & (old[:, 0] != ABSENT)
    come = changed & (now[:, 0] != ABSENT)
    for code in distinct(np.concatenate([old[gone, 0], now[come, 0]])).tolist():
        for direction, own, other in (("out", 1, 2), ("in", 2, 1)):
            removed = gone & (old[:, 0] == code)
            added = come & (now[:, 0] == code)
            key = (types[code - 1], direction)
            known = adjacencies.get(key)
            segments = {} if known is None else dict(known.segments)
            nodes, neighbours = now[added, own], now[added, other]
            order = np.lexsort((ids[added], neighbours, nodes))
            arrays = (nodes[order], neighbours[order], ids[added][order])
            homes = np.concatenate([nodes, old[removed, own]]) >> SEGMENT_BITS
            for number in distinct(homes).tolist():
                left = ids[removed][old[removed, own] >> SEGMENT_BITS == number]
                chosen = arrays[0] >> SEGMENT_BITS == number
                fresh = (arrays[0][chosen] & ROW_MASK, arrays[1][chosen], arrays[2][chosen])
                segment = change_adjacency(segments.get(number), fresh, left, blocks)
                if segment is None:
                    segments.pop(number, None)
                else:
                    segments[number] = segment
            adjacencies[key] = BaseAdjacency(segments, base.node_limit)
    return adjacencies
