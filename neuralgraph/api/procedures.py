"""Procedures that users register.

A procedure is declared by its signature (signatures.py), and given either as a function or as a table of
rows (inputs and outputs) that its arguments are looked up in:

    graph.register_procedure("shop.price(item :: STRING) :: (price :: FLOAT)", price_of)

The vectorised form is called once for each batch, with one column for each input. It gives the columns of
its outputs (a mapping, or a sequence in order): one row for each row it was given; or a pair
``(rows, columns)``, where ``rows`` tells for each row of the result the row that it belongs to, ascending;
or it yields such pairs, and what it yielded is used before it makes more.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.api.calling import CallingTransaction
from neuralgraph.api.foreign_calls import as_given, as_taken, called, iterated, rendered
from neuralgraph.api.functions import checked_effects
from neuralgraph.api.signatures import declared_columns, parse_signature
from neuralgraph.errors import ProcedureError, QueryArgumentError
from neuralgraph.query.execution import Procedure
from neuralgraph.values.ordering import equality_key
from neuralgraph.values.types import from_python

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from neuralgraph.api.signatures import Fields, Signature
    from neuralgraph.api.statement import StatementRunner
    from neuralgraph.query.execution import ExecutionContext
    from neuralgraph.query.functions import CallContext
    from neuralgraph.values import Column
    from neuralgraph.values.arrays import RowArray

    Piece = tuple[RowArray, list[Column]]
    Rows = Iterable[Mapping[str, Any]] | Callable[..., Any]


def make_procedure(
    signature: str,
    rows: Rows,
    *,
    vectorised: bool,
    effects: str,
    runner: StatementRunner | None = None,
) -> Procedure:
    """A procedure; see `Graph.register_procedure`.

    `runner` is given where the function takes the transaction as its first argument.

    Raises:
        QueryArgumentError: the signature is not of the form, or a row lacks a column.
        OptionError: there are no such effects.
    """
    checked_effects(effects)
    declared = parse_signature(signature)
    if declared.result is not None:
        raise QueryArgumentError(
            f"{signature!r} is the signature of a function; a procedure ends in (output :: TYPE, ...)"
        )
    if vectorised and not callable(rows):
        raise QueryArgumentError("a table of rows is no vectorised procedure; give a function")
    writes = effects == "writes"
    if runner is not None:
        if vectorised or not callable(rows):
            raise QueryArgumentError(
                "only a function that is called row by row takes the transaction"
            )
        return Procedure(
            declared.name,
            declared.inputs,
            declared.outputs,
            writes=writes,
            optional_inputs=len(declared.defaults),
            change=_calling_inside(declared, rows, runner, writes=writes),
        )
    return Procedure(
        declared.name,
        declared.inputs,
        declared.outputs,
        writes=writes,
        optional_inputs=len(declared.defaults),
        call=_calling(declared, rows) if callable(rows) else _looking_up(declared, rows),
        outside=True,
        columns=_at_once(declared, rows) if vectorised and callable(rows) else None,
    )


def _calling(signature: Signature, function: Callable[..., Any]) -> Callable[..., Any]:
    """A Python function as a procedure: it may give mappings, tuples, or None for no rows."""
    name, columns = signature.name, [column for column, _ in signature.outputs]

    def call(context: CallContext, *arguments: Any) -> Iterable[Sequence[Any]]:
        given = rendered(context, signature.completed(arguments))
        found = called(name, function, given)
        if isinstance(found, list):
            return [_checked(signature, columns, row) for row in found]
        return _rows(signature, columns, found)

    return call


def _calling_inside(
    signature: Signature, function: Callable[..., Any], runner: StatementRunner, *, writes: bool
) -> Callable[..., Any]:
    """A Python function that takes the transaction of the calling statement before its arguments."""
    name, columns = signature.name, [column for column, _ in signature.outputs]

    def change(context: ExecutionContext, *arguments: Any) -> Iterator[Sequence[Any]]:
        given = rendered(context.call_context, signature.completed(arguments))
        transaction = CallingTransaction(runner, context, writes=writes)
        try:
            found = called(name, function, [transaction, *given])
            yield from _rows(signature, columns, found)
        finally:
            transaction.close()

    return change


def _rows(signature: Signature, columns: Sequence[str], found: Any) -> Iterator[Sequence[Any]]:
    """The rows that a function gave, checked against the signature, as they are made."""
    if found is None:
        return
    rows = iterated(signature.name, found)
    try:
        for row in rows:
            yield _checked(signature, columns, row)
    finally:
        rows.close()


def _checked(signature: Signature, columns: Sequence[str], row: Any) -> Sequence[Any]:
    values = _values(signature.name, columns, row)
    return signature.checked_row([from_python(value) for value in values])


def _values(name: str, columns: Sequence[str], row: Any) -> list[Any]:
    if isinstance(row, Mapping):
        missing = [column for column in columns if column not in row]
        if missing:
            raise ProcedureError(
                f"{name} gave a row without {missing[0]}", detail="ProcedureCallFailed"
            )
        return [row[column] for column in columns]
    values = list(row) if isinstance(row, (tuple, list)) else [row]
    if len(values) != len(columns):
        raise ProcedureError(
            f"{name} gave a row of {len(values)} values for {len(columns)} outputs",
            detail="ProcedureCallFailed",
        )
    return values


def _at_once(signature: Signature, function: Callable[..., Any]) -> Callable[..., Iterator[Piece]]:
    """A Python function of columns as a procedure."""
    name = signature.name

    def columns(context: CallContext, count: int, *arguments: Column) -> Iterator[Piece]:
        whole = declared_columns(arguments, count, signature)
        found = called(name, function, [as_given(column, context.reader) for column in whole])
        if not isinstance(found, Generator):
            yield _piece(signature, found, count, 0)
            return
        pieces = iterated(name, found)
        first = 0
        try:
            for piece in pieces:
                if not _has_rows(piece):
                    raise ProcedureError(
                        f"{name} makes its columns in pieces, each a pair (rows, columns)",
                        detail="ProcedureCallFailed",
                    )
                rows, outputs = _piece(signature, piece, count, first)
                first = int(rows[-1]) if len(rows) else first
                yield rows, outputs
        finally:
            pieces.close()

    return columns


def _has_rows(found: Any) -> bool:
    return isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], (Mapping, list))


def _piece(signature: Signature, found: Any, count: int, first: int) -> Piece:
    """Columns that were given; where they come with their rows, these begin at `first` or later."""
    name = signature.name
    rows: Any = np.arange(count)
    if _has_rows(found):
        rows = np.asarray(found[0], dtype=np.int64)
        found = found[1]
        _check_rows(name, rows, count, first)
    names = [column for column, _ in signature.outputs]
    given = _values(name, names, {} if found is None else found)
    return rows, [as_taken(name, values, len(rows)) for values in given]


def _check_rows(name: str, rows: Any, count: int, first: int) -> None:
    inside = rows.ndim == 1 and (
        not len(rows)
        or (rows[0] >= first and rows[-1] < count and bool((np.diff(rows) >= 0).all()))
    )
    if not inside:
        raise ProcedureError(
            f"{name}: its rows are numbers from {first} to {count - 1} in ascending order",
            detail="ProcedureCallFailed",
        )


def _looking_up(signature: Signature, rows: Iterable[Mapping[str, Any]]) -> Callable[..., Any]:
    """A table as a procedure: a call gives the outputs of the rows whose inputs equal its arguments."""
    inputs: Fields = signature.inputs
    outputs: Fields = signature.outputs
    found: dict[tuple[Hashable, ...], list[list[Any]]] = {}
    for row in rows:
        missing = [column for column, _ in (*inputs, *outputs) if column not in row]
        if missing:
            raise QueryArgumentError(f"a row of the procedure has no column {missing[0]!r}")
        key = tuple(equality_key(from_python(row[column])) for column, _ in inputs)
        found.setdefault(key, []).append([from_python(row[column]) for column, _ in outputs])

    def call(_context: CallContext, *arguments: Any) -> Iterable[Sequence[Any]]:
        whole = signature.completed(arguments)
        return found.get(tuple(map(equality_key, whole)), ())

    return call
