r"""Regular expressions: Java's, as Neo4j has them, through the `regex` package (decision 0009).

What Java writes differently is translated: ``\Q...\E`` (a quotation), ``\z`` (the very end), ``\h``, the
flag ``d``. Classes such as ``\p{L}`` and ``[a-z&&[^b]]``, flags anywhere and possessive quantifiers are
the same.

A pattern such as ``(a+)+b`` can take longer than the age of the world to say no, and no look at the clock
between rows helps: one match may take `MATCH_SECONDS_MAX`, then the statement fails. Watching the clock costs
5 microseconds a match, so plain patterns on short texts, which are quadratic at worst, go without.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

from neuralgraph.errors import QueryArgumentError, QueryTimeoutError
from neuralgraph.stopping import look, seconds_left

MATCH_SECONDS_MAX: Final = 1.0
_PATTERN_CHARACTERS_MAX: Final = 10_000
# Sets of repetitions of repetitions are unrolled by the compiler, and eat memory.
_REPETITIONS_MAX: Final = 100_000
_JAVA: Final = re.compile(
    r"(?P<quoted>\\Q(?P<text>.*?)(?:\\E|$))|(?P<end>\\z)|(?P<blank>\\h)|(?P<escape>\\.)"
    r"|\(\?(?P<flags>[a-zA-Z]*d[a-zA-Z]*)(?P<after>[-:)])",
    re.DOTALL,
)
_PLAIN: Final = re.compile(
    r"(?:\(\?[is]+\))?(?:[^\\()\[\]{}|*+?]|\\[^\w\s])*+"
    r"(?:[*+](?:[^\\()\[\]{}|*+?]|\\[^\w\s])*+){0,2}"
)
"""No groups, classes or alternatives, and at most two repetitions."""
_UNWATCHED_CHARACTERS_MAX: Final = 2_000
_COUNTS: Final = re.compile(r"\{\s*(\d*)\s*,?\s*(\d*)\s*\}")


def whole_matcher(pattern: str) -> Any:
    """``matcher(text) -> bool``: does the whole text match?

    Raises:
        QueryArgumentError: it is no regular expression.
        QueryTimeoutError: by the matcher, when one match takes too long.
    """
    fullmatch = _compiled(pattern).fullmatch
    unwatched_max = _UNWATCHED_CHARACTERS_MAX if _PLAIN.fullmatch(pattern) else -1

    def matches(text: str) -> bool:
        if len(text) <= unwatched_max:
            return fullmatch(text) is not None
        look()
        try:
            return fullmatch(text, timeout=seconds_left(MATCH_SECONDS_MAX)) is not None
        except TimeoutError:
            raise _too_slow(pattern) from None
        except (MemoryError, RuntimeError, RecursionError) as error:
            raise QueryArgumentError(
                f"the regular expression {_shown(pattern)} asks for too much: {error}",
                detail="InvalidArgumentValue",
            ) from error

    return matches


class SearchedPattern:
    """A pattern to look for inside of texts."""

    __slots__ = ("_pattern", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._pattern = _compiled(text)

    def sub(self, template: str, text: str) -> str:
        """The text with each match replaced."""
        try:
            return str(self._pattern.sub(template, text, timeout=seconds_left(MATCH_SECONDS_MAX)))
        except TimeoutError:
            raise _too_slow(self._text) from None
        except (_regex().error, IndexError) as error:
            raise QueryArgumentError(
                f"the replacement does not fit the pattern: {error}", detail="InvalidArgumentValue"
            ) from error

    def count(self, text: str) -> int:
        """How many matches there are in the text."""
        try:
            return sum(
                1 for _ in self._pattern.finditer(text, timeout=seconds_left(MATCH_SECONDS_MAX))
            )
        except TimeoutError:
            raise _too_slow(self._text) from None

    def split(self, text: str, most: int) -> list[Any]:
        """The parts between matches, so many splits at most; 0 is any number."""
        try:
            return list(self._pattern.split(text, most, timeout=seconds_left(MATCH_SECONDS_MAX)))
        except TimeoutError:
            raise _too_slow(self._text) from None


def searched_pattern(pattern: str) -> SearchedPattern:
    """A pattern for ``sub`` and ``split``; QueryArgumentError when it is none."""
    return SearchedPattern(pattern)


def _regex() -> Any:
    # Loaded at the first pattern: it takes as long to import as a small query library.
    return import_module("regex")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    repetitions = 1
    for low, high in _COUNTS.findall(pattern):
        # Beyond six digits it is too much in any case, and Python refuses to read thousands.
        repetitions *= max(1, *(int(digits[:7]) for digits in (low, high) if digits))
    if len(pattern) > _PATTERN_CHARACTERS_MAX or repetitions > _REPETITIONS_MAX:
        raise QueryArgumentError(
            "the regular expression is too long, or repeats too much", detail="InvalidArgumentValue"
        )
    regex = _regex()
    try:
        return regex.compile("(?-f)" + _translated(pattern), regex.VERSION1)
    except (regex.error, OverflowError, RecursionError, ValueError, KeyError) as error:
        raise QueryArgumentError(
            f"{_shown(pattern)} is not a regular expression: {error}", detail="InvalidArgumentValue"
        ) from error


def _translated(pattern: str) -> str:
    def other(match: re.Match[str]) -> str:
        if match["quoted"] is not None:
            return str(re.escape(match["text"]))
        if match["end"] is not None:
            return r"\Z"
        if match["blank"] is not None:
            return r"[^\S\r\n\f\v]"
        if match["flags"] is not None:
            return f"(?{match['flags'].replace('d', '')}{match['after']}"
        return match[0]

    return _JAVA.sub(other, pattern)


def _shown(pattern: str) -> str:
    return repr(pattern if len(pattern) <= 200 else pattern[:200] + "...")


def _too_slow(pattern: str) -> QueryTimeoutError:
    return QueryTimeoutError(
        f"the regular expression {_shown(pattern)} took more than {MATCH_SECONDS_MAX:g} s on one"
        " string; repetitions inside repetitions are the usual reason"
    )
