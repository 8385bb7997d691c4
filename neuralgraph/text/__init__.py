"""Text: words and queries, without any graph.

    analyzers.py, words.py, catalogue.py    from texts to terms: languages, code, sounds, by name
    query_syntax.py, query_parser.py        the query language, as users of Lucene write it
    snippets.py                             where a query's terms stand in a text

Storage uses it to index texts and to find them, the query stack to show what was found. Whoosh and the
stemmers of Snowball (the extra `search`) are imported when a language is first used.
"""

from neuralgraph.text.catalogue import (
    DEFAULT_ANALYZER,
    analyzer_named,
    analyzers,
    is_analyzer,
    register_analyzer,
)

__all__ = [
    "DEFAULT_ANALYZER",
    "analyzer_named",
    "analyzers",
    "is_analyzer",
    "register_analyzer",
]
