"""The nodes of a base: which exist, with which labels, since when.

Each distinct set of labels has a code; a segment holds one code a node, 0 where there is no node, and the
txid at which each node came to be. A deleted node keeps that txid, for readers of the past.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.indexes.stored_array import StoredArray
from neuralgraph.storage.versions.base_arrays import SEGMENT_BITS, Cache, SegmentedArray
from neuralgraph.values import NO_IDS
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from neuralgraph.storage.disk import BlockFile, BlockRef
    from neuralgraph.values import IdArray, MaskArray
    from neuralgraph.values.arrays import Int64Array

ABSENT = 0
"""The code of an id that is no node."""


@record
class NodeSegment:
    """The first `codes.count` ids of 65,536.

    Attributes:
        codes: the label set of each node, unsigned.
        created: the txid at which each came to be, int64.
        counts: how many nodes have each code; the place is the code.
        latest: the greatest created txid.
    """

    codes: StoredArray
    created: StoredArray
    counts: tuple[int, ...]
    latest: int

    @staticmethod
    def write(codes: NDArray[Any], created: Int64Array, blocks: BlockFile) -> NodeSegment:
        """Store arrays of one item an id."""
        counts = np.bincount(codes, minlength=1)
        return NodeSegment(
            StoredArray.store(_narrow(codes), blocks),
            StoredArray.store(created, blocks, compress=True),
            tuple(counts.tolist()),
            int(created.max(initial=0)),
        )

    def descriptor(self) -> list[Any]:
        """Plain values."""
        return [
            self.codes.descriptor(),
            self.created.descriptor(),
            list(self.counts),
            self.latest,
        ]

    @staticmethod
    def read(descriptor: list[Any], blocks: BlockFile, *, codes_limit: int = 0) -> NodeSegment:
        """The segment that `descriptor` describes; no code in it is `codes_limit` or more."""
        codes, created, counts, latest = descriptor
        if codes_limit and len(counts) > codes_limit:
            raise ValueError(f"it counts {len(counts)} label sets of {codes_limit}")
        return NodeSegment(
            StoredArray.read(codes, blocks, below=codes_limit),
            StoredArray.read(created, blocks),
            tuple(counts),
            latest,
        )

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block it stands in."""
        yield from self.codes.block_refs()
        yield from self.created.block_refs()


def _narrow(codes: NDArray[Any]) -> NDArray[Any]:
    greatest = int(codes.max(initial=0))
    dtype = np.uint8 if greatest < 1 << 8 else np.uint16 if greatest < 1 << 16 else np.uint32
    return np.ascontiguousarray(codes.astype(dtype, copy=False))


class NodeTable:
    """All nodes; immutable.

    Attributes:
        labels: names in order of first use.
        label_sets: by code; the labels of each in order of first use; code 0 is no node.
        segments: by segment number.
        limit: one more than the greatest id that was ever given out.
    """

    __slots__ = (
        "_cache",
        "_masks",
        "codes",
        "created",
        "label_sets",
        "labels",
        "limit",
        "segments",
    )

    def __init__(
        self,
        labels: Sequence[str],
        label_sets: Sequence[tuple[str, ...]],
        segments: Mapping[int, NodeSegment],
        limit: int,
    ) -> None:
        self.labels = tuple(labels)
        self.label_sets = tuple(label_sets) or ((),)
        self.segments = segments
        self.limit = limit
        self.codes = SegmentedArray(
            {number: segment.codes for number, segment in segments.items()}, limit, np.int32
        )
        self.created = SegmentedArray(
            {number: segment.created for number, segment in segments.items()}, limit, np.int64
        )
        self._masks: dict[str | None, MaskArray] = {}
        self._cache = Cache()

    # ── one node ──────────────────────────────────────────────────────────────────────────────

    def has(self, node_id: int) -> bool:
        """Is there such a node?"""
        return self.codes.value(node_id) != ABSENT

    def labels_of(self, node_id: int) -> tuple[str, ...]:
        """Its labels; none for an unknown id."""
        return self.label_sets[self.codes.value(node_id)]

    # ── many ──────────────────────────────────────────────────────────────────────────────────

    def labels_of_each(self, node_ids: Sequence[int]) -> list[tuple[str, ...] | None]:
        """The labels of some nodes; None for an unknown id."""
        sets: list[tuple[str, ...] | None] = list(self.label_sets)
        sets[ABSENT] = None
        codes = self.codes.take(np.array(node_ids, dtype=np.int64))
        return [sets[code] for code in codes.tolist()]

    def exists(self, ids: IdArray) -> MaskArray:
        """Which ids are nodes; any int64 may be asked for."""
        if len(ids) and int(ids.min()) < -1:
            ids = np.maximum(ids, -1)
        return self.has_label(ids, None)

    def has_label(self, ids: IdArray, label: str | None) -> MaskArray:
        """Which nodes carry `label` (None: exist); ids must be at least -1."""
        mask = self._masks.get(label)
        if mask is None:
            if not self.codes.is_flat:
                marked: MaskArray = self.codes_with(label)[self.codes.take(ids)]
                return marked
            mask = self._masks[label] = self.codes_with(label)[self.codes.flat()]
        try:
            return mask[ids]
        except IndexError:
            return mask[np.where(ids < self.limit, ids, -1)]

    def codes_with(self, label: str | None) -> MaskArray:
        """Which codes stand for sets with `label`; with None, for nodes at all."""
        marks: MaskArray = self._cache.get((label,), lambda: self._mark_codes(label))
        return marks

    def _mark_codes(self, label: str | None) -> MaskArray:
        if label is None:
            marks = np.ones(len(self.label_sets), dtype=np.bool_)
        else:
            marks = np.array([label in labels for labels in self.label_sets], dtype=np.bool_)
        marks[ABSENT] = False
        return marks

    def ids(self, label: str | None = None) -> Iterator[IdArray]:
        """Ids of all nodes, or all with `label`, ascending, a segment at a time."""
        for number in sorted(self.segments):
            found = self.segment_ids(number, label)
            if len(found):
                yield found

    def segment_ids(self, number: int, label: str | None) -> IdArray:
        """`ids` of one segment."""
        ids: IdArray = self._cache.get((number, label), lambda: self._find_ids(number, label))
        return ids

    def _find_ids(self, number: int, label: str | None) -> IdArray:
        segment = self.segments[number]
        marks = self.codes_with(label)
        if not any(count for code, count in enumerate(segment.counts) if marks[code]):
            return NO_IDS
        found = np.flatnonzero(marks[segment.codes.array]) + (number << SEGMENT_BITS)
        found.flags.writeable = False
        return found

    def count(self, label: str | None = None) -> int:
        """How many nodes, or nodes with `label`; exact."""
        total: int = self._cache.get((label, "count"), lambda: self._count(label))
        return total

    def _count(self, label: str | None) -> int:
        marks = self.codes_with(label).tolist()
        return sum(
            count
            for segment in self.segments.values()
            for code, count in enumerate(segment.counts)
            if marks[code]
        )

    def block_refs(self) -> Iterator[BlockRef]:
        """Every block they stand in."""
        for segment in self.segments.values():
            yield from segment.block_refs()


class LabelCoder:
    """Gives codes to label sets while a new base is made; new names and sets go to the end."""

    __slots__ = ("_codes", "_ranks", "label_sets", "labels")

    def __init__(self, nodes: NodeTable) -> None:
        self.labels = list(nodes.labels)
        self.label_sets = list(nodes.label_sets)
        self._ranks = {label: rank for rank, label in enumerate(self.labels)}
        self._codes = {
            labels: code for code, labels in enumerate(self.label_sets) if code != ABSENT
        }

    def add_labels(self, labels: Sequence[str]) -> None:
        """Note names, in order of first use."""
        for label in labels:
            if label not in self._ranks:
                self._ranks[label] = len(self.labels)
                self.labels.append(label)

    def code(self, labels: Sequence[str]) -> int:
        """The code of a set of labels, whatever their order."""
        code = self._codes.get(labels) if isinstance(labels, tuple) else None
        if code is not None:
            return code
        self.add_labels(labels)
        ordered = tuple(sorted(set(labels), key=self._ranks.__getitem__))
        code = self._codes.get(ordered)
        if code is None:
            code = self._codes[ordered] = len(self.label_sets)
            self.label_sets.append(ordered)
        return code
