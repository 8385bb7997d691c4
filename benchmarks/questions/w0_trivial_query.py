"""What does a query cost that does nothing?"""

from benchmarks.question import Question

QUESTION = Question(
    key="W0",
    title="trivial query",
    cypher="RETURN 1 AS one",
    sql="SELECT 1",
    expected=lambda _, __: [(1,)],
)
