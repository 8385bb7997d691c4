"""Parts: the arrays a segment is made of, each a block of its own or, when short, bytes in the descriptor.

A descriptor is a list that msgpack can carry; its last item is the list of parts, so that the blocks of a
segment are known without knowing its kind. A part is ``bytes`` or the five numbers of a `BlockRef`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from neuralgraph.storage.disk.blocks import BlockRef
from neuralgraph.storage.disk.format import INLINE_BYTES_MAX

if TYPE_CHECKING:
    import numpy.typing as npt
    from typing_extensions import Buffer

    from neuralgraph.values.arrays import AnyArray

Part = bytes | list[int]
Descriptor = list[Any]

WIDTHS: Final[dict[int, str]] = {1: "u1", 2: "<u2", 4: "<u4", 8: "<i8"}
"""Stored widths of integers, in bytes, and their dtypes; 0 is a constant that is not stored at all."""


class BlockStore(Protocol):
    """What segments ask of `BlockFile`."""

    def write(self, data: Buffer, *, compress: bool = False) -> BlockRef:
        """See `BlockFile.write`."""
        ...

    def read(self, ref: BlockRef) -> memoryview | bytes:
        """See `BlockFile.read`."""
        ...

    def array(self, ref: BlockRef, dtype: npt.DTypeLike) -> AnyArray:
        """See `BlockFile.array`."""
        ...


def store_part(data: AnyArray | bytes, blocks: BlockStore, *, cold: bool = False) -> Part:
    """Write an array or bytes; compressed when cold."""
    if isinstance(data, bytes):
        return data if len(data) <= INLINE_BYTES_MAX else list(blocks.write(data, compress=cold))
    if data.nbytes <= INLINE_BYTES_MAX:
        return data.tobytes()
    return list(blocks.write(np.ascontiguousarray(data), compress=cold))


def load_part(part: Part, dtype: str, blocks: BlockStore) -> AnyArray:
    """The array that was stored, read-only.

    Raises:
        CorruptionError: its block is damaged.
    """
    if isinstance(part, bytes):
        return np.frombuffer(part, dtype=dtype)
    return blocks.array(BlockRef(*part), dtype)


def load_bytes(part: Part, blocks: BlockStore) -> memoryview | bytes:
    """The bytes that were stored.

    Raises:
        CorruptionError: the block is damaged.
    """
    return part if isinstance(part, bytes) else blocks.read(BlockRef(*part))


def refs_of(descriptor: Descriptor) -> list[BlockRef]:
    """The blocks that a segment lives in."""
    return [BlockRef(*part) for part in descriptor[-1] if not isinstance(part, bytes)]


def width_of(maximum: int) -> int:
    """The least width that holds 0 to `maximum`."""
    if maximum <= 0xFF:
        return 1
    if maximum <= 0xFFFF:
        return 2
    return 4 if maximum <= 0xFFFF_FFFF else 8


def narrowed(array: AnyArray, *, width_min: int = 1) -> tuple[int, AnyArray]:
    """Numbers from 0 up in the least width that holds them: the width, and the array in it."""
    width = max(width_min, width_of(int(array.max()) if len(array) else 0))
    return width, array.astype(WIDTHS[width], copy=False)
