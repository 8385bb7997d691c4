"""How often does somebody know a person directly and through another?"""

from benchmarks.data import Reference
from benchmarks.question import Parameters, Question, Row


def expected(reference: Reference, _parameters: Parameters) -> list[Row]:
    known = [
        frozenset(reference.targets[reference.edges(place)].tolist())
        for place in range(len(reference.ids))
    ]
    return [(sum(len(mine & known[other]) for mine in known for other in mine),)]


QUESTION = Question(
    key="W8",
    title="triangles",
    cypher=(
        "MATCH (a:Person)-[:KNOWS]->(b:Person)-[:KNOWS]->(c:Person), (a)-[:KNOWS]->(c)"
        " RETURN count(*)"
    ),
    sql=(
        "SELECT count(*) FROM knows x JOIN knows y ON y.src = x.dst"
        " JOIN knows z ON z.src = x.src AND z.dst = y.dst"
    ),
    expected=expected,
)
