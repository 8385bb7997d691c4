"""How long does it take to find one person by an indexed key?"""

from benchmarks.data import Reference
from benchmarks.question import Parameters, Question, Row, some_persons


def expected(reference: Reference, parameters: Parameters) -> list[Row]:
    place = reference.place(parameters["id"])
    person = reference.data.person
    return [tuple(person[key][place] for key in ("id", "name", "age", "city"))]


QUESTION = Question(
    key="W3",
    title="point lookup",
    cypher="MATCH (p:Person {id: $id}) RETURN p.id, p.name, p.age, p.city",
    sql="SELECT id, name, age, city FROM person WHERE id = :id",
    parameters=some_persons(400),
    expected=expected,
)
