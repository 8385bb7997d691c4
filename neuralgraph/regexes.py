"""`regex`: a regular expression that is compiled when it is first used.

The package has more than a hundred; compiling one takes a fifth of a millisecond and more, and a process
uses a dozen.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Regex:
    """Stands for a `re.Pattern`; what was asked for once is an attribute of its own from then on."""

    def __init__(self, pattern: str, flags: re.RegexFlag | int) -> None:
        self._source = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # what Python asks of everything
        found = getattr(re.compile(*self._source), name)
        setattr(self, name, found)
        return found


def regex(pattern: str, flags: re.RegexFlag | int = 0) -> re.Pattern[str]:
    """As `re.compile`; a mistake in the pattern shows at its first use."""
    return cast("re.Pattern[str]", _Regex(pattern, flags))
