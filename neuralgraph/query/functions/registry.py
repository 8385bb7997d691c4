"""Registry: functions by name, without regard to case."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from neuralgraph.errors import SchemaError
from neuralgraph.query.functions import catalogue
from neuralgraph.query.functions.signature import AggregateFunction, Function

if TYPE_CHECKING:
    from collections.abc import Iterable

AnyFunction = Function | AggregateFunction


class Registry:
    """Functions by name.

    A registry may stand on another: what it does not know is looked up there, so that a graph's own
    functions cost nothing to the others.
    """

    __slots__ = ("_functions", "_parent")

    def __init__(
        self, functions: Iterable[AnyFunction] = (), parent: Registry | None = None
    ) -> None:
        self._functions: dict[str, AnyFunction] = {}
        self._parent = parent
        for function in functions:
            self.register(function)

    def lookup(self, name: str) -> AnyFunction | None:
        """The function of that name, or None."""
        found = self._functions.get(name.lower())
        if found is None and self._parent is not None:
            return self._parent.lookup(name)
        return found

    def register(self, function: AnyFunction, *, name: str | None = None) -> None:
        """Add a function, under another name if one is given.

        Raises:
            SchemaError: there is one of that name already.
        """
        key = (name or function.name).lower()
        if self.lookup(key) is not None:
            raise SchemaError(f"there is a function {name or function.name} already")
        self._functions[key] = function

    def names(self) -> list[str]:
        """The names of all functions as the manual writes them, in order, without synonyms."""
        own = {function.name for function in self._functions.values()}
        if self._parent is not None:
            own.update(self._parent.names())
        return sorted(own, key=str.lower)


@cache
def default_registry() -> Registry:
    """All built-in functions; made on first use. Do not register into it: stand on it."""
    registry = Registry(catalogue.FUNCTIONS)
    for synonym, name in catalogue.SYNONYMS.items():
        function = registry.lookup(name)
        assert function is not None
        registry.register(function, name=synonym)
    return registry
