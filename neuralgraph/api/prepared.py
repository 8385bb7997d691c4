"""From text to something that runs: the caches in front of parser, checker and planner.

    text ──exact text seen before──────────────────────────────► (Prepared, literals)
      └─normalise─► key ──same shape, same fixed literals──────► Prepared
                      └─parse─check─plan─compile───────────────► Prepared

Two texts that differ only in literals share a `Prepared`, except for the literals that are fixed: those
that shape the plan or name a column (`fixed_literals` tells which). A plan is good for the catalogue
version it was made at; afterwards it is made anew.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from neuralgraph.api.record import record_type
from neuralgraph.errors import QueryError, QuerySyntaxError, QueryTypeError, SemanticError
from neuralgraph.query.execution import compile_plan
from neuralgraph.query.language import CheckContext, check, fixed_literals, normalise, parse
from neuralgraph.query.language.syntax import TransactionCommand
from neuralgraph.query.planning import PlanCache
from neuralgraph.query.planning import plan as make_plan
from neuralgraph.stopping import holding

if TYPE_CHECKING:
    from neuralgraph.access import CatalogReader
    from neuralgraph.api.record import Record
    from neuralgraph.errors import Span
    from neuralgraph.query.execution import Executable, ProcedureRegistry
    from neuralgraph.query.functions import Registry
    from neuralgraph.query.language import Normalised
    from neuralgraph.query.planning import Plan

Entry = tuple["Prepared", tuple[object, ...]]
"""A statement and the values of its lifted literals."""


class Prepared:
    """A compiled statement; immutable, used by many threads at once.

    Attributes:
        executable: the compiled plan.
        plan: for EXPLAIN and PROFILE.
        columns: result column names.
        record: `record_type(columns)`.
        mode: ``run``, ``explain`` or ``profile``.
        reads: nothing in it changes anything, and it gives rows: the common case.
        administers: changes what is not the graph's data.
        in_transactions: begins transactions of its own.
        writes: needs a writer.
        returns_rows: False where it ends in an updating clause.
        parameters: names of the parameters it needs.
        spans: where the lifted literals stand in the text that it was made for.
    """

    __slots__ = (
        "administers",
        "columns",
        "executable",
        "in_transactions",
        "mode",
        "parameters",
        "plan",
        "reads",
        "record",
        "returns_rows",
        "spans",
        "writes",
    )

    def __init__(
        self, plan: Plan, executable: Executable, mode: str, spans: tuple[Span, ...]
    ) -> None:
        self.plan = plan
        self.spans = spans
        self.executable = executable
        self.mode = mode
        self.writes = plan.writes or plan.changes_schema
        self.administers = plan.administers
        self.returns_rows = plan.returns_rows
        self.columns = plan.columns if plan.returns_rows else ()
        self.record: type[Record] = record_type(self.columns)
        self.in_transactions = plan.in_transactions
        self.reads = (
            mode == "run"
            and plan.returns_rows
            and not (self.in_transactions or self.writes or self.administers)
        )
        self.parameters = frozenset(plan.parameters)

    def locate(self, error: QueryError, text: str) -> None:
        """Show where in `text` the error is; the plan may have been made for other literals."""
        if self.spans:
            error.move(self.spans, normalise(text).spans)
        error.locate(text)


class StatementCache:
    """Every statement of one engine, compiled; thread-safe."""

    __slots__ = ("_lock", "_plans", "find", "functions", "procedures")

    def __init__(
        self, functions: Registry, procedures: ProcedureRegistry, *, entries_max: int
    ) -> None:
        self.functions = functions
        self.procedures = procedures
        self._plans: PlanCache[Prepared] = PlanCache(max(1, entries_max))
        self._lock = threading.Lock()
        self.find = self._plans.find_text
        """``find(text, catalog_version)``: the entry of this very text, or None; one look-up."""

    def prepare_for(self, text: str, catalog: CatalogReader) -> Entry:
        """The statement from the cache where its plan is good for this catalogue, else `prepare`."""
        return self.find(text, catalog.version) or self.prepare(text, catalog)

    def prepare(self, text: str, catalog: CatalogReader) -> Entry:
        """The statement, compiled for this catalogue; cached.

        Raises:
            QueryError: located in the text.
        """
        if not isinstance(text, str):
            raise QueryTypeError(
                f"a statement is text, not {type(text).__name__}", detail="InvalidArgumentType"
            )
        try:
            normalised = normalise(text)
            key, values, version = normalised.key, normalised.values, catalog.version
            prepared = self._plans.find_key(key, values, version)
            if prepared is None:
                # One at a time: threads that ask for the same statement together compile it once.
                with holding(self._lock):
                    prepared = self._plans.find_key(key, values, version)
                    if prepared is None:
                        prepared, fixed = self._compile(text, normalised, catalog)
                        self._plans.put(text, key, values, fixed, version, prepared)
                        return prepared, values
            self._plans.put_text(text, values, version, prepared)
        except QueryError as error:
            error.locate(text)
            raise
        except RecursionError as error:
            raise QuerySyntaxError(
                "the statement has too many clauses or patterns; split it into several",
                detail="UnexpectedSyntax",
            ) from error
        return prepared, values

    def clear(self) -> None:
        """Forget everything: a function or procedure was registered."""
        self._plans.clear()

    def _compile(
        self, text: str, normalised: Normalised, catalog: CatalogReader
    ) -> tuple[Prepared, frozenset[int]]:
        statement = parse(text, normalised.spans)
        if isinstance(statement.body, TransactionCommand):
            raise SemanticError(
                f"{statement.body.kind} is for the shell; in Python use graph.transaction()",
                phase="compile time",
                span=statement.body.span,
            )
        checked = check(statement, CheckContext(self.functions, self.procedures))
        plan = make_plan(checked, catalog, self.functions)
        executable = compile_plan(
            plan, self.functions, self.procedures, profile=statement.mode == "profile"
        )
        fixed = fixed_literals(statement, len(normalised.values))
        return Prepared(plan, executable, statement.mode, normalised.spans), fixed
