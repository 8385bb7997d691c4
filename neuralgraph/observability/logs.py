"""Loggers by name. `logging` is loaded for the first line that is logged; most processes log none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger


def storage_logger() -> Logger:
    """``neuralgraph.storage``: what storage could not do, or had to mend."""
    import logging

    return logging.getLogger("neuralgraph.storage")
