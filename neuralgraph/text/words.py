"""From a word to its terms: case, accents, stop words, stems, parts of identifiers, n-grams, sounds."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from neuralgraph.text.stop_words import missing_extra, stop_words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Terms = Sequence[tuple[str, int]]
    WordTerms = Callable[[str], Terms]
    """Terms of a word, each with its position after the word's own; none for a stop word."""

_PARTS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_A-Za-z]+")
_GRAM: Final = 2
_SOFT_HYPHEN: Final = "\u00ad"
_PAIRED: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Characters of scripts that put no spaces between words."""

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
# One sigma, wherever it stands, or no prefix in capitals would find its words; one i, and one apostrophe.
_ONE_OF_EACH: Final = str.maketrans({"ς": "σ", "İ": "i", "’": "'", _SOFT_HYPHEN: None})


def lower_case(word: str) -> str:
    """In lower case, and each letter in one form: composed, without soft hyphens, sigma never final."""
    if word.isascii():
        return word.lower()
    whole = unicodedata.normalize("NFC", word).translate(_ONE_OF_EACH)
    return whole.lower().translate(_ONE_OF_EACH)


def lowered(word: str) -> Terms:
    """See `lower_case`."""
    return ((lower_case(word), 0),)


def unchanged(word: str) -> Terms:
    """As it is."""
    return ((word, 0),)


def folded(word: str) -> str:
    """In lower case and without accents."""
    lower = lower_case(word)
    if lower.isascii():
        return lower
    plain = unicodedata.normalize("NFKD", lower.translate(_LETTERS))
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")


def turkish_lower(word: str) -> str:
    """Lower case as Turkish has it: a dotless I stays dotless."""
    return lower_case(unicodedata.normalize("NFC", word).translate(_TURKISH))


def greek_lower(word: str) -> str:
    """Lower case without accents, for capitals are written without them."""
    plain = unicodedata.normalize("NFD", lower_case(word))
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")


_NORMALISE: Final = {"turkish": turkish_lower, "greek": greek_lower}


def without(words: frozenset[str], normalise: Callable[[str], str] = lower_case) -> WordTerms:
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
    normalise = _NORMALISE.get(language, lower_case)
    stops = frozenset(map(normalise, stop_words_of(language)))
    elided = frozenset(_ELIDED.get(language, "").split())

    def terms_of(word: str) -> Terms:
        term = normalise(word)
        head, found, tail = term.partition("'")
        if found:
            # l'avion is avion; Ankara'da is Ankara.
            term = tail if head in elided else head if language == "turkish" else term
        return () if term in stops else ((stem(term), 0),)

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


def wide_case(word: str) -> str:
    """In lower case, and of the usual width."""
    return lower_case(unicodedata.normalize("NFKC", word))


def gram_terms(word: str) -> Terms:
    """Pairs of neighbouring characters of a run without spaces; words of other scripts whole."""
    word = wide_case(word)
    if not _PAIRED.match(word):
        return ((word, 0),)
    if len(word) < _GRAM:
        return ((word, 0),)
    return tuple((word[at : at + _GRAM], at) for at in range(len(word) - _GRAM + 1))


# ── misspellings ──────────────────────────────────────────────────────────────────────────────


def letters_apart(one: str, other: str) -> int:
    """By how many letters words differ: too many, too few, others, or two that changed places."""
    import jellyfish

    if not (one.isascii() and other.isascii()):
        # Half a surrogate pair is no text for jellyfish; it counts as one letter, whichever it is.
        one, other = (word.encode(errors="replace").decode() for word in (one, other))
    return int(jellyfish.damerau_levenshtein_distance(one, other))


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
            codes = dict.fromkeys(code for code in codes_by(_spoken(word)) if code)
            return tuple(codes) or (word,)

        return both
    import jellyfish

    code_of = {
        "soundex": jellyfish.soundex,
        "metaphone": jellyfish.metaphone,
        "nysiis": jellyfish.nysiis,
    }[algorithm]

    def one(word: str) -> tuple[str, ...]:
        plain = _spoken(word)
        return ((code_of(plain) if plain.isascii() and plain.isalpha() else "") or word,)

    return one


def _spoken(word: str) -> str:
    """What sounds of a word: no accents, no apostrophes, and not the s of a genitive."""
    return folded(word).removesuffix("'s").replace("'", "")


def sound_terms(algorithm: str) -> WordTerms:
    """Codes of sounds as terms, all at the word's position."""
    codes_of = sounds_by(algorithm)
    return lambda word: tuple((code, 0) for code in codes_of(word.lower()))
