"""A record behaves like a frozen dataclass, before and after it gets a constructor of its own."""

import copy
import dataclasses
import pickle
from dataclasses import KW_ONLY, dataclass, field

import pytest

from neuralgraph.values.records import record

MANY = 100


class _Fields:
    first: int
    second: str = "b"
    third: list[int] = field(default_factory=list, compare=False)
    _: KW_ONLY
    fourth: float = field(default=0.5, repr=False)


def _made_by(decorator):
    return decorator(type("Made", (), dict(vars(_Fields))))


Known = _made_by(dataclass(frozen=True, slots=True))

CALLS = [
    ((1,), {}),
    ((1, "c"), {}),
    ((1, "c", [2]), {"fourth": 2.5}),
    ((), {"first": 1, "fourth": 1.5}),
    ((), {}),
    ((1,), {"first": 1}),
    ((1, "c", [], 2.5), {}),
    ((1, "c", []), {"first": 1}),
    ((1,), {"fifth": 5}),
]


@pytest.fixture(params=[0, MANY], ids=["fresh", "compiled"])
def made(request):
    """A record class of which few or many instances were made before."""
    cls = _made_by(record)
    for number in range(request.param):
        cls(number)
    return cls


@pytest.mark.parametrize(("values", "named"), CALLS)
def test_a_record_is_made_like_a_dataclass(made, values, named):
    try:
        expected = Known(*values, **named)
    except TypeError:
        with pytest.raises(TypeError):
            made(*values, **named)
        return
    instance = made(*values, **named)
    assert dataclasses.astuple(instance) == dataclasses.astuple(expected)
    assert repr(instance).partition(".")[2] == repr(expected).partition(".")[2]


def test_factories_make_a_fresh_value_each(made):
    assert made(1).third is not made(1).third


def test_equality_and_hash_look_at_the_fields_compared(made):
    assert made(1, third=[1]) == made(1, third=[2])
    assert hash(made(1, third=[1])) == hash(made(1, third=[2]))
    assert made(1) != made(2)
    assert made(1) != Known(1)


def test_a_record_is_frozen(made):
    instance = made(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        instance.first = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del instance.first
    assert dataclasses.replace(instance, first=3).first == 3


@record
class Checked:
    """With methods of its own."""

    low: int
    high: int = 9

    def __post_init__(self):
        if self.low > self.high:
            raise ValueError("upside down")

    def __repr__(self):
        return f"{self.low}..{self.high}"


def test_own_methods_are_kept_and_the_check_is_made():
    for _ in range(MANY):
        assert repr(Checked(1)) == "1..9"
        with pytest.raises(ValueError, match="upside down"):
            Checked(10)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_record_can_be_copied_and_pickled(copied):
    assert copied(Checked(2, 3)) == Checked(2, 3)
