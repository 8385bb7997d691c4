"""How many titles contain a piece of a word?"""

from benchmarks.data import Data, Reference
from benchmarks.question import Parameters, Question, Row


def some_pieces(data: Data) -> list[Parameters]:
    titles = data.post["title"][:: max(1, len(data.post["title"]) // 20)]
    return [{"piece": title.split()[-1][:5]} for title in titles[:20].tolist()]


def expected(reference: Reference, parameters: Parameters) -> list[Row]:
    piece = parameters["piece"]
    return [(sum(piece in title for title in reference.data.post["title"].tolist()),)]


QUESTION = Question(
    key="W14",
    title="CONTAINS over all titles",
    cypher="MATCH (t:Post) WHERE t.title CONTAINS $piece RETURN count(*)",
    sql="SELECT count(*) FROM post WHERE instr(title, :piece) > 0",
    parameters=some_pieces,
    expected=expected,
    variants={"duckdb": "SELECT count(*) FROM post WHERE contains(title, $piece)"},
)
