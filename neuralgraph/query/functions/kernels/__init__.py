"""Operators over whole columns: arithmetic, comparisons, text predicates.

A kernel takes two columns and gives a third, or None for kinds it does not know (then the scalar runs row
by row). Both have the same number of rows, or one of them has a single row that stands for all: a
constant need not be repeated. Null in either operand gives null. Kernels and scalars agree on every input
that a kernel accepts, errors included.
"""

from neuralgraph.query.functions.kernels.arithmetic import ARITHMETIC_KERNELS, negate_column
from neuralgraph.query.functions.kernels.comparisons import COMPARISON_KERNELS
from neuralgraph.query.functions.kernels.membership import in_list_column
from neuralgraph.query.functions.kernels.text import TEXT_KERNELS

__all__ = [
    "ARITHMETIC_KERNELS",
    "COMPARISON_KERNELS",
    "TEXT_KERNELS",
    "in_list_column",
    "negate_column",
]
