"""What the whole process holds, and how much it may: asked for seldom, because asking is a system call.

What counts is memory that the system could only swap: resident pages that belong to no file. Mapped files,
which a large graph mostly is, do not count: their pages go away for nothing.

Linux tells it in `/proc`; where there is no such thing nothing is limited, and only the budgets of statements
hold.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import numpy as np

from neuralgraph.errors import MemoryLimitError

STEP_BYTES: Final = 4 << 20
"""A statement asks again each time that it holds so much more."""

_KEPT_BYTES: Final = 8 << 20
_STATM: Final = Path("/proc/self/statm")
_GROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4_096


class ProcessMemory:
    """A limit on what the process holds.

    Attributes:
        bytes_max: the limit.
    """

    __slots__ = ("bytes_max",)

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max

    def require(self, count: int) -> None:
        """The process is about to hold `count` more bytes.

        Raises:
            MemoryLimitError: that is more than it may.
        """
        held = bytes_held()
        if held + count > self.bytes_max:
            raise MemoryLimitError(
                f"the process holds {held:,} bytes, and may hold {self.bytes_max:,}; return less, commit"
                " in portions, or raise memory_limit"
            )


def bytes_held() -> int:
    """Bytes of the process that belong to no file; 0 where the system does not tell."""
    try:
        words = _STATM.read_bytes().split()
    except OSError:
        return 0
    return (int(words[1]) - int(words[2])) * _PAGE_BYTES


def bytes_of_machine() -> int:
    """Memory that the process could have: the machine's, or its control group's; 0 when unknown."""
    found = []
    if hasattr(os, "sysconf"):
        found.append(os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES)
    try:
        text = _GROUP_LIMIT.read_text(encoding="ascii").strip()
    except OSError:
        text = ""
    if text.isdecimal():
        found.append(int(text))
    return min(found, default=0)


def keep_freed_memory() -> None:
    """Let the C library keep some megabytes that were freed, in place of giving them back each time.

    Arrays of a batch are half a megabyte each. The GNU library first takes and returns such blocks page by
    page, which costs more than many an operation on them; it stops that once a larger block was freed. This
    one is never touched, so it costs nothing; other libraries take no notice.
    """
    np.empty(_KEPT_BYTES, dtype=np.uint8)
