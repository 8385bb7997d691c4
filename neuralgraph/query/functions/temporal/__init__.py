"""Temporal functions: dates, times, moments and durations made, truncated, measured.

`fields` makes values from maps, `construction` has the constructors and their clocks, `truncation` the
``.truncate`` functions, `measuring` the durations.
"""

from __future__ import annotations

from typing import Final

from neuralgraph.query.functions.temporal import construction, measuring, truncation

FUNCTIONS: Final = (*construction.FUNCTIONS, *truncation.FUNCTIONS, *measuring.FUNCTIONS)

__all__ = ["FUNCTIONS"]
