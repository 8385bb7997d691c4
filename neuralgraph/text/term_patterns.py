"""Regular expressions over terms: those that a query gives may take for ever, so they get a time limit."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryArgumentError, QueryTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterable

MATCH_SECONDS_MAX: Final = 1.0
"""For one term."""
_REPETITION: Final = re.compile(r"[*+{]")
_PLAIN_REPETITIONS_MAX: Final = 2


@lru_cache(maxsize=256)
def compiled_pattern(pattern: str) -> Any:
    """By the package `regex`; see decision 0009.

    Raises:
        QueryArgumentError: it is not a regular expression.
    """
    regex = import_module("regex")
    try:
        return regex.compile(pattern, flags=regex.DOTALL)
    except regex.error as error:
        raise QueryArgumentError(f"not a regular expression: {error.msg}") from error


def matching_places(pattern: str, terms: Iterable[str]) -> list[int]:
    """The places of terms that a regular expression matches as a whole.

    Raises:
        QueryTimeoutError: it takes too long over one.
    """
    match = compiled_pattern(pattern).fullmatch
    if "(" not in pattern and len(_REPETITION.findall(pattern)) <= _PLAIN_REPETITIONS_MAX:
        return [place for place, term in enumerate(terms) if match(term) is not None]
    try:
        return [
            place
            for place, term in enumerate(terms)
            if match(term, timeout=MATCH_SECONDS_MAX) is not None
        ]
    except TimeoutError as error:
        raise QueryTimeoutError(
            f"the regular expression /{pattern}/ takes more than {MATCH_SECONDS_MAX:g} s over one term"
        ) from error
