"""Calling Python functions of users: values out, values in, and errors with a name.

What a function raises leaves as `ProcedureError` (detail ``ProcedureCallFailed``) with the exception as
its cause; errors of neuralgraph's own pass as they are.

The vectorised form exchanges whole columns. A column is given as
    int64, float64 or bool array     INTEGER, FLOAT, BOOLEAN
    float32 array, one row each      vectors of one length
    object array                     anything else; strings as str, entities as `Node` and `Relationship`
and taken as an array, a masked array (masked is null) or a sequence.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.api.rendering import Renderer
from neuralgraph.errors import NeuralGraphError, ProcedureError
from neuralgraph.query.execution.memory import items_bytes
from neuralgraph.values import Column, Kind
from neuralgraph.values.types import from_python

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.access import GraphReader
    from neuralgraph.query.functions import CallContext

_TYPED: Final = (Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT, Kind.VECTOR)
_KIND_OF_DTYPE: Final = {"b": Kind.BOOLEAN, "i": Kind.INTEGER, "f": Kind.FLOAT}
_LARGE: Final = frozenset({str, bytes, list, dict, np.ndarray})
"""Classes of values that may be of any size."""
_ELEMENT: Final = {Kind.BOOLEAN: np.bool_, Kind.INTEGER: np.int64, Kind.FLOAT: np.float64}


def rendered(context: CallContext, arguments: Iterable[Any]) -> list[Any]:
    """Arguments as users see values: entities as `Node`, `Relationship` and `Path`."""
    return Renderer(context.reader).column(Column.of_list(Kind.ANY, list(arguments)))


def received(value: Any, context: CallContext) -> Any:
    """What a function of a user's gave, as an engine value.

    Raises:
        QueryTypeError: it has no counterpart.
        MemoryLimitError: it alone is more than the statement may hold.
    """
    taken = from_python(value)
    if type(taken) in _LARGE:
        context.reserve(items_bytes((taken,), 1))
    return taken


def call_failed(name: str, error: Exception) -> ProcedureError:
    """The error for an exception inside a function of a user's; raise it ``from`` that."""
    return ProcedureError(
        f"{name} raised {type(error).__name__}: {error}", detail="ProcedureCallFailed"
    )


def called(name: str, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """What the function gives. Raises ProcedureError for what it raises."""
    try:
        return function(*arguments)
    except NeuralGraphError:
        raise
    except Exception as error:
        raise call_failed(name, error) from error


def iterated(name: str, rows: Iterable[Any]) -> Generator[Any]:
    """The rows, which a generator of the user's may still have to make; it is closed behind them."""
    iterator = called(name, iter, (rows,))
    try:
        while True:
            try:
                row = next(iterator)
            except StopIteration:
                return
            except NeuralGraphError:
                raise
            except Exception as error:
                raise call_failed(name, error) from error
            yield row
    finally:
        if isinstance(iterator, Generator):
            called(name, iterator.close, ())


def as_given(column: Column, reader: GraphReader) -> Any:
    """A column without nulls as a function of the vectorised form gets it; shape (rows,) or (rows, n)."""
    column = column.decoded()
    if column.kind in _TYPED:
        return column.array
    items = column.to_list()
    given = np.empty(len(items), dtype=object)
    given[:] = items if column.kind == Kind.TEXT else Renderer(reader).column(column)
    return given


def as_taken(name: str, values: Any, count: int | None) -> Column:
    """What a function of the vectorised form gave, as a column.

    Args:
        name: of the function, for the error.
        values: array, masked array or sequence.
        count: how many rows there must be; None for any number.

    Raises:
        ProcedureError: it is none of these, or of another length.
        QueryTypeError: a value has no counterpart.
    """
    if not isinstance(values, (np.ndarray, Sequence)) or isinstance(values, (str, bytes)):
        values = np.asarray(values)
        if values.ndim == 0:
            raise ProcedureError(
                f"{name} is vectorised and gives a column, not one value",
                detail="ProcedureCallFailed",
            )
    if count is not None and len(values) != count:
        raise ProcedureError(
            f"{name} gave a column of {len(values)} values for {count} rows",
            detail="ProcedureCallFailed",
        )
    valid = None
    if isinstance(values, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(values)
        valid = ~mask if mask.any() else None
        values = values.data
    if isinstance(values, np.ndarray):
        kind = _KIND_OF_DTYPE.get(values.dtype.kind)
        if kind is not None and values.ndim == 1:
            return Column.of_array(kind, np.ascontiguousarray(values, _ELEMENT[kind]), valid)
    items = [from_python(value) for value in values]
    if valid is not None:
        items = [item if is_there else None for item, is_there in zip(items, valid, strict=True)]
    return Column.of_values(items)
