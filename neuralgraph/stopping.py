"""`look`: where long work sees whether the statement that it is done for must stop.

A statement ends at its timeout wherever it is: while its text is parsed, checked and planned, and while
two long lists are compared. What does that work knows no statement, so the statement that a thread is at
stands in one context variable; whoever runs a part of it sets it and puts back what was there.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextvars import Token
    from threading import Lock

Item = TypeVar("Item")

SHORT_MAX = 64
"""Elements that are gone through without a look."""
PIECE_ITEMS = 512
"""Elements between two looks; each may have `SHORT_MAX` of its own, and these too."""
GLANCES = 64
_WAIT_S = 0.05
# All threads take turns from one counter: nobody is promised the 64th, everybody comes to one.
_turn = count().__next__
_SECONDS_MIN = 1e-3


class Stoppable(Protocol):
    """What may have to stop: a statement, before or while it runs.

    Attributes:
        stoppable: is there anything that may end it?
        deadline: when it must have ended, by `time.monotonic`.
    """

    stoppable: bool
    deadline: float | None

    def check(self) -> None:
        """Raise the error that ends it, if it must end."""
        ...


_running: ContextVar[Stoppable | None] = ContextVar("neuralgraph_running", default=None)

enter = _running.set
"""``token = enter(statement)``: what this thread does from now on is done for it."""


def leave(token: Token[Stoppable | None]) -> None:
    """What was there before `enter` is there again."""
    _running.reset(token)


def look() -> None:
    """Raise what ends the statement that this thread is at, if it must end; cheap.

    Raises:
        QueryTimeoutError, QueryCancelledError.
    """
    running = _running.get()
    if running is not None and running.stoppable:
        running.check()


def glance() -> None:
    """`look`, at each `GLANCES`-th call: for what takes microseconds, for each node of a tree."""
    if not _turn() % GLANCES:
        look()


def seconds_left(most: float) -> float:
    """How long something that can be given a timeout may take: `most`, or what the statement has left."""
    running = _running.get()
    if running is None or running.deadline is None:
        return most
    return min(most, max(_SECONDS_MIN, running.deadline - time.monotonic()))


def watched(items: Iterable[Item]) -> Iterator[Item]:
    """The items, with a look before every `PIECE_ITEMS` of them."""
    return chain.from_iterable(_pieces(iter(items)))


def _pieces(items: Iterator[Item]) -> Iterator[tuple[Item, ...]]:
    while True:
        look()
        piece = tuple(islice(items, PIECE_ITEMS))
        if not piece:
            return
        yield piece


@contextmanager
def holding(lock: Lock) -> Iterator[None]:
    """With the lock held; waiting for it ends when the statement must end."""
    while not lock.acquire(timeout=_WAIT_S):
        look()
    try:
        yield
    finally:
        lock.release()
