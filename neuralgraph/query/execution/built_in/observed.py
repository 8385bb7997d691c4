"""What a graph is made of, observed: properties of each label and type, and which labels are connected.

Everything is counted over the whole graph, column by column; nothing is sampled.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.values import Kind, type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import GraphReader
    from neuralgraph.values import Column

_NAME_OF_KIND: Final = {
    Kind.BOOLEAN: "BOOLEAN",
    Kind.INTEGER: "INTEGER",
    Kind.FLOAT: "FLOAT",
    Kind.TEXT: "STRING",
    Kind.VECTOR: "VECTOR",
}


@dataclass(slots=True)
class PropertyFacts:
    """A property of the nodes of a label, or of the edges of a type.

    Attributes:
        key: its name.
        types: how many values of each type there are, by openCypher's names.
        entities: how many entities there are in all, with the property or without.
    """

    key: str
    types: Counter[str] = field(default_factory=Counter)
    entities: int = 0

    @property
    def count(self) -> int:
        """How many have it."""
        return self.types.total()

    @property
    def main_type(self) -> str:
        """The most frequent type."""
        return self.types.most_common(1)[0][0]

    def note(self, column: Column) -> None:
        """Count the values of a column."""
        self.entities += column.count
        present = int(np.count_nonzero(column.valid_mask))
        if not present:
            return
        name = _NAME_OF_KIND.get(column.kind)
        if name is not None:
            self.types[name] += present
        else:
            self.types.update(type_name(value) for value in column.to_values() if value is not None)


@dataclass(slots=True)
class Pattern:
    """Edges of one type from nodes of one label to nodes of another.

    Attributes:
        count: how many edges.
        sources, targets: how many different nodes at each end, at least; counted batch by batch.
    """

    source: str
    edge_type: str
    target: str
    count: int = 0
    sources: int = 0
    targets: int = 0


def labels_in_use(reader: GraphReader) -> list[str]:
    """Labels that nodes carry, in order of first use."""
    catalog = reader.catalog
    return [label for label in catalog.labels() if catalog.node_count(label)]


def types_in_use(reader: GraphReader) -> list[str]:
    """Types of the edges there are, in order of first use."""
    catalog = reader.catalog
    return [name for name in catalog.edge_types() if catalog.edge_count(name)]


def node_properties(reader: GraphReader, label: str) -> list[PropertyFacts]:
    """The properties that nodes of a label have, in order of first use."""
    facts = [PropertyFacts(key) for key in reader.catalog.property_keys()]
    for ids in reader.scan_nodes(label):
        for fact in facts:
            fact.note(reader.node_property(ids, fact.key))
    return [fact for fact in facts if fact.types]


def edge_properties(reader: GraphReader, edge_type: str) -> list[PropertyFacts]:
    """The properties that edges of a type have, in order of first use."""
    facts = [PropertyFacts(key) for key in reader.catalog.property_keys()]
    for ids in reader.scan_edges(edge_type):
        for fact in facts:
            fact.note(reader.edge_property(ids, fact.key))
    return [fact for fact in facts if fact.types]


def patterns(reader: GraphReader) -> list[Pattern]:
    """Which labels are connected by which types; by type, then in order of the labels."""
    labels = labels_in_use(reader)
    return [found for name in types_in_use(reader) for found in _of_type(reader, name, labels)]


def _of_type(reader: GraphReader, edge_type: str, labels: list[str]) -> Iterator[Pattern]:
    found: dict[tuple[str, str], Pattern] = {}
    for ids in reader.scan_edges(edge_type):
        sources, targets = reader.edge_endpoints(ids)
        masks = [(label, reader.has_label(targets, label)) for label in labels]
        masks = [(label, mask) for label, mask in masks if mask.any()]
        for source in labels:
            starts = reader.has_label(sources, source)
            if not starts.any():
                continue
            for target, ends in masks:
                both = starts & ends
                count = int(np.count_nonzero(both))
                if not count:
                    continue
                one = found.setdefault((source, target), Pattern(source, edge_type, target))
                one.count += count
                one.sources += len(np.unique(sources[both]))
                one.targets += len(np.unique(targets[both]))
    yield from found.values()
