"""How many different people are three steps away, not going back through the start?"""

from benchmarks.data import Reference
from benchmarks.question import Parameters, Question, Row, some_persons


def expected(reference: Reference, parameters: Parameters) -> list[Row]:
    start = reference.place(parameters["id"])
    second = reference.reached(reference.reached([start]))
    return [(len(reference.reached(second[second != start])),)]


QUESTION = Question(
    key="W6",
    title="3 hops, distinct count",
    cypher=(
        "MATCH (a:Person {id: $id})-[:KNOWS]->(:Person)-[:KNOWS]->(c:Person)-[:KNOWS]->(d:Person)"
        " WHERE c.id <> $id RETURN count(DISTINCT d)"
    ),
    sql=(
        "SELECT count(DISTINCT c.dst) FROM (SELECT DISTINCT b.dst AS place FROM knows a"
        " JOIN knows b ON b.src = a.dst WHERE a.src = :id AND b.dst <> :id) s"
        " JOIN knows c ON c.src = s.place"
    ),
    parameters=some_persons(40),
    expected=expected,
    variants={
        "kuzu": (
            "MATCH (a:Person)-[:KNOWS]->(:Person)-[:KNOWS]->(c:Person)-[:KNOWS]->(d:Person)"
            " WHERE a.id = $id AND c.id <> $id RETURN count(DISTINCT d.id)"
        ),
    },
)
