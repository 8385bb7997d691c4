"""How large a value is when nothing in it is shared, found out without making it.

Lists and maps inside a value are shared: ``[x, x]`` holds its `x` once. Whoever copies, compares or prints a
value walks it as a tree, and sixty times ``[x, x]`` is a tree that no machine can hold.
"""

from __future__ import annotations

from typing import Any, Final

from neuralgraph.errors import MemoryLimitError
from neuralgraph.stopping import SHORT_MAX, look

DEPTH_MAX: Final = 200
"""Lists and maps inside each other; walking a value takes a few frames of the stack for each."""

ITEMS_MAX: Final = 1 << 24
"""Elements that a walk may meet, unless the value really holds so many."""

_FEW: Final = 64
_SMALL_MAX: Final = 4_096
_LEVEL_COST: Final = 20

COMPARED_MAX: Final = 1 << 20
"""The same for a walk that compares."""

_SHARED_MAX: Final = 4
"""Walking may meet an element that is held once so many times, in the mean."""

_CONTAINERS: Final = frozenset({list, tuple, dict})


def require_comparable(value: Any) -> None:
    """See that a list or map can be compared, which walks it as a tree without a look at the clock.

    Raises:
        MemoryLimitError: it shares its parts so often that this would take for ever.
    """
    inner = value.values() if type(value) is dict else value
    if _CONTAINERS.isdisjoint(map(type, inner)):
        return
    if len(inner) <= _FEW:
        for item in inner:
            if type(item) in _CONTAINERS and (
                len(item) > _FEW
                or not _CONTAINERS.isdisjoint(
                    map(type, item.values() if type(item) is dict else item)
                )
            ):
                break
        else:
            return
    if _left_of(value, _SMALL_MAX) < 0:
        require_walkable(value, COMPARED_MAX)


def _left_of(value: Any, left: int) -> int:
    """What a walk through a small value leaves of `left` elements; below 0 it is not small."""
    inner = value.values() if type(value) is dict else value
    if _CONTAINERS.isdisjoint(map(type, inner)):
        return left
    # Each level costs something too: it is one of the stack.
    left -= len(inner) + _LEVEL_COST
    for item in inner:
        if left < 0:
            break
        if type(item) in _CONTAINERS:
            left = _left_of(item, left - len(item))
    return left


def require_walkable(value: Any, items_max: int = ITEMS_MAX) -> int:
    """See that a value can be walked as a tree; gives the number of its elements, all levels together.

    Args:
        value: any.
        items_max: so many elements may come of shared parts.

    Cost: each list and map once, however often it occurs; one look at each element.

    Raises:
        MemoryLimitError: it is too large or nested too deeply.
    """
    if type(value) not in _CONTAINERS:
        return 1
    held = 0
    # By identity: (elements, levels) of each container; None while it waits for what is inside of it.
    known: dict[int, tuple[int, int] | None] = {}
    waiting: list[Any] = [value]
    while waiting:
        container = waiting[-1]
        inner = container.values() if type(container) is dict else container
        nested = (
            [] if _CONTAINERS.isdisjoint(map(type, inner))
            else [item for item in inner if type(item) in _CONTAINERS]
        )  # fmt: skip
        if nested and id(container) not in known:
            known[id(container)] = None
            waiting.extend(item for item in nested if id(item) not in known)
            continue
        waiting.pop()
        if known.get(id(container)) is not None:
            continue
        held += len(inner)
        if len(inner) > SHORT_MAX:
            look()
        sizes = [known[id(item)] or (0, 0) for item in nested]
        count = len(inner) + sum(size for size, _ in sizes)
        levels = 1 + max((below for _, below in sizes), default=0)
        if count > max(items_max, _SHARED_MAX * held):
            raise _too_large(count, items_max)
        if levels > DEPTH_MAX:
            raise too_deep()
        known[id(container)] = (count, levels)
    found = known[id(value)]
    assert found is not None
    return found[0]


def _too_large(count: int, items_max: int) -> MemoryLimitError:
    shown = f"{count:,}" if count < 10**15 else "more than 10^15"
    return MemoryLimitError(
        f"a list or map has {shown} elements, counted with those of all lists in it wherever they occur;"
        f" it may have {items_max:,}"
    )


def too_deep() -> MemoryLimitError:
    """The error for lists and maps inside each other without end."""
    return MemoryLimitError(
        f"a value is nested too deeply; lists and maps stand at most {DEPTH_MAX} deep in each other"
    )
