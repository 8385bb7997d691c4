"""Every scenario of the openCypher TCK passes, those marked @ignore included, with exactly the right errors.

An error counts only with the right kind, detail and phase. Scenarios that are content with any graph run
on an empty one and on a small tree. ``scripts/tck`` prints a summary.
"""

from __future__ import annotations

import pytest

from tests.conformance.tck.check import Level, Status, run_scenario
from tests.conformance.tck.location import features_folder, named_graphs
from tests.conformance.tck.scenarios import load_feature

FEATURES = features_folder()
PATHS = sorted(FEATURES.rglob("*.feature")) if FEATURES else []


@pytest.mark.skipif(
    FEATURES is None,
    reason="no openCypher TCK here: set OPENCYPHER_TCK to a folder with its feature files",
)
@pytest.mark.parametrize("any_graph", ["empty", "binary-tree-1"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_feature_passes(path, any_graph):
    assert FEATURES is not None
    text = path.read_text(encoding="utf-8")
    graphs = named_graphs(FEATURES)
    problems = []
    for scenario in load_feature(text, path.relative_to(FEATURES).as_posix()):
        if any_graph != "empty" and "any graph" not in text:
            continue
        outcome = run_scenario(scenario, graphs, any_graph).at(Level.EXACT)
        if outcome.status is not Status.PASS:
            problems.append(f"{scenario.id}\n    {outcome.reason}")
    assert not problems, "\n".join(problems)
