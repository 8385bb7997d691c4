"""Functions of APOC that graph libraries and language models send."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryArgumentError
from neuralgraph.query.functions.accessors import property_of_value
from neuralgraph.query.functions.arguments import expect_list, expect_string, wrong_type
from neuralgraph.query.functions.collections import distinct, flattened
from neuralgraph.query.functions.entities import properties_of_value
from neuralgraph.query.functions.patterns import searched_pattern
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.query.functions.sizes import reserve_text
from neuralgraph.query.functions.texts import text_of
from neuralgraph.values import Node, NodeRef, Relationship, type_name
from neuralgraph.values.nesting import DEPTH_MAX, require_walkable
from neuralgraph.values.types import from_python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TYPES: Final = {
    "ZONED DATETIME": "DATE_TIME",
    "LOCAL DATETIME": "LOCAL_DATE_TIME",
    "ZONED TIME": "TIME",
    "LOCAL TIME": "LOCAL_TIME",
    "VECTOR": "LIST",
}
_PART_BYTES: Final = 64
_LARGE_CHARACTERS: Final = 1 << 16
_ESCAPED_SHORT: Final = '"\\\b\f\n\r\t'
_ESCAPED_LONG: Final = "".join(sorted(set(map(chr, range(32))) - set(_ESCAPED_SHORT)))
_GROWING: Final = frozenset(
    {"text.join", "text.replace", "text.split", "convert.toJson", "coll.flatten"}
)


def _any_property(context: CallContext, thing: Any, key: Any) -> Any:
    if isinstance(thing, Relationship) and key in ("type", "id") and key not in thing.properties:
        return thing.type if key == "type" else thing.id
    return property_of_value(thing, expect_string("apoc.any.property", key), context.reader)


def _any_properties(context: CallContext, thing: Any, keys: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = properties_of_value(context, thing)
    if keys is None:
        return found
    return {key: found[key] for key in expect_list("apoc.any.properties", keys) if key in found}


# ── maps ──────────────────────────────────────────────────────────────────────────────────────


def _expect_map(name: str, value: Any) -> dict[str, Any]:
    if type(value) is dict:
        return value
    raise wrong_type(name, value, "a map")


def _clean(_context: CallContext, value: Any, keys: Any, values: Any) -> Any:
    """Without some keys, some values, null and the empty string."""
    if value is None:
        return None
    unwanted_keys = set(expect_list("apoc.map.clean", [] if keys is None else keys))
    unwanted = expect_list("apoc.map.clean", [] if values is None else values)
    return {
        key: item
        for key, item in _expect_map("apoc.map.clean", value).items()
        if key not in unwanted_keys and item is not None and item != "" and item not in unwanted
    }


def _merge(_context: CallContext, first: Any, second: Any) -> dict[str, Any]:
    maps = [_expect_map("apoc.map.merge", item) for item in (first, second) if item is not None]
    return {key: item for one in maps for key, item in one.items()}


def _from_pairs(_context: CallContext, pairs: Any) -> dict[str, Any]:
    made = {}
    for pair in expect_list("apoc.map.fromPairs", pairs):
        items = expect_list("apoc.map.fromPairs", pair)
        if len(items) != 2:
            raise QueryArgumentError(
                "apoc.map.fromPairs takes lists of two", detail="InvalidArgumentValue"
            )
        made[expect_string("apoc.map.fromPairs", items[0])] = items[1]
    return made


def _set_key(_context: CallContext, value: Any, key: Any, item: Any) -> dict[str, Any]:
    owner = {} if value is None else _expect_map("apoc.map.setKey", value)
    return {**owner, expect_string("apoc.map.setKey", key): item}


def _remove_keys(_context: CallContext, value: Any, keys: Any) -> dict[str, Any]:
    unwanted = expect_list("apoc.map.removeKeys", keys)
    owner = _expect_map("apoc.map.removeKeys", value)
    return {key: item for key, item in owner.items() if key not in unwanted}


# ── lists ─────────────────────────────────────────────────────────────────────────────────────


def _contains(_context: CallContext, items: Any, value: Any) -> bool:
    found = expect_list("apoc.coll.contains", items)
    return len(distinct([*found, value])) == len(distinct(found))


def _union(_context: CallContext, first: Any, second: Any) -> list[Any]:
    ones, others = ([] if side is None else expect_list("apoc.coll.union", side)
                    for side in (first, second))  # fmt: skip
    return distinct([*ones, *others])


def _intersection(context: CallContext, first: Any, second: Any) -> list[Any]:
    others = expect_list("apoc.coll.intersection", second)
    ones = distinct(expect_list("apoc.coll.intersection", first))
    return [item for item in ones if _contains(context, others, item)]


def _subtract(context: CallContext, first: Any, second: Any) -> list[Any]:
    others = expect_list("apoc.coll.subtract", second)
    ones = distinct(expect_list("apoc.coll.subtract", first))
    return [item for item in ones if not _contains(context, others, item)]


# ── strings ───────────────────────────────────────────────────────────────────────────────────


def _join(context: CallContext, texts: Any, delimiter: Any) -> str:
    parts = expect_list("apoc.text.join", texts)
    glue = expect_string("apoc.text.join", delimiter)
    joined = ["null" if part is None else text_of(part) for part in parts]
    characters = sum(map(len, joined)) + len(glue) * len(joined)
    if characters > _LARGE_CHARACTERS:
        reserve_text(context, characters, (*joined, glue))
    return glue.join(joined)


def _text_replace(context: CallContext, text: Any, pattern: Any, replacement: Any) -> str:
    me = "apoc.text.replace"
    # Java writes $1 for what Python calls \1.
    template = re.sub(r"\$(\d)", r"\\g<\1>", expect_string(me, replacement).replace("\\", "\\\\"))
    searched, whole = searched_pattern(expect_string(me, pattern)), expect_string(me, text)
    if len(whole) * (len(template) + 1) > _LARGE_CHARACTERS:
        # Groups make a replacement no longer than all of the text at each match.
        longest = len(template) + (len(whole) if "\\g<" in template else 0)
        reserve_text(context, len(whole) + searched.count(whole) * longest, (whole, template))
    return searched.sub(template, whole)


def _text_split(context: CallContext, text: Any, pattern: Any, limit: Any = 0) -> list[str]:
    me = "apoc.text.split"
    most = max(0, limit - 1) if type(limit) is int and limit > 0 else 0
    searched = searched_pattern(expect_string(me, pattern))
    whole = expect_string(me, text)
    context.reserve(_PART_BYTES * len(whole))
    return [part or "" for part in searched.split(whole, most)]


def _capitalize(_context: CallContext, text: Any) -> str:
    whole = expect_string("apoc.text.capitalize", text)
    return whole[:1].upper() + whole[1:]


def _text_clean(_context: CallContext, text: Any) -> str:
    """Letters and digits only, small."""
    return "".join(c for c in expect_string("apoc.text.clean", text) if c.isalnum()).lower()


# ── types and JSON ────────────────────────────────────────────────────────────────────────────


def _meta_type(_context: CallContext, value: Any) -> str:
    name = type_name(value)
    return _TYPES.get(name, name)


def _to_json(context: CallContext, value: Any) -> str:
    def shown(item: Any) -> Any:
        if isinstance(item, NodeRef):
            labels = list(context.reader.node_labels([item.id])[0])
            properties = properties_of_value(context, item)
            return {"id": str(item.id), "type": "node", "labels": labels, "properties": properties}
        return str(item)

    count = require_walkable(value)
    context.reserve(_PART_BYTES * count)
    texts = list(_texts_in(value))
    if sum(map(len, texts)) > _LARGE_CHARACTERS:
        characters = sum(map(_escaped_characters, texts)) + _PART_BYTES * count
        reserve_text(context, characters, texts)
    return json.dumps(value, default=shown, ensure_ascii=False, separators=(",", ":"))


def _texts_in(value: Any) -> Iterator[str]:
    if type(value) is str:
        yield value
    elif type(value) is list:
        for item in value:
            yield from _texts_in(item)
    elif type(value) is dict:
        yield from value
        for item in value.values():
            yield from _texts_in(item)


def _escaped_characters(text: str) -> int:
    """Characters of a text in JSON: some get a backslash, other control characters six characters."""
    short = sum(map(text.count, _ESCAPED_SHORT))
    return len(text) + short + 5 * sum(map(text.count, _ESCAPED_LONG))


def _from_json(kind: type[list[Any]] | type[dict[str, Any]]) -> Callable[..., Any]:
    def parse(_context: CallContext, text: Any) -> Any:
        whole = expect_string("apoc.convert.fromJson", text)
        try:
            value = json.loads(whole)
        except (ValueError, RecursionError) as error:
            raise QueryArgumentError(
                f"the text is no JSON: {error}", detail="InvalidArgumentValue"
            ) from error
        if not isinstance(value, kind):
            raise QueryArgumentError("the JSON is of another type", detail="InvalidArgumentValue")
        return from_python(value)

    return parse


def _label_exists(context: CallContext, node: Any, label: Any) -> bool:
    if isinstance(node, Node):
        return label in node.labels
    if not isinstance(node, NodeRef):
        raise wrong_type("apoc.label.exists", node, "a node")
    return label in context.reader.node_labels([node.id])[0]


_S: Final = "STRING"

FUNCTIONS: Final = tuple(
    Function(
        f"apoc.{name}", parameters, result, scalar, required=required, category="APOC",
        grows=name in _GROWING,
        description=description, null_in_null_out=name not in
        ("map.clean", "map.merge", "map.setKey", "coll.union", "coll.contains", "any.properties",
         "meta.type", "meta.cypher.type"),
    )
    for name, parameters, required, result, scalar, description in (
        ("any.property", ("ANY", _S), 2, "ANY", _any_property,
         "A property of a node, relationship or map, virtual ones included."),
        ("any.properties", ("ANY", "LIST"), 1, "MAP", _any_properties,
         "Properties of a node, relationship or map; all, or those named."),
        ("map.clean", ("MAP", "LIST", "LIST"), 3, "MAP", _clean,
         "Without these keys and values, and without null and the empty string."),
        ("map.merge", ("MAP", "MAP"), 2, "MAP", _merge, "Both maps; the second one wins."),
        ("map.fromPairs", ("LIST",), 1, "MAP", _from_pairs, "A map of [key, value] lists."),
        ("map.setKey", ("MAP", _S, "ANY"), 3, "MAP", _set_key, "The map with an entry more."),
        ("map.removeKeys", ("MAP", "LIST"), 2, "MAP", _remove_keys, "The map without these keys."),
        ("coll.toSet", ("LIST",), 1, "LIST", lambda _context, items: distinct(items),
         "The different elements, in order of first occurrence."),
        ("coll.flatten", ("LIST", "BOOLEAN"), 1, "LIST",
         lambda context, items, deep=False: flattened(context, items, DEPTH_MAX if deep else 1),
         "Lists inside the list opened up, one level or all."),
        ("coll.contains", ("LIST", "ANY"), 2, "BOOLEAN", _contains, "Is the value in the list?"),
        ("coll.union", ("LIST", "LIST"), 2, "LIST", _union, "What is in one of two lists, once."),
        ("coll.intersection", ("LIST", "LIST"), 2, "LIST", _intersection,
         "What is in both lists, once."),
        ("coll.subtract", ("LIST", "LIST"), 2, "LIST", _subtract,
         "What is in the first list and not in the second, once."),
        ("text.join", ("LIST", _S), 2, _S, _join, "Strings joined by a delimiter."),
        ("text.replace", (_S, _S, _S), 3, _S, _text_replace,
         "Each match of a regular expression replaced."),
        ("text.split", (_S, _S, "INTEGER"), 2, "LIST", _text_split,
         "The parts between matches of a regular expression."),
        ("text.capitalize", (_S,), 1, _S, _capitalize, "With a capital first letter."),
        ("text.clean", (_S,), 1, _S, _text_clean, "Letters and digits only, in small letters."),
        ("meta.type", ("ANY",), 1, _S, _meta_type, "The name of the value's type, as APOC has it."),
        ("meta.cypher.type", ("ANY",), 1, _S, _meta_type,
         "The name of the value's type, as APOC has it."),
        ("convert.toJson", ("ANY",), 1, _S, _to_json, "The value as JSON."),
        ("convert.fromJsonMap", (_S,), 1, "MAP", _from_json(dict), "A map from JSON."),
        ("convert.fromJsonList", (_S,), 1, "LIST", _from_json(list), "A list from JSON."),
        ("label.exists", ("NODE", _S), 2, "BOOLEAN", _label_exists,
         "Does the node carry the label?"),
    )
)  # fmt: skip
