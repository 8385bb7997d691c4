"""Errors for arguments of the wrong type or size, said the same way by all functions."""

from __future__ import annotations

from typing import Any

from neuralgraph.errors import QueryArgumentError, QueryTypeError
from neuralgraph.values import type_name


def wrong_type(
    function: str, value: Any, expected: str, detail: str = "InvalidArgumentType"
) -> QueryTypeError:
    """``function()`` was given something that is not `expected`."""
    return QueryTypeError(f"{function}() takes {expected}, not {type_name(value)}", detail=detail)


def out_of_range(message: str) -> QueryArgumentError:
    """A number of the right type that is no good."""
    return QueryArgumentError(message, detail="NumberOutOfRange")


def expect_string(function: str, value: Any) -> str:
    """`value`, if it is a string."""
    if type(value) is str:
        return value
    raise wrong_type(function, value, "a string")


def expect_integer(function: str, value: Any) -> int:
    """`value`, if it is an integer."""
    if type(value) is int:
        return value
    raise wrong_type(function, value, "an integer")


def expect_count(function: str, value: Any) -> int:
    """`value`, if it is an integer that is not negative."""
    if expect_integer(function, value) < 0:
        raise out_of_range(f"{function}() takes no negative number, such as {value}")
    return value  # type: ignore[no-any-return]


def expect_number(function: str, value: Any) -> int | float:
    """`value`, if it is an integer or a float."""
    if type(value) is int or type(value) is float:
        return value
    raise wrong_type(function, value, "a number")


def expect_list(function: str, value: Any) -> list[Any]:
    """`value`, if it is a list."""
    if type(value) is list:
        return value
    raise wrong_type(function, value, "a list")
