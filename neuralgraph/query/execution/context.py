"""Everything that belongs to one run of a statement; a compiled plan itself holds nothing of it.

One thread runs a context; another may set its `cancelled` event. It is made anew for each execution,
so making it is cheap: what few statements need is made on first use.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, fields
from threading import Event
from typing import TYPE_CHECKING, Any, Final, Protocol

from neuralgraph.errors import (
    AccessModeError,
    EntityNotFoundError,
    ParameterMissingError,
    QueryCancelledError,
    QueryError,
    QueryTimeoutError,
)
from neuralgraph.query.execution.deleted import DeletedTypes
from neuralgraph.query.execution.memory import MemoryBudget
from neuralgraph.query.functions.signature import CallContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from neuralgraph.access import GraphReader, GraphWriter
    from neuralgraph.query.execution.process_memory import ProcessMemory
    from neuralgraph.query.execution.profiling import Profile
    from neuralgraph.values import Batch

_NO_PARAMETERS: dict[str, Any] = {}

PIECE_ROWS: Final = 4_096
"""What takes microseconds a row looks at the clock after so many."""
FEW_ROWS: Final = 8
"""What may take long a row looks at it after so many at first."""
_PIECE_S: Final = 0.01
"""A piece that takes longer is followed by smaller ones."""


@dataclass(slots=True)
class Counters:
    """What a statement changed."""

    nodes_created: int = 0
    nodes_deleted: int = 0
    relationships_created: int = 0
    relationships_deleted: int = 0
    properties_set: int = 0
    labels_added: int = 0
    labels_removed: int = 0
    indexes_added: int = 0
    indexes_removed: int = 0
    constraints_added: int = 0
    constraints_removed: int = 0

    @property
    def contains_updates(self) -> bool:
        """Did anything change?"""
        return any(getattr(self, item.name) for item in fields(self))

    def add(self, other: Counters) -> None:
        """Count what another run changed, too."""
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))


class InnerTransaction(Protocol):
    """A transaction for a portion of a ``CALL { } IN TRANSACTIONS``."""

    @property
    def name(self) -> str:
        """What SHOW TRANSACTIONS calls it."""
        ...

    @property
    def writer(self) -> Any:
        """The graph, to read and to change."""
        ...

    def commit(self) -> None:
        """Make it durable."""
        ...

    def rollback(self) -> None:
        """Undo it; harmless once it is closed."""
        ...


class Host(Protocol):
    """What a statement may ask of the database that it runs in."""

    def begin_inner(self) -> InnerTransaction:
        """Begin a transaction beside the statement."""
        ...

    def newest(self) -> GraphReader:
        """What is committed now."""
        ...

    def activity(self) -> list[dict[str, Any]]:
        """A row for each transaction that is open, under the names of SHOW TRANSACTIONS."""
        ...

    def terminate(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Stop transactions; a row for each name: transactionId, username, message."""
        ...

    def settings(self) -> list[dict[str, Any]]:
        """A row for each setting, under the names of SHOW SETTINGS."""
        ...


class ExecutionContext:
    """One run of a statement.

    Attributes:
        reader: the snapshot; the writer itself where the statement writes.
        writer: None where writing is not allowed.
        parameters: engine values by name.
        literals: values of the lifted literals, by their index.
        now_ns: the statement's clock, nanoseconds since 1970-01-01T00:00Z.
        random: uniform in [0, 1).
        deadline: `time.monotonic()` seconds after which the statement is stopped, or None.
        cancelled: set by another thread to stop the statement, or None.
        memory: the budget; `process_memory` limits the whole process beside it, and of changes
            `written_bytes_max` at most stay in memory.
        reader_at: opens the graph as it was: ``reader_at(kind, value)`` with `TimePoint.kind` and the
            value of its expression; None where there is no history.
        import_folders: LOAD CSV may read below these only.
        profile: filled by a plan that was compiled for PROFILE.
        arguments: for each apply of the plan, the outer rows it is running for.
        host: the database that the statement runs in; None where there is none.
        in_transaction: does it run in a user's transaction?
        query: the statement's text; with `number`, which transaction it is, for SHOW TRANSACTIONS.
        locate: tells an error where in the statement's text it is.
        running: False once it has ended.
        sources: generators of other people's that it uses, in the order of `open`.
        parent: the run that this one is a part of.
        deleted_nodes: ids of the nodes that the statement deleted.
        deleted_edges: the type of each edge that the statement deleted.
    """

    __slots__ = (
        "__weakref__",
        "_call_context",
        "_counters",
        "_memory",
        "_notes",
        "arguments",
        "cancelled",
        "deadline",
        "deleted_edges",
        "deleted_nodes",
        "host",
        "import_folders",
        "in_transaction",
        "literals",
        "locate",
        "memory_bytes_max",
        "now_ns",
        "number",
        "parameters",
        "parent",
        "process_memory",
        "profile",
        "query",
        "random",
        "reader",
        "reader_at",
        "running",
        "sources",
        "stoppable",
        "writer",
        "written_bytes_max",
    )

    def __init__(  # noqa: PLR0913 - it is what a run is made of
        self,
        reader: GraphReader,
        writer: GraphWriter | None = None,
        parameters: Mapping[str, Any] = _NO_PARAMETERS,
        literals: Sequence[Any] = (),
        *,
        now_ns: int = 0,
        random: Callable[[], float] = float,
        deadline: float | None = None,
        cancelled: Event | None = None,
        memory_bytes_max: int | None = None,
        process_memory: ProcessMemory | None = None,
        written_bytes_max: int | None = None,
        reader_at: Callable[[str, Any], GraphReader] | None = None,
        import_folders: Sequence[str] = (),
        profile: Profile | None = None,
        host: Host | None = None,
        query: str = "",
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.parameters = parameters
        self.literals = literals
        self.now_ns = now_ns
        self.random = random
        self.deadline = deadline
        self.cancelled = cancelled
        self.stoppable = deadline is not None or cancelled is not None
        self.memory_bytes_max = memory_bytes_max
        self.process_memory = process_memory
        self.written_bytes_max = written_bytes_max
        self.reader_at = reader_at
        self.import_folders = import_folders
        self.profile = profile
        self.host = host
        self.in_transaction = False
        self.query = query
        self.locate: Callable[[QueryError, str], None] = QueryError.locate
        self.number = 0
        self.running = True
        self.parent: ExecutionContext | None = None
        self.arguments: list[Batch | None] = []
        self.deleted_nodes: set[int] | None = None
        self.deleted_edges: DeletedTypes | None = None
        self._counters: Counters | None = None
        self._memory: MemoryBudget | None = None
        self._call_context: CallContext | None = None
        self._notes: dict[Any, Any] | None = None
        self.sources: list[Generator[Any]] | None = None

    @property
    def counters(self) -> Counters:
        """What the statement changed so far."""
        counters = self._counters
        if counters is None:
            counters = self._counters = Counters()
        return counters

    @property
    def memory(self) -> MemoryBudget:
        """What the statement holds."""
        memory = self._memory
        if memory is None:
            memory = self._memory = MemoryBudget(
                self.memory_bytes_max, self.process_memory, written_max=self.written_bytes_max
            )
        return memory

    @property
    def notes(self) -> dict[Any, Any]:
        """What procedures remember from call to call, by a key that names them."""
        notes = self._notes
        if notes is None:
            notes = self._notes = {}
        return notes

    @property
    def call_context(self) -> CallContext:
        """What functions may look at."""
        call_context = self._call_context
        if call_context is None:
            call_context = self._call_context = CallContext(
                self.reader, self.now_ns, self.random, self.reserve
            )
        return call_context

    def check(self) -> None:
        """Stop here if the statement was cancelled or has run too long.

        Raises:
            QueryCancelledError, QueryTimeoutError.
        """
        if self.parent is not None:
            self.parent.check()
        if self.cancelled is not None and self.cancelled.is_set():
            raise QueryCancelledError("the statement was cancelled")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise QueryTimeoutError("the statement ran longer than its timeout")

    def reserve(self, count: int) -> None:
        """Somebody is about to hold `count` bytes for a moment; stop here if that must not be.

        Raises:
            MemoryLimitError, QueryCancelledError, QueryTimeoutError.
        """
        if self.stoppable:
            self.check()
        self.memory.require(count)

    def pieces(self, count: int, rows: int = PIECE_ROWS) -> Iterator[slice]:
        """Rows 0 to `count` in slices of `rows`, so that what is slow for each row is stopped in time."""
        for start in range(0, count, rows):
            if self.stoppable:
                self.check()
            yield slice(start, start + rows)

    def growing_pieces(self, count: int) -> Iterator[slice]:
        """`pieces` for rows of which nobody knows how long one takes: few at first, more while it is fast."""
        start, rows = 0, FEW_ROWS
        while start < count:
            began_s = time.monotonic()
            self.check()
            yield slice(start, start + rows)
            start += rows
            took_s = time.monotonic() - began_s
            wanted = 2 * rows if took_s < _PIECE_S else int(rows * _PIECE_S / took_s)
            rows = max(1, min(wanted, PIECE_ROWS))

    def parameter(self, name: str) -> Any:
        """The value of a parameter.

        Raises:
            ParameterMissingError: it was not given.
        """
        try:
            return self.parameters[name]
        except KeyError:
            raise ParameterMissingError(
                f"the statement needs a value for the parameter ${name}",
                detail="MissingParameter",
                phase="compile time",
            ) from None

    def require_writer(self) -> GraphWriter:
        """The writer.

        Raises:
            AccessModeError: only reading is allowed.
        """
        if self.writer is None:
            raise AccessModeError("the statement writes, and only reading is allowed here")
        return self.writer

    def with_reader(self, reader: GraphReader) -> ExecutionContext:
        """The same run over another snapshot, read-only; counters and memory are shared."""
        return self._part(reader, None, self.counters)

    def inside(self, writer: Any) -> ExecutionContext:
        """The same run inside another transaction; memory is shared, counters are not.

        Args:
            writer: a `GraphReader` and `GraphWriter` in one.
        """
        return self._part(writer, writer, Counters())

    def calling(
        self,
        writer: GraphWriter | None,
        parameters: Mapping[str, Any],
        literals: Sequence[Any],
        query: str,
    ) -> ExecutionContext:
        """Another statement inside this one; time, memory and what is deleted are shared.

        Args:
            writer: this run's own, or None for one that only reads.
            parameters: of the other statement, as its literals and its text are.
            literals: see there.
            query: see there.
        """
        other = self._part(self.reader, writer, Counters())
        other.parameters = parameters
        other.literals = literals
        other.query = query
        other.profile = None
        other.arguments = []
        other.sources = None
        if writer is not None:
            self.deleted_nodes = self.deleted_nodes or set()
            self.deleted_edges = self.deleted_edges or DeletedTypes()
        other.deleted_nodes = self.deleted_nodes
        other.deleted_edges = self.deleted_edges
        return other

    def _part(
        self, reader: GraphReader, writer: GraphWriter | None, counters: Counters
    ) -> ExecutionContext:
        other = ExecutionContext(
            reader,
            writer,
            self.parameters,
            self.literals,
            now_ns=self.now_ns,
            random=self.random,
            deadline=self.deadline,
            cancelled=self.cancelled,
            memory_bytes_max=self.memory_bytes_max,
            process_memory=self.process_memory,
            written_bytes_max=self.written_bytes_max,
            reader_at=self.reader_at,
            import_folders=self.import_folders,
            profile=self.profile,
            host=self.host,
        )
        other.parent = self
        other.stoppable = True
        other.arguments = self.arguments
        other._counters = counters
        other._memory = self.memory
        if self.sources is None:
            self.sources = []
        other.sources = self.sources
        return other

    def stop(self) -> None:
        """Stop it soon; for another thread."""
        cancelled = self.cancelled
        if cancelled is None:
            cancelled = self.cancelled = Event()
        self.stoppable = True
        cancelled.set()

    # ── rows of somebody else's making ────────────────────────────────────────────────────────

    def open(self, rows: Any) -> None:
        """What makes these rows is in use: `close` it, else `abandon` does."""
        if isinstance(rows, Generator):
            if self.sources is None:
                self.sources = []
            self.sources.append(rows)

    def close(self, rows: Any) -> None:
        """They are used, or not wanted any more; harmless after `abandon`."""
        if isinstance(rows, Generator):
            if self.sources and rows in self.sources:
                self.sources.remove(rows)
            rows.close()

    def abandon(self) -> None:
        """The run ends before it is done; what makes rows is closed, the youngest first."""
        self.running = False
        while self.sources:
            self.sources.pop().close()

    # ── what the statement deleted ────────────────────────────────────────────────────────────

    def note_deleted(self, nodes: Sequence[int]) -> DeletedTypes:
        """Remember what is gone; edges are to be added to what this gives."""
        if self.deleted_nodes is None or self.deleted_edges is None:
            self.deleted_nodes, self.deleted_edges = set(), DeletedTypes()
        self.deleted_nodes.update(nodes)
        return self.deleted_edges

    def check_nodes(self, ids: Sequence[int | None]) -> None:
        """Raises EntityNotFoundError when the statement deleted one of the nodes."""
        deleted = self.deleted_nodes
        if deleted and not deleted.isdisjoint(ids):
            raise EntityNotFoundError(
                "a node that this statement deleted is asked for something",
                detail="DeletedEntityAccess",
            )

    def check_edges(self, ids: Sequence[int | None]) -> None:
        """Raises EntityNotFoundError when the statement deleted one of the edges."""
        deleted = self.deleted_edges
        if deleted and not deleted.isdisjoint(ids):
            raise EntityNotFoundError(
                "a relationship that this statement deleted is asked for something",
                detail="DeletedEntityAccess",
            )
