"""How long does it take to load five tables from Parquet files with their indexes, and what do they weigh?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.question import Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.question import Facts, Run


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    if run.is_quick:
        yield "load everything", {}
        return
    yield "load everything", {"seconds": run.load_s, "rows": run.data.rows()}
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    yield "files", {"megabytes": sum(path.stat().st_size for path in files) / 1e6}
    yield "memory after the load", {"megabytes": resident_megabytes(run.peer.server_ids())}


def resident_megabytes(servers: Sequence[int] = ()) -> float:
    """Of this process, its children, and servers that a peer started."""
    total = 0
    for process in {*_family(os.getpid()), *servers}:
        try:
            pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
        except OSError:
            continue
        total += int(pages) * os.sysconf("SC_PAGE_SIZE")
    return total / 1e6


def _family(process: int) -> list[int]:
    family = [process]
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        for child in path.read_text(encoding="ascii").split():
            family += _family(int(child))
    return family


QUESTION = Question(key="W1", title="load everything", measure=measure)
