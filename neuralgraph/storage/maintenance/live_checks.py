"""Checks of what lies over the base, the state with its deltas and the log; and of the space below it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, cast

import numpy as np

from neuralgraph.errors import ConstraintViolationError, CorruptionError, StorageError
from neuralgraph.storage.maintenance.history_proof import check_told
from neuralgraph.storage.maintenance.index_checks import check_delta_indexes
from neuralgraph.storage.maintenance.integrity import (
    SENSELESS,
    UNREADABLE,
    check_base,
    check_chain,
)
from neuralgraph.storage.maintenance.manifest_checks import Problem, check_schema
from neuralgraph.storage.transactions.commit_codec import CommitReader
from neuralgraph.storage.transactions.schema_changes import check_data
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from neuralgraph.access import Direction
    from neuralgraph.storage.disk import BlockFile, LogStore
    from neuralgraph.storage.maintenance.pins import BasePins
    from neuralgraph.storage.versions import Base, GraphView, State


def check_all(
    state: State, blocks: BlockFile, pins: BasePins, log: tuple[LogStore, str], *, history: bool
) -> Iterator[Problem]:
    """Everything there is to check.

    Args:
        state: the newest; nothing is committed meanwhile.
        blocks: what its base stands in.
        pins: the account of who needs them.
        log: the log, and the folder that it is in.
        history: the chain of commits, and that they tell what the data is.
    """
    problems = check_base(state.base, blocks)
    yield from problems
    if problems and problems[-1].what == UNREADABLE:
        return
    yield from check_space(state.base, blocks, pins)
    yield from check_schema(state.catalog, state.txid)
    yield from _sensible("the newest state", lambda: check_state(state))
    yield from check_log(*log)
    if history:
        yield from check_chain(state.base)
        yield from _sensible("the history", lambda: check_told(state.base))


def _sensible(where: str, check: Callable[[], Iterable[Problem]]) -> Iterator[Problem]:
    """Up to where something makes no sense: what was found before it is worth knowing."""
    try:
        yield from check()
    except (StorageError, *SENSELESS) as error:
        yield Problem(where, f"cannot be held against the data: {error}")


def check_space(base: Base, blocks: BlockFile, pins: BasePins) -> Iterator[Problem]:
    """Is what an opening would begin with whole, where it is not this base, and no byte counted twice?"""
    for ref in sorted(pins.current() - frozenset(base.block_refs())):
        try:
            blocks.check(ref)
        except CorruptionError as error:
            yield Problem("what the next opening begins with", str(error))
    taken = {(ref.offset, ref.length) for ref in pins.needed() | blocks.free_refs() if ref.length}
    for (start, length), (following, _) in pairwise(sorted(taken)):
        if start + length > following:
            yield Problem(
                f"the bytes from {following} on", "two blocks have them, or they count as free"
            )


def check_state(state: State) -> Iterator[Problem]:
    """Do counts, labels, ends, both ways of each relationship and the constraints hold for a reader?"""
    view, catalog = state.view, state.catalog
    try:
        for label in (None, *catalog.labels()):
            found = sum(map(len, view.scan_nodes(label)))
            if found != catalog.node_count(label):
                yield Problem(
                    f"nodes with label {label}" if label else "nodes",
                    f"{catalog.node_count(label)} are counted, {found} are there",
                )
        for edge_type in (None, *catalog.edge_types()):
            found = sum(map(len, view.scan_edges(edge_type)))
            if found != catalog.edge_count(edge_type):
                yield Problem(
                    f"relationships of type {edge_type}" if edge_type else "relationships",
                    f"{catalog.edge_count(edge_type)} are counted, {found} are there",
                )
        for ids in view.scan_edges():
            for ends in view.edge_endpoints(ids):
                lost = ids[~view.node_exists(ends)]
                if len(lost):
                    yield Problem("relationships", f"{lost[:5].tolist()} end at no node")
        yield from _check_ways(view)
        yield from check_delta_indexes(state)
        yield from _check_constraints(view)
    except StorageError as error:
        yield Problem("the newest state", str(error))


def _check_ways(view: GraphView) -> Iterator[Problem]:
    """Is every relationship found from both of its ends, and nothing else?"""
    edges = np.concatenate([*view.scan_edges(), NO_IDS])
    sources, targets = view.edge_endpoints(edges)
    for direction, own, other in (("out", sources, targets), ("in", targets, sources)):
        nodes = np.unique(own)
        rows, found, neighbours = view.expand(nodes, (), cast("Direction", direction))
        order = np.argsort(found, kind="stable")
        if not np.array_equal(found[order], edges):
            differing = np.setxor1d(found, edges)[:5].tolist()
            yield Problem(f"{direction}going relationships", f"{differing} are not found, or twice")
            continue
        wrong = (nodes[rows[order]] != own) | (neighbours[order] != other)
        if wrong.any():
            lost = edges[wrong][:5].tolist()
            yield Problem(f"{direction}going relationships", f"{lost} have other ends there")


def _check_constraints(view: GraphView) -> Iterator[Problem]:
    """Does everything in the graph keep to them?"""
    for constraint in view.catalog.constraints():
        try:
            check_data(view, constraint)
        except ConstraintViolationError as error:
            yield Problem(f"constraint {constraint.name}", str(error))


def check_log(log: LogStore, name: str) -> Iterator[Problem]:
    """Can every record be read, and every commit put together?"""
    reader = CommitReader()
    last_txid = 0
    try:
        for record in log.read(log.first_index):
            commit = reader.take(record)
            if commit is not None:
                if commit.txid <= last_txid:
                    yield Problem(
                        f"{name}, record {record.index}",
                        f"transaction {commit.txid} comes after {last_txid}",
                    )
                last_txid = commit.txid
    except StorageError as error:
        yield Problem(name, str(error))
