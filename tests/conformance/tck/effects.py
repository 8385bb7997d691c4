"""Side effects of a query, told from the graph before it and after it.

As the TCK defines it, what counts is what can be
seen afterwards: ids that appeared or went (nodes, relationships), the set of labels in the graph
(labels), and the triples of element, key and value (properties, so that a new value for a key counts as
one removed and one added). Nothing that a query undoes itself is seen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tests.conformance.tck.session import AdapterError, Session
from tests.conformance.tck.values import Node, Relationship, key

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

NODES_QUERY = "MATCH (n) RETURN n"
RELATIONSHIPS_QUERY = "MATCH ()-[r]->() RETURN r"

ElementT = TypeVar("ElementT", Node, Relationship)


@dataclass(frozen=True, slots=True)
class GraphState:
    """All that side effects are told from."""

    nodes: frozenset[Hashable]
    relationships: frozenset[Hashable]
    labels: frozenset[str]
    properties: frozenset[Hashable]


def measure(session: Session) -> GraphState:
    """The state of the session's graph now."""
    nodes = _elements(session, NODES_QUERY, Node)
    relationships = _elements(session, RELATIONSHIPS_QUERY, Relationship)
    return GraphState(
        nodes=frozenset(nodes),
        relationships=frozenset(relationships),
        labels=frozenset(label for node in nodes.values() for label in node.labels),
        properties=frozenset(
            (type(element).__name__, id_, name, key(value))
            for elements in (nodes, relationships)
            for id_, element in elements.items()
            for name, value in element.properties.items()
        ),
    )


def _elements(session: Session, query: str, kind: type[ElementT]) -> dict[Hashable, ElementT]:
    elements: dict[Hashable, ElementT] = {}
    for (element,) in session.execute(query, {}).rows:
        if not isinstance(element, kind) or element.id is None:
            raise AdapterError(f"{query}: expected a {kind.__name__} with an id, got {element!r}")
        elements[element.id] = element
    return elements


def difference(before: GraphState, after: GraphState) -> dict[str, int]:
    """The counts that are not zero, named as the TCK names them."""
    counts: Counter[str] = Counter()
    for name in ("nodes", "relationships", "labels", "properties"):
        old, new = getattr(before, name), getattr(after, name)
        counts[f"+{name}"] = len(new - old)
        counts[f"-{name}"] = len(old - new)
    return {name: count for name, count in counts.items() if count}


def show_effects(counts: Mapping[str, int]) -> str:
    """The counts for people."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count) or "none"
