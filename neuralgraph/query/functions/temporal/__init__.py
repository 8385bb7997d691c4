"""Temporal functions: dates, times, moments and durations made, truncated, measured.

`fields` makes values from maps, `construction` has the constructors and their clocks, `truncation` the
``.truncate`` functions, `measuring` the durations.
"""
