"""Arithmetic of durations: with instants, with numbers, and between two instants.

A fraction of a month spills into days and seconds by the mean length of a month (2,629,746 s), a
fraction of a day into seconds by 86,400; nothing ever carries upwards, so 40 hours stay 40 hours.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal

from neuralgraph.errors import QueryArithmeticError
from neuralgraph.values import gregorian
from neuralgraph.values.gregorian import NANOS_PER_DAY, NANOS_PER_SECOND
from neuralgraph.values.instants import (
    SECONDS_PER_MONTH,
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Time,
)

Instant = Date | LocalTime | Time | LocalDateTime | DateTime
Number = int | float | Fraction
_SECONDS_PER_DAY: Final = 86_400


def exact(number: Number) -> Fraction:
    """The number as its decimal text says it: 0.1 is one tenth."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def duration_of(
    months: Number = 0, days: Number = 0, seconds: Number = 0, nanos: Number = 0
) -> Duration:
    """A duration whose parts may have fractions; what is below a nanosecond is cut off."""
    months, days = exact(months), exact(days)
    whole_months = int(months)
    month_seconds = (months - whole_months) * SECONDS_PER_MONTH
    month_days = int(month_seconds / _SECONDS_PER_DAY)
    whole_days = int(days)
    total_seconds = (
        exact(seconds)
        + (month_seconds - month_days * _SECONDS_PER_DAY)
        + (days - whole_days) * _SECONDS_PER_DAY
    )
    total_nanos = int(total_seconds * NANOS_PER_SECOND + exact(nanos))
    return Duration.of_nanos(whole_months, whole_days + month_days, total_nanos)


# ── durations and numbers ─────────────────────────────────────────────────────────────────────


def sum_of(left: Duration, right: Duration) -> Duration:
    """Part by part."""
    return Duration.of_nanos(
        left.months + right.months, left.days + right.days, left.total_nanos + right.total_nanos
    )


def negated(duration: Duration) -> Duration:
    """The same length backwards."""
    return Duration.of_nanos(-duration.months, -duration.days, -duration.total_nanos)


def scaled(duration: Duration, factor: Number) -> Duration:
    """Each part times `factor`; QueryArithmeticError for NaN and infinities."""
    try:
        by = exact(factor)
    except (ValueError, OverflowError) as error:
        raise QueryArithmeticError(
            f"a duration cannot be multiplied by {factor}", detail="NumberOutOfRange"
        ) from error
    return duration_of(
        duration.months * by, duration.days * by, 0, Fraction(duration.total_nanos) * by
    )


def divided(duration: Duration, divisor: Number) -> Duration:
    """Each part divided by `divisor`; QueryArithmeticError for zero, NaN and infinities."""
    if divisor == 0:
        raise QueryArithmeticError("division by zero", detail="DivisionByZero")
    try:
        return scaled(duration, 1 / exact(divisor))
    except (ValueError, OverflowError) as error:
        raise QueryArithmeticError(
            f"a duration cannot be divided by {divisor}", detail="NumberOutOfRange"
        ) from error


# ── durations and instants ────────────────────────────────────────────────────────────────────


def moved(instant: Instant, by: Duration) -> Instant:
    """The instant, months first, then days, then seconds later.

    A date takes the whole days of the seconds; a time goes round the clock. In a named zone months
    and days move the wall clock, seconds the moment.
    """
    nanos = by.total_nanos
    if isinstance(instant, LocalTime):
        return LocalTime((instant.nanos + nanos) % NANOS_PER_DAY)
    if isinstance(instant, Time):
        return Time((instant.nanos + nanos) % NANOS_PER_DAY, instant.offset_s)
    days = instant.days
    if by.months:
        days = gregorian.add_months(days, by.months)
    days = gregorian.checked_day_number(days + by.days)
    if isinstance(instant, Date):
        whole = abs(nanos) // NANOS_PER_DAY
        return Date(gregorian.checked_day_number(days + (whole if nanos >= 0 else -whole)))
    if isinstance(instant, LocalDateTime):
        return LocalDateTime.of_epoch_nanos(days * NANOS_PER_DAY + instant.nanos + nanos)
    if instant.zone is None:
        local = LocalDateTime.of_epoch_nanos(days * NANOS_PER_DAY + instant.nanos + nanos)
        return DateTime(local.days, local.nanos, instant.offset_s)
    if days != instant.days:
        instant = DateTime.at_local(days, instant.nanos, instant.offset_s, instant.zone)
    return (
        DateTime.at_instant(instant.epoch_nanos + nanos, None, instant.zone) if nanos else instant
    )


# ── between two instants ──────────────────────────────────────────────────────────────────────


def between(
    start: Instant, end: Instant, unit: Literal["all", "months", "days", "seconds"] = "all"
) -> Duration:
    """How long from `start` to `end`.

    What one of them lacks (a date, a zone) it takes from the other; when either has no date, only
    the time of day counts, and there are no months and days between them.

    Args:
        start: where to begin.
        end: where to stop; may lie before `start`.
        unit: whole months or whole days alone, all in seconds, or each as far as it goes.
    """
    has_dates = not isinstance(start, LocalTime | Time) and not isinstance(end, LocalTime | Time)
    first, last = _placed(start, end), _placed(end, start)
    if unit == "seconds":
        return Duration.of_nanos(0, 0, last.epoch_nanos - first.epoch_nanos)
    if not has_dates:
        total = last.epoch_nanos - first.epoch_nanos if unit == "all" else 0
        return Duration.of_nanos(0, 0, total)
    # Months and days are counted on the wall clock of where we start.
    shown = DateTime.at_instant(last.epoch_nanos, first.offset_s, first.zone)
    if unit == "days":
        return Duration(days=_whole_days(first, shown))
    months = _whole_months(first, shown)
    if unit == "months":
        return Duration(months=months)
    if months:
        first = _at_day(first, gregorian.add_months(first.days, months))
    days = _whole_days(first, shown)
    if days:
        first = _at_day(first, first.days + days)
    return Duration.of_nanos(months, days, last.epoch_nanos - first.epoch_nanos)


def _at_day(moment: DateTime, days: int) -> DateTime:
    return DateTime.at_local(days, moment.nanos, moment.offset_s, moment.zone)


def _placed(instant: Instant, other: Instant) -> DateTime:
    """The instant as a moment; what it lacks comes from `other`, else is zero."""
    days: int = getattr(instant, "days", getattr(other, "days", 0))
    nanos: int = getattr(instant, "nanos", 0)
    donor = instant if isinstance(instant, Time | DateTime) else other
    if isinstance(donor, DateTime):
        return DateTime.at_local(days, nanos, donor.offset_s, donor.zone)
    return DateTime(days, nanos, donor.offset_s if isinstance(donor, Time) else 0)


def _whole_days(first: DateTime, last: DateTime) -> int:
    """Days between two wall clocks, toward zero."""
    return last.days + _day_correction(first, last) - first.days


def _day_correction(first: DateTime, last: DateTime) -> int:
    """A last day that is not complete does not count."""
    if last.days > first.days and last.nanos < first.nanos:
        return -1
    if last.days < first.days and last.nanos > first.nanos:
        return 1
    return 0


def _whole_months(first: DateTime, last: DateTime) -> int:
    """Months between two wall clocks, toward zero."""
    year, month, day = gregorian.civil_of(first.days)
    # 32 is more than a month has days, so that the quotient counts months and the rest days.
    start = (year * 12 + month) * 32 + day
    year, month, day = gregorian.civil_of(last.days + _day_correction(first, last))
    distance = (year * 12 + month) * 32 + day - start
    return distance // 32 if distance >= 0 else -(-distance // 32)
