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
from typing import TYPE_CHECKING, Any

from neuralgraph.api.record import record_type
from neuralgraph.errors import QueryError, SemanticError
from neuralgraph.query.execution import compile_plan
from neuralgraph.query.language import CheckContext, check, fixed_literals, normalise, parse
from neuralgraph.query.language.syntax import TransactionCommand
from neuralgraph.query.planning import plan as make_plan

if TYPE_CHECKING:
    from neuralgraph.access import CatalogReader
    from neuralgraph.api.procedures import ProcedureRegistry
    from neuralgraph.api.record import Record
    from neuralgraph.query.execution import Executable
    from neuralgraph.query.functions import Registry
    from neuralgraph.query.language import Normalised
    from neuralgraph.query.planning import Plan

PLANS_OF_A_SHAPE_MAX = 64
"""Plans kept for one normalised text whose fixed literals vary."""

Entry = tuple["Prepared", tuple[Any, ...]]
"""A statement and the values of its lifted literals."""


class Prepared:
    """A compiled statement; immutable, used by many threads at once.

    Attributes:
        executable: the compiled plan.
        plan: for EXPLAIN and PROFILE.
        columns: result column names.
        record: `record_type(columns)`.
        catalog_version: the plan is good for this version only.
        mode: ``run``, ``explain`` or ``profile``.
        reads: nothing in it writes, and it gives rows: the common case.
        writes: needs a writer.
        returns_rows: False where it ends in an updating clause.
        parameters: names of the parameters it needs.
    """

    __slots__ = (
        "catalog_version",
        "columns",
        "executable",
        "mode",
        "parameters",
        "plan",
        "reads",
        "record",
        "returns_rows",
        "writes",
    )

    def __init__(self, plan: Plan, executable: Executable, mode: str, catalog_version: int) -> None:
        self.plan = plan
        self.executable = executable
        self.mode = mode
        self.catalog_version = catalog_version
        self.writes = plan.writes or plan.changes_schema
        self.returns_rows = plan.returns_rows
        self.columns = plan.columns if plan.returns_rows else ()
        self.record: type[Record] = record_type(self.columns)
        self.reads = mode == "run" and not self.writes and plan.returns_rows
        self.parameters = plan.parameters


class _Shape:
    """Statements that differ in literals only.

    Attributes:
        fixed: which literals a plan may depend on.
        plans: by the values of the fixed literals.
    """

    __slots__ = ("fixed", "plans")

    def __init__(self, fixed: tuple[int, ...]) -> None:
        self.fixed = fixed
        self.plans: dict[tuple[Any, ...], Prepared] = {}

    def key_of(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The values of the fixed literals."""
        return tuple([values[place] for place in self.fixed])


class StatementCache:
    """Every statement of one engine, compiled.

    `entries` may be read without a lock: a look-up by exact text. Both caches drop what came first when
    they are full.
    """

    def __init__(
        self, functions: Registry, procedures: ProcedureRegistry, *, entries_max: int
    ) -> None:
        self.functions = functions
        self.procedures = procedures
        self.entries: dict[str, Entry] = {}
        self._entries_max = max(1, entries_max)
        self._shapes: dict[str, _Shape] = {}
        self._lock = threading.RLock()

    def prepare_for(self, text: str, catalog: CatalogReader) -> Entry:
        """The statement from the cache where its plan is good for this catalogue, else `prepare`."""
        entry = self.entries.get(text)
        if entry is None or entry[0].catalog_version != catalog.version:
            entry = self.prepare(text, catalog)
        return entry

    def prepare(self, text: str, catalog: CatalogReader) -> Entry:
        """The statement, compiled for this catalogue; cached.

        Raises:
            QueryError: located in the text.
        """
        try:
            normalised = normalise(text)
            with self._lock:
                shape = self._shapes.get(normalised.key)
                prepared = shape.plans.get(shape.key_of(normalised.values)) if shape else None
                if prepared is None or prepared.catalog_version != catalog.version:
                    prepared = self._compile(text, normalised, catalog)
                entry = (prepared, normalised.values)
                if len(self.entries) >= self._entries_max:
                    self.entries.pop(next(iter(self.entries)))
                self.entries[text] = entry
                return entry
        except QueryError as error:
            error.locate(text)
            raise

    def clear(self) -> None:
        """Forget everything: a function or procedure was registered."""
        with self._lock:
            self.entries.clear()
            self._shapes.clear()

    def _compile(self, text: str, normalised: Normalised, catalog: CatalogReader) -> Prepared:
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
        prepared = Prepared(plan, executable, statement.mode, catalog.version)
        self._keep(normalised, prepared, fixed_literals(statement, len(normalised.values)))
        return prepared

    def _keep(self, normalised: Normalised, prepared: Prepared, fixed: frozenset[int]) -> None:
        shape = self._shapes.get(normalised.key)
        if shape is None:
            if len(self._shapes) >= self._entries_max:
                self._shapes.pop(next(iter(self._shapes)))
            shape = self._shapes[normalised.key] = _Shape(tuple(sorted(fixed)))
        if len(shape.plans) >= PLANS_OF_A_SHAPE_MAX:
            shape.plans.clear()
        shape.plans[shape.key_of(normalised.values)] = prepared
