"""What a statement names that the graph does not have: no error in Cypher, and often a slip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import QueryError
from neuralgraph.hints import close_name
from neuralgraph.query.language import parse
from neuralgraph.query.language.syntax import (
    EdgePattern,
    HasLabels,
    LabelName,
    MapLiteral,
    MapProjection,
    NodePattern,
    Property,
    Variable,
)
from neuralgraph.query.language.walking import descendants
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import CatalogReader
    from neuralgraph.errors import Span
    from neuralgraph.query.language.syntax import LabelExpression, Syntax

_LABEL, _TYPE, _KEY = "label", "relationship type", "property key"
_CODES = {
    _LABEL: "Neo.ClientNotification.Statement.UnknownLabelWarning",
    _TYPE: "Neo.ClientNotification.Statement.UnknownRelationshipTypeWarning",
    _KEY: "Neo.ClientNotification.Statement.UnknownPropertyKeyWarning",
}


@record
class Notification:
    """A warning about a statement that ran.

    Attributes:
        code: as Neo4j has it, such as ``Neo.ClientNotification.Statement.UnknownLabelWarning``.
        description: what is odd, with a close name that exists where there is one.
        hint: that name, or None.
        line, column: where in the statement, from 1.
    """

    code: str
    description: str
    hint: str | None
    line: int
    column: int


def notifications_of(query: str, catalog: CatalogReader) -> tuple[Notification, ...]:
    """Warnings about names in `query` that `catalog` does not know, each name once.

    A property key is told only where it is asked of a node or relationship of a pattern.

    Args:
        query: a statement that ran.
        catalog: the names there are after it.
    """
    try:
        statement = parse(query)
    except QueryError:
        return ()
    known = {
        _LABEL: frozenset(catalog.labels()),
        _TYPE: frozenset(catalog.edge_types()),
        _KEY: frozenset(catalog.property_keys()),
    }
    found: dict[tuple[str, str], Notification] = {}
    for kind, name, span in _mentioned(statement):
        if name in known[kind] or (kind, name) in found:
            continue
        hint = close_name(name, known[kind])
        description = f"the graph has no {kind} `{name}`"
        if hint is not None:
            description += f" (did you mean {hint}?)"
        line_start = query.rfind("\n", 0, span[0]) + 1
        line, column = query.count("\n", 0, span[0]) + 1, span[0] - line_start + 1
        found[kind, name] = Notification(_CODES[kind], description, hint, line, column)
    return tuple(found.values())


def _mentioned(statement: Syntax) -> Iterator[tuple[str, str, Span]]:
    """Kind of name, name and place, in the order of the text as far as it goes."""
    nodes = list(descendants(statement))
    entities = {node.variable for node in nodes if isinstance(node, NodePattern | EdgePattern)} - {
        None
    }
    edges = {node.variable for node in nodes if isinstance(node, EdgePattern)}
    for node in nodes:
        if isinstance(node, NodePattern | EdgePattern):
            of_node = isinstance(node, NodePattern)
            yield from _names(_LABEL if of_node else _TYPE, _labels_of(node))
            if isinstance(node.properties, MapLiteral):
                for key, value in node.properties.entries:
                    yield _KEY, key, value.span
        elif isinstance(node, HasLabels) and isinstance(node.subject, Variable):
            kind = _TYPE if node.subject.name in edges else _LABEL
            yield from _names(kind, node.labels)
        elif isinstance(node, MapProjection) and _of_entity(node, entities):
            keys = (item.key for item in node.items if item.kind == "property")
            yield from ((_KEY, key, node.span) for key in keys)
        elif isinstance(node, Property) and _of_entity(node, entities):
            yield _KEY, node.key, (node.span[1] - len(node.key), node.span[1])


def _of_entity(node: Property | MapProjection, entities: set[str | None]) -> bool:
    return isinstance(node.subject, Variable) and node.subject.name in entities


def _labels_of(node: NodePattern | EdgePattern) -> LabelExpression | None:
    return node.labels if isinstance(node, NodePattern) else node.types


def _names(kind: str, labels: LabelExpression | None) -> Iterator[tuple[str, str, Span]]:
    if labels is not None:
        for part in descendants(labels):
            if isinstance(part, LabelName):
                yield kind, part.name, part.span
