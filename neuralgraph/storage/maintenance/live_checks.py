"""Checks of what lies over the base: the state with its deltas, and the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import StorageError
from neuralgraph.storage.maintenance.integrity import Problem
from neuralgraph.storage.transactions.commit_codec import CommitReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.storage.disk import LogStore
    from neuralgraph.storage.versions import State


def check_state(state: State) -> Iterator[Problem]:
    """Do counts, labels and ends agree with what a reader finds?"""
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
    except StorageError as error:
        yield Problem("the newest state", str(error))


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
