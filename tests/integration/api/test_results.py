"""Results: rows, columns, entities, exports."""

from __future__ import annotations

import datetime as dt
import threading
import zoneinfo

import numpy as np
import pytest

import neuralgraph
from neuralgraph import Node, Path, QueryArgumentError, QueryCancelledError, Relationship
from neuralgraph.errors import EntityNotFoundError, QueryArithmeticError, QueryTypeError

NAMES = "MATCH (p:Person) RETURN p.name AS name, p.age AS age ORDER BY name"


def test_rows_by_place_and_name(people):
    rows = list(people.execute(NAMES))
    assert rows == [("Ada", 36), ("Bob", 20), ("Eve", None)]
    assert rows[0]["age"] == 36
    assert people.execute(NAMES).to_dicts()[1] == {"name": "Bob", "age": 20}


def test_each_row_is_given_once(people):
    result = people.execute(NAMES)
    assert next(result)["name"] == "Ada"
    assert result.values() == ["Bob", "Eve"]
    assert list(result) == []


def test_values_are_one_column_without_records(people):
    assert people.execute(NAMES).values("age") == [36, 20, None]
    assert people.execute(NAMES).values(-1) == [36, 20, None]
    found = people.execute("MATCH (p:Person) RETURN p ORDER BY p.name").values()
    assert [person["name"] for person in found] == ["Ada", "Bob", "Eve"]
    long = people.execute("UNWIND range(1, 200000) AS i RETURN i")
    assert long.values() == list(range(1, 200_001))
    assert long.values() == []
    with pytest.raises(KeyError):
        people.execute(NAMES).values("nothing")
    with pytest.raises(IndexError):
        people.execute(NAMES).values(2)


def test_plain_tuples_are_the_rows(people):
    assert people.execute(NAMES).to_tuples() == list(people.execute(NAMES))
    assert {type(row) for row in people.execute(NAMES).to_tuples()} == {tuple}
    result = people.execute(NAMES)
    assert next(result)["name"] == "Ada"
    assert result.to_tuples() == [("Bob", 20), ("Eve", None)]
    assert result.to_tuples() == []
    ((person, age),) = people.execute("MATCH (p {name: 'Ada'}) RETURN p, p.age").to_tuples()
    assert (person["name"], age) == ("Ada", 36)
    long = people.execute("UNWIND range(1, 200000) AS i RETURN i, i % 2 = 0 AS even").to_tuples()
    assert long == [(i, i % 2 == 0) for i in range(1, 200_001)]
    assert people.execute("CREATE (:Nobody)").to_tuples() == []


def test_the_values_given_are_the_callers_own(people):
    text = "RETURN [1, 2] AS a, 7 AS b"
    people.execute(text).values("b").append(8)
    assert people.execute(text).values("b") == [7]


def test_single_and_value(people):
    assert people.execute("RETURN 1 AS a, 2 AS b").value("b") == 2
    with pytest.raises(QueryArgumentError, match="more than one"):
        people.execute(NAMES).single()
    with pytest.raises(QueryArgumentError, match="no rows"):
        people.execute("MATCH (n:Nobody) RETURN n").single()


def test_entities(people):
    person, knows, friend = people.execute(
        "MATCH (a {name: 'Bob'})-[r]->(b) RETURN a, r, b"
    ).single()
    assert isinstance(person, Node)
    assert (person.labels, person.properties) == ({"Person"}, {"name": "Bob", "age": 20})
    assert isinstance(knows, Relationship)
    assert (knows.type, knows["since"]) == ("KNOWS", 2010)
    assert (knows.start_node, knows.end_node) == (person, friend)
    assert friend.labels == {"Person", "Admin"}


def test_paths_and_entities_inside_lists_and_maps(people):
    path, names, found = people.execute(
        "MATCH p = (:Person {name: 'Ada'})-[*2]->(b)"
        " RETURN p, [n IN nodes(p) | n.name], {end: b, all: [b, null]}"
    ).single()
    assert isinstance(path, Path)
    assert [node["name"] for node in path.nodes] == names == ["Ada", "Bob", "Eve"]
    assert [hop["since"] for hop in path.relationships] == [2001, 2010]
    assert found["end"] == path.end_node
    assert found["all"] == [path.end_node, None]


def test_what_a_user_does_to_a_value_stays_outside(graph):
    graph.execute("CREATE (:N {list: [1, 2]})")
    graph.execute("MATCH (n:N) RETURN n").value().properties["list"].append(3)
    graph.execute("MATCH (n:N) RETURN n.list").value().append(3)
    assert graph.execute("MATCH (n:N) RETURN n.list").value() == [1, 2]


def test_deleted_entities_are_shown_as_they_were(people):
    row = people.execute("MATCH (a {name: 'Ada'})-[r]->() DETACH DELETE a RETURN a, r").single()
    assert row["a"].properties == {"name": "Ada", "age": 36}
    assert row["r"].type == "KNOWS"
    with pytest.raises(EntityNotFoundError):
        people.execute("MATCH (b {name: 'Bob'}) DETACH DELETE b RETURN b.name")


def test_a_result_keeps_its_snapshot(people):
    result = people.execute("MATCH (p:Person) RETURN p")
    people.execute("MATCH (p:Person) DETACH DELETE p")
    assert {person["name"] for (person,) in result} == {"Ada", "Bob", "Eve"}


def test_statements_without_rows(graph):
    result = graph.execute("CREATE (:N)")
    assert (result.columns, list(result)) == ((), [])
    assert result.consume().counters.nodes_created == 1


def test_numpy(people):
    arrays = people.execute(
        "UNWIND [1, 2] AS i RETURN i, i * 0.5 AS f, 'x' AS t, i > 1 AS b"
    ).to_numpy()
    assert {name: array.dtype.kind for name, array in arrays.items()} == {
        "i": "i",
        "f": "f",
        "t": "O",
        "b": "b",
    }
    ages = people.execute(NAMES).to_numpy()["age"]
    assert ages.tolist() == [36, 20, None]


def test_many_rows_in_many_batches(graph):
    result = graph.execute("UNWIND range(1, 200000) AS i RETURN i, i % 7 AS m")
    arrays = result.to_numpy()
    assert np.array_equal(arrays["i"], np.arange(1, 200_001))
    rows = list(graph.execute("UNWIND range(1, 200000) AS i RETURN i"))
    assert (len(rows), rows[0], rows[-1]) == (200_000, (1,), (200_000,))


def test_pandas(people):
    pytest.importorskip("pandas")
    frame = people.execute(NAMES).to_pandas()
    assert list(frame.columns) == ["name", "age"]
    assert frame["name"].tolist() == ["Ada", "Bob", "Eve"]
    assert frame["age"].isna().tolist() == [False, False, True]


def test_arrow(people):
    pa = pytest.importorskip("pyarrow")
    table = people.execute(NAMES).to_arrow()
    assert table.schema.field("name").type == pa.string()
    assert table.to_pylist() == [
        {"name": "Ada", "age": 36},
        {"name": "Bob", "age": 20},
        {"name": "Eve", "age": None},
    ]
    mixed = people.execute("MATCH (p:Person {name: 'Ada'}) RETURN p, [1, 'a'] AS odd").to_arrow()
    assert mixed.to_pylist()[0]["p"]["properties"] == {"name": "Ada", "age": 36}
    assert mixed.to_pylist()[0]["odd"] == '[1, "a"]'


def test_polars(people):
    pytest.importorskip("polars")
    frame = people.execute(NAMES).to_polars()
    assert frame.to_dicts()[2] == {"name": "Eve", "age": None}


def test_dates_and_times_become_those_of_the_library(graph):
    pa = pytest.importorskip("pyarrow")
    query = (
        "UNWIND [date('2026-01-31'), null] AS d RETURN d, localdatetime('2026-01-31T12:00') AS t"
    )
    table = graph.execute(query).to_arrow()
    assert table.schema.field("d").type == pa.date32()
    assert table["d"].to_pylist() == [dt.date(2026, 1, 31), None]
    assert table["t"].to_pylist() == [dt.datetime(2026, 1, 31, 12)] * 2  # noqa: DTZ001 - local
    far = graph.execute("RETURN date('+99999-01-01') AS d").to_arrow()
    assert far["d"].to_pylist() == ["+99999-01-01"]
    pytest.importorskip("polars")
    assert graph.execute(query).to_polars()["d"].to_list() == [dt.date(2026, 1, 31), None]


def test_an_export_takes_what_is_left(people):
    result = people.execute(NAMES)
    next(result)
    assert result.to_numpy()["name"].tolist() == ["Bob", "Eve"]
    assert people.execute("MATCH (n:Nobody) RETURN n.x AS x").to_numpy()["x"].tolist() == []


def test_subgraph(people):
    found = people.execute("MATCH p = (:Person)-[:KNOWS]->() RETURN p").graph()
    assert (len(found.nodes), len(found.relationships)) == (3, 2)


def test_networkx(people):
    pytest.importorskip("networkx")
    whole = people.to_networkx()
    assert (whole.number_of_nodes(), whole.number_of_edges()) == (3, 2)
    assert {data["since"] for _, _, data in whole.edges(data=True)} == {2001, 2010}


def test_columns_are_as_narrow_as_their_values(graph):
    arrays = graph.execute(
        "UNWIND [[1, $v], [2.5, null], [null, $v]] AS row RETURN row[0] AS x, row[1] AS v",
        v=np.ones(2, np.float32),
    ).to_numpy()
    assert (arrays["x"].dtype, arrays["v"].dtype) == (np.float64, np.float32)
    assert np.array_equal(arrays["x"], [1, 2.5, np.nan], equal_nan=True)
    assert np.array_equal(arrays["v"], [[1, 1], [np.nan] * 2, [1, 1]], equal_nan=True)
    exact = graph.execute(f"UNWIND [{2**53 + 1}, 0.5] AS x RETURN x").to_numpy()["x"]
    assert exact.tolist() == [2**53 + 1, 0.5]


MIXED = {
    "UNWIND [{a: 1}, {b: 'x'}, null] AS x RETURN x": [
        {"a": 1, "b": None},
        {"a": None, "b": "x"},
        None,
    ],
    "UNWIND [{a: 1}, {a: 'x'}] AS x RETURN x": ['{"a": 1}', '{"a": "x"}'],
    "UNWIND [1, 'a', null, true] AS x RETURN x": ["1", "a", None, "true"],
    "UNWIND [date('2026-01-31'), localdatetime('2026-01-31T12:00')] AS x RETURN x": [
        "2026-01-31",
        "2026-01-31T12:00",
    ],
    "UNWIND [$bytes, 'b'] AS x RETURN x": ['"YQ=="', "b"],
    "UNWIND [$v, null] AS x RETURN x": [[1, 1], None],
    "UNWIND [$v, [1.0]] AS x RETURN x": ["[1.0, 1.0]", "[1.0]"],
}


@pytest.mark.parametrize("query", MIXED)
@pytest.mark.parametrize("library", ["arrow", "polars"])
def test_no_value_is_lost_on_the_way_to_a_library(graph, query, library):
    pytest.importorskip("pyarrow" if library == "arrow" else library)
    result = graph.execute(query, bytes=b"a", v=np.ones(2, np.float32))
    column = result.to_arrow()["x"] if library == "arrow" else result.to_polars()["x"]
    assert [
        item.tolist() if hasattr(item, "tolist") else item
        for item in (column.to_pylist() if library == "arrow" else column.to_list())
    ] == MIXED[query]


def test_polars_keeps_fractions_in_lists(graph):
    pytest.importorskip("polars")
    lists = graph.execute("UNWIND [[1], [2.5]] AS x RETURN x").to_polars()["x"].to_list()
    assert lists == ["[1]", "[2.5]"]


def test_nanoseconds_reach_the_libraries(graph):
    pa = pytest.importorskip("pyarrow")
    query = (
        "UNWIND [datetime('2026-01-31T12:00:00.123456789+01:00'), null] AS d"
        " RETURN d, localtime('00:00:00.000000001') AS t"
    )
    table = graph.execute(query).to_arrow()
    assert table.schema.field("d").type == pa.timestamp("ns", tz="UTC")
    assert table["d"].cast(pa.int64()).to_pylist()[0] % 1_000 == 789
    assert table["t"].cast(pa.int64()).to_pylist() == [1, 1]
    pytest.importorskip("polars")
    frame = graph.execute(query).to_polars()
    assert frame["d"].dt.nanosecond().to_list() == [123_456_789, None]
    assert frame["t"].dt.nanosecond().to_list() == [1, 1]


def test_text_that_a_library_cannot_hold_is_a_typed_error(graph):
    pytest.importorskip("pyarrow")
    pytest.importorskip("polars")
    for export in ("to_arrow", "to_polars"):
        result = graph.execute("RETURN $text AS text", text="\ud800")
        with pytest.raises(QueryTypeError, match="surrogate"):
            getattr(result, export)()


def test_networkx_keeps_properties_called_as_what_we_add(graph):
    pytest.importorskip("networkx")
    graph.execute("CREATE (a:L {labels: 1, type: 2})-[:R {type: 3}]->(a)")
    whole = graph.to_networkx()
    assert whole.nodes[0] == {"labels": ("L",), "labels_": 1, "type": 2}
    assert whole.edges[0, 0, 0] == {"type": "R", "type_": 3}


class Source:
    """Rows without an end; the second one, and those after it, are made once `may_go_on` is set."""

    def __init__(self, graph):
        self.is_asked, self.may_go_on = threading.Event(), threading.Event()
        self.closed = 0

        def numbers():
            try:
                for number in range(10**9):
                    if number > 10_000:
                        self.is_asked.set()
                        assert self.may_go_on.wait(60)
                    yield {"x": number}
            finally:
                self.closed += 1

        graph.register_procedure("test.numbers() :: (x :: INTEGER)", numbers)


def in_a_thread(work):
    """Start it; gives a function that waits for the end and gives what was raised."""
    raised = []

    def run():
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is what the test looks at
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def end():
        thread.join(60)
        return raised

    return end


def test_closing_a_result_that_another_thread_reads_ends_that_thread_s_wait():
    with neuralgraph.open() as graph:
        source = Source(graph)
        result = graph.execute("CALL test.numbers() YIELD x RETURN x")
        end = in_a_thread(result.values)
        assert source.is_asked.wait(60)
        result.close()
        assert source.closed == 0
        source.may_go_on.set()
        (error,) = end()
        assert isinstance(error, QueryCancelledError)
        assert source.closed == 1
        assert list(result) == []
        result.close()


def test_a_result_is_read_by_one_thread_at_a_time():
    with neuralgraph.open() as graph:
        source = Source(graph)
        result = graph.execute("CALL test.numbers() YIELD x RETURN x LIMIT 100000")
        end = in_a_thread(result.values)
        assert source.is_asked.wait(60)
        with pytest.raises(QueryArgumentError, match="being read already"):
            result.consume()
        source.may_go_on.set()
        assert end() == []
        assert source.closed == 1


def test_a_statement_without_columns_has_no_values(graph):
    assert graph.execute("CREATE (:N)").values() == []


def test_temporal_results_turn_into_pythons(graph):
    text = "RETURN datetime('{}[Europe/Berlin]') AS moment"
    for written in ("2024-10-27T02:30+01:00", "2024-10-27T02:30+02:00", "2024-07-01T12:00+02:00"):
        moment = graph.execute(text.format(written)).value().to_native()
        assert moment.isoformat()[:16] + moment.isoformat()[19:] == written
        assert moment.tzinfo == zoneinfo.ZoneInfo("Europe/Berlin")
        assert graph.execute("RETURN $m AS m", m=moment).value().to_native() == moment
    length = graph.execute("RETURN duration('P1DT-2.5S') AS d").value()
    assert length.to_native() == dt.timedelta(days=1, seconds=-2.5)
    for beyond, error in (("P1M", QueryTypeError), ("P1000000000D", QueryArithmeticError)):
        with pytest.raises(error):
            graph.execute(f"RETURN duration('{beyond}') AS d").value().to_native()
