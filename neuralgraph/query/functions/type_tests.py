"""Type expressions: ``valueType(x)`` prints one, ``x IS :: INTEGER NOT NULL`` tests one.

    type    = simple { "|" simple }
    simple  = name [ "<" type ">" ] [ "NOT NULL" | "!" ]

A type without NOT NULL holds null too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import numpy as np

from neuralgraph.errors import QuerySyntaxError
from neuralgraph.hints import close_name
from neuralgraph.regexes import regex
from neuralgraph.stopping import SHORT_MAX, watched
from neuralgraph.values import type_name
from neuralgraph.values.nesting import require_comparable
from neuralgraph.values.records import record

_TOKEN: Final = regex(r"\s*(NOT\s+NULL|[<>|!]|[A-Za-z][A-Za-z]*(?:\s+(?!NOT\s+NULL)[A-Za-z]+)*)")
_SYNONYMS: Final = {
    "BOOL": "BOOLEAN",
    "INT": "INTEGER",
    "SIGNED INTEGER": "INTEGER",
    "VARCHAR": "STRING",
    "VERTEX": "NODE",
    "ANY NODE": "NODE",
    "ANY VERTEX": "NODE",
    "EDGE": "RELATIONSHIP",
    "ANY RELATIONSHIP": "RELATIONSHIP",
    "ANY EDGE": "RELATIONSHIP",
    "ANY MAP": "MAP",
    "ARRAY": "LIST",
    "ANY PROPERTY VALUE": "PROPERTY VALUE",
    "ANY VALUE": "ANY",
    "TIME WITHOUT TIMEZONE": "LOCAL TIME",
    "TIME WITHOUT TIME ZONE": "LOCAL TIME",
    "TIME WITH TIMEZONE": "ZONED TIME",
    "TIME WITH TIME ZONE": "ZONED TIME",
    "TIMESTAMP WITHOUT TIMEZONE": "LOCAL DATETIME",
    "TIMESTAMP WITHOUT TIME ZONE": "LOCAL DATETIME",
    "TIMESTAMP WITH TIMEZONE": "ZONED DATETIME",
    "TIMESTAMP WITH TIME ZONE": "ZONED DATETIME",
}
_NAMES: Final = frozenset(
    {
        "ANY",
        "BOOLEAN",
        "BYTES",
        "DATE",
        "DURATION",
        "FLOAT",
        "INTEGER",
        "LIST",
        "LOCAL DATETIME",
        "LOCAL TIME",
        "MAP",
        "NODE",
        "NOTHING",
        "NULL",
        "PATH",
        "POINT",
        "PROPERTY VALUE",
        "RELATIONSHIP",
        "STRING",
        "VECTOR",
        "ZONED DATETIME",
        "ZONED TIME",
    }
)
_UNION_ORDER: Final = (
    "NOTHING",
    "NULL",
    "BOOLEAN",
    "STRING",
    "INTEGER",
    "FLOAT",
    "DATE",
    "LOCAL TIME",
    "ZONED TIME",
    "LOCAL DATETIME",
    "ZONED DATETIME",
    "DURATION",
    "POINT",
    "VECTOR",
    "NODE",
    "RELATIONSHIP",
    "MAP",
    "LIST",
    "PATH",
)
_NOT_PROPERTIES: Final = frozenset({"NODE", "RELATIONSHIP", "PATH"})


@record
class _Type:
    name: str
    element: tuple[_Type, ...] | None = None
    nullable: bool = True


def value_type(value: Any) -> str:
    """``INTEGER NOT NULL``, ``LIST<STRING NOT NULL> NOT NULL``, ``NULL``."""
    if value is None:
        return "NULL"
    if type(value) is list:
        require_comparable(value)
        inner = sorted({value_type(item) for item in value}, key=_place) or ["NOTHING"]
        if "NULL" in inner and len(inner) > 1:
            inner = [name.removesuffix(" NOT NULL") for name in inner if name != "NULL"]
        return f"LIST<{' | '.join(inner)}> NOT NULL"
    return f"{type_name(value)} NOT NULL"


def _place(type_text: str) -> tuple[int, str]:
    """Where a type stands in a union: in the order of openCypher's type lattice, lists by element."""
    name = type_text.removesuffix(" NOT NULL").partition("<")[0]
    return (_UNION_ORDER.index(name) if name in _UNION_ORDER else len(_UNION_ORDER), type_text)


def is_of_type(value: Any, type_text: str) -> bool:
    """Does the value belong to the type? Raises QuerySyntaxError when the text is no type."""
    if type(value) is list:
        require_comparable(value)
    return _belongs(value, _parsed(type_text))


def _belongs(value: Any, union: tuple[_Type, ...]) -> bool:
    return any(_belongs_to_one(value, member) for member in union)


def _belongs_to_one(value: Any, member: _Type) -> bool:
    if value is None:
        return member.nullable and member.name != "NOTHING"
    if member.name == "ANY":
        return member.element is None or _belongs(value, member.element)
    name = type_name(value)
    if member.name == "PROPERTY VALUE":
        if type(value) is list:
            return all(_belongs_to_one(item, member) for item in value)
        return name not in _NOT_PROPERTIES
    if name != member.name:
        return False
    if member.element is None or isinstance(value, np.ndarray):
        return True
    items = value if len(value) <= SHORT_MAX else watched(value)
    return all(_belongs(item, member.element) for item in items)


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[_Type, ...]:
    tokens = [re.sub(r"\s+", " ", token).upper() for token in _TOKEN.findall(text)]
    union, rest = _union(tokens, text)
    if rest:
        raise _no_type(text)
    return union


def _union(tokens: list[str], text: str) -> tuple[tuple[_Type, ...], list[str]]:
    members = []
    while True:
        member, tokens = _simple(tokens, text)
        members.append(member)
        if not tokens or tokens[0] != "|":
            if len({one.nullable for one in members if one.name not in ("NULL", "NOTHING")}) > 1:
                raise QuerySyntaxError(
                    f"{text} has members with and without NOT NULL; write it behind all or none",
                    detail="UnexpectedSyntax",
                )
            return tuple(members), tokens
        tokens = tokens[1:]


def _simple(tokens: list[str], text: str) -> tuple[_Type, list[str]]:
    if not tokens:
        raise _no_type(text)
    name = _SYNONYMS.get(tokens[0], tokens[0])
    tokens = tokens[1:]
    if name not in _NAMES:
        raise _no_type(text)
    element = None
    if tokens and tokens[0] == "<":
        element, tokens = _union(tokens[1:], text)
        if not tokens or tokens[0] != ">" or name not in ("LIST", "ANY"):
            raise _no_type(text)
        # ANY<A | B> is a union written in full.
        tokens = tokens[1:]
    nullable = True
    if tokens and tokens[0] in ("NOT NULL", "!"):
        nullable, tokens = False, tokens[1:]
    return _Type(name, element, nullable), tokens


def _no_type(text: str) -> QuerySyntaxError:
    word = text.split("<", maxsplit=1)[0].split(maxsplit=1)[0] if text.strip() else ""
    hint = close_name(word, (*_NAMES, *_SYNONYMS))
    return QuerySyntaxError(f"{text} is not a type", detail="UnexpectedSyntax", hint=hint)
