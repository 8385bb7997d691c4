"""Which way a search takes, and why: for EXPLAIN before the run, for PROFILE in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.query.execution.fusion import depth
from neuralgraph.query.planning.plan import IndexSearch, NearestRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.access import GraphReader, IndexDefinition
    from neuralgraph.query.planning.plan import Operator

_LIMIT: Final = 10
"""Before the run nobody knows how many will be sought; this many mostly are."""


def expected_path(operator: Operator, reader: GraphReader) -> str | None:
    """How an operator of a plan is thought to search; None when it does not."""
    if isinstance(operator, IndexSearch):
        plan = operator.candidates
        thought = None if plan is None else round(plan.plan.estimated_rows)
        return path_of(
            reader, operator.indexes, _LIMIT, thought, is_fused=operator.fusion is not None
        )
    if isinstance(operator, NearestRows):
        if not is_complete(reader, operator.index):
            return INCOMPLETE
        thought = None if operator.is_whole else round(operator.child.estimated_rows)
        return path_of(reader, (operator.index,), _LIMIT, thought, exact=True)
    return None


def path_of(
    reader: GraphReader,
    indexes: Sequence[IndexDefinition],
    limit: int,
    candidates: int | None,
    *,
    exact: bool = False,
    is_fused: bool = False,
) -> str:
    """How indexes are searched for the best among so many candidates (None: all)."""
    wanted = depth(limit) if is_fused else limit
    return "; ".join(
        f"{index.name} {reader.search_path(index, wanted, candidates, exact=exact)}"
        for index in indexes
    )


INCOMPLETE: Final = "passes all rows: not every node of the label has a vector in the index"


def is_complete(reader: GraphReader, index: IndexDefinition) -> bool:
    """Does an index hold all nodes of its label? Then it can speak for all rows."""
    held: int = reader.search_facts(index).get("rows", -1)
    return held == reader.catalog.node_count(index.label)
