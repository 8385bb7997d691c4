"""Moments: what users write for a time or a commit, as the engine takes it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from neuralgraph.errors import QueryArgumentError, QueryTypeError
from neuralgraph.values.instants import Date, DateTime, LocalDateTime
from neuralgraph.values.records import record

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY_US: Final = 86_400_000_000


@record
class Moment:
    """The state after a commit (`txid`), or at a time (`timestamp_us`, UTC); one of them is set."""

    txid: int | None = None
    timestamp_us: int | None = None


def moment_of(value: Any, kind: str = "TIME") -> Moment:
    """The moment that a value stands for.

    Args:
        value: a `datetime` or temporal value (without a zone it is UTC), a date (its first instant) or
            ISO 8601 text; an integer is the number of a transaction.
        kind: ``TRANSACTION`` takes integers only; ``TIMESTAMP`` takes an integer as milliseconds since
            1970, as ``timestamp()`` gives it.

    Raises:
        QueryTypeError: no moment at all.
        QueryArgumentError: text that is no time.
    """
    if isinstance(value, bool):
        raise _no_moment(value)
    if isinstance(value, int):
        return Moment(timestamp_us=value * 1_000) if kind == "TIMESTAMP" else Moment(txid=value)
    if kind == "TRANSACTION":
        raise _no_moment(value)
    return Moment(timestamp_us=_microseconds(value))


def _microseconds(value: Any) -> int:
    match value:
        case DateTime() | LocalDateTime():
            return value.epoch_nanos // 1_000
        case Date():
            return value.days * _DAY_US
        case dt.datetime():
            aware = value if value.tzinfo is not None else value.replace(tzinfo=dt.UTC)
            return (aware - _EPOCH) // dt.timedelta(microseconds=1)
        case dt.date():
            return (value.toordinal() - _EPOCH.toordinal()) * _DAY_US
        case str():
            return _of_text(value)
        case _:
            raise _no_moment(value)


def _of_text(text: str) -> int:
    try:
        return _microseconds(dt.datetime.fromisoformat(text.strip()))
    except ValueError as error:
        raise QueryArgumentError(
            f"{text!r} is no time; write it like 2026-01-31T12:30:00Z",
            detail="InvalidArgumentValue",
        ) from error


def _no_moment(value: Any) -> QueryTypeError:
    return QueryTypeError(
        f"a moment is a time or the number of a transaction, not {type(value).__name__}",
        detail="InvalidArgumentType",
    )
