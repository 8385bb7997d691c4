"""SEARCH, the part of MATCH that takes a variable from search indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.language.grammar.elements import (
    Maybe,
    Piece,
    Separated,
    Sequence,
    name,
    symbol,
    words,
)
from neuralgraph.query.language.lexis import NAME, syntax_error
from neuralgraph.query.language.syntax import SearchClause

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.expressions import Operand
    from neuralgraph.query.language.lexis import SourceText

_HYBRID_ONLY: Final = "NEAR, FUSE and WEIGHTS belong to a HYBRID search"


def search(operand: Operand) -> Maybe:
    """``SEARCH d IN (VECTOR INDEX i FOR $v WHERE p LIMIT 10) SCORE AS s``, or None.

    A hybrid search names several indexes, with a query for each:
    ``(HYBRID INDEX a, b FOR $v, $text NEAR x FUSE RANKS WEIGHTS [2, 1, 1] LIMIT 10)``.
    """
    kind = Piece(
        r"(VECTOR|FULLTEXT|HYBRID)\s+INDEX(?:ES)?\b",
        "VECTOR INDEX, FULLTEXT INDEX or HYBRID INDEX",
        lambda match: match.group(1).lower(),
    )
    fusion = Piece(r"(RANKS|SCORES)\b", "RANKS or SCORES", lambda match: match.group(1).lower())
    elements: list[Any] = [
        words("SEARCH"),
        name("a variable"),
        words("IN"),
        symbol("("),
        kind,
        Separated(name("the name of an index"), "names of indexes"),
        words("FOR"),
        Separated(operand.run, "what is sought"),
        Maybe(r"NEAR\b", operand.run, None),
        Maybe(r"FUSE\b", fusion, None),
        Maybe(r"WEIGHTS\b", operand.run, None),
        Maybe(r"WHERE\b", operand.run, None),
        words("LIMIT"),
        operand.run,
        symbol(")"),
        Maybe(r"SCORE\s+AS\b", name("a name"), None),
    ]
    return Maybe(rf"(?=SEARCH\s+{NAME}\s+IN\b)", Sequence("SEARCH", elements, _build), None)


def _build(_text: SourceText, start: int, end: int, values: list[Any]) -> SearchClause:
    variable, kind, indexes, queries, near, fusion, weights, where, limit, score = values
    span = (start, end)
    if kind != "hybrid" and any(part is not None for part in (near, fusion, weights)):
        syntax_error(_HYBRID_ONLY, *span)
    if kind != "hybrid" and len(indexes) > 1:
        syntax_error("A search of several indexes is a HYBRID search", *span)
    if len(queries) != len(indexes):
        message = f"FOR gives one query for each index; here {len(queries)} for {len(indexes)}"
        syntax_error(message, *span)
    return SearchClause(
        variable,
        kind,
        indexes,
        queries,
        limit,
        where,
        score,
        near,
        fusion or "ranks",
        weights,
        span=span,
    )
