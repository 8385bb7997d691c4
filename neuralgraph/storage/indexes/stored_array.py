"""StoredArray: a one-dimensional array of numbers in a database file, mapped when it is first touched.

Five forms:

    block       the raw little-endian bytes in a block of the file
    inline      short ones: the bytes in the descriptor
    constant    every item is `first`; nothing is stored
    sequence    `first`, `first` + 1, ...; nothing is stored
    pieces      a long block; the checksum and the first item of each run of 65,536 items are known, so that a
                search reads one of them, not all

An array made by `in_memory` has no block and cannot be described; indexes over a few patched rows use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from neuralgraph.errors import CorruptionError
from neuralgraph.storage.disk import BlockRef
from neuralgraph.storage.disk.blocks import checksum
from neuralgraph.storage.disk.format import INLINE_BYTES_MAX, Codec
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from neuralgraph.storage.disk import BlockFile

_BLOCK: Final = 0
_CONSTANT: Final = 1
_SEQUENCE: Final = 2
_INLINE: Final = 3
_PIECES: Final = 4
_PIECE_ITEMS: Final = 1 << 16
_PIECES_MIN: Final = 4


class StoredArray:
    """Items of one dtype; immutable. Make one with `store`, `sequence`, `in_memory` or `read`."""

    __slots__ = (
        "_array",
        "_below",
        "_blocks",
        "_piece",
        "count",
        "dtype",
        "first",
        "form",
        "pieces",
        "ref",
    )

    def __init__(
        self,
        form: int,
        dtype: np.dtype[Any],
        count: int,
        *,
        first: int = 0,
        ref: BlockRef | None = None,
        blocks: BlockFile | None = None,
        array: NDArray[Any] | None = None,
        pieces: tuple[list[int], NDArray[Any]] | None = None,
    ) -> None:
        self.form = form
        self.dtype = dtype
        self.count = count
        self.first = first
        self.ref = ref
        self._blocks = blocks
        self._array = array
        self.pieces = pieces
        self._piece: tuple[int, NDArray[Any]] = (-1, NO_IDS)
        self._below = 0

    @staticmethod
    def store(
        array: NDArray[Any], blocks: BlockFile | None, *, compress: bool = False
    ) -> StoredArray:
        """Write an array (or keep it in memory, without `blocks`).

        Arrays of integers whose items are all equal are kept as a constant.
        """
        count = len(array)
        if blocks is None:
            return StoredArray.in_memory(array)
        if count == 0 or (array.dtype.kind in "iub" and _is_constant(array)):
            first = int(array[0]) if count else 0
            return StoredArray(_CONSTANT, array.dtype, count, first=first)
        array = np.ascontiguousarray(array)
        if array.nbytes <= INLINE_BYTES_MAX:
            return StoredArray(_INLINE, array.dtype, count, array=array)
        ref = blocks.write(memoryview(array).cast("B"), compress=compress)
        if count >= _PIECES_MIN * _PIECE_ITEMS and ref.codec == Codec.RAW:
            places = range(0, count, _PIECE_ITEMS)
            sums = [checksum(array[place : place + _PIECE_ITEMS]) for place in places]
            pieces = (sums, array[::_PIECE_ITEMS].copy())
            return StoredArray(_PIECES, array.dtype, count, ref=ref, blocks=blocks, pieces=pieces)
        return StoredArray(_BLOCK, array.dtype, count, ref=ref, blocks=blocks)

    @staticmethod
    def sequence(first: int, count: int) -> StoredArray:
        """`first`, `first` + 1, ... as int64."""
        return StoredArray(_SEQUENCE, np.dtype(np.int64), count, first=first)

    @staticmethod
    def in_memory(array: NDArray[Any]) -> StoredArray:
        """An array that is in no file."""
        return StoredArray(_BLOCK, array.dtype, len(array), array=array)

    @property
    def is_sequence(self) -> bool:
        """Are the items consecutive integers, by form?"""
        return self.form == _SEQUENCE

    @property
    def is_stored(self) -> bool:
        """Can it be described?"""
        return self.form != _BLOCK or self.ref is not None

    @property
    def bytes_count(self) -> int:
        """What its items take, wherever they are; nothing where the form says them."""
        if self.form in (_CONSTANT, _SEQUENCE):
            return 0
        return self.count * self.dtype.itemsize

    @property
    def array(self) -> NDArray[Any]:
        """The items; not to be written to.

        Raises:
            CorruptionError: the block failed its checksum.
        """
        array = self._array
        if array is None:
            array = self._load()
            self._check(array)
            self._array = array
        return array

    def place_of(self, value: float, side: Literal["left", "right"] = "left") -> int:
        """``array.searchsorted(value, side)`` for ascending items; reads no more than it must.

        Raises:
            CorruptionError: what it reads failed its checksum.
        """
        if self.pieces is None or self._array is not None:
            return int(self.array.searchsorted(value, side))
        piece = max(0, int(self.pieces[1].searchsorted(value, side)) - 1)
        return piece * _PIECE_ITEMS + int(self._read_piece(piece).searchsorted(value, side))

    def part(self, low: int, high: int) -> NDArray[Any]:
        """``array[low:high]``; reads no more than a piece where they stand in one."""
        piece = low // _PIECE_ITEMS
        if self.pieces is None or self._array is not None or high > (piece + 1) * _PIECE_ITEMS:
            return self.array[low:high]
        start = piece * _PIECE_ITEMS
        return self._read_piece(piece)[low - start : high - start]

    def _read_piece(self, piece: int) -> NDArray[Any]:
        number, items = self._piece
        if number != piece:
            assert self._blocks is not None
            assert self.ref is not None
            assert self.pieces is not None
            start = piece * _PIECE_ITEMS
            width = self.dtype.itemsize
            length = (min(self.count, start + _PIECE_ITEMS) - start) * width
            # A stretch of the block, checked by a checksum of its own.
            ref = BlockRef(
                self.ref.offset + start * width, length, length, Codec.RAW, self.pieces[0][piece]
            )
            items = self._blocks.array(ref, self.dtype)
            self._piece = (piece, items)
        return items

    def _load(self) -> NDArray[Any]:
        if self.form == _CONSTANT:
            return np.broadcast_to(np.array(self.first, dtype=self.dtype), (self.count,))
        if self.form == _SEQUENCE:
            return np.arange(self.first, self.first + self.count, dtype=np.int64)
        assert self._blocks is not None
        assert self.ref is not None
        return self._blocks.array(self.ref, self.dtype)

    def _check(self, array: NDArray[Any]) -> None:
        """What can be said of all items at once, where it costs next to nothing."""
        if self._below and len(array) and int(array.max()) >= self._below:
            raise self._senseless(f"has {int(array.max())}, and nothing is from {self._below} on")
        if self.pieces is not None:
            sums, firsts = self.pieces
            places = range(0, self.count, _PIECE_ITEMS)
            if array[::_PIECE_ITEMS].tobytes() != firsts.tobytes() or sums != [
                checksum(array[place : place + _PIECE_ITEMS]) for place in places
            ]:
                raise self._senseless("has other pieces than those by which it is searched")

    def _senseless(self, what: str) -> CorruptionError:
        place = "in the manifest" if self.ref is None else f"block at {self.ref.offset}"
        name = "" if self._blocks is None else f"{self._blocks.name}, "
        return CorruptionError(f"an array {what}", where=f"{name}{place}")

    def descriptor(self) -> list[Any]:
        """What `read` makes it from again; plain values."""
        if self.form == _INLINE:
            return [_INLINE, self.dtype.str, self.count, self.array.tobytes()]
        if self.form == _BLOCK:
            assert self.ref is not None, "an array in memory has no descriptor"
            return [_BLOCK, self.dtype.str, self.count, list(self.ref)]
        if self.form == _PIECES:
            assert self.ref is not None
            assert self.pieces is not None
            rest = [list(self.ref), self.pieces[0], self.pieces[1].tobytes()]
            return [_PIECES, self.dtype.str, self.count, rest]
        return [self.form, self.dtype.str, self.count, self.first]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile, *, below: int = 0) -> StoredArray:
        """The array that `descriptor` describes.

        Args:
            descriptor: as `descriptor` gives it.
            blocks: where its block is.
            below: all items are, if it is given; that is looked at when they are first read.

        Raises:
            ValueError: it describes nothing.
        """
        form, dtype_name, count, rest = descriptor
        dtype = np.dtype(dtype_name)
        if dtype.str != dtype_name or dtype.kind not in "iufb" or count < 0:
            raise ValueError(f"there is no array of {count} {dtype_name!r}")
        if form == _INLINE:
            array = np.frombuffer(rest, dtype=dtype)
            made = StoredArray(_INLINE, dtype, count, array=array, blocks=blocks)
            made._require_length(len(rest))
        elif form == _BLOCK:
            ref = BlockRef(*rest)
            made = StoredArray(_BLOCK, dtype, count, ref=ref, blocks=blocks)
            made._require_length(ref.raw_length)
        elif form == _PIECES:
            ref, pieces = BlockRef(*rest[0]), (rest[1], np.frombuffer(rest[2], dtype=dtype))
            made = StoredArray(_PIECES, dtype, count, ref=ref, blocks=blocks, pieces=pieces)
            made._require_length(ref.raw_length)
            if {len(pieces[0]), len(pieces[1])} != {-(-count // _PIECE_ITEMS)}:
                raise ValueError(f"{count} items are not in {len(pieces[0])} pieces")
        elif form == _CONSTANT or (form == _SEQUENCE and dtype == np.int64):
            dtype.type(rest)  # can it be one of the items?
            made = StoredArray(form, dtype, count, first=rest, blocks=blocks)
        else:
            raise ValueError(f"there is no form {form} of {dtype_name!r}")
        if below and count and form in (_CONSTANT, _INLINE):
            greatest = rest if form == _CONSTANT else int(made.array.max())
            if greatest >= below:
                raise ValueError(f"{greatest} is more than there is")
        made._below = below
        return made

    def _require_length(self, length: int) -> None:
        if length != self.count * self.dtype.itemsize or not length:
            raise ValueError(f"{self.count} items of {self.dtype.str!r} are not {length} bytes")

    def block_refs(self) -> Iterator[BlockRef]:
        """Its block, where it has one."""
        if self.ref is not None:
            yield self.ref

    def __len__(self) -> int:
        return self.count


def _is_constant(array: NDArray[Any]) -> bool:
    return bool(array[0] == array[-1]) and bool((array == array[0]).all())


def narrowest(array: NDArray[Any]) -> NDArray[Any]:
    """Non-negative integers as uint32 where they fit, else as int64; codes below 65,536 keep theirs."""
    if len(array) == 0 or int(array.max()) <= 0xFFFFFFFF:
        return array.astype(np.uint32, copy=False)
    return array.astype(np.int64, copy=False)
