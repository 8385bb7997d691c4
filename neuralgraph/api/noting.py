"""Noted: what callers keep with a commit: metadata, and its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from neuralgraph.api.moments import moment_of
from neuralgraph.errors import QueryTypeError
from neuralgraph.values import from_python, storable


class Noted(NamedTuple):
    """Metadata as engine values, and microseconds since 1970 UTC; 0 for the time of the commit."""

    metadata: dict[str, Any]
    timestamp_us: int


def noted_with(metadata: Any, at: Any) -> Noted:
    """What callers give, checked; metadata may be None.

    Raises:
        QueryTypeError: not a mapping with strings as keys, a value that cannot be stored, or no time.
    """
    timestamp_us = 0 if at is None else moment_of(at, "TIMESTAMP").timestamp_us or 0
    if not metadata:
        return Noted({}, timestamp_us)
    if not isinstance(metadata, Mapping) or not all(isinstance(key, str) for key in metadata):
        raise QueryTypeError(
            "metadata is a mapping from names to values", detail="InvalidArgumentType"
        )
    kept = {key: storable(from_python(value)) for key, value in metadata.items()}
    return Noted(kept, timestamp_us)
