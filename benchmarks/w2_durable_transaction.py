"""How many durable transactions a second, each with one new node and one new relationship?"""

from benchmarks.question import Question

QUESTION = Question(
    key="W2",
    title="one node + relationship per durable transaction",
    kind="write",
    cypher=(
        "MATCH (b:Person {id: $to}) CREATE (p:Person {id: $id, name: 'New', age: 30, city: 'Newtown',"
        " created: $id})-[:KNOWS {since: 2025}]->(b)"
    ),
    sql=(
        "INSERT INTO person VALUES (:id, 'New', 30, 'Newtown', :id);"
        " INSERT INTO knows VALUES (:id, :to, 2025)"
    ),
    parameters=lambda data: [
        {"id": int(data.person["id"][-1]) + 7 * (number + 1), "to": int(target)}
        for number, target in enumerate(data.knows["dst"][:5_000])
    ],
)
