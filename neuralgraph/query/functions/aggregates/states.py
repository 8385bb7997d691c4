"""What accumulators share: state arrays that grow with the groups, rows without nulls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.errors import QueryTypeError
from neuralgraph.values import type_name

if TYPE_CHECKING:
    from neuralgraph.values import Column


def grown(state: Any, count: int) -> Any:
    """The state array with room for `count` groups, new ones zero; the same when it has."""
    if len(state) >= count:
        return state
    # Doubling, so that a thousand batches with new groups do not copy a thousand times.
    larger = np.zeros(max(count, 2 * len(state)), dtype=state.dtype)
    larger[: len(state)] = state
    return larger


def present(groups: Any, column: Column) -> tuple[Any, Any]:
    """Groups and values of the rows that are not null; the column has an array form."""
    valid = column.valid
    array = column.array
    return (groups, array) if valid is None else (groups[valid], array[valid])


def not_a_number(function: str, value: Any) -> QueryTypeError:
    """The error for a value that cannot be added up."""
    return QueryTypeError(
        f"{function}() takes numbers, not {type_name(value)}", detail="InvalidArgumentType"
    )
