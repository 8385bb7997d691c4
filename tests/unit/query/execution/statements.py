"""Runs statements on the dictionary graph, for the tests of execution."""

from __future__ import annotations

from typing import Any

from neuralgraph.query.execution import (
    Executable,
    ExecutionContext,
    ProcedureRegistry,
    compile_plan,
)
from neuralgraph.query.functions import default_registry
from neuralgraph.query.language import CheckContext, check, parse
from neuralgraph.query.planning import Plan, plan
from tests.support.dict_graph import DictGraph

PROCEDURES = ProcedureRegistry()


def compiled(
    graph: DictGraph, text: str, *, profile: bool = False, procedures: Any = PROCEDURES
) -> tuple[Plan, Executable]:
    """A statement's plan, and the plan compiled."""
    functions = default_registry()
    checked = check(parse(text), CheckContext(functions, procedures))
    made = plan(checked, graph.catalog, functions)
    return made, compile_plan(made, functions, procedures, profile=profile)


def context_for(graph: DictGraph, parameters: dict[str, Any], **options: Any) -> ExecutionContext:
    """A context that may write."""
    return ExecutionContext(graph, graph, parameters, **options)


def run(graph: DictGraph, text: str, /, **parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement, entities as references."""
    return rows_of(compiled(graph, text)[1], context_for(graph, parameters))


def rows_of(executable: Executable, context: ExecutionContext) -> list[tuple[Any, ...]]:
    """All rows of a run."""
    rows: list[tuple[Any, ...]] = []
    for batch in executable.run(context):
        columns = [column.to_values() for column in batch.columns]
        rows.extend(zip(*columns, strict=True) if columns else [()] * batch.count)
    return rows


def graph_of(*statements: str) -> DictGraph:
    """A graph made by statements."""
    graph = DictGraph()
    for text in statements:
        run(graph, text)
    return graph
