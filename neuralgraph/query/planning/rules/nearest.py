"""The nearest vectors come from their index.

``MATCH (d:Doc) ... RETURN d ORDER BY vector.similarity.cosine(d.embedding, $v) DESC LIMIT k`` scores all rows
and keeps k. Where a vector index of the same similarity is on the label and the property, it is asked for the
k nearest among the nodes of the rows, and only their rows are scored.

The rows stay the same: the index compares exactly here, and answers only when it holds every node of its
label, so that no similarity is null (null comes first in a descending order); else all rows go on, which
is known when the plan runs. Each node has the same score in all its rows, so the rows of the k best nodes
hold the k best rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.query.language.syntax import Binary, FunctionCall, Property, Variable
from neuralgraph.query.planning.operators import inputs, with_inputs, writes
from neuralgraph.query.planning.plan import (
    Extend,
    NearestRows,
    NodeScan,
    Operator,
    Project,
    SortKey,
    Top,
    Unit,
)
from neuralgraph.query.planning.walking import free_names

if TYPE_CHECKING:
    from neuralgraph.access import CatalogReader, IndexDefinition
    from neuralgraph.query.language.syntax import Expression

_METRICS: Final = {
    "vector.similarity.cosine": "cosine",
    "vector.similarity.euclidean": "euclidean",
}


def with_nearest(operator: Operator, catalog: CatalogReader) -> Operator:
    """The plan in which vector indexes narrow what is sorted by similarity."""
    if all(index.kind != "vector" for index in catalog.indexes()):
        return operator
    below = inputs(operator)
    if below:
        operator = with_inputs(operator, [with_nearest(part, catalog) for part in below])
    if not isinstance(operator, Top) or len(operator.keys) != 1:
        return operator
    key = operator.keys[0]
    if not key.descending or writes(operator.child):
        return operator
    count = operator.limit
    if operator.skip is not None:
        count = Binary("+", operator.limit, operator.skip)
    narrowed = _narrowed(operator.child, key, count, catalog)
    return operator if narrowed is None else with_inputs(operator, [narrowed])


def _narrowed(
    operator: Operator, key: SortKey, count: Expression, catalog: CatalogReader
) -> Operator | None:
    """The input with only the rows that can be among the first; None where no index can tell."""
    if isinstance(operator, Project | Extend):
        fresh = operator.slots[-len(operator.items) :] if operator.items else ()
        named = {slot.name: item for slot, item in zip(fresh, operator.items, strict=True)}
        expression = key.expression
        if isinstance(expression, Variable) and expression.name in named:
            expression = named[expression.name]
        elif isinstance(operator, Project):
            return None
        child = _narrowed(operator.child, SortKey(expression, descending=True), count, catalog)
        return None if child is None else with_inputs(operator, [child])
    call = key.expression
    if not isinstance(call, FunctionCall) or call.name.lower() not in _METRICS:
        return None
    if len(call.arguments) != 2:
        return None
    held, sought = call.arguments
    if not isinstance(held, Property):
        held, sought = sought, held
    if not isinstance(held, Property) or not isinstance(held.subject, Variable):
        return None
    variable = held.subject.name
    if free_names(sought) or all(
        (slot.name, slot.kind) != (variable, "node") for slot in operator.slots
    ):
        return None
    index = _index(catalog, held.key, _METRICS[call.name.lower()])
    if index is None:
        return None
    is_scan = isinstance(operator, NodeScan) and isinstance(operator.child, Unit)
    return NearestRows(
        slots=operator.slots,
        estimated_rows=operator.estimated_rows,
        child=operator,
        variable=variable,
        index=index,
        vector=sought,
        count=count,
        is_whole=is_scan and getattr(operator, "label", None) == index.label,
    )


def _index(catalog: CatalogReader, key: str, metric: str) -> IndexDefinition | None:
    for index in catalog.indexes():
        if index.kind == "vector" and index.entity == "node" and index.keys == (key,):
            known = index.options.get("vector.similarity_function", "cosine")
            if known == metric:
                return index
    return None
