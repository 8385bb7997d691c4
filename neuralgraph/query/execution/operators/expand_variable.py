"""ExpandVariable: along many edges, no edge twice on a path.

Paths grow level by level, many at once: a frontier holds for each path the row it began in, the node it
has come to, and its edges as a row of a matrix. A frontier that grows too wide is cut, and the parts are
walked one after the other, so that memory is bounded by width times depth.

With `distinct_targets` nobody asks for paths: then every node is visited once a row (see `reachable`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neuralgraph.query.execution.columns import ids_column, start_ids
from neuralgraph.query.execution.operators.crossing import matched
from neuralgraph.query.execution.operators.edge_predicate import EdgePredicate
from neuralgraph.query.execution.operators.expand import Difference
from neuralgraph.query.execution.operators.reachable import Reach, reachable
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import BATCH_ROWS_MAX, Column, EdgeRef, Kind
from neuralgraph.values.arrays import all_true

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import ExpandVariable
    from neuralgraph.values import Batch, IdArray, MaskArray, RowArray

_FRONTIER_ROWS_MAX = BATCH_ROWS_MAX // 4
_DEGREES_ROWS_MIN = 256
"""A frontier of fewer paths is not cut by what it grows to."""


class Frontier(NamedTuple):
    """Paths of one length.

    `rows` (paths,): where each began; `nodes` (paths,): where it has come to; `edges` (paths, length).
    """

    rows: RowArray
    nodes: IdArray
    edges: IdArray

    @property
    def nbytes(self) -> int:
        """Size of all of it."""
        return self.rows.nbytes + self.nodes.nbytes + self.edges.nbytes

    def take(self, chosen: MaskArray | RowArray | slice) -> Frontier:
        """Some of the paths."""
        return Frontier(self.rows[chosen], self.nodes[chosen], self.edges[chosen])


class ExpandVariableStep(Step):
    """Walks of `min` to `max` edges."""

    __slots__ = (
        "child",
        "difference",
        "distinct_targets",
        "into",
        "layout",
        "operator",
        "predicate",
        "source",
        "wants_edges",
    )

    def __init__(self, operator: ExpandVariable, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.operator = operator
        self.child = compiler.step(operator.child)
        slots = self.child.slots
        self.source = compiler.place(slots, operator.source)
        self.into = compiler.place(slots, operator.target) if operator.into else -1
        self.difference = Difference(
            [compiler.place(slots, name) for name in operator.different_from],
            [-1] * len(operator.different_from),
        )
        self.predicate = (
            None
            if operator.predicate is None
            else EdgePredicate(operator.predicate, operator.predicate_edge or "", slots, compiler)
        )
        names = [operator.edges or ""]
        if not operator.into:
            names.append(operator.target)
        self.layout = Layout(operator.slots, slots, names)
        self.wants_edges = any(slot.name == operator.edges for slot in operator.slots)
        # Nodes seen once cannot tell how many edges lead there: lists and long minima walk paths.
        self.distinct_targets = (
            operator.distinct_targets
            and not self.wants_edges
            and operator.min <= 1
            and not operator.different_from
        )

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows, each with the ends of its walks."""
        for batch in self.child.batches(context):
            if not batch.count:
                continue
            found = (
                self._targets(batch, context)
                if self.distinct_targets
                else self._walks(batch, context)
            )
            for frontier in found:
                if not self.wants_edges:
                    yield from self._output(batch, frontier)
                    continue
                # Lists of edges are made one by one: a part at a time.
                for piece in context.pieces(len(frontier.rows)):
                    yield from self._output(batch, frontier.take(piece))

    # ── what comes out ────────────────────────────────────────────────────────────────────────

    def _output(self, batch: Batch, frontier: Frontier) -> Iterator[Batch]:
        count = len(frontier.rows)
        added: list[Column] = []
        if self.wants_edges:
            edges = frontier.edges[:, ::-1] if self.operator.reversed else frontier.edges
            added.append(
                Column.of_list(Kind.ANY, [list(map(EdgeRef, path)) for path in edges.tolist()])
            )
        else:
            added.append(Column(Kind.ANY, count, None, None, []))
        if self.into < 0:
            added.append(ids_column(Kind.NODE, frontier.nodes))
        yield from matched(self.layout, batch, frontier.rows, added)

    def _accepted(self, batch: Batch, frontier: Frontier, context: ExecutionContext) -> Frontier:
        """The paths that end where they should."""
        if self.into >= 0:
            targets = start_ids(batch.columns[self.into])
            frontier = frontier.take(frontier.nodes == targets[frontier.rows])
        for label in self.operator.target_labels:
            if len(frontier.rows):
                has = context.reader.has_label(frontier.nodes, label)
                if not all_true(has):
                    frontier = frontier.take(has)
        return frontier

    # ── every path ────────────────────────────────────────────────────────────────────────────

    def _walks(self, batch: Batch, context: ExecutionContext) -> Iterator[Frontier]:
        operator = self.operator
        starts = start_ids(batch.columns[self.source])
        rows = np.flatnonzero(starts >= 0)
        beginning = Frontier(rows, starts[rows], np.empty((len(rows), 0), dtype=np.int64))
        if operator.max is not None and operator.max < operator.min:
            return
        if operator.min == 0 and len(rows):
            accepted = self._accepted(batch, beginning, context)
            if len(accepted.rows):
                yield accepted
        stack = [beginning]
        context.memory.hold(beginning.nbytes)
        while stack:
            context.check()
            frontier = stack.pop()
            context.memory.free(frontier.nbytes)
            length = frontier.edges.shape[1]
            if not len(frontier.rows) or (operator.max is not None and length >= operator.max):
                continue
            parts = self._parts(frontier, context)
            if len(parts) > 1:
                stack.extend(reversed(parts))
                context.memory.hold(frontier.nbytes)
                continue
            longer = self._grown(batch, frontier, context)
            if length + 1 >= operator.min and len(longer.rows):
                accepted = self._accepted(batch, longer, context)
                if len(accepted.rows):
                    yield accepted
            stack.append(longer)
            context.memory.hold(longer.nbytes)

    def _parts(self, frontier: Frontier, context: ExecutionContext) -> list[Frontier]:
        """The frontier in parts, each of which grows to about BATCH_ROWS_MAX paths."""
        count = len(frontier.rows)
        if count < _DEGREES_ROWS_MIN:
            return [frontier]
        operator = self.operator
        degrees = context.reader.degree(frontier.nodes, operator.types, operator.direction)
        total = np.cumsum(degrees)
        cuts = [0]
        while cuts[-1] < count:
            start = cuts[-1]
            before = int(total[start - 1]) if start else 0
            stop = int(np.searchsorted(total, before + BATCH_ROWS_MAX, side="right"))
            cuts.append(min(max(stop, start + 1), start + _FRONTIER_ROWS_MAX, count))
        return [frontier.take(slice(start, stop)) for start, stop in pairwise(cuts)]

    def _grown(self, batch: Batch, frontier: Frontier, context: ExecutionContext) -> Frontier:
        """The paths with one more edge, in every way there is."""
        operator = self.operator
        paths, edges, nodes = context.reader.expand(
            frontier.nodes, operator.types, operator.direction
        )
        if frontier.edges.shape[1]:
            fresh = (frontier.edges[paths] != edges[:, np.newaxis]).all(axis=1)
            if not all_true(fresh):
                paths, edges, nodes = paths[fresh], edges[fresh], nodes[fresh]
        rows = frontier.rows[paths]
        keep = Difference.mask(batch, self.difference.places, rows, edges)
        if self.predicate is not None and len(edges):
            holds = self.predicate.mask(batch, rows, edges, context)
            keep = holds if keep is None else keep & holds
        if keep is not None:
            paths, edges, nodes, rows = paths[keep], edges[keep], nodes[keep], rows[keep]
        longer = np.concatenate([frontier.edges[paths], edges[:, np.newaxis]], axis=1)
        return Frontier(rows, nodes, longer)

    # ── every node once ───────────────────────────────────────────────────────────────────────

    def _targets(self, batch: Batch, context: ExecutionContext) -> Iterator[Frontier]:
        operator = self.operator
        starts = start_ids(batch.columns[self.source])
        rows = np.flatnonzero(starts >= 0)
        reach = Reach(
            context,
            operator.types,
            operator.direction,
            operator.min,
            operator.max,
            None
            if self.predicate is None
            else lambda of_rows, edges: self.predicate.mask(batch, of_rows, edges, context),  # type: ignore[union-attr]
        )
        for found_rows, nodes in reachable(reach, rows, starts[rows]):
            frontier = Frontier(found_rows, nodes, np.empty((len(nodes), 0), dtype=np.int64))
            accepted = self._accepted(batch, frontier, context)
            if len(accepted.rows):
                yield accepted
