"""The life of a statement: compiled or found in the cache, run on a snapshot or in a transaction.

A statement that reads runs on the newest snapshot, without a transaction; its batches are made as the
result is read. A statement that writes runs to its end inside a transaction, which is its own (committed
at once) or the user's (then only the statement is undone when it fails).
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.api.activity import Activity
from neuralgraph.api.rendering import rendered_batches
from neuralgraph.api.result import Details, Result
from neuralgraph.api.settings import process_memory_of
from neuralgraph.errors import (
    AccessModeError,
    ParameterMissingError,
    QueryError,
    QueryTimeoutError,
    QueryTypeError,
    SemanticError,
    TransactionError,
)
from neuralgraph.hints import close_name
from neuralgraph.query.execution.context import ExecutionContext
from neuralgraph.query.execution.memory import out_of_memory
from neuralgraph.stopping import enter, leave
from neuralgraph.values.nesting import too_deep

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.access import CatalogReader, GraphReader, GraphWriter
    from neuralgraph.api.activity import OpenTransaction
    from neuralgraph.api.prepared import Entry, Prepared, StatementCache
    from neuralgraph.api.settings import Settings
    from neuralgraph.query.execution import Backoff, Profile
    from neuralgraph.query.planning import Plan
    from neuralgraph.query.planning.plan import Operator
    from neuralgraph.storage.maintenance import Engine
    from neuralgraph.storage.transactions import Transaction as EngineTransaction
    from neuralgraph.storage.versions import GraphView
    from neuralgraph.values import Batch

Parameters = Mapping[str, Any]

_NO_PARAMETERS: Final[dict[str, Any]] = {}
_INTEGER_MAX: Final = 2**63
_NAMES: Final = frozenset({str})
_PLAIN: Final = frozenset({str, float, bool, type(None)})


def _random() -> float:
    """Uniform in [0, 1); `random` takes a while to load, and few statements want chance."""
    import random

    return random.random()  # noqa: S311 (no secret)


def engine_parameters(given: Parameters | None, named: dict[str, Any]) -> dict[str, Any]:
    """Parameters as engine values, in a dict of our own.

    Raises:
        QueryTypeError: not a mapping, or a value without a counterpart.
    """
    if given is None:
        merged = named
    elif isinstance(given, Mapping):
        merged = {**given, **named}
        if not _NAMES.issuperset(map(type, merged)):
            # An enum is found by another hash than the string that it is.
            merged = {_parameter_name(name): value for name, value in merged.items()}
    else:
        raise QueryTypeError(
            f"parameters come as a mapping or as keyword arguments, not as {type(given).__name__}",
            detail="InvalidArgumentType",
        )
    for name, value in merged.items():
        kind = type(value)
        if kind in _PLAIN or (kind is int and -_INTEGER_MAX <= value < _INTEGER_MAX):
            continue
        merged[name] = _converted(value)
    return merged


def _parameter_name(name: Any) -> str:
    if isinstance(name, str):
        return str.__str__(name)
    raise QueryTypeError(
        f"the names of parameters are strings, not {type(name).__name__}",
        detail="InvalidArgumentType",
    )


def _converted(value: Any) -> Any:
    from neuralgraph.values.types import from_python

    return from_python(value)


def _missing(prepared: Prepared, parameters: Parameters, query: str) -> ParameterMissingError:
    missing = prepared.parameters - parameters.keys()
    names = ", ".join(f"${name}" for name in sorted(missing))
    given = parameters.keys() - prepared.parameters
    near = (close_name(name, given) for name in sorted(missing))
    hint = next((f"${name}" for name in near if name is not None), None)
    error = ParameterMissingError(
        f"the statement needs a value for {names}",
        detail="MissingParameter",
        phase="compile time",
        span=min(prepared.plan.parameters[name] for name in missing),
        hint=hint,
    )
    prepared.locate(error, query)
    return error


def _explaining(plan: Plan, profile: Profile | None = None) -> Callable[[], str]:
    from neuralgraph.query.planning.explain import explain

    return lambda: explain(plan, profile)


def _expecting(
    plan: Plan, reader: GraphReader, parameters: dict[str, Any], literals: tuple[object, ...]
) -> Callable[[], str]:
    """The plan, and how searches are thought to go about it, as text."""
    from neuralgraph.query.execution.search_paths import expected_path
    from neuralgraph.query.planning.explain import explain

    def expected(operator: Operator) -> str | None:
        return expected_path(operator, reader, parameters, literals)

    return lambda: explain(plan, None, expected)


def _profiled(plan: Plan, context: ExecutionContext) -> Callable[[], str]:
    """What its run will have been like, as text."""
    from neuralgraph.query.execution.profiling import Profile

    context.profile = Profile()
    return _explaining(plan, context.profile)


class _Deadline:
    """Ends a statement that does not run yet, at `deadline` of `time.monotonic`."""

    __slots__ = ("deadline", "stoppable")

    def __init__(self, deadline: float) -> None:
        self.stoppable = True
        self.deadline: float | None = deadline

    def check(self) -> None:
        """Raises QueryTimeoutError when it is past."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise QueryTimeoutError("the statement took longer than its timeout to be prepared")


class EngineHost:
    """What a statement may ask of the engine that it runs in; see `execution.context.Host`."""

    __slots__ = ("_activity", "_engine", "_settings")

    def __init__(self, engine: Engine, activity: Activity, settings: Settings) -> None:
        self._engine = engine
        self._activity = activity
        self._settings = settings

    def begin_inner(self) -> Portion:
        """A transaction beside the statement."""
        return Portion(self._engine.begin({}), self._activity.next_name())

    def newest(self) -> GraphReader:
        """What is committed now."""
        return self._engine.reader()

    def activity(self) -> list[dict[str, Any]]:
        """The rows of SHOW TRANSACTIONS."""
        return self._activity.rows()

    def terminate(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """The rows of TERMINATE TRANSACTIONS, once it is done."""
        return self._activity.terminate(names)

    def settings(self) -> list[dict[str, Any]]:
        """The rows of SHOW SETTINGS."""
        return self._settings.rows()


class Portion:
    """One transaction of a ``CALL { } IN TRANSACTIONS``."""

    __slots__ = ("name", "writer")

    def __init__(self, transaction: EngineTransaction, name: str) -> None:
        self.writer = transaction
        self.name = name

    def commit(self) -> None:
        """Make it durable."""
        self.writer.commit()

    def rollback(self) -> None:
        """Undo it; harmless once it is closed."""
        self.writer.rollback()


class StatementRunner:
    """Runs statements against one engine; shared by all its handles and threads."""

    __slots__ = (
        "_find",
        "_host",
        "_import_folders",
        "_memory_bytes_max",
        "_note",
        "_process_memory",
        "_timeout_s",
        "_written_bytes_max",
        "activity",
        "busy_timeout_s",
        "cache",
        "engine",
    )

    def __init__(self, engine: Engine, cache: StatementCache, settings: Settings) -> None:
        options = settings.options
        self.engine = engine
        self.cache = cache
        self._find = cache.find
        self._timeout_s = options.query_timeout_s
        self._memory_bytes_max = options.query_memory_bytes_max
        self._process_memory = process_memory_of(options)
        self._written_bytes_max = engine.options.transaction_memory_bytes_max
        self._import_folders = options.import_folders
        self.activity = Activity()
        self._note = self.activity.note
        self.busy_timeout_s = options.busy_timeout_s
        self._host = EngineHost(engine, self.activity, settings)

    # ── autocommit ────────────────────────────────────────────────────────────────────────────

    def execute(
        self,
        query: str,
        given: Parameters | None,
        named: dict[str, Any],
        *,
        read_only: bool = False,
        reader: GraphReader | None = None,
    ) -> Result:
        """Run one statement as a transaction of its own.

        Args:
            query: the text.
            given: parameters by name.
            named: further parameters.
            read_only: refuse a statement that changes anything.
            reader: a snapshot to read from; None is the newest.
        """
        began_ns = time.perf_counter_ns()
        deadline = self._deadline()
        if reader is None:
            reader = self.engine.reader()
        catalog = reader.catalog
        prepared, literals = self._find(query, catalog.version) or self._prepare(
            query, catalog, deadline
        )
        parameters = engine_parameters(given, named) if named or given else _NO_PARAMETERS
        if prepared.parameters and not prepared.parameters <= parameters.keys():
            raise _missing(prepared, parameters, query)
        if prepared.reads:
            context = self._context(query, reader, None, parameters, literals, deadline)
            context.locate = prepared.locate
            return Result(
                query,
                prepared.columns,
                prepared.record,
                prepared.executable.run(context),
                reader,
                context,
                began_ns,
            )
        if prepared.mode == "explain":
            return self._explained(query, prepared, reader, parameters, literals, began_ns)
        if read_only and (prepared.writes or prepared.administers):
            from neuralgraph.api.refusals import refused

            raise refused(prepared, query)
        if not prepared.writes or prepared.in_transactions:
            context = self._context(query, reader, None, parameters, literals, deadline)
            return self._to_the_end(query, prepared, context, reader, began_ns)
        return self._write(query, (prepared, literals), parameters, reader, began_ns, deadline)

    def _write(
        self,
        query: str,
        found: Entry,
        parameters: dict[str, Any],
        before: GraphReader,
        began_ns: int,
        deadline: float | None,
    ) -> Result:
        """Run it, and again when somebody else was first: nobody has seen anything of it yet."""
        from neuralgraph.query.execution.backoff import Backoff

        backoff: Backoff | None = None
        while True:
            try:
                return self._write_once(query, found, parameters, before, began_ns, deadline)
            except TransactionError as error:
                backoff = backoff or Backoff(self.busy_timeout_s)
                if not error.retryable or not backoff.goes_on:
                    raise
            backoff.pause()

    def _write_once(
        self,
        query: str,
        found: Entry,
        parameters: dict[str, Any],
        before: GraphReader,
        began_ns: int,
        deadline: float | None,
    ) -> Result:
        transaction = self.engine.begin()
        try:
            if transaction.catalog.version != before.catalog.version:
                # Its snapshot is younger than the one that the plan was found for.
                found = self._prepare(query, transaction.catalog, deadline)
            prepared, literals = found
            context = self._context(query, transaction, transaction, parameters, literals, deadline)
            result = self._to_the_end(query, prepared, context, before, began_ns)
            result.note_commit(transaction.commit())
        except QueryError as error:
            transaction.rollback()
            error.locate(query)
            raise
        except BaseException:
            transaction.rollback()
            raise
        return result

    # ── in a transaction ──────────────────────────────────────────────────────────────────────

    def execute_in(
        self,
        transaction: EngineTransaction,
        opened: OpenTransaction,
        query: str,
        given: Parameters | None,
        named: dict[str, Any],
        *,
        read_only: bool = False,
    ) -> Result:
        """Run one statement in a user's transaction; when it fails, only it is undone.

        Args:
            transaction: where it runs.
            opened: the same, as SHOW TRANSACTIONS knows it.
            query: the text.
            given: parameters by name.
            named: further parameters.
            read_only: refuse a statement that changes anything.
        """
        began_ns = time.perf_counter_ns()
        deadline = self._deadline()
        prepared, literals = self._prepare(query, transaction.catalog, deadline)
        parameters = engine_parameters(given, named)
        if not prepared.parameters <= parameters.keys():
            raise _missing(prepared, parameters, query)
        if prepared.mode == "explain":
            return self._explained(query, prepared, transaction, parameters, literals, began_ns)
        if read_only and (prepared.writes or prepared.administers):
            from neuralgraph.api.refusals import refused

            raise refused(prepared, query)
        if prepared.in_transactions:
            raise SemanticError(
                "CALL { } IN TRANSACTIONS begins transactions of its own, and cannot run inside one;"
                " use Graph.execute",
                detail="InvalidTransactionMode",
                phase="compile time",
            )
        writer = transaction if prepared.writes else None
        context = self._context(query, transaction, writer, parameters, literals, deadline, opened)
        if writer is None:
            return self._to_the_end(query, prepared, context, None, began_ns)
        savepoint = transaction.savepoint()
        try:
            return self._to_the_end(query, prepared, context, None, began_ns)
        except BaseException:
            transaction.rollback_to(savepoint)
            raise

    # ── in a statement that calls a procedure ─────────────────────────────────────────────────

    def execute_inside(
        self,
        around: ExecutionContext,
        query: str,
        given: Parameters | None,
        named: dict[str, Any],
        began_ns: int,
        *,
        writes: bool,
    ) -> Result:
        """Run one statement inside another, for a procedure; when it fails, only it is undone.

        Args:
            around: the run of the statement that calls.
            query: the text.
            given: parameters by name.
            named: further parameters.
            began_ns: by `time.perf_counter_ns`.
            writes: may it write? Then the statement around it does.
        """
        reader = around.reader
        prepared, literals = self.cache.prepare_for(query, reader.catalog)
        parameters = engine_parameters(given, named)
        if not prepared.parameters <= parameters.keys():
            raise _missing(prepared, parameters, query)
        if prepared.in_transactions:
            raise SemanticError(
                "CALL { } IN TRANSACTIONS begins transactions of its own, and a procedure runs inside one",
                detail="InvalidTransactionMode",
                phase="compile time",
            )
        if (prepared.writes or prepared.administers) and not writes:
            raise AccessModeError("the procedure declares that it does not write, and this writes")
        writer = around.writer if prepared.writes else None
        context = around.calling(writer, parameters, literals, query)
        if writer is None:
            return self._to_the_end(query, prepared, context, None, began_ns)
        savepoint = writer.savepoint()
        try:
            result = self._to_the_end(query, prepared, context, None, began_ns)
        except BaseException:
            writer.rollback_to(savepoint)
            raise
        around.counters.add(context.counters)
        return result

    def reader_at(self, value: Any, kind: str) -> GraphView:
        """The graph as it was: `value` and `kind` as `moment_of` takes them."""
        from neuralgraph.api.moments import moment_of

        moment = moment_of(value, kind)
        return self.engine.reader_at(txid=moment.txid, timestamp_us=moment.timestamp_us)

    # ── the parts ─────────────────────────────────────────────────────────────────────────────

    def _deadline(self) -> float | None:
        """When a statement that begins now must have ended, by `time.monotonic`."""
        timeout_s = self._timeout_s
        return None if timeout_s is None else time.monotonic() + timeout_s

    def _prepare(self, query: str, catalog: CatalogReader, deadline: float | None) -> Entry:
        """From the cache, or parsed, checked and planned before the deadline."""
        if deadline is None:
            return self.cache.prepare_for(query, catalog)
        token = enter(_Deadline(deadline))
        try:
            return self.cache.prepare_for(query, catalog)
        finally:
            leave(token)

    def _context(
        self,
        query: str,
        reader: GraphReader,
        writer: GraphWriter | None,
        parameters: dict[str, Any],
        literals: tuple[object, ...],
        deadline: float | None = None,
        opened: OpenTransaction | None = None,
    ) -> ExecutionContext:
        context = ExecutionContext(
            reader,
            writer,
            parameters,
            literals,
            now_ns=time.time_ns(),
            random=_random,
            deadline=deadline,
            memory_bytes_max=self._memory_bytes_max,
            process_memory=self._process_memory,
            written_bytes_max=self._written_bytes_max,
            reader_at=self.reader_at,
            import_folders=self._import_folders,
            host=self._host,
            query=query,
        )
        if opened is None:
            self._note(context)
        else:
            opened.statement = weakref.ref(context)
        return context

    def _to_the_end(
        self,
        query: str,
        prepared: Prepared,
        context: ExecutionContext,
        before: GraphReader | None,
        began_ns: int,
    ) -> Result:
        """Run all of it now, and render entities while the snapshot is what the statement saw."""
        details = Details(time.perf_counter_ns())
        if prepared.mode == "profile":
            details.explain = _profiled(prepared.plan, context)
        token = enter(context)
        try:
            batches: list[Batch] = []
            for batch in prepared.executable.run(context):
                if prepared.returns_rows:
                    context.memory.hold_batch(batch)
                    batches.append(batch)
            kept = rendered_batches(batches, context, before)
            # Nothing of it has happened yet: the last moment at which it can be stopped.
            if context.stoppable and context.writer is not None:
                context.check()
        except QueryError as error:
            prepared.locate(error, query)
            raise
        except MemoryError as error:
            raise out_of_memory() from error
        except RecursionError as error:
            raise too_deep() from error
        finally:
            context.abandon()
            leave(token)
        return self._result(query, prepared, kept, context, began_ns, details)

    def _explained(
        self,
        query: str,
        prepared: Prepared,
        reader: GraphReader,
        parameters: dict[str, Any],
        literals: tuple[object, ...],
        began_ns: int,
    ) -> Result:
        details = Details(time.perf_counter_ns())
        details.explain = _expecting(prepared.plan, reader, parameters, literals)
        context = self._context(query, reader, None, _NO_PARAMETERS, ())
        return self._result(query, prepared, [], context, began_ns, details)

    @staticmethod
    def _result(
        query: str,
        prepared: Prepared,
        batches: list[Batch],
        context: ExecutionContext,
        began_ns: int,
        details: Details,
    ) -> Result:
        return Result(
            query,
            prepared.columns,
            prepared.record,
            iter(batches),
            None,
            context,
            began_ns,
            details,
        )
