"""The terms of a dictionary that a part of a query stands for: by shape, range, pattern, spelling, sound."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.text.query_syntax import ANY_LETTER, ANY_TEXT
from neuralgraph.text.term_patterns import matching_places
from neuralgraph.text.words import letters_apart, sounds_by

if TYPE_CHECKING:
    from neuralgraph.storage.indexes.text.term_dictionary import TermDictionary
    from neuralgraph.values.arrays import Int64Array

_WILD: Final = re.compile(f"[{ANY_LETTER}{ANY_TEXT}]")
_BITS: Final = np.array([byte.bit_count() for byte in range(256)], dtype=np.uint8)
_BITS_PER_EDIT: Final = 2
_BYTES_PER_LETTER: Final = 4


def terms_of_shape(terms: TermDictionary, shape: str) -> Int64Array:
    """Numbers, ascending, of terms that a wildcard stands for; see `WildcardQuery`."""
    prefix = _WILD.split(shape, maxsplit=1)[0]
    low, high = terms.range_of(prefix)
    if shape == prefix + ANY_TEXT:
        return np.arange(low, high)
    pieces = [
        ".*" if piece == ANY_TEXT else "." if piece == ANY_LETTER else re.escape(piece)
        for piece in re.split(f"([{ANY_LETTER}{ANY_TEXT}])", shape)
    ]
    return _matching(terms, re.compile("".join(pieces), re.DOTALL), low, high)


def terms_of_pattern(terms: TermDictionary, pattern: str) -> Int64Array:
    """Numbers, ascending, of terms that a regular expression matches."""
    return np.array(matching_places(pattern, terms.all_terms()), dtype=np.int64)


def _matching(terms: TermDictionary, pattern: re.Pattern[str], low: int, high: int) -> Int64Array:
    whole = low == 0 and high == len(terms)
    every = terms.all_terms() if whole else terms.terms(low, high)
    match = pattern.fullmatch
    found = [number for number, term in enumerate(every, low) if match(term) is not None]
    return np.array(found, dtype=np.int64)


def terms_between(
    terms: TermDictionary, lower: str | None, upper: str | None, *, closed: tuple[bool, bool]
) -> Int64Array:
    """Numbers, ascending, of terms in a range; None is no bound."""
    low, high = 0, len(terms)
    if lower is not None:
        low = terms.place_of(lower)
        if not closed[0] and terms.number_of(lower) == low:
            low += 1
    if upper is not None:
        high = terms.place_of(upper)
        if closed[1] and terms.number_of(upper) == high:
            high += 1
    return np.arange(low, max(low, high))


# ── misspellings ──────────────────────────────────────────────────────────────────────────────


def terms_near(terms: TermDictionary, word: str, distance: int) -> list[tuple[str, int]]:
    """Terms that differ from a word by so many letters at most, each with by how many.

    A letter too many, too few, another, or two that changed places are one difference.
    """
    if len(terms) == 0:
        return []
    numbers = _suspects(terms, word, distance)
    found: list[tuple[str, int]] = []
    for term in terms.table.texts(numbers.tolist()):
        if abs(len(term) - len(word)) <= distance:
            apart = letters_apart(term, word)
            if apart <= distance:
                found.append((term, apart))
    return found


def _suspects(terms: TermDictionary, word: str, distance: int) -> Int64Array:
    """Terms of about the same length with about the same letters: the others are too far away."""
    offsets: Any = terms.table.offsets
    lengths = np.diff(offsets.astype(np.int64))
    key = np.frombuffer(word.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    bytes_apart = distance * _BYTES_PER_LETTER
    near = np.flatnonzero(np.abs(lengths - len(key)) <= bytes_apart)
    own = int(np.bitwise_or.reduce(_letters(key), initial=0))
    differing = (terms.signatures()[near] ^ np.uint32(own)).view(np.uint8).reshape(-1, 4)
    bits = _BITS[differing].sum(axis=1)
    is_plain = word.isascii() and terms.is_ascii
    bits_max = _BITS_PER_EDIT * (distance if is_plain else bytes_apart)
    found: Int64Array = near[bits <= bits_max]
    return found


def _letters(data: Any) -> Any:
    return np.left_shift(np.uint32(1), data & np.uint8(31), dtype=np.uint32)


# ── sounds ────────────────────────────────────────────────────────────────────────────────────


def terms_that_sound(terms: TermDictionary, word: str, algorithm: str) -> list[str]:
    """Terms that sound like a word."""
    codes_of = _sounds(algorithm)
    wanted = set(codes_of(word))
    found: set[int] = set()
    by_code = terms.sounds(algorithm, codes_of)
    for code in wanted:
        found.update(by_code.get(code, ()))
    return [terms.term(number) for number in sorted(found)]


@lru_cache(maxsize=8)
def _sounds(algorithm: str) -> Any:
    return sounds_by(algorithm)
