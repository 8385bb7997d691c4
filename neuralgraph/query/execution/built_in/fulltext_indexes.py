"""Making and listing full-text indexes by procedure, and the analyzers there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph import text
from neuralgraph.access import IndexDefinition, TermRequest
from neuralgraph.errors import OptionError, QueryArgumentError, QueryTypeError
from neuralgraph.query.execution.built_in.fulltext_queries import fulltext_index
from neuralgraph.query.execution.operators.index_options import check_whole, checked_options
from neuralgraph.query.execution.procedure import Procedure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Literal

    from neuralgraph.access import GraphReader
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.functions.signature import CallContext

    Rows = Iterable[Sequence[Any]]

_PREFIX: Final = "fulltext."


def _create(
    context: ExecutionContext, name: Any, labels: Any, keys: Any, options: Any = None
) -> Rows:
    me = "neural.fulltext.createIndex"
    if options is not None and not isinstance(options, dict):
        raise QueryTypeError(f"the options of {me} are a map", detail="InvalidArgumentType")
    given = dict(options or {})
    kind = given.pop("entity", "node")
    if kind not in ("node", "relationship"):
        raise QueryArgumentError(
            f"{me}: `entity` is 'node' or 'relationship', not {kind!r}",
            detail="InvalidArgumentValue",
        )
    entity: Literal["node", "edge"] = "node" if kind == "node" else "edge"
    config = {
        key if key.startswith(_PREFIX) else _PREFIX + key: value for key, value in given.items()
    }
    definition = IndexDefinition(
        _name(me, name),
        "fulltext",
        entity,
        _names(me, labels, "labels"),
        _names(me, keys, "properties"),
        options=checked_options("fulltext", {"indexConfig": config}),
    )
    check_whole(definition)
    context.require_writer().create_index(definition)
    context.counters.indexes_added += 1
    return [(definition.name,)]


def _drop(context: ExecutionContext, name: Any) -> Rows:
    index = fulltext_index(context.reader, name)
    context.require_writer().drop_index(index.name)
    context.counters.indexes_removed += 1
    return ()


def _name(procedure: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise QueryTypeError(f"{procedure}: a name is a string", detail="InvalidArgumentType")
    return value


def _names(procedure: str, value: Any, what: str) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(one, str) for one in names):
        raise QueryTypeError(
            f"{procedure}: {what} are a string or a list of strings", detail="InvalidArgumentType"
        )
    return tuple(dict.fromkeys(names))


def _indexes(context: CallContext) -> Iterator[Sequence[Any]]:
    reader = context.reader
    for index in reader.catalog.indexes():
        if index.kind != "fulltext":
            continue
        yield (
            index.name,
            "node" if index.entity == "node" else "relationship",
            list(index.labels),
            list(index.keys),
            index.options.get("fulltext.analyzer", text.DEFAULT_ANALYZER),
            _term_count(reader, index),
        )


def _term_count(reader: GraphReader, index: IndexDefinition) -> int | None:
    """How many terms an index has; None where its analyzer is missing, or fails."""
    try:
        return len(reader.search_terms(index, TermRequest(limit=2**62)))
    except (QueryArgumentError, OptionError):
        return None


def _analyzers(_context: CallContext) -> Iterator[Sequence[Any]]:
    for name, description in text.listed_analyzers():
        try:
            stops = sorted(text.stop_words_of(name))
        except OptionError:
            stops = []  # the extra is not installed; the analyzer says so when it is used
        yield name, description, stops


def _nothing(_context: CallContext) -> Rows:
    return ()


PROCEDURES: Final = (
    Procedure("db.index.fulltext.listAvailableAnalyzers", (),
              (("analyzer", "STRING"), ("description", "STRING"), ("stopwords", "LIST<STRING>")),
              call=_analyzers, description="The analyzers that full-text indexes can have."),
    Procedure("db.index.fulltext.awaitEventuallyConsistentIndexRefresh", (), (), call=_nothing,
              description="Does nothing: a full-text index never lags behind."),
    Procedure("neural.fulltext.createIndex",
              (("indexName", "STRING"), ("labelsOrTypes", "ANY"), ("properties", "ANY"),
               ("options", "MAP")), (("name", "STRING"),), writes=True, change=_create,
              optional_inputs=1, description="Makes a full-text index."),
    Procedure("neural.fulltext.dropIndex", (("indexName", "STRING"),), (), writes=True, change=_drop,
              description="Drops a full-text index."),
    Procedure("neural.fulltext.indexes", (),
              (("name", "STRING"), ("entity", "STRING"), ("labelsOrTypes", "LIST<STRING>"),
               ("properties", "LIST<STRING>"), ("analyzer", "STRING"), ("terms", "INTEGER")),
              call=_indexes, description="The full-text indexes, and how many terms each has."),
)  # fmt: skip
