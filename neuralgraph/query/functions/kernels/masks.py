"""Null masks of two operands, one of which may be a single row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from neuralgraph.values import Column, MaskArray


def rows_of(left: Column, right: Column) -> int:
    """How many rows the result has."""
    return right.count if left.count == 1 else left.count


def merged_valid(left: Column, right: Column) -> MaskArray | None:
    """Where neither operand is null; None when that is everywhere. Shape (rows,)."""
    one, other = left.valid, right.valid
    if one is None and other is None:
        return None
    count = rows_of(left, right)
    if one is None:
        merged = other
    elif other is None:
        merged = one
    else:
        merged = one & other
    assert merged is not None
    return merged if len(merged) == count else np.full(count, merged[0])
