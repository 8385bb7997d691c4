"""What a value counts for when it is walked as a tree."""

from __future__ import annotations

import pytest

from neuralgraph.errors import MemoryLimitError
from neuralgraph.values.nesting import DEPTH_MAX, ITEMS_MAX, require_walkable


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (1, 1),
        ("text", 1),
        ([], 0),
        ([1, 2, 3], 3),
        ({"a": 1, "b": [1, 2]}, 4),
        ([[1, 2], [3, [4]]], 7),
    ],
)
def test_elements_of_all_levels_count(value, count):
    assert require_walkable(value) == count


def test_what_is_shared_counts_wherever_it_occurs():
    inner = [1, 2]
    assert require_walkable([inner, inner]) == 6
    assert require_walkable({"a": inner, "b": {"c": inner}}) == 7


def test_doubling_is_seen_without_walking():
    value = [1]
    for _ in range(150):
        value = [value, value]
    with pytest.raises(MemoryLimitError):
        require_walkable(value)


def test_what_is_really_held_is_never_too_large():
    value = [[0] * (ITEMS_MAX // 4)] * 5
    assert require_walkable([list(value[0]) for _ in range(5)]) > ITEMS_MAX


def test_depth_is_bounded():
    value = [1]
    for _ in range(DEPTH_MAX - 1):
        value = [value]
    assert require_walkable(value) == DEPTH_MAX
    with pytest.raises(MemoryLimitError):
        require_walkable([value])
