"""Result: the rows of a statement, one by one or a column at a time, and what the statement did.

A result is a cursor: it hands out each row once, whichever way it is asked. Statements that read are run
batch by batch as rows are wanted (the first batch when the statement is executed, so that most errors
show there); statements that write, and all statements of a transaction, have run to their end before
`execute` returns.
"""

from __future__ import annotations

import time
from dataclasses import field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.api.rendering import PLAIN_KINDS, Renderer, batch_lists
from neuralgraph.errors import QueryArgumentError, QueryCancelledError, QueryError
from neuralgraph.query.execution.memory import out_of_memory
from neuralgraph.stopping import enter, leave
from neuralgraph.values import Batch, Column, Node, Path, Relationship
from neuralgraph.values.nesting import too_deep
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from neuralgraph.access import CatalogReader, GraphReader
    from neuralgraph.api.notifications import Notification
    from neuralgraph.api.record import Record
    from neuralgraph.query.execution import Counters, ExecutionContext
    from neuralgraph.values.arrays import AnyArray


SMALL_ROWS: Final = 64
"""After a first batch of up to so many rows, the second is looked for at once."""


@record
class Summary:
    """What a statement did.

    Attributes:
        query: its text.
        counters: what it changed; see `Counters`.
        plan: the plan as a tree of text for EXPLAIN and PROFILE, else None.
        prepared_ms: parsing, checking and planning; near 0 when the plan was cached.
        elapsed_ms: from the call to the last batch (so far), the time spent by the reader of the
            result included.
        txid: the transaction that committed it; None when it only read or is not committed yet.
        catalog: the names that the graph had, for `notifications`.
    """

    query: str
    counters: Counters
    plan: str | None
    prepared_ms: float
    elapsed_ms: float
    txid: int | None = None
    catalog: CatalogReader | None = field(default=None, repr=False, compare=False)

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """Warnings: labels, types and property keys that the graph does not have, with close ones it has.

        They are worked out when asked for; half a millisecond or so.
        """
        from neuralgraph.api.notifications import notifications_of

        return () if self.catalog is None else notifications_of(self.query, self.catalog)


@record
class Subgraph:
    """The entities that occur in a result, each once, in order of first occurrence."""

    nodes: tuple[Node, ...]
    relationships: tuple[Relationship, ...]


class Details:
    """What few results need beside their rows; made by `statement`.

    Attributes:
        prepared_ns: `time.perf_counter_ns` once there was a plan.
        explain: gives the plan as text, for EXPLAIN and PROFILE.
        txid: the transaction that committed the statement.
    """

    __slots__ = ("explain", "prepared_ns", "txid")

    def __init__(self, prepared_ns: int) -> None:
        self.prepared_ns = prepared_ns
        self.explain: Callable[[], str] | None = None
        self.txid: int | None = None


class Result:
    """Rows of a statement. Iterating gives `Record`s; every row is given once.

    Attributes:
        columns: the column names, in order.
    """

    __slots__ = (
        "_began_ns",
        "_context",
        "_details",
        "_ended_ns",
        "_pending",
        "_query",
        "_reader",
        "_ready",
        "_record",
        "_records",
        "columns",
    )

    def __init__(
        self,
        query: str,
        columns: tuple[str, ...],
        record: type[Record],
        pending: Iterator[Batch],
        reader: GraphReader | None,
        context: ExecutionContext,
        began_ns: int,
        details: Details | None = None,
    ) -> None:
        """Take the first batch of `pending`.

        Args:
            query: the statement's text, to locate errors in.
            columns: the column names.
            record: `record_type(columns)`.
            pending: the batches.
            reader: what entities are read from; None when the batches hold no ids.
            context: the run; its counters are the summary's.
            began_ns: `time.perf_counter_ns` when `execute` was called.
            details: the rest of the summary.
        """
        self.columns = columns
        self._query = query
        self._record = record
        self._reader = reader
        self._context = context
        self._began_ns = began_ns
        self._ended_ns = 0
        self._details = details
        self._records: Iterator[Record] | None = None
        self._pending: Iterator[Batch] | None = pending
        self._ready: list[Batch] = []
        self._pull(SMALL_ROWS)

    # ── row by row ────────────────────────────────────────────────────────────────────────────

    def __iter__(self) -> Iterator[Record]:
        records = self._records
        if records is None:
            ready = self._ready
            if self._pending is not None or len(ready) > 1:
                # A generator lets go of the result at its end; a map would keep it in a cycle.
                records = chain.from_iterable(self._records_of(batch) for batch in self._batches())
            else:
                records = self._records_of(ready.pop()) if ready else iter(())
            self._records = records
        return records

    def __next__(self) -> Record:
        return next(iter(self))

    def single(self) -> Record:
        """The only row.

        Raises:
            QueryArgumentError: there are no rows, or more than one.
        """
        records = iter(self)
        first = next(records, None)
        if first is None:
            raise QueryArgumentError("the result has no rows; one was expected")
        if next(records, None) is not None:
            raise QueryArgumentError("the result has more than one row; one was expected")
        return first

    def value(self, column: int | str = 0) -> Any:
        """The value in a column of the only row; the first column where none is named."""
        return self.single()[column]

    def values(self, column: int | str = 0) -> list[Any]:
        """One column of all remaining rows; nothing where the statement gives no rows."""
        if not self.columns:
            self.consume()
            return []
        if self._records is not None:
            return [row[column] for row in self]
        place = self._place(column)
        values: list[Any] = []
        for batch in self._batches():
            found = self._visible(batch.columns[place])
            # The list may be the column's own, and belong to more than this result.
            values += found
        self._records = iter(())
        return values

    def _place(self, column: int | str) -> int:
        """Where a column stands, by what users call it; errors are those of a record."""
        places = self._record(range(len(self.columns)))
        place: int = places[column]
        return place

    def _visible(self, column: Column) -> list[Any]:
        """A column as users see it; a reader of None means that entities are rendered already."""
        if column.kind in PLAIN_KINDS or self._reader is None:
            return column.to_list()
        return Renderer(self._reader).column(column)

    def consume(self) -> Summary:
        """Run to the end without keeping rows; the summary is complete then."""
        for _ in self._batches():
            continue
        self._records = iter(())
        return self.summary

    def close(self) -> None:
        """End the statement here: rows that were not taken are not made; harmless when it has ended.

        Where another thread is waiting for rows of it, that thread gets a QueryCancelledError soon.
        """
        pending, self._pending = self._pending, None
        self._ready.clear()
        self._records = iter(())
        if pending is None:
            return
        self._ended_ns = time.perf_counter_ns()
        if _is_running(pending):
            # Only who runs it can end it; `_pull` does, having seen that nothing is pending.
            self._context.stop()
        else:
            self._context.abandon()

    def _give_up(self) -> None:
        """End it where it runs."""
        self._pending = None
        self._ready.clear()
        self._records = iter(())
        self._context.abandon()
        self._ended_ns = time.perf_counter_ns()

    def __enter__(self) -> Result:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    # ── many at once ──────────────────────────────────────────────────────────────────────────

    def to_tuples(self) -> list[tuple[Any, ...]]:
        """Remaining rows as plain tuples: the quickest way to many rows, at half the cost of records."""
        if self._records is not None:
            return list(map(tuple, self))
        rows: list[tuple[Any, ...]] = []
        for batch in self._batches():
            rows += zip(*self._lists(batch), strict=True) if batch.columns else [()] * batch.count
        self._records = iter(())
        return rows

    def to_dicts(self) -> list[dict[str, Any]]:
        """Remaining rows as plain dicts."""
        columns = self.columns
        return [dict(zip(columns, row, strict=True)) for row in self]

    def to_numpy(self) -> dict[str, AnyArray]:
        """Remaining rows as an array for each column.

        Integers, floats and booleans without null come as int64, float64 and bool; null is NaN among
        floats; integers among floats are floats where that is exact; vectors of one dimension are a
        float32 (rows, dimension) matrix, null as NaN; anything else is an object array, null as None.
        """
        from neuralgraph.api import exporting

        return {name: exporting.numpy_array(column) for name, column in self._exported()}

    def to_pandas(self) -> pd.DataFrame:
        """Remaining rows as a DataFrame; integers and booleans with nulls are ``Int64``, ``boolean``."""
        from neuralgraph.api import exporting

        return exporting.pandas_frame(self._exported())

    def to_arrow(self) -> pa.Table:
        """Remaining rows as an Arrow table; entities become structs, mixed values JSON text."""
        from neuralgraph.api import exporting

        return exporting.arrow_table(self._exported())

    def to_polars(self) -> pl.DataFrame:
        """Remaining rows as a polars DataFrame."""
        from neuralgraph.api import exporting

        return exporting.polars_frame(self._exported())

    def graph(self) -> Subgraph:
        """The nodes and relationships in the remaining rows, those inside paths and lists included."""
        nodes: dict[int, Node] = {}
        relationships: dict[int, Relationship] = {}
        for row in self:
            _gather(row, nodes, relationships)
        return Subgraph(tuple(nodes.values()), tuple(relationships.values()))

    # ── what it did ───────────────────────────────────────────────────────────────────────────

    @property
    def summary(self) -> Summary:
        """What the statement did so far; complete when all rows were taken."""
        ended_ns = self._ended_ns or time.perf_counter_ns()
        details = self._details
        prepared_ns = self._began_ns if details is None else details.prepared_ns
        explain = None if details is None else details.explain
        return Summary(
            query=self._query,
            counters=self._context.counters,
            plan=None if explain is None else explain(),
            prepared_ms=(prepared_ns - self._began_ns) / 1e6,
            elapsed_ms=(ended_ns - self._began_ns) / 1e6,
            txid=None if details is None else details.txid,
            catalog=self._context.reader.catalog,
        )

    def note_commit(self, txid: int) -> None:
        """The statement was committed as `txid`; for the summary."""
        if self._details is not None:
            self._details.txid = txid

    def __repr__(self) -> str:
        return f"<Result {', '.join(self.columns)}>"

    # ── batches ───────────────────────────────────────────────────────────────────────────────

    def _pull(self, rows_min: int) -> None:
        """Take batches until there are two, or one with more than `rows_min` rows, or the end.

        Most results are one small batch: to know that it is the only one saves them the machinery
        for many.
        """
        pending, ready = self._pending, self._ready
        if pending is None:
            return
        if _is_running(pending):
            raise QueryArgumentError(
                "the result is being read already, by another thread or by the statement itself;"
                " read it at one place, or execute the statement twice"
            )
        token = enter(self._context)
        try:
            for batch in pending:
                if self._pending is None:
                    break
                if batch.count:
                    ready.append(batch)
                    if batch.count > rows_min or len(ready) > 1:
                        return
        except QueryError as error:
            self._give_up()
            self._context.locate(error, self._query)
            raise
        except MemoryError as error:
            self._give_up()
            raise out_of_memory() from error
        except RecursionError as error:
            self._give_up()
            raise too_deep() from error
        except BaseException:
            self._give_up()
            raise
        finally:
            leave(token)
        if self._pending is None:
            self._give_up()
            raise QueryCancelledError("the result was closed while its rows were made")
        self._pending = None
        self._context.running = False
        self._ended_ns = time.perf_counter_ns()

    def _batches(self) -> Iterator[Batch]:
        ready = self._ready
        while ready or self._pending is not None:
            while ready:
                yield ready.pop(0)
            self._pull(0)

    def _records_of(self, batch: Batch) -> Iterator[Record]:
        if not batch.columns:
            return iter([self._record()] * batch.count)
        return map(self._record, zip(*self._lists(batch), strict=True))

    def _lists(self, batch: Batch) -> list[list[Any]]:
        """A list a column, as users see the values."""
        columns = batch.columns
        plain = [column.to_list() for column in columns if column.kind in PLAIN_KINDS]
        if len(plain) != len(columns):
            # A reader of None means that the entities were rendered when the batch was made.
            plain = batch_lists(batch, self._reader)
        return plain

    def _exported(self) -> list[tuple[str, Column]]:
        """Remaining rows as one column each, entities rendered."""
        if self._records is not None:
            rows = list(self._records)
            whole = Batch(
                [
                    Column.of_values([row[place] for row in rows])
                    for place in range(len(self.columns))
                ],
                len(rows),
            )
        else:
            batches = list(self._batches())
            self._records = iter(())
            if not batches:
                return [(name, Column.nulls(0)) for name in self.columns]
            whole = Batch.concat(batches)
        return list(zip(self.columns, map(self._rendered, whole.columns), strict=True))

    def _rendered(self, column: Column) -> Column:
        from neuralgraph.api.export_values import narrowed

        if column.kind not in PLAIN_KINDS and self._reader is not None:
            column = Column.of_values(Renderer(self._reader).column(column))
        return narrowed(column)


def _is_running(pending: Iterator[Batch]) -> bool:
    """Is somebody in the middle of making the next batch?"""
    return bool(getattr(pending, "gi_running", False))


def _gather(value: Any, nodes: dict[int, Node], relationships: dict[int, Relationship]) -> None:
    match value:
        case Node():
            nodes.setdefault(value.id, value)
        case Relationship():
            _gather(value.start_node, nodes, relationships)
            _gather(value.end_node, nodes, relationships)
            relationships.setdefault(value.id, value)
        case Path():
            for part in (*value.nodes, *value.relationships):
                _gather(part, nodes, relationships)
        case list() | tuple():
            for item in value:
                _gather(item, nodes, relationships)
        case dict():
            for item in value.values():
                _gather(item, nodes, relationships)
        case _:
            return
