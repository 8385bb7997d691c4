"""The versions of one entity, put together from history, base and deltas without opening the past."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from neuralgraph.storage.transactions.write_set import same_value
from neuralgraph.storage.versions.history import HistoryLog
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from neuralgraph.storage.versions import State
    from neuralgraph.storage.versions.chains import DeltaColumn

EntityKind = Literal["node", "edge"]
_Pieces = list[tuple[int, Any]]
"""(since, value), oldest first; each holds until the next begins."""


@record
class Version:
    """What an entity was from one commit to another.

    Attributes:
        since: the txid from which it held.
        until: the txid at which it ended; None while it holds.
        state: labels of a node; type, source and target of an edge; None: it did not exist.
        properties: by key, without nulls.
    """

    since: int
    until: int | None
    state: tuple[Any, ...] | None
    properties: Mapping[str, Any] = field(default_factory=dict)


def versions(state: State, entity: EntityKind, entity_id: int) -> list[Version]:
    """All versions of an entity up to `state`, oldest first; one that was deleted ends with `state` None."""
    states = _states(state, entity, entity_id)
    values = _values(state, entity, entity_id)
    moments = sorted({since for since, _ in states} | _moments(values))
    found: list[Version] = []
    for place, since in enumerate(moments):
        until = moments[place + 1] if place + 1 < len(moments) else None
        then = _at(states, since)
        properties: dict[str, Any] = {}
        if then is not None:
            known = {key: _at(pieces, since) for key, pieces in values.items()}
            properties = {key: value for key, value in known.items() if value is not None}
        version = Version(since, until, then, properties)
        last = found[-1] if found else Version(0, since, None)
        if (last.state, last.properties) != (then, properties):
            found.append(version)
        elif found:
            found[-1] = Version(last.since, until, last.state, last.properties)
    return found


def blame(state: State, entity: EntityKind, entity_id: int) -> dict[str | None, int]:
    """The txid of the commit that made each property what it is; under None, labels or the entity itself.

    Empty for an entity that does not exist.
    """
    known = versions(state, entity, entity_id)
    if not known or known[-1].state is None:
        return {}
    last = known[-1]
    found: dict[str | None, int] = {None: _since(known, lambda then: then.state == last.state)}
    for key, value in last.properties.items():
        found[key] = _since(known, _having(key, value))
    return found


def _having(key: str, value: Any) -> Callable[[Version], bool]:
    def has(version: Version) -> bool:
        return key in version.properties and same_value(version.properties[key], value)

    return has


def _since(known: Sequence[Version], holds: Callable[[Version], bool]) -> int:
    """The first of the last versions in a row for which something holds; it holds for the last."""
    since = known[-1].since
    for version in reversed(known):
        if version.state is None or not holds(version):
            break
        since = version.since
    return since


def _states(state: State, entity: EntityKind, entity_id: int) -> _Pieces:
    base = state.base
    now: Any
    if entity == "node":
        table, log, chains = base.nodes, base.history.nodes, state.deltas.node_states
        label_sets = base.nodes.label_sets
        past = [(until, label_sets[code] if code else None) for until, (code,) in log.of(entity_id)]
        now = base.labels_of(entity_id) if base.has_node(entity_id) else None
        born = table.created.value(entity_id)
    else:
        log, chains = base.history.edges, state.deltas.edge_states
        types = base.edges.types
        past = [
            (until, (types[code - 1], source, target) if code else None)
            for until, (code, source, target) in log.of(entity_id)
        ]
        now = base.edge_record(entity_id)
        born = base.edges.created.value(entity_id)
    pieces = _pieces(past, now, chains, entity_id, state.txid)
    if born:
        # What it was before its birth nobody wrote down: the first piece reaches back to nowhere.
        pieces = [(max(since, born), value) for since, value in pieces]
    return [(since, value) for since, value in pieces if since]


def _values(state: State, entity: EntityKind, entity_id: int) -> dict[str, _Pieces]:
    base, deltas = state.base, state.deltas
    of_nodes = entity == "node"
    logs = base.history.node_values if of_nodes else base.history.edge_values
    columns = deltas.node_values if of_nodes else deltas.edge_values
    keys = base.node_keys if of_nodes else base.edge_keys
    latest = base.latest_node_value if of_nodes else base.latest_edge_value
    found: dict[str, _Pieces] = {}
    for key in dict.fromkeys((*keys, *logs, *list(columns))):
        past = [(until, value) for until, (value,) in logs.get(key, HistoryLog()).of(entity_id)]
        pieces = _pieces(past, latest(entity_id, key), columns.get(key), entity_id, state.txid)
        if any(value is not None for _, value in pieces):
            found[key] = pieces
    return found


def _pieces(
    past: list[tuple[int, Any]], now: Any, chains: DeltaColumn | None, entity_id: int, txid: int
) -> _Pieces:
    pieces: _Pieces = []
    since = 0
    for until, value in sorted(past, key=lambda item: item[0]):
        pieces.append((since, value))
        since = until
    pieces.append((since, now))
    return pieces if chains is None else pieces + chains.versions_of(entity_id, txid)


def _moments(values: Mapping[str, _Pieces]) -> set[int]:
    return {since for pieces in values.values() for since, _ in pieces if since}


def _at(pieces: _Pieces, txid: int) -> Any:
    found = None
    for since, value in pieces:
        if since > txid:
            break
        found = value
    return found
