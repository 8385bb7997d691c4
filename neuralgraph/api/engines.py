"""Engines that are open in this process: handles of the same file share one.

The engine of a file is opened by the first handle and closed by the last. The file is known by its real
path, so that links and relative names meet.

A child that was forked has copies of everything and owns nothing: it lets go of its parent's locks at once,
and each of its handles opens the file anew when it is first used.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.api.idle import IdleWatch
from neuralgraph.api.prepared import StatementCache
from neuralgraph.api.statement import StatementRunner
from neuralgraph.config import Options
from neuralgraph.errors import DiskError, OptionError
from neuralgraph.query.execution import ProcedureRegistry
from neuralgraph.query.execution.process_memory import keep_freed_memory
from neuralgraph.query.functions import Registry, default_registry
from neuralgraph.storage import disk
from neuralgraph.storage.maintenance import Engine
from neuralgraph.storage.transactions import interpreter_share

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from neuralgraph.api.settings import Settings
    from neuralgraph.query.execution import Procedure
    from neuralgraph.storage.disk import Directory

_lock = threading.Lock()
_open_engines: Final[dict[Path, SharedEngine]] = {}
_in_child: Final[weakref.WeakKeyDictionary[Any, Callable[[Any], None]]] = (
    weakref.WeakKeyDictionary()
)
"""What each handle does in a child that was forked."""


def _engines() -> list[Engine]:
    return [shared.engine for shared in list(_open_engines.values())]


_idle: Final = IdleWatch(_engines)


class SharedEngine:
    """One engine with its statement cache, functions and procedures, and how many handles use it."""

    __slots__ = ("engine", "functions", "handles", "path", "procedures", "runner", "settings")

    def __init__(self, path: Path | None, engine: Engine, settings: Settings) -> None:
        options = settings.options
        self.path = path
        self.engine = engine
        keep_freed_memory()
        self.settings = settings
        self.functions = Registry(parent=default_registry())
        self.procedures = ProcedureRegistry(later=lambda: _own_procedures(engine, settings))
        cache = StatementCache(
            self.functions, self.procedures, entries_max=options.plan_cache_entries_max
        )
        self.runner = StatementRunner(engine, cache, settings)
        self.handles = 1


def _own_procedures(engine: Engine, settings: Settings) -> list[Procedure]:
    from neuralgraph.api.time_procedures import time_procedures

    return [*time_procedures(engine), settings.procedure()]


def acquire(path: Path | None, settings: Settings) -> SharedEngine:
    """The engine of a file, opened or shared; None is a new one in memory.

    Raises:
        OptionError: it is open with other options.
        StorageError: it cannot be opened.
    """
    options = settings.options
    if path is None:
        return SharedEngine(None, _open_in_memory(options), settings)
    real = _resolved(path)
    with _lock:
        shared = _open_engines.get(real)
        if shared is not None:
            _check_same(shared.settings.options, options)
            shared.handles += 1
            return shared
        engine = _open(_folder_of(real, options), real.name, options)
        shared = _open_engines[real] = SharedEngine(real, engine, settings)
        _idle.start()
        return shared


def _folder_of(path: Path, options: Options) -> Directory:
    """Where a file is; for reading only, where that is all that is allowed and wanted."""
    may_write = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return disk.OsDirectory(str(path.parent), read_only=options.read_only and not may_write)


def reopen(stale: SharedEngine) -> SharedEngine:
    """In a child that was forked: the same file, with the functions and procedures that were registered.

    Raises:
        StorageError: it cannot be opened.
    """
    shared = acquire(stale.path, stale.settings)
    if shared is not stale:
        for name in stale.functions.names():
            function = stale.functions.lookup(name)
            if function is not None and shared.functions.lookup(name) is None:
                shared.functions.register(function)
        for name in stale.procedures.names():
            procedure = stale.procedures.lookup(name)
            if procedure is not None and shared.procedures.lookup(name) is None:
                shared.procedures.register(procedure)
        shared.runner.cache.clear()
    return shared


def when_forked(handle: Any, forget: Callable[[Any], None]) -> None:
    """Call ``forget(handle)`` in every child that is forked while the handle lives."""
    _in_child[handle] = forget


def _forked() -> None:
    """In the child, before anything else runs."""
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.Lock()
    _idle.forget()
    interpreter_share.forget()
    for shared in _open_engines.values():
        shared.engine.leave_to_parent()
    _open_engines.clear()
    for handle, forget in list(_in_child.items()):
        forget(handle)


def _forked_one() -> None:
    if _open_engines:
        _idle.start()


if hasattr(os, "register_at_fork"):
    # A process with threads is warned when it forks, and with reason: this one does without meanwhile.
    os.register_at_fork(
        before=lambda: _idle.stop(waits=True), after_in_parent=_forked_one, after_in_child=_forked
    )


def _resolved(path: Path) -> Path:
    """The path that every way to the file leads to.

    Raises:
        DiskError: it is no path of a file in a folder that exists.
    """
    try:
        real = path.expanduser().resolve()
        is_folder, has_folder = real.is_dir(), real.parent.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise DiskError(f"cannot open {str(path)!r}: {error}") from error
    if is_folder:
        raise DiskError(f"cannot open {real}: it is a folder, not a file")
    if not has_folder:
        raise DiskError(f"cannot open {real}: there is no folder {real.parent}")
    return real


def release(shared: SharedEngine) -> None:
    """One handle less; the last one closes the engine."""
    with _lock:
        shared.handles -= 1
        if shared.handles:
            return
        if shared.path is not None:
            del _open_engines[shared.path]
            if not _open_engines:
                _idle.stop()
        shared.engine.close()


def _open(directory: Directory, name: str, options: Options) -> Engine:
    return Engine.open(
        directory,
        name,
        options,
        clock_us=lambda: time.time_ns() // 1_000,
        process_id=os.getpid(),
    )


def _open_in_memory(options: Options) -> Engine:
    if options.read_only or options.salvage:
        raise OptionError("a graph in memory begins empty: it cannot be read-only")
    return Engine.open(
        disk.MemoryDirectory(),
        "memory.ngdb",
        # A file of changes would be in memory, too.
        replace(options, durability="off", transaction_memory_bytes_max=None),
        clock_us=lambda: time.time_ns() // 1_000,
        is_ephemeral=True,
    )


def _check_same(opened: Options, wanted: Options) -> None:
    """A second handle may be read-only; in all else it takes the engine as it is."""
    for field in fields(Options):
        name = field.name
        have, want = getattr(opened, name), getattr(wanted, name)
        if name == "read_only":
            if have and not want:
                raise OptionError("the file is open in this process already, and read-only")
        elif want not in (have, field.default):
            raise OptionError(
                f"the file is open in this process already, with {name}={have!r}, not {want!r}"
            )
