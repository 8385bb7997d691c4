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
)
