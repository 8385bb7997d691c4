"""What `check` is told and what it gives: the contracts of the language box.

Types are openCypher type names in capitals: ``ANY``, ``BOOLEAN``, ``INTEGER``, ``FLOAT``, ``NUMBER``,
``STRING``, ``NODE``, ``RELATIONSHIP``, ``PATH``, ``MAP``, ``POINT``, ``DATE``, ``TIME``, ``LOCALTIME``,
``DATETIME``, ``LOCALDATETIME``, ``DURATION``, ``NULL``, and ``LIST<...>`` of one of them.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from neuralgraph.query.functions.signature import AggregateFunction, Function
    from neuralgraph.query.language.syntax import Clause, Statement


class FunctionLookup(Protocol):
    """Where functions are found; the registry of the functions box is one."""

    def lookup(self, name: str) -> Function | AggregateFunction | None:
        """The function of that name, without regard to case; None when there is none."""
        ...

    def names(self) -> Iterable[str]:
        """All names, for "did you mean"."""
        ...


@record
class ProcedureSignature:
    """What CALL needs to know of a procedure.

    Attributes:
        name: with its namespace, such as ``db.labels``.
        inputs: (name, type name) of each argument, in order. ``INTEGER`` values are accepted where
            ``FLOAT`` or ``NUMBER`` is declared; a ``?`` at the end of a type (nullable) is ignored.
        outputs: (name, type name) of each result column; empty for a procedure that gives none
            (then every input row passes through).
        writes: may it change the graph?
        administers: does it change anything else, such as what is kept of the past? It stands by itself.
        description: one line for SHOW PROCEDURES.
        optional_inputs: how many of the last inputs may be left out.
    """

    name: str
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    writes: bool = False
    description: str = ""
    optional_inputs: int = 0
    administers: bool = False


class ProcedureLookup(Protocol):
    """Where procedures are found."""

    def lookup(self, name: str) -> ProcedureSignature | None:
        """The procedure of that name, without regard to case; None when there is none."""
        ...

    def names(self) -> Iterable[str]:
        """All names, for "did you mean"."""
        ...


@record
class CheckContext:
    """What the analysis may look at beside the statement.

    Attributes:
        functions: the functions there are.
        procedures: the procedures there are.
        parameters: type name of each parameter given, or None when they are not known yet (then
            nothing is said about missing ones; a plan that is cached must not depend on them).
    """

    functions: FunctionLookup
    procedures: ProcedureLookup
    parameters: Mapping[str, str] | None = None


@record
class Checked:
    """A statement that makes sense, and what was found out about it.

    Attributes:
        statement: as it was given, unchanged; ``*`` is not expanded in it.
        columns: result column names in order, ``RETURN *`` expanded (alphabetically); empty when
            it returns nothing.
        scopes: for each clause, by ``id(clause)``, the variables that are visible after it with
            their types (see the module for the names). `Checked` keeps the statement alive, so the
            ids stay good; use `variables_after`.
        parameters: names of all parameters that the statement mentions.
        writes: does any clause (or a called procedure) change data?
        procedures: signature of each procedure called, by its name as written.
        calls_writers: does any function that it calls change something?
    """

    statement: Statement
    columns: tuple[str, ...] = ()
    scopes: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()
    writes: bool = False
    procedures: Mapping[str, ProcedureSignature] = field(default_factory=dict)
    calls_writers: bool = False

    def variables_after(self, clause: Clause) -> Mapping[str, str]:
        """Name to type of what can be used after this clause (or in it, for ORDER BY of RETURN)."""
        return self.scopes[id(clause)]
