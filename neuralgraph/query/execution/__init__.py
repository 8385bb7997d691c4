"""Physical plan to batches of rows.

    compile_plan(plan, functions, procedures) -> Executable      once; kept in the plan cache
    Executable.run(ExecutionContext(reader, ...)) -> Iterator[Batch]

An `Executable` is a tree of steps (operators/) with evaluators (expressions/) that never change, so that
threads share it; everything of a run is in the context and in the generators. Columns have two forms
(values/columns.py): up to `ROW_PATH_MAX` rows go through lists, more through arrays, and both mean the same.

Rows come as the result is read; a statement that writes must be read to its end. On an error the caller
rolls back: steps undo nothing.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.query.execution.backoff import Backoff
    from neuralgraph.query.execution.compiler import Executable, compile_plan
    from neuralgraph.query.execution.context import Counters, ExecutionContext
    from neuralgraph.query.execution.memory import MemoryBudget, out_of_memory
    from neuralgraph.query.execution.procedure import Procedure
    from neuralgraph.query.execution.procedures import ProcedureRegistry
    from neuralgraph.query.execution.process_memory import ProcessMemory, bytes_of_machine
    from neuralgraph.query.execution.profiling import OperatorProfile, Profile
else:
    __getattr__ = door(
        __name__,
        backoff="Backoff",
        compiler="Executable compile_plan",
        context="Counters ExecutionContext",
        memory="MemoryBudget out_of_memory",
        procedure="Procedure",
        procedures="ProcedureRegistry",
        process_memory="ProcessMemory bytes_of_machine",
        profiling="OperatorProfile Profile",
    )

__all__ = [
    "Backoff",
    "Counters",
    "Executable",
    "ExecutionContext",
    "MemoryBudget",
    "OperatorProfile",
    "Procedure",
    "ProcedureRegistry",
    "ProcessMemory",
    "Profile",
    "bytes_of_machine",
    "compile_plan",
    "out_of_memory",
]
