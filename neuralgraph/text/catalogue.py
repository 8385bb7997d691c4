"""Analyzers by name: Neo4j's names, and ours for code and sounds.

An index remembers the name of its analyzer. An analyzer of one's own is registered under a name before it is
used; an index whose analyzer is not registered can be opened, kept and written to, but not searched.
"""

from __future__ import annotations

import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryArgumentError
from neuralgraph.text.analyzers import CallableAnalyzer, WholeAnalyzer, WordAnalyzer
from neuralgraph.text.stop_words import ENGLISH_FEW
from neuralgraph.text.words import (
    SOUNDS,
    folded,
    gram_terms,
    identifier_terms,
    lowered,
    sound_terms,
    stemmed,
    unchanged,
    wide_case,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from neuralgraph.text.analyzers import Analyzer

DEFAULT_ANALYZER: Final = "standard-no-stop-words"

LANGUAGES: Final = (
    "arabic", "armenian", "basque", "catalan", "czech", "danish", "dutch", "english", "estonian",
    "finnish", "french", "german", "greek", "hindi", "hungarian", "indonesian", "irish", "italian",
    "lithuanian", "nepali", "norwegian", "persian", "polish", "portuguese", "romanian", "russian",
    "serbian", "spanish", "swedish", "tamil", "turkish", "yiddish",
)  # fmt: skip
"""Languages with stems; those of `stop_words` have stop words, too."""

_ALIASES: Final = {
    "brazilian": "portuguese",
    "porter": "english",
    "unicode_whitespace": "whitespace",
}

# Unicode's rules for words, near enough: Chinese characters and Hiragana stand alone; dots, apostrophes
# and soft hyphens join what they stand between.
_IDEOGRAPH: Final = r"[\p{Han}\p{Hiragana}]"
_LETTER: Final = rf"[\w--{_IDEOGRAPH}]"
_WORD: Final = rf"(?V1){_IDEOGRAPH}|{_LETTER}+(?:[.'’\u00ad]{_LETTER}+)*"
_LETTERS: Final = r"(?V1)[\p{L}\p{M}]+"
_NOT_BLANK: Final = r"\S+"
_CODE_WORD: Final = r"[\w$]+"
# The marks of half-width katakana (length, voiced, half-voiced) belong to no script.
_SPACELESS: Final = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー\uff70\uff9e\uff9f"
_RUN: Final = rf"(?V1)[{_SPACELESS}]+|[\w--[{_SPACELESS}]]+"
_EMAIL: Final = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_URL: Final = r"(?:https?|ftp)://[^\s<>\"']*[\w/]|(?:[\w-]+\.)+(?:com|org|net|edu|gov|io|dev|info)(?:/[^\s<>\"']*[\w/])?"

_made: dict[str, Analyzer] = {}
_mutex: Final = threading.Lock()


def analyzer_named(name: str) -> Analyzer:
    """The analyzer of that name; made once for all graphs.

    Raises:
        QueryArgumentError: there is none.
        OptionError: it needs packages that are not installed.
    """
    found = _made.get(name)
    if found is None:
        key = _ALIASES.get(name.lower(), name.lower())
        with _mutex:
            found = _made.get(key)
            if found is None:
                found = _made[key] = _make(key, name)
    return found


def is_analyzer(name: str) -> bool:
    """Is there an analyzer of that name, built in or registered?"""
    return name in _made or _ALIASES.get(name.lower(), name.lower()) in _BUILT_IN


def register_analyzer(name: str, function: Callable[[str], Iterable[Any]]) -> None:
    """Give a name to an analyzer of one's own, for all graphs of this process; see `CallableAnalyzer`.

    Raises:
        QueryArgumentError: the name is a built-in analyzer's, or `function` is none.
    """
    if name.lower() in _BUILT_IN or name.lower() in _ALIASES:
        raise QueryArgumentError(f"{name!r} is the name of a built-in analyzer; choose another")
    if not callable(function):
        raise QueryArgumentError(
            f"an analyzer is a function of a text, not a {type(function).__name__}"
        )
    with _mutex:
        _made[name] = CallableAnalyzer(name, function)


def listed_analyzers() -> list[tuple[str, str]]:
    """Names and descriptions, by name; registered ones included."""
    own = [(name, "registered by this program") for name in _made if name not in _BUILT_IN]
    return sorted([(name, text) for name, (text, _) in _BUILT_IN.items()] + own)


def _make(key: str, name: str) -> Analyzer:
    built_in = _BUILT_IN.get(key)
    if built_in is None:
        raise QueryArgumentError(
            f"there is no analyzer {name!r}; CALL db.index.fulltext.listAvailableAnalyzers() lists them,"
            " and register_analyzer adds one"
        )
    return built_in[1](key)


def _pattern(pattern: str) -> Any:
    """Compiled by the package `regex`, which takes its time to be imported."""
    return import_module("regex").compile(pattern)


def _standard(name: str) -> Analyzer:
    return WordAnalyzer(name, _pattern(_WORD), without(ENGLISH_FEW))


def _standard_all(name: str) -> Analyzer:
    return WordAnalyzer(name, _pattern(_WORD), lowered)


def _standard_folding(name: str) -> Analyzer:
    terms_of = without(frozenset(), folded)
    return WordAnalyzer(name, _pattern(_WORD), terms_of, folded)


def _simple(name: str) -> Analyzer:
    return WordAnalyzer(name, _pattern(_LETTERS), lowered)


def _stop(name: str) -> Analyzer:
    return WordAnalyzer(name, _pattern(_LETTERS), without(ENGLISH_FEW))


def _whitespace(name: str) -> Analyzer:
    pattern = _pattern(_NOT_BLANK)
    return WordAnalyzer(name, pattern, unchanged, str, cuts_punctuation=False)


def _code(name: str) -> Analyzer:
    return WordAnalyzer(name, _pattern(_CODE_WORD), identifier_terms, cuts_punctuation=False)


def _cjk(name: str) -> Analyzer:
    return WordAnalyzer(name, _pattern(_RUN), gram_terms, wide_case, counts_letters=True)


def _addresses(name: str) -> Analyzer:
    kinds = {"email": _EMAIL, "url": _URL, "url_or_email": f"{_EMAIL}|{_URL}"}[name]
    pattern = _pattern(f"(?V1){kinds}|{_LETTER}+|{_IDEOGRAPH}")
    return WordAnalyzer(name, pattern, lowered, cuts_punctuation=False)


def _language(name: str) -> Analyzer:
    terms_of, normalise = stemmed(name)
    return WordAnalyzer(name, _pattern(_WORD), terms_of, normalise)


def _sound(name: str) -> Analyzer:
    return WordAnalyzer(name, _pattern(_WORD), sound_terms(name))


_BUILT_IN: Final[dict[str, tuple[str, Callable[[str], Analyzer]]]] = {
    "standard-no-stop-words": (
        "words by Unicode's rules, in lower case; the default",
        _standard_all,
    ),
    "standard": ("words in lower case, without a few English stop words", _standard),
    "standard-folding": ("words in lower case and without accents", _standard_folding),
    "simple": ("runs of letters in lower case", _simple),
    "stop": ("runs of letters in lower case, without a few English stop words", _stop),
    "whitespace": ("what stands between white space, as it is", _whitespace),
    "keyword": ("the whole text is one term, as it is", WholeAnalyzer),
    "cjk": ("pairs of neighbouring characters for Chinese, Japanese and Korean", _cjk),
    "code": ("identifiers, whole and cut at case and underscores", _code),
    "email": ("words, and e-mail addresses whole", _addresses),
    "url": ("words, and web addresses whole", _addresses),
    "url_or_email": ("words, and e-mail and web addresses whole", _addresses),
    **{name: (f"stems and stop words of {name.title()}", _language) for name in LANGUAGES},
    **{name: (f"how words sound: {name.replace('_', ' ').title()}", _sound) for name in SOUNDS},
}

__all__ = [
    "DEFAULT_ANALYZER",
    "LANGUAGES",
    "analyzer_named",
    "is_analyzer",
    "listed_analyzers",
    "register_analyzer",
]
