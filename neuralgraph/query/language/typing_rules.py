"""Static types: names of openCypher types, and what operators make of them.

A type is its name in capitals, ``LIST<...>`` for lists. ``ANY`` is "not known", and fits everywhere;
``NULL`` too. A rule says an operand is wrong only where no value of its type can be right.
"""

from __future__ import annotations

ANY, NULL = "ANY", "NULL"
BOOLEAN, INTEGER, FLOAT, NUMBER, STRING = "BOOLEAN", "INTEGER", "FLOAT", "NUMBER", "STRING"
NODE, RELATIONSHIP, PATH, MAP, POINT = "NODE", "RELATIONSHIP", "PATH", "MAP", "POINT"
LIST = "LIST<ANY>"
RELATIONSHIPS = "LIST<RELATIONSHIP>"
TEMPORAL = frozenset({"DATE", "TIME", "LOCALTIME", "DATETIME", "LOCALDATETIME"})
DURATION = "DURATION"

_UNKNOWN = frozenset({ANY, NULL})
_NUMERIC = frozenset({INTEGER, FLOAT, NUMBER})
_KNOWN = (
    frozenset({BOOLEAN, STRING, NODE, RELATIONSHIP, PATH, MAP, POINT, DURATION, "LIST"})
    | _NUMERIC
    | TEMPORAL
)
_HAVE_PROPERTIES = frozenset({NODE, RELATIONSHIP, MAP, POINT, DURATION}) | TEMPORAL
_ALIASES = {"BOOL": BOOLEAN, "INT": INTEGER, "EDGE": RELATIONSHIP, "VERTEX": NODE, "LIST": LIST}


def is_list(name: str) -> bool:
    """Is it a list of something?"""
    return name.startswith("LIST")


def list_of(element: str) -> str:
    """The type of a list of these."""
    return f"LIST<{ANY if element == NULL else element}>"


def element_of(name: str) -> str:
    """The type of a list's elements; ANY for what is not a list."""
    return name[5:-1] if name.startswith("LIST<") else ANY


def declared(name: str) -> str:
    """A type name of a signature as a static type: one known name, or ANY."""
    name = name.strip().rstrip("?").strip().upper()
    if "|" in name:
        return ANY
    name = _ALIASES.get(name, name)
    if name.startswith("LIST<"):
        return list_of(declared(name[5:-1]))
    return name if name in _KNOWN else ANY


def common(types: list[str]) -> str:
    """The type that all of these have; nulls do not count."""
    known = {name for name in types if name != NULL}
    if not known:
        return NULL if types else ANY
    if len(known) == 1:
        return known.pop()
    if known <= _NUMERIC:
        return NUMBER
    return LIST if all(map(is_list, known)) else ANY


def fits(actual: str, wanted: str) -> bool:
    """May a value of type `actual` be given where a signature asks for `wanted` (with ``|``)?"""
    if actual in _UNKNOWN:
        return True
    return any(_fits_one(actual, one) for one in wanted.upper().split("|"))


def _fits_one(actual: str, wanted: str) -> bool:
    wanted = wanted.strip().rstrip("?").strip()
    wanted = _ALIASES.get(wanted, wanted)
    if wanted.startswith("LIST"):
        return is_list(actual)
    if wanted not in _KNOWN or actual == wanted:
        return True
    if wanted in {NUMBER, FLOAT}:
        return actual in _NUMERIC
    return wanted == INTEGER and actual == NUMBER


def is_boolean(name: str) -> bool:
    """May it be a truth value?"""
    return name == BOOLEAN or name in _UNKNOWN


def may_be_list(name: str) -> bool:
    """May it be a list?"""
    return name in _UNKNOWN or is_list(name)


def may_be(name: str, *wanted: str) -> bool:
    """Is it one of these, or not known?"""
    return name in _UNKNOWN or name in wanted


def has_properties(name: str) -> bool:
    """May ``value.key`` mean something?"""
    return name in _UNKNOWN or name in _HAVE_PROPERTIES


def is_value(name: str) -> bool:
    """Is it surely neither an entity nor a path, nor null?"""
    return name not in _UNKNOWN and name not in {NODE, RELATIONSHIP, PATH}


def arithmetic(operator: str, left: str, right: str) -> str | None:
    """The type of ``left operator right``, or None where no values of these types will do."""
    if operator == "||":
        return _concatenated(left, right)
    if operator == "+":
        return _sum(left, right)
    if left in _UNKNOWN or right in _UNKNOWN:
        other = right if left in _UNKNOWN else left
        return ANY if other in _UNKNOWN or _may_subtract(other) else None
    if left in _NUMERIC and right in _NUMERIC:
        return _number(operator, left, right)
    if operator == "-" and _may_subtract(left) and right == DURATION:
        return left
    if operator in "*/" and DURATION in (left, right) and (left in _NUMERIC or right in _NUMERIC):
        return DURATION
    return None


def _may_subtract(name: str) -> bool:
    return name in _NUMERIC or name == DURATION or name in TEMPORAL


def _number(operator: str, left: str, right: str) -> str:
    if operator == "^":
        return FLOAT
    if left == right:
        return left
    return FLOAT if FLOAT in (left, right) else NUMBER


def _sum(left: str, right: str) -> str | None:
    if is_list(left) or is_list(right):
        return LIST if left != right else left
    if left in _UNKNOWN or right in _UNKNOWN:
        return ANY
    if STRING in (left, right):
        return STRING
    if left in _NUMERIC and right in _NUMERIC:
        return _number("+", left, right)
    if DURATION in (left, right):
        other = right if left == DURATION else left
        return other if other == DURATION or other in TEMPORAL else None
    return None


def _concatenated(left: str, right: str) -> str | None:
    for name in (left, right):
        if not (name == STRING or may_be_list(name)):
            return None
    return common([left, right])
