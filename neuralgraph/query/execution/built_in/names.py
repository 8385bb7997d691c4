"""Names in use, waiting for indexes, who answers: ``db.labels``, ``db.awaitIndexes``, ``dbms.components``."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import SchemaError
from neuralgraph.hints import close_name
from neuralgraph.query.execution.procedure import Procedure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.functions.signature import CallContext

    Rows = Iterable[Sequence[Any]]

_AWAITED_S: Final = 300
_LOOKED_EVERY_S: Final = 0.01
_LANGUAGE_VERSION: Final = "5.26.0"
"""The Neo4j whose language this is; clients choose by it what they send."""


def _labels(context: CallContext) -> Rows:
    catalog = context.reader.catalog
    return [(label,) for label in catalog.labels() if catalog.node_count(label)]


def _types(context: CallContext) -> Rows:
    catalog = context.reader.catalog
    return [(name,) for name in catalog.edge_types() if catalog.edge_count(name)]


def _keys(context: CallContext) -> Rows:
    return [(key,) for key in context.reader.catalog.property_keys()]


def _await_index(context: ExecutionContext, name: Any, timeout_s: Any = None) -> Rows:
    names = [index.name for index in context.reader.catalog.defined_indexes()]
    if name not in names:
        hint = close_name(name, names) if type(name) is str else None
        raise SchemaError(f"there is no index named {name}", detail="IndexNotFound", hint=hint)
    return _await(context, name, timeout_s)


def _await_indexes(context: ExecutionContext, timeout_s: Any = None) -> Rows:
    return _await(context, None, timeout_s)


def _await(context: ExecutionContext, name: Any, timeout_s: Any) -> Rows:
    """Wait until an index, or all, are made. Before, they answer as well, but more slowly."""
    if context.host is None:
        return ()
    until = monotonic() + (_AWAITED_S if timeout_s is None else timeout_s)
    while True:
        reader = context.host.newest()
        populating = [
            index.name
            for index in reader.catalog.indexes()
            if name in (None, index.name) and reader.search_facts(index).get("progress", 1.0) < 1.0
        ]
        if not populating:
            return ()
        context.check()
        if monotonic() > until:
            raise SchemaError(f"the index {populating[0]} is not ready yet", detail="IndexNotReady")
        sleep(_LOOKED_EVERY_S)


def _ping(_context: CallContext) -> Rows:
    return [(True,)]


def _components(_context: CallContext) -> Rows:
    return [("neuralgraph", [_LANGUAGE_VERSION], "community")]


_TIMEOUT: Final = ("timeOutSeconds", "INTEGER")

PROCEDURES: Final = (
    Procedure("db.labels", (), (("label", "STRING"),), call=_labels,
              description="Labels that nodes carry, in order of first use."),
    Procedure("db.relationshipTypes", (), (("relationshipType", "STRING"),), call=_types,
              description="Types of the relationships there are, in order of first use."),
    Procedure("db.propertyKeys", (), (("propertyKey", "STRING"),), call=_keys,
              description="Property keys ever used, in order of first use."),
    Procedure("db.awaitIndex", (("indexName", "STRING"), _TIMEOUT), (), change=_await_index,
              optional_inputs=1, description="Waits until an index is ready."),
    Procedure("db.awaitIndexes", (_TIMEOUT,), (), change=_await_indexes, optional_inputs=1,
              description="Waits until all indexes are ready."),
    Procedure("db.ping", (), (("success", "BOOLEAN"),), call=_ping, description="Is anybody there?"),
    Procedure("dbms.components", (),
              (("name", "STRING"), ("versions", "LIST<STRING>"), ("edition", "STRING")),
              call=_components,
              description="What answers, and the version of Neo4j whose language it speaks."),
)  # fmt: skip
