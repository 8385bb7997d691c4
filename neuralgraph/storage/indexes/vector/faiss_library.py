"""The library faiss: whether it is there, and how it is loaded."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

_WAITING: Final = "OMP_WAIT_POLICY"


def is_there() -> bool:
    """Can faiss be imported?"""
    return "faiss" in sys.modules or find_spec("faiss") is not None


@cache
def faiss() -> Any:
    """The library.

    It makes indexes in threads that meet again and again. Those that wait must give their core away: if they
    spin, two take twice to five times as long as one on a machine where others compute, too. OpenMP looks at
    how they shall wait when it is loaded, and never again.
    """
    if "faiss" in sys.modules or _WAITING in os.environ:
        return import_module("faiss")
    os.environ[_WAITING] = "passive"
    try:
        return import_module("faiss")
    finally:
        del os.environ[_WAITING]
