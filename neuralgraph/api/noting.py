"""Noted: what callers keep with a commit: metadata, and its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from neuralgraph.api.moments import moment_of
from neuralgraph.errors import OptionError, QueryTypeError
from neuralgraph.values import from_python, storable

_OPTIONS_ELSEWHERE: Final = {
    "access_mode": "access='read'",
    "default_access_mode": "access='read'",
    "read_only": "access='read'",
    "readonly": "access='read'",
    "timeout": "query_timeout_s of neuralgraph.open",
    "timeout_s": "query_timeout_s of neuralgraph.open",
    "query_timeout_s": "query_timeout_s of neuralgraph.open",
    "metadata": "each entry as a keyword of its own, such as actor='import'",
}
"""Keywords that look like options and would become metadata in silence; what is meant."""


class Noted(NamedTuple):
    """Metadata as engine values, and microseconds since 1970 UTC; 0 for the time of the commit."""

    metadata: dict[str, Any]
    timestamp_us: int


def only_reads(access: str) -> bool:
    """What `access` of a statement or transaction means; OptionError where it means nothing."""
    if access not in ("read", "write"):
        raise OptionError(f"access is 'read' or 'write', not {access!r}")
    return access == "read"


def refuse_options(metadata: Mapping[str, Any]) -> None:
    """See that no keyword of a transaction is one that is meant as an option.

    Raises:
        OptionError: one is.
    """
    for name in metadata:
        meant = _OPTIONS_ELSEWHERE.get(name.lower())
        if meant is not None:
            raise OptionError(f"a transaction has no option {name!r}; give {meant}")


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
