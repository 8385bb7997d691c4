"""``coll.*`` and the functions of APOC, asked in queries."""

from __future__ import annotations

import pytest

from neuralgraph import errors


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("coll.distinct([1, 1.0, null, null, 'a'])", [1, None, "a"]),
        ("coll.flatten([[1], [2, [3]], 4])", [1, 2, [3], 4]),
        ("coll.flatten([[1], [2, [3]]], 2)", [1, 2, 3]),
        ("coll.indexOf(['a', 'b'], 'b')", 1),
        ("coll.indexOf(['a'], 'x')", -1),
        ("coll.insert([1, 3], 1, 2)", [1, 2, 3]),
        ("coll.remove([1, 2], 0)", [2]),
        ("coll.sort([3, 'a', null, 1])", ["a", 1, 3, None]),
        ("coll.max([1, null, 3])", 3),
        ("coll.min([])", None),
        ("coll.sort(null)", None),
        ("apoc.coll.toSet([1, 1, 2])", [1, 2]),
        ("apoc.coll.flatten([[1, [2]]], true)", [1, 2]),
        ("apoc.coll.contains([1, 2], 2)", True),
        ("apoc.coll.union([1, 2], [2, 3])", [1, 2, 3]),
        ("apoc.coll.intersection([1, 2, 2], [2, 3])", [2]),
        ("apoc.coll.subtract([1, 2], [2])", [1]),
        ("apoc.map.clean({a: '', b: 1, c: null, d: 2, e: 3}, ['d'], [3])", {"b": 1}),
        ("apoc.map.merge({a: 1}, {a: 2, b: 3})", {"a": 2, "b": 3}),
        ("apoc.map.fromPairs([['a', 1]])", {"a": 1}),
        ("apoc.map.setKey({a: 1}, 'b', 2)", {"a": 1, "b": 2}),
        ("apoc.map.removeKeys({a: 1, b: 2}, ['a'])", {"b": 2}),
        ("apoc.any.property({a: 1}, 'a')", 1),
        ("apoc.any.properties({a: 1, b: 2}, ['a'])", {"a": 1}),
        ("apoc.text.join(['a', 1, null], '-')", "a-1-null"),
        ("apoc.text.replace('abc', '(b)', '[$1]')", "a[b]c"),
        ("apoc.text.split('a1b22c', '[0-9]+')", ["a", "b", "c"]),
        ("apoc.text.capitalize('ada l')", "Ada l"),
        ("apoc.text.clean('A b-C')", "abc"),
        ("apoc.meta.cypher.type(datetime())", "DATE_TIME"),
        ("apoc.convert.toJson({a: [1, date('2020-01-01')]})", '{"a":[1,"2020-01-01"]}'),
        ("apoc.convert.fromJsonMap('{\"a\": [1, null]}')", {"a": [1, None]}),
        ("apoc.convert.fromJsonList('[1.5]')", [1.5]),
    ],
)
def test_results(graph, expression, expected):
    assert graph.execute(f"RETURN {expression}").value() == expected


@pytest.mark.parametrize(
    "expression",
    ["coll.insert([1], 5, 1)", "coll.remove([1], 1)", "apoc.convert.fromJsonMap('{')",
     "apoc.convert.fromJsonMap('[]')", "apoc.map.fromPairs([[1]])", "coll.flatten([1], -1)"],
)  # fmt: skip
def test_wrong_arguments(graph, expression):
    with pytest.raises(errors.QueryArgumentError):
        list(graph.execute(f"RETURN {expression}"))


def test_functions_of_entities(graph):
    graph.execute("CREATE (:A:B {x: 1})")
    query = (
        "MATCH (n) RETURN apoc.label.exists(n, 'A'), apoc.any.property(n, 'x'),"
        " apoc.any.properties(n), apoc.convert.toJson(n)"
    )
    node = '{"id":"0","type":"node","labels":["A","B"],"properties":{"x":1}}'
    assert tuple(graph.execute(query).single()) == (True, 1, {"x": 1}, node)
