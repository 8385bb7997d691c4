"""A progress bar on standard error: rich's where it is installed, and none where nobody looks."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """A callback (done, in all) that moves the bar; None when standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
    elif find_spec("rich") is None:
        yield lambda done, total: _plain(title, done, total)
    else:
        with _rich(title) as callback:
            yield callback


def _plain(title: str, done: int, total: int) -> None:
    sys.stderr.write(f"\r{title}: {done:,} of {total:,} rows" + ("\n" if done >= total else ""))
    sys.stderr.flush()


@contextmanager
def _rich(title: str) -> Iterator[Callable[[int, int], None]]:
    rich_progress: Any = import_module("rich.progress")
    rich_console: Any = import_module("rich.console")
    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeElapsedColumn(),
    )
    console = rich_console.Console(stderr=True)
    with rich_progress.Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
