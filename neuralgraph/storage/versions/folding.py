"""fold: a base and the deltas over it become the next base. A checkpoint is this.

Only segments that a change touches are written; all others are shared with the base before. What a change
displaces becomes history:

    what changed                 is displaced with the txid until which it was true
    labels, a deleted node       the label set
    a deleted edge               type and ends; it leaves the adjacency
    a property                   the value, null where it was absent
    properties of the deleted    each value

Deleting an entity leaves its birth where it was, so that the past knows since when there was one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.storage.versions.base import Base
from neuralgraph.storage.versions.base_arrays import by_segment
from neuralgraph.storage.versions.base_nodes import ABSENT, LabelCoder, NodeTable
from neuralgraph.storage.versions.catalog import Names
from neuralgraph.storage.versions.folding_chains import Since, chosen, news, walk_chains
from neuralgraph.storage.versions.folding_columns import ColumnFold, fold_columns
from neuralgraph.storage.versions.folding_edges import fold_edges
from neuralgraph.storage.versions.folding_indexes import Touched, fold_indexes
from neuralgraph.storage.versions.folding_segments import set_node_rows
from neuralgraph.storage.versions.history import History, HistoryLog
from neuralgraph.values import Column, Kind
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.versions.changes import Commit
    from neuralgraph.storage.versions.deltas import DeltaStore
    from neuralgraph.storage.versions.schema_history import SchemaHistory
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Int64Array


def fold(
    base: Base,
    deltas: DeltaStore,
    txid: int,
    blocks: BlockFile,
    *,
    commits: Sequence[Commit] = (),
    names: Names | None = None,
    contents: Mapping[int, bytes] | None = None,
) -> Base:
    """The graph as it is after commit `txid`.

    Args:
        base: what the deltas lie over; it stays as it is.
        deltas: changes since; versions younger than `txid` stay out.
        txid: at least `base.txid`.
        blocks: where changed segments are written; nothing is synced or published.
        commits: those that are folded, oldest first: they give constraints, times and metadata.
            Indexes are those of `base`: a commit that makes one has added it by `Base.with_index`.
        names: labels, types and keys in order of first use; without it, as the commits bring them.
            Nobody adds to them meanwhile.
        contents: what the commits did, by txid, to be kept; see `base_commits`.

    Raises:
        DiskError: the disk refused; the base before is as good as ever.
    """
    names = names or _names_after(base, commits)
    schema = _schema_after(base, commits)
    data, touched = fold_data(base, deltas, txid, blocks, names)
    folded = data.replaced(
        constraints=tuple(made.definition for made in schema.at(txid).constraints.values()),
        schema=schema,
        commits=base.commits.add(commits, blocks, contents),
    )
    return fold_indexes(base, folded, touched, blocks)


def fold_data(
    base: Base, deltas: DeltaStore, txid: int, blocks: BlockFile, names: Names
) -> tuple[Base, Touched]:
    """What `fold` makes of all but schema, commits and indexes, which stay those of `base`; and what changed.

    Where `base` is as of `txid` already, this is one more part of the commit `txid`: what an earlier part
    displaced, or made, is not displaced again.

    Args:
        base: what the deltas lie over.
        deltas: changes since.
        txid: as for `fold`.
        blocks: where changed segments are written.
        names: as for `fold`.

    Raises:
        DiskError: the disk refused; the base before is as good as ever.
    """
    nodes = _fold_nodes(base, deltas, txid, blocks, names)
    edges = fold_edges(base, deltas, txid, blocks, names)
    limit = nodes.table.limit
    goes_on = base.txid == txid
    known = base.nodes.created if goes_on else None
    task = ColumnFold(txid, limit, nodes.births, nodes.deaths, blocks, known)
    node_values = fold_columns(
        base.parts.node_columns, base.history.node_values, deltas.node_values, task
    )
    known = base.edges.created if goes_on else None
    task = ColumnFold(txid, edges.table.limit, edges.births, edges.deaths, blocks, known)
    edge_values = fold_columns(
        base.parts.edge_columns, base.history.edge_values, deltas.edge_values, task
    )
    parts = replace(
        base.parts,
        txid=txid,
        nodes=nodes.table,
        edges=edges.table,
        property_keys=_key_names(base, names, node_values.touched, edge_values.touched),
        node_columns=node_values.columns,
        edge_columns=edge_values.columns,
        adjacencies=edges.adjacencies_over(limit),
        births=names.births_at(txid),
        history=History(nodes.log, edges.log, node_values.logs, edge_values.logs),
    )
    touched = Touched(nodes.ids, edges.ids, node_values.touched, edge_values.touched)
    return Base(parts), touched


def _names_after(base: Base, commits: Sequence[Commit]) -> Names:
    names = Names(base.labels, base.edge_types, base.property_keys, base.births)
    for commit in commits:
        names.note_commit(commit.changes, commit.txid)
    return names


def _schema_after(base: Base, commits: Sequence[Commit]) -> SchemaHistory:
    schema = base.schema
    for commit in commits:
        schema = schema.after(commit.changes, commit.txid)
    return schema


# ── nodes ─────────────────────────────────────────────────────────────────────────────────────


@record
class NodeFold:
    """The nodes of the next base.

    Attributes:
        table: all of them.
        log: the history of label sets.
        ids: whose state changed, ascending.
        births: of those that are new.
        deaths: of those that are gone.
    """

    table: NodeTable
    log: HistoryLog
    ids: IdArray
    births: Since
    deaths: Since


def _fold_nodes(
    base: Base,
    deltas: DeltaStore,
    txid: int,
    blocks: BlockFile,
    names: Names,
) -> NodeFold:
    before = base.nodes
    outcome = walk_chains(deltas.node_states, txid)
    coder = LabelCoder(before)
    coder.add_labels(list(names.labels))
    ids, firsts = outcome.ids, outcome.first_txids
    limit = max(before.limit, deltas.node_limit)
    born = before.created.take(ids)
    is_new = born == 0
    codes = _codes_of(outcome.values, coder)
    replaced = _codes_of(chosen(deltas.node_states.values, outcome.displaced_places), coder)
    is_gone = codes == ABSENT
    births = Since(ids[is_new], firsts[is_new])
    deaths = Since(ids[is_gone], outcome.last_txids[is_gone])
    segments = dict(before.segments)
    created = np.where(is_new, firsts, born)
    for number, places, rows in by_segment(ids):
        segments[number] = set_node_rows(
            segments.get(number), rows, codes[places], created[places], blocks
        )
    old = ~is_new
    displaced = np.concatenate((replaced, before.codes.take(ids[old]).astype(np.int64)))
    displaced_ids = np.concatenate((outcome.displaced_ids, ids[old]))
    untils = np.concatenate((outcome.displaced_untils, firsts[old]))
    if base.txid == txid:
        rows = news(base.history.nodes, before.created, displaced_ids, txid)
        displaced_ids, untils, displaced = displaced_ids[rows], untils[rows], displaced[rows]
    payload = (Column.of_array(Kind.INTEGER, displaced),)
    log = base.history.nodes.add(displaced_ids, untils, payload, blocks)
    if not len(ids) and limit == before.limit and len(coder.labels) == len(before.labels):
        return NodeFold(before, log, ids, births, deaths)
    table = NodeTable(coder.labels, coder.label_sets, segments, limit)
    return NodeFold(table, log, ids, births, deaths)


def _codes_of(states: list[tuple[str, ...] | None], coder: LabelCoder) -> Int64Array:
    """The codes of label sets; there are few different ones."""
    codes = {
        labels: ABSENT if labels is None else coder.code(labels) for labels in dict.fromkeys(states)
    }
    return np.array([codes[labels] for labels in states], dtype=np.int64)


def _key_names(
    base: Base, names: Names, node_keys: Iterable[str], edge_keys: Iterable[str]
) -> tuple[str, ...]:
    known = (*base.property_keys, *names.property_keys, *node_keys, *edge_keys)
    return tuple(dict.fromkeys(known))
