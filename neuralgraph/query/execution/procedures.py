"""Procedures by name.

Procedures of users and those that need storage are registered by `api`; the built-in ones (built_in/) need
what a statement has: its reader, and its writer where they write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import SchemaError
from neuralgraph.query.execution import algorithms, built_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from neuralgraph.query.execution.procedure import Procedure


class ProcedureRegistry:
    """Procedures by name, without regard to case; the built-in ones are always there.

    Most processes call none: those that are there from the start are made when one is looked for.

    Args:
        later: gives further ones that are there from the start.
    """

    __slots__ = ("_first", "_later", "_registered")

    def __init__(self, later: Callable[[], Iterable[Procedure]] = tuple) -> None:
        self._registered: dict[str, Procedure] = {}
        self._first: dict[str, Procedure] | None = None
        self._later = later

    def lookup(self, name: str) -> Procedure | None:
        """The procedure of that name, or None."""
        key = name.lower()
        return self._registered.get(key) or self._from_the_start().get(key)

    def names(self) -> list[str]:
        """All names, sorted."""
        found = [*self._from_the_start().values(), *self._registered.values()]
        return sorted(procedure.name for procedure in found)

    def register(self, procedure: Procedure) -> None:
        """Add a procedure.

        Raises:
            SchemaError: there is one of that name already.
        """
        if self.lookup(procedure.name) is not None:
            raise SchemaError(f"there is a procedure {procedure.name} already")
        self._registered[procedure.name.lower()] = procedure

    def _from_the_start(self) -> dict[str, Procedure]:
        if self._first is None:
            # Two threads may both make them: they make the same.
            made = [*built_in.BUILT_IN, *algorithms.ALGORITHMS, *self._later()]
            found = {procedure.name.lower(): procedure for procedure in made}
            assert len(found) == len(made)
            self._first = found
        return self._first
