"""Functions that users register: row by row, or column by column.

graph.register_function("shop.discount", lambda price: price * 0.9)
graph.register_function(
    "shop.discount", lambda prices: prices * 0.9,
    signature="shop.discount(price :: FLOAT) :: FLOAT", vectorised=True, deterministic=True,
)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from neuralgraph.api.foreign_calls import as_given, as_taken, called, received, rendered
from neuralgraph.api.signatures import (
    Signature,
    declared_column,
    declared_columns,
    parse_signature,
)
from neuralgraph.errors import OptionError, QueryArgumentError
from neuralgraph.query.execution.memory import column_bytes
from neuralgraph.query.functions import Function
from neuralgraph.query.functions.signature import OWN
from neuralgraph.regexes import regex
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.query.functions import CallContext
    from neuralgraph.values.arrays import MaskArray, RowArray

Effects = Literal["none", "reads", "writes"]


_NAME: Final = regex(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_SYNTAX: Final = frozenset((
    "all", "allshortestpaths", "any", "case", "collect", "count", "exists", "false", "none", "not", "null",
    "reduce", "shortestpath", "single", "true",
))  # fmt: skip
"""Before a parenthesis these are no call, or a built-in one."""


def checked_effects(effects: str) -> str:
    """``none``, ``reads`` or ``writes``; OptionError for anything else."""
    if effects not in ("none", "reads", "writes"):
        raise OptionError(f"effects are 'none', 'reads' or 'writes', not {effects!r}")
    return effects


def make_function(
    name: str,
    function: Callable[..., Any],
    *,
    signature: str | None,
    vectorised: bool,
    deterministic: bool,
    effects: str,
) -> Function:
    """A function for queries; see `Graph.register_function`.

    Raises:
        QueryArgumentError: the signature is not of the form, or is another function's.
        OptionError: there are no such effects.
    """
    checked_effects(effects)
    if not _NAME.fullmatch(name) or name.lower() in _SYNTAX:
        raise QueryArgumentError(
            f"{name!r} is no name for a function: names begin with a letter and go on with letters, digits"
            " and _, may have parts joined by dots, and are no word that is syntax before a parenthesis",
            detail="InvalidArgumentValue",
        )
    declared = None if signature is None else parse_signature(signature)
    if declared is not None:
        if declared.result is None:
            raise QueryArgumentError(f"{signature!r} is the signature of a procedure")
        if declared.name.lower() != name.lower():
            raise QueryArgumentError(f"{signature!r} is not a signature of {name}")
    make = _vectorised if vectorised else _row_by_row
    scalar, kernel = make(name, function, declared)
    free = declared is None
    return Function(
        name=name,
        parameters=("ANY",) if declared is None else tuple(kind for _, kind in declared.inputs),
        required=0 if declared is None else len(declared.inputs) - len(declared.defaults),
        variadic=free,
        result="ANY" if declared is None else declared.result or "ANY",
        scalar=scalar,
        kernel=kernel,
        null_in_null_out=vectorised,
        by_columns=vectorised,
        deterministic=deterministic and effects != "writes",
        stable=effects != "writes",
        writes=effects == "writes",
        category=OWN,
    )


def _row_by_row(
    name: str, function: Callable[..., Any], signature: Signature | None
) -> tuple[Callable[..., Any], None]:
    def scalar(context: CallContext, *arguments: Any) -> Any:
        given = arguments if signature is None else signature.completed(arguments)
        result = received(called(name, function, rendered(context, given)), context)
        return result if signature is None else signature.checked_result(result)

    return scalar, None


def _vectorised(
    name: str, function: Callable[..., Any], signature: Signature | None
) -> tuple[Callable[..., Any], Callable[..., Column]]:
    def kernel(context: CallContext, *columns: Column) -> Column:
        count = max(column.count for column in columns)
        whole = [column if column.count == count else column.repeat(count) for column in columns]
        mask = np.ones(count, dtype=np.bool_)
        for column in whole:
            mask &= column.valid_mask
        rows = np.flatnonzero(mask)
        if not len(rows):
            return Column.nulls(count)
        if len(rows) < count:
            whole = [column.take(rows) for column in whole]
        whole = declared_columns(whole, len(rows), signature)
        given = [as_given(column, context.reader) for column in whole]
        result = as_taken(name, called(name, function, given), len(rows))
        context.reserve(column_bytes(result))
        if signature is not None and signature.result is not None:
            result = declared_column(result, signature, "result", signature.result)
        return result if len(rows) == count else _spread(result, rows, mask)

    def scalar(context: CallContext, *arguments: Any) -> Any:
        columns = [Column.of_values([value]) for value in arguments]
        if not columns:
            return as_taken(name, called(name, function, ()), 1).to_values()[0]
        return kernel(context, *columns).to_values()[0]

    return scalar, kernel


def _spread(result: Column, rows: RowArray, mask: MaskArray) -> Column:
    """The results of some rows at their places; null in the others."""
    if result.kind in (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN) and result.valid is None:
        array = np.zeros(len(mask), dtype=result.array.dtype)
        array[rows] = result.array
        return Column.of_array(result.kind, array, mask)
    items: list[Any] = [None] * len(mask)
    for row, value in zip(rows.tolist(), result.to_values(), strict=True):
        items[row] = value
    return Column.of_values(items)
