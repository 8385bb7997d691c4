"""Procedures by name.

Procedures of users and those that need storage are registered by `api`; the built-in ones (built_in/) need
what a statement has: its reader, and its writer where they write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import SchemaError
from neuralgraph.query.execution.algorithms import ALGORITHMS
from neuralgraph.query.execution.built_in import BUILT_IN
from neuralgraph.query.execution.procedure import Procedure

if TYPE_CHECKING:
    from collections.abc import Iterable


class ProcedureRegistry:
    """Procedures by name, without regard to case; the built-in ones are always there."""

    __slots__ = ("_procedures",)

    def __init__(self, procedures: Iterable[Procedure] = ()) -> None:
        self._procedures: dict[str, Procedure] = {}
        for procedure in (*BUILT_IN, *ALGORITHMS, *procedures):
            self.register(procedure)

    def lookup(self, name: str) -> Procedure | None:
        """The procedure of that name, or None."""
        return self._procedures.get(name.lower())

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(procedure.name for procedure in self._procedures.values())

    def register(self, procedure: Procedure) -> None:
        """Add a procedure.

        Raises:
            SchemaError: there is one of that name already.
        """
        key = procedure.name.lower()
        if key in self._procedures:
            raise SchemaError(f"there is a procedure {procedure.name} already")
        self._procedures[key] = procedure


__all__ = ["Procedure", "ProcedureRegistry"]
