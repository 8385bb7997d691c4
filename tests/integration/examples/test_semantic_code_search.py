"""The example finds what a question means, from the reopened file, near and inside a module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import neuralgraph

ROOT = Path(__file__).resolve().parents[3]

SOURCES = {
    "files/packing.py": (
        '"""Compressed archives."""\n\n\ndef pack(path):\n    """Compress a file into an archive."""\n\n\n'
        'def unpack(archive):\n    """Extract all files of an archive."""\n'
    ),
    "times/dates.py": (
        '"""Dates."""\n\n\ndef parse(text):\n    """Parse a date from a string."""\n\n\n'
        'def show(date):\n    """Format a date as a string."""\n\n\n'
        'def age(date):\n    """Years since a date; a string is parsed."""\n    return parse(date)\n'
    ),
    "times/clock.py": (
        '"""Clocks."""\n\n\ndef now():\n    """The date and time of a clock."""\n\n\n'
        'def tick(clock):\n    """Move a clock on by a second."""\n'
    ),
}


@pytest.fixture
def source(tmp_path):
    for name, text in SOURCES.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").write_text("")
        path.write_text(text)
    return tmp_path / "source"


def found(*words):
    """Ids in the tables that the example prints, a list for each."""
    command = [sys.executable, "examples/semantic_code_search.py", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tables = done.stdout.split("── ")[1:]
    rows = [[line for line in table.splitlines() if "│" in line][1:] for table in tables]
    return done.stdout, [[row.split("│")[0].strip() for row in table] for table in rows]


def test_questions_are_answered_from_the_file(source, tmp_path):
    db = tmp_path / "code.ngdb"
    words = (source, "--db", db, "--ask", "parsing strings into dates", "--ask", "compress files")
    printed, tables = found(*words)
    assert "indexed" in printed
    assert tables[0][0] == "times.dates:parse"
    assert tables[1][0] == "files.packing:pack"
    printed, again = found(*words)
    assert "indexed" not in printed
    assert again == tables
    with neuralgraph.open(db) as graph:
        names = {record["name"] for record in graph.execute("SHOW INDEXES YIELD name")}
        assert {"code_vectors", "code_words"} <= names
        graph.verify()


def test_a_module_draws_the_answers(source, tmp_path):
    question = ("--ask", "the date", "--module", "times.clock")
    _printed, (near, inside) = found(source, "--db", tmp_path / "code.ngdb", *question)
    assert near[0] == "times.clock:now"
    assert {name.partition(":")[0] for name in inside} == {"times.clock"}
