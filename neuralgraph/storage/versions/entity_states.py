"""What the states of nodes and edges in a log of chains say, for many places at once.

The value of a node's state is its tuple of labels, of an edge's its (type, source, target); None for
both is: deleted. Here they are arrays, converted once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from neuralgraph.storage.indexes.id_places import GrowingArray
from neuralgraph.storage.versions.chains import LOOKUP_ROWS_MAX, DeltaColumn
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.values import IdArray, MaskArray, RowArray
    from neuralgraph.values.arrays import Int64Array


class NodeStates:
    """Chains of label tuples.

    Attributes:
        log: the chains.
    """

    __slots__ = ("_code_array", "_code_list", "_codes", "_latch", "log")

    def __init__(self) -> None:
        self.log = DeltaColumn()
        self._codes: dict[tuple[str, ...] | None, int] = {}
        self._code_list: list[int] = []
        self._code_array = GrowingArray(self._code_list)
        self._latch = threading.Lock()

    def alive(self, places: RowArray, label: str | None = None) -> MaskArray:
        """Which versions are of a living node (that carries the label)?"""
        if len(places) <= LOOKUP_ROWS_MAX:
            values = self.log.values
            return np.array(
                [_has(values[place], label) for place in places.tolist()], dtype=np.bool_
            )
        codes = self._codes_of(int(places.max()) + 1)
        good = np.array([_has(labels, label) for labels in list(self._codes)], dtype=np.bool_)
        mask: MaskArray = good[codes[places]]
        return mask

    def _codes_of(self, count: int) -> Int64Array:
        listed = self._code_list
        if len(listed) < count:
            with self._latch:
                codes = self._codes
                for labels in self.log.values[len(listed) : count]:
                    code = codes.get(labels)
                    if code is None:
                        code = codes[labels] = len(codes)
                    listed.append(code)
        return self._code_array.first(count)


def _has(labels: Sequence[str] | None, label: str | None) -> bool:
    return labels is not None and (label is None or label in labels)


_DELETED: Final = (None, -1, -1)


class EdgeStates:
    """Chains of (type, source, target).

    Attributes:
        log: the chains.
        types: the types met so far, in order of their codes.
    """

    __slots__ = ("_arrays", "_latch", "_lists", "_type_codes", "log", "types")

    def __init__(self) -> None:
        self.log = DeltaColumn()
        self.types: list[str] = []
        self._type_codes: dict[str, int] = {}
        self._lists: tuple[list[int], list[int], list[int]] = ([], [], [])
        self._arrays = tuple(GrowingArray(column) for column in self._lists)
        self._latch = threading.Lock()

    def records(self, places: RowArray) -> tuple[Int64Array, IdArray, IdArray]:
        """Codes in `types` (-1: deleted), sources and targets (-1 then, too)."""
        if len(places) == 0:
            return NO_IDS, NO_IDS, NO_IDS
        count = int(places.max()) + 1
        if len(self._lists[2]) < count:
            self._grow(count)
        codes, sources, targets = (array.first(count)[places] for array in self._arrays)
        return codes, sources, targets

    def alive(self, places: RowArray, edge_type: str | None = None) -> MaskArray:
        """Which versions are of a living edge (of the type)?"""
        codes = self.records(places)[0]
        mask: MaskArray = (
            codes >= 0 if edge_type is None else codes == self._type_codes.get(edge_type, -2)
        )
        return mask

    def _grow(self, count: int) -> None:
        with self._latch:
            code_list, sources, targets = self._lists
            fresh = self.log.values[len(targets) : count]
            if not fresh:
                return
            names, from_nodes, to_nodes = zip(
                *(record or _DELETED for record in fresh), strict=True
            )
            codes: dict[str | None, int] = {None: -1}
            codes.update(self._type_codes.items())
            for name in dict.fromkeys(names):
                if name not in codes:
                    codes[name] = self._type_codes[name] = len(self.types)
                    self.types.append(name)
            code_list.extend(map(codes.__getitem__, names))
            sources.extend(from_nodes)
            targets.extend(to_nodes)
