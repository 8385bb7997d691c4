"""IdleWatch: a thread that moves the engines of a process on when others wait for what they pin.

A process that executes statements moves on with each. One that does not would keep every block of the file
that was replaced since its last one, for as long as it has the file open.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import NeuralGraphError
from neuralgraph.observability.logs import storage_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from neuralgraph.storage.maintenance import Engine

LOOKS_S: Final = 1.0
"""Between two looks; a look is at two numbers in memory."""
_STOPS_S: Final = 1.0


class IdleWatch:
    """See the module.

    Args:
        engines: those that are open now.
    """

    def __init__(self, engines: Callable[[], Iterable[Engine]]) -> None:
        self._engines = engines
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    def start(self) -> None:
        """Look from now on; harmless when it does."""
        if self._thread is None:
            self._ended = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._ended,), name="neuralgraph-idle", daemon=True
            )
            self._thread.start()

    def stop(self, *, waits: bool = False) -> bool:
        """Look no more; did it? With `waits` the thread is over, too, unless an engine keeps it for long."""
        thread, self._thread = self._thread, None
        if thread is None:
            return False
        self._ended.set()
        if waits and thread is not threading.current_thread():
            thread.join(_STOPS_S)
        return True

    def forget(self) -> None:
        """In a child that was forked: there is no thread."""
        self._thread = None

    def _run(self, ended: threading.Event) -> None:
        while not ended.wait(LOOKS_S):
            for engine in self._engines():
                try:
                    engine.move_on()
                except NeuralGraphError as error:
                    # The next statement meets it again, and somebody who can be told.
                    storage_logger().debug("%s does not move on: %s", engine.name, error)
