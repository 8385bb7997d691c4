"""Whatever can be stored comes back from a dump exactly, value by value and as a graph."""

from __future__ import annotations

import io
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import neuralgraph
from neuralgraph.api.dumps.values import from_json, to_json
from neuralgraph.storage.disk.values_codec import encode
from neuralgraph.values.instants import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from neuralgraph.values.points import Point
from neuralgraph.values.types import storable

INT64 = st.integers(-(2**63), 2**63 - 1)
NANOS = st.integers(0, 86_399_999_999_999)
DAYS = st.integers(-700_000, 3_000_000)
NAN = st.just(float("nan"))  # one of the many: which it was, nobody can tell
NUMBERS = st.floats(allow_nan=False) | NAN
TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(["", "$", "$date", "\ud800"])
SCALARS = (
    st.booleans()
    | INT64
    | NUMBERS
    | st.just(-0.0)
    | TEXT
    | st.binary()
    | st.builds(Date, DAYS)
    | st.builds(LocalTime, NANOS)
    | st.builds(Time, NANOS, st.integers(-64_800, 64_800))
    | st.builds(LocalDateTime, DAYS, NANOS)
    | st.builds(
        DateTime,
        DAYS,
        NANOS,
        st.sampled_from([0, 3600, -12_600, 7200, 1]),
        st.sampled_from([None, "UTC", "Europe/Berlin", "America/St_Johns"]),
    )
    | st.builds(Duration, INT64, INT64, INT64, st.integers(0, 999_999_999))
    | st.builds(lambda x, y: Point(4326, (x, y)), NUMBERS, NUMBERS)
    | st.builds(lambda x, y, z: Point(9157, (x, y, z)), NUMBERS, NUMBERS, NUMBERS)
    | st.lists(st.floats(width=32, allow_nan=False) | NAN, min_size=1, max_size=4).map(
        lambda numbers: np.array(numbers, dtype=np.float32)
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner | st.none(), max_size=3)
        | st.dictionaries(TEXT, inner | st.none(), max_size=3)
    ),
    max_leaves=8,
)


def is_storable(value):
    try:
        storable(value)
    except neuralgraph.QueryTypeError:
        return False
    return True


STORED = VALUES.filter(is_storable)
PROPERTIES = st.dictionaries(st.sampled_from(["a", "b", "c d"]), STORED, max_size=3)


def same(one, other):
    """Equal to the bit: NaN is NaN, and 0.0 is not -0.0."""
    return encode(one) == encode(other)


@settings(max_examples=400, deadline=None)
@given(value=STORED)
def test_a_value_comes_back_through_json(value):
    text = json.dumps(to_json(value), allow_nan=False)
    assert same(from_json(json.loads(text)), value)


@settings(max_examples=40, deadline=None)
@given(
    nodes=st.lists(
        st.tuples(st.lists(st.sampled_from("ABC"), unique=True), PROPERTIES), min_size=1, max_size=6
    ),
    edges=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from("RS"), PROPERTIES),
        max_size=6,
    ),
)
def test_a_graph_comes_back_line_by_line(nodes, edges):
    with neuralgraph.open() as graph, neuralgraph.open() as other:
        engine = graph._runner().engine
        transaction = engine.begin()
        ids = [transaction.create_node(labels, properties) for labels, properties in nodes]
        for source, target, edge_type, properties in edges:
            ends = ids[source % len(ids)], ids[target % len(ids)]
            transaction.create_edge(edge_type, *ends, properties)
        transaction.commit()
        first = io.BytesIO()
        graph.dump(first)
        other.restore(io.BytesIO(first.getvalue()))
        assert other.verify() == []
        assert entities(other, nodes, edges) == entities(graph, nodes, edges)


def entities(graph, nodes, edges):
    reader = graph._runner().engine.reader()
    node_ids, edge_ids = (
        [i for ids in scan() for i in ids.tolist()]
        for scan in (reader.scan_nodes, reader.scan_edges)
    )
    assert (len(node_ids), len(edge_ids)) == (len(nodes), len(edges))
    found = [
        (sorted(labels), encode(dict(sorted(properties.items()))))
        for labels, properties in zip(
            reader.node_labels(node_ids), reader.node_properties(node_ids), strict=True
        )
    ]
    place = dict(zip(node_ids, range(len(node_ids)), strict=True))
    tied = sorted(
        (
            found[place[source]],
            found[place[target]],
            edge_type,
            encode(dict(sorted(properties.items()))),
        )
        for source, target, edge_type, properties in zip(
            *(ends.tolist() for ends in reader.edge_endpoints(np.array(edge_ids, dtype=np.int64))),
            reader.edge_types(np.array(edge_ids, dtype=np.int64)).to_list(),
            reader.edge_properties(edge_ids),
            strict=True,
        )
    )
    return sorted(found), tied
