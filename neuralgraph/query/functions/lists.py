"""Functions of lists, of null, and of what may be empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import MemoryLimitError, QueryArgumentError
from neuralgraph.query.functions.arguments import (
    expect_list,
    out_of_range,
    wrong_type,
)
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.values import Column, Kind, equals, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

_RANGE_ITEMS_MAX: Final = 100_000_000
_RANGE_ITEM_BYTES: Final = 40
_CONVERTED_BYTES: Final = 80
_RANGE_PIECE_ITEMS: Final = 100_000


def _size(context: CallContext, value: Any) -> int:  # noqa: ARG001
    if isinstance(value, str | list | np.ndarray):
        return len(value)
    raise wrong_type("size", value, "a list or string")


def _size_column(context: CallContext, values: Column) -> Column | None:  # noqa: ARG001
    if values.kind != Kind.TEXT:
        return None
    if values.dictionary is None:
        items = values.to_list()
        return Column.of_list(Kind.INTEGER, [None if item is None else len(item) for item in items])
    lengths = np.array([len(item) for item in values.dictionary.tolist()], dtype=np.int64)
    if not len(lengths):
        return Column.of_list(Kind.INTEGER, [None] * values.count)
    return Column.of_array(Kind.INTEGER, lengths[values.array], values.valid)


def _is_empty(context: CallContext, value: Any) -> bool:  # noqa: ARG001
    if isinstance(value, str | list | dict):
        return len(value) == 0
    raise wrong_type("isEmpty", value, "a list, map or string")


def _head(context: CallContext, items: Any) -> Any:  # noqa: ARG001
    found = expect_list("head", items)
    return found[0] if found else None


def _last(context: CallContext, items: Any) -> Any:  # noqa: ARG001
    found = expect_list("last", items)
    return found[-1] if found else None


def _tail(context: CallContext, items: Any) -> Any:  # noqa: ARG001
    return expect_list("tail", items)[1:]


def _reverse(context: CallContext, value: Any) -> Any:  # noqa: ARG001
    if isinstance(value, str | list):
        return value[::-1]
    raise wrong_type("reverse", value, "a list or string")


def _range(context: CallContext, start: Any, stop: Any, step: Any = 1) -> list[int]:
    numbers = range_numbers(start, stop, step)
    # Not len(): it cannot count beyond 63 bits.
    count = (numbers[-1] - numbers[0]) // step + 1 if numbers else 0
    if count > _RANGE_ITEMS_MAX:
        raise MemoryLimitError(f"range() would have {count} elements")
    if count <= _RANGE_PIECE_ITEMS:
        return list(numbers)
    made: list[int] = []
    for first in range(0, count, _RANGE_PIECE_ITEMS):
        context.reserve(_RANGE_ITEM_BYTES * count)
        made.extend(numbers[first : first + _RANGE_PIECE_ITEMS])
    return made


def range_numbers(start: Any, stop: Any, step: Any = 1) -> range:
    """The numbers of ``range(start, stop, step)``, whose `stop` is included.

    Raises:
        QueryArgumentError: one is no integer, or the step is 0.
    """
    for bound in (start, stop, step):
        if type(bound) is not int:
            raise QueryArgumentError(
                f"range() takes integers, not {type_name(bound)}", detail="InvalidArgumentType"
            )
    if step == 0:
        raise out_of_range("the step of range() cannot be zero")
    return range(start, stop + (1 if step > 0 else -1), step)


def _coalesce(context: CallContext, *values: Any) -> Any:  # noqa: ARG001
    return next((value for value in values if value is not None), None)


def _coalesce_columns(context: CallContext, *columns: Column) -> Column | None:  # noqa: ARG001
    kind, count = columns[0].kind, columns[0].count
    if any(column.kind != kind or column.count != count for column in columns):
        return None
    if kind in (Kind.ANY, Kind.VECTOR):
        return None
    result = columns[0].decoded()
    for column in columns[1:]:
        valid = result.valid
        if valid is None:
            return result
        other = column.decoded()
        merged = valid | other.valid_mask
        array = np.where(valid, result.array, other.array)
        result = Column.of_array(kind, array, None if merged.all() else merged)
    return result


def _null_if(context: CallContext, value: Any, other: Any) -> Any:  # noqa: ARG001
    return None if equals(value, other) else value


def _element_function(
    name: str, convert: Callable[[Any], Any]
) -> Callable[[CallContext, Any], list[Any]]:
    """A function of a list that converts each element, to null where it cannot."""

    def function(context: CallContext, items: Any) -> list[Any]:
        found = expect_list(name, items)
        context.reserve(_CONVERTED_BYTES * len(found))
        return [None if item is None else convert(item) for item in found]

    return function


def list_conversion(name: str, convert: Callable[[Any], Any], description: str) -> Function:
    """``toIntegerList`` and its kin."""
    return Function(
        name,
        ("LIST",),
        "LIST",
        _element_function(name, convert),
        grows=True,
        category="List",
        description=description,
    )


FUNCTIONS: Final = (
    Function("size", ("LIST|STRING",), "INTEGER", _size, kernel=_size_column,
             description="How many elements a list has, or characters a string."),
    Function("isEmpty", ("LIST|MAP|STRING",), "BOOLEAN", _is_empty, category="Predicate",
             description="Has the list, map or string nothing in it?"),
    Function("head", ("LIST",), "ANY", _head, description="The first element of a list."),
    Function("last", ("LIST",), "ANY", _last, description="The last element of a list."),
    Function("tail", ("LIST",), "LIST", _tail, category="List",
             description="All elements but the first."),
    Function("reverse", ("LIST|STRING",), "LIST|STRING", _reverse, category="List",
             description="A list or string from its end to its beginning."),
    # Their runtime errors are openCypher's, so the types are not checked before.
    Function("range", ("ANY", "ANY", "ANY"), "LIST", _range, required=2, category="List", grows=True,
             description="The integers from a start to an end, both included, by a step."),
    Function("coalesce", ("ANY",), "ANY", _coalesce, variadic=True, null_in_null_out=False,
             kernel=_coalesce_columns, description="The first value that is not null."),
    Function("nullIf", ("ANY", "ANY"), "ANY", _null_if, null_in_null_out=False,
             description="Null if the two values are equal, else the first."),
)  # fmt: skip
