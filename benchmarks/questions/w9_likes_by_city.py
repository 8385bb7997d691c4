"""In which cities are long posts liked most?"""

import numpy as np

from benchmarks.data import Data, Reference
from benchmarks.question import Parameters, Question, Row


def some_lengths(data: Data) -> list[Parameters]:
    shares = np.quantile(data.post["length"], [0.0, 0.25, 0.5, 0.75])
    return [{"length": int(length)} for length in shares]


def expected(reference: Reference, parameters: Parameters) -> list[Row]:
    data = reference.data
    posts = np.searchsorted(data.post["id"], data.likes["dst"])
    is_long = data.post["length"][posts] > parameters["length"]
    likers = np.searchsorted(reference.ids, data.likes["src"][is_long])
    cities, counts = np.unique(data.person["city"][likers].astype(str), return_counts=True)
    rows = zip(cities.tolist(), counts.tolist(), strict=True)
    return sorted(rows, key=lambda row: (-row[1], row[0]))[:10]


QUESTION = Question(
    key="W9",
    title="likes of long posts by city",
    cypher=(
        "MATCH (p:Person)-[:LIKES]->(t:Post) WHERE t.length > $length"
        " RETURN p.city AS city, count(*) AS likes ORDER BY likes DESC, city LIMIT 10"
    ),
    sql=(
        "SELECT p.city AS city, count(*) AS likes FROM likes l JOIN post t ON t.id = l.dst"
        " JOIN person p ON p.id = l.src WHERE t.length > :length"
        " GROUP BY p.city ORDER BY likes DESC, city LIMIT 10"
    ),
    parameters=some_lengths,
    expected=expected,
)
