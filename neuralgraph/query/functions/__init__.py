"""Functions and operators: name to signature, scalar and column kernel.

`signature` says what a function is, `registry` finds it by name; `operators` has the operators of the
language, `accessors` what stands behind a dot or in brackets, `aggregates` the aggregating functions.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.query.functions.accessors import (
        UNBOUNDED,
        property_of_value,
        slice_list,
        subscript,
    )
    from neuralgraph.query.functions.operators import BINARY, UNARY, OperatorFunction
    from neuralgraph.query.functions.registry import AnyFunction, Registry, default_registry
    from neuralgraph.query.functions.signature import (
        ANY_TYPE,
        Accumulator,
        AggregateFunction,
        CallContext,
        Function,
    )
    from neuralgraph.query.functions.type_tests import is_of_type
else:
    __getattr__ = door(
        __name__,
        accessors="UNBOUNDED property_of_value slice_list subscript",
        operators="BINARY UNARY OperatorFunction",
        registry="AnyFunction Registry default_registry",
        signature="ANY_TYPE Accumulator AggregateFunction CallContext Function",
        type_tests="is_of_type",
    )

__all__ = [
    "ANY_TYPE",
    "BINARY",
    "UNARY",
    "UNBOUNDED",
    "Accumulator",
    "AggregateFunction",
    "AnyFunction",
    "CallContext",
    "Function",
    "OperatorFunction",
    "Registry",
    "default_registry",
    "is_of_type",
    "property_of_value",
    "slice_list",
    "subscript",
]
