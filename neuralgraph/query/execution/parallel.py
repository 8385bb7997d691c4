"""Work of one statement on several cores: array operations let other threads run while they last."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neuralgraph.values.arrays import Int64Array

_THREADS_MAX: Final = 4
"""More threads would mostly wait for each other's Python."""


def sum_in_parallel(
    work: Callable[[slice], Int64Array],
    parts: Iterator[slice],
    nothing: Int64Array,
    check: Callable[[], None],
) -> Int64Array:
    """The sum of what `work` gives for each part, whichever thread takes it.

    Args:
        work: gives arrays of one shape; several threads may be in it at once.
        parts: taken one by one; threads are started for the third and later ones only.
        nothing: what no parts add up to; stays as it is.
        check: called between the parts of the calling thread; may raise, then all stop soon.

    Raises:
        Exception: the first that `work` raised, or what `check` raised.
    """
    total = nothing
    for _, part in zip(range(2), parts, strict=False):
        check()
        total = total + work(part)
    crew = _Crew(work, parts, total)
    third = crew.next_part()
    if third is None:
        return total
    helpers = [
        threading.Thread(target=crew.help_out, name="neuralgraph-work", daemon=True)
        for _ in range(min(_THREADS_MAX, _core_count()) - 1)
    ]
    for helper in helpers:
        helper.start()
    try:
        crew.work_off(third, check)
    finally:
        crew.is_stopped = True
        for helper in helpers:
            helper.join()
    if crew.error is not None:
        raise crew.error
    return crew.total


class _Crew:
    """Threads that take parts until there are none."""

    __slots__ = ("_latch", "_parts", "_work", "error", "is_stopped", "total")

    def __init__(
        self, work: Callable[[slice], Int64Array], parts: Iterator[slice], total: Int64Array
    ) -> None:
        self._work = work
        self._parts = parts
        self._latch = threading.Lock()
        self.total = total
        self.error: Exception | None = None
        self.is_stopped = False

    def next_part(self) -> slice | None:
        """The next part for whoever asks; None when all are given out or one failed."""
        with self._latch:
            return None if self.is_stopped else next(self._parts, None)

    def work_off(self, part: slice | None, check: Callable[[], None] | None) -> None:
        """Work on a part, and on others as long as there are any."""
        while part is not None:
            if check is not None:
                check()
            found = self._work(part)
            with self._latch:
                self.total = self.total + found
            part = self.next_part()

    def help_out(self) -> None:
        """What a further thread does."""
        try:
            self.work_off(self.next_part(), None)
        except Exception as error:  # noqa: BLE001 - the calling thread raises it
            self.error = self.error or error
            self.is_stopped = True


def _core_count() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
