"""Repeat: a quantified path, walked round by round; KeepShortest: the shortest of whole paths.

A round is an inner plan that runs for many walks at once: each walk is an outer row with the node that it has
come to. Walks are Python objects, not rows of arrays: a round may bind anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from neuralgraph.query.execution.columns import ids_column, start_ids
from neuralgraph.query.execution.operators.step import Layout, Step, slot_places
from neuralgraph.query.planning.plan import Slot
from neuralgraph.stopping import watched
from neuralgraph.values import BATCH_ROWS_MAX, Batch, Column, EdgeRef, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import KeepShortest, Repeat

_WALKS_MAX: Final = 4_096
"""So many walks go on together; memory is bounded by this times the depth times the degree."""
_WALK_BYTES: Final = 200
"""About what a walk takes beside its edges."""


class Walk(NamedTuple):
    """`row` of the batch, where it has come to, its edges' ids, what each variable was in each round."""

    row: int
    node: int
    edges: tuple[int, ...]
    values: tuple[tuple[Any, ...], ...]


class RepeatStep(Step):
    """Rounds of an inner plan; see `plan.Repeat`."""

    __slots__ = ("child", "edges", "end", "inner", "into", "layout", "operator", "source", "values")

    def __init__(self, operator: Repeat, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.operator = operator
        self.child = compiler.step(operator.child)
        slots = self.child.slots
        self.inner = compiler.inner(operator.inner, [*slots, Slot(operator.start, "node")])
        self.source = compiler.place(slots, operator.source)
        self.into = compiler.place(slots, operator.target) if operator.into else -1
        self.end = self.inner.place(operator.end)
        self.edges = [self.inner.place(name) for name in operator.edges]
        self.values = [self.inner.place(name) for name, _ in operator.variables]
        names = [operator.walk]
        if not operator.into:
            names.append(operator.target)
        self.layout = Layout(
            operator.slots, slots, names + [name for _, name in operator.variables]
        )

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows, each with its walks."""
        for batch in self.child.batches(context):
            if not batch.count:
                continue
            found: list[Walk] = []
            walks = (
                self._all(batch, context)
                if self.operator.select is None
                else self._shortest(batch, context)
            )
            for walk in walks:
                found.append(walk)
                if len(found) >= BATCH_ROWS_MAX:
                    yield self._output(batch, found)
                    found = []
            if found:
                yield self._output(batch, found)

    def _output(self, batch: Batch, walks: list[Walk]) -> Batch:
        step = -1 if self.operator.reversed else 1
        added = [
            Column.of_list(Kind.ANY, [list(map(EdgeRef, walk.edges[::step])) for walk in walks])
        ]
        if self.into < 0:
            added.append(
                ids_column(Kind.NODE, np.array([walk.node for walk in walks], dtype=np.int64))
            )
        for place in range(len(self.values)):
            lists: list[Any] = [list(walk.values[place][::step]) for walk in walks]
            added.append(Column.of_list(Kind.ANY, lists))
        rows = np.array([walk.row for walk in walks], dtype=np.int64)
        return self.layout.gather(batch, rows, added)

    def _beginnings(self, batch: Batch) -> list[Walk]:
        nothing: tuple[tuple[Any, ...], ...] = ((),) * len(self.values)
        starts = start_ids(batch.columns[self.source]).tolist()
        return [Walk(row, node, (), nothing) for row, node in enumerate(starts) if node >= 0]

    def _accepted(self, batch: Batch, walks: list[Walk]) -> list[Walk]:
        """The walks that end where they should."""
        if self.into < 0:
            return walks
        targets = start_ids(batch.columns[self.into]).tolist()
        return [walk for walk in walks if walk.node == targets[walk.row]]

    # ── all walks ─────────────────────────────────────────────────────────────────────────────

    def _all(self, batch: Batch, context: ExecutionContext) -> Iterator[Walk]:
        operator = self.operator
        beginnings = self._beginnings(batch)
        if operator.min == 0:
            yield from self._accepted(batch, beginnings)
        stack = [(0, beginnings)]
        while stack:
            context.check()
            rounds, walks = stack.pop()
            context.memory.free(_size(walks))
            if operator.max is not None and rounds >= operator.max:
                continue
            if len(walks) > _WALKS_MAX:
                rest = walks[_WALKS_MAX:]
                context.memory.hold(_size(rest))
                stack.append((rounds, rest))
                walks = walks[:_WALKS_MAX]
            longer = self._grown(batch, walks, context)
            if rounds + 1 >= operator.min:
                yield from self._accepted(batch, longer)
            if longer:
                context.memory.hold(_size(longer))
                stack.append((rounds + 1, longer))

    def _grown(self, batch: Batch, walks: list[Walk], context: ExecutionContext) -> list[Walk]:
        """The walks after one more round, in every way there is."""
        if not walks:
            return []
        rows = np.array([walk.row for walk in walks], dtype=np.int64)
        nodes = np.array([walk.node for walk in walks], dtype=np.int64)
        columns = [column.take(rows) for column in batch.columns]
        columns.append(ids_column(Kind.NODE, nodes))
        longer: list[Walk] = []
        repeatable = self.operator.repeatable
        for places, found in self.inner.run(Batch(columns, len(walks)), context):
            ends = found.columns[self.end].to_list()
            edges = [found.columns[place].to_values() for place in self.edges]
            values = [found.columns[place].to_values() for place in self.values]
            for at, place in enumerate(watched(places.tolist())):
                walk = walks[place]
                fresh = _ids([column[at] for column in edges], turned=self.operator.reversed)
                if not repeatable and not set(fresh).isdisjoint(walk.edges):
                    continue
                lists = tuple(
                    (*before, column[at])
                    for before, column in zip(walk.values, values, strict=True)
                )
                longer.append(Walk(walk.row, ends[at], walk.edges + fresh, lists))
        return longer

    # ── the shortest ──────────────────────────────────────────────────────────────────────────

    def _shortest(self, batch: Batch, context: ExecutionContext) -> Iterator[Walk]:
        """Level by level, each row until it has what it asks for."""
        operator = self.operator
        kept: dict[int, int] = {}
        walks = self._leading_there(batch, context)
        rounds = 0
        while walks:
            context.check()
            if rounds >= operator.min:
                yield from self._chosen(self._accepted(batch, walks), kept)
            if operator.max is not None and rounds >= operator.max:
                return
            walks = [walk for walk in walks if kept.get(walk.row, 0) < operator.count]
            context.memory.hold(_size(walks))
            longer = self._grown(batch, walks, context)
            context.memory.free(_size(walks))
            walks = longer
            rounds += 1

    def _leading_there(self, batch: Batch, context: ExecutionContext) -> list[Walk]:
        """The beginnings from which the target can be reached at all, each node looked at once.

        Without it a target that cannot be reached is looked for along every walk there is.
        """
        beginnings = self._beginnings(batch)
        targets = start_ids(batch.columns[self.into]).tolist()
        reached = {walk.row for walk in beginnings if walk.node == targets[walk.row]}
        seen = {(walk.row, walk.node) for walk in beginnings}
        waiting = [walk for walk in beginnings if walk.row not in reached]
        rounds = 0
        while waiting and (self.operator.max is None or rounds < self.operator.max):
            context.check()
            fresh: list[Walk] = []
            for walk in self._grown(batch, waiting, context):
                here = walk.row, walk.node
                if here in seen:
                    continue
                seen.add(here)
                if walk.node == targets[walk.row]:
                    reached.add(walk.row)
                # Where it has been does not matter here.
                fresh.append(walk._replace(edges=(), values=((),) * len(self.values)))
            waiting = [walk for walk in fresh if walk.row not in reached]
            rounds += 1
        return [walk for walk in beginnings if walk.row in reached]

    def _chosen(self, found: list[Walk], kept: dict[int, int]) -> Iterator[Walk]:
        """Those of one length that are wanted; `kept` counts walks, or lengths, for each row."""
        operator = self.operator
        if operator.select == "groups":
            yield from found
            for row in {walk.row for walk in found}:
                kept[row] = kept.get(row, 0) + 1
            return
        for walk in found:
            count = kept.get(walk.row, 0)
            if count < operator.count:
                kept[walk.row] = count + 1
                yield walk


def _ids(edges: list[Any], *, turned: bool) -> tuple[int, ...]:
    """Ids of the edges of a round, those of lists among them, in the order they are walked."""
    ids: list[int] = []
    for edge in edges:
        ids += [edge.id] if isinstance(edge, EdgeRef) else [one.id for one in edge]
    return tuple(ids[::-1] if turned else ids)


def _size(walks: Sequence[Walk]) -> int:
    return sum(_WALK_BYTES + 32 * len(walk.edges) for walk in walks)


class KeepShortestStep(Step):
    """The shortest rows among those that agree; see `plan.KeepShortest`."""

    __slots__ = ("child", "edges", "keys", "layout", "operator")

    def __init__(self, operator: KeepShortest, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.operator = operator
        self.child = compiler.step(operator.child)
        places = slot_places(self.child.slots)
        self.keys = [places[name] for name in operator.keys]
        self.edges = [places[name] for name in operator.edges]
        self.layout = Layout(operator.slots, self.child.slots, [])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The rows that are kept, the shortest first."""
        kept: list[Batch] = []
        for batch in self.child.batches(context):
            if batch.count:
                context.memory.hold_batch(batch)
                kept.append(batch)
        if not kept:
            return
        whole = Batch.concat(kept)
        lengths = self._lengths(whole)
        keys = [start_ids(whole.columns[place]).tolist() for place in self.keys]
        chosen: list[int] = []
        counts: dict[tuple[int, ...], int] = {}
        last: dict[tuple[int, ...], int] = {}
        for row in watched(np.argsort(lengths, kind="stable").tolist()):
            key = tuple(column[row] for column in keys)
            count = counts.get(key, 0)
            if self.operator.select == "groups" and last.get(key) == lengths[row]:
                chosen.append(row)
            elif count < self.operator.count:
                counts[key] = count + 1
                last[key] = int(lengths[row])
                chosen.append(row)
        rows = np.array(chosen, dtype=np.int64)
        yield self.layout.extend(whole.take(rows), ())

    def _lengths(self, whole: Batch) -> Any:
        """How many edges each row's path has; shape (rows,)."""
        lengths = np.zeros(whole.count, dtype=np.int64)
        for place in self.edges:
            column = whole.columns[place]
            if column.kind == Kind.EDGE:
                lengths += 1
            else:
                lengths += np.array(
                    [len(edges) for edges in watched(column.to_values())], dtype=np.int64
                )
        return lengths
