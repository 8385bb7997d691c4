"""Logical dumps: to text and back, from one moment, into an empty or another graph; damage names its line."""

from __future__ import annotations

import io
import json
import threading

import numpy as np
import pytest

import neuralgraph
from neuralgraph import DumpError
from neuralgraph.api.dumps import reading
from neuralgraph.cli.splitting import split_statements


@pytest.fixture
def graph():
    with neuralgraph.open() as graph:
        graph.execute("CREATE CONSTRAINT person FOR (p:Person) REQUIRE p.id IS UNIQUE")
        graph.execute("CREATE INDEX since FOR ()-[k:KNOWS]-() ON (k.since, k.how)")
        graph.execute(
            "UNWIND range(1, 50) AS i CREATE (:Person {id: i, name: 'person ' + i, at: date() })"
        )
        graph.execute(
            "MATCH (a:Person), (b:Person) WHERE b.id = a.id + 1"
            " CREATE (a)-[:KNOWS {since: a.id, how: 'well; \\'quoted\\''}]->(b)"
        )
        graph.execute(
            "CREATE (:`odd ``name`:Person {id: -9223372036854775808, big: $big})", big="é" * 5_000
        )
        graph.execute("CREATE (n {nothing: []}), (n)-[:SELF]->(n)")
        graph.execute("MATCH (p:Person {id: 3}) DETACH DELETE p")
        yield graph


def contents(graph):
    """All there is, without ids."""
    nodes = graph.execute("MATCH (n) RETURN labels(n) AS l, properties(n) AS p").to_dicts()
    edges = graph.execute(
        "MATCH (a)-[r]->(b) RETURN type(r) AS t, properties(r) AS p, a.id AS a, b.id AS b"
    ).to_dicts()
    schema = graph.schema()
    parts = (nodes, edges, schema.indexes, schema.constraints)
    return [sorted(map(repr, part)) for part in parts]


def dumped(graph, **options):
    file = io.BytesIO()
    graph.dump(file, **options)
    return file.getvalue()


def restored(data):
    graph = neuralgraph.open()
    graph.restore(io.BytesIO(data))
    return graph


def test_a_dump_comes_back(graph):
    with restored(dumped(graph)) as other:
        assert contents(other) == contents(graph)
        assert other.verify() == []
        other.execute("CREATE (:Person {id: 1000})-[:KNOWS]->(:Person {id: 1001})")
        with pytest.raises(neuralgraph.ConstraintViolationError):
            other.execute("CREATE (:Person {id: 1000})")


def test_many_batches_come_back(graph, monkeypatch):
    monkeypatch.setattr(reading, "WEIGHT_MAX", 20)
    with restored(dumped(graph)) as other:
        assert contents(other) == contents(graph)
        assert other.verify() == []


def test_the_lines_are_json_and_say_what_there_is(graph):
    header, *lines, totals = map(json.loads, dumped(graph).splitlines())
    info = graph.info()
    assert header["format"] == "neuralgraph-dump"
    assert (header["nodes"], header["relationships"]) == (info.nodes, info.relationships)
    assert sum("node" in line for line in lines) == totals["totals"]["nodes"] == info.nodes
    kinds = [next(iter(line)) for line in lines]
    assert kinds == sorted(kinds, key=["index", "constraint", "node", "relationship"].index)


def test_cypher_text_makes_the_graph_again(graph):
    statements, rest = split_statements(dumped(graph, format="cypher").decode())
    assert rest.strip() == ""
    with neuralgraph.open() as other:
        for statement in statements:
            other.execute(statement)
        assert contents(other) == contents(graph)


def test_cypher_has_no_word_for_bytes(graph):
    graph.execute("CREATE (:B {data: $data})", data=b"abc")
    with pytest.raises(neuralgraph.QueryTypeError, match=r"node 5.* no literal .* JSON lines"):
        dumped(graph, format="cypher")


@pytest.mark.parametrize("value", ["half \ud83d", ["a", "\udc00"]])
def test_cypher_has_no_word_for_half_a_surrogate_pair(graph, value, tmp_path):
    graph.execute("MATCH ()-[r]->() WITH r LIMIT 1 SET r.odd = $value", value=value)
    place = r"relationship \d+, property 'odd'.* half of a surrogate pair.* JSON lines"
    with pytest.raises(neuralgraph.QueryTypeError, match=place):
        graph.dump(tmp_path / "graph.cypher", format="cypher")
    assert [*tmp_path.iterdir()] == []
    with restored(dumped(graph)) as other:
        assert contents(other) == contents(graph)


def test_cypher_has_no_word_for_a_name_with_half_a_surrogate_pair(graph, tmp_path):
    graph.load_nodes(["L\ud83d"], {"x": [1]})
    with pytest.raises(neuralgraph.QueryTypeError, match=r"a name, .*L\\ud83d.* JSON lines"):
        graph.dump(tmp_path / "graph.cypher", format="cypher")
    assert [*tmp_path.iterdir()] == []


def test_a_dump_of_the_past(graph):
    txid = graph.info().txid
    before = contents(graph)
    graph.execute("MATCH (n) DETACH DELETE n")
    with restored(dumped(graph, at=txid)) as other:
        assert contents(other) == before
    with restored(dumped(graph)) as other:
        assert other.info().nodes == 0


def test_a_dump_is_of_one_moment_while_others_write(graph):
    stop = threading.Event()

    def write():
        while not stop.is_set():
            graph.execute("CREATE (:Pair)-[:TO]->(:Pair)")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(5):
            with restored(dumped(graph)) as other:
                count = "MATCH (p:Pair) RETURN count(p)"
                pairs = other.execute("MATCH (:Pair)-[t:TO]->(:Pair) RETURN count(t)").value()
                assert other.execute(count).value() == 2 * pairs
    finally:
        stop.set()
        thread.join()


def test_files_compressed_or_not(graph, tmp_path):
    done = []
    report = graph.dump(tmp_path / "a.jsonl.zst", progress=lambda *pair: done.append(pair))
    graph.dump(tmp_path / "a.jsonl")
    total = report.nodes + report.relationships
    assert done[-1] == (total, total)
    assert (tmp_path / "a.jsonl.zst").stat().st_size < (tmp_path / "a.jsonl").stat().st_size / 3
    for name in ("a.jsonl", "a.jsonl.zst"):
        neuralgraph.restore(tmp_path / name, tmp_path / f"{name}.ngdb")
        with neuralgraph.open(tmp_path / f"{name}.ngdb") as other:
            assert contents(other) == contents(graph)
    with pytest.raises(neuralgraph.DiskError, match="there is such a file"):
        neuralgraph.restore(tmp_path / "a.jsonl", tmp_path / "a.jsonl.ngdb")
    with pytest.raises(neuralgraph.DiskError):
        graph.dump(tmp_path / "no folder" / "a.jsonl")
    with pytest.raises(neuralgraph.DiskError):
        graph.restore(tmp_path / "no file")


def test_a_failed_dump_leaves_no_file(graph, tmp_path):
    graph.execute("CREATE (:B {data: $data})", data=b"abc")
    with pytest.raises(neuralgraph.QueryTypeError):
        graph.dump(tmp_path / "a.cypher", "cypher")
    assert list(tmp_path.iterdir()) == []


def test_into_a_graph_that_has_something(graph):
    data = dumped(graph)
    with neuralgraph.open() as other:
        other.execute("CREATE (:Person {id: 7000})-[:KNOWS {since: 1}]->(:City)")
        other.restore(io.BytesIO(data))
        assert other.info().nodes == graph.info().nodes + 2
        assert other.schema().constraints == graph.schema().constraints
        assert other.verify() == []
        # Once more: every person is there already.
        before = other.info()
        with pytest.raises(neuralgraph.ConstraintViolationError, match="`id` = 1"):
            other.restore(io.BytesIO(data))
        assert (other.info().txid, other.info().nodes) == (before.txid, before.nodes)
        other.execute("CREATE (:City)")
        assert other.verify() == []


def test_the_data_was_restored_but_a_constraint_cannot_be(graph):
    with neuralgraph.open() as other:
        other.execute("CREATE (:Person {id: 1}), (:Person {id: 1})")
        with pytest.raises(DumpError, match=r"the data was restored, but not .* nodes 0 and 1"):
            other.restore(io.BytesIO(dumped(graph)))


LINES = [
    '{"format":"neuralgraph-dump","version":1}',
    '{"node":1,"labels":["A"],"properties":{"x":1}}',
    '{"node":2,"labels":[],"properties":{}}',
    '{"relationship":1,"type":"R","start":1,"end":2,"properties":{}}',
    '{"totals":{"nodes":2,"relationships":1}}',
]
DAMAGED = {
    "not JSON": (1, '{"node":1,"labels":["A"],"pro', 2, "no JSON"),
    "not UTF-8": (1, b"\xff", 2, "no JSON"),
    "two objects": (1, "{} {}", 2, "one JSON object"),
    "no object": (1, "[1]", 2, "one JSON object"),
    "unknown": (2, '{"vertex":2}', 3, "neither a node nor"),
    "no labels": (2, '{"node":2,"properties":{}}', 3, "there is no 'labels'"),
    "odd labels": (2, '{"node":2,"labels":[1],"properties":{}}', 3, "labels are names"),
    "odd id": (2, '{"node":"2","labels":[],"properties":{}}', 3, "an id is a number"),
    "odd value": (2, '{"node":2,"labels":[],"properties":{"x":{"$date":"soon"}}}', 3, "soon"),
    "odd tag": (2, '{"node":2,"labels":[],"properties":{"x":{"$what":1}}}', 3, r"tagged \$what"),
    "odd bytes": (2, '{"node":2,"labels":[],"properties":{"x":{"$bytes":"*"}}}', 3, "bytes"),
    "odd point": (2, '{"node":2,"labels":[],"properties":{"x":{"$point":{"srid":1}}}}', 3, "system"),
    "too large": (2, '{"node":2,"labels":[],"properties":{"x":99999999999999999999}}', 3, "64 bits"),
    "map in a list": (2, '{"node":2,"labels":[],"properties":{"x":[{"$what":1}]}}', 3, r"\$what"),
    "id twice": (2, '{"node":1,"labels":[],"properties":{}}', 4, "two nodes have the id 1"),
    "no such node": (
        3, '{"relationship":1,"type":"R","start":1,"end":9,"properties":{}}', 4, "no node 9",
    ),
    "odd index": (0, LINES[0] + '\n{"index":{"name":"i"}}', 2, "IndexDefinition"),
    "counts": (4, '{"totals":{"nodes":3}}', 5, "there were 2 nodes, not 3"),
    "checksum": (4, '{"totals":{"sha256":"00"}}', 5, "checksum"),
    "no totals": (4, "", 5, "cut off"),
    "more": (4, LINES[4] + "\n{}", 6, "behind the totals"),
    "another format": (0, '{"format":"csv"}', 1, "a dump begins with"),
    "no dump": (0, "CREATE (n);", 1, "no dump in JSON lines"),
}  # fmt: skip


@pytest.mark.parametrize(("place", "text", "line", "message"), DAMAGED.values(), ids=DAMAGED)
def test_damage_names_its_line(place, text, line, message):
    lines = [one.encode() for one in LINES]
    lines[place] = text if isinstance(text, bytes) else text.encode()
    data = b"\n".join(one for one in lines if one) + b"\n"
    with neuralgraph.open() as graph:
        with pytest.raises(DumpError, match=message) as caught:
            graph.restore(io.BytesIO(data))
        assert caught.value.line == line
        assert (graph.info().txid, graph.info().nodes) == (0, 0)
        graph.execute("CREATE (:N)-[:R]->(:N)")
        assert graph.verify() == []


def test_a_dump_of_a_newer_version_is_refused():
    with neuralgraph.open() as graph, pytest.raises(neuralgraph.FormatVersionError):
        graph.restore(io.BytesIO(b'{"format":"neuralgraph-dump","version":2}\n'))


def test_every_cut_and_many_flips_are_noticed(graph, tmp_path):
    data = dumped(graph)
    random = np.random.default_rng(5)
    for length in random.integers(0, len(data) - 1, 20):
        with pytest.raises(DumpError):
            restored(data[:length])
    for place in random.integers(0, len(data) - 1, 40):
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(random.integers(0, 7))
        with pytest.raises((DumpError, neuralgraph.FormatVersionError)):
            restored(bytes(flipped))
    graph.dump(tmp_path / "a.zst")
    packed = (tmp_path / "a.zst").read_bytes()
    for place in random.integers(4, len(packed), 40):
        flipped = bytearray(packed)
        flipped[place] ^= 1 << int(random.integers(0, 7))
        with pytest.raises(DumpError):
            restored(bytes(flipped))


def test_a_damaged_dump_makes_no_file(tmp_path):
    (tmp_path / "a.jsonl").write_text(LINES[0])
    with pytest.raises(DumpError):
        neuralgraph.restore(tmp_path / "a.jsonl", tmp_path / "a.ngdb")
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]


def test_every_kind_of_index_and_constraint_comes_back():
    with neuralgraph.open() as graph:
        graph.execute("CREATE TEXT INDEX t FOR (n:A) ON (n.t)")
        graph.execute("CREATE POINT INDEX p FOR (n:A) ON (n.p)")
        graph.execute("CREATE CONSTRAINT e FOR (n:A) REQUIRE n.e IS NOT NULL")
        graph.execute("CREATE CONSTRAINT y FOR ()-[r:R]-() REQUIRE r.y IS :: INTEGER")
        graph.execute("CREATE CONSTRAINT k FOR (n:A) REQUIRE (n.a, n.b) IS NODE KEY")
        graph.execute(
            "CREATE VECTOR INDEX v FOR (n:V) ON (n.v)"
            " OPTIONS {indexConfig: {`vector.dimensions`: 2, `vector.similarity_function`: 'cosine'}}"
        )
        graph.execute(
            "CREATE FULLTEXT INDEX f FOR (n:A|B) ON EACH [n.t, n.u]"
            " OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}}"
        )
        graph.execute("CREATE (:A {e: 1, a: 1, b: 2, t: 'word'}), (:V {v: [1.0, 2.0]})")
        with restored(dumped(graph)) as other:
            assert contents(other) == contents(graph)
        with neuralgraph.open() as other:
            for statement in split_statements(dumped(graph, format="cypher").decode())[0]:
                other.execute(statement)
            assert contents(other) == contents(graph)


def vector_dump(**properties):
    lines = io.BytesIO()
    with neuralgraph.open() as source:
        source.execute("CREATE (:Doc), (a:Doc $p), (a)-[:SAID $p]->(a)", p=properties)
        source.dump(lines)
    lines.seek(0)
    return lines


@pytest.mark.parametrize(
    "vector",
    [[1, 2], [], [0, 0, 0], [1.0, float("nan"), 0.0], np.ones(2, np.float32), np.zeros(3, np.float32)],
)  # fmt: skip
@pytest.mark.parametrize(
    ("pattern", "who"),
    [("(n:Doc)", "node 1"), ("()-[n:SAID]-()", "relationship 0")],
)
def test_a_vector_that_an_index_cannot_hold_is_not_restored(vector, pattern, who):
    with neuralgraph.open() as graph:
        graph.execute(
            f"CREATE VECTOR INDEX v FOR {pattern} ON (n.e) OPTIONS"
            " {indexConfig: {`vector.dimensions`: 3}}"
        )
        problem = rf"{who} of the dump cannot .* \(vector index v on .*nothing was restored"
        with pytest.raises(neuralgraph.VectorError, match=problem) as caught:
            graph.restore(vector_dump(e=vector))
        assert caught.value.index == "v"
        assert contents(graph)[:2] == [[], []]
        graph.restore(vector_dump(e=[1, 2, 3]))
        assert graph.execute("MATCH (n:Doc) RETURN count(n)").value() == 2
        assert graph.verify() == []


def test_a_dump_whose_index_cannot_be_made_leaves_no_file_and_says_so(tmp_path):
    lines = [json.loads(line) for line in vector_dump(e=[1, 2])]
    with neuralgraph.open() as graph:
        graph.execute(
            "CREATE VECTOR INDEX v FOR (n:Doc) ON (n.e) OPTIONS"
            " {indexConfig: {`vector.dimensions`: 3}}"
        )
        own = io.BytesIO()
        graph.dump(own)
    lines[-1:-1] = [
        one for one in map(json.loads, own.getvalue().splitlines()) if "index" in one
    ]  # fmt: skip
    lines[-1]["totals"].pop("sha256")
    dump = tmp_path / "dump.jsonl"
    dump.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(DumpError, match="nothing was restored: node"):
        neuralgraph.restore(dump, tmp_path / "new.ngdb")
    assert not (tmp_path / "new.ngdb").exists()
    with neuralgraph.open() as graph:
        with pytest.raises(DumpError, match="the data was restored, but not its indexes"):
            graph.restore(dump)
        assert graph.execute("MATCH (n:Doc) RETURN count(n)").value() == 2
