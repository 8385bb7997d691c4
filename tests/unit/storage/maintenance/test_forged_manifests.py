"""Fields of a manifest that are wrong, and every checksum right: each is found, or does not matter."""

import random
import re

import pytest

import neuralgraph
from neuralgraph.errors import CorruptionError, StorageError
from tests.support.engines import NAME, open_engine
from tests.support.forging import at, fields_of, forged, forgeries, manifest_of, replaced
from tests.support.recording_directory import directory_of

SCHEMA = (
    "CREATE CONSTRAINT one_name FOR (p:P) REQUIRE p.name IS UNIQUE",
    "CREATE CONSTRAINT has_age FOR (p:P) REQUIRE p.age IS NOT NULL",
    "CREATE CONSTRAINT int_age FOR (p:P) REQUIRE p.age IS :: INTEGER",
    "CREATE INDEX by_age FOR (p:P) ON (p.age)",
    "CREATE INDEX by_w FOR ()-[r:KNOWS]-() ON (r.w)",
    "CREATE TEXT INDEX by_text FOR (p:P) ON (p.long)",
    "CREATE INDEX dropped FOR (p:P) ON (p.w)",
    "DROP INDEX dropped",
    (
        "CREATE VECTOR INDEX near FOR (p:P) ON (p.v) OPTIONS {indexConfig:"
        " {`vector.dimensions`: 4, `vector.similarity_function`: 'euclidean'}}"
    ),
    "CREATE FULLTEXT INDEX words FOR (p:P) ON EACH [p.long]",
)
DATA = (
    (
        "UNWIND range(1, 600) AS n CREATE (p:P {name: 'name ' + n, age: n % 7, f: n * 0.5, b: n % 3 = 0,"
        " long: 'some words here ' + n + ' and more of them, for all who like to read ' + n * n,"
        " v: [n * 1.0, n % 3, 1.0, 2.0]})"
        " FOREACH (_ IN CASE WHEN n % 2 = 0 THEN [1] ELSE [] END | SET p:Q, p.few = n)"
        " FOREACH (_ IN CASE WHEN n % 20 = 0 THEN [1] ELSE [] END | SET p.rare = n, p.mixed = [n, 'x'])"
    ),
    (
        "MATCH (p:P), (q:P) WHERE q.age = p.age + 1 AND p.f < 20 AND q.f < 50"
        " CREATE (p)-[:KNOWS {w: p.f + q.f}]->(q)"
    ),
    "MATCH (p:P {age: 3}) CREATE (p)-[:LIKES]->(p)",
)
CHANGES = (
    "MATCH (p:P) WHERE p.f > 100 SET p.age = p.age + 1, p:R",
    "MATCH (p:P)-[r:LIKES]->() WHERE p.f > 90 DELETE r",
    "MATCH ()-[r:KNOWS]->() WHERE r.w > 40 SET r.w = 0.0",
    "MATCH (p:P {name: 'name 11'}) DETACH DELETE p",
)
FREE = [
    *("layout", "property_keys", "edge_types", "adjacencies", "indexes", "search_indexes"),
    *("constraints", "node_limit", "edge_limit", r"next_ids(/\d)?", "schema/0", "commits/0"),
    r"search_indexes/\d/1(/txid|/2|/\w+/verbatim)?",
]
"""As docs/file-format.md says; of an order only the order."""


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Every kind of column, index and constraint, history and commits; all of it in the file."""
    path = tmp_path_factory.mktemp("forged") / NAME
    with neuralgraph.open(path) as graph:
        for query in (*SCHEMA, *DATA):
            graph.execute(query)
        graph.checkpoint()
        for query in CHANGES:
            graph.execute(query)
    return {"": {NAME: path.read_bytes()}}


@pytest.fixture(scope="module")
def manifest(image):
    return manifest_of(image)


def problems_of(image):
    """What an opening or a check says; nothing else may come out of either."""
    try:
        engine = open_engine(directory_of(image))
    except StorageError as error:
        return [str(error)]
    problems = [str(problem) for problem in engine.verify(history=True)]
    engine._lock.release()
    return problems


def is_free(path):
    where = "/".join(map(str, path))
    return any(re.fullmatch(free, where) for free in FREE)


def says_nothing(manifest, path):
    """Form or rest of an array without items; the form of one with one."""
    array = at(manifest, path[:-1])
    return (
        isinstance(array, list)
        and len(array) == 4
        and isinstance(array[1], str)
        and array[2] in (0, 1)
        and path[-1] in ((0, 3) if array[2] == 0 else (0,))
        and array[0] in (1, 2)
    )


def check(image, manifest, fields):
    missed = []
    for path in fields:
        old = at(manifest, path)
        for new in forgeries(old):
            if problems_of(forged(image, replaced(manifest, path, new))):
                continue
            if not is_free(path) and not says_nothing(manifest, path):
                missed.append(("/".join(map(str, path)), str(old)[:60], str(new)[:60]))
    assert missed == []


def test_a_forgery_that_changes_nothing_is_sound(image, manifest):
    assert problems_of(forged(image, manifest)) == []


def test_a_forged_field_is_found(image, manifest):
    fields = list(fields_of(manifest))
    check(image, manifest, random.Random(4).sample(fields, 100))


@pytest.mark.slow
def test_every_forged_field_is_found(image, manifest):
    check(image, manifest, fields_of(manifest))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("constraints", 0, 3), "Q", "constraint one_name: is not the one that was made"),
        (("births", 0, 0), 12, "label P: was not first used by transaction 12"),
        (("txid",), 19, "commits: ends with"),
        (
            ("node_columns", "age", 0, 2),
            2,
            "node property age, segment 0: says that 2 values are null",
        ),
        (
            ("node_columns", "age", 0, 3),
            -1,
            "node property age, segment 0: says that its values go from",
        ),
        (
            ("node_columns", "f", 0, 4),
            1e9,
            "node property f, segment 0: says that its values go from",
        ),
        (("label_sets",), [[], ["P"]], "nodes"),
        (("nodes", 0, 0), [1, "|u1", 600, 77], "more than there is"),
        (("history", 0, 0, 2, 0, 0, 4), 99, "history of nodes, segment 0"),
    ],
)
def test_what_is_forged_is_named(image, manifest, path, value, told):
    problems = problems_of(forged(image, replaced(manifest, path, value)))
    assert any(told in problem for problem in problems), problems


def test_a_code_of_no_label_set_is_a_typed_error(image, manifest):
    spoilt = replaced(manifest, ("label_sets",), manifest["label_sets"][:-1])
    spoilt = replaced(spoilt, ("nodes", 0, 2), manifest["nodes"][0][2][:-1])
    engine = open_engine(directory_of(forged(image, spoilt)))
    with pytest.raises(CorruptionError, match=r"nothing is from 4 on \(graph.ngdb, block at \d+\)"):
        [*engine.reader().scan_nodes()]
