"""Operators: one step a plan operator.

Every step is made by ``step(operator, compiler)`` and run by ``step.batches(context)``; `step` says what
all of them keep to. `step_class` finds the one for an operator; its module is loaded for the first plan
that has such an operator.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.query.execution.operators.step import Step
    from neuralgraph.query.planning.plan import Operator

_PLACES: Final = {
    "Aggregate": "aggregate.AggregateStep",
    "Apply": "apply.ApplyStep",
    "ApplyInTransactions": "in_transactions.InTransactionsStep",
    "AtTime": "at_time.AtTimeStep",
    "CreateEntities": "create.CreateStep",
    "CrossJoin": "joins.CrossJoinStep",
    "DeleteEntities": "delete.DeleteStep",
    "Distinct": "distinct.DistinctStep",
    "Eager": "limits.EagerStep",
    "EdgeById": "edge_scan.EdgeByIdStep",
    "EdgeEnds": "edge_scan.EdgeEndsStep",
    "EdgeIndexSeek": "edge_scan.EdgeIndexSeekStep",
    "EdgeScan": "edge_scan.EdgeScanStep",
    "EdgesReverify": "edges_reverify.EdgesReverifyStep",
    "Expand": "expand.ExpandStep",
    "ExpandInto": "expand.ExpandIntoStep",
    "ExpandVariable": "expand_variable.ExpandVariableStep",
    "Extend": "project.ExtendStep",
    "Filter": "filter.FilterStep",
    "ForeachApply": "foreach.ForeachStep",
    "HashJoin": "joins.HashJoinStep",
    "IndexSearch": "index_search.IndexSearchStep",
    "KeepShortest": "repeat.KeepShortestStep",
    "Limit": "limits.LimitStep",
    "LoadCsvRows": "load_csv.LoadCsvStep",
    "MergePath": "create.MergeStep",
    "NearestRows": "nearest_rows.NearestRowsStep",
    "NodeById": "node_scan.NodeByIdStep",
    "NodeIndexIn": "index_seek.NodeIndexInStep",
    "NodeIndexPrefix": "index_seek.NodeIndexPrefixStep",
    "NodeIndexRange": "index_seek.NodeIndexRangeStep",
    "NodeIndexSeek": "index_seek.NodeIndexSeekStep",
    "NodeScan": "node_scan.NodeScanStep",
    "PathCount": "shape_counts.PathCountStep",
    "ProcedureCall": "call.CallStep",
    "Project": "project.ProjectStep",
    "RemoveItems": "assignments.AssignStep",
    "Repeat": "repeat.RepeatStep",
    "SchemaChange": "schema.SchemaChangeStep",
    "SetItems": "assignments.AssignStep",
    "ShortestPath": "shortest_path.ShortestPathStep",
    "ShowRows": "showing.ShowStep",
    "Skip": "limits.SkipStep",
    "Sort": "sort.SortStep",
    "Top": "sort.TopStep",
    "TriangleCount": "shape_counts.TriangleCountStep",
    "UnionAll": "joins.UnionAllStep",
    "UnwindList": "unwind.UnwindStep",
}
"""The class of each operator's step, by module of this package.

`Unit` and `Argument` are the compiler's own.
"""

_loaded: Final[dict[type, Callable[[Any, Any], Step]]] = {}


def step_class(operator: type[Operator]) -> Callable[[Any, Any], Step]:
    """What makes the step of operators of a class."""
    found = _loaded.get(operator)
    if found is None:
        module, _, name = _PLACES[operator.__name__].partition(".")
        found = _loaded[operator] = getattr(import_module(f"{__name__}.{module}"), name)
    return found
