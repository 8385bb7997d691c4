"""Signatures of own functions and procedures, in openCypher's notation.

    shop.price(item :: STRING, currency = 'EUR' :: STRING) :: (price :: FLOAT)     a procedure
    shop.log(text :: STRING) :: VOID                                     one that gives no rows
    shop.discount(price :: FLOAT) :: FLOAT                               a function

A type is an openCypher type name (``INTEGER``, ``LIST<STRING>``, ``NODE``, ``ANY``, ``NUMBER``); a ``?``
behind it says nothing, since null is always allowed. An input with a default may be left out.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import NeuralGraphError, ProcedureError, QueryArgumentError
from neuralgraph.query.functions import is_of_type
from neuralgraph.regexes import regex
from neuralgraph.values import Column, Kind
from neuralgraph.values.records import record
from neuralgraph.values.types import type_name

if TYPE_CHECKING:
    from collections.abc import Sequence

Fields = tuple[tuple[str, str], ...]
"""(name, type name) of each input or output."""

_NAME = r"(?:[A-Za-z_]\w*|`[^`]+`)"
_SIGNATURE: Final = regex(
    rf"\s*(?P<name>{_NAME}(?:\.{_NAME})*)\s*\((?P<inputs>[^()]*(?:\([^()]*\)[^()]*)*)\)"
    r"\s*::\s*(?:(?P<void>VOID)|\((?P<outputs>.*)\)|(?P<result>[A-Z][A-Z ]*(?:<.*>)?\??))\s*",
    re.DOTALL,
)
_FIELD: Final = regex(
    rf"\s*(?P<name>{_NAME})\s*(?:=\s*(?P<default>.+?)\s*)?::\s*(?P<type>[A-Z][A-Z ]*(?:<.*>)?\??)\s*",
    re.DOTALL,
)
_TYPE_OF_KIND: Final = {
    Kind.BOOLEAN: "BOOLEAN",
    Kind.INTEGER: "INTEGER",
    Kind.FLOAT: "FLOAT",
    Kind.TEXT: "STRING",
    Kind.NODE: "NODE",
    Kind.EDGE: "RELATIONSHIP",
    Kind.VECTOR: "VECTOR",
}
_WORDS: Final = {"null": None, "true": True, "false": False}
_SIGNATURE_CHARACTERS_MAX: Final = 10_000


@record
class Signature:
    """A signature, read.

    Attributes:
        name: with its namespace.
        inputs, outputs: name and type of each; a function has no outputs.
        defaults: of the last inputs, which may be left out.
        result: the type that a function gives; None for a procedure.
    """

    name: str
    inputs: Fields
    outputs: Fields = ()
    defaults: tuple[Any, ...] = ()
    result: str | None = None

    def completed(self, arguments: Sequence[Any]) -> list[Any]:
        """The arguments with defaults for those left out, and integers as floats where asked for.

        Raises:
            ProcedureError: an argument is of another type; detail ``InvalidArgumentType``.
        """
        missing = len(self.inputs) - len(arguments)
        whole = [*arguments, *(self.defaults[-missing:] if missing else ())]
        return [
            _as_declared(self.name, f"argument {name}", kind, value)
            for (name, kind), value in zip(self.inputs, whole, strict=True)
        ]

    def checked_result(self, value: Any) -> Any:
        """A function's result; ProcedureError when it is of another type than declared."""
        if self.result is None:
            return value
        return _as_declared(self.name, "result", self.result, value)

    def checked_row(self, values: Sequence[Any]) -> list[Any]:
        """A procedure's row; ProcedureError when a value is of another type than declared."""
        return [
            _as_declared(self.name, f"output {name}", kind, value)
            for (name, kind), value in zip(self.outputs, values, strict=True)
        ]


def _as_declared(owner: str, what: str, kind: str, value: Any) -> Any:
    if value is None or kind == "ANY":
        return value
    if type(value) is int and kind == "FLOAT":
        return float(value)
    fits = type(value) in (int, float) if kind == "NUMBER" else is_of_type(value, kind)
    if fits:
        return value
    raise ProcedureError(
        f"{owner}: its {what} is {kind}, not {type_name(value)}", detail="InvalidArgumentType"
    )


def declared_columns(
    columns: Sequence[Column], count: int, signature: Signature | None
) -> list[Column]:
    """`Signature.completed` for columns without nulls, all of `count` rows."""
    if signature is None:
        return list(columns)
    missing = len(signature.inputs) - len(columns)
    defaults = signature.defaults[-missing:] if missing else ()
    whole = [*columns, *(Column.of_values([value]).repeat(count) for value in defaults)]
    return [
        declared_column(column, signature, f"argument {name}", kind)
        for column, (name, kind) in zip(whole, signature.inputs, strict=True)
    ]


def declared_column(column: Column, signature: Signature, what: str, kind: str) -> Column:
    """The column as of its declared type; one look settles those of a kind of their own."""
    if kind == "ANY" or _TYPE_OF_KIND.get(column.kind) == kind:
        return column
    items = column.to_values()
    return Column.of_values([_as_declared(signature.name, what, kind, item) for item in items])


def parse_signature(text: str) -> Signature:
    """Read a signature.

    Raises:
        QueryArgumentError: it is not of the form, or names a type that does not exist.
    """
    match = None if len(text) > _SIGNATURE_CHARACTERS_MAX else _SIGNATURE.fullmatch(text)
    if match is None:
        raise QueryArgumentError(
            f"{text[:200]!r} is no signature; write name(input :: TYPE, ...) :: (output :: TYPE, ...)"
            " for a procedure and name(input :: TYPE, ...) :: TYPE for a function"
        )
    inputs, defaults = _fields(match["inputs"])
    outputs, none = _fields(match["outputs"] or "")
    if none:
        raise QueryArgumentError("an output of a procedure has no default")
    name = match["name"].replace("`", "")
    result = match["result"]
    return Signature(name, inputs, outputs, defaults, None if result is None else _type(result))


def _fields(text: str) -> tuple[Fields, tuple[Any, ...]]:
    fields: list[tuple[str, str]] = []
    defaults: list[Any] = []
    for part in _parts(text):
        match = _FIELD.fullmatch(part)
        if match is None:
            raise QueryArgumentError(f"{part.strip()!r} is not of the form name :: TYPE")
        if match["default"] is not None:
            defaults.append(_default(match["default"]))
        elif defaults:
            raise QueryArgumentError(f"{match['name']} needs a default, as the input before it has")
        fields.append((match["name"].strip("`"), _type(match["type"])))
    return tuple(fields), tuple(defaults)


def _parts(text: str) -> list[str]:
    """What stands between commas that are not inside brackets or quotes."""
    if not text.strip():
        return []
    parts, depth, quote, start = [], 0, "", 0
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([{<":
            depth += 1
        elif character in ")]}>":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _type(text: str) -> str:
    name = text.strip().rstrip("?").strip()
    if name != "NUMBER":
        try:
            is_of_type(None, name)
        except NeuralGraphError as error:
            raise QueryArgumentError(f"{name} is not a type") from error
    return name


def _default(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise QueryArgumentError(
            f"{text} is no default; write a number, a string, true, false, null, or a list of them"
        ) from error
