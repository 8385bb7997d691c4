"""The proleptic Gregorian calendar over days since 1970-01-01, for years -999,999,999..999,999,999.

Python's own calendar ends at the years 1 and 9999; within them it is used because it is in C.
A day is a plain int. ISO weeks begin on Monday (1) and week 1 holds the year's first Thursday.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from neuralgraph.errors import QueryArgumentError

YEAR_MAX: Final = 999_999_999
NANOS_PER_SECOND: Final = 1_000_000_000
NANOS_PER_DAY: Final = 86_400 * NANOS_PER_SECOND
SECONDS_PER_DAY: Final = 86_400

_EPOCH_ORDINAL: Final = 719_163
_DAYS_PER_ERA: Final = 146_097  # 400 years
_DAYS_TO_EPOCH: Final = 719_468  # from 0000-03-01 to 1970-01-01
_MONTH_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PYTHON_DAY_MIN: Final = 1 - _EPOCH_ORDINAL
_PYTHON_DAY_MAX: Final = dt.date.max.toordinal() - _EPOCH_ORDINAL


def days_of(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date that exists; see `checked_days` for one that may not."""
    if 1 <= year <= 9999:
        return dt.date(year, month, day).toordinal() - _EPOCH_ORDINAL
    # Years are counted from March, so that the leap day is the last of its year.
    if month <= 2:
        year -= 1
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * _DAYS_PER_ERA + day_of_era - _DAYS_TO_EPOCH


def civil_of(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day."""
    if _PYTHON_DAY_MIN <= days <= _PYTHON_DAY_MAX:
        date = dt.date.fromordinal(days + _EPOCH_ORDINAL)
        return date.year, date.month, date.day
    era, day_of_era = divmod(days + _DAYS_TO_EPOCH, _DAYS_PER_ERA)
    year_of_era = (
        day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return era * 400 + year_of_era + (month <= 2), month, day


def is_leap(year: int) -> bool:
    """Has the year a 29th of February?"""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    """Days in a month."""
    return 29 if month == 2 and is_leap(year) else _MONTH_LENGTHS[month - 1]


DAY_MIN: Final = days_of(-YEAR_MAX, 1, 1)
DAY_MAX: Final = days_of(YEAR_MAX, 12, 31)


def checked_days(year: int, month: int, day: int) -> int:
    """`days_of`, raising `QueryArgumentError` for a date that does not exist."""
    check_range("year", year, -YEAR_MAX, YEAR_MAX)
    check_range("month", month, 1, 12)
    check_range("day", day, 1, 31)
    if day > month_length(year, month):
        raise QueryArgumentError(
            f"there is no day {day} in month {month} of year {year}", detail="NumberOutOfRange"
        )
    return days_of(year, month, day)


def check_range(name: str, value: int, least: int, most: int) -> None:
    """Raises `QueryArgumentError` (NumberOutOfRange) unless `value` lies in the closed interval."""
    if not least <= value <= most:
        raise QueryArgumentError(
            f"{name} must be between {least} and {most}, not {value}", detail="NumberOutOfRange"
        )


def checked_day_number(days: int) -> int:
    """`days`, or `QueryArgumentError` when its year lies outside what can be held."""
    if not DAY_MIN <= days <= DAY_MAX:
        raise QueryArgumentError(
            "the date lies outside the years that can be held", detail="NumberOutOfRange"
        )
    return days


def add_months(days: int, months: int) -> int:
    """The same day some months on, or the last of the month where there is no such day."""
    year, month, day = civil_of(days)
    years, month_index = divmod(month - 1 + months, 12)
    year += years
    check_range("year", year, -YEAR_MAX, YEAR_MAX)
    month = month_index + 1
    return days_of(year, month, min(day, month_length(year, month)))


# ── other ways to name a day ──────────────────────────────────────────────────────────────────


def weekday_of(days: int) -> int:
    """1 is Monday, 7 is Sunday."""
    return (days + 3) % 7 + 1


def ordinal_of(days: int) -> int:
    """Day of the year, from 1."""
    return days - days_of(civil_of(days)[0], 1, 1) + 1


def week_one(week_year: int) -> int:
    """The Monday that begins week 1 of an ISO year."""
    fourth = days_of(week_year, 1, 4)
    return fourth - weekday_of(fourth) + 1


def week_of(days: int) -> tuple[int, int]:
    """ISO year and week."""
    thursday = days - weekday_of(days) + 4
    week_year = civil_of(thursday)[0]
    return week_year, (thursday - days_of(week_year, 1, 1)) // 7 + 1


def days_of_week_date(week_year: int, week: int, weekday: int) -> int:
    """The day with this ISO year, week and weekday; `QueryArgumentError` when there is none."""
    check_range("year", week_year, -YEAR_MAX, YEAR_MAX)
    check_range("week", week, 1, 53)
    check_range("dayOfWeek", weekday, 1, 7)
    days = week_one(week_year) + (week - 1) * 7
    if week == 53 and week_of(days)[0] != week_year:
        raise QueryArgumentError(f"year {week_year} has no week 53", detail="NumberOutOfRange")
    return days + weekday - 1


def days_of_ordinal(year: int, ordinal: int) -> int:
    """The day with this number in its year; `QueryArgumentError` when there is none."""
    check_range("year", year, -YEAR_MAX, YEAR_MAX)
    check_range("ordinalDay", ordinal, 1, 366 if is_leap(year) else 365)
    return days_of(year, 1, 1) + ordinal - 1


def quarter_start(days: int) -> int:
    """The first day of the quarter that holds a day."""
    year, month, _ = civil_of(days)
    return days_of(year, month - (month - 1) % 3, 1)


def days_of_quarter(year: int, quarter: int, day: int) -> int:
    """The day with this number in its quarter; `QueryArgumentError` when there is none."""
    check_range("year", year, -YEAR_MAX, YEAR_MAX)
    check_range("quarter", quarter, 1, 4)
    first = days_of(year, quarter * 3 - 2, 1)
    length = sum(month_length(year, quarter * 3 - 2 + step) for step in range(3))
    check_range("dayOfQuarter", day, 1, length)
    return first + day - 1
