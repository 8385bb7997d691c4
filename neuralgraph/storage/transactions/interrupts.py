"""Ctrl-C waits until a commit is through: after half a commit only a new open would tell the state right."""

from __future__ import annotations

import signal
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import FrameType


# What `signal` wraps: the wrappers turn every handler into an enumeration member where they can,
# which takes twenty times as long as setting it.
_raw: Final[Any] = import_module("_signal")
_get_handler: Final = _raw.getsignal
_set_handler: Final = _raw.signal
_SIGINT: Final = int(signal.SIGINT)


class Uninterrupted:
    """A context in which SIGINT is noted and handled at the end; costs about a microsecond.

    Only the main thread is ever interrupted, so elsewhere it does nothing.
    """

    __slots__ = ("_handler", "_noted")

    def __init__(self) -> None:
        self._handler: Any = None
        self._noted: FrameType | None = None

    def _note(self, _number: int, frame: FrameType | None) -> None:
        self._noted = frame

    def __enter__(self) -> None:
        if threading.get_ident() == threading.main_thread().ident:
            handler = _get_handler(_SIGINT)
            if callable(handler):
                _set_handler(_SIGINT, self._note)
                self._handler = handler

    def __exit__(self, *_error: object) -> None:
        handler, self._handler = self._handler, None
        if handler is not None:
            _set_handler(_SIGINT, handler)
            if self._noted is not None:
                handler(signal.SIGINT, self._noted)
