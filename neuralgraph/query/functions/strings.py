"""Functions of strings. Positions and lengths count characters (code points), from zero."""

from __future__ import annotations

import re
import unicodedata
from sys import getsizeof
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.query.functions.arguments import (
    expect_count,
    expect_list,
    expect_string,
    out_of_range,
)
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.query.functions.sizes import reserve_text, width_of
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGE_CHARACTERS: Final = 1 << 16
_PART_BYTES: Final = 64
_GROWING: Final = frozenset({"normalize", "replace", "split"})
_OWN_NULLS: Final = frozenset({"left", "right", "substring"})
"""Functions of a null text that are null, while how many characters are wanted must not be."""
_COUNTED_MAX: Final = 64
"""Of how many different characters it is counted how often they occur."""
_FORMS: Final = frozenset({"NFC", "NFD", "NFKC", "NFKD"})


def _unary(
    name: str, change: Callable[[str], Any], result: Kind = Kind.TEXT
) -> tuple[Callable[..., Any], Callable[..., Column | None]]:
    """The scalar and the kernel of a function of one string."""

    def scalar(context: CallContext, value: Any) -> Any:  # noqa: ARG001
        return change(expect_string(name, value))

    def kernel(context: CallContext, values: Column) -> Column | None:  # noqa: ARG001
        if values.kind != Kind.TEXT:
            return None
        dictionary = values.dictionary
        if dictionary is None or result != Kind.TEXT:
            items = values.to_list()
            return Column.of_list(
                result, [None if item is None else change(item) for item in items]
            )
        changed = np.empty(len(dictionary), dtype=object)
        changed[:] = [change(item) for item in dictionary.tolist()]
        return Column.of_array(Kind.TEXT, values.array, values.valid, changed)

    return scalar, kernel


def _left(context: CallContext, text: Any, length: Any) -> str | None:  # noqa: ARG001
    return None if text is None else expect_string("left", text)[: expect_count("left", length)]


def _right(context: CallContext, text: Any, length: Any) -> str | None:  # noqa: ARG001
    if text is None:
        return None
    count = expect_count("right", length)
    return expect_string("right", text)[-count:] if count else ""


def _trimmer(name: str, trim: Callable[[str, str | None], str]) -> Callable[..., str]:
    def scalar(context: CallContext, text: Any, characters: Any = None) -> str:  # noqa: ARG001
        chosen = None if characters is None else expect_string(name, characters)
        return trim(expect_string(name, text), chosen)

    return scalar


def _replace(
    context: CallContext, text: Any, search: Any, replacement: Any, limit: Any = None
) -> str:
    wanted, new = expect_string("replace", search), expect_string("replace", replacement)
    count = -1 if limit is None else expect_count("replace", limit)
    whole = expect_string("replace", text)
    if len(whole) * (len(new) + 1) > _LARGE_CHARACTERS:
        found = whole.count(wanted)
        found = found if count < 0 else min(found, count)
        growth = found * max(0, len(new) - len(wanted))
        reserve_text(context, len(whole) + growth, (whole, new))
    return whole.replace(wanted, new, count)


def _split(context: CallContext, text: Any, delimiters: Any) -> list[str]:
    whole = expect_string("split", text)
    if type(delimiters) is list:
        marks = [expect_string("split", mark) for mark in expect_list("split", delimiters)]
    else:
        marks = [expect_string("split", delimiters)]
    if len(whole) > _LARGE_CHARACTERS:
        parts = len(whole) if "" in marks else 1 + sum(map(whole.count, marks))
        context.reserve(getsizeof(whole) + parts * _PART_BYTES)
    if not marks:
        return [whole]
    if len(marks) == 1:
        return whole.split(marks[0]) if marks[0] else list(whole)
    if "" in marks:
        return [character for character in whole if character not in marks]
    return re.split("|".join(map(re.escape, marks)), whole)


def _substring(context: CallContext, text: Any, start: Any, *length: Any) -> str | None:  # noqa: ARG001
    if text is None:
        return None
    first = expect_count("substring", start)
    whole = expect_string("substring", text)
    if not length:
        return whole[first:]
    return whole[first : first + expect_count("substring", length[0])]


def _normalize(context: CallContext, text: Any, form: Any = "NFC") -> str:
    name = expect_string("normalize", form).upper()
    if name not in _FORMS:
        raise out_of_range(f"normalize() knows {', '.join(sorted(_FORMS))}, not {form}")
    whole = expect_string("normalize", text)
    if len(whole) > _LARGE_CHARACTERS and not whole.isascii():
        reserve_text(context, *_normal_size(whole, name))
    return unicodedata.normalize(name, whole)  # type: ignore[arg-type]


def _normal_size(whole: str, form: str) -> tuple[int, tuple[str, ...]]:
    """Characters that a text has at most in a normal form, and what shows how wide they are."""
    # Composing only makes fewer of what decomposing makes.
    form = form.replace("C", "D") if form.endswith("C") else form
    parts = {each: unicodedata.normalize(form, each) for each in set(whole)}  # type: ignore[arg-type]
    longer = {each: len(part) - 1 for each, part in parts.items() if len(part) > 1}
    if len(longer) > _COUNTED_MAX:
        growth = len(whole) * max(longer.values())
    else:
        growth = sum(whole.count(each) * more for each, more in longer.items())
    widest = max(parts.values(), key=width_of)
    return len(whole) + growth, (whole, widest)


def _is_normalized(context: CallContext, text: Any, form: Any = "NFC") -> bool | None:
    # Like the other predicates on strings it is null for anything else.
    return _normalize(context, text, form) == text if type(text) is str else None


_UPPER = _unary("toUpper", str.upper)
_LOWER = _unary("toLower", str.lower)
_CHARACTERS = _unary("charLength", len, Kind.INTEGER)
_S: Final = "STRING"

FUNCTIONS: Final = tuple(
    Function(
        name, parameters, result, scalar, required=required, kernel=kernel, category="String",
        grows=name in _GROWING, description=description,
        null_in_null_out=name not in _OWN_NULLS,
    )
    for name, parameters, required, result, scalar, kernel, description in (
        ("toUpper", (_S,), 1, _S, *_UPPER, "The string in capitals."),
        ("toLower", (_S,), 1, _S, *_LOWER, "The string in small letters."),
        ("charLength", (_S,), 1, "INTEGER", *_CHARACTERS, "How many characters a string has."),
        ("left", (_S, "INTEGER"), 2, _S, _left, None, "The first characters; how many is not null."),
        ("right", (_S, "INTEGER"), 2, _S, _right, None, "The last characters; how many is not null."),
        ("lTrim", (_S, _S), 1, _S, _trimmer("lTrim", str.lstrip), None,
         "Without white space, or the characters given, at the beginning."),
        ("rTrim", (_S, _S), 1, _S, _trimmer("rTrim", str.rstrip), None,
         "Without white space, or the characters given, at the end."),
        ("trim", (_S, _S), 1, _S, _trimmer("trim", str.strip), None,
         "Without white space, or the characters given, at both ends."),
        ("bTrim", (_S, _S), 1, _S, _trimmer("bTrim", str.strip), None,
         "Without white space, or the characters given, at both ends."),
        ("replace", (_S, _S, _S, "INTEGER"), 3, _S, _replace, None,
         "Each occurrence replaced, or the first so many."),
        ("split", (_S, "STRING|LIST"), 2, "LIST", _split, None, "The parts between delimiters."),
        ("substring", (_S, "INTEGER", "INTEGER"), 2, _S, _substring, None,
         "From a position on, perhaps only so many characters; neither is null."),
        ("normalize", (_S, _S), 1, _S, _normalize, None,
         "In a normal form of Unicode: NFC, NFD, NFKC or NFKD."),
        ("isNormalized", ("ANY", _S), 1, "BOOLEAN", _is_normalized, None,
         "Is the string in a normal form of Unicode? The same as IS NORMALIZED."),
    )
)  # fmt: skip
