"""Did you mean?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORT_MIN: Final = 3
"""Letters that the beginning of a name must have to stand for it."""


def close_name(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` was probably meant to be, or None.

    Looks at letters without case, and takes at most two slips (one in short names). The beginning of a
    name, or a name without its namespace, counts as one slip.
    """
    import jellyfish

    if not name.isprintable():  # half a surrogate pair, for one
        return None
    lowered = name.lower()
    allowed = 1 if len(name) < 5 else 2
    best: tuple[int, float, str] | None = None
    for candidate in candidates:
        other = candidate.lower()
        if candidate == name or not candidate.isprintable():
            continue
        if _is_short_for(lowered, other):
            slips = 1
        elif abs(len(other) - len(lowered)) > allowed:
            continue
        else:
            slips = jellyfish.damerau_levenshtein_distance(lowered, other)
        if slips > allowed or slips >= len(name):
            continue
        likeness = jellyfish.jaro_winkler_similarity(lowered, other)
        key = (slips, -likeness, candidate)
        if best is None or key < best:
            best = key
    return best[2] if best is not None else None


def _is_short_for(name: str, other: str) -> bool:
    if len(name) < SHORT_MIN:
        return False
    return (other.startswith(name) and len(other) <= 2 * len(name)) or other.endswith("." + name)
