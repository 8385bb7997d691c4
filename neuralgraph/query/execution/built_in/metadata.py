"""The schema that a graph shows: ``db.schema.*`` and ``apoc.meta.*``.

Nodes and relationships of a schema are virtual: they stand for a label or a type, have negative ids, and are
in no graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.query.execution.built_in.observed import (
    PropertyFacts,
    edge_properties,
    labels_in_use,
    node_properties,
    patterns,
    types_in_use,
)
from neuralgraph.query.execution.procedure import Procedure
from neuralgraph.values import Node, Relationship, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from neuralgraph.access import CatalogReader, GraphReader
    from neuralgraph.query.functions.signature import CallContext

    Rows = Iterable[Sequence[Any]]

_APOC_TYPES: Final = {
    "ZONED DATETIME": "DATE_TIME",
    "LOCAL DATETIME": "LOCAL_DATE_TIME",
    "ZONED TIME": "TIME",
    "LOCAL TIME": "LOCAL_TIME",
    "VECTOR": "LIST",
}
_SCHEMA_TYPES: Final = {
    "INTEGER": "Long",
    "FLOAT": "Double",
    "STRING": "String",
    "BOOLEAN": "Boolean",
    "DATE": "Date",
    "ZONED DATETIME": "DateTime",
    "LOCAL DATETIME": "LocalDateTime",
    "ZONED TIME": "Time",
    "LOCAL TIME": "LocalTime",
    "DURATION": "Duration",
    "POINT": "Point",
    "LIST": "List",
    "VECTOR": "FloatArray",
    "MAP": "Map",
    "BYTES": "ByteArray",
}


# ── apoc.meta.data ────────────────────────────────────────────────────────────────────────────


def _data(context: CallContext, _config: Any = None) -> Iterator[Sequence[Any]]:
    reader = context.reader
    catalog = reader.catalog
    connected = patterns(reader)
    for label in labels_in_use(reader):
        by_type: dict[str, list[Any]] = {}
        for pattern in connected:
            if pattern.source == label:
                by_type.setdefault(pattern.edge_type, []).append(pattern)
        for edge_type, found in by_type.items():
            count = sum(pattern.count for pattern in found)
            left = count // max(1, sum(pattern.sources for pattern in found))
            right = count // max(1, sum(pattern.targets for pattern in found))
            targets = [pattern.target for pattern in found]
            yield (label, edge_type, count, False, False, False, "RELATIONSHIP", True, None,
                   left, right, targets, [], "node")  # fmt: skip
        for fact in node_properties(reader, label):
            yield _property_row(catalog, label, fact, "node")
    for edge_type in types_in_use(reader):
        by_source: dict[str, list[str]] = {}
        for pattern in connected:
            if pattern.edge_type == edge_type:
                by_source.setdefault(pattern.source, []).append(pattern.target)
        for source, targets in by_source.items():
            yield (edge_type, source, 0, False, False, False, "RELATIONSHIP", True, None,
                   0, 0, targets, [], "relationship")  # fmt: skip
        for fact in edge_properties(reader, edge_type):
            yield _property_row(catalog, edge_type, fact, "relationship")


def _property_row(
    catalog: CatalogReader, name: str, fact: PropertyFacts, element: str
) -> Sequence[Any]:
    flags = _flags(catalog, name, fact.key, "node" if element == "node" else "edge")
    kind = _apoc_type(fact)
    return (name, fact.key, 0, flags["unique"], flags["indexed"], flags["existence"], kind,
            kind == "LIST", None, 0, 0, [], [], element)  # fmt: skip


def _apoc_type(fact: PropertyFacts) -> str:
    return _APOC_TYPES.get(fact.main_type, fact.main_type)


def _flags(catalog: CatalogReader, name: str, key: str, entity: str) -> dict[str, bool]:
    """Is the property unique, indexed, required?"""
    indexed = any(
        index.entity == entity and name in index.labels and key in index.keys
        for index in catalog.defined_indexes()
    )
    kinds = {
        constraint.kind
        for constraint in catalog.constraints()
        if constraint.entity == entity and constraint.label == name and key in constraint.keys
    }
    return {
        "unique": bool(kinds & {"unique", "key"}),
        "indexed": indexed,
        "existence": bool(kinds & {"exists", "key"}),
    }


# ── a schema as a graph ───────────────────────────────────────────────────────────────────────


def _graph(context: CallContext, _config: Any = None) -> Rows:
    catalog = context.reader.catalog
    nodes = {
        label: Node(-1 - place, frozenset((label,)), {"name": label, "count": catalog.node_count(label)})
        for place, label in enumerate(labels_in_use(context.reader))
    }  # fmt: skip
    edges = [
        Relationship(
            -1 - place, found.edge_type, nodes[found.source], nodes[found.target],
            {
                "type": found.edge_type, "count": found.count,
                "out": found.count // max(1, found.sources),
                "in": found.count // max(1, found.targets),
            },
        )
        for place, found in enumerate(patterns(context.reader))
    ]  # fmt: skip
    return [(list(nodes.values()), edges)]


def _visualization(context: CallContext) -> Rows:
    catalog = context.reader.catalog
    nodes = {
        label: Node(
            -1 - place, frozenset((label,)),
            {
                "name": label,
                "indexes": [",".join(index.keys) for index in catalog.defined_indexes()
                            if index.entity == "node" and label in index.labels and not index.owner],
                "constraints": [constraint.name for constraint in catalog.constraints()
                                if constraint.entity == "node" and constraint.label == label],
            },
        )
        for place, label in enumerate(labels_in_use(context.reader))
    }  # fmt: skip
    edges = [
        Relationship(
            -1 - place, found.edge_type, nodes[found.source], nodes[found.target],
            {"name": found.edge_type},
        )
        for place, found in enumerate(patterns(context.reader))
    ]  # fmt: skip
    return [(list(nodes.values()), edges)]


# ── a schema as a map, and as counts ──────────────────────────────────────────────────────────


def _schema(context: CallContext, _config: Any = None) -> Rows:
    reader = context.reader
    connected = patterns(reader)
    value: dict[str, Any] = {}
    for label in labels_in_use(reader):
        relationships: dict[str, Any] = {}
        for found in connected:
            for here, there, direction in (
                (found.source, found.target, "out"),
                (found.target, found.source, "in"),
            ):
                if here != label:
                    continue
                entry = relationships.setdefault(
                    found.edge_type,
                    {"direction": direction, "count": 0, "labels": [], "properties": {}},
                )
                if entry["direction"] == direction:
                    entry["count"] += found.count
                    entry["labels"].append(there)
        value[label] = {
            "type": "node",
            "count": reader.catalog.node_count(label),
            "labels": [],
            "properties": _property_map(reader, label, "node"),
            "relationships": relationships,
        }
    for name in types_in_use(reader):
        properties = _property_map(reader, name, "edge")
        value[name] = {
            "type": "relationship",
            "count": reader.catalog.edge_count(name),
            "properties": properties,
        }
    return [(value,)]


def _property_map(reader: GraphReader, name: str, entity: str) -> dict[str, Any]:
    facts = node_properties(reader, name) if entity == "node" else edge_properties(reader, name)
    return {
        fact.key: {"type": _apoc_type(fact), **_flags(reader.catalog, name, fact.key, entity)}
        for fact in facts
    }


def _stats(context: CallContext) -> Rows:
    catalog = context.reader.catalog
    labels = {label: catalog.node_count(label) for label in labels_in_use(context.reader)}
    types = {name: catalog.edge_count(name) for name in types_in_use(context.reader)}
    keys = len(catalog.property_keys())
    counts = (len(labels), len(types), keys, catalog.node_count(), catalog.edge_count())
    names = ("labelCount", "relTypeCount", "propertyKeyCount", "nodeCount", "relCount")
    stats = {**dict(zip(names, counts, strict=True)), "labels": labels, "relTypesCount": types}
    return [(*counts, labels, types, types, stats)]


# ── db.schema.* as rows ───────────────────────────────────────────────────────────────────────


def _node_types(context: CallContext) -> Iterator[Sequence[Any]]:
    reader = context.reader
    combinations: dict[tuple[str, ...], dict[str, PropertyFacts]] = {}
    totals: dict[tuple[str, ...], int] = {}
    for ids in reader.scan_nodes():
        rows = ids.tolist()
        for labels, properties in zip(
            reader.node_labels(rows), reader.node_properties(rows), strict=True
        ):
            totals[labels] = totals.get(labels, 0) + 1
            facts = combinations.setdefault(labels, {})
            _note_values(facts, properties)
    for labels, facts in combinations.items():
        name = "".join(f":`{label}`" for label in sorted(labels))
        if not facts:
            yield name, list(labels), None, None, False
        for key, fact in facts.items():
            yield name, list(labels), key, _schema_types(fact), fact.count == totals[labels]


def _note_values(facts: dict[str, PropertyFacts], properties: dict[str, Any]) -> None:
    for key, value in properties.items():
        facts.setdefault(key, PropertyFacts(key)).types[type_name(value)] += 1


def _relationship_types(context: CallContext) -> Iterator[Sequence[Any]]:
    for name in types_in_use(context.reader):
        facts = edge_properties(context.reader, name)
        if not facts:
            yield f":`{name}`", None, None, False
        for fact in facts:
            yield f":`{name}`", fact.key, _schema_types(fact), fact.count == fact.entities


def _schema_types(fact: PropertyFacts) -> list[str]:
    return sorted(_SCHEMA_TYPES.get(name, name) for name in fact.types)


_CONFIG: Final = (("config", "MAP"),)
_AS_GRAPH: Final = (("nodes", "LIST<NODE>"), ("relationships", "LIST<RELATIONSHIP>"))
_DATA: Final = (
    ("label", "STRING"), ("property", "STRING"), ("count", "INTEGER"), ("unique", "BOOLEAN"),
    ("index", "BOOLEAN"), ("existence", "BOOLEAN"), ("type", "STRING"), ("array", "BOOLEAN"),
    ("sample", "LIST<ANY>"), ("left", "INTEGER"), ("right", "INTEGER"), ("other", "LIST<STRING>"),
    ("otherLabels", "LIST<STRING>"), ("elementType", "STRING"),
)  # fmt: skip
_STATS: Final = (
    ("labelCount", "INTEGER"), ("relTypeCount", "INTEGER"), ("propertyKeyCount", "INTEGER"),
    ("nodeCount", "INTEGER"), ("relCount", "INTEGER"), ("labels", "MAP"), ("relTypes", "MAP"),
    ("relTypesCount", "MAP"), ("stats", "MAP"),
)  # fmt: skip

PROCEDURES: Final = (
    Procedure("db.schema.visualization", (), _AS_GRAPH, call=_visualization,
              description="Labels as virtual nodes, and the relationships between them."),
    Procedure("db.schema.nodeTypeProperties", (),
              (("nodeType", "STRING"), ("nodeLabels", "LIST<STRING>"), ("propertyName", "STRING"),
               ("propertyTypes", "LIST<STRING>"), ("mandatory", "BOOLEAN")),
              call=_node_types,
              description="Properties of the nodes of each combination of labels."),
    Procedure("db.schema.relTypeProperties", (),
              (("relType", "STRING"), ("propertyName", "STRING"), ("propertyTypes", "LIST<STRING>"),
               ("mandatory", "BOOLEAN")),
              call=_relationship_types, description="Properties of the relationships of each type."),
    Procedure("apoc.meta.data", _CONFIG, _DATA, call=_data, optional_inputs=1,
              description="Properties and relationships of each label and type, a row for each."),
    Procedure("apoc.meta.graph", _CONFIG, _AS_GRAPH, call=_graph, optional_inputs=1,
              description="Labels and types as a virtual graph, with counts."),
    Procedure("apoc.meta.graphSample", _CONFIG, _AS_GRAPH, call=_graph, optional_inputs=1,
              description="The same as apoc.meta.graph; nothing is sampled."),
    Procedure("apoc.meta.schema", _CONFIG, (("value", "MAP"),), call=_schema, optional_inputs=1,
              description="Labels and types with their properties, as one map."),
    Procedure("apoc.meta.stats", (), _STATS, call=_stats,
              description="How many of what, by label and type."),
)  # fmt: skip
