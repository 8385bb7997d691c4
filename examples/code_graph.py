"""Python source as a graph: what defines, imports, inherits and calls what.

    python examples/code_graph.py [PATH] [--db FILE]

Reads a tree of Python source (by default the standard library of the interpreter that runs this), loads
it in bulk into one database file, closes it, and answers questions from the reopened file. A second run
on unchanged source skips the load.

    (:Module)-[:CONTAINS]->(:Module | :Class | :Function)      packages, classes and functions inside
    (:Module)-[:IMPORTS]->(:Module)
    (:Class)-[:INHERITS]->(:Class)
    (:Function | :Class | :Module)-[:CALLS]->(:Function)      from a class: in its body
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from name_resolver import Meaning, Resolver
from source_reader import read_tree, source_files

import neuralgraph
from neuralgraph.cli.rendering import render_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from source_reader import Call, Definition, Module

    from neuralgraph import Graph

Rows = dict[str, list[Any]]


def main(argv: Sequence[str] | None = None) -> int:
    """Load when needed, then ask."""
    arguments = parse_arguments(argv)
    root = arguments.path.resolve()
    if not root.is_dir():
        print(f"{root} is no folder", file=sys.stderr)
        return 2
    files = source_files(root, with_tests=arguments.with_tests)
    if not files:
        print(f"there is no Python source in {root}", file=sys.stderr)
        return 2
    fingerprint = fingerprint_of(root, files)
    if not is_loaded(arguments.db, fingerprint):
        load(arguments.db, root, files, fingerprint)
    began = time.perf_counter()
    with neuralgraph.open(arguments.db) as graph:
        opened_ms = (time.perf_counter() - began) * 1e3
        facts = graph.info()
        print(
            f"{arguments.db}: {facts.nodes:,} nodes, {facts.relationships:,} relationships,"
            f" {facts.bytes_on_disk / 1e6:.1f} MB, opened in {opened_ms:.1f} ms\n"
        )
        ask(graph, arguments)
    return 0


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Python source as a graph.")
    parser.add_argument(
        "path",
        nargs="?",
        type=Path,
        default=Path(sysconfig.get_path("stdlib")),
        help="a folder of Python source; the standard library where none is given",
    )
    parser.add_argument(
        "--db", type=Path, default=Path("code_graph.ngdb"), help="the database file"
    )
    parser.add_argument("--with-tests", action="store_true", help="read folders of tests too")
    parser.add_argument("--from-module", metavar="NAME", help="start of the import path")
    parser.add_argument("--to-module", metavar="NAME", help="end of the import path")
    parser.add_argument(
        "--function", metavar="ID", help="the function that changes, as module:name"
    )
    return parser.parse_args(argv)


# ── loading ───────────────────────────────────────────────────────────────────────────────────


def fingerprint_of(root: Path, files: Sequence[Path]) -> str:
    """Changes when a file does."""
    digest = hashlib.sha256(str(root).encode())
    for path in files:
        facts = path.stat()
        digest.update(f"{path}|{facts.st_size}|{facts.st_mtime_ns}".encode())
    return digest.hexdigest()


def is_loaded(db: Path, fingerprint: str) -> bool:
    """Does the file hold this source already? One that holds older source is removed."""
    if not db.exists():
        return False
    with neuralgraph.open(db) as graph:
        stored = graph.execute("MATCH (s:Source) RETURN s.fingerprint AS fingerprint").values()
        if graph.info().nodes and not stored:
            raise SystemExit(f"{db} holds another graph; choose another file with --db")
    if stored == [fingerprint]:
        return True
    db.unlink()
    shutil.rmtree(db.with_name(db.name + "-wal"), ignore_errors=True)
    return False


def load(db: Path, root: Path, files: list[Path], fingerprint: str) -> None:
    """Read the source and load it in bulk."""
    began = time.perf_counter()
    modules = [module for module in read_tree(root, files) if module is not None]
    lines = sum(module.lines for module in modules)
    seconds = time.perf_counter() - began
    print(
        f"read {len(modules):,} modules, {lines:,} lines in {seconds:.1f} s"
        f" ({lines / seconds:,.0f} lines/s); {len(files) - len(modules)} files do not parse"
    )
    began = time.perf_counter()
    tables = Tables(root, modules)
    print(f"resolved names in {time.perf_counter() - began:.1f} s")
    report = []
    with neuralgraph.open(db) as graph:
        for label, key, rows in tables.nodes():
            done = graph.load_nodes(label, rows, key=key)
            report.append((f"(:{label})", done.rows, f"{done.rows_per_second:,.0f}"))
        for edge_type, source, target, rows in tables.relationships():
            done = graph.load_relationships(
                edge_type, rows, source=(source, "source"), target=(target, "target")
            )
            name = f"(:{source})-[:{edge_type}]->(:{target})"
            report.append((name, done.rows, f"{done.rows_per_second:,.0f}"))
        graph.execute(
            "CREATE (:Source {path: $path, fingerprint: $fingerprint, loaded: datetime()})",
            path=str(root),
            fingerprint=fingerprint,
        )
    print(render_table(("loaded", "rows", "rows/s"), report))


class Tables:
    """The graph as columns, ready for bulk loads."""

    def __init__(self, root: Path, modules: list[Module]) -> None:
        self.root = root
        self.modules = modules
        self.resolver = Resolver(modules)
        self.ids: dict[int, str] = {}
        self._taken: set[str] = set()
        for module in modules:
            for definition in module.definitions:
                self.ids[id(definition)] = self._new_id(module, definition)
        self._edges: dict[tuple[str, str, str], dict[tuple[str, str], list[int]]] = {}
        self._external_modules: dict[str, None] = {}
        self._external_classes: dict[str, None] = {}
        for module in modules:
            self._collect(module)

    def _new_id(self, module: Module, definition: Definition) -> str:
        """``module:qualified.name``; a second definition of the name tells its line too."""
        name = f"{module.name}:{definition.qualified_name}"
        if name in self._taken:
            name = f"{name}@{definition.line}"
        self._taken.add(name)
        return name

    # ── edges ─────────────────────────────────────────────────────────────────────────────────

    def _add(self, edge: tuple[str, str, str], source: str, target: str, line: int) -> None:
        """Edges between the same two are one edge, with its first line and how many there were."""
        found = self._edges.setdefault(edge, {}).setdefault((source, target), [line, 0])
        found[1] += 1

    def _collect(self, module: Module) -> None:
        resolver, ids = self.resolver, self.ids
        parent = module.name.rpartition(".")[0]
        if parent in resolver.scopes:
            self._add(("CONTAINS", "Module", "Module"), parent, module.name, 1)
        for target, line in resolver.imported_modules(module):
            if target not in resolver.scopes:
                self._external_modules[target] = None
            self._add(("IMPORTS", "Module", "Module"), module.name, target, line)
        self._add_calls(("CALLS", "Module", "Function"), module, None, module.name, module.calls)
        for definition in module.definitions:
            own_id, label = ids[id(definition)], definition.kind.capitalize()
            owner = definition.parent
            if owner is None:
                self._add(("CONTAINS", "Module", label), module.name, own_id, definition.line)
            else:
                edge = ("CONTAINS", owner.kind.capitalize(), label)
                self._add(edge, ids[id(owner)], own_id, definition.line)
            for base in resolver.bases(module, definition):
                if isinstance(base, Meaning):
                    target = ids[id(base.definition)]
                else:
                    target = base
                    self._external_classes[base] = None
                self._add(("INHERITS", "Class", "Class"), own_id, target, definition.line)
            edge = ("CALLS", label, "Function")
            self._add_calls(edge, module, definition, own_id, definition.calls)

    def _add_calls(
        self,
        edge: tuple[str, str, str],
        module: Module,
        owner: Definition | None,
        owner_id: str,
        calls: list[Call],
    ) -> None:
        for meaning, line in self.resolver.called(module, owner, calls):
            self._add(edge, owner_id, self.ids[id(meaning.definition)], line)

    # ── columns ───────────────────────────────────────────────────────────────────────────────

    def nodes(self) -> list[tuple[str, str, Rows]]:
        """(label, key column, columns)."""
        return [
            ("Module", "name", self._module_rows()),
            ("Class", "id", self._definition_rows("class", list(self._external_classes))),
            ("Function", "id", self._definition_rows("function", [])),
        ]

    def relationships(self) -> list[tuple[str, str, str, Rows]]:
        """(type, source label, target label, columns)."""
        tables = []
        for (edge_type, source, target), edges in self._edges.items():
            rows: Rows = {
                "source": [pair[0] for pair in edges],
                "target": [pair[1] for pair in edges],
                "line": [line for line, _ in edges.values()],
            }
            if edge_type != "CONTAINS":
                rows["times"] = [times for _, times in edges.values()]
            tables.append((edge_type, source, target, rows))
        return tables

    def _module_rows(self) -> Rows:
        modules, external = self.modules, list(self._external_modules)
        nothing = [None] * len(external)
        return {
            "name": [module.name for module in modules] + external,
            "package": [package_of(module.name) for module in modules]
            + [package_of(name) for name in external],
            "path": [str(module.path.relative_to(self.root)) for module in modules] + nothing,
            "lines": [module.lines for module in modules] + nothing,
            "bytes": [module.size for module in modules] + nothing,
            "docstring": [module.docstring for module in modules] + nothing,
            "external": [False] * len(modules) + [True] * len(external),
        }

    def _definition_rows(self, kind: str, external: list[str]) -> Rows:
        found = [
            (module, definition)
            for module in self.modules
            for definition in module.definitions
            if definition.kind == kind
        ]
        nothing = [None] * len(external)
        return {
            "id": [self.ids[id(definition)] for _, definition in found] + external,
            "name": [definition.name for _, definition in found]
            + [name.rpartition(".")[2] for name in external],
            "module": [module.name for module, _ in found]
            + [name.rpartition(".")[0] for name in external],
            "package": [package_of(module.name) for module, _ in found]
            + [package_of(name) for name in external],
            "line": [definition.line for _, definition in found] + nothing,
            "lines": [definition.end_line - definition.line + 1 for _, definition in found]
            + nothing,
            "docstring": [definition.docstring for _, definition in found] + nothing,
        }


def package_of(module: str) -> str:
    """The outermost package."""
    return module.partition(".")[0]


# ── questions ─────────────────────────────────────────────────────────────────────────────────

MOST_DEPENDED_ON = """
MATCH (module:Module)<-[:IMPORTS]-(importer:Module)
RETURN module.name AS module, count(importer) AS importers, module.external AS external
ORDER BY importers DESC, module LIMIT 10
"""
A_DISTANT_PAIR = """
MATCH (target:Module {external: false})<-[:IMPORTS]-(importer:Module)
WITH target, count(importer) AS importers ORDER BY importers DESC, target.name LIMIT 1
MATCH (start:Module)-[:IMPORTS]->(:Module)-[:IMPORTS]->(:Module)-[:IMPORTS]->(target)
WHERE NOT (start)-[:IMPORTS]->(target) AND NOT (start)-[:IMPORTS]->(:Module)-[:IMPORTS]->(target)
RETURN DISTINCT start.name AS start, target.name AS target, start.lines AS lines
ORDER BY lines DESC, start LIMIT 1
"""
IMPORT_PATH = """
MATCH (start:Module {name: $start}), (target:Module {name: $target})
MATCH path = shortestPath((start)-[:IMPORTS*]->(target))
RETURN [module IN nodes(path) | module.name] AS `import path`, length(path) AS steps
"""
A_POPULAR_FUNCTION = """
MATCH (function:Function)<-[:CALLS]-(caller:Function)
WHERE function.name <> '__init__'
RETURN function.id AS id, count(DISTINCT caller.module) AS modules
ORDER BY modules DESC, id LIMIT 1
"""
MAY_BREAK = """
MATCH (:Function {id: $id})<-[:CALLS*1..4]-(caller:Function)
WITH DISTINCT caller
RETURN caller.package AS package, count(*) AS functions, collect(caller.id)[..3] AS `such as`
ORDER BY functions DESC, package LIMIT 10
"""
INHERITANCE_TREES = """
MATCH (root:Class)<-[:INHERITS*1..]-(descendant:Class)
WHERE NOT (root)-[:INHERITS]->(:Class)
RETURN root.id AS root, count(DISTINCT descendant) AS descendants
ORDER BY descendants DESC, root LIMIT 10
"""
WITHOUT_DOCSTRING = """
MATCH (function:Function)
WHERE NOT function.name STARTS WITH '_'
WITH function.package AS package, count(*) AS functions, count(function.docstring) AS documented
RETURN package, functions, functions - documented AS undocumented,
       round(100.0 * (functions - documented) / functions) AS percent
ORDER BY undocumented DESC, package LIMIT 10
"""


def ask(graph: Graph, arguments: argparse.Namespace) -> None:
    """The questions, each with its query and its answer."""
    answer(graph, "Which modules does most depend on?", MOST_DEPENDED_ON)
    pair = list(graph.execute(A_DISTANT_PAIR))
    start = arguments.from_module or (pair[0]["start"] if pair else None)
    target = arguments.to_module or (pair[0]["target"] if pair else None)
    if start and target:
        title = f"How does {start} come to need {target}?"
        answer(graph, title, IMPORT_PATH, start=start, target=target)
    popular = list(graph.execute(A_POPULAR_FUNCTION))
    function = arguments.function or (popular[0]["id"] if popular else None)
    if function:
        title = f"What may break when {function} changes? (callers up to 4 levels)"
        answer(graph, title, MAY_BREAK, id=function)
    answer(graph, "Which are the largest inheritance trees?", INHERITANCE_TREES)
    answer(graph, "Which public functions have no docstring, by package?", WITHOUT_DOCSTRING)


def answer(graph: Graph, title: str, query: str, **parameters: Any) -> None:
    """Print a question, its query and the rows."""
    began = time.perf_counter()
    result = graph.execute(query, parameters)
    rows = list(result)
    elapsed_ms = (time.perf_counter() - began) * 1e3
    print(f"── {title}")
    print(query.rstrip().replace("\n", "\n    "))
    if parameters:
        print(
            "    -- " + ", ".join(f"${name} = {shown(value)}" for name, value in parameters.items())
        )
    print()
    print(render_table(result.columns, rows) if rows else "nothing\n", end="")
    print(f"({len(rows)} rows, {elapsed_ms:.1f} ms)\n")


def shown(value: Any) -> str:
    """A parameter as text; of a vector only its size."""
    shape = getattr(value, "shape", None)
    return repr(value) if shape is None else f"a vector of {shape[0]} numbers"


if __name__ == "__main__":
    sys.exit(main())
