"""CheckpointSchedule: folds in the background once enough changes have come together.

One thread, made when it is first needed. It never holds up a commit for longer than a checkpoint's swap. A
checkpoint that fails is logged, kept in `last_error`, and tried again when the deltas have grown by half.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import DatabaseLockedError, DiskError
from neuralgraph.observability.logs import storage_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.storage.versions import Base, State

_TRIED_AGAIN_S: Final = 0.05


class CheckpointSchedule:
    """When to fold.

    Args:
        checkpoint: folds what there is.
        changes_max: how many changes the deltas may hold before it is called.
        log_bytes: how large the log is.
        log_bytes_max: by how much it may grow before it is called: few changes can be large.

    Attributes:
        last_error: what the last checkpoint failed with; None when it went well.
    """

    __slots__ = (
        "_changes_max",
        "_checkpoint",
        "_is_awaited",
        "_is_closed",
        "_latch",
        "_log_bytes",
        "_log_bytes_max",
        "_log_threshold",
        "_looked_at",
        "_thread",
        "_threshold",
        "_wake",
        "last_error",
    )

    def __init__(
        self,
        checkpoint: Callable[[], object],
        *,
        changes_max: int,
        log_bytes: Callable[[], int] = int,
        log_bytes_max: int = 1 << 62,
    ) -> None:
        self.last_error: Exception | None = None
        self._checkpoint = checkpoint
        self._changes_max = changes_max
        self._threshold = changes_max
        self._latch = threading.Lock()
        self._wake = threading.Event()
        self._log_bytes = log_bytes
        self._log_bytes_max = log_bytes_max
        self._log_threshold = log_bytes_max
        self._looked_at: Base | None = None
        self._is_awaited = False
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def published(self, state: State) -> None:
        """A commit became visible; called in the middle of it, so this only looks and rings."""
        change_count = state.deltas.change_count
        log_bytes = self._log_bytes()
        if change_count >= self._threshold or log_bytes >= self._log_threshold:
            self._ring(change_count)
        elif state.base is not self._looked_at:
            # A new index is made ready in the background; until then it is searched as it is.
            self._looked_at = state.base
            self._is_awaited = state.base.is_unfinished
            if self._is_awaited:
                self._ring(change_count)
        elif change_count < self._changes_max:
            self._threshold = self._changes_max  # another process folded

    def close(self) -> None:
        """Wait for a checkpoint under way, and begin no more."""
        with self._latch:
            self._is_closed = True
            thread = self._thread
        self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _ring(self, change_count: int) -> None:
        with self._latch:
            if self._is_closed:
                return
            self._threshold = change_count + max(1, self._changes_max // 2)
            self._log_threshold = self._log_bytes() + max(1, self._log_bytes_max // 2)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="neuralgraph-checkpoint", daemon=True
                )
                self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._is_closed:
                return
            try:
                self._checkpoint()
            except DatabaseLockedError as error:
                # Another process is at it: its checkpoint is as good.
                storage_logger().info("a checkpoint has to wait: %s", error)
                if self._is_awaited:
                    # Nobody but this one may know of the index that waits to be made.
                    self._wake.wait(_TRIED_AGAIN_S)
                    self._wake.set()
            except DiskError as error:
                # What the disk refused is no mistake of ours: where it was in the code helps nobody.
                self.last_error = error
                storage_logger().warning("a checkpoint failed; it will be tried again: %s", error)
            except Exception as error:  # noqa: BLE001 (logged, and tried again)
                self.last_error = error
                storage_logger().exception("a checkpoint failed; it will be tried again")
            else:
                self.last_error = None
                self._threshold = self._changes_max
                self._log_threshold = self._log_bytes() + self._log_bytes_max
