"""Plans as text: the benchmark's queries and one of each kind. ``pytest --rewrite`` accepts changes."""

from __future__ import annotations

import pytest

from neuralgraph.query.planning.explain import explain
from tests.support.bench_catalog import BenchCatalog
from tests.unit.query.planning.running import planned

PERSON_KNOWS = "MATCH (a:Person)-[:KNOWS]->"

BENCHMARK = {
    "w00": "RETURN 1",
    "w02_one": "MATCH (b:Person) WHERE b.id = $to CREATE (p:Person {id: $id, name: $n, age: 30})"
    "-[:KNOWS {since: 2025}]->(b)",
    "w02_batch": "UNWIND $rows AS r MATCH (b:Person) WHERE b.id = r.b"
    " CREATE (p:Person {id: r.a, name: r.n})-[:KNOWS {since: 2025}]->(b)",
    "w03": "MATCH (p:Person) WHERE p.id = $id RETURN p.id, p.name, p.age, p.city",
    "w04": "MATCH (a:Person)-[r:KNOWS]->(b:Person) WHERE a.id = $id RETURN b.id, b.name, r.since",
    "w05": PERSON_KNOWS + "(:Person)-[:KNOWS]->(b:Person) WHERE a.id = $id RETURN DISTINCT b.id",
    "w06": PERSON_KNOWS + "(b:Person)-[:KNOWS]->(c:Person)-[:KNOWS]->(d:Person)"
    " WHERE a.id = $id AND c.id <> $id RETURN count(DISTINCT d.id)",
    "w07": PERSON_KNOWS + "(:Person)-[:KNOWS]->(b:Person) RETURN count(*)",
    "w08": PERSON_KNOWS + "(b:Person)-[:KNOWS]->(c:Person), (a)-[:KNOWS]->(c) RETURN count(*)",
    "w09": "MATCH (p:Person)-[:LIKES]->(t:Post) WHERE t.length > $m"
    " RETURN p.city AS city, count(*) AS n ORDER BY n DESC, city LIMIT 10",
    "w10": "MATCH (a:Person)-[:KNOWS*1..4]->(b:Person) WHERE a.id = $id AND b.id <> $id"
    " RETURN count(DISTINCT b.id)",
    "w11": "MATCH p = shortestPath((a:Person)-[:KNOWS*1..15]->(b:Person))"
    " WHERE a.id = $a AND b.id = $b RETURN length(p)",
    "w12": "MATCH (p:Person) WHERE p.id = $id SET p.age = $a",
    "w13": "MATCH (p:Person) WHERE p.created >= $lo AND p.created < $hi"
    " RETURN p.id, p.created ORDER BY p.created LIMIT 20",
    "w14": "MATCH (t:Post) WHERE t.title CONTAINS $s RETURN count(*)",
    "w20": "MATCH (p:Person) WHERE p.id IN $ids DETACH DELETE p",
    "w21": "MATCH (a:Person)-[r:KNOWS]->(b:Person) WHERE a.id < $h RETURN a.id, b.name, r.since",
}

KINDS = {
    "both_ends_sought": "MATCH (a:Person {id: 1})-[:KNOWS]->(m)-[:KNOWS]->(b:Person {id: 2}) RETURN m",
    "choice_is_a_list": "MATCH (p:Person) WHERE p.id = 1 OR p.id = 2 RETURN p.name",
    "label_in_where": "MATCH (p) WHERE p:Person AND p.id = 1 RETURN p.name",
    "choice": "MATCH (p:Person) WHERE p.id = 1 OR p.created > 7 AND p.created < 9 RETURN DISTINCT p",
    "choice_by_row": "UNWIND $rows AS x MATCH (p:Person) WHERE p.id = x.id OR p.created = x.at RETURN p.name",
    "choice_not_sought": "MATCH (p:Person) WHERE p.id = 1 OR p.age = 7 RETURN p.name",
    "choice_of_labels": "MATCH (n:Person|Post) WHERE n.id = 1 RETURN n",
    "choice_twice": "MATCH (n:Person|Post) WHERE n.id = 1 OR n.id < $x AND n.id > 3 RETURN n",
    "composite_range": "MATCH (p:Post) WHERE p.length = 3 AND p.since > $s RETURN p.title ORDER BY p.since",
    "composite_prefix": "MATCH (p:Post) WHERE p.length = 3 AND p.since STARTS WITH 'a' RETURN p.title",
    "composite_part": "MATCH (p:Post) WHERE p.length = 3 AND p.since IS NOT NULL RETURN p.title",
    "composite_null": "MATCH (p:Post) WHERE p.length = 3 RETURN p.title",
    "product": "MATCH (a:Person {id: 1}), (b:Person {id: 2}) CREATE (a)-[:KNOWS]->(b)",
    "hash_join": "MATCH (a:Person), (b:Post) WHERE a.name = b.title RETURN a.id, b.id",
    "optional": "MATCH (a:Person {id: 1}) OPTIONAL MATCH (a)-[:KNOWS]->(b) WHERE b.age > a.age RETURN b",
    "exists": "MATCH (a:Person) WHERE EXISTS { (a)-[:KNOWS]->(:Person {id: 1}) } AND NOT (a)-->()"
    " RETURN a.name",
    "inside_expressions": "MATCH (a:Person {id: 1}) RETURN [(a)-[:KNOWS]->(b) WHERE b.age > 3 | b.name]"
    " AS friends, COUNT { (a)-->() } AS degree",
    "grouping": "MATCH (a:Person) WITH a.city AS city, count(*) + 1 AS n WHERE n > 2"
    " RETURN city, n ORDER BY n DESC SKIP 1 LIMIT 2",
    "order_by_what_is_gone": "MATCH (a:Person) RETURN a.name ORDER BY a.age",
    "descending_range": "MATCH (p:Person) WHERE p.created > 3 RETURN p ORDER BY p.created DESC LIMIT 3",
    "order_from_index": "MATCH (p:Person)-[:KNOWS]->(f) RETURN f.name ORDER BY p.created LIMIT 3",
    "descending_order_from_index": "MATCH (p:Person) WHERE p.created IS NOT NULL"
    " RETURN p.name ORDER BY p.created DESC LIMIT 3",
    "condition_behind_with": "MATCH (p:Person)-[:KNOWS]->(f) WITH p.id AS i, f WHERE i = 7 AND f.age + 1 > 3"
    " RETURN f.name",
    "chance": "MATCH (p:Person)-[:KNOWS]->(f) WHERE rand() < 0.1 RETURN f.name",
    "rounds": "MATCH (a:Person {id: 1}) ((x)-[:KNOWS]->(y)<-[r:KNOWS]-(z) WHERE x.age < z.age){1,3} (b)"
    " RETURN b.name, [n IN y | n.name] AS names, size(r) AS n",
    "shortest_of_parts": "MATCH p = SHORTEST 2 GROUPS (a:Person {id: 1})-[:LIKES]->(m)-->+(b:Person {id: 2})"
    " WHERE length(p) > 2 RETURN length(p)",
    "merge": "MERGE (a:Person {id: $id}) ON CREATE SET a.created = 1 ON MATCH SET a.seen = 2",
    "merge_edge": "MATCH (a:Person {id: 1}), (b:Person {id: 2}) MERGE (a)-[r:KNOWS]->(b) RETURN r",
    "write_then_read": "UNWIND [1, 2] AS x CREATE (n:Tag {v: x}) WITH n MATCH (m:Tag) RETURN count(m)",
    "read_then_write": "MATCH (a:Person) CREATE (:Person {name: a.name})",
    "set_what_is_read": "MATCH (a:Person) WHERE a.age > 3 SET a.age = 4 RETURN a.age",
    "call_by_row": "MATCH (a:Person {id: 1}) CALL (a) { MATCH (a)-[:KNOWS]->(b) RETURN b LIMIT 3 }"
    " RETURN b.name",
    "call_once": "MATCH (a:Person) CALL { MATCH (p:Post) RETURN count(p) AS n } RETURN a.name, n",
    "union": "MATCH (a:Person) RETURN a.name AS name UNION MATCH (b:Post) RETURN b.title AS name",
    "edge_by_id": "MATCH ()-[r]->() WHERE id(r) = $i RETURN r",
    "node_by_id": "MATCH (n) WHERE elementId(n) = $i RETURN n",
    "frontier": "MATCH (a:Person)-[:KNOWS]->(b)-[:KNOWS]->(c)-[:KNOWS]->(d) RETURN count(DISTINCT d)",
    "degrees": "MATCH (a:Person {id: 1})-[:KNOWS]->()-[:KNOWS]->() RETURN count(*)",
    "entities_from_a_list": "UNWIND $nodes AS n MATCH (n)-[:KNOWS]->(m) RETURN m.name",
    "foreach": "MATCH (a:Person {id: 1}) FOREACH (x IN [1, 2] | CREATE (a)-[:HAS]->(:Tag {v: x}))",
    "path": "MATCH p = (a:Person {id: 1})-[:KNOWS*1..2]-(b) RETURN p",
    "quantified": "MATCH (a:Person {id: 1}) ((x)-[r:KNOWS]->(y) WHERE x.age < y.age){1,3} (b) RETURN b",
    "show": "SHOW INDEXES YIELD name, type WHERE type = 'RANGE' RETURN name",
    "limit_over_writes": "CREATE (n:Tag) RETURN n LIMIT 0",
}


@pytest.mark.parametrize("name", BENCHMARK)
def test_plan_of_a_benchmark_query(name, golden):
    text = BENCHMARK[name]
    golden.check(f"plans/{name}.txt", f"{text}\n\n{explain(planned(text, BenchCatalog()))}")


@pytest.mark.parametrize("name", KINDS)
def test_plan_of_a_kind(name, golden):
    text = KINDS[name]
    golden.check(f"plans/{name}.txt", f"{text}\n\n{explain(planned(text, BenchCatalog()))}")
