"""Checks of what a manifest says beside the data: names, limits, definitions, and the descriptions of arrays.

Its checksum says that it is what was written, not that it makes sense. docs/file-format.md lists what is
free.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from neuralgraph.storage.disk.segments.segment_checks import problems_of_segment
from neuralgraph.storage.versions.schema_history import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.storage.disk import BlockFile, ColumnSegment
    from neuralgraph.storage.versions import Catalog
    from neuralgraph.storage.versions.base import Base


class Problem(NamedTuple):
    """Something that does not hold."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def check_manifest(base: Base) -> Iterator[Problem]:
    """What needs no block to be read."""
    yield from _check_names(base)
    yield from _check_limits(base)


def _check_names(base: Base) -> Iterator[Problem]:
    ranks = {label: rank for rank, label in enumerate(base.labels)}
    sets = base.nodes.label_sets[1:]
    if base.nodes.label_sets[:1] != ((),):
        yield Problem("label sets", "does not begin with that of no node")
    if len(set(map(frozenset, sets))) != len(sets):
        yield Problem("label sets", "has one twice")
    for labels in sets:
        unknown = [label for label in labels if label not in ranks]
        if unknown:
            yield Problem("label sets", f"names labels that are not there: {unknown[:5]}")
        elif any(ranks[one] >= ranks[other] for one, other in pairwise(labels)):
            yield Problem("label sets", f"has {[*labels]}, not in the order of the labels")
    names = (base.labels, base.edge_types, base.property_keys)
    kinds = ("labels", "relationship types", "property keys")
    for kind, of_kind, births in zip(kinds, names, base.births.kinds(), strict=True):
        if len(set(of_kind)) != len(of_kind):
            yield Problem(kind, "has a name twice")
        for name, born in births.items():
            if not (0 <= born <= base.txid or born == NEVER):
                yield Problem(kind, f"says that {name} was first used by transaction {born}")
    history = base.history
    used = {*base.node_keys, *base.edge_keys, *history.node_values, *history.edge_values}
    lost = sorted(used - {*base.property_keys})
    if lost:
        yield Problem("property keys", f"does not have {lost[:5]}, of which there are values")
    types = sorted({edge_type for edge_type, _ in base.parts.adjacencies} - {*base.edge_types})
    if types:
        yield Problem("relationship types", f"does not have {types[:5]}")


def _check_limits(base: Base) -> Iterator[Problem]:
    for kind, limit, segments in (
        ("nodes", base.node_limit, base.nodes.segments),
        ("relationships", base.edge_limit, base.edges.segments),
    ):
        ends = [(number << 16) + segment.codes.count for number, segment in segments.items()]
        if max(ends, default=0) > limit:
            yield Problem(kind, f"has rows up to {max(ends)}, and no id from {limit} on")
    last = base.commits.last_txid
    if base.commits.segments and last != base.txid:
        yield Problem("commits", f"ends with {last}; the graph is of {base.txid}")
    if not 0 <= base.commits.contents_from <= base.txid + 1:
        yield Problem("commits", f"has contents from {base.commits.contents_from} on")
    if not 0 <= base.schema.known_from <= base.txid + 1:
        yield Problem("schema", f"is told from {base.schema.known_from} on")
    for run in base.parts.search_runs.values():
        if not 0 <= run.built_txid <= base.txid:
            yield Problem(
                f"index {run.definition.name}", f"is of transaction {run.built_txid}, not there yet"
            )


def check_schema(catalog: Catalog, txid: int) -> Iterator[Problem]:
    """What there is must be what the schema's history says is there.

    Args:
        catalog: that of a state.
        txid: that of the state.
    """
    txids = [event.txid for event in catalog.schema.events]
    if txids != sorted(txids) or (txids and not 0 <= txids[0] <= txids[-1] <= txid):
        yield Problem("schema", "is not in the order of transactions")
    then = catalog.schema.at(txid)
    for kind, there, made in (
        ("index", catalog.indexes(), then.indexes),
        ("constraint", catalog.constraints(), then.constraints),
    ):
        told = [since.definition for since in made.values()]
        for one in there:
            if one not in told:
                yield Problem(f"{kind} {one.name}", "is not the one that was made")
        for one in told:
            if [*there].count(one) != 1:
                yield Problem(f"{kind} {one.name}", "was made, and is not there once")


def check_segments(base: Base, blocks: BlockFile) -> Iterator[Problem]:
    """Does each column segment fit its blocks, and what it says of its values the values?

    Raises:
        CorruptionError: a block is not what was written.
    """
    for where, segment in _column_segments(base):
        for what in problems_of_segment(segment, blocks):
            yield Problem(where, what)


def _column_segments(base: Base) -> Iterator[tuple[str, ColumnSegment]]:
    parts = base.parts
    for entity, columns in (("node", parts.node_columns), ("relationship", parts.edge_columns)):
        for key, column in columns.items():
            for number, segment in sorted(column.segments.items()):
                yield f"{entity} property {key}, segment {number}", segment
    for name, log in parts.history.logs():
        for place, displaced in enumerate(log.segments):
            for pieces in displaced.payload:
                for piece in pieces:
                    yield f"history of {name}, segment {place}", piece
