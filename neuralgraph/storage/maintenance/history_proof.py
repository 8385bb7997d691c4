"""Proof that the data are what the commits say: the graph is told again from their contents.

    forward    every version that a commit made is what a reader of its moment finds
    backward   everything that is stored (displaced values, births, values of now) was made by some commit

So nobody can have changed a value, a label, an end or a birth, of now or of the past, and left the commits as
they are; and the chain of digests says that the commits are as they were. A bulk load and a transaction that
was larger than memory have no content: what they made and changed counts as given, and what happened to it
before and later is checked. So does what was there before the first commit whose contents retention has kept.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.maintenance.manifest_checks import Problem
from neuralgraph.storage.maintenance.told_versions import Told
from neuralgraph.storage.transactions.commit_codec import unpacked
from neuralgraph.storage.transactions.write_set import same_value
from neuralgraph.storage.versions.base_columns import join
from neuralgraph.storage.versions.base_nodes import ABSENT
from neuralgraph.storage.versions.catalog import Names
from neuralgraph.storage.versions.schema_history import NEVER
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from neuralgraph.storage.maintenance.told_versions import Versions
    from neuralgraph.storage.versions.base import Base
    from neuralgraph.storage.versions.base_columns import PropertyColumn
    from neuralgraph.storage.versions.history import HistoryLog
    from neuralgraph.values import Column, IdArray
    from neuralgraph.values.arrays import Int64Array

VERSIONS_MAX: Final = 200_000
"""So many versions are gathered from the commits before they are compared."""
_SHOWN_MAX: Final = 3
_SEGMENT_BITS: Final = 16


def check_told(base: Base) -> list[Problem]:
    """Hold all that is stored against what the commits say; takes a while, for it reads everything."""
    proof = _Proof(base)
    told = Told()
    for commit in base.commits.after(base.commits.contents_from - 1):
        if not commit.content:
            proof.loads.append(commit.txid)
            continue
        changes = unpacked(commit.content)
        proof.names.note_commit(changes, commit.txid)
        told.add(commit.txid, changes)
        if told.count >= VERSIONS_MAX:
            proof.compare(told)
            told = Told()
    proof.compare(told)
    proof.finish()
    return proof.problems


class _Timeline:
    """What was displaced of one thing, in order of (id, until), and which of it some commit explains."""

    def __init__(self, log: HistoryLog, last_txid: int) -> None:
        self._span = last_txid + 2
        ids = [segment.ids.array.astype(np.int64) for segment in log.segments]
        untils = [segment.untils.array for segment in log.segments]
        self.ids = np.concatenate([NO_IDS, *ids])
        self.untils = np.concatenate([NO_IDS, *untils])
        order = np.lexsort((self.untils, self.ids))
        self.ids, self.untils = self.ids[order], self.untils[order]
        self._keys = self.ids * self._span + self.untils
        self.explained = np.zeros(len(order), dtype=np.bool_)
        self.payload: list[Column] = [
            join(columns).take(order)
            for columns in zip(*(segment.columns() for segment in log.segments), strict=True)
        ]

    def rows_at(self, ids: IdArray, txids: Int64Array) -> Int64Array:
        """For each the row that tells what was true after that commit; -1: what is true now."""
        places = self._keys.searchsorted(ids * self._span + txids, side="right")
        inside = np.minimum(places, max(0, len(self.ids) - 1))
        found = np.full(len(ids), -1, dtype=np.int64)
        if len(self.ids):
            hit = (places < len(self.ids)) & (self.ids[inside] == ids)
            found[hit] = places[hit]
        return found

    def explain(self, ids: IdArray, txids: Int64Array) -> None:
        """Commits touched these: what they displaced is accounted for."""
        if len(self.ids) == 0:
            return
        wanted = ids * self._span + txids
        places = np.minimum(self._keys.searchsorted(wanted), len(self.ids) - 1)
        self.explained[places[self._keys[places] == wanted]] = True

    def values_at(self, ids: IdArray, txids: Int64Array, now: Sequence[Any]) -> list[Any]:
        """What was true after each commit, `now` being what is true of each id now; one payload column."""
        rows = self.rows_at(ids, txids)
        values = list(now)
        known = np.flatnonzero(rows >= 0)
        if len(known):
            past = zip(
                *(column.take(rows[known]).to_values() for column in self.payload), strict=True
            )
            for place, item in zip(known.tolist(), past, strict=True):
                values[place] = item if len(item) > 1 else item[0]
        return values


class _Proof:
    """Compares, and remembers what commits explain."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.problems: list[Problem] = []
        self.loads: list[int] = []
        self.names = Names()
        history = base.history
        self._nodes = _Timeline(history.nodes, base.txid)
        self._edges = _Timeline(history.edges, base.txid)
        self._values: dict[tuple[str, str], _Timeline] = {}
        for kind, logs in (("node", history.node_values), ("edge", history.edge_values)):
            for key, log in logs.items():
                self._values[kind, key] = _Timeline(log, base.txid)
        self._born: dict[str, list[IdArray]] = {"node": [], "edge": []}
        self._touched: dict[tuple[str, str], list[IdArray]] = {}

    # ── forward ───────────────────────────────────────────────────────────────────────────────

    def compare(self, told: Told) -> None:
        """Is every version there as some commits made it?"""
        base = self.base
        sets = [None, *(sorted(labels) for labels in base.nodes.label_sets[1:])]
        ids, txids, labels = told.nodes.arrays()
        codes = self._nodes.values_at(ids, txids, base.nodes.codes.take(ids).tolist())
        found: list[Any] = [sets[code] for code in codes]
        wanted: list[Any] = [None if one is None else sorted(one) for one in labels]
        self._differ("node", "its labels", ids, txids, found, wanted)
        self._nodes.explain(ids, txids)
        edge_ids, edge_txids, edges = told.edges.arrays()
        states = self._edges.values_at(edge_ids, edge_txids, self._edges_now(edge_ids))
        names = [None, *base.edges.types]
        found = [None if row[0] == ABSENT else (names[row[0]], *row[1:]) for row in states]
        self._differ("edge", "type and ends", edge_ids, edge_txids, found, edges)
        self._edges.explain(edge_ids, edge_txids)
        for (kind, key), versions in told.values.items():
            self._compare_values(kind, key, versions)
        for kind, ended in (("node", told.ended_nodes), ("edge", told.ended_edges)):
            ended_ids, ended_txids, _ = ended.arrays()
            for (of_kind, _), timeline in self._values.items():
                if of_kind == kind:
                    timeline.explain(ended_ids, ended_txids)
        self._compare_births("node", told.born_nodes)
        self._compare_births("edge", told.born_edges)
        self._compare_schema(told)

    def _edges_now(self, ids: IdArray) -> list[tuple[int, int, int]]:
        codes = self.base.edges.type_codes(ids) + 1
        sources, targets = self.base.edges.ends(ids)
        return list(zip(codes.tolist(), sources.tolist(), targets.tolist(), strict=True))

    def _compare_values(self, kind: str, key: str, versions: Versions) -> None:
        ids, txids, wanted = versions.arrays()
        self._touched.setdefault((kind, key), []).append(ids)
        columns = self.base.parts.node_columns if kind == "node" else self.base.parts.edge_columns
        column = columns.get(key)
        now = [None] * len(ids) if column is None else column.take(ids).to_values()
        timeline = self._values.get((kind, key))
        found = now if timeline is None else timeline.values_at(ids, txids, now)
        self._differ(kind, f"property {key}", ids, txids, found, wanted)
        if timeline is not None:
            timeline.explain(ids, txids)

    def _compare_births(self, kind: str, born: Versions) -> None:
        ids, txids, _ = born.arrays()
        table = self.base.nodes if kind == "node" else self.base.edges
        found = table.created.take(ids).tolist()
        self._differ(kind, "its birth", ids, txids, found, txids.tolist())
        self._born[kind].append(ids)

    def _compare_schema(self, told: Told) -> None:
        if told.txids:
            schema = self.base.schema
            low, high = max(told.txids[0], schema.known_from), told.txids[-1]
            stored = [tuple(event) for event in schema.events if low <= event.txid <= high]
            if stored != [event for event in told.schema if event[0] >= low]:
                self._note("the schema", f"was not changed so by transactions {low} to {high}")

    def _differ(
        self,
        kind: str,
        what: str,
        ids: IdArray,
        txids: Int64Array,
        found: Sequence[Any],
        wanted: Sequence[Any],
    ) -> None:
        shown = 0
        for entity_id, txid, one, other in zip(
            ids.tolist(), txids.tolist(), found, wanted, strict=True
        ):
            if same_value(one, other) or _are_nan(one, other):
                continue
            if shown < _SHOWN_MAX:
                self._note(
                    _named(kind, entity_id), f"{what} after transaction {txid} is not what it wrote"
                )
            shown += 1

    def _note(self, where: str, what: str) -> None:
        self.problems.append(Problem(where, what))

    def _check_names(self) -> None:
        """Is each name used since the commit that used it first, as far as contents tell?"""
        given = {0, *self.loads}
        told = self.names.births_at(self.base.txid)
        kinds = ("label", "type", "property key")
        for kind, births, found in zip(kinds, self.base.births.kinds(), told.kinds(), strict=True):
            for name, born in births.items():
                first = found.get(name, NEVER)
                is_given = born in given or born < self.base.commits.contents_from
                if born > first or (born != first and not is_given):
                    self._note(
                        f"{kind} {name}",
                        f"was not first used by transaction {born}, but by {first}"
                        if first != NEVER
                        else f"was not used by transaction {born}",
                    )

    # ── backward ──────────────────────────────────────────────────────────────────────────────

    def finish(self) -> None:
        """Was everything that is stored made by some commit?"""
        self._check_names()
        first = self.base.commits.contents_from
        for kind, name, timeline in self._timelines():
            unexplained = ~timeline.explained & ~np.isin(timeline.untils, self.loads)
            lost = np.flatnonzero(unexplained & (timeline.untils >= first))
            for row in lost[:_SHOWN_MAX].tolist():
                self._note(
                    _named(kind, int(timeline.ids[row])),
                    f"{name} has a past until transaction {timeline.untils[row]}, which did not touch it",
                )
        for kind, segments in (
            ("node", self.base.nodes.segments),
            ("edge", self.base.edges.segments),
        ):
            fresh = self._fresh({number: one.created.array for number, one in segments.items()})
            unborn = np.setdiff1d(fresh, np.concatenate([NO_IDS, *self._born[kind]]))
            for entity_id in unborn[:_SHOWN_MAX].tolist():
                self._note(_named(kind, entity_id), "no transaction created it")
            self._check_present(kind, fresh)

    def _timelines(self) -> Iterator[tuple[str, str, _Timeline]]:
        yield "node", "its labels", self._nodes
        yield "edge", "its state", self._edges
        for (kind, key), timeline in self._values.items():
            yield kind, f"property {key}", timeline

    def _fresh(self, births: Mapping[int, Int64Array]) -> IdArray:
        """Entities, dead or alive, that came by commits whose contents are there; ascending."""
        found = [NO_IDS]
        for number, born in sorted(births.items()):
            created = born.astype(np.int64)
            is_fresh = (created > 0) & (created >= self.base.commits.contents_from)
            is_fresh &= ~np.isin(created, np.array(self.loads, dtype=np.int64))
            found.append(np.flatnonzero(is_fresh) + (number << _SEGMENT_BITS))
        return np.concatenate(found)

    def _check_present(self, kind: str, fresh: IdArray) -> None:
        """Only what some commit wrote has a value."""
        parts = self.base.parts
        columns: Mapping[str, PropertyColumn] = (
            parts.node_columns if kind == "node" else parts.edge_columns
        )
        for key, column in columns.items():
            written = np.concatenate([NO_IDS, *self._touched.get((kind, key), ())])
            timeline = self._values.get((kind, key))
            if timeline is not None:
                by_load = np.isin(timeline.untils, self.loads)
                written = np.concatenate((written, timeline.ids[by_load]))
            for start, values in column.pieces():
                ids = np.flatnonzero(values.valid_mask) + start
                odd = ids[np.isin(ids, fresh) & ~np.isin(ids, written)]
                for entity_id in odd[:_SHOWN_MAX].tolist():
                    self._note(_named(kind, entity_id), f"no transaction wrote its property {key}")


def _named(kind: str, entity_id: int) -> str:
    return f"{'node' if kind == 'node' else 'relationship'} {entity_id}"


def _are_nan(one: Any, other: Any) -> bool:
    both = isinstance(one, float) and isinstance(other, float)
    return both and math.isnan(one) and math.isnan(other)
