"""``neural.hybrid``: several search indexes and nearness in the graph, fused into one ranking."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryArgumentError
from neuralgraph.hints import close_name
from neuralgraph.query.execution.built_in.searching import (
    calls,
    found_columns,
    index_named,
    limit_of,
    map_of,
    within_of,
)
from neuralgraph.query.execution.fusion import (
    anchors_of,
    fused_search,
    fusion_weights,
    question_of,
)
from neuralgraph.query.execution.procedure import Procedure
from neuralgraph.query.execution.search_paths import path_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from neuralgraph.access import GraphReader
    from neuralgraph.query.execution.built_in.searching import Found
    from neuralgraph.query.execution.fusion import Asked
    from neuralgraph.query.functions.signature import CallContext
    from neuralgraph.values import Column, RowArray

_ME: Final = "neural.hybrid"
_LIMIT: Final = 10
_OF_SEARCH: Final = ("index", "query", "weight")
_OPTIONS: Final = ("limit", "within", "near", "nearWeight", "fusion")


def _hybrid_columns(
    context: CallContext, count: int, *arguments: Column
) -> tuple[RowArray, list[Column]]:
    return found_columns(_hybrid(context, *given) for given in calls(count, arguments, 2))


def _hybrid(context: CallContext, searches: Any, options: Any) -> Found:
    given = map_of(_ME, options)
    _check_names(given, _OPTIONS)
    asked, weights = _asked(context.reader, searches)
    index = asked[0][0]
    fusion = given.get("fusion", "ranks")
    if fusion not in ("ranks", "scores"):
        raise _wrong(f"{_ME}: `fusion` is 'ranks' or 'scores', not {fusion!r}")
    anchors = None
    if given.get("near") is not None:
        anchors = anchors_of(given["near"])
        weights.append(given.get("nearWeight", 1.0))
    limit = limit_of(_ME, given.get("limit", _LIMIT))
    within = within_of(_ME, index, given.get("within"))
    if context.note is not None:
        count = None if within is None else len(within)
        indexes = [one for one, _ in asked]
        context.note(path_of(context.reader, indexes, limit, count, is_fused=True))
    hits = fused_search(
        context.reader,
        asked,
        limit,
        within,
        anchors=anchors,
        weights=fusion_weights(weights, len(weights)),
        fusion=fusion,
        check=partial(context.reserve, 0),
    )
    return index, hits


def _asked(reader: GraphReader, searches: Any) -> tuple[list[Asked], list[Any]]:
    """The indexes with their questions, and the weights."""
    if not isinstance(searches, list) or not searches:
        raise _wrong(f"{_ME} takes a list of searches, such as [{{index: 'docs', query: $vector}}]")
    asked: list[Asked] = []
    weights: list[Any] = []
    for search in searches:
        given = map_of(_ME, search)
        _check_names(given, _OF_SEARCH)
        index = index_named(reader, given.get("index"))
        if "query" not in given:
            raise _wrong(f"{_ME}: the search of the index {index.name} has no `query`")
        if asked and index.entity != asked[0][0].entity:
            raise _wrong(f"{_ME}: all indexes find nodes, or all find relationships")
        asked.append((index, question_of(index, given.get("query"))))
        weights.append(given.get("weight", 1.0))
    return asked, weights


def _check_names(given: dict[str, Any], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            raise QueryArgumentError(
                f"{_ME} has no option `{name}`; there are {', '.join(known)}",
                detail="InvalidArgumentValue",
                hint=close_name(name, known),
            )


def _wrong(message: str) -> QueryArgumentError:
    return QueryArgumentError(message, detail="InvalidArgumentValue")


PROCEDURES: Final = (
    Procedure(_ME, (("searches", "LIST<MAP>"), ("options", "MAP")),
              (("entity", "ANY"), ("score", "FLOAT")), columns=_hybrid_columns, optional_inputs=1,
              description="What several search indexes and nearness in the graph find together, the best"
              " first. Each search has index, query and weight; options: limit, within, near, nearWeight,"
              " fusion ('ranks' or 'scores')."),
)  # fmt: skip
