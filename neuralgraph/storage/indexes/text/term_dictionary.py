"""TermDictionary: the terms of one field of one segment, ascending, as UTF-8 in one buffer.

A term's number is its place in that order. Terms are found by bisection over the mapped buffer; the ones
found last are remembered.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.storage.disk.segments.string_tables import StringTable, pack_strings
from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.values.packed_texts import UTF8_ERRORS, PackedTexts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from neuralgraph.storage.disk import BlockFile, BlockRef

_FOUND_MAX: Final = 4096


class TermDictionary:
    """Terms by number; immutable."""

    __slots__ = ("_data", "_found", "_offsets", "_signatures", "_sounds", "_table")

    def __init__(self, offsets: StoredArray, data: StoredArray) -> None:
        self._offsets = offsets
        self._data = data
        self._table: StringTable | None = None
        self._found: dict[str, int] = {}
        self._signatures: NDArray[np.uint32] | None = None
        self._sounds: dict[str, dict[str, list[int]]] = {}

    @staticmethod
    def of(terms: Sequence[str], blocks: BlockFile | None) -> TermDictionary:
        """Of terms that ascend, each once."""
        offsets, data = pack_strings(terms)
        letters = np.frombuffer(data, dtype=np.uint8)
        return TermDictionary(
            StoredArray.store(offsets, blocks), StoredArray.store(letters, blocks)
        )

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @property
    def table(self) -> StringTable:
        """All terms."""
        table = self._table
        if table is None:
            data = memoryview(np.ascontiguousarray(self._data.array))
            table = self._table = StringTable(np.ascontiguousarray(self._offsets.array), data)
        return table

    def number_of(self, term: str) -> int:
        """The number of a term; -1 if it is not here."""
        number = self._found.get(term)
        if number is None:
            key = term.encode("utf-8", UTF8_ERRORS)
            place = self._place_of(key)
            number = place if place < len(self) and self.table.raw(place) == key else -1
            if len(self._found) >= _FOUND_MAX:
                self._found = {}
            self._found[term] = number
        return number

    def place_of(self, term: str) -> int:
        """The number of the first term that is not less."""
        return self._place_of(term.encode("utf-8", UTF8_ERRORS))

    def _place_of(self, key: bytes) -> int:
        return bisect_left(_Raw(self.table), key, 0, len(self))

    def range_of(self, prefix: str) -> tuple[int, int]:
        """The numbers of the terms that start with `prefix`: from, up to."""
        if not prefix:
            return 0, len(self)
        # No UTF-8 text has a byte 0xFF.
        start = prefix.encode("utf-8", UTF8_ERRORS)
        return self._place_of(start), self._place_of(start + b"\xff")

    def terms(self, low: int = 0, high: int | None = None) -> list[str]:
        """Terms by number, from `low` up to `high`."""
        return self.table.texts(range(low, len(self) if high is None else high))

    def all_terms(self) -> list[str]:
        """All terms; quicker than `terms`."""
        if len(self) == 0:
            return []
        table = self.table
        packed = PackedTexts(table.offsets, np.frombuffer(table.data, dtype=np.uint8))
        whole: list[str] = packed.decoded().tolist()
        return whole

    def term(self, number: int) -> str:
        """One term."""
        return self.table.text(number)

    # ── derived from the terms, when first asked for ──────────────────────────────────────────

    @property
    def is_ascii(self) -> bool:
        """Has no term another letter?"""
        data = self._data.array
        return not len(data) or int(data.max()) < 0x80

    def signatures(self) -> NDArray[np.uint32]:
        """For each term, which letters it has: a bit for each, by its last five bits."""
        made = self._signatures
        if made is None:
            offsets: Any = self.table.offsets
            starts = offsets[:-1].astype(np.int64)
            made = np.zeros(len(self), dtype=np.uint32)
            # No term is empty, so that each of them is a stretch of the buffer.
            if len(starts):
                letters = np.left_shift(
                    np.uint32(1), self._data.array & np.uint8(31), dtype=np.uint32
                )
                made = np.bitwise_or.reduceat(letters, starts)
            self._signatures = made
        return made

    def sounds(
        self, algorithm: str, codes_of: Callable[[str], Sequence[str]]
    ) -> dict[str, list[int]]:
        """The terms by how they sound: by code, their numbers."""
        made = self._sounds.get(algorithm)
        if made is None:
            made = {}
            for number, term in enumerate(self.all_terms()):
                for code in codes_of(term):
                    made.setdefault(code, []).append(number)
            self._sounds[algorithm] = made
        return made

    # ── stored form ───────────────────────────────────────────────────────────────────────────

    @property
    def is_stored(self) -> bool:
        """Can it be described?"""
        return self._offsets.is_stored and self._data.is_stored

    def stored(self, blocks: BlockFile) -> TermDictionary:
        """A copy in a file; itself, if it is in one."""
        if self.is_stored:
            return self
        return TermDictionary(
            StoredArray.store(self._offsets.array, blocks),
            StoredArray.store(self._data.array, blocks),
        )

    def descriptor(self) -> list[Any]:
        """What `read` makes it from again."""
        return [self._offsets.descriptor(), self._data.descriptor()]

    @property
    def bytes_count(self) -> int:
        """How many bytes it takes."""
        return self._offsets.bytes_count + self._data.bytes_count

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile) -> TermDictionary:
        """The dictionary that a descriptor tells of."""
        offsets, data = descriptor
        return TermDictionary(StoredArray.read(offsets, blocks), StoredArray.read(data, blocks))

    def block_refs(self) -> Iterator[BlockRef]:
        """Where it stands."""
        yield from self._offsets.block_refs()
        yield from self._data.block_refs()


class _Raw:
    """A table as a sequence of byte strings, for bisection."""

    __slots__ = ("_table",)

    def __init__(self, table: StringTable) -> None:
        self._table = table

    def __getitem__(self, number: int) -> bytes:
        return self._table.raw(number)

    def __len__(self) -> int:
        return self._table.count
