"""Folding indexes: the entries of entities that changed are written anew, slice by slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.storage.indexes.sorted_building import merge_runs, stored_run
from neuralgraph.storage.versions.base_indexing import covered_ids, index_entities
from neuralgraph.storage.versions.search_building import source_among
from neuralgraph.values import NO_IDS
from neuralgraph.values.arrays import distinct
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.indexes.search_run import SearchRun
    from neuralgraph.storage.indexes.sorted_index import IndexRun
    from neuralgraph.storage.versions.base import Base
    from neuralgraph.values import IdArray

SLICE_IDS: Final = 1 << 20
"""The keys of so many entities are in memory at a time."""


@record
class Touched:
    """Which entities changed: their state, and by property key their values; ids ascend."""

    nodes: IdArray
    edges: IdArray
    node_values: Mapping[str, IdArray]
    edge_values: Mapping[str, IdArray]

    def by(self, definition: IndexDefinition) -> IdArray:
        """Entities whose entry in an index may have changed."""
        of_nodes = definition.entity == "node"
        values = self.node_values if of_nodes else self.edge_values
        pieces = [self.nodes if of_nodes else self.edges]
        pieces.extend(values.get(key, NO_IDS) for key in definition.keys)
        return distinct(np.concatenate(pieces))


def fold_indexes(base: Base, folded: Base, touched: Touched, blocks: BlockFile) -> Base:
    """What was folded, with the indexes of the base before carried on."""
    runs = {
        name: _fold_run(base, folded, run, touched.by(run.definition), blocks)
        for name, run in base.parts.runs.items()
    }
    search_runs = {
        name: _fold_search_run(folded, run, touched.by(run.definition), blocks)
        for name, run in base.parts.search_runs.items()
    }
    return folded.replaced(runs=runs, search_runs=search_runs)


def _fold_run(base: Base, folded: Base, run: IndexRun, ids: IdArray, blocks: BlockFile) -> IndexRun:
    definition = run.definition
    before = run
    for some in _slices(ids):
        added = index_entities(folded, definition, covered_ids(folded, definition, some), None)
        hidden = covered_ids(base, definition, some)
        if len(hidden) or len(added):
            older, run = run, merge_runs(run, hidden, added, blocks)
            if older is not before:
                blocks.release(older.block_refs())
    return stored_run(run, blocks)


def _fold_search_run(folded: Base, run: SearchRun, ids: IdArray, blocks: BlockFile) -> SearchRun:
    return run.changed(ids, source_among(folded, run.definition, ids), blocks)


def _slices(ids: IdArray) -> Iterator[IdArray]:
    for start in range(0, len(ids), SLICE_IDS):
        yield ids[start : start + SLICE_IDS]
