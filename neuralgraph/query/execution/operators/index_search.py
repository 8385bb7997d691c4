"""IndexSearch: rows from search indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.query.execution.columns import entity_column, ids_column, start_ids
from neuralgraph.query.execution.fusion import (
    anchors_of,
    fused_search,
    fusion_weights,
    question_of,
)
from neuralgraph.query.execution.memory import Share
from neuralgraph.query.execution.operators.crossing import matched
from neuralgraph.query.execution.operators.limits import row_count
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.query.execution.search_paths import path_of
from neuralgraph.values import NO_IDS, Batch, Column, Kind
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import GraphReader, SearchHits
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import IndexSearch
    from neuralgraph.values.arrays import IdArray


class IndexSearchStep(Step):
    """One search for each row of the child; the candidates are found once where no row matters to them."""

    __slots__ = (
        "candidates", "child", "collected", "depends", "fusion", "indexes", "kind", "layout", "limit",
        "near", "operator", "queries", "weights",
    )  # fmt: skip

    def __init__(self, operator: IndexSearch, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.operator = operator
        self.child = compiler.step(operator.child)
        self.indexes = operator.indexes
        self.kind = Kind.NODE if operator.indexes[0].entity == "node" else Kind.EDGE
        seen = compiler.expressions(self.child.slots)
        self.queries = seen.compile_all(operator.queries)
        self.limit = compiler.expressions(()).compile(operator.limit)
        self.near = None if operator.near is None else seen.compile(operator.near)
        self.weights = None if operator.weights is None else seen.compile(operator.weights)
        self.fusion = operator.fusion
        self.candidates, self.collected, self.depends = None, -1, operator.depends
        if operator.candidates is not None:
            self.candidates = compiler.inner(operator.candidates.plan, self.child.slots)
            self.collected = self.candidates.place(operator.candidates.collected or "")
        names = [operator.variable] + ([] if operator.score is None else [operator.score])
        self.layout = Layout(operator.slots, self.child.slots, names)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Each row with its matches, best first."""
        limit = row_count(self.limit, context, "LIMIT")
        within: IdArray | None = None
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if not batch.count or not limit:
                continue
            if self.candidates is not None and within is None and not self.depends:
                within = self._candidates(batch.slice(0, 1), context)
            found = list(self._searched(batch, context, limit, within))
            rows = np.repeat(np.arange(batch.count), [len(hits.ids) for hits in found])
            ids = np.concatenate([hits.ids for hits in found])
            scores = np.concatenate([hits.scores for hits in found])
            added = [ids_column(self.kind, ids), Column.of_array(Kind.FLOAT, scores)]
            yield from matched(self.layout, batch, rows, added)

    def _searched(
        self, batch: Batch, context: ExecutionContext, limit: int, within: IdArray | None
    ) -> Iterator[SearchHits]:
        columns = [query.items(batch, context) for query in self.queries]
        near = None if self.near is None else self.near.items(batch, context)
        weights = None if self.weights is None else self.weights.items(batch, context)
        # A loop over rows: each is a search of its own.
        for row, queries in enumerate(zip(*columns, strict=True)):
            if self.depends:
                within = self._candidates(batch.slice(row, row + 1), context)
            asked = [
                (index, question_of(index, query))
                for index, query in zip(self.indexes, queries, strict=True)
            ]
            rankings = len(asked) + (near is not None)
            if context.profile is not None:
                context.profile.note(self.operator, self._path(context.reader, limit, within))
            yield fused_search(
                context.reader,
                asked,
                limit,
                within,
                anchors=None if near is None else anchors_of(near[row]),
                weights=None if weights is None else fusion_weights(weights[row], rankings),
                fusion=self.fusion,
                check=context.check,
            )

    def _path(self, reader: GraphReader, limit: int, within: IdArray | None) -> str:
        count = None if within is None else len(within)
        return path_of(reader, self.indexes, limit, count, is_fused=self.fusion is not None)

    def _candidates(self, batch: Batch, context: ExecutionContext) -> IdArray:
        """Ids of the entities that count for a row, ascending, each once."""
        assert self.candidates is not None
        pieces: list[IdArray] = [NO_IDS]
        with Share(context.memory) as held:
            for _rows, found in self.candidates.run(batch, context):
                ids = start_ids(entity_column(found.columns[self.collected], self.kind))
                held.hold(2 * ids.nbytes)
                pieces.append(ids)
            return distinct(np.concatenate(pieces))
