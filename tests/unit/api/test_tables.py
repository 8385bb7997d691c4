"""Whatever form a table comes in, the columns are the same."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from neuralgraph.api.tables import column_of, read_table
from neuralgraph.errors import QueryArgumentError, QueryTypeError
from neuralgraph.values import Kind
from neuralgraph.values.instants import Date

ROWS = {
    "id": [1, 2, 3],
    "name": ["a", None, "c"],
    "score": [0.5, 1.5, None],
    "on": [True, False, True],
}
KINDS = [Kind.INTEGER, Kind.TEXT, Kind.FLOAT, Kind.BOOLEAN]


def values_of(table):
    return {name: column.decoded().to_list() for name, column in table.items()}


def test_lists():
    table = read_table(ROWS)
    assert values_of(table) == ROWS
    assert [column.kind for column in table.values()] == KINDS


def test_arrow():
    pa = pytest.importorskip("pyarrow")
    table = read_table(pa.table(ROWS))
    assert values_of(table) == ROWS
    assert [column.kind for column in table.values()] == KINDS


def test_polars():
    pl = pytest.importorskip("polars")
    table = read_table(pl.DataFrame(ROWS))
    assert values_of(table) == ROWS
    assert [column.kind for column in table.values()] == KINDS


def test_pandas_with_its_missing_values():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {"id": [1, 2], "name": ["a", None], "n": pd.array([1, None], dtype="Int64")}
    )
    assert values_of(read_table(frame)) == {"id": [1, 2], "name": ["a", None], "n": [1, None]}


def test_parquet_and_csv(tmp_path):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    csv = pytest.importorskip("pyarrow.csv")
    parquet.write_table(pa.table(ROWS), tmp_path / "rows.parquet")
    csv.write_csv(pa.table(ROWS), tmp_path / "rows.csv")
    assert values_of(read_table(tmp_path / "rows.parquet")) == ROWS
    assert values_of(read_table(str(tmp_path / "rows.csv"))) == ROWS


def test_csv_without_arrow(tmp_path, monkeypatch):
    monkeypatch.setattr("neuralgraph.api.tables.is_installed", lambda _: False)
    (tmp_path / "rows.csv").write_text("id,name,score,on\n1,a,0.5,true\n2,,1.5,false\n3,c,,true\n")
    assert values_of(read_table(tmp_path / "rows.csv")) == ROWS


@pytest.mark.parametrize("arrow", [True, False])
def test_csv_takes_for_numbers_what_are_numbers(tmp_path, monkeypatch, arrow):
    if arrow:
        pytest.importorskip("pyarrow")
    else:
        monkeypatch.setattr("neuralgraph.api.tables.is_installed", lambda _: False)
    columns = {
        "underscore": ["1_000", "2"],
        "large": ["99999999999999999999", "1"],
        "greatest": ["9223372036854775807", "-9223372036854775808"],
        "float": ["1_0.5", "2.5"],
        "digits": ["٣", "4"],
    }
    lines = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    assert values_of(read_table(tmp_path / "rows.csv")) == {
        "underscore": ["1_000", "2"],
        "large": [1e20, 1.0],
        "greatest": [2**63 - 1, -(2**63)],
        "float": ["1_0.5", "2.5"],
        "digits": ["٣", "4"],
    }


def test_many_equal_strings_become_a_dictionary():
    pa = pytest.importorskip("pyarrow")
    words = ["x", "y", None] * 1_000
    column = read_table(pa.table({"word": words}))["word"]
    assert column.dictionary is not None
    assert column.decoded().to_list() == words


@pytest.mark.parametrize("form", ["string", "large_string", "string_view"])
def test_arrow_strings_of_any_form_and_slice(form):
    pa = pytest.importorskip("pyarrow")
    words = ["", "ab", None, "é", "\U0001f40d", "f"] * 20
    array = pa.array(words, pa.string()).cast(form)
    assert column_of(array).to_list() == words
    assert column_of(array.slice(3, 50)).to_list() == words[3:53]
    assert column_of(pa.chunked_array([array, array.slice(1)])).to_list() == words + words[1:]
    assert column_of(array.slice(0, 0)).to_list() == []
    assert column_of(pa.chunked_array([], form)).to_list() == []
    assert column_of(pa.array([None, None], form)).to_list() == [None, None]


def test_arrow_strings_that_are_none_are_refused():
    pa = pytest.importorskip("pyarrow")
    damaged = pa.array([b"fine", b"\xff"], pa.binary()).view(pa.string())
    with pytest.raises(QueryTypeError, match="damaged"):
        column_of(damaged)


def test_vectors():
    pa = pytest.importorskip("pyarrow")
    matrix = np.arange(6, dtype=np.float32).reshape(3, 2)
    arrow = pa.FixedSizeListArray.from_arrays(pa.array(matrix.reshape(-1)), 2)
    for values in (matrix, matrix.astype(np.float64), arrow, list(matrix)):
        column = column_of(values)
        assert column.kind == Kind.VECTOR
        assert np.array_equal(column.array, matrix)


def test_numpy_times_become_instants():
    days = np.array(["2026-01-31", "NaT", "2026-01-31"], dtype="datetime64[D]")
    assert column_of(days).to_list() == [Date.of(2026, 1, 31), None, Date.of(2026, 1, 31)]
    assert column_of([dt.date(2026, 1, 31)]).to_list() == [Date.of(2026, 1, 31)]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (7, QueryTypeError),
        ({"a": [1], "b": [1, 2]}, QueryTypeError),
        ({"a": [object()]}, QueryTypeError),
        ({"a": [2**63]}, (QueryTypeError, QueryArgumentError)),
        ({"a": np.array([2**63], dtype=np.uint64)}, QueryTypeError),
    ],
)
def test_what_is_no_table_is_refused(data, error):
    with pytest.raises(error):
        read_table(data)


def test_an_uneven_csv_names_its_line(tmp_path, monkeypatch):
    monkeypatch.setattr("neuralgraph.api.tables.is_installed", lambda _: False)
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(QueryTypeError, match=r"line 3 of rows\.csv"):
        read_table(tmp_path / "rows.csv")
