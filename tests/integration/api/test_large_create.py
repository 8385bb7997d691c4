"""One CREATE of thousands of patterns, and what its entities see of those before them."""

import neuralgraph


def test_thousands_of_patterns_are_one_clause():
    paths = ", ".join(f"(a{i}:A {{x: {i}}})-[:R {{y: a{i}.x + 1}}]->(:B)" for i in range(1_500))
    with neuralgraph.open() as graph:
        counters = graph.execute(f"CREATE {paths}").summary.counters
        assert (counters.nodes_created, counters.relationships_created) == (3_000, 1_500)
        wrong = "MATCH (a:A)-[r:R]->(:B) WHERE r.y <> a.x + 1 RETURN count(*)"
        assert graph.execute(wrong).value() == 0


def test_a_subquery_in_a_pattern_sees_the_entities_before_it_only():
    with neuralgraph.open() as graph:
        graph.execute("CREATE (:C), (:C)")
        row = graph.execute(
            "CREATE (a:A {n: COUNT { (:C) }}), (b:B {n: a.n + 1, of: COLLECT { RETURN a.n }}), (c:C)"
            " RETURN a.n, b.n, b.of"
        ).single()
        assert tuple(row) == (2, 3, [2])
