"""Indexes and what they hold, as APOC shows them: ``apoc.schema.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.execution.procedure import Procedure
from neuralgraph.values.ordering import equality_key, order_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from neuralgraph.access import GraphReader
    from neuralgraph.query.functions.signature import CallContext

    Rows = Iterable[Sequence[Any]]

_CONSTRAINTS: Final = {
    "unique": "UNIQUENESS",
    "key": "NODE_KEY",
    "exists": "NODE_PROPERTY_EXISTENCE",
    "type": "NODE_PROPERTY_TYPE",
}


def _nodes(context: CallContext, _config: Any = None) -> Iterator[Sequence[Any]]:
    catalog = context.reader.catalog
    for index in catalog.defined_indexes():
        if index.entity != "node":
            continue
        label: Any = index.label if len(index.labels) == 1 else list(index.labels)
        size = _indexed_count(context.reader, index.labels, index.keys)
        distinct = catalog.distinct_count(index) if index.kind == "range" else size
        selectivity = distinct / size if size else 0.0
        shown = f":{':'.join(index.labels)}({','.join(index.keys)})"
        yield (shown, label, list(index.keys), "ONLINE", index.kind.upper(), "NO FAILURE", 100.0,
               size, selectivity, f"Index {index.name}")  # fmt: skip
    for constraint in catalog.constraints():
        if constraint.entity == "node":
            shown = f":{constraint.label}({','.join(constraint.keys)})"
            yield (shown, constraint.label, list(constraint.keys), "", _CONSTRAINTS[constraint.kind],
                   "NO FAILURE", 0.0, 0, 0.0, f"Constraint {constraint.name}")  # fmt: skip


def _indexed_count(reader: GraphReader, labels: Sequence[str], keys: Sequence[str]) -> int:
    """How many nodes have all of the properties."""
    count = 0
    for label in labels:
        for ids in reader.scan_nodes(label):
            found = ids
            for key in keys:
                found = found[reader.node_property(found, key).valid_mask]
            count += len(found)
    return count


def _values(reader: GraphReader, label: str, key: str) -> Iterator[Any]:
    for ids in reader.scan_nodes(label):
        for value in reader.node_property(ids, key).to_values():
            if value is not None:
                yield value


def _distinct(context: CallContext, label: Any, key: Any) -> Rows:
    found = {equality_key(value): value for value in _values(context.reader, label, key)}
    return [(sorted(found.values(), key=order_key),)]


def _distinct_count(context: CallContext, label: Any, key: Any) -> Rows:
    counts: dict[Any, list[Any]] = {}
    for value in _values(context.reader, label, key):
        counts.setdefault(equality_key(value), [value, 0])[1] += 1
    return [(label, key, value, count) for value, count in counts.values()]


_PROPERTY: Final = (("label", "STRING"), ("key", "STRING"))

PROCEDURES: Final = (
    Procedure("apoc.schema.nodes", (("config", "MAP"),),
              (("name", "ANY"), ("label", "ANY"), ("properties", "LIST<STRING>"),
               ("status", "STRING"), ("type", "STRING"), ("failure", "STRING"),
               ("populationProgress", "FLOAT"), ("size", "INTEGER"),
               ("valuesSelectivity", "FLOAT"), ("userDescription", "STRING")),
              call=_nodes, optional_inputs=1,
              description="Indexes and constraints of nodes, with sizes and selectivity."),
    Procedure("apoc.schema.properties.distinct", _PROPERTY, (("value", "LIST<ANY>"),),
              call=_distinct, description="The different values of a property, in order."),
    Procedure("apoc.schema.properties.distinctCount", _PROPERTY,
              (("label", "STRING"), ("key", "STRING"), ("value", "ANY"), ("count", "INTEGER")),
              call=_distinct_count, description="How often each value of a property occurs."),
)  # fmt: skip
