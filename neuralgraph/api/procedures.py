"""Procedures and functions that users register.

A procedure is declared by its signature, in openCypher's notation, and given either as a function or as a
table of rows (inputs first, then outputs) that its arguments are looked up in:

    graph.register_procedure("shop.price(item :: STRING) :: (price :: FLOAT)", price_of)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuralgraph.api.rendering import Renderer
from neuralgraph.errors import ProcedureError, QueryArgumentError
from neuralgraph.query.execution import Procedure
from neuralgraph.query.functions import Function
from neuralgraph.values import Column, Kind
from neuralgraph.values.ordering import equality_key
from neuralgraph.values.types import from_python

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from neuralgraph.query.functions import CallContext

Fields = tuple[tuple[str, str], ...]
"""(name, type name) of each input or output."""

_NAME = r"(?:[A-Za-z_]\w*|`[^`]+`)"
_SIGNATURE = re.compile(
    rf"\s*(?P<name>{_NAME}(?:\.{_NAME})*)\s*\((?P<inputs>[^()]*(?:\([^()]*\)[^()]*)*)\)"
    r"\s*::\s*(?:VOID|\((?P<outputs>.*)\))\s*",
    re.DOTALL,
)
_FIELD = re.compile(rf"\s*(?P<name>{_NAME})\s*::\s*(?P<type>[A-Z][A-Z ]*(?:<.*>)?\??)\s*")


def make_procedure(
    signature: str, rows: Iterable[Mapping[str, Any]] | Callable[..., Any]
) -> Procedure:
    """A procedure; see `Graph.register_procedure`.

    Raises:
        QueryArgumentError: the signature is not of the form, or a row lacks a column.
    """
    name, inputs, outputs = parse_signature(signature)
    call = _calling(name, outputs, rows) if callable(rows) else _looking_up(inputs, outputs, rows)
    return Procedure(name, inputs, outputs, call=call)


def make_function(name: str, function: Callable[..., Any], *, deterministic: bool) -> Function:
    """A function for queries; see `Graph.register_function`."""

    def scalar(context: CallContext, *arguments: Any) -> Any:
        return from_python(function(*_rendered(context, arguments)))

    return Function(
        name=name,
        parameters=("ANY",),
        required=0,
        variadic=True,
        result="ANY",
        scalar=scalar,
        null_in_null_out=False,
        deterministic=deterministic,
        category="Own",
    )


def _calling(name: str, outputs: Fields, function: Callable[..., Any]) -> Callable[..., Any]:
    """A Python function as a procedure: it may give mappings, tuples, or None for no rows."""
    columns = [column for column, _ in outputs]

    def call(context: CallContext, *arguments: Any) -> Iterator[Sequence[Any]]:
        for row in function(*_rendered(context, arguments)) or ():
            values = [row[column] for column in columns] if isinstance(row, Mapping) else list(row)
            if len(values) != len(columns):
                raise ProcedureError(
                    f"{name} gave a row of {len(values)} values for {len(columns)} outputs"
                )
            yield [from_python(value) for value in values]

    return call


def _looking_up(
    inputs: Fields, outputs: Fields, rows: Iterable[Mapping[str, Any]]
) -> Callable[..., Any]:
    """A table as a procedure: a call gives the outputs of the rows whose inputs equal its arguments."""
    found: dict[tuple[Hashable, ...], list[list[Any]]] = {}
    for row in rows:
        missing = [column for column, _ in (*inputs, *outputs) if column not in row]
        if missing:
            raise QueryArgumentError(f"a row of the procedure has no column {missing[0]!r}")
        key = tuple(equality_key(from_python(row[column])) for column, _ in inputs)
        found.setdefault(key, []).append([from_python(row[column]) for column, _ in outputs])

    def call(_context: CallContext, *arguments: Any) -> Iterable[Sequence[Any]]:
        return found.get(tuple(map(equality_key, arguments)), ())

    return call


def _rendered(context: CallContext, arguments: tuple[Any, ...]) -> list[Any]:
    """Arguments as users see values: entities as `Node`, `Relationship` and `Path`."""
    return Renderer(context.reader).column(Column.of_list(Kind.ANY, list(arguments)))


def parse_signature(text: str) -> tuple[str, Fields, Fields]:
    """``test.my.proc(name :: STRING?, id :: INTEGER?) :: (city :: STRING?)`` as name, inputs, outputs.

    Raises:
        QueryArgumentError: it is not of this form.
    """
    match = _SIGNATURE.fullmatch(text)
    if match is None:
        raise QueryArgumentError(
            f"{text!r} is no procedure signature; write name(input :: TYPE, ...) :: (output :: TYPE, ...)"
        )
    return match["name"].replace("`", ""), _fields(match["inputs"]), _fields(match["outputs"] or "")


def _fields(text: str) -> Fields:
    if not text.strip():
        return ()
    fields = []
    for part in text.split(","):
        match = _FIELD.fullmatch(part)
        if match is None:
            raise QueryArgumentError(f"{part.strip()!r} is not of the form name :: TYPE")
        fields.append((match["name"].strip("`"), match["type"].strip().rstrip("?")))
    return tuple(fields)
