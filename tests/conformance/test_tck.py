"""Every scenario of the openCypher TCK passes, but for those in `expected_failures.txt`.

The file only ever gets shorter: a scenario in it that passes fails the test until its line is removed. An
error counts only with the right kind and detail. ``scripts/tck`` prints a summary and can write the file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.tck.check import Level, Outcome, Status, run_scenario
from tests.conformance.tck.location import features_folder, named_graphs
from tests.conformance.tck.scenarios import load_feature

EXPECTED_FAILURES = Path(__file__).with_name("expected_failures.txt")
FEATURES = features_folder()
PATHS = sorted(FEATURES.rglob("*.feature")) if FEATURES else []


def expected_failures() -> set[str]:
    lines = EXPECTED_FAILURES.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


@pytest.mark.skipif(
    FEATURES is None,
    reason="no openCypher TCK here: set OPENCYPHER_TCK to a folder with its feature files",
)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_feature_passes(path):
    assert FEATURES is not None
    expected = expected_failures()
    graphs = named_graphs(FEATURES)
    problems = []
    for scenario in load_feature(
        path.read_text(encoding="utf-8"), path.relative_to(FEATURES).as_posix()
    ):
        outcome: Outcome = run_scenario(scenario, graphs).at(Level.STRICT)
        failed = outcome.status in (Status.FAIL, Status.ERROR)
        if failed and scenario.id not in expected:
            problems.append(f"{scenario.id}\n    {outcome.reason}")
        elif scenario.id in expected and outcome.status is Status.PASS:
            problems.append(f"{scenario.id}\n    passes now: remove it from expected_failures.txt")
    assert not problems, "\n".join(problems)
