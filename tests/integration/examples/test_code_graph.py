"""The example answers from a small tree of source, and skips the load when nothing changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import neuralgraph

ROOT = Path(__file__).resolve().parents[3]

SOURCES = {
    "shop/__init__.py": '"""A shop."""\nfrom shop.prices import price\n',
    "shop/prices.py": (
        "import math\n\n\ndef price(item):\n    return rounded(item.cost)\n\n\n"
        "def rounded(x):\n    '''Up.'''\n    return math.ceil(x)\n"
    ),
    "shop/items.py": (
        "from shop import price\n\n\nclass Item:\n    def __init__(self, cost):\n        self.cost = cost\n\n"
        "    def total(self):\n        return price(self)\n\n\n"
        "class Tea(Item):\n    def total(self):\n        return super().total() + self.tax()\n\n"
        "    def tax(self):\n        return 1\n\n\ndef sell():\n    tea = Tea(2)\n    return tea.total()\n"
    ),
    "main.py": "import shop.items\n\nshop.items.sell()\n",
    "broken.py": "def (:\n",
}


@pytest.fixture
def source(tmp_path):
    for name, text in SOURCES.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "source"


def run(*words):
    command = [sys.executable, "examples/code_graph.py", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_loads_answers_and_skips_the_second_load(source, tmp_path):
    db = tmp_path / "code.ngdb"
    words = (source, "--db", db, "--function", "shop.prices:rounded")
    first = run(*words, "--from-module", "main", "--to-module", "math")
    assert "1 files do not parse" in first
    assert "['main', 'shop.items', 'shop', 'shop.prices', 'math']" in first
    assert "shop.items:Item.total" in first
    assert run(*words).startswith(str(db))
    (source / "main.py").write_text("import shop\n")
    assert "read 4 modules" in run(*words)


def test_names_are_resolved(source, tmp_path):
    run(source, "--db", tmp_path / "code.ngdb")
    with neuralgraph.open(tmp_path / "code.ngdb") as graph:
        calls = {
            (caller, called)
            for caller, called in graph.execute(
                "MATCH (a)-[:CALLS]->(b:Function) RETURN coalesce(a.id, a.name), b.id"
            )
        }
        bases = list(graph.execute("MATCH (a:Class)-[:INHERITS]->(b) RETURN a.id, b.id"))
    assert calls == {
        ("shop.prices:price", "shop.prices:rounded"),
        ("shop.items:Item.total", "shop.prices:price"),
        ("shop.items:Tea.total", "shop.items:Item.total"),
        ("shop.items:Tea.total", "shop.items:Tea.tax"),
        ("shop.items:sell", "shop.items:Item.__init__"),
        ("shop.items:sell", "shop.items:Tea.total"),
        ("main", "shop.items:sell"),
    }
    assert bases == [("shop.items:Tea", "shop.items:Item")]
