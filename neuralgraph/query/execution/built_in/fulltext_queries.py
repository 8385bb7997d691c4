"""Asking full-text indexes: ``db.index.fulltext.query...`` as Neo4j has them, and ``neural.fulltext.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from neuralgraph import text
from neuralgraph.access import IndexOptions, TermRequest, TextQuery
from neuralgraph.errors import QueryArgumentError, QueryTypeError
from neuralgraph.query.execution.built_in.searching import (
    asked,
    calls,
    entities,
    found_columns,
    index_named,
)
from neuralgraph.query.execution.procedure import Procedure
from neuralgraph.values import Column, EdgeRef, NodeRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from neuralgraph.access import GraphReader, IndexDefinition, SearchHits, TermCount
    from neuralgraph.query.functions.signature import CallContext
    from neuralgraph.text.tokens import Token
    from neuralgraph.values import RowArray

    Rows = Iterator[Sequence[Any]]

_EVERYTHING: Final = 2**62
_TERMS: Final = 100
_SUGGESTIONS: Final = 5
_DISTANCE_MAX: Final = 2
_SNIPPET: Final[Mapping[str, Any]] = {
    "before": "<b>", "after": "</b>", "size": 150, "fragments": 1,
}  # fmt: skip


def fulltext_index(
    reader: GraphReader, name: Any, entity: Literal["node", "edge"] | None = None
) -> IndexDefinition:
    """The full-text index of a name.

    Raises:
        SchemaError: there is none.
    """
    return index_named(reader, name, kinds=("fulltext",), entity=entity)


class _Options:
    """The options of a call, taken one by one; what is left over does not exist."""

    __slots__ = ("_given", "_procedure")

    def __init__(self, procedure: str, given: Any) -> None:
        if given is not None and not isinstance(given, dict):
            raise QueryTypeError(
                f"the options of {procedure} are a map", detail="InvalidArgumentType"
            )
        self._procedure = procedure
        self._given = dict(given or {})

    def count(self, name: str, default: int, least: int = 0) -> int:
        """An integer."""
        value = self._given.pop(name, None)
        if value is None:
            return default
        if type(value) is not int or value < least:
            raise self._wrong(f"`{name}` is an integer from {least} up, not {value!r}")
        return value

    def distance(self, default: int, least: int) -> int:
        """Letters by which words may differ."""
        value = self.count("distance", default, least)
        if value > _DISTANCE_MAX:
            raise self._wrong(f"`distance` is {_DISTANCE_MAX} at most, not {value}")
        return value

    def words(self, name: str, default: str | None) -> str | None:
        """A string."""
        value = self._given.pop(name, None)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self._wrong(f"`{name}` is a string, not {value!r}")
        return value

    def sound(self, name: str) -> str | None:
        """An algorithm of sounds."""
        value = self.words(name, None)
        if value is not None and value not in text.SOUNDS:
            raise self._wrong(f"`{name}` is one of {', '.join(text.SOUNDS)}, not {value!r}")
        return value

    def rest(self) -> IndexOptions:
        """What was not taken: for the index to look at."""
        return IndexOptions(self._given)

    def end(self) -> None:
        """Nothing may be left over."""
        for name in self._given:
            raise self._wrong(f"there is no option `{name}`")

    def _wrong(self, message: str) -> QueryArgumentError:
        return QueryArgumentError(f"{self._procedure}: {message}", detail="InvalidArgumentValue")


def _text_of(procedure: str, value: Any) -> str:
    if not isinstance(value, str):
        raise QueryTypeError(f"{procedure} is asked for a string", detail="InvalidArgumentType")
    return value


# ── queries ───────────────────────────────────────────────────────────────────────────────────


def _found(
    procedure: str,
    context: CallContext,
    arguments: tuple[Any, ...],
    *,
    entity: Literal["node", "edge"] | None = None,
    distance: int = 0,
) -> tuple[IndexDefinition, SearchHits]:
    """What one call finds."""
    name, sought, given = arguments
    index = fulltext_index(context.reader, name, entity)
    options = _Options(procedure, given)
    skip = options.count("skip", 0)
    limit = options.count("limit", _EVERYTHING)
    settings = options.rest()
    if distance and "distance" not in settings:
        settings = IndexOptions({**settings, "distance": distance})
    query = TextQuery(_text_of(procedure, sought), settings)
    hits = asked(context, index, query, min(_EVERYTHING, skip + limit))
    return index, type(hits)(hits.ids[skip:], hits.scores[skip:])


def _querying(procedure: str, entity: Literal["node", "edge"]) -> Any:
    """A procedure that gives entities of one kind and scores, as columns."""

    def columns(
        context: CallContext, count: int, *arguments: Column
    ) -> tuple[RowArray, list[Column]]:
        return found_columns(
            _found(procedure, context, given, entity=entity) for given in calls(count, arguments, 3)
        )

    return columns


def _querying_either(procedure: str, distance: int = 0) -> Any:
    """A procedure that gives nodes or relationships, the others null, and scores, as columns."""

    def columns(
        context: CallContext, count: int, *arguments: Column
    ) -> tuple[RowArray, list[Column]]:
        found = [
            _found(procedure, context, given, distance=distance)
            for given in calls(count, arguments, 3)
        ]
        rows, (_, scores) = found_columns(found)
        nodes, edges = (
            Column.concat([_only(entity, index, hits) for index, hits in found])
            for entity in ("node", "edge")
        )
        return rows, [nodes, edges, scores]

    return columns


def _only(entity: str, index: IndexDefinition, hits: SearchHits) -> Column:
    """What was found, if it is that; else nulls."""
    return entities(index, hits.ids) if index.entity == entity else Column.nulls(len(hits.ids))


# ── terms ─────────────────────────────────────────────────────────────────────────────────────


def _terms(context: CallContext, name: Any, options: Any = None) -> Rows:
    index = fulltext_index(context.reader, name)
    given = _Options("neural.fulltext.terms", options)
    request = TermRequest(
        given.words("field", None),
        given.words("prefix", "") or "",
        limit=given.count("limit", _TERMS),
    )
    given.end()
    for one in context.reader.search_terms(index, request):
        yield one.field, one.term, one.documents, one.occurrences


def _suggest(context: CallContext, name: Any, sought: Any, options: Any = None) -> Rows:
    me = "neural.fulltext.suggest"
    reader = context.reader
    index = fulltext_index(reader, name)
    given = _Options(me, options)
    field = given.words("field", None)
    limit, distance = given.count("limit", _SUGGESTIONS), given.distance(_DISTANCE_MAX, 1)
    given.end()
    words = _text_of(me, sought)
    analyzer = text.analyzer_named(index.options.get("fulltext.analyzer", text.DEFAULT_ANALYZER))
    for token in analyzer.tokens(words):
        request = TermRequest(field, near=token.term, distance=distance, limit=_TERMS)
        near = reader.search_terms(index, request)
        if any(one.term == token.term for one in near):
            continue
        ranked = sorted(
            near,
            key=lambda one: (text.letters_apart(one.term, token.term), -one.documents, one.term),
        )
        known: set[str] = set()
        for one in ranked:
            if one.term not in known and len(known) < limit:
                known.add(one.term)
                spelling = _spelling(reader, index, one, analyzer.tokens)
                yield words[token.start : token.end], spelling, one.documents


def _spelling(reader: GraphReader, index: IndexDefinition, one: TermCount, tokens_of: Any) -> str:
    """A word as a text has it: a term may be but a stem."""
    token: Token
    for written in _texts(reader, index, one.example, one.field):
        for token in tokens_of(written):
            if token.term == one.term:
                return written[token.start : token.end].lower()
    return one.term


def _texts(reader: GraphReader, index: IndexDefinition, entity_id: int, key: str) -> list[str]:
    """The strings of a property."""
    values_of = reader.node_values if index.entity == "node" else reader.edge_values
    (value,) = values_of([entity_id], key)
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


# ── snippets ──────────────────────────────────────────────────────────────────────────────────


def _snippets(
    context: CallContext, name: Any, sought: Any, entity: Any, options: Any = None
) -> Rows:
    me = "neural.fulltext.snippets"
    index = fulltext_index(context.reader, name)
    given = _Options(me, options)
    before = given.words("before", _SNIPPET["before"]) or ""
    after = given.words("after", _SNIPPET["after"]) or ""
    size = given.count("size", _SNIPPET["size"], 1)
    count = given.count("fragments", _SNIPPET["fragments"], 1)
    distance, phonetic = given.distance(0, 0), given.sound("phonetic")
    given.end()
    if entity is None:
        return
    if not isinstance(entity, NodeRef if index.entity == "node" else EdgeRef):
        wanted = "node" if index.entity == "node" else "relationship"
        raise QueryTypeError(
            f"{me}: {index.name} finds {wanted}s, and this is none", detail="InvalidArgumentType"
        )
    query = text.parse_text_query(_text_of(me, sought))
    analyzer = text.analyzer_named(index.options.get("fulltext.analyzer", text.DEFAULT_ANALYZER))
    for key in index.keys:
        for written in _texts(context.reader, index, entity.id, key):
            spans = text.matched_spans(
                query, analyzer, key, written, distance=distance, phonetic=phonetic
            )
            for piece in text.pieces_of(
                written, spans, before=before, after=after, size=size, count=count
            ):
                yield key, piece


_ASKED: Final = (("indexName", "STRING"), ("queryString", "STRING"), ("options", "MAP"))
_SCORE: Final = ("score", "FLOAT")
_EITHER: Final = (("node", "NODE"), ("relationship", "RELATIONSHIP"), _SCORE)

PROCEDURES: Final = (
    Procedure("db.index.fulltext.queryNodes", _ASKED, (("node", "NODE"), _SCORE), optional_inputs=1,
              columns=_querying("db.index.fulltext.queryNodes", "node"),
              description="The nodes that a full-text index finds, the best first."),
    Procedure("db.index.fulltext.queryRelationships", _ASKED,
              (("relationship", "RELATIONSHIP"), _SCORE), optional_inputs=1,
              columns=_querying("db.index.fulltext.queryRelationships", "edge"),
              description="The relationships that a full-text index finds, the best first."),
    Procedure("neural.fulltext.query", _ASKED, _EITHER, optional_inputs=1,
              columns=_querying_either("neural.fulltext.query"),
              description="What a full-text index finds, nodes or relationships, the best first."),
    Procedure("neural.fulltext.fuzzyQuery", _ASKED, _EITHER, optional_inputs=1,
              columns=_querying_either("neural.fulltext.fuzzyQuery", distance=1),
              description="The same, for words that may differ by a letter (or by `distance`)."),
    Procedure("neural.fulltext.terms", (("indexName", "STRING"), ("options", "MAP")),
              (("field", "STRING"), ("term", "STRING"), ("documents", "INTEGER"),
               ("occurrences", "INTEGER")), call=_terms, optional_inputs=1,
              description="The terms of a full-text index, the most common first."),
    Procedure("neural.fulltext.suggest", (("indexName", "STRING"), ("text", "STRING"), ("options", "MAP")),
              (("word", "STRING"), ("suggestion", "STRING"), ("documents", "INTEGER")),
              call=_suggest, optional_inputs=1,
              description="Did you mean: words of the index for those of a text that it lacks."),
    Procedure("neural.fulltext.snippets",
              (("indexName", "STRING"), ("queryString", "STRING"), ("entity", "ANY"), ("options", "MAP")),
              (("field", "STRING"), ("snippet", "STRING")), call=_snippets, optional_inputs=1,
              description="Pieces of an entity's texts with what a query seeks marked."),
)  # fmt: skip
