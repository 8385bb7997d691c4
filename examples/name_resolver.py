"""Finds out what the names in a tree of source mean: which module, class or function.

Static and therefore modest: imports, names of the same module, methods called on ``self``, ``cls`` or
``super()``, and methods of local variables that were just made from a class. What depends on values is
left out, so every edge that is found is one that a reader of the source would draw too.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from source_reader import Call, Definition, Import, Module, Name

DEPTH_MAX = 12
"""How many re-exports and base classes are followed."""

BUILTIN_CLASSES = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type)
)


@dataclass(slots=True)
class Meaning:
    """What a name stands for: a module (then `definition` is None), class or function."""

    module: str
    definition: Definition | None = None


@dataclass(slots=True)
class _Scope:
    """The names that a module binds."""

    module: Module
    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)


class Resolver:
    """Answers for one tree; build it once from all modules."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.scopes = {module.name: _scope_of(module) for module in modules}
        self._members: dict[int, dict[str, Definition]] = {}
        for scope in self.scopes.values():
            for definition in scope.module.definitions:
                if definition.parent is not None:
                    members = self._members.setdefault(id(definition.parent), {})
                    members.setdefault(definition.name, definition)

    # ── what is asked ─────────────────────────────────────────────────────────────────────────

    def imported_modules(self, module: Module) -> Iterator[tuple[str, int]]:
        """Modules that a module imports, wherever in it, with the line; known or not."""
        for statement in _all_imports(module):
            target = self._submodule(statement) or statement.module
            if target and target != module.name:
                yield target, statement.line

    def bases(self, module: Module, definition: Definition) -> Iterator[Meaning | str]:
        """Base classes: a meaning, or the dotted name of a class outside the tree."""
        for base in definition.bases:
            meaning = self._resolve(module, definition.parent, base)
            if meaning is not None and meaning.definition is not None:
                if meaning.definition.kind == "class" and meaning.definition is not definition:
                    yield meaning
            elif len(base) == 1 and base[0] in BUILTIN_CLASSES:
                yield f"builtins.{base[0]}"

    def called(
        self, module: Module, owner: Definition | None, calls: Iterable[Call]
    ) -> Iterator[tuple[Meaning, int]]:
        """Functions that are called, with the line; calling a class is calling its ``__init__``."""
        for call in calls:
            meaning = self._called(module, owner, call)
            if meaning is None or meaning.definition is None:
                continue
            if meaning.definition.kind == "class":
                meaning = self._member(meaning, "__init__", 0)
            if meaning is not None and meaning.definition is not None:
                yield meaning, call.line

    # ── names ─────────────────────────────────────────────────────────────────────────────────

    def _called(self, module: Module, owner: Definition | None, call: Call) -> Meaning | None:
        enclosing = _enclosing_class(owner)
        if call.through_super:
            return self._inherited(module, enclosing, call.name[0]) if enclosing else None
        first, *rest = call.name
        if enclosing and owner and len(rest) == 1 and first in owner.parameters[:1]:
            return self._member(Meaning(module.name, enclosing), rest[0], 0)
        if owner and first in owner.made_from and len(rest) == 1:
            made = self._resolve(module, owner.parent, owner.made_from[first])
            if made is not None and made.definition is not None and made.definition.kind == "class":
                return self._member(made, rest[0], 0)
        return self._resolve(module, owner, call.name)

    def _resolve(self, module: Module, owner: Definition | None, name: Name) -> Meaning | None:
        """A dotted name seen from inside `owner`."""
        first, rest = name[0], name[1:]
        while owner is not None:
            if owner.kind == "function":
                local = self._members.get(id(owner), {}).get(first)
                if local is not None:
                    return self._walk(Meaning(module.name, local), rest, 0)
                for statement in owner.imports:
                    if statement.bound_as == first:
                        return self._walk(self._imported(statement, 0), rest, 0)
                if first in owner.local_names:
                    return None
            owner = owner.parent
        return self._walk(self._lookup(module.name, first, 0), rest, 0)

    def _lookup(self, module: str, name: str, depth: int) -> Meaning | None:
        """A name of a module's own scope."""
        scope = self.scopes.get(module)
        if scope is None or depth > DEPTH_MAX:
            return None
        if name in scope.definitions:
            return Meaning(module, scope.definitions[name])
        if name in scope.imports:
            return self._imported(scope.imports[name], depth + 1)
        for star in scope.stars:
            if not name.startswith("_"):
                found = self._lookup(star, name, depth + 1)
                if found is not None:
                    return found
        return None

    def _imported(self, statement: Import, depth: int) -> Meaning | None:
        if statement.name is None:
            whole = statement.module
            is_plain = statement.bound_as == whole.partition(".")[0]
            return Meaning(statement.bound_as if is_plain else whole)
        inner = self._submodule(statement)
        if inner is not None:
            return Meaning(inner)
        return self._lookup(statement.module, statement.name, depth + 1)

    def _submodule(self, statement: Import) -> str | None:
        """The module that ``from package import module`` means; names of the package itself go first."""
        inner = f"{statement.module}.{statement.name}"
        package = self.scopes.get(statement.module)
        is_own = package is not None and (
            statement.name in package.definitions
            or (
                statement.name in package.imports
                and package.imports[statement.name] is not statement
            )
        )
        return inner if inner in self.scopes and not is_own else None

    def _walk(self, meaning: Meaning | None, rest: Iterable[str], depth: int) -> Meaning | None:
        """Follow attributes: of packages to modules, of modules and classes to what they define."""
        for name in rest:
            if meaning is None:
                return None
            if meaning.definition is None:
                inner = f"{meaning.module}.{name}"
                meaning = (
                    Meaning(inner)
                    if inner in self.scopes
                    else self._lookup(meaning.module, name, depth + 1)
                )
            elif meaning.definition.kind == "class":
                meaning = self._member(meaning, name, depth + 1)
            else:
                return None
        return meaning

    # ── classes ───────────────────────────────────────────────────────────────────────────────

    def _member(self, of: Meaning, name: str, depth: int) -> Meaning | None:
        """A method or inner class, in the class or the nearest base that has it."""
        if of.definition is None or depth > DEPTH_MAX:
            return None
        found = self._members.get(id(of.definition), {}).get(name)
        if found is not None:
            return Meaning(of.module, found)
        return self._inherited(self.scopes[of.module].module, of.definition, name, depth + 1)

    def _inherited(
        self, module: Module, definition: Definition, name: str, depth: int = 0
    ) -> Meaning | None:
        for base in self.bases(module, definition):
            if isinstance(base, Meaning):
                found = self._member(base, name, depth + 1)
                if found is not None:
                    return found
        return None


def _scope_of(module: Module) -> _Scope:
    scope = _Scope(module)
    for definition in module.definitions:
        if definition.parent is None:
            scope.definitions.setdefault(definition.name, definition)
    for statement in module.imports:
        if statement.name == "*":
            scope.stars.append(statement.module)
        else:
            scope.imports[statement.bound_as] = statement
    return scope


def _all_imports(module: Module) -> Iterator[Import]:
    yield from module.imports
    for definition in module.definitions:
        yield from definition.imports


def _enclosing_class(owner: Definition | None) -> Definition | None:
    """The class that a method belongs to."""
    while owner is not None and owner.kind == "function":
        owner = owner.parent
    return owner
