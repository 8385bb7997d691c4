"""Engines that are open in this process: handles of the same file share one.

The engine of a file is opened by the first handle and closed by the last. The file is known by its real
path, so that links and relative names meet.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.api.prepared import StatementCache
from neuralgraph.api.statement import StatementRunner
from neuralgraph.api.time_procedures import time_procedures
from neuralgraph.config import Options
from neuralgraph.errors import DiskError, OptionError
from neuralgraph.query.execution import ProcedureRegistry
from neuralgraph.query.functions import Registry, default_registry
from neuralgraph.storage.disk import MemoryDirectory, OsDirectory
from neuralgraph.storage.maintenance import Engine, retention_us

if TYPE_CHECKING:
    from neuralgraph.storage.disk import Directory

_lock = threading.Lock()
_open_engines: Final[dict[Path, SharedEngine]] = {}


class SharedEngine:
    """One engine with its statement cache, functions and procedures, and how many handles use it."""

    __slots__ = ("engine", "functions", "handles", "options", "path", "procedures", "runner")

    def __init__(self, path: Path | None, engine: Engine, options: Options) -> None:
        self.path = path
        self.engine = engine
        self.options = options
        self.functions = Registry(parent=default_registry())
        self.procedures = ProcedureRegistry(time_procedures(engine))
        cache = StatementCache(
            self.functions, self.procedures, entries_max=options.plan_cache_entries_max
        )
        self.runner = StatementRunner(engine, cache, options)
        self.handles = 1


def options_of(given: dict[str, Any]) -> Options:
    """Options from keyword arguments.

    Raises:
        OptionError: there is no such option; the message names the nearest.
    """
    known = [field.name for field in fields(Options)]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
            raise OptionError(f"there is no option {name!r}{hint}")
    for name, value in given.items():
        _check_option(name, value)
    if "import_folders" in given:
        given["import_folders"] = tuple(str(folder) for folder in given["import_folders"])
    return Options(**given)


def _check_option(name: str, value: Any) -> None:
    if name == "durability":
        fits, wanted = value in ("full", "normal", "off"), "'full', 'normal' or 'off'"
    elif name == "history":
        retention_us(str(value))
        return
    elif name in ("read_only", "salvage"):
        fits, wanted = isinstance(value, bool), "True or False"
    elif name == "import_folders":
        fits, wanted = not isinstance(value, (str, Path)), "a sequence of folders"
    elif value is None and name in ("query_timeout_s", "query_memory_bytes_max"):
        return
    elif name.endswith("_s"):
        # Not so much that it would be more than a lock can be told to wait; NaN fails too.
        fits, wanted = _is_number(value) and 0 <= value <= threading.TIMEOUT_MAX, "seconds, from 0"
    else:
        fits, wanted = type(value) is int and value >= 1, "an integer, at least 1"
    if not fits:
        raise OptionError(f"{name} is {wanted}, not {value!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def acquire(path: Path | None, options: Options) -> SharedEngine:
    """The engine of a file, opened or shared; None is a new one in memory.

    Raises:
        OptionError: it is open with other options.
        StorageError: it cannot be opened.
    """
    if path is None:
        return SharedEngine(None, _open_in_memory(options), options)
    real = _resolved(path)
    with _lock:
        shared = _open_engines.get(real)
        if shared is not None:
            _check_same(shared.options, options)
            shared.handles += 1
            return shared
        engine = _open(OsDirectory(str(real.parent)), real.name, options)
        shared = _open_engines[real] = SharedEngine(real, engine, options)
        return shared


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
        shared.engine.close()


def _open(directory: Directory, name: str, options: Options) -> Engine:
    return Engine.open(
        directory,
        name,
        options,
        clock_us=lambda: time.time_ns() // 1_000,
        holder=f"process {os.getpid()}",
    )


def _open_in_memory(options: Options) -> Engine:
    if options.read_only or options.salvage:
        raise OptionError("a graph in memory begins empty: it cannot be read-only")
    return Engine.open(
        MemoryDirectory(),
        "memory.ngdb",
        replace(options, durability="off"),
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
