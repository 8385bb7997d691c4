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
from neuralgraph.query.functions import Function
from neuralgraph.query.language import ProcedureSignature
from neuralgraph.values import Column, EdgeRef, Kind, NodeRef, PathRef
from neuralgraph.values.ordering import equality_key
from neuralgraph.values.types import from_python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from neuralgraph.access import GraphReader
    from neuralgraph.query.functions import CallContext

_NAME = r"(?:[A-Za-z_]\w*|`[^`]+`)"
_SIGNATURE = re.compile(
    rf"\s*(?P<name>{_NAME}(?:\.{_NAME})*)\s*\((?P<inputs>[^()]*(?:\([^()]*\)[^()]*)*)\)"
    r"\s*::\s*(?:VOID|\((?P<outputs>.*)\))\s*",
    re.DOTALL,
)
_FIELD = re.compile(rf"\s*(?P<name>{_NAME})\s*::\s*(?P<type>[A-Z][A-Z ]*(?:<.*>)?\??)\s*")


def parse_signature(text: str) -> ProcedureSignature:
    """``test.my.proc(name :: STRING?, id :: INTEGER?) :: (city :: STRING?)`` as data.

    Raises:
        QueryArgumentError: it is not of this form.
    """
    match = _SIGNATURE.fullmatch(text)
    if match is None:
        raise QueryArgumentError(
            f"{text!r} is no procedure signature; write name(input :: TYPE, ...) :: (output :: TYPE, ...)"
        )
    return ProcedureSignature(
        name=match["name"].replace("`", ""),
        inputs=_fields(match["inputs"]),
        outputs=_fields(match["outputs"] or ""),
    )


def _fields(text: str) -> tuple[tuple[str, str], ...]:
    if not text.strip():
        return ()
    fields = []
    for part in text.split(","):
        match = _FIELD.fullmatch(part)
        if match is None:
            raise QueryArgumentError(f"{part.strip()!r} is not of the form name :: TYPE")
        fields.append((match["name"].strip("`"), match["type"].strip().rstrip("?")))
    return tuple(fields)
