"""Modules stay small, boxes have front doors, names are not vague, and nothing is left half done."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "neuralgraph"
MODULES = sorted(PACKAGE.rglob("*.py"))
MODULE_LINES_MAX = 600
FUNCTION_LINES_MAX = 60
FRONT_DOOR_NAMES_MAX = 40
VAGUE_NAMES = {"utils", "helpers", "common", "base", "core", "shared", "misc"}
HEAVY_LIBRARIES = {
    "difflib", "jellyfish", "logging", "networkx", "pandas", "polars", "pyarrow", "pyparsing", "random",
    "scipy", "secrets", "snowballstemmer", "sortedcontainers", "tomllib", "tzdata", "whoosh", "zoneinfo",
    "zstandard",
}  # fmt: skip

DOORS = {
    "neuralgraph/api/activity.py": "values.instants",
    "neuralgraph/api/engines.py": "api.time_procedures",
    "neuralgraph/api/graph.py": "api",
    "neuralgraph/api/result.py": "api",
    "neuralgraph/api/settings.py": "query.execution.procedure",
    "neuralgraph/api/statement.py": "",
    "neuralgraph/query/execution/compiler.py": "query.execution.operators.profiled",
    "neuralgraph/query/functions/registry.py": "query.functions",
    "neuralgraph/query/language/grammar/statements.py": "query.language.grammar.commands",
    "neuralgraph/query/language/parser.py": "query.language.grammar",
    "neuralgraph/query/planning/clauses.py": "query.planning.updates",
    "neuralgraph/storage/indexes/search_kinds.py": "storage.indexes.touch_log",
    "neuralgraph/storage/indexes/text/text_kind.py": "storage.indexes.text",
    "neuralgraph/storage/indexes/vector/vector_kind.py": "",
    "neuralgraph/storage/maintenance/checkpoint.py": "storage.versions.folding",
    "neuralgraph/storage/maintenance/engine.py": "storage",
    "neuralgraph/storage/maintenance/moments.py": "storage.versions.history_view",
    "neuralgraph/storage/maintenance/opening.py": "storage.maintenance.salvage",
    "neuralgraph/storage/transactions/commit_queue.py": "storage.transactions.interrupts",
    "neuralgraph/storage/transactions/manager.py": "storage.transactions",
    "neuralgraph/storage/transactions/write_set.py": "storage.transactions.own_base",
    "neuralgraph/storage/versions/base.py": "storage.versions",
    "neuralgraph/storage/versions/graph_view.py": "storage.versions",
}
"""Modules whose functions load parts of ours at their first use, and which parts: what a process that opens a
graph and reads a little does without. Everywhere else an import stands at the top, so that cycles show."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_short_and_says_what_it_is_for(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= MODULE_LINES_MAX
    assert ast.get_docstring(tree)
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_functions_import_nothing_but_heavy_libraries(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = [
        statement
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for statement in ast.walk(function)
        if isinstance(statement, (ast.Import, ast.ImportFrom))
    ]
    modules = {
        name.partition(".")[0]
        for statement in inner
        for name in (
            [alias.name for alias in statement.names]
            if isinstance(statement, ast.Import)
            else [statement.module or ""]
        )
    }
    part = DOORS.get(name_of(path))
    ours = [
        statement.module
        for statement in inner
        if isinstance(statement, ast.ImportFrom)
        and (statement.module or "").startswith("neuralgraph")
    ]
    assert all(part is not None and module.startswith(f"neuralgraph.{part}") for module in ours)
    assert modules - {"neuralgraph"} <= HEAVY_LIBRARIES


def test_no_module_has_a_vague_name():
    vague = [
        name_of(path)
        for path in MODULES
        if path.stem in VAGUE_NAMES and name_of(path) != "neuralgraph/storage/versions/base.py"
    ]
    assert vague == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=name_of)
def test_front_door_offers_what_is_there_and_not_too_much(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    offered = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    ]
    bound = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for names in offered:
        # The package itself offers every error besides.
        assert len(names) <= FRONT_DOOR_NAMES_MAX or path.parent == PACKAGE
        assert "*" in bound or set(names) - {"__version__"} <= bound


def test_nothing_is_left_half_done():
    marks = ("NotImplementedError", "TO" + "DO", "FIX" + "ME")
    found = [
        f"{name_of(path)}: {mark}"
        for path in MODULES
        for mark in marks
        if mark in path.read_text(encoding="utf-8")
    ]
    assert found == []
