"""How long does it take to list whom the people that a person knows know?"""

from benchmarks.data import Reference
from benchmarks.question import Parameters, Question, Row, some_persons


def expected(reference: Reference, parameters: Parameters) -> list[Row]:
    first = reference.reached([reference.place(parameters["id"])])
    return [(person_id,) for person_id in reference.ids[reference.reached(first)]]


QUESTION = Question(
    key="W5",
    title="2 hops, distinct",
    cypher=(
        "MATCH (a:Person {id: $id})-[:KNOWS]->(:Person)-[:KNOWS]->(b:Person) RETURN DISTINCT b.id"
    ),
    sql="SELECT DISTINCT b.dst FROM knows a JOIN knows b ON b.src = a.dst WHERE a.src = :id",
    parameters=some_persons(100),
    expected=expected,
)
