"""Registry: functions by name, without regard to case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.errors import SchemaError
from neuralgraph.query.functions import aggregates
from neuralgraph.query.functions.signature import AggregateFunction, Function

if TYPE_CHECKING:
    from collections.abc import Callable

AnyFunction = Function | AggregateFunction


class Registry:
    """Functions by name.

    A registry may stand on another: what it does not know is looked up there, so that a graph's own
    functions cost nothing to the others.

    Args:
        parent: what it stands on.
        later: gives the functions that it has from the start, by name in small letters; it is asked when
            a function is looked for.
    """

    __slots__ = ("_functions", "_later", "_parent")

    def __init__(
        self,
        parent: Registry | None = None,
        later: Callable[[], dict[str, AnyFunction]] | None = None,
    ) -> None:
        self._functions: dict[str, AnyFunction] = {}
        self._parent = parent
        self._later = later

    def lookup(self, name: str) -> AnyFunction | None:
        """The function of that name, or None."""
        found = self._known().get(name.lower())
        if found is None and self._parent is not None:
            return self._parent.lookup(name)
        return found

    def register(self, function: AnyFunction) -> None:
        """Add a function.

        Raises:
            SchemaError: there is one of that name already.
        """
        if self.lookup(function.name) is not None:
            raise SchemaError(f"there is a function {function.name} already")
        self._functions[function.name.lower()] = function

    def names(self) -> list[str]:
        """The names of all functions as the manual writes them, in order, without synonyms."""
        own = {function.name for function in self._known().values()}
        if self._parent is not None:
            own.update(self._parent.names())
        return sorted(own, key=str.lower)

    def _known(self) -> dict[str, AnyFunction]:
        later = self._later
        if later is not None:
            # Two threads may both get here: they add the same.
            self._functions.update(later())
            self._later = None
        return self._functions


def default_registry() -> Registry:
    """All built-in functions. Do not register into it: stand on it."""
    return _AGGREGATING


def _aggregating() -> dict[str, AnyFunction]:
    return aggregates.BY_NAME


def _scalar() -> dict[str, AnyFunction]:
    from neuralgraph.query.functions import catalogue

    return catalogue.BY_NAME


_AGGREGATING: Final = Registry(Registry(later=_scalar), _aggregating)
"""Few statements call a function at all, and most of those only count."""
