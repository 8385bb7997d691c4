"""apply_commit: the one way in which a commit becomes state.

Live commits, recovery, and whoever follows a log all come through here.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from neuralgraph.storage.versions import Catalog, DeltaStore, State
from neuralgraph.storage.versions.changes import (
    AttachSegments,
    Commit,
    CreateIndex,
    DropIndex,
)
from neuralgraph.storage.versions.schema_history import NEVER, OF_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.storage.versions import Base, Names
    from neuralgraph.storage.versions.changes import Change


def apply_commit(
    state: State,
    commit: Commit,
    open_base: Callable[[bytes], Base],
    *,
    base: Base | None = None,
) -> State:
    """The state after a commit.

    Args:
        state: all commits before it; its deltas may grow. A bulk load needs none of them.
        commit: the next one.
        open_base: makes a base from the manifest of a bulk load.
        base: that base, where it is at hand.
    """
    assert commit.txid == state.txid + 1 or is_load(commit), (
        "commits are applied in order, each once"
    )
    for change in commit.changes:
        if type(change) is AttachSegments:
            attached = open_base(change.manifest) if base is None else base
            return attach(state, attached, commit.txid, commit.timestamp_us)
        if type(change) not in OF_SCHEMA:
            break  # what is done to the schema comes first
        if type(change) is CreateIndex:
            # Deltas know what changed since the base; the index needs what the base holds, too.
            state = _over(state, state.base.with_index(change.definition))
        elif type(change) is DropIndex:
            state = _over(state, state.base.without_index(change.name))
    return state.after(commit)


def is_load(commit: Commit) -> bool:
    """Is it a bulk load? That is the only change of its commit."""
    return bool(commit.changes) and type(commit.changes[0]) is AttachSegments


def without_data(commit: Commit) -> Commit:
    """The commit as it is remembered until the next fold: its changes stay when they are schema."""
    changes = commit.changes
    kept: Sequence[Change] = ()
    if changes and type(changes[0]) in OF_SCHEMA:
        kept = tuple(takewhile(lambda change: type(change) in OF_SCHEMA, changes))
    return Commit(commit.txid, commit.timestamp_us, kept, commit.metadata)


def _over(state: State, base: Base) -> State:
    """The same graph over a base that holds the same."""
    catalog = state.catalog.over(base)
    return State(base, state.deltas, state.txid, state.timestamp_us, catalog)


def attach(state: State, base: Base, txid: int, timestamp_us: int) -> State:
    """What a bulk load leaves: a base that holds everything, and no deltas."""
    note_names(state.catalog.names, base, txid)
    catalog = Catalog.of_base(base, state.catalog.names, state.catalog.version + 1)
    return State(base, fresh_deltas(base, catalog), txid, timestamp_us, catalog)


def fresh_deltas(base: Base, catalog: Catalog) -> DeltaStore:
    """An empty store over a base."""
    return DeltaStore(base.txid, base, catalog.indexes())


def note_names(names: Names, base: Base, txid: int) -> None:
    """Add the names that a base knows; those whose birth it does not tell are born in commit `txid`."""
    all_of_base = (base.labels, base.edge_types, base.property_keys)
    for known, fresh in zip(names.kinds(), all_of_base, strict=True):
        for name in fresh:
            known.setdefault(name, len(known))
    names.note_told(base.births)
    # Some may have been brought by transactions that are still open, or came to nothing.
    used = [
        [name for name in fresh if born.get(name, 0) != NEVER]
        for born, fresh in zip(base.births.kinds(), all_of_base, strict=True)
    ]
    names.note_births(used, txid)
