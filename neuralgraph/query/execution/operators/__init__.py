"""Operators: one step a plan operator, by the operator's class in `STEPS`.

Every step is made by ``step(operator, compiler)`` and run by ``step.batches(context)``; `step` says what
all of them keep to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.execution.operators.aggregate import AggregateStep
from neuralgraph.query.execution.operators.apply import ApplyStep
from neuralgraph.query.execution.operators.assignments import AssignStep
from neuralgraph.query.execution.operators.at_time import AtTimeStep
from neuralgraph.query.execution.operators.call import CallStep
from neuralgraph.query.execution.operators.create import CreateStep, MergeStep
from neuralgraph.query.execution.operators.delete import DeleteStep
from neuralgraph.query.execution.operators.distinct import DistinctStep
from neuralgraph.query.execution.operators.edge_scan import (
    EdgeByIdStep,
    EdgeEndsStep,
    EdgeIndexSeekStep,
    EdgeScanStep,
)
from neuralgraph.query.execution.operators.edges_reverify import EdgesReverifyStep
from neuralgraph.query.execution.operators.expand import ExpandIntoStep, ExpandStep
from neuralgraph.query.execution.operators.expand_variable import ExpandVariableStep
from neuralgraph.query.execution.operators.filter import FilterStep
from neuralgraph.query.execution.operators.foreach import ForeachStep
from neuralgraph.query.execution.operators.in_transactions import InTransactionsStep
from neuralgraph.query.execution.operators.index_search import IndexSearchStep
from neuralgraph.query.execution.operators.index_seek import (
    NodeIndexInStep,
    NodeIndexPrefixStep,
    NodeIndexRangeStep,
    NodeIndexSeekStep,
)
from neuralgraph.query.execution.operators.joins import CrossJoinStep, HashJoinStep, UnionAllStep
from neuralgraph.query.execution.operators.limits import EagerStep, LimitStep, SkipStep
from neuralgraph.query.execution.operators.load_csv import LoadCsvStep
from neuralgraph.query.execution.operators.nearest_rows import NearestRowsStep
from neuralgraph.query.execution.operators.node_scan import NodeByIdStep, NodeScanStep
from neuralgraph.query.execution.operators.project import ExtendStep, ProjectStep
from neuralgraph.query.execution.operators.repeat import KeepShortestStep, RepeatStep
from neuralgraph.query.execution.operators.schema import SchemaChangeStep
from neuralgraph.query.execution.operators.shape_counts import (
    PathCountStep,
    TriangleCountStep,
)
from neuralgraph.query.execution.operators.shortest_path import ShortestPathStep
from neuralgraph.query.execution.operators.showing import ShowStep
from neuralgraph.query.execution.operators.sort import SortStep, TopStep
from neuralgraph.query.execution.operators.unwind import UnwindStep
from neuralgraph.query.planning.plan import (
    Aggregate,
    Apply,
    ApplyInTransactions,
    AtTime,
    CreateEntities,
    CrossJoin,
    DeleteEntities,
    Distinct,
    Eager,
    EdgeById,
    EdgeEnds,
    EdgeIndexSeek,
    EdgeScan,
    EdgesReverify,
    Expand,
    ExpandInto,
    ExpandVariable,
    Extend,
    Filter,
    ForeachApply,
    HashJoin,
    IndexSearch,
    KeepShortest,
    Limit,
    LoadCsvRows,
    MergePath,
    NearestRows,
    NodeById,
    NodeIndexIn,
    NodeIndexPrefix,
    NodeIndexRange,
    NodeIndexSeek,
    NodeScan,
    PathCount,
    ProcedureCall,
    Project,
    RemoveItems,
    Repeat,
    SchemaChange,
    SetItems,
    ShortestPath,
    ShowRows,
    Skip,
    Sort,
    Top,
    TriangleCount,
    UnionAll,
    UnwindList,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.query.execution.operators.step import Step

STEPS: Final[dict[type, Callable[[Any, Any], Step]]] = {
    Aggregate: AggregateStep,
    Apply: ApplyStep,
    ApplyInTransactions: InTransactionsStep,
    AtTime: AtTimeStep,
    CreateEntities: CreateStep,
    CrossJoin: CrossJoinStep,
    DeleteEntities: DeleteStep,
    Distinct: DistinctStep,
    Eager: EagerStep,
    EdgeById: EdgeByIdStep,
    EdgeEnds: EdgeEndsStep,
    EdgeIndexSeek: EdgeIndexSeekStep,
    EdgeScan: EdgeScanStep,
    EdgesReverify: EdgesReverifyStep,
    Expand: ExpandStep,
    ExpandInto: ExpandIntoStep,
    ExpandVariable: ExpandVariableStep,
    Extend: ExtendStep,
    Filter: FilterStep,
    ForeachApply: ForeachStep,
    HashJoin: HashJoinStep,
    IndexSearch: IndexSearchStep,
    KeepShortest: KeepShortestStep,
    Limit: LimitStep,
    LoadCsvRows: LoadCsvStep,
    MergePath: MergeStep,
    NearestRows: NearestRowsStep,
    NodeById: NodeByIdStep,
    NodeIndexIn: NodeIndexInStep,
    NodeIndexPrefix: NodeIndexPrefixStep,
    NodeIndexRange: NodeIndexRangeStep,
    NodeIndexSeek: NodeIndexSeekStep,
    NodeScan: NodeScanStep,
    PathCount: PathCountStep,
    ProcedureCall: CallStep,
    Project: ProjectStep,
    RemoveItems: AssignStep,
    Repeat: RepeatStep,
    SchemaChange: SchemaChangeStep,
    SetItems: AssignStep,
    ShortestPath: ShortestPathStep,
    ShowRows: ShowStep,
    Skip: SkipStep,
    Sort: SortStep,
    Top: TopStep,
    TriangleCount: TriangleCountStep,
    UnionAll: UnionAllStep,
    UnwindList: UnwindStep,
}
"""How each operator is made a step; `Unit` and `Argument` are the compiler's own."""
