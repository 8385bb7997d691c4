"""And in the same words for everybody, without what a dialect has for it?"""

from dataclasses import replace

from benchmarks.questions.w10_reach import QUESTION as REACH

VARIANTS = {
    "duckdb": "",
    "kuzu": (
        "MATCH (a:Person)-[:KNOWS*1..4]->(b:Person) WHERE a.id = $id AND b.id <> $id"
        " RETURN count(DISTINCT b.id)"
    ),
}

QUESTION = replace(REACH, title="reach in 4 hops, plain Cypher", sql="", variants=VARIANTS)
