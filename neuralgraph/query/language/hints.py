"""Did you mean?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def close_name(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` was probably meant to be, or None.

    Looks at letters without case, and takes at most two slips (one in short names).
    """
    import jellyfish

    if not name.isprintable():  # half a surrogate pair, for one
        return None
    lowered = name.lower()
    allowed = 1 if len(name) < 5 else 2
    best: tuple[int, float, str] | None = None
    for candidate in candidates:
        if candidate == name or abs(len(candidate) - len(name)) > allowed:
            continue
        if not candidate.isprintable():
            continue
        slips = jellyfish.damerau_levenshtein_distance(lowered, candidate.lower())
        if slips > allowed or slips >= len(name):
            continue
        likeness = jellyfish.jaro_winkler_similarity(lowered, candidate.lower())
        key = (slips, -likeness, candidate)
        if best is None or key < best:
            best = key
    return best[2] if best is not None else None
