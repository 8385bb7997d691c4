"""Time zones: offsets in seconds, and names from the IANA database.

The database of the `tzdata` package comes first, so that every machine gives the same answers; the
system's is the second choice. Python's zone rules end at the years 1 and 9999: before, the zone's first
offset holds; after, its rules repeat with the 400-year cycle of the calendar.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import QueryArgumentError
from neuralgraph.regexes import regex
from neuralgraph.values import gregorian

if TYPE_CHECKING:
    import zoneinfo

OFFSET_MAX_S: Final = 18 * 3_600
_NAME: Final = regex(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9][A-Za-z0-9_+\-]*)*")
_OFFSET: Final = regex(r"([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?")
_UTC_NAMES: Final = frozenset({"Z", "z"})
_PYTHON_DAYS: Final = range(gregorian.days_of(1, 1, 2), gregorian.days_of(9999, 12, 30))
_CYCLE_DAYS: Final = 146_097


def offset_text(offset_s: int) -> str:
    """``Z``, ``+01:00`` or ``-02:05:07``."""
    if offset_s == 0:
        return "Z"
    sign = "-" if offset_s < 0 else "+"
    minutes, seconds = divmod(abs(offset_s), 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{sign}{hours:02d}:{minutes:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def parse_zone(text: str) -> tuple[int | None, str | None]:
    """What a zone text says: an offset in seconds, or the name of a zone; the other is None.

    Raises:
        QueryArgumentError: it is neither.
    """
    offset_s = parse_offset(text)
    if offset_s is not None:
        return offset_s, None
    return None, zone_name(text)


def parse_offset(text: str) -> int | None:
    """Seconds of ``Z``, ``+01``, ``+0100``, ``+01:00`` or ``+01:00:30``; None for other text."""
    if text in _UTC_NAMES:
        return 0
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    sign, hours, minutes, seconds = match.groups()
    total = int(hours) * 3_600 + int(minutes or 0) * 60 + int(seconds or 0)
    if total > OFFSET_MAX_S or int(minutes or 0) > 59 or int(seconds or 0) > 59:
        raise QueryArgumentError(
            f"{text} is not an offset between -18:00 and +18:00", detail="NumberOutOfRange"
        )
    return -total if sign == "-" else total


def zone_name(text: str) -> str:
    """The name of a zone as the database spells it; spaces may stand for underscores."""
    name = text.strip().replace(" ", "_")
    _zone(name)
    return name


@lru_cache(maxsize=512)
def _zone(name: str) -> zoneinfo.ZoneInfo:
    import zoneinfo

    import tzdata  # type: ignore[import-untyped]

    if _NAME.fullmatch(name):
        path = Path(tzdata.__file__).parent.joinpath("zoneinfo", *name.split("/"))
        if path.is_file():
            with path.open("rb") as file:
                return zoneinfo.ZoneInfo.from_file(file, key=name)
        try:
            return zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError) as error:
            raise QueryArgumentError(
                f"{name} is not a known time zone", detail="InvalidArgumentValue"
            ) from error
    raise QueryArgumentError(f"{name} is not a known time zone", detail="InvalidArgumentValue")


def native_zone(name: str) -> zoneinfo.ZoneInfo | None:
    """The zone as Python gives it to everybody, so that it can be pickled; None where it knows none."""
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        return None


def offset_at_instant(name: str, epoch_s: int) -> int:
    """Seconds east of UTC in a zone at a moment (seconds since 1970 UTC)."""
    days, seconds = divmod(epoch_s, gregorian.SECONDS_PER_DAY)
    moment = _within_python(days, seconds).replace(tzinfo=dt.UTC)
    offset = moment.astimezone(_zone(name)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def resolve_local(name: str, days: int, nanos: int) -> tuple[int, int, int]:
    """What a wall clock in a zone means.

    Returns:
        Days and nanoseconds of the wall clock, and the offset in seconds. Where clocks were put
        back, the earlier of the two moments; a time that clocks skipped moves on by the gap.
    """
    zone = _zone(name)
    local = _within_python(days, nanos // gregorian.NANOS_PER_SECOND)
    early = local.replace(tzinfo=zone, fold=0).utcoffset()
    late = local.replace(tzinfo=zone, fold=1).utcoffset()
    assert early is not None
    assert late is not None
    before, after = int(early.total_seconds()), int(late.total_seconds())
    if before < after:
        # In a gap Python gives the offset before it (fold=0), then the one after it (fold=1).
        nanos += (after - before) * gregorian.NANOS_PER_SECOND
        carry, nanos = divmod(nanos, gregorian.NANOS_PER_DAY)
        return days + carry, nanos, after
    return days, nanos, before


def _within_python(days: int, seconds: int) -> dt.datetime:
    """A naive datetime for which the zone rules are the same."""
    if days < _PYTHON_DAYS.start:
        days = _PYTHON_DAYS.start
    elif days >= _PYTHON_DAYS.stop:
        days -= -(-(days - _PYTHON_DAYS.stop + 1) // _CYCLE_DAYS) * _CYCLE_DAYS
    return dt.datetime(1970, 1, 1) + dt.timedelta(  # noqa: DTZ001 (naive on purpose)
        days=days, seconds=seconds
    )
