"""FoldedLocks: the locks of a large transaction, 9 bytes each instead of some hundreds.

A key is known by its hash. Two keys with one hash lock each other as well: somebody may wait who need not,
and nobody has what he should not have, for whoever asks for a key is held against the hashes, too.

    runs   [(hashes, modes), ...]      each in order of hash; few, as in a log-structured tree
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from neuralgraph.values.arrays import Int64Array

    Modes = NDArray[np.uint8]


class FoldedLocks:
    """Modes by key; see the module's docstring. The caller has the mutex of the table."""

    __slots__ = ("_runs",)

    def __init__(self) -> None:
        self._runs: list[tuple[Int64Array, Modes]] = []

    def add(self, held: Mapping[Any, int]) -> None:
        """More keys, each with its mode; of two modes the stronger one holds."""
        hashes = _hashes(held)
        modes = np.fromiter(held.values(), dtype=np.uint8, count=len(held))
        while self._runs and len(self._runs[-1][0]) <= 2 * len(hashes):
            older, older_modes = self._runs.pop()
            hashes = np.concatenate((older, hashes))
            modes = np.concatenate((older_modes, modes))
        order = np.lexsort((modes, hashes))
        hashes, modes = hashes[order], modes[order]
        is_last = np.ones(len(hashes), dtype=np.bool_)
        is_last[:-1] = hashes[1:] != hashes[:-1]
        self._runs.append((hashes[is_last], modes[is_last]))

    def mode_of(self, key: Any) -> int:
        """The mode in which a key is held; 0: it is not."""
        wanted = hash(key)
        found = 0
        for hashes, modes in self._runs:
            place = int(hashes.searchsorted(wanted))
            if place < len(hashes) and hashes[place] == wanted:
                found = max(found, int(modes[place]))
        return found

    def modes_of(self, keys: Collection[Any]) -> Modes:
        """`mode_of` for each key."""
        wanted = _hashes(keys)
        found = np.zeros(len(wanted), dtype=np.uint8)
        for hashes, modes in self._runs:
            places = np.minimum(hashes.searchsorted(wanted), len(hashes) - 1)
            np.maximum(found, np.where(hashes[places] == wanted, modes[places], 0), out=found)
        return found


def _hashes(keys: Iterable[Any]) -> Int64Array:
    return np.fromiter(map(hash, keys), dtype=np.int64)
