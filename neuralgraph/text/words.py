"""From a word to its terms: case, accents, stop words, stems, parts of identifiers, n-grams, sounds."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from neuralgraph.text.stop_words import missing_extra, stop_words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.text.analyzers import WordTerms

    Terms = Sequence[tuple[str, int]]

_PARTS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_A-Za-z]+")
_GRAM: Final = 2
_APOSTROPHES: Final = ("'", "’")

# Letters that have no decomposition into a base and an accent.
_LETTERS: Final = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ŋ": "n",
    }
)
_TURKISH: Final = str.maketrans({"I": "ı", "İ": "i"})


def lowered(word: str) -> Terms:
    """In lower case."""
    return ((word.lower(), 0),)


def unchanged(word: str) -> Terms:
    """As it is."""
    return ((word, 0),)


def folded(word: str) -> str:
    """In lower case and without accents."""
    lower = word.lower()
    if lower.isascii():
        return lower
    plain = unicodedata.normalize("NFD", lower.translate(_LETTERS))
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")


def turkish_lower(word: str) -> str:
    """Lower case as Turkish has it: a dotless I stays dotless."""
    return word.translate(_TURKISH).lower()


def without(words: frozenset[str], normalise: Callable[[str], str] = str.lower) -> WordTerms:
    """Terms of all words but some."""

    def terms_of(word: str) -> Terms:
        term = normalise(word)
        return () if term in words else ((term, 0),)

    return terms_of


# ── languages ─────────────────────────────────────────────────────────────────────────────────

_ELIDED: Final = {
    "french": "l m t qu n s j d c jusqu quoiqu lorsqu puisqu",
    "italian": "c l all dall dell nell sull coll pell gl agl dagl degl negl sugl un m t s v d",
    "catalan": "d l m n s t",
}


def stemmed(language: str) -> tuple[WordTerms, Callable[[str], str]]:
    """Terms of a language, and how it normalises a word that is to stay whole.

    Raises:
        OptionError: the packages are not installed.
    """
    try:
        import snowballstemmer
    except ImportError as error:
        raise missing_extra(error) from error
    stem = snowballstemmer.stemmer(language).stemWord
    stops = stop_words_of(language)
    normalise = turkish_lower if language == "turkish" else str.lower
    elided = frozenset(_ELIDED.get(language, "").split())

    def terms_of(word: str) -> Terms:
        term = normalise(word)
        for apostrophe in _APOSTROPHES:
            head, found, tail = term.partition(apostrophe)
            if found:
                # l'avion is avion; Ankara'da is Ankara.
                term = tail if head in elided else head if language == "turkish" else term
        if term in stops:
            return ()
        return ((stem(term.replace("’", "'")), 0),)

    return terms_of, normalise


# ── code ──────────────────────────────────────────────────────────────────────────────────────


def identifier_terms(word: str) -> Terms:
    """``getUserName`` is itself, and get, user, name after each other; so is ``get_user_name``."""
    parts = _PARTS.findall(word)
    whole = word.lower()
    if len(parts) < 2:
        stripped = whole.strip("_")
        return ((whole, 0),) if stripped in ("", whole) else ((whole, 0), (stripped, 0))
    return ((whole, 0), *((part.lower(), place) for place, part in enumerate(parts)))


# ── Chinese, Japanese, Korean ─────────────────────────────────────────────────────────────────


def gram_terms(word: str) -> Terms:
    """Pairs of neighbouring characters of a run without spaces; words of other scripts in lower case."""
    if word[0] < "\u1100":
        return ((word.lower(), 0),)
    if len(word) < _GRAM:
        return ((word, 0),)
    return tuple((word[at : at + _GRAM], at) for at in range(len(word) - _GRAM + 1))


# ── sounds ────────────────────────────────────────────────────────────────────────────────────

SOUNDS: Final = ("soundex", "metaphone", "double_metaphone", "nysiis")


def sounds_by(algorithm: str) -> Callable[[str], tuple[str, ...]]:
    """How a word sounds: one code, or two where Double Metaphone allows another reading.

    Raises:
        OptionError: whoosh is not installed, which Double Metaphone is from.
    """
    if algorithm == "double_metaphone":
        try:
            from whoosh.lang.dmetaphone import double_metaphone
        except ImportError as error:
            raise missing_extra(error) from error

        codes_by: Callable[[str], Sequence[str]] = double_metaphone

        def both(word: str) -> tuple[str, ...]:
            codes = dict.fromkeys(code for code in codes_by(folded(word)) if code)
            return tuple(codes) or (word,)

        return both
    import jellyfish

    code_of = {
        "soundex": jellyfish.soundex,
        "metaphone": jellyfish.metaphone,
        "nysiis": jellyfish.nysiis,
    }[algorithm]

    def one(word: str) -> tuple[str, ...]:
        plain = folded(word)
        return ((code_of(plain) if plain.isascii() and plain.isalpha() else "") or word,)

    return one


def sound_terms(algorithm: str) -> WordTerms:
    """Codes of sounds as terms, all at the word's position."""
    codes_of = sounds_by(algorithm)
    return lambda word: tuple((code, 0) for code in codes_of(word.lower()))
