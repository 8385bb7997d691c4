"""Cross-checks of a stored base: every checksum, and everything that is kept twice must agree.

    blocks       each is read again and verified
    manifest     names and label sets each there once; limits; see `manifest_checks`
    segments     what they say of their values; see `segment_checks`
    commits      in order of txid and time
    nodes        codes stand for label sets; counts are what is there; births lie in the past
    edges        types are known; both ends are nodes
    adjacency    each direction has exactly the edges of its type, with the same ends, in order
    columns      only entities that exist have properties
    indexes      the entries are those that the data gives, in order
    history      in order of (id, until), segment after segment

A problem is reported, not raised: a damaged file should say all that is wrong with it at once.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import DiskError, StorageError
from neuralgraph.storage.indexes.sorted_parts import NumberPart
from neuralgraph.storage.maintenance.inventory import pieces_of
from neuralgraph.storage.maintenance.manifest_checks import (
    Problem,
    check_manifest,
    check_segments,
)
from neuralgraph.storage.versions.base_arrays import SEGMENT_ROWS
from neuralgraph.storage.versions.base_commits import DIGEST_BYTES
from neuralgraph.storage.versions.base_indexing import build_index
from neuralgraph.storage.versions.base_nodes import ABSENT
from neuralgraph.storage.versions.search_building import whole_source
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from neuralgraph.access import IndexDefinition
    from neuralgraph.storage.disk import BlockFile
    from neuralgraph.storage.indexes.sorted_index import IndexRun
    from neuralgraph.storage.versions.base import Base
    from neuralgraph.storage.versions.base_columns import PropertyColumn
    from neuralgraph.storage.versions.base_commits import CommitSegment
    from neuralgraph.storage.versions.base_edges import EdgeSegment
    from neuralgraph.storage.versions.base_nodes import NodeSegment
    from neuralgraph.storage.versions.history import HistoryLog


def check_chain(base: Base) -> list[Problem]:
    """Is every commit what its digest says? Those whose content retention let go pass."""
    report = _Report()
    with report.section("the chain of commits"):
        for txid in base.commits.broken_links():
            report.note(f"transaction {txid}", "it is not the one that was committed")
    return report.problems


class _Report:
    """Collects problems.

    Attributes:
        is_unreadable: the disk did not deliver something.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.is_unreadable = False

    def note(self, where: str, what: str) -> None:
        self.problems.append(Problem(where, what))

    def expect(self, where: str, what: str, *, holds: Any) -> None:
        if not holds:
            self.note(where, what)

    @contextmanager
    def section(self, where: str) -> Iterator[None]:
        """Damage inside is one problem; the sections after it are checked all the same."""
        try:
            yield
        except StorageError as error:
            self.is_unreadable |= isinstance(error, DiskError)
            self.note(where, str(error))
        except SENSELESS as error:
            self.note(where, f"what is stored does not fit together: {error}")


SENSELESS: Final = (LookupError, ValueError, TypeError, ArithmeticError)
"""What comes of a manifest whose parts contradict each other."""
UNREADABLE: Final = "they were not held against each other: the disk fails"


def check_base(base: Base, blocks: BlockFile | None = None) -> list[Problem]:
    """Check a base against itself.

    Args:
        base: what is checked; it is read completely, so this takes a while.
        blocks: the file, to read and verify every block again, whether or not it was read before.

    Returns:
        What is wrong; nothing, when all is well.
    """
    report = _Report()
    if blocks is not None:
        _check_blocks(report, base, blocks)
    if report.is_unreadable:
        # All else maps the blocks: what the disk does not deliver then ends the process by a signal.
        report.note("the data", UNREADABLE)
        return report.problems
    with report.section("manifest"):
        report.problems.extend(check_manifest(base))
    if blocks is not None:
        with report.section("columns"):
            report.problems.extend(check_segments(base, blocks))
    with report.section("commits"):
        _check_commits(report, base)
    for number, node_segment in sorted(base.nodes.segments.items()):
        with report.section(f"nodes, segment {number}"):
            _check_nodes(report, base, number, node_segment)
    for number, edge_segment in sorted(base.edges.segments.items()):
        with report.section(f"relationships, segment {number}"):
            _check_edges(report, base, number, edge_segment)
    for edge_type in base.edge_types:
        for direction in ("out", "in"):
            with report.section(f"{direction}going {edge_type}"):
                _check_adjacency(report, base, edge_type, direction)
    _check_columns(report, base)
    for definition in base.indexes:
        with report.section(f"index {definition.name}"):
            _check_index(report, base, definition)
    for name, log in base.history.logs():
        with report.section(f"history of {name}"):
            _check_history(report, base, name, log)
    return report.problems


def _check_blocks(report: _Report, base: Base, blocks: BlockFile) -> None:
    """Header and manifest, and every block, as they are in the file now."""
    with report.section("header"):
        for what in blocks.header_problems():
            report.note("header", what)
    checked = set()
    for piece in pieces_of(base):
        for ref in piece.refs:
            if ref not in checked:
                checked.add(ref)
                with report.section(f"{piece.where}, block at {ref.offset}"):
                    blocks.check(ref)


def _check_commits(report: _Report, base: Base) -> None:
    last, latest = 0, 0
    for segment in base.commits.segments:
        txids, times = segment.txids.array, segment.times.array
        first, stop = int(txids[0]), int(txids[-1])
        known = (segment.low, segment.high) == (first, stop)
        report.expect("commits", "has a segment with wrong bounds", holds=known)
        in_order = first > last and bool((txids[1:] > txids[:-1]).all())
        report.expect("commits", f"is not in order after {last}", holds=in_order)
        goes_on = int(times[0]) >= latest and bool((times[1:] >= times[:-1]).all())
        report.expect("commits", f"goes back in time after {last}", holds=goes_on)
        _check_contents(report, segment)
        last, latest = stop, int(times[-1])
    report.expect("commits", f"goes beyond {base.txid}", holds=last <= base.txid)


def _check_contents(report: _Report, segment: CommitSegment) -> None:
    count, ends = segment.txids.count, segment.ends.array
    fits = segment.digests.count == DIGEST_BYTES * count and len(ends) == count
    fits = fits and int(ends[-1]) == segment.contents.count and bool((ends[1:] >= ends[:-1]).all())
    report.expect("commits", "has contents of other commits", holds=fits and ends[0] >= 0)
    metadata = segment.noted()
    report.expect(
        "commits",
        "has metadata of other commits",
        holds=metadata.keys() <= set(segment.txids.array.tolist()),
    )


def _check_nodes(report: _Report, base: Base, number: int, segment: NodeSegment) -> None:
    where = f"nodes, segment {number}"
    codes = segment.codes.array
    created = segment.created.array
    counts = np.bincount(codes, minlength=1).tolist()
    report.expect(where, "has too many rows", holds=len(codes) <= SEGMENT_ROWS)
    report.expect(where, "has births of other rows", holds=len(codes) == len(created))
    known = len(counts) <= len(base.nodes.label_sets)
    report.expect(where, "uses a label set that is not there", holds=known)
    report.expect(where, "counts its nodes wrong", holds=list(segment.counts) == counts)
    _check_births(report, where, created[codes != ABSENT], base.txid)
    latest = int(created.max(initial=0))
    report.expect(where, "has a wrong latest birth", holds=latest == segment.latest)


def _check_births(report: _Report, where: str, born: Any, txid: int) -> None:
    in_order = len(born) == 0 or (int(born.min()) > 0 and int(born.max()) <= txid)
    report.expect(where, f"says something was born before 1 or after {txid}", holds=in_order)


def _check_edges(report: _Report, base: Base, number: int, segment: EdgeSegment) -> None:
    where = f"relationships, segment {number}"
    codes, sources, targets, created = segment.arrays()
    counts = np.bincount(codes, minlength=1).tolist()
    report.expect(where, "has too many rows", holds=len(codes) <= SEGMENT_ROWS)
    known = len(counts) <= len(base.edge_types) + 1
    report.expect(where, "uses a type that is not there", holds=known)
    report.expect(where, "counts its relationships wrong", holds=list(segment.counts) == counts)
    latest = int(created.max(initial=0))
    report.expect(where, "has a wrong latest birth", holds=latest == segment.latest)
    alive = codes != ABSENT
    _check_births(report, where, created[alive], base.txid)
    for name, ends in (("source", sources), ("target", targets)):
        missing = ~base.node_exists(ends[alive].astype(np.int64))
        if missing.any():
            row = int(np.flatnonzero(alive)[missing][0])
            edge_id = number * SEGMENT_ROWS + row
            report.note(where, f"relationship {edge_id} has a {name} that is no node")


def _check_adjacency(report: _Report, base: Base, edge_type: str, direction: str) -> None:
    where = f"{direction}going {edge_type}"
    pieces = [*base.edge_ids(edge_type), np.empty(0, dtype=np.int64)]
    wanted = np.concatenate(pieces)
    adjacency = base.adjacency(edge_type, direction)
    if adjacency is None:
        report.expect(where, "is not there", holds=len(wanted) == 0)
        return
    offsets, neighbours, edges = adjacency.flat()
    nodes = np.arange(len(offsets) - 1).repeat(offsets[1:] - offsets[:-1])
    if not np.array_equal(np.sort(edges), wanted):
        differing = np.setxor1d(edges, wanted)[:5].tolist()
        report.note(where, f"does not have the relationships of the type: {differing} differ")
        return
    sources, targets = base.edge_ends(edges)
    own, other = (sources, targets) if direction == "out" else (targets, sources)
    wrong = (own != nodes) | (other != neighbours)
    if wrong.any():
        report.note(where, f"gives relationship {int(edges[wrong][0])} other ends than it has")
    parallel = (neighbours[1:] == neighbours[:-1]) & (edges[1:] <= edges[:-1])
    descends = (neighbours[1:] < neighbours[:-1]) | parallel
    descends &= nodes[1:] == nodes[:-1]
    in_order = not descends.any()
    report.expect(where, "is not in order of neighbour and relationship", holds=in_order)


def _check_columns(report: _Report, base: Base) -> None:
    groups: tuple[tuple[str, Mapping[str, PropertyColumn], Any], ...] = (
        ("node", base.parts.node_columns, base.node_exists),
        ("relationship", base.parts.edge_columns, base.edge_exists),
    )
    for entity, columns, exists in groups:
        for key, column in columns.items():
            where = f"{entity} property {key}"
            with report.section(where):
                for first, values in column.pieces():
                    ids = np.flatnonzero(values.valid_mask) + first
                    orphans = ids[~exists(ids)]
                    if len(orphans):
                        report.note(
                            where, f"belongs to {orphans[:5].tolist()}, which are not there"
                        )


def _check_index(report: _Report, base: Base, definition: IndexDefinition) -> None:
    where = f"index {definition.name}"
    search_run = base.search_run(definition.name)
    if search_run is not None:
        for what in search_run.problems(whole_source(base, definition)):
            report.note(where, what)
        return
    run = base.index_run(definition.name)
    assert run is not None
    expected = build_index(base, definition, None)
    if not np.array_equal(expected.all_ids(), run.all_ids()):
        differing = np.setxor1d(expected.all_ids(), run.all_ids())[:5].tolist()
        report.note(where, f"does not have the entities that it should: {differing} differ")
        return
    report.expect(
        where, "has other keys than the data, or in another order", holds=_equal(expected, run)
    )


def _equal(expected: IndexRun, run: IndexRun) -> bool:
    if set(expected.parts) != set(run.parts):
        return False
    for name, part in expected.parts.items():
        other = run.parts[name]
        if not np.array_equal(part.ids(0, len(part)), other.ids(0, len(other))):
            return False
        if isinstance(part, NumberPart):
            assert isinstance(other, NumberPart)
            if not np.array_equal(part.keys, other.keys, equal_nan=part.is_float):
                return False
        elif isinstance(other, NumberPart) or (
            part.entries(0, len(part)) != other.entries(0, len(other))
        ):
            return False
    return True


def _check_history(report: _Report, base: Base, name: str, log: HistoryLog) -> None:
    where = f"history of {name}"
    codes_limits = {"nodes": len(base.nodes.label_sets), "edges": len(base.edge_types) + 1}
    last, latest = 0, NO_IDS
    for segment in log.segments:
        ids, untils = segment.ids.array.astype(np.int64), segment.untils.array
        report.expect(where, "has segments out of order", holds=segment.low >= last)
        # Parts of one commit: each displaced something of others.
        again = np.isin(ids[untils == last], latest).any()
        report.expect(where, "says twice what was true until a commit", holds=not again)
        fresh = ids[untils == segment.high]
        latest = np.concatenate((latest, fresh)) if segment.high == last else fresh
        last = segment.high
        known = (segment.low, segment.high) == (int(untils.min()), int(untils.max()))
        report.expect(where, "has a segment with wrong bounds", holds=known)
        in_order = (ids[1:] > ids[:-1]) | ((ids[1:] == ids[:-1]) & (untils[1:] > untils[:-1]))
        report.expect(where, "is not in order of id and time", holds=in_order.all())
        fits = all(column.count == len(ids) for column in segment.columns())
        report.expect(where, "has values for other rows", holds=fits)
        if name in codes_limits:
            codes = segment.columns()[0].array
            known = int(codes.min()) >= 0 and int(codes.max()) < codes_limits[name]
            report.expect(where, "has codes of nothing", holds=known)
    report.expect(where, f"goes beyond commit {base.txid}", holds=last <= base.txid)
