"""Graph: an open database. It only delegates: to the runner, the engine and the loaders."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from neuralgraph import text
from neuralgraph.api import dumps, engines
from neuralgraph.api.settings import settings_of
from neuralgraph.errors import AccessModeError, ClosedError
from neuralgraph.storage import temporal
from neuralgraph.storage.disk import OsDirectory
from neuralgraph.values.records import record

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    import networkx as nx

    from neuralgraph.access import Adjacency
    from neuralgraph.api.dumps import DumpReport, Target
    from neuralgraph.api.engines import SharedEngine
    from neuralgraph.api.functions import Effects
    from neuralgraph.api.loading import LoadReport, Progress
    from neuralgraph.api.past_graph import PastGraph
    from neuralgraph.api.result import Result
    from neuralgraph.api.schema import Schema
    from neuralgraph.api.statement import Parameters, StatementRunner
    from neuralgraph.api.transaction import Transaction
    from neuralgraph.storage.maintenance import Loss, VacuumReport
    from neuralgraph.storage.versions import Commit

T = TypeVar("T")


@record
class GraphInfo:
    """A graph in a few numbers.

    Attributes:
        path: its file; None in memory.
        txid: the last commit.
        nodes, relationships: how many there are.
        bytes_on_disk: file and log; 0 in memory.
        torn_bytes: what a crash left behind the log's last record, as this opening found it.
        torn_tails: files beside it that keep what crashes left behind the log's last record. Nothing in
            them was acknowledged, and they may be removed.
    """

    path: Path | None
    txid: int
    nodes: int
    relationships: int
    bytes_on_disk: int
    torn_bytes: int = 0
    torn_tails: tuple[str, ...] = ()


class Graph:
    """An open graph; get one from `neuralgraph.open`. Any number of threads may use it.

    A child that was forked may use it, too: there it opens the file anew, and what was begun before is over.
    """

    __slots__ = ("__weakref__", "_lock", "_read_only", "_shared", "_stale", "_transactions")

    def __init__(self, shared: SharedEngine, *, read_only: bool) -> None:
        self._shared: SharedEngine | None = shared
        self._read_only = read_only
        self._lock = threading.Lock()
        self._transactions: weakref.WeakSet[Transaction] = weakref.WeakSet()
        self._stale: SharedEngine | None = None
        if shared.path is not None:
            engines.when_forked(self, Graph._forked)

    # ── statements ────────────────────────────────────────────────────────────────────────────

    def execute(
        self,
        query: str,
        parameters: Parameters | None = None,
        /,
        *,
        access: Literal["read", "write"] = "write",
        **named: Any,
    ) -> Result:
        """Run one statement as a transaction of its own.

        Args:
            query: the statement.
            parameters: values of its ``$parameters``, by name.
            access: ``read`` refuses a statement whose plan could change anything, before it starts.
            named: parameters as keyword arguments; one called ``access`` goes into `parameters`.

        Raises:
            AccessModeError: the statement writes or administers, and only reading is allowed.
            OptionError: `access` is neither ``read`` nor ``write``.
            QueryError: the statement is wrong or failed; nothing of it happened.
            ConflictError, DeadlockError, LockTimeoutError: another writer was in the way; run it again.
            StorageError: the disk refused, or the graph is closed.
        """
        shared = self._shared or self._opened()
        read_only = self._read_only
        if access != "write":
            from neuralgraph.api.noting import only_reads

            read_only = read_only or only_reads(access)
        return shared.runner.execute(query, parameters, named, read_only=read_only)

    def transaction(
        self, *, at: Any = None, access: Literal["read", "write"] = "write", **metadata: Any
    ) -> Transaction:
        """Begin a transaction; use it as a context manager.

        Args:
            access: as `execute` takes it, for all its statements.
            at: the time that it is of, for imports of what happened earlier: not before the last
                transaction, and not in the future. None is the time of the commit.
            metadata: such as ``actor="import"`` or ``reason="..."``; kept with the commit.

        Raises:
            OptionError: `access` is none of these, or metadata has a name that is meant as an option.
        """
        from neuralgraph.api.noting import noted_with, only_reads, refuse_options
        from neuralgraph.api.transaction import Transaction

        if self._read_only:
            raise AccessModeError("this graph was opened to read only; it has no transactions")
        refuse_options(metadata)
        noted, reads = noted_with(metadata, at), only_reads(access)
        transaction = Transaction(self._runner(), noted, self._forget, read_only=reads)
        with self._lock:
            self._transactions.add(transaction)
        return transaction

    def execute_write(
        self, work: Callable[[Transaction], T], *, at: Any = None, **metadata: Any
    ) -> T:
        """Run `work` in a transaction, and again in a new one while it clashes with others.

        Args:
            work: gets the transaction; it may run several times, so what it does elsewhere should bear that.
            at: as `transaction` takes it.
            **metadata: as `transaction` takes it.

        Returns:
            what `work` returns, once its transaction is committed.

        Raises:
            ConflictError, DeadlockError, LockTimeoutError: it still clashed after ``busy_timeout_s``.
        """
        from neuralgraph.api.transaction import tried

        runner = self._runner()
        return tried(lambda: self.transaction(at=at, **metadata), work, runner.busy_timeout_s)

    def _forget(self, transaction: Transaction) -> None:
        with self._lock:
            self._transactions.discard(transaction)

    def at(self, moment: Any) -> PastGraph:
        """The graph as it was, to read only.

        Args:
            moment: a time (a `datetime`, or text such as ``"2026-01-01T00:00:00Z"``; UTC where no zone is
                given), or the number of a transaction (int): the state right after it.
        """
        from neuralgraph.api.past_graph import PastGraph

        runner = self._runner()
        return PastGraph(runner, runner.reader_at(moment, "TIME"))

    def changes(self, since: int = 0) -> Iterator[Commit]:
        """What was committed after transaction `since`, oldest first, up to now.

        Keep the `txid` of the last commit that you have dealt with, and go on from it later: txids outlast
        closing, backup and restore.

        Raises:
            QueryArgumentError: `since` is negative, or no integer.
            HistoryPrunedError: retention let go of some of them.
        """
        return temporal.commits_since(self._runner().engine, since)

    # ── bulk ──────────────────────────────────────────────────────────────────────────────────

    def load_nodes(
        self,
        labels: str | Iterable[str],
        data: Any,
        *,
        key: str | None = None,
        progress: Progress | None = None,
        at: Any = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> LoadReport:
        """Add a node for each row of a table, in one transaction.

        Args:
            labels: what the nodes are labelled with.
            data: dict of columns, DataFrame (pandas, polars), Arrow table, or path of a CSV or
                Parquet file; each column becomes a property, nulls are left out.
            key: the column that tells the nodes apart; it gets a unique constraint (on the first
                label) if there is none yet.
            progress: called with (rows done, rows in all) from time to time.
            at: the time that the rows are of; see `transaction`.
            metadata: such as ``{"actor": "import"}``; kept with the commit.

        Raises:
            ConstraintViolationError: two nodes have the same key; nothing was loaded.
            QueryTypeError: not a table, or a value that cannot be stored.
        """
        from neuralgraph.api import loading
        from neuralgraph.api.noting import noted_with

        names = (labels,) if isinstance(labels, str) else tuple(labels)
        noted = noted_with(metadata, at)
        runner = self._writable()
        return loading.load_nodes(runner, names, data, key=key, progress=progress, noted=noted)

    def load_relationships(
        self,
        relationship_type: str,
        data: Any,
        *,
        source: tuple[str, ...],
        target: tuple[str, ...],
        progress: Progress | None = None,
        at: Any = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> LoadReport:
        """Add a relationship for each row of a table, in one transaction.

        Args:
            relationship_type: their type.
            data: as for `load_nodes`; columns other than those of the ends become properties.
            source: ``(label, column)`` or ``(label, column, property)``: the column holds the value of
                the property of the source node; without it, of the label's unique constraint.
            target: the same for the target node.
            progress: called with (rows done, rows in all) from time to time.
            at: as for `load_nodes`.
            metadata: as for `load_nodes`.

        Raises:
            EntityNotFoundError: a row names a node that does not exist; nothing was loaded.
        """
        from neuralgraph.api import loading
        from neuralgraph.api.noting import noted_with

        return loading.load_relationships(
            self._writable(),
            relationship_type,
            data,
            source=source,
            target=target,
            progress=progress,
            noted=noted_with(metadata, at),
        )

    def to_networkx(self) -> nx.MultiDiGraph[Any]:
        """The whole graph: nodes by id with ``labels`` and properties, edges keyed by id with ``type``.

        A property that is itself called ``labels`` or ``type`` becomes ``labels_`` or ``type_``.
        """
        from neuralgraph.api.exporting import networkx_graph

        return networkx_graph(self._runner().engine.reader())

    def csr(
        self,
        relationship_type: str | None = None,
        *,
        direction: Literal["out", "in"] = "out",
    ) -> Adjacency:
        """All relationships of a type (all there are where none is named), as read-only CSR arrays.

        Nothing is copied where the newest snapshot is the file's checkpoint. For scipy, with
        ``offsets, neighbours, _ = graph.csr("KNOWS")`` and ``count = len(offsets) - 1``:
        ``scipy.sparse.csr_array((weights, neighbours, offsets), shape=(count, count))``; products and
        ``csgraph`` read it as it is, what works in place wants ``copy=True``, and so does
        ``networkx.from_scipy_sparse_array``. PyTorch Geometric's ``edge_index`` is
        ``numpy.stack((numpy.arange(count).repeat(numpy.diff(offsets)), neighbours))``.

        Returns:
            ``offsets`` (one more than the greatest node id), ``neighbours`` (node ids, ascending for
            each node) and ``edges`` (relationship ids), all int64.
        """
        from neuralgraph.api.exporting import csr_arrays

        types = () if relationship_type is None else (relationship_type,)
        return csr_arrays(self._runner().engine.reader(), types, direction)

    # ── own functions and procedures ──────────────────────────────────────────────────────────

    def register_function(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        signature: str | None = None,
        vectorised: bool = False,
        deterministic: bool = False,
        effects: Effects = "none",
    ) -> None:
        """Make a Python function callable from queries, for all handles of this graph in this process.

        Args:
            name: as queries write it, such as ``shop.discount``.
            function: takes values as results have them, and gives a value that could be a parameter.
            signature: such as ``shop.discount(price :: FLOAT, rate = 0.1 :: FLOAT) :: FLOAT``; then the
                number and types of the arguments are checked, the result's too, and an input with a
                default may be left out.
            vectorised: `function` takes whole columns as numpy arrays and gives one; it is not called for
                rows in which an argument is null: their result is null.
            deterministic: the same arguments always give the same value.
            effects: ``none``, ``reads`` (the graph or anything else that changes) or ``writes``: then a
                statement that calls it counts as one that writes.

        Raises:
            SchemaError: there is a function of that name.
            QueryArgumentError: the signature is not of the form.
        """
        from neuralgraph.api.functions import make_function

        shared = self._opened()
        made = make_function(
            name,
            function,
            signature=signature,
            vectorised=vectorised,
            deterministic=deterministic,
            effects=effects,
        )
        shared.functions.register(made)
        shared.runner.cache.clear()

    def register_procedure(
        self,
        signature: str,
        rows: Iterable[Mapping[str, Any]] | Callable[..., Any],
        *,
        vectorised: bool = False,
        effects: Effects = "reads",
        transaction: bool = False,
    ) -> None:
        """Make a procedure callable with CALL, for all handles of this graph in this process.

        Args:
            signature: such as ``shop.price(item :: STRING) :: (price :: FLOAT)``.
            rows: a function that takes the inputs and gives an iterable of mappings (or tuples) of
                outputs, which may be a generator; or rows that hold inputs and outputs: a call gives
                those whose inputs match.
            vectorised: the function takes the inputs of many rows as numpy arrays and gives columns:
                a mapping from output to array, one row for each input row, or a pair of the input row
                of each row (ascending) and that mapping; or it yields such pairs.
            effects: ``none``, ``reads`` or ``writes``: then a statement that calls it counts as one that
                writes.
            transaction: the function takes a `CallingTransaction` before the inputs, to read, and with
                ``effects="writes"`` to write, inside the statement that calls.

        Raises:
            SchemaError: there is a procedure of that name.
            QueryArgumentError: the signature is not of the form, or a row lacks a column.
        """
        from neuralgraph.api.procedures import make_procedure

        shared = self._opened()
        shared.procedures.register(
            make_procedure(
                signature,
                rows,
                vectorised=vectorised,
                effects=effects,
                runner=shared.runner if transaction else None,
            )
        )
        shared.runner.cache.clear()

    def register_analyzer(self, name: str, function: Callable[[str], Iterable[Any]]) -> None:
        """Give a name to an analyzer of full text, for all graphs of this process.

        Args:
            name: as in ``OPTIONS {indexConfig: {`fulltext.analyzer`: 'name'}}``.
            function: takes a text and gives its terms: strings, or tuples of a term, its position and
                where it starts and ends in the text. An analyzer of whoosh will do as it is. The same
                text must always give the same terms: an index keeps them.

        Raises:
            QueryArgumentError: the name is a built-in analyzer's.
        """
        self._opened()
        text.register_analyzer(name, function)

    # ── the whole ─────────────────────────────────────────────────────────────────────────────

    def schema(self) -> Schema:
        """Labels, types, keys, indexes and constraints."""
        from neuralgraph.api.schema import schema_of

        return schema_of(self._runner().engine.reader().catalog)

    def info(self) -> GraphInfo:
        """Counts and sizes."""
        shared = self._opened()
        facts = shared.engine.info()
        return GraphInfo(
            path=shared.path,
            txid=facts.txid,
            nodes=facts.node_count,
            relationships=facts.edge_count,
            bytes_on_disk=0 if shared.path is None else facts.file_bytes + facts.wal_bytes,
            torn_bytes=facts.torn_bytes,
            torn_tails=facts.torn_tails,
        )

    def verify(self, *, history: bool = False) -> list[str]:
        """Read everything and check every invariant; the problems found, an empty list when all is well.

        Args:
            history: check the chain of commits, too: each one's digest covers the one before it, so
                that nobody can have rewritten what was done, when, by whom or why.
        """
        return [str(problem) for problem in self._runner().engine.verify(history=history)]

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What `open(..., salvage=True)` could not read as it was; empty when everything could be."""
        return self._runner().engine.losses

    def checkpoint(self) -> None:
        """Fold the commits of the log into the file, so that the log can be cut."""
        self._writable().engine.checkpoint()

    def backup(
        self, path: str | os.PathLike[str], *, incremental: bool = False, verify: bool = False
    ) -> int:
        """Copy what is committed now, while others go on writing; `neuralgraph.restore` brings it back.

        Args:
            path: a new file, which is a database; with `incremental` a folder, to which the first call
                writes a whole copy and each later one the transactions since.
            incremental: see `path`. A whole copy in the folder that turns out to be damaged is left there,
                and a new one is written.
            verify: read all of that copy first; else only its header and manifest, and whether it was cut.

        Returns:
            The last transaction in the backup.

        Raises:
            DiskError: there is such a file, or the disk refused.
            QueryArgumentError: the folder has the backup of another graph, or of transactions that this
                one does not have.
        """
        engine, place = self._runner().engine, Path(path).expanduser().resolve()
        if incremental:
            place.mkdir(parents=True, exist_ok=True)
            return temporal.add_backup(engine, OsDirectory(str(place)), verify=verify)
        return engine.copy_to(OsDirectory(str(place.parent)), place.name)

    def dump(
        self,
        target: Target,
        format: Literal["jsonl", "cypher"] = "jsonl",  # noqa: A002 - the word for it
        *,
        at: Any = None,
        progress: Progress | None = None,
    ) -> DumpReport:
        """Write the graph as text that is readable without neuralgraph; others go on writing meanwhile.

        Args:
            target: a path (compressed when it ends in ``.zst``), or a binary file object.
            format: ``jsonl``, exact, which `restore` reads (`docs/dump-format.md`); or ``cypher``:
                statements for a shell, ours or Neo4j's.
            at: a moment as `Graph.at` takes it; None is now.
            progress: called with (entities done, entities in all) from time to time.

        Raises:
            DiskError: the file cannot be written; there is nothing of it then.
            QueryTypeError: as Cypher: a property holds bytes.
        """
        runner = self._runner()
        reader = runner.engine.reader() if at is None else runner.reader_at(at, "TIME")
        return dumps.dump_graph(reader, target, format, progress)

    def restore(self, source: Target, *, progress: Progress | None = None) -> DumpReport:
        """Add what a dump (JSON lines) holds; its nodes and relationships get new ids.

        The data is one transaction, or nothing; indexes and constraints that are not there are the next.

        Args:
            source: a path, or a binary file object; compressed or not.
            progress: called with (entities done, entities in all) from time to time.

        Raises:
            DumpError: the dump is damaged; the message names the line.
            ConstraintViolationError: it breaks a constraint of this graph.
            VectorError: a vector index of this graph cannot hold a vector of it.
        """
        with dumps.reading_from(source) as lines:
            return dumps.restore_lines(self._writable().engine, lines, progress)

    def vacuum(self, *, before: int | None = None) -> VacuumReport:
        """Let go of the history that the option `history` does not ask for; the file gets smaller.

        What somebody is reading stays until it was read.

        Args:
            before: let go of all states before this transaction, whatever the option says.
        """
        return self._writable().engine.vacuum(before=before)

    def close(self) -> None:
        """Roll back what is open and let go of the file; harmless when called twice."""
        with self._lock:
            shared, self._shared, self._stale = self._shared, None, None
            transactions = list(self._transactions)
        if shared is None:
            return
        for transaction in transactions:
            transaction.rollback()
        engines.release(shared)

    def __enter__(self) -> Graph:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        shared = self._shared
        return f"<Graph {'closed' if shared is None else shared.path or 'in memory'}>"

    # ── checks ────────────────────────────────────────────────────────────────────────────────

    def _opened(self) -> SharedEngine:
        with self._lock:
            if self._shared is None:
                if self._stale is None:
                    raise _closed()
                self._shared = engines.reopen(self._stale)
                self._stale = None
            return self._shared

    def _forked(self) -> None:
        """This is a copy of a handle, in a child."""
        self._lock = threading.Lock()
        self._stale, self._shared = self._shared or self._stale, None
        for transaction in list(self._transactions):
            transaction.leave_to_parent()
        self._transactions = weakref.WeakSet()

    def _runner(self) -> StatementRunner:
        return self._opened().runner

    def _writable(self) -> StatementRunner:
        if self._read_only:
            raise AccessModeError("this graph was opened to read only")
        return self._runner()


def open_graph(
    path: str | os.PathLike[str] | None = None,
    *,
    settings: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Graph:
    """Open a graph; the file is made when it does not exist. Users call it `neuralgraph.open`.

    Args:
        path: the database file; None is a new graph in memory. A second open of the same file in one
            process shares its engine.
        settings: a TOML file with options; the environment (``NEURALGRAPH__STORAGE__DURABILITY=normal``)
            overrides it, and `options` override both.
        options: the fields of `config.Options`: ``durability="full" | "normal" | "off"``,
            ``busy_timeout_s``, ``query_timeout_s``, ``read_only=True``, ... ``salvage=True`` reads what
            can be read of a damaged file; `Graph.losses` says what cannot. `docs/settings.md` has all.

    Raises:
        OptionError: there is no such option, or it cannot have that value; it says where that stands.
        NotADatabaseError, FormatVersionError, CorruptionError, DatabaseLockedError, DiskError.
    """
    found = settings_of(options, settings)
    shared = engines.acquire(None if path is None else Path(path), found)
    chosen = found.options
    return Graph(shared, read_only=chosen.read_only or chosen.salvage)


def _closed() -> ClosedError:
    return ClosedError("the graph was closed")
