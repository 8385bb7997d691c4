"""What search indexes are made of: the entities of a base that they cover; and runs made and carried on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.storage.indexes.search_kinds import SEARCH_KINDS
from neuralgraph.storage.indexes.search_run import FreshRows, Level, SearchSource
from neuralgraph.values import NO_IDS, Column
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.indexes.search_run import Read, SearchRun
    from neuralgraph.storage.versions.base_reader import BaseReader
    from neuralgraph.values import IdArray


def is_search(definition: IndexDefinition) -> bool:
    """Is it a search index, not one of keys in order?"""
    return definition.kind in SEARCH_KINDS


def build_search_run(
    base: BaseReader, definition: IndexDefinition, blocks: BlockFile | None
) -> SearchRun:
    """The run of a search index over all of a base; in memory without `blocks`."""
    return SEARCH_KINDS[definition.kind].build(definition, whole_source(base, definition), blocks)


def whole_source(base: BaseReader, definition: IndexDefinition) -> SearchSource:
    """All entities of a base that an index covers."""
    ids_of = base.node_ids if definition.entity == "node" else base.edge_ids
    pieces = [ids for label in definition.labels for ids in ids_of(label)]
    ids = np.concatenate(pieces) if pieces else NO_IDS
    if len(definition.labels) > 1:
        ids = distinct(ids)
    return SearchSource(ids, base_read(base, definition), base.txid)


def source_among(base: BaseReader, definition: IndexDefinition, ids: IdArray) -> SearchSource:
    """Those of some entities, ascending, that an index covers."""
    covered = np.zeros(len(ids), dtype=np.bool_)
    if definition.entity == "node":
        for label in definition.labels:
            covered |= base.has_label(ids, label)
    else:
        codes = base.edge_type_codes(ids)
        for edge_type in definition.labels:
            if edge_type in base.edge_types:
                covered |= codes == base.edge_types.index(edge_type)
    return SearchSource(ids[covered], base_read(base, definition), base.txid)


def base_read(base: BaseReader, definition: IndexDefinition) -> Read:
    """How to read the properties that an index is about."""
    column_of = base.node_column if definition.entity == "node" else base.edge_column

    def read(ids: IdArray) -> Sequence[Column]:
        columns = [column_of(key) for key in definition.keys]
        return [Column.nulls(len(ids)) if one is None else one.take(ids) for one in columns]

    return read


def level_among(base: BaseReader, definition: IndexDefinition, ids: IdArray) -> Level:
    """Entities, ascending, whose entries in the run do not hold, with those that hold in a base."""
    source = source_among(base, definition, ids)
    entries = SEARCH_KINDS[definition.kind].fresh(definition)
    places = entries.add(source) if len(source.ids) else NO_IDS
    held = np.flatnonzero(places >= 0)
    return Level(ids, FreshRows(entries, places[held], source.ids[held]))
