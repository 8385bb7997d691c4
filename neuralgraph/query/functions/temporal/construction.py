"""Constructors: ``date(...)``, ``time(...)``, ``datetime(...)`` and their kin, and the clocks behind them.

Without an argument they read the statement's clock, which stands still all through the statement (and with it
``.transaction`` and ``.statement``); ``.realtime`` reads the machine's. With a string they parse, with
a map they build, with another temporal value they take the parts they have in common.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.functions.arguments import expect_integer, wrong_type
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.query.functions.temporal import fields as parts
from neuralgraph.query.functions.temporal.fields import UTC, Zone
from neuralgraph.values import (
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Time,
    instant_text,
)
from neuralgraph.values.gregorian import NANOS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

_ABSENT: Final = object()


# ── from anything ─────────────────────────────────────────────────────────────────────────────


def make_date(value: Any, now: DateTime) -> Date | None:
    """``date(value)``."""
    if isinstance(value, Date | LocalDateTime | DateTime):
        return Date(value.days)
    if type(value) is str:
        return instant_text.parse_date(value)
    fields = _fields("date", value)
    if parts.has_null(fields):
        return None
    if set(fields) == {"timezone"}:
        return Date(Zone.parse(fields["timezone"]).view(now).days)
    return Date(parts.days_from(fields, parts.selected_days(fields)))


def make_local_time(value: Any, now: DateTime) -> LocalTime | None:
    """``localtime(value)``."""
    if isinstance(value, LocalTime | Time | LocalDateTime | DateTime):
        return LocalTime(value.nanos)
    if type(value) is str:
        return instant_text.parse_local_time(value)
    fields = _fields("localtime", value)
    if parts.has_null(fields):
        return None
    if set(fields) == {"timezone"}:
        return LocalTime(Zone.parse(fields["timezone"]).view(now).nanos)
    return LocalTime(parts.nanos_from(fields, parts.selected_time(fields)[0]))


def make_time(value: Any, now: DateTime) -> Time | None:
    """``time(value)``."""
    if isinstance(value, Time):
        return value
    if isinstance(value, DateTime):
        return Time(value.nanos, value.offset_s)
    if isinstance(value, LocalTime | LocalDateTime):
        return Time(value.nanos, 0)
    if type(value) is str:
        return instant_text.parse_time(value)
    fields = _fields("time", value)
    if parts.has_null(fields):
        return None
    if set(fields) == {"timezone"}:
        seen = Zone.parse(fields["timezone"]).view(now)
        return Time(seen.nanos, seen.offset_s)
    return parts.time_from(fields, now)


def make_local_datetime(value: Any, now: DateTime) -> LocalDateTime | None:
    """``localdatetime(value)``."""
    if isinstance(value, LocalDateTime | DateTime):
        return LocalDateTime(value.days, value.nanos)
    if isinstance(value, Date):
        return LocalDateTime(value.days, 0)
    if type(value) is str:
        return instant_text.parse_local_datetime(value)
    fields = _fields("localdatetime", value)
    if parts.has_null(fields):
        return None
    if set(fields) == {"timezone"}:
        seen = Zone.parse(fields["timezone"]).view(now)
        return LocalDateTime(seen.days, seen.nanos)
    days = parts.days_from(fields, parts.selected_days(fields))
    parts.check_day(fields)
    return LocalDateTime(days, parts.nanos_from(fields, parts.selected_time(fields)[0]))


def make_datetime(value: Any, now: DateTime) -> DateTime | None:
    """``datetime(value)``."""
    if isinstance(value, DateTime):
        return value
    if isinstance(value, LocalDateTime):
        return UTC.moment(value.days, value.nanos)
    if isinstance(value, Date):
        return UTC.moment(value.days, 0)
    if type(value) is str:
        return instant_text.parse_datetime(value)
    fields = _fields("datetime", value)
    if parts.has_null(fields):
        return None
    if set(fields) == {"timezone"}:
        return Zone.parse(fields["timezone"]).view(now)
    return parts.datetime_from(fields)


def _fields(function: str, value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise wrong_type(function, value, "a string, a map or a temporal value")
    parts.check_names(value)
    return value


# ── clocks ────────────────────────────────────────────────────────────────────────────────────


def moment_of(context: CallContext) -> DateTime:
    """The statement's clock, in UTC."""
    return DateTime.at_instant(context.now_ns)


def _statement_ns(context: CallContext) -> int:
    return context.now_ns


def _machine_ns(context: CallContext) -> int:  # noqa: ARG001
    return time.time_ns()


def _constructor(make: Callable[[Any, DateTime], Any]) -> Callable[..., Any]:
    def scalar(context: CallContext, value: Any = _ABSENT) -> Any:
        now = moment_of(context)
        return make(_now_as(make, now) if value is _ABSENT else value, now)

    return scalar


def _now_as(make: Callable[[Any, DateTime], Any], now: DateTime) -> Any:
    """What a constructor takes to give the present in UTC."""
    return Time(now.nanos, 0) if make is make_time else now


def _clock(
    make: Callable[[Any, DateTime], Any], read_ns: Callable[[CallContext], int]
) -> Callable[..., Any]:
    def scalar(context: CallContext, timezone: Any = None) -> Any:
        zone = UTC if timezone is None else Zone.parse(timezone)
        now = DateTime.at_instant(read_ns(context), zone.offset_s, zone.name)
        return make(now, now)

    return scalar


def _from_epoch(context: CallContext, seconds: Any, nanos: Any) -> DateTime:  # noqa: ARG001
    total = expect_integer("datetime.fromEpoch", seconds) * NANOS_PER_SECOND
    return DateTime.at_instant(total + expect_integer("datetime.fromEpoch", nanos))


def _from_epoch_millis(context: CallContext, millis: Any) -> DateTime:  # noqa: ARG001
    return DateTime.at_instant(expect_integer("datetime.fromEpochMillis", millis) * 1_000_000)


def _timestamp(context: CallContext) -> int:
    return context.now_ns // 1_000_000


_KINDS: Final[tuple[tuple[str, str, Callable[[Any, DateTime], Any], str], ...]] = (
    ("date", "DATE", make_date, "a date"),
    ("localtime", "LOCAL TIME", make_local_time, "a time without zone"),
    ("time", "ZONED TIME", make_time, "a time with an offset"),
    ("localdatetime", "LOCAL DATETIME", make_local_datetime, "a date and time without zone"),
    ("datetime", "ZONED DATETIME", make_datetime, "a moment with its zone"),
)
_C: Final = "Temporal"


def _functions() -> tuple[Function, ...]:
    functions = []
    for name, result, make, what in _KINDS:
        functions.append(
            Function(name, ("ANY",), result, _constructor(make), required=0, deterministic=False,
                     category=_C, description=f"Makes {what}; without an argument, the present.")
        )  # fmt: skip
        for clock, read_ns in (
            ("transaction", _statement_ns),
            ("statement", _statement_ns),
            ("realtime", _machine_ns),
        ):
            functions.append(
                Function(f"{name}.{clock}", ("STRING",), result, _clock(make, read_ns), required=0,
                         deterministic=False, stable=clock != "realtime", category=_C,
                         description=f"The present as {what}, by the {clock} clock.")
            )  # fmt: skip
    return tuple(functions)


FUNCTIONS: Final = (
    *_functions(),
    Function("datetime.fromEpoch", ("INTEGER", "INTEGER"), "ZONED DATETIME", _from_epoch,
             category=_C, description="The moment so many seconds and nanoseconds after 1970."),
    Function("datetime.fromEpochMillis", ("INTEGER",), "ZONED DATETIME", _from_epoch_millis,
             category=_C, description="The moment so many milliseconds after 1970."),
    Function("timestamp", (), "INTEGER", _timestamp, deterministic=False, category=_C,
             description="Milliseconds since 1970, by the statement's clock."),
)  # fmt: skip
