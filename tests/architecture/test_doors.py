"""What is loaded when: names of front doors lead somewhere, and a reader loads what reading takes."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOORS = sorted(
    ".".join(path.parent.relative_to(ROOT).parts)
    for path in (ROOT / "neuralgraph").rglob("__init__.py")
    if " = door(" in path.read_text(encoding="utf-8")
)
NOT_FOR_A_LOOKUP = (
    "api.dumps.", "api.exporting", "api.loading", "api.procedures", "api.time_procedures",
    "query.execution.algorithms.", "query.execution.built_in.", "query.functions.catalogue",
    "query.language.printing", "storage.indexes.text.text_run", "storage.indexes.vector.vector_run",
    "storage.maintenance.bulk_load", "storage.maintenance.integrity", "storage.maintenance.salvage",
    "storage.temporal.", "storage.transactions.transaction", "storage.versions.folding", "text.",
)  # fmt: skip
LOOKUP = """
import sys, neuralgraph
with neuralgraph.open(sys.argv[1], read_only=True) as graph:
    assert graph.execute("MATCH (n:N {id: $id}) RETURN n.name", id=1).value() == "one"
    print(*sorted(sys.modules))
"""


@pytest.mark.parametrize("package", DOORS)
def test_every_name_of_a_door_leads_somewhere(package):
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nowhere'"):
        _ = module.nowhere


def test_a_point_lookup_loads_what_it_needs(tmp_path):
    import neuralgraph

    path = tmp_path / "small.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE INDEX FOR (n:N) ON (n.id)")
        graph.execute("CREATE (:N {id: 1, name: 'one'})")
    command = [sys.executable, "-c", LOOKUP, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = [name for name in done.stdout.split() if name.startswith("neuralgraph.")]
    needless = [
        name for name in loaded if name.removeprefix("neuralgraph.").startswith(NOT_FOR_A_LOOKUP)
    ]
    assert "neuralgraph.query.execution.operators.index_seek" in loaded
    assert needless == []
