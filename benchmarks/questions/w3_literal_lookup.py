"""And when the key is a literal, so that the text is a new one each time?"""

from benchmarks.question import Question
from benchmarks.questions.w3_point_lookup import QUESTION as LOOKUP

QUESTION = Question(
    key="W3 literal",
    title="point lookup, a new literal in the text each time",
    cypher=LOOKUP.cypher,
    sql=LOOKUP.sql,
    parameters=LOOKUP.parameters,
    expected=LOOKUP.expected,
    inlined=True,
)
