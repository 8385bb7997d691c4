"""How long does it take to list whom a person knows, with a property of the relationship?"""

from benchmarks.data import Reference
from benchmarks.question import Parameters, Question, Row, some_persons


def expected(reference: Reference, parameters: Parameters) -> list[Row]:
    edges = reference.edges(reference.place(parameters["id"]))
    names = reference.data.person["name"]
    return [
        (reference.ids[target], names[target], since)
        for target, since in zip(reference.targets[edges], reference.since[edges], strict=True)
    ]


QUESTION = Question(
    key="W4",
    title="1 hop + property",
    cypher="MATCH (a:Person {id: $id})-[r:KNOWS]->(b:Person) RETURN b.id, b.name, r.since",
    sql="SELECT p.id, p.name, k.since FROM knows k JOIN person p ON p.id = k.dst WHERE k.src = :id",
    parameters=some_persons(200),
    expected=expected,
)
