"""PlanCache: from text to a prepared statement, in one look-up where the very text was seen before.

Two levels, each least recently used first out:

    text ───────────────────────────────────────────────→ (version, entry, literal values)
    normalised key, fixed literals, catalogue version ───→ entry

The first serves texts that repeat to the letter (parameters in place of constants). The second serves
texts that differ in constants only: literals are lifted out, and only those that the plan depends on
(`language.fixed_literals`) belong to the key. What an entry is, is its maker's business: a plan with its
compiled form.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Entry = TypeVar("Entry")


class PlanCache(Generic[Entry]):
    """Thread-safe; holds at most `entries_max` entries, and as many texts.

    Look-ups of texts take no lock: a dictionary's `get` is atomic. What was used is noted by moving it to
    the end when it is put, or found by key; a text that is hit is noted in a set that the next eviction
    looks at (second chance), so that a hit costs one look-up.
    """

    __slots__ = ("_by_key", "_by_text", "_fixed", "_lock", "_used", "entries_max")

    def __init__(self, entries_max: int = 1_024) -> None:
        assert entries_max > 0
        self.entries_max = entries_max
        self._lock = threading.Lock()
        self._by_text: dict[str, tuple[int, Entry, tuple[object, ...]]] = {}
        self._by_key: dict[tuple[object, ...], Entry] = {}
        self._fixed: dict[str, tuple[int, ...]] = {}
        self._used: set[str] = set()

    def find_text(self, text: str, version: int) -> tuple[Entry, tuple[object, ...]] | None:
        """The entry and literal values for this very text, made at this version of the catalogue."""
        found = self._by_text.get(text)
        if found is None or found[0] != version:
            return None
        self._used.add(text)
        return found[1], found[2]

    def find_key(self, key: str, values: tuple[object, ...], version: int) -> Entry | None:
        """The entry for a normalised text whose fixed literals have these values.

        Args:
            key: of `language.normalise`.
            values: all lifted literals; only the fixed ones are compared.
            version: of the catalogue.
        """
        with self._lock:
            fixed = self._fixed.pop(key, None)
            if fixed is None:
                return None
            self._fixed[key] = fixed
            whole = _whole_key(key, fixed, values, version)
            entry = self._by_key.pop(whole, None)
            if entry is not None:
                self._by_key[whole] = entry
            return entry

    def put(
        self,
        text: str,
        key: str,
        values: tuple[object, ...],
        fixed: Iterable[int],
        version: int,
        entry: Entry,
    ) -> None:
        """Keep an entry under both.

        Args:
            text: the statement, to the letter.
            key: its normalised form.
            values: its lifted literals.
            fixed: indexes of those that the entry depends on; the same for every text of the key.
            version: of the catalogue that it was planned with.
            entry: what to keep.
        """
        with self._lock:
            places = self._fixed.pop(key, None) or tuple(sorted(fixed))
            self._fixed[key] = places
            whole = _whole_key(key, places, values, version)
            self._by_key.pop(whole, None)
            self._by_key[whole] = entry
            self._keep_text(text, version, values, entry)
            while len(self._by_key) > self.entries_max:
                del self._by_key[next(iter(self._by_key))]
            while len(self._fixed) > self.entries_max:
                del self._fixed[next(iter(self._fixed))]

    def put_text(self, text: str, values: tuple[object, ...], version: int, entry: Entry) -> None:
        """Note a text whose entry was found by key."""
        with self._lock:
            self._keep_text(text, version, values, entry)

    def _keep_text(self, text: str, version: int, values: tuple[object, ...], entry: Entry) -> None:
        self._by_text.pop(text, None)
        self._by_text[text] = (version, entry, values)
        if len(self._used) > 2 * self.entries_max:
            self._used.clear()
        while len(self._by_text) > self.entries_max:
            oldest = next(iter(self._by_text))
            kept = self._by_text.pop(oldest)
            if oldest in self._used:
                # It was hit since it was last looked at: once more round.
                self._used.discard(oldest)
                self._by_text[oldest] = kept

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._by_text.clear()
            self._by_key.clear()
            self._fixed.clear()
            self._used.clear()

    def __len__(self) -> int:
        return len(self._by_key)


def _whole_key(
    key: str, fixed: tuple[int, ...], values: tuple[object, ...], version: int
) -> tuple[object, ...]:
    # 1, 1.0 and True are equal keys of a dictionary, and different literals: the type belongs to it.
    told = tuple((type(values[index]), values[index]) for index in fixed)
    return (key, version, told)
