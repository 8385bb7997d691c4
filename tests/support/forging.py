"""Manifests that somebody changed and gave the right checksums: not what damage looks like."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

from neuralgraph.storage.disk.blocks import checksum
from neuralgraph.storage.disk.digests import sha256
from neuralgraph.storage.disk.format import EXTENT_BYTES, SLOT_BYTES, SLOT_COUNT, Codec
from neuralgraph.storage.disk.header_slots import Slot, encode_slot, newest_slot, read_slots
from neuralgraph.storage.versions.manifest_codec import pack_manifest, unpack_manifest
from tests.support.engines import NAME, open_engine
from tests.support.recording_directory import directory_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.recording_directory import Image

Place = tuple[Any, ...]


def manifest_of(image: Image) -> Any:
    """The manifest that counts, as plain values."""
    engine = open_engine(directory_of(image), read_only=True)
    manifest = engine._blocks.manifest()
    engine._lock.release()
    assert manifest is not None
    return unpack_manifest(manifest)


def forged(image: Image, manifest: Any) -> Image:
    """The same database with another manifest, behind everything; all checksums say that it is right."""
    packed = pack_manifest(manifest)
    data = bytearray(image[""][NAME])
    data += bytes(-len(data) % EXTENT_BYTES)
    ref = (len(data), len(packed), len(packed), int(Codec.RAW), checksum(packed))
    slots = read_slots(directory_of(image).open(NAME))
    old = newest_slot(slots)
    slot = Slot(old.identity, old.sequence + 1, ref, sha256(packed).digest())
    data += packed + bytes(-len(packed) % EXTENT_BYTES)
    data[: SLOT_BYTES * SLOT_COUNT] = encode_slot(slot) * SLOT_COUNT
    return {**image, "": {**image[""], NAME: bytes(data)}}


def at(manifest: Any, path: Place) -> Any:
    """The value there."""
    for step in path:
        manifest = manifest[step]
    return manifest


def replaced(manifest: Any, path: Place, value: Any) -> Any:
    """A copy with another value there."""
    if not path:
        return value
    made = copy.copy(manifest)
    made[path[0]] = replaced(manifest[path[0]], path[1:], value)
    return made


def fields_of(value: Any, path: Place = ()) -> Iterator[Place]:
    """The path of every value that has no parts, and of every list and map."""
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, part in steps:
            yield from fields_of(part, (*path, step))
    if path:
        yield path


def forgeries(value: Any) -> list[Any]:
    """Others of the same type, as near to it as can be; a list without an item, or two changed over."""
    changes: dict[type, Callable[[Any], list[Any]]] = {
        bool: lambda one: [not one],
        int: lambda one: [one + 1, one - 1] if one > 0 else [one + 1],
        float: lambda one: [one + 1.0, one - 1.0],
        str: lambda one: [one + "x", one[:-1]],
        bytes: lambda one: [one[:-1] + bytes([one[-1] ^ 1])] if one else [b"x"],
        type(None): lambda _: [1],
        list: _shorter,
        dict: lambda one: [{key: one[key] for key in list(one)[:-1]}] if one else [],
    }
    return changes[type(value)](value)


def _shorter(items: list[Any]) -> list[Any]:
    made = [items[:-1]] if items else []
    for place, (one, other) in enumerate(itertools.pairwise(items)):
        if one != other and type(one) is type(other):
            made.append([*items[:place], other, one, *items[place + 2 :]])
            break
    return made
