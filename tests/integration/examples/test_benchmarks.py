"""The benchmarks run and every answer of ours is right; nothing is timed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.data import make
from benchmarks.growth import slope
from benchmarks.plot import plot
from benchmarks.questions import QUESTIONS
from benchmarks.report import table
from benchmarks.search_inserts import STEPS, rows_of
from benchmarks.search_inserts import measured as measure_inserts
from benchmarks.vector_kinds import measure as measure_kind

ROOT = Path(__file__).resolve().parents[3]


def test_every_question_is_answered_rightly():
    pytest.importorskip("pyarrow")
    command = [sys.executable, "-m", "benchmarks", "--quick", "--peers", "neuralgraph,sqlite"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout
    assert done.stdout.count("| right | right |") == 34
    own = done.stdout.split("of neuralgraph itself")[1]
    assert own.count("| right |") == 22


def test_results_become_a_table_and_a_picture():
    numbers = {question.key: number for number, question in enumerate(QUESTIONS)}
    row = {"median_ms": 0.5, "p99_ms": 2.0, "runs": 9}
    slow = {"median_ms": 50.0, "p99_ms": 200.0, "runs": 9}
    results = {
        "neuralgraph": {
            "version": "1",
            "rows": [[numbers["W5"], "2 hops", row], [numbers["own"], "hit", row]],
        },
        "kuzu": {"version": "2", "rows": [[numbers["W5"], "2 hops", slow]]},
        "sqlite": {"version": "3", "rows": [[numbers["W5"], "2 hops", {"why": "no <reason>"}]]},
    }
    shown = table(results)
    assert "| W5 2 hops | **0.500 [2.00]** | 50.00 [200] | - | 1e+02 |" in shown
    assert "| hit | 0.500 [2.00] |" in shown
    assert "- sqlite: no <reason> (W5 2 hops)" in shown
    fuzzy = {**row, "median_ms": 0.1, "recall": 0.8}
    results["kuzu"]["rows"].append([numbers["W16"], "words", fuzzy])
    results["neuralgraph"]["rows"].append([numbers["W16"], "words", {**row, "recall": 0.98}])
    found = "| W16 words | **0.500 [2.00], finds 98%** | 0.100 [2.00], finds 80% |  |  |"
    assert found in table(results)
    picture = plot(results, "a & b")
    assert "a &amp; b" in picture
    assert "<title>kuzu: 100x</title>" in picture


def test_what_history_costs_can_be_measured():
    command = [sys.executable, "-m", "benchmarks.history_cost", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for what in ("kept", "past", "deltas", "stalls"):
        assert f"{what}: " in done.stdout


def test_growth_is_the_slope_over_the_number_of_relationships():
    small, large = {"median_ms": 1.0, "p99_ms": 1.0}, {"median_ms": 10.0, "p99_ms": 10.0}
    loads = ({"seconds": 1.0, "rows": 100}, {"seconds": 10.0, "rows": 1_000})
    found = {"S": {"W7": small, "W1": loads[0]}, "M": {"W7": large, "W1": loads[1]}}
    assert slope("W7", small, found, ["S", "M"]) == "1.00"
    assert slope("W1", loads[0], found, ["S", "M"]) == "1.00"
    assert slope("W3", small, {"S": {"W3": small}, "M": {}}, ["S", "M"]) == ""


def test_kinds_of_vector_indexes_can_be_measured(tmp_path):
    pytest.importorskip("faiss")
    found = measure_kind(tmp_path, "flat", "none", 1_200)
    assert found[:4] == ["flat", "none", "516", "1.000"]


def test_what_search_indexes_cost_writers_can_be_measured(tmp_path):
    pytest.importorskip("pyarrow")
    data = make("tiny", tmp_path)
    found = measure_inserts(data, rows_of(data, 60), 20, ("vector", "text"))
    assert set(found) == set(STEPS)
    assert found["all of it"] == pytest.approx(sum(found[step] for step in STEPS[:3]))
