"""Engines for tests of the storage stack: small ones, in memory, with a clock that ticks."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any

from neuralgraph.config import Options
from neuralgraph.storage.disk import MemoryDirectory
from neuralgraph.storage.maintenance import Engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.storage.disk import Directory

NAME = "graph.ngdb"


def ticking_clock(start_us: int = 1_000_000) -> Callable[[], int]:
    """A microsecond more at each look."""
    ticks = itertools.count(start_us)
    return lambda: next(ticks)


def open_engine(directory: Directory | None = None, **options: Any) -> Engine:
    """An engine; over an empty directory in memory when none is given."""
    options.setdefault("busy_timeout_s", 0.05)
    options.setdefault("wal_segment_bytes", 1 << 16)
    return Engine.open(
        MemoryDirectory() if directory is None else directory,
        NAME,
        Options(**options),
        clock_us=ticking_clock(),
    )


def add_node(engine: Engine, *labels: str, **properties: Any) -> int:
    """One node, in a transaction of its own."""
    transaction = engine.begin()
    try:
        node_id = transaction.create_node(labels, properties)
        transaction.commit()
    finally:
        transaction.rollback()
    return node_id


def node_values(engine: Engine, node_id: int, key: str) -> Any:
    """A property as the newest state has it."""
    return engine.reader().node_values([node_id], key)[0]


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """Start it; join it yourself."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
