"""Does a value have the type that a constraint names?

A type name is normalised: ``INTEGER``, ``LIST<STRING NOT NULL>``, ``INTEGER | FLOAT``, ``ANY``.
"""

from __future__ import annotations

from typing import Any, Final

from neuralgraph.values.types import type_name

_SYNONYMS: Final = {
    "BOOL": "BOOLEAN",
    "INT": "INTEGER",
    "SIGNED INTEGER": "INTEGER",
    "VARCHAR": "STRING",
    "TEXT": "STRING",
    "TIME WITH TIME ZONE": "ZONED TIME",
    "TIME WITHOUT TIME ZONE": "LOCAL TIME",
    "TIMESTAMP WITH TIME ZONE": "ZONED DATETIME",
    "TIMESTAMP WITHOUT TIME ZONE": "LOCAL DATETIME",
    "DATETIME": "ZONED DATETIME",
    "TIME": "ZONED TIME",
}
_ANYTHING: Final = frozenset({"ANY", "ANY VALUE", "PROPERTY VALUE", "LIST<ANY>"})


def conforms(value: Any, wanted: str) -> bool:
    """Is `value`, which is not None, of the type?"""
    return any(_conforms_to_one(value, option) for option in _options(wanted))


def _options(wanted: str) -> list[str]:
    """The alternatives of a union; a bar inside angle brackets is not ours."""
    options: list[str] = []
    depth = 0
    start = 0
    for place, character in enumerate(wanted):
        if character == "<":
            depth += 1
        elif character == ">":
            depth -= 1
        elif character == "|" and depth == 0:
            options.append(wanted[start:place])
            start = place + 1
    options.append(wanted[start:])
    return [option.strip().removesuffix("NOT NULL").strip().upper() for option in options]


def _conforms_to_one(value: Any, wanted: str) -> bool:
    if wanted.startswith("LIST<") and wanted.endswith(">"):
        inner = wanted[5:-1]
        return isinstance(value, list) and all(_is_item(item, inner) for item in value)
    if wanted in _ANYTHING:
        return True
    return type_name(value) == _SYNONYMS.get(wanted, wanted)


def _is_item(item: Any, inner: str) -> bool:
    if item is None:
        return not inner.rstrip().upper().endswith("NOT NULL")
    return conforms(item, inner)
