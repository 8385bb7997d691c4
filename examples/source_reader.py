"""Reads a tree of Python source into definitions: what each module defines, imports, inherits and calls.

Nothing is imported or run; everything comes from `ast`. `read_tree` gives a `Module` for each file that
parses; names are still as they were written. `name_resolver` finds out what they mean.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SKIPPED_FOLDERS = frozenset({"__pycache__", "site-packages", "dist-packages", "node_modules"})
TEST_FOLDERS = frozenset({"test", "tests", "idle_test"})

Name = tuple[str, ...]
"""A dotted name, as written: ``os.path.join`` is ("os", "path", "join")."""


@dataclass(slots=True)
class Import:
    """``import module`` or ``from module import name``; `name` is ``*`` for everything."""

    module: str
    name: str | None
    bound_as: str
    line: int


@dataclass(slots=True)
class Call:
    """A call; `through_super` for ``super().name()``."""

    name: Name
    line: int
    through_super: bool = False


@dataclass(slots=True)
class Definition:
    """A class or function; `qualified_name` is dotted, without the module."""

    kind: str
    name: str
    qualified_name: str
    line: int
    end_line: int
    docstring: str | None
    parent: Definition | None
    bases: list[Name] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    local_names: set[str] = field(default_factory=set)
    made_from: dict[str, Name] = field(default_factory=dict)
    """Local variables that are assigned a call: ``x = Parser()`` gives x: ("Parser",)."""


@dataclass(slots=True)
class Module:
    """A file."""

    name: str
    path: Path
    is_package: bool
    lines: int
    size: int
    docstring: str | None
    definitions: list[Definition] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


def source_files(root: Path, *, with_tests: bool) -> list[Path]:
    """The Python files of a tree, in order."""
    skipped = SKIPPED_FOLDERS if with_tests else SKIPPED_FOLDERS | TEST_FOLDERS
    return [
        path
        for path in sorted(root.rglob("*.py"))
        if skipped.isdisjoint(path.relative_to(root).parts[:-1])
    ]


def read_tree(root: Path, files: list[Path]) -> Iterator[Module | None]:
    """A module for each file, in order; None for one that does not parse."""
    prefix = (root.name,) if (root / "__init__.py").exists() else ()
    for path in files:
        parts = (*prefix, *path.relative_to(root).with_suffix("").parts)
        try:
            source = path.read_bytes()
            tree = ast.parse(source, filename=str(path))
        except (SyntaxError, ValueError, RecursionError):
            yield None
            continue
        is_package = parts[-1] == "__init__"
        module = Module(
            name=".".join(parts[:-1] if is_package and len(parts) > 1 else parts),
            path=path,
            is_package=is_package,
            lines=source.count(b"\n") + 1,
            size=len(source),
            docstring=ast.get_docstring(tree),
        )
        _Reader(module).visit_body(tree.body, None)
        yield module


class _Reader(ast.NodeVisitor):
    """Walks one module; `self.owner` is the definition that we are inside of."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.owner: Definition | None = None

    def visit_body(self, body: list[ast.stmt], owner: Definition | None) -> None:
        """Statements inside `owner`."""
        outer, self.owner = self.owner, owner
        for statement in body:
            self.visit(statement)
        self.owner = outer

    # ── definitions ───────────────────────────────────────────────────────────────────────────

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        definition = self._define("class", node)
        definition.bases = [name for base in node.bases if (name := dotted(base))]
        for decorator in node.decorator_list:
            self.visit(decorator)
        self.visit_body(node.body, definition)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        definition = self._define("function", node)
        arguments = node.args
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        given += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
        definition.parameters = [argument.arg for argument in given]
        definition.local_names.update(definition.parameters)
        for part in (
            *node.decorator_list,
            *arguments.defaults,
            *filter(None, arguments.kw_defaults),
        ):
            self.visit(part)
        self.visit_body(node.body, definition)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def _define(
        self, kind: str, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    ) -> Definition:
        owner = self.owner
        qualified = node.name if owner is None else f"{owner.qualified_name}.{node.name}"
        definition = Definition(
            kind=kind,
            name=node.name,
            qualified_name=qualified,
            line=node.lineno,
            end_line=node.end_lineno or node.lineno,
            docstring=ast.get_docstring(node),
            parent=owner,
        )
        self.module.definitions.append(definition)
        return definition

    # ── imports ───────────────────────────────────────────────────────────────────────────────

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            self._imports().append(Import(alias.name, None, bound, node.lineno))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            package = self.module.name.split(".")
            keep = len(package) - node.level + (1 if self.module.is_package else 0)
            module = ".".join([*package[: max(keep, 0)], *([module] if module else [])])
        for alias in node.names:
            bound = alias.asname or alias.name
            self._imports().append(Import(module, alias.name, bound, node.lineno))

    def _imports(self) -> list[Import]:
        owner = self.owner
        return self.module.imports if owner is None else owner.imports

    # ── calls and names ───────────────────────────────────────────────────────────────────────

    def visit_Call(self, node: ast.Call) -> None:
        calls = self.module.calls if self.owner is None else self.owner.calls
        name = dotted(node.func)
        if name:
            calls.append(Call(name, node.lineno))
        elif isinstance(node.func, ast.Attribute) and _is_super(node.func.value):
            calls.append(Call((node.func.attr,), node.lineno, through_super=True))
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if (
            self.owner is not None
            and isinstance(target, ast.Name)
            and isinstance(node.value, ast.Call)
        ):
            name = dotted(node.value.func)
            if name:
                self.owner.made_from[target.id] = name
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if self.owner is not None and isinstance(node.ctx, ast.Store):
            self.owner.local_names.add(node.id)


def dotted(node: ast.expr) -> Name:
    """``a.b.c`` as a tuple; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ()
    parts.append(node.id)
    return tuple(reversed(parts))


def _is_super(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )
