"""Who joined in a span of time, the first twenty of them?"""

import numpy as np

from benchmarks.data import Data, Reference
from benchmarks.question import Parameters, Question, Row


def some_spans(data: Data) -> list[Parameters]:
    created = np.sort(data.person["created"])
    width = int(created[-1] - created[0]) // 50
    return [{"low": int(low), "high": int(low) + width} for low in created[:: len(created) // 50]]


def expected(reference: Reference, parameters: Parameters) -> list[Row]:
    created = reference.data.person["created"]
    inside = np.flatnonzero((created >= parameters["low"]) & (created < parameters["high"]))
    first = inside[np.argsort(created[inside], kind="stable")][:20]
    return list(zip(reference.ids[first].tolist(), created[first].tolist(), strict=True))


QUESTION = Question(
    key="W13",
    title="range, in order, first 20",
    cypher=(
        "MATCH (p:Person) WHERE p.created >= $low AND p.created < $high"
        " RETURN p.id AS id, p.created AS created ORDER BY p.created LIMIT 20"
    ),
    sql=(
        "SELECT id, created FROM person WHERE created >= :low AND created < :high"
        " ORDER BY created LIMIT 20"
    ),
    parameters=some_spans,
    expected=expected,
)
