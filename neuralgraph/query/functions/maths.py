"""Numbers: rounding, roots, logarithms, trigonometry, chance."""

from __future__ import annotations

import decimal
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryArithmeticError
from neuralgraph.query.functions.arguments import (
    expect_count,
    expect_number,
    expect_string,
    out_of_range,
)
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.values import Column, Kind
from neuralgraph.values.instants import INT64_MIN

if TYPE_CHECKING:
    from collections.abc import Callable

_MODES: Final = {
    "CEILING": decimal.ROUND_CEILING,
    "DOWN": decimal.ROUND_DOWN,
    "FLOOR": decimal.ROUND_FLOOR,
    "HALF_DOWN": decimal.ROUND_HALF_DOWN,
    "HALF_EVEN": decimal.ROUND_HALF_EVEN,
    "HALF_UP": decimal.ROUND_HALF_UP,
    "UP": decimal.ROUND_UP,
}
_PRECISION_MAX: Final = 400
# Wide enough for every digit of every float.
_DECIMALS: Final = decimal.Context(prec=1_200)


# ── one number in, one out ────────────────────────────────────────────────────────────────────


def _of_float(name: str, compute: Callable[[float], float]) -> Callable[[CallContext, Any], float]:
    """A function of floats that is NaN where it is not defined and infinite where it overflows."""

    def scalar(context: CallContext, value: Any) -> float:  # noqa: ARG001
        try:
            return compute(float(expect_number(name, value)))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return scalar


def _elementwise(
    compute: Callable[[Any], Any], result: Kind
) -> Callable[[CallContext, Column], Column | None]:
    """A kernel for INTEGER and FLOAT columns from a numpy function that rounds as C does."""

    def kernel(context: CallContext, values: Column) -> Column | None:  # noqa: ARG001
        if values.kind not in (Kind.INTEGER, Kind.FLOAT):
            return None
        with np.errstate(all="ignore"):
            array = compute(values.array.astype(np.float64))
        return Column.of_array(result, array, values.valid)

    return kernel


def _floor(number: float) -> float:
    return float(math.floor(number)) if math.isfinite(number) else number


def _ceil(number: float) -> float:
    # Through minus floor, so that -0.5 becomes -0.0 as it does in the kernel.
    return -_floor(-number)


def _log(number: float) -> float:
    return -math.inf if number == 0 else math.log(number)


def _log10(number: float) -> float:
    return -math.inf if number == 0 else math.log10(number)


def _cot(number: float) -> float:
    tangent = math.tan(number)
    return 1 / tangent if tangent else math.copysign(math.inf, number)


def _coth(number: float) -> float:
    tangent = math.tanh(number)
    return 1 / tangent if tangent else math.nan


def _haversin(number: float) -> float:
    return (1 - math.cos(number)) / 2


def _abs(context: CallContext, value: Any) -> int | float:  # noqa: ARG001
    number = expect_number("abs", value)
    if number == INT64_MIN and type(number) is int:
        raise QueryArithmeticError(
            f"abs({number}) does not fit in 64 bits", detail="IntegerOverflow"
        )
    return abs(number)


def _abs_column(context: CallContext, values: Column) -> Column | None:  # noqa: ARG001
    if values.kind not in (Kind.INTEGER, Kind.FLOAT):
        return None
    array: Any = values.array
    if values.kind == Kind.INTEGER and len(array) and int(array.min()) == INT64_MIN:
        return None
    return Column.of_array(values.kind, np.abs(array), values.valid)


def _sign(context: CallContext, value: Any) -> int:  # noqa: ARG001
    number = expect_number("sign", value)
    return (number > 0) - (number < 0)


def _is_nan(context: CallContext, value: Any) -> bool:  # noqa: ARG001
    return math.isnan(expect_number("isNaN", value))


def _atan2(context: CallContext, y: Any, x: Any) -> float:  # noqa: ARG001
    return math.atan2(expect_number("atan2", y), expect_number("atan2", x))


# ── rounding ──────────────────────────────────────────────────────────────────────────────────


def _round(context: CallContext, value: Any, precision: Any = 0, mode: Any = None) -> float:  # noqa: ARG001
    """A half goes up without a precision, and away from zero with one, unless a mode says else."""
    number = float(expect_number("round", value))
    places = expect_count("round", precision)
    if not math.isfinite(number):
        return number
    if places > _PRECISION_MAX:
        return number
    if mode is None and places == 0:
        return _half_up(number)
    name = "HALF_UP" if mode is None else expect_string("round", mode).upper()
    if name not in _MODES:
        raise out_of_range(f"round() knows {', '.join(_MODES)}, not {mode}")
    exact = decimal.Decimal(repr(number))
    unit = decimal.Decimal(1).scaleb(-places)
    return float(exact.quantize(unit, rounding=_MODES[name], context=_DECIMALS))


def _half_up(number: float) -> float:
    lower = _floor(number)
    return lower + 1.0 if number - lower >= 0.5 else lower


def _half_up_array(numbers: Any) -> Any:
    lower = np.floor(numbers)
    return np.where(numbers - lower >= 0.5, lower + 1.0, lower)


_round_array = _elementwise(_half_up_array, Kind.FLOAT)


def _round_column(context: CallContext, values: Column, *more: Column) -> Column | None:
    return None if more else _round_array(context, values)


# ── chance ────────────────────────────────────────────────────────────────────────────────────


def _rand(context: CallContext) -> float:
    return context.random()


def _random_uuid(context: CallContext) -> str:
    """A UUID of version 4 from the statement's chance."""
    words = [int(context.random() * 2**32) for _ in range(4)]
    bits = words[0] << 96 | words[1] << 64 | words[2] << 32 | words[3]
    bits = bits & ~(0xF << 76) | 4 << 76
    bits = bits & ~(0x3 << 62) | 2 << 62
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_FLOATS: Final[tuple[tuple[str, Callable[[float], float], Any, str], ...]] = (
    ("ceil", _ceil, np.ceil, "The least whole number that is not less."),
    ("floor", _floor, np.floor, "The greatest whole number that is not greater."),
    ("sqrt", math.sqrt, np.sqrt, "The square root."),
    ("exp", math.exp, None, "e to the power of the number."),
    ("log", _log, None, "The natural logarithm."),
    ("log10", _log10, None, "The logarithm to base 10."),
    ("sin", math.sin, None, "The sine of an angle in radians."),
    ("cos", math.cos, None, "The cosine of an angle in radians."),
    ("tan", math.tan, None, "The tangent of an angle in radians."),
    ("cot", _cot, None, "The cotangent of an angle in radians."),
    ("asin", math.asin, None, "The angle with this sine."),
    ("acos", math.acos, None, "The angle with this cosine."),
    ("atan", math.atan, None, "The angle with this tangent."),
    ("sinh", math.sinh, None, "The hyperbolic sine."),
    ("cosh", math.cosh, None, "The hyperbolic cosine."),
    ("tanh", math.tanh, None, "The hyperbolic tangent."),
    ("coth", _coth, None, "The hyperbolic cotangent."),
    ("haversin", _haversin, None, "Half of one minus the cosine."),
    ("degrees", math.degrees, None, "Radians as degrees."),
    ("radians", math.radians, None, "Degrees as radians."),
)
_N: Final = "INTEGER|FLOAT"
_C: Final = "Numeric"
_TRIGONOMETRIC: Final = "Trigonometric"
_LOGARITHMIC: Final = "Logarithmic"
_CATEGORIES: Final = {
    **dict.fromkeys(("floor", "ceil"), _C),
    **dict.fromkeys(("sqrt", "exp", "log", "log10"), _LOGARITHMIC),
}
"""Of the functions in `_FLOATS`; the others are trigonometric."""

FUNCTIONS: Final = (
    *(
        Function(
            name, (_N,), "FLOAT", _of_float(name, compute), description=description,
            category=_CATEGORIES.get(name, _TRIGONOMETRIC),
            kernel=None if ufunc is None else _elementwise(ufunc, Kind.FLOAT),
        )
        for name, compute, ufunc, description in _FLOATS
    ),
    Function("abs", (_N,), _N, _abs, kernel=_abs_column, category=_C,
             description="The distance from zero."),
    Function("sign", (_N,), "INTEGER", _sign, category=_C, description="-1, 0 or 1."),
    Function("isNaN", (_N,), "BOOLEAN", _is_nan, kernel=_elementwise(np.isnan, Kind.BOOLEAN),
             category=_C, description="Is it not a number?"),
    Function("atan2", (_N, _N), "FLOAT", _atan2, category=_TRIGONOMETRIC,
             description="The angle of the point (x, y), given y and x."),
    Function("round", (_N, "INTEGER", "STRING"), "FLOAT", _round, required=1,
             kernel=_round_column, category=_C,
             description="The nearest whole number, or with so many digits, by a mode."),
    Function("e", (), "FLOAT", lambda context: math.e, category=_LOGARITHMIC,  # noqa: ARG005
             description="The base of natural logarithms."),
    Function("pi", (), "FLOAT", lambda context: math.pi, category=_TRIGONOMETRIC,  # noqa: ARG005
             description="The ratio of a circle's circumference to its diameter."),
    Function("rand", (), "FLOAT", _rand, deterministic=False, stable=False, category=_C,
             description="A random number from 0 (included) to 1 (not)."),
    Function("randomUUID", (), "STRING", _random_uuid, deterministic=False, stable=False,
             description="A random universally unique identifier."),
)  # fmt: skip
