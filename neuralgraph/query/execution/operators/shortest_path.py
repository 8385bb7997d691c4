"""ShortestPath: breadth first from both ends, level by level, the narrower frontier first.

Each level remembers the edges by which its nodes were first reached. When a new level touches the other
side, the two levels' numbers add up to the least length, and every shortest path passes through exactly
one of the nodes where they meet: paths are put together from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.query.execution.columns import start_ids
from neuralgraph.query.execution.operators.edge_predicate import EdgePredicate
from neuralgraph.query.execution.operators.reachable import distinct_below
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.stopping import watched
from neuralgraph.values import BATCH_ROWS_MAX, Column, EdgeRef, Kind, PathRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import Direction
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import ShortestPath
    from neuralgraph.values import Batch, IdArray, RowArray

_OPPOSITE: dict[str, Direction] = {"out": "in", "in": "out", "both": "both"}
_Walk = tuple[tuple[int, ...], tuple[int, ...]]
"""Nodes and edges of a path, in order."""


class ShortestPathStep(Step):
    """Shortest paths between the two nodes of each row."""

    __slots__ = ("child", "layout", "operator", "predicate", "source", "target")

    def __init__(self, operator: ShortestPath, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.operator = operator
        self.child = compiler.step(operator.child)
        slots = self.child.slots
        self.source = compiler.place(slots, operator.source)
        self.target = compiler.place(slots, operator.target)
        self.predicate = (
            None
            if operator.predicate is None
            else EdgePredicate(operator.predicate, operator.predicate_edge or "", slots, compiler)
        )
        self.layout = Layout(operator.slots, slots, [operator.path or "", operator.edges or " "])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows that have a path, each with its shortest one or ones."""
        for batch in self.child.batches(context):
            rows: list[int] = []
            walks: list[_Walk] = []
            sources = start_ids(batch.columns[self.source]).tolist()
            targets = start_ids(batch.columns[self.target]).tolist()
            for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
                if source < 0 or target < 0:
                    continue
                for walk in self._search(batch, row, source, target, context):
                    rows.append(row)
                    walks.append(walk)
                    if len(rows) >= BATCH_ROWS_MAX:
                        yield self._output(batch, rows, walks)
                        rows, walks = [], []
            if rows:
                yield self._output(batch, rows, walks)

    def _output(self, batch: Batch, rows: list[int], walks: list[_Walk]) -> Batch:
        paths: list[Any] = [PathRef(nodes, edges) for nodes, edges in walks]
        lists: list[Any] = [list(map(EdgeRef, edges)) for _, edges in walks]
        added = [Column.of_list(Kind.ANY, paths), Column.of_list(Kind.ANY, lists)]
        return self.layout.gather(batch, np.array(rows, dtype=np.int64), added)

    def _search(
        self, batch: Batch, row: int, source: int, target: int, context: ExecutionContext
    ) -> Iterator[_Walk]:
        operator = self.operator
        if source == target:
            if operator.min == 0:
                yield (source,), ()
            else:
                yield from self._cycles(batch, row, source, context)
            return
        search = _Search(self, batch, row, context)
        meeting = search.run(source, target)
        for node in meeting:
            for ahead in search.forward.walks(node):
                for behind in search.backward.walks(node):
                    yield ahead[0] + behind[0][-2::-1], ahead[1] + behind[1][::-1]
                    if not operator.all:
                        return

    def expand(
        self,
        batch: Batch,
        row: int,
        nodes: IdArray,
        direction: Direction,
        context: ExecutionContext,
    ) -> tuple[IdArray, IdArray, IdArray]:
        """Edges from the nodes that the predicate allows: place of the origin, edge, neighbour."""
        places, edges, found = context.reader.expand(nodes, self.operator.types, direction)
        if self.predicate is not None and len(edges):
            rows = np.full(len(edges), row, dtype=np.int64)
            may = self.predicate.mask(batch, rows, edges, context)
            places, edges, found = places[may], edges[may], found[may]
        return places, edges, found

    def _cycles(
        self, batch: Batch, row: int, source: int, context: ExecutionContext
    ) -> Iterator[_Walk]:
        """Shortest trails from a node back to it; paths grow until one closes."""
        operator = self.operator
        walks: list[_Walk] = [((source,), ())]
        length = 0
        while walks and (operator.max is None or length < operator.max):
            context.check()
            length += 1
            ends = np.array([nodes[-1] for nodes, _ in walks], dtype=np.int64)
            unique = np.unique(ends)
            edges_of: dict[int, list[tuple[int, int]]] = {}
            places, *ways = self.expand(batch, row, unique, operator.direction, context)
            for origin, edge, found in zip(
                unique[places].tolist(), *(part.tolist() for part in ways), strict=True
            ):
                edges_of.setdefault(origin, []).append((edge, found))
            longer: list[_Walk] = []
            closed = False
            for nodes, edges in watched(walks):
                for edge, found in edges_of.get(nodes[-1], ()):
                    if edge in edges:
                        continue
                    if found == source:
                        closed = True
                        yield (*nodes, found), (*edges, edge)
                        if not operator.all:
                            return
                    elif found not in nodes:
                        longer.append(((*nodes, found), (*edges, edge)))
            if closed:
                return
            walks = longer


class _Side:
    """One of the two searches."""

    __slots__ = ("depth", "direction", "levels", "nodes", "origin", "seen")

    def __init__(self, origin: int, direction: Direction, limit: int) -> None:
        self.origin = origin
        self.direction = direction
        self.nodes: IdArray = np.array([origin], dtype=np.int64)
        self.depth = 0
        self.seen = np.zeros(limit, dtype=np.bool_)
        self.seen[origin] = True
        # For each level its nodes, and the edges from them: place of the origin, edge, neighbour.
        self.levels: list[tuple[IdArray, RowArray, IdArray, IdArray]] = []

    def grow(self, found: IdArray) -> None:
        """One level further: to those of `found` that were not reached before."""
        self.nodes = distinct_below(found[~self.seen[found]], len(self.seen))
        self.seen[self.nodes] = True
        self.depth += 1

    def walks(self, node: int) -> Iterator[_Walk]:
        """Every way from the origin to a node of the last level, in order from the origin."""
        yield from self._walks(node, self.depth)

    def _walks(self, node: int, depth: int) -> Iterator[_Walk]:
        if depth == 0:
            yield (node,), ()
            return
        level, places, edges, found = self.levels[depth - 1]
        # Nodes reached earlier are among those found too, but a node of this level was not reached before.
        for place in (found == node).nonzero()[0].tolist():
            for nodes, before in self._walks(int(level[places[place]]), depth - 1):
                yield (*nodes, node), (*before, int(edges[place]))


class _Search:
    """The search between two nodes."""

    __slots__ = ("backward", "batch", "context", "forward", "row", "step")

    forward: _Side
    backward: _Side

    def __init__(
        self, step: ShortestPathStep, batch: Batch, row: int, context: ExecutionContext
    ) -> None:
        self.step = step
        self.batch = batch
        self.row = row
        self.context = context

    def run(self, source: int, target: int) -> list[int]:
        """The nodes where the two sides meet; none when there is no path within reach."""
        operator = self.step.operator
        limit = max(self.context.reader.node_limit, source + 1, target + 1)
        self.forward = _Side(source, operator.direction, limit)
        self.backward = _Side(target, _OPPOSITE[operator.direction], limit)
        while len(self.forward.nodes) and len(self.backward.nodes):
            self.context.check()
            if (
                operator.max is not None
                and self.forward.depth + self.backward.depth >= operator.max
            ):
                return []
            side, other = self.forward, self.backward
            if len(other.nodes) < len(side.nodes):
                side, other = other, side
            places, edges, found = self.step.expand(
                self.batch, self.row, side.nodes, side.direction, self.context
            )
            side.levels.append((side.nodes, places, edges, found))
            met = found[other.seen[found]]
            if len(met):
                side.depth += 1
                return [int(node) for node in distinct_below(met, len(side.seen))]
            side.grow(found)
        return []
