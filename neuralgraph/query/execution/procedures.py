"""The procedures that there are: built-in ones, which need a reader only, and those that `api` registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.errors import SchemaError
from neuralgraph.query.execution.algorithms import ALGORITHMS
from neuralgraph.query.execution.procedure import Procedure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from neuralgraph.query.functions.signature import CallContext


class ProcedureRegistry:
    """Procedures by name, without regard to case; the built-in ones are always there."""

    __slots__ = ("_procedures",)

    def __init__(self, procedures: Iterable[Procedure] = ()) -> None:
        self._procedures: dict[str, Procedure] = {}
        for procedure in (*_BUILT_IN, *ALGORITHMS, *procedures):
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


def _labels(context: CallContext) -> Iterable[Sequence[Any]]:
    catalog = context.reader.catalog
    return [(label,) for label in catalog.labels() if catalog.node_count(label)]


def _types(context: CallContext) -> Iterable[Sequence[Any]]:
    catalog = context.reader.catalog
    return [(name,) for name in catalog.edge_types() if catalog.edge_count(name)]


def _keys(context: CallContext) -> Iterable[Sequence[Any]]:
    return [(key,) for key in context.reader.catalog.property_keys()]


_BUILT_IN = (
    Procedure(
        "db.labels",
        (),
        (("label", "STRING"),),
        description="Labels that nodes carry, in order of first use.",
        call=_labels,
    ),
    Procedure(
        "db.relationshipTypes",
        (),
        (("relationshipType", "STRING"),),
        description="Types of the relationships there are, in order of first use.",
        call=_types,
    ),
    Procedure(
        "db.propertyKeys",
        (),
        (("propertyKey", "STRING"),),
        description="Property keys ever used, in order of first use.",
        call=_keys,
    ),
)
