"""The two header slots: which manifest counts. Layout: `format.HEADER_SLOT`.

Everything in a slot stands in its first 256 bytes, within one sector, so that a crash leaves it old or new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import xxhash

from neuralgraph.errors import CorruptionError, FormatVersionError, NotADatabaseError
from neuralgraph.storage.disk.format import (
    HEADER_SLOT,
    MAGIC,
    REQUIRED_FEATURES,
    SLOT_BYTES,
    SLOT_COUNT,
    VERSION,
)
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.disk.files import File

_PACKER: Final = HEADER_SLOT.packer()
_CHECKSUM_BYTES: Final = 8


@record
class Slot:
    """What a header slot says.

    Attributes:
        manifest: offset, length, raw length, codec, checksum; length 0 when there is none.
    """

    identity: bytes
    sequence: int
    manifest: tuple[int, ...]
    manifest_sha256: bytes


def encode_slot(
    slot: Slot, *, version: int = VERSION, required_features: int = REQUIRED_FEATURES
) -> bytes:
    """The 4096 bytes of a slot; of another version or with other features, for tests."""
    body = _PACKER.pack(
        MAGIC,
        version,
        required_features,
        0,
        0,
        slot.identity,
        slot.sequence,
        *slot.manifest,
        slot.manifest_sha256,
        b"",
        0,
    )[:-_CHECKSUM_BYTES]
    checksum = xxhash.xxh3_64_intdigest(body).to_bytes(_CHECKSUM_BYTES, "little")
    return (body + checksum).ljust(SLOT_BYTES, b"\0")


def read_slots(file: File) -> list[Slot | None]:
    """Both slots of a file that is not empty; None for one that is not sound.

    Raises:
        NotADatabaseError: neither begins with our magic.
        FormatVersionError: a sound one is of a newer version or needs a feature unknown here.
        CorruptionError: neither is sound.
    """
    head = file.read_at(0, SLOT_BYTES * SLOT_COUNT)
    pages = [head[SLOT_BYTES * place :][: _PACKER.size] for place in range(SLOT_COUNT)]
    if not any(page.startswith(MAGIC) for page in pages):
        raise NotADatabaseError(f"{file.name} is not a neuralgraph database")
    slots = [_decode(page, file.name) for page in pages]
    if not any(slots):
        raise CorruptionError(
            "both header slots are damaged", where=f"{file.name}, slots at 0 and {SLOT_BYTES}"
        )
    return slots


def newest_slot(slots: Sequence[Slot | None]) -> Slot:
    """The one that counts; at least one is sound."""
    return max((slot for slot in slots if slot is not None), key=lambda slot: slot.sequence)


def is_blank(data: bytes) -> bool:
    """Nothing but zeros?"""
    return not data.strip(b"\0")


def _decode(page: bytes, name: str) -> Slot | None:
    if len(page) < _PACKER.size or not page.startswith(MAGIC):
        return None
    (_, version, required, _, _, identity, sequence, *manifest, sha256, _, checksum) = (
        _PACKER.unpack(page)
    )
    # The checksum stands at the same place in every version, so that damage is told from novelty.
    if xxhash.xxh3_64_intdigest(page[:-_CHECKSUM_BYTES]) != checksum:
        return None
    if version > VERSION:
        raise FormatVersionError(
            f"{name} has format version {version}, this program reads up to {VERSION}; upgrade it"
        )
    unknown = required & ~REQUIRED_FEATURES
    if unknown:
        raise FormatVersionError(
            f"{name} needs features that this program lacks (bits {unknown:#x}); upgrade it"
        )
    return Slot(identity, sequence, tuple(manifest), sha256)
