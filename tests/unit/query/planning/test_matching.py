"""Plans against a matcher that tries everything, and rules against plans without them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuralgraph.access import ConstraintDefinition, IndexDefinition
from neuralgraph.values import EdgeRef, NodeRef
from tests.support.dict_graph import DictGraph
from tests.unit.query.planning.running import Step, bag, matches, rows

FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
LABELS = ("A", "B")
TYPES = ("S", "T")
NAMES = ("a", "b", "c", "d")


@st.composite
def graphs(draw: st.DrawFn) -> DictGraph:
    graph = DictGraph()
    count = draw(st.integers(1, 5))
    for number in range(count):
        labels = draw(st.lists(st.sampled_from(LABELS), unique=True))
        graph.create_node(labels, {"id": number, "x": draw(st.integers(0, 2))})
    for _ in range(draw(st.integers(0, 9))):
        source, target = draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))
        graph.create_edge(
            draw(st.sampled_from(TYPES)), source, target, {"w": draw(st.integers(0, 1))}
        )
    if draw(st.booleans()):
        graph.create_constraint(ConstraintDefinition("u", "unique", "node", "A", ("id",)))
        graph.create_index(IndexDefinition("x", "range", "node", ("B",), ("x",)))
    return graph


@st.composite
def patterns(draw: st.DrawFn) -> tuple[dict[str, str | None], list[Step]]:
    steps = [
        (
            draw(st.sampled_from(NAMES)),
            draw(st.sampled_from(("out", "in", "both"))),
            draw(st.sampled_from((None, *TYPES))),
            draw(st.sampled_from(NAMES)),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    names = dict.fromkeys(name for step in steps for name in (step[0], step[3]))
    return {name: draw(st.sampled_from((None, None, *LABELS))) for name in names}, steps


def written(labels: dict[str, str | None], steps: list[Step], *, edges: bool = True) -> str:
    """The pattern as text; labels stand at the first mention."""
    seen: set[str] = set()

    def node(name: str) -> str:
        label = labels[name] if name not in seen else None
        seen.add(name)
        return f"({name}:{label})" if label else f"({name})"

    parts = []
    for place, (left, direction, edge_type, right) in enumerate(steps):
        name = f"r{place}" if edges else ""
        inside = f"[{name}{':' + edge_type if edge_type else ''}]"
        start, end = ("<-" if direction == "in" else "-"), ("->" if direction == "out" else "-")
        parts.append(f"{node(left)}{start}{inside}{end}{node(right)}")
    return ", ".join(parts)


@FEW
@given(graphs(), patterns())
def test_a_match_finds_what_the_plain_matcher_finds(graph, pattern):
    labels, steps = pattern
    names = sorted(labels)
    edges = [f"r{place}" for place in range(len(steps))]
    text = f"MATCH {written(labels, steps)} RETURN {', '.join(names + edges)}"
    expected = [
        tuple(NodeRef(m[n]) for n in names) + tuple(EdgeRef(m[e]) for e in edges)
        for m in matches(graph, labels, steps)
    ]
    assert bag(rows(graph, text)) == bag(expected)


@FEW
@given(graphs(), patterns(), st.data())
def test_rules_keep_the_rows(graph, pattern, data):
    labels, steps = pattern
    names = sorted(labels)
    one, other = data.draw(st.sampled_from(names)), data.draw(st.sampled_from(names))
    where = data.draw(
        st.sampled_from(
            (
                "",
                f"WHERE {one}.id = 1",
                f"WHERE {one}.x > 0 AND {other}.id <> 1",
                f"WHERE {one}.x = 1",
            )
        )
    )
    returned = data.draw(
        st.sampled_from(
            (
                "count(*)",
                f"count(DISTINCT {other}.id)",
                f"DISTINCT {other}.id",
                f"DISTINCT {other}",
                f"count(DISTINCT {other}.x), count(*)",
                f"DISTINCT {one}.x AS k, {other}.x AS l",
                f"{one}.x AS k, count(DISTINCT {other}) AS n",
                f"max({other}.x)",
            )
        )
    )
    text = f"MATCH {written(labels, steps, edges=False)} {where} RETURN {returned}"
    assert bag(rows(graph, text)) == bag(rows(graph, text, optimise=False)), text


@FEW
@given(graphs(), st.sampled_from(("-[:S]->", "<-[:S]-", "-[:S]-", "-->")), st.integers(2, 4))
def test_chains_of_one_type_keep_relationship_uniqueness(graph, arrow, count):
    chain = "(n0)" + "".join(f"{arrow}(n{place + 1})" for place in range(count))
    for returned in (f"DISTINCT n{count}", f"count(DISTINCT n{count}.id)", "count(*)"):
        text = f"MATCH {chain} RETURN {returned}"
        assert bag(rows(graph, text)) == bag(rows(graph, text, optimise=False)), text


@FEW
@given(
    graphs(),
    st.sampled_from(("*", "*0..2", "*1..3", "*2..3", "*..1", ":S*1..2")),
    st.sampled_from((("-", "->"), ("<-", "-"), ("-", "-"))),
)
def test_reachable_targets_are_the_ends_of_paths(graph, length, ends):
    step = f"{ends[0]}[{length}]{ends[1]}"
    for returned in ("DISTINCT a, b", "count(DISTINCT b)"):
        text = f"MATCH (a){step}(b) RETURN {returned}"
        assert bag(rows(graph, text)) == bag(rows(graph, text, optimise=False)), text


def test_columns_of_a_distinct_count_as_looked_at():
    # Found by the property above: `b` was bound below the walk to `c`, and was forgotten before it.
    graph = DictGraph()
    for number in range(5):
        graph.create_node([], {"id": number})
    for source in range(5):
        for target in range(5):
            graph.create_edge("S", source, target, {})
    text = "MATCH (b)-->(a), (a)-->(c), (a)<--(b) RETURN DISTINCT b"
    assert rows(graph, text) == []
    graph.create_edge("S", 0, 1, {})
    assert bag(rows(graph, text)) == bag([(NodeRef(0),)])


LABELLED = st.sampled_from(("", ":A", ":B", ":A:B"))
STEPS = st.sampled_from(("-[:S]->", "<-[:S]-", "-[:T]->", "-->", "<--", "<-[:S|T]-", "-[:S]-"))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs(), st.tuples(LABELLED, LABELLED, LABELLED), st.tuples(STEPS, STEPS))
def test_paths_counted_by_degrees(graph, labels, arrows):
    one, two, three = labels
    text = f"MATCH (a{one}){arrows[0]}(b{two}){arrows[1]}(c{three}) RETURN count(*)"
    assert rows(graph, text) == rows(graph, text, optimise=False), text
    text = f"MATCH (a{one}){arrows[0]}(b{two}) MATCH (b){arrows[1]}(c{three}) RETURN count(*)"
    assert rows(graph, text) == rows(graph, text, optimise=False), text
    text = f"MATCH (a{one}){arrows[0]}(b{two}) RETURN count(*) AS n"
    assert rows(graph, text) == rows(graph, text, optimise=False), text


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.integers(1, 14),
    st.sets(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=70),
    st.tuples(*[st.sampled_from(("-[:S]->", "<-[:S]-"))] * 3),
    st.booleans(),
    st.booleans(),
)
def test_triangles_counted_as_a_whole(count, pairs, arrows, with_loops, with_parallels):
    graph = DictGraph()
    for number in range(count):
        graph.create_node(("A",) if number or with_loops else (), {})
    edges = [(a % count, b % count) for a, b in sorted(pairs)]
    if not with_parallels:
        edges = sorted(set(edges))
    for source, target in edges:
        if source != target or with_loops:
            graph.create_edge("S", source, target, {})
    text = f"MATCH (a:A){arrows[0]}(b){arrows[1]}(c), (a){arrows[2]}(c) RETURN count(*)"
    assert rows(graph, text) == rows(graph, text, optimise=False), text
