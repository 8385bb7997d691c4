import time

import pytest

from neuralgraph.query.language import fixed_literals, normalise, parse
from neuralgraph.query.language.syntax import LiftedLiteral
from neuralgraph.query.language.walking import descendants
from tests.unit.query.language.corpus import parseable_texts


def test_literals_leave_the_key():
    found = normalise(
        "MATCH (p:P {name: 'Ada', age: 36}) WHERE p.x > 1.5 RETURN p.name AS n LIMIT 10"
    )
    assert (
        found.key == "4:MATCH (p:P {name: ?s, age: ?i}) WHERE p.x > ?f RETURN p.name AS n LIMIT ?i"
    )
    assert found.values == ("Ada", 36, 1.5, 10)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("RETURN 1 AS x", "RETURN 2 AS x"),
        ("RETURN 'a' AS x", 'RETURN "b" AS x'),
        ("MATCH (n) WHERE n.x IN [1, 2] RETURN n", "MATCH (n) WHERE n.x IN [3, 40] RETURN n"),
    ],
)
def test_texts_that_differ_in_literals_share_a_key(one, other):
    assert normalise(one).key == normalise(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("RETURN 1 AS x", "RETURN 1.0 AS x"),
        ("RETURN 1 AS x", "RETURN '1' AS x"),
        ("RETURN ?i AS x", "RETURN 1 AS x"),
        ("RETURN 1+n.x", "RETURN 1 + n.x"),
        ("RETURN `1` AS x", "RETURN `2` AS x"),
        ("RETURN n1", "RETURN n2"),
        ("RETURN $1 AS x", "RETURN $2 AS x"),
        ("RETURN 1 AS x // 1", "RETURN 1 AS x // 2"),
        ("MATCH ()-[*1]->() RETURN 1 AS x", "MATCH ()-[*2]->() RETURN 1 AS x"),
    ],
)
def test_texts_that_differ_otherwise_do_not(one, other):
    assert normalise(one).key != normalise(other).key


def test_names_comments_and_escaped_strings_stay():
    text = r"RETURN n1.x2, `a 1`, $1, 0x1F, 'it\'s' /* 1 */ // 2"
    assert normalise(text).values == ()


def lifted(text):
    found = normalise(text)
    return found, parse(text, found.spans)


def test_lifted_literals_stand_in_the_tree_with_their_samples():
    for text in parseable_texts()[::7]:
        found, tree = lifted(text)
        for node in descendants(tree):
            if type(node) is LiftedLiteral:
                assert node.sample == found.values[node.index]
                assert node.span == found.spans[node.index]


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("MATCH (n {x: 1}) RETURN n.x AS y LIMIT 5", set()),
        ("MATCH (n) RETURN n.x + 1, 2 AS y", {0}),
        ("MATCH (n) RETURN n.x + 1 AS y ORDER BY n.x + 1", {0, 1}),
        ("MATCH (n) RETURN n.x + 1 AS y, count(*) + 2 AS z", {0, 1}),
        ("MATCH (n) RETURN n.x + 1 AS y, count(*) AS z", set()),
        ("MATCH (n) WHERE n.x = 3 RETURN n.x AS y ORDER BY y", set()),
        ("MATCH ()-[* 1..3]->() RETURN 1 AS x", {0}),
        ("LOAD CSV FROM 'a' AS r RETURN 1 AS x", {0}),
    ],
)
def test_fixed_literals(text, fixed):
    found, tree = lifted(text)
    assert fixed_literals(tree, len(found.values)) == fixed


@pytest.mark.parametrize("piece", ["'\\", "\"'\\", "/*", "1.", "1", "`", "//", "a1 ", "' "])
def test_no_text_is_slow(piece):
    began = time.process_time()
    normalise(piece * 200_000)
    assert time.process_time() - began < 20  # seconds; a quadratic scan would take hours
