"""Text: words and queries, without any graph.

    analyzers.py, words.py, catalogue.py    from texts to terms: languages, code, sounds, by name
    query_syntax.py, query_parser.py        the query language, as users of Lucene write it
    snippets.py                             where a query's terms stand in a text

Storage uses it to index texts and to find them, the query stack to show what was found. Each name is loaded
when it is first asked for (``text.parse_text_query``), so that graphs without full text do not pay for it;
whoosh and the stemmers of Snowball (the extra `search`) when a language is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuralgraph.text.catalogue import (
        DEFAULT_ANALYZER,
        analyzer_named,
        is_analyzer,
        listed_analyzers,
        register_analyzer,
    )
    from neuralgraph.text.query_parser import parse_text_query
    from neuralgraph.text.snippets import matched_spans, pieces_of
    from neuralgraph.text.stop_words import stop_words_of
    from neuralgraph.text.words import SOUNDS, letters_apart

__all__ = [
    "DEFAULT_ANALYZER",
    "SOUNDS",
    "analyzer_named",
    "is_analyzer",
    "letters_apart",
    "listed_analyzers",
    "matched_spans",
    "parse_text_query",
    "pieces_of",
    "register_analyzer",
    "stop_words_of",
]

_HOMES = {
    "catalogue": (
        "DEFAULT_ANALYZER",
        "analyzer_named",
        "is_analyzer",
        "listed_analyzers",
        "register_analyzer",
    ),
    "query_parser": ("parse_text_query",),
    "snippets": ("matched_spans", "pieces_of"),
    "stop_words": ("stop_words_of",),
    "words": ("SOUNDS", "letters_apart"),
}
_PLACES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a name on first use."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"neuralgraph.text.{_PLACES[name]}"), name)
    return value
