"""Searching an index: ``db.index.vector.*`` as Neo4j has them, and ``neural.search`` for every kind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from neuralgraph.access import IndexOptions, TextQuery, VectorQuery
from neuralgraph.access.vectors import as_vector
from neuralgraph.errors import QueryArgumentError, QueryTypeError, SchemaError
from neuralgraph.hints import close_name
from neuralgraph.query.execution.columns import ids_column
from neuralgraph.query.execution.procedure import Procedure
from neuralgraph.query.execution.search_paths import path_of, state_of
from neuralgraph.values import Column, EdgeRef, Kind, NodeRef
from neuralgraph.values.arrays import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from neuralgraph.access import GraphReader, IndexDefinition, SearchHits
    from neuralgraph.access.search import SearchQuery
    from neuralgraph.query.functions.signature import CallContext
    from neuralgraph.values import IdArray, RowArray

    Rows = Iterable[Sequence[Any]]
    Found = tuple[IndexDefinition, SearchHits]

_WORDS: Final = {"node": "nodes", "edge": "relationships"}
_LIMIT: Final = 10


def index_named(
    reader: GraphReader,
    name: Any,
    *,
    kinds: Sequence[str] = ("vector", "fulltext"),
    entity: Literal["node", "edge"] | None = None,
) -> IndexDefinition:
    """The search index of a name.

    Raises:
        SchemaError: there is none, or not of the kind; it says which there are.
    """
    indexes: list[IndexDefinition] = []
    for index in reader.catalog.indexes():
        if index.kind in kinds and entity in (None, index.entity):
            if index.name == name:
                return index
            indexes.append(index)
    for index in reader.catalog.defined_indexes():
        if index.name == name and index.kind in kinds and entity in (None, index.entity):
            raise SchemaError(
                f"the {index.kind} index {name} of this moment was dropped since; when it is made again,"
                " it searches this moment, too",
                detail="IndexNotFound",
            )
    what = " or ".join(kinds) + " index"
    where = "" if entity is None else f" on {_WORDS[entity]}"
    names = [index.name for index in indexes]
    raise SchemaError(
        f"there is no {what} named {name}{where}",
        detail="IndexNotFound",
        hint=close_name(name, names) if isinstance(name, str) else None,
    )


def limit_of(procedure: str, value: Any) -> int:
    """How many to find.

    Raises:
        QueryArgumentError: it is no positive integer.
    """
    if type(value) is not int or value < 1:
        raise QueryArgumentError(
            f"{procedure} finds a positive number of neighbours, not {value!r}",
            detail="InvalidArgumentValue",
        )
    return value


def vector_of(procedure: str, value: Any) -> Any:
    """A vector, or a list of numbers as one.

    Raises:
        QueryTypeError: it is neither.
    """
    vector = as_vector(value)
    if vector is None:
        raise QueryTypeError(
            f"{procedure} is asked for a vector or a list of numbers", detail="InvalidArgumentType"
        )
    return vector


def _querying(procedure: str, entity: Literal["node", "edge"]) -> Any:
    """A procedure that gives the neighbours of one kind, as columns."""

    def columns(
        context: CallContext, count: int, *arguments: Column
    ) -> tuple[RowArray, list[Column]]:
        return found_columns(
            _neighbours(procedure, context, entity, *given) for given in calls(count, arguments, 3)
        )

    return columns


def _neighbours(
    me: str,
    context: CallContext,
    entity: Literal["node", "edge"],
    name: Any,
    limit: Any,
    vector: Any,
) -> Found:
    index = index_named(context.reader, name, kinds=("vector",), entity=entity)
    query = VectorQuery(vector_of(me, vector))
    return index, asked(context, index, query, limit_of(me, limit))


def _search_columns(
    context: CallContext, count: int, *arguments: Column
) -> tuple[RowArray, list[Column]]:
    return found_columns(_search(context, *given) for given in calls(count, arguments, 3))


def _search(context: CallContext, name: Any, sought: Any, options: Any) -> Found:
    me = "neural.search"
    index = index_named(context.reader, name)
    given = dict(map_of(me, options))
    limit = limit_of(me, given.pop("limit", _LIMIT))
    within = within_of(me, index, given.pop("within", None))
    query: SearchQuery
    if index.kind == "vector":
        exact, effort = given.pop("exact", False), given.pop("effort", 0)
        if type(exact) is not bool or type(effort) is not int or effort < 0:
            raise _wrong(f"{me}: `exact` is true or false, and `effort` a number of candidates")
        if given:
            raise _wrong(f"{me} has no option `{next(iter(given))}` for a vector index")
        query = VectorQuery(vector_of(me, sought), exact, effort)
    else:
        if not isinstance(sought, str):
            raise QueryTypeError(
                f"{me} asks a full-text index for a string", detail="InvalidArgumentType"
            )
        query = TextQuery(sought, IndexOptions(given))
    return index, asked(context, index, query, limit, within)


def asked(
    context: CallContext,
    index: IndexDefinition,
    query: SearchQuery,
    limit: int,
    within: IdArray | None = None,
) -> SearchHits:
    """What an index finds; PROFILE is told how, and the statement's timeout holds."""
    if context.note is not None:
        exact = isinstance(query, VectorQuery) and query.exact
        count = None if within is None else len(within)
        context.note(path_of(context.reader, (index,), limit, count, exact=exact))
    return context.reader.search(index, query, limit, within, partial(context.reserve, 0))


def calls(count: int, arguments: Sequence[Column], most: int) -> Iterator[tuple[Any, ...]]:
    """The arguments of each of `count` calls; those that were left out are null."""
    columns = [column.to_values() for column in arguments]
    columns.extend([None] * count for _ in range(most - len(columns)))
    return zip(*columns, strict=True)


def found_columns(found: Iterable[Found]) -> tuple[RowArray, list[Column]]:
    """What each of some calls found, the best first, as a procedure gives it: entities and scores."""
    each = list(found)
    if len(each) == 1:
        index, (ids, scores) = each[0]
        rows = np.zeros(len(ids), dtype=np.int64)
        return rows, [entities(index, ids), Column.of_array(Kind.FLOAT, scores)]
    rows = np.repeat(np.arange(len(each)), [len(hits.ids) for _, hits in each])
    scores = np.concatenate([hits.scores for _, hits in each])
    found_entities = Column.concat([entities(index, hits.ids) for index, hits in each])
    return rows, [found_entities, Column.of_array(Kind.FLOAT, scores)]


def entities(index: IndexDefinition, ids: IdArray) -> Column:
    """Ids as what an index finds."""
    return ids_column(Kind.NODE if index.entity == "node" else Kind.EDGE, ids)


def within_of(procedure: str, index: IndexDefinition, given: Any) -> IdArray | None:
    """Ids of the entities that count, ascending; None for null.

    Raises:
        QueryArgumentError: not a list of what the index finds.
    """
    if given is None:
        return None
    wanted = NodeRef if index.entity == "node" else EdgeRef
    if type(given) is not list or not all(isinstance(one, wanted) for one in given):
        raise _wrong(f"{procedure}: `within` is a list of {_WORDS[index.entity]}")
    return distinct(np.array([one.id for one in given], dtype=np.int64))


def map_of(procedure: str, options: Any) -> dict[str, Any]:
    """A map that may be left out.

    Raises:
        QueryArgumentError: it is something else.
    """
    if options is None:
        return {}
    if not isinstance(options, dict):
        raise _wrong(f"the options of {procedure} are a map")
    return options


def _wrong(message: str) -> QueryArgumentError:
    return QueryArgumentError(message, detail="InvalidArgumentValue")


def _indexes(context: CallContext) -> Rows:
    for index in context.reader.catalog.defined_indexes():
        if index.kind not in ("vector", "fulltext"):
            continue
        facts, options = context.reader.search_facts(index), index.options
        progress = facts.get("progress", 1.0)
        yield (
            index.name,
            index.kind,
            state_of(facts),
            100.0 * progress,
            facts.get("rows"),
            facts.get("indexedRows", facts.get("rows")),
            facts.get("bytes"),
            facts.get("kind"),
            facts.get("quantization"),
            options.get("vector.dimensions"),
            options.get("vector.similarity_function", "cosine" if index.kind == "vector" else None),
            options.get("neural.model"),
            facts.get("built"),
        )


_SCORE: Final = ("score", "FLOAT")
_ASKED: Final = (
    ("indexName", "STRING"),
    ("numberOfNearestNeighbours", "INTEGER"),
    ("query", "ANY"),
)

PROCEDURES: Final = (
    Procedure("db.index.vector.queryNodes", _ASKED, (("node", "NODE"), _SCORE),
              columns=_querying("db.index.vector.queryNodes", "node"),
              description="The nodes whose vectors are nearest to one, the best first."),
    Procedure("db.index.vector.queryRelationships", _ASKED, (("relationship", "RELATIONSHIP"), _SCORE),
              columns=_querying("db.index.vector.queryRelationships", "edge"),
              description="The relationships whose vectors are nearest to one, the best first."),
    Procedure("neural.searchIndexes", (),
              (("name", "STRING"), ("type", "STRING"), ("state", "STRING"),
               ("populationPercent", "FLOAT"), ("rows", "INTEGER"), ("indexedRows", "INTEGER"),
               ("bytes", "INTEGER"), ("kind", "STRING"), ("quantization", "STRING"),
               ("dimension", "INTEGER"), ("metric", "STRING"), ("model", "STRING"),
               ("built", "DATETIME")),
              call=_indexes, description="Vector and full-text indexes: what they hold, and how."),
    Procedure("neural.search", (("indexName", "STRING"), ("sought", "ANY"), ("options", "MAP")),
              (("entity", "ANY"), _SCORE), columns=_search_columns, optional_inputs=1,
              description="What a vector or full-text index finds, the best first. Options: limit, within,"
              " and for vectors exact and effort."),
)  # fmt: skip
