"""LOAD CSV: rows, places of rows, and only files below the folders that are allowed."""

from __future__ import annotations

import pytest

import neuralgraph
from neuralgraph.errors import QueryArgumentError, QuerySyntaxError, QueryTypeError


@pytest.fixture
def folder(tmp_path):
    allowed = tmp_path / "allowed"
    (allowed / "inner").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("secret\n")
    (allowed / "people.csv").write_text('name,note\nAda,"two\nlines"\nBob,\n')
    (allowed / "inner" / "plain.csv").write_text("1;2\n3;4\n")
    return allowed


@pytest.fixture
def graph(folder):
    with neuralgraph.open(import_folders=[str(folder)]) as graph:
        yield graph


def rows(graph, text):
    return [tuple(record) for record in graph.execute(text)]


def test_headers_name_the_fields_and_empty_ones_are_null(graph):
    assert rows(graph, "LOAD CSV WITH HEADERS FROM 'file:///people.csv' AS row RETURN row") == [
        ({"name": "Ada", "note": "two\nlines"},),
        ({"name": "Bob", "note": None},),
    ]


def test_fields_have_a_terminator(graph):
    text = "LOAD CSV FROM 'inner/plain.csv' AS row FIELDTERMINATOR ';' RETURN row"
    assert rows(graph, text) == [(["1", "2"],), (["3", "4"],)]


@pytest.mark.parametrize(
    "text",
    [
        "RETURN row.name, linenumber() AS l, file() AS f",
        "WITH row WHERE linenumber() > 1 RETURN row.name, linenumber() AS l, file() AS f",
        "WITH * ORDER BY row.name RETURN row.name, linenumber() AS l, file() AS f",
        "CALL (row) { RETURN linenumber() AS l, file() AS f } RETURN row.name, l, f",
        "CALL (*) { RETURN linenumber() AS l, file() AS f } RETURN row.name, l, f",
        "CALL { WITH row RETURN row.name AS n, linenumber() AS l, file() AS f } RETURN n, l, f",
        "UNWIND [1] AS x WITH row, x RETURN row.name, linenumber() + x - 1 AS l, file() AS f",
        "CREATE (n:N {l: linenumber(), f: file()}) RETURN row.name, n.l AS l, n.f AS f",
        "RETURN DISTINCT row.name, linenumber() AS l, file() AS f ORDER BY linenumber()",
    ],
)
def test_a_row_knows_its_place(graph, folder, text):
    path = str((folder / "people.csv").resolve())
    found = rows(graph, f"LOAD CSV WITH HEADERS FROM 'file:///people.csv' AS row {text}")
    assert found == [("Ada", 3, path), ("Bob", 4, path)]


@pytest.mark.parametrize(
    "text",
    [
        "RETURN linenumber(), file()",
        "LOAD CSV FROM 'people.csv' AS row WITH count(*) AS rows RETURN linenumber(), file()",
        "LOAD CSV FROM 'people.csv' AS row WITH DISTINCT 1 AS one RETURN linenumber(), file()",
        "LOAD CSV FROM 'people.csv' AS r WITH collect(r) AS l UNWIND l[..1] AS x RETURN linenumber(), file()",
    ],
)
def test_elsewhere_there_is_no_place(graph, text):
    assert rows(graph, text) == [(None, None)]


@pytest.mark.parametrize(
    "source",
    ["../secret.csv", "file:///../secret.csv", "file:///%2e%2e/secret.csv", "inner/../../secret.csv",
     "link.csv", "linked/secret.csv", "/dev/null", "missing.csv", "", ".", "inner"],
)  # fmt: skip
def test_only_files_below_the_folder_are_read(graph, folder, source):
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    (folder / "linked").symlink_to(folder.parent)
    with pytest.raises(QueryArgumentError):
        graph.execute("LOAD CSV FROM $source AS row RETURN row", source=source).to_dicts()


def test_an_absolute_path_outside_is_not_read(graph, folder):
    secret = str(folder.parent / "secret.csv")
    with pytest.raises(QueryArgumentError):
        graph.execute("LOAD CSV FROM $source AS row RETURN row", source=secret).to_dicts()


@pytest.mark.parametrize("source", ["http://localhost/x.csv", "ftp://h/x.csv", "data:text/csv,a"])
def test_nothing_is_fetched(graph, source):
    with pytest.raises(QueryArgumentError, match="files only"):
        graph.execute("LOAD CSV FROM $source AS row RETURN row", source=source).to_dicts()


@pytest.mark.parametrize("source", [1, None, ["people.csv"]])
def test_a_source_is_a_string(graph, source):
    with pytest.raises(QueryTypeError):
        graph.execute("LOAD CSV FROM $source AS row RETURN row", source=source).to_dicts()


def test_links_inside_the_folder_are_followed(graph, folder):
    (folder / "again.csv").symlink_to(folder / "inner" / "plain.csv")
    assert len(rows(graph, "LOAD CSV FROM 'again.csv' AS row RETURN row")) == 2


def test_without_a_folder_nothing_is_read(folder):
    with neuralgraph.open() as graph, pytest.raises(QueryArgumentError):
        graph.execute(f"LOAD CSV FROM '{folder}/people.csv' AS row RETURN row").to_dicts()


def test_what_is_not_text_is_refused(graph, folder):
    (folder / "binary.csv").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(QueryArgumentError, match="cannot be read"):
        graph.execute("LOAD CSV FROM 'binary.csv' AS row RETURN row").to_dicts()


@pytest.mark.parametrize("terminator", ["';;'", "''", "'\"'", "'\\n'"])
def test_a_terminator_is_one_character(graph, terminator):
    with pytest.raises(QuerySyntaxError, match="one character") as caught:
        graph.execute(f"LOAD CSV FROM 'people.csv' AS r FIELDTERMINATOR {terminator} RETURN r")
    assert caught.value.detail == "InvalidFieldTerminator"


@pytest.mark.parametrize("text", ['a,"b\nc,d\n', 'a,"b"c\n'])
def test_a_quote_that_never_closes_is_an_error(graph, folder, text):
    (folder / "open.csv").write_text(text)
    with pytest.raises(QueryArgumentError, match="is no CSV, at line") as caught:
        rows(graph, "LOAD CSV FROM 'open.csv' AS r RETURN r")
    assert caught.value.detail == "InvalidCsv"
