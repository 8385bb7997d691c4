"""Libraries that are loaded on first use, and need not be there."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any


@lru_cache(maxsize=32)
def load(name: str, *, extra: str) -> Any:
    """The module, imported now.

    Args:
        name: of the module.
        extra: of this distribution that brings it.

    Raises:
        ImportError: it is not installed; the message says how to get it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"this needs {name}, which is not installed: pip install 'neuralgraphdb[{extra}]'"
        ) from error


def is_installed(name: str) -> bool:
    """Could `load` import it?"""
    return find_spec(name) is not None
