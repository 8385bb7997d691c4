"""Building an index over a base: when CREATE INDEX runs, and again by a fold for what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.storage.indexes.sorted_building import build_run, empty_run
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.indexes.sorted_index import IndexRun
    from neuralgraph.storage.versions.base_reader import BaseReader
    from neuralgraph.values import IdArray


def build_index(
    base: BaseReader, definition: IndexDefinition, blocks: BlockFile | None
) -> IndexRun:
    """The run of an index over all of a base.

    Args:
        base: a base, or one as it was.
        definition: what is indexed.
        blocks: where to write; None keeps the run in memory.
    """
    label = definition.label
    found = base.node_ids(label) if definition.entity == "node" else base.edge_ids(label)
    pieces = list(found)
    ids = np.concatenate(pieces) if pieces else NO_IDS
    return index_entities(base, definition, ids, blocks)


def index_entities(
    base: BaseReader, definition: IndexDefinition, ids: IdArray, blocks: BlockFile | None
) -> IndexRun:
    """A run over some entities, which have the index's label or type; `ids` ascend."""
    column_of = base.node_column if definition.entity == "node" else base.edge_column
    columns = [column_of(key) for key in definition.keys]
    present = [column for column in columns if column is not None]
    if len(ids) == 0 or not present or len(present) < len(columns):
        return empty_run(definition)
    return build_run(definition, ids, [column.take(ids) for column in present], blocks)


def covered_ids(base: BaseReader, definition: IndexDefinition, ids: IdArray) -> IdArray:
    """Those of the entities that have the index's label or type."""
    label = definition.label
    if definition.entity == "node":
        return ids[base.has_label(ids, label)]
    if label not in base.edge_types:
        return NO_IDS
    covered: IdArray = ids[base.edge_type_codes(ids) == base.edge_types.index(label)]
    return covered
