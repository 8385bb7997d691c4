"""A record is a tuple that knows its columns."""

from __future__ import annotations

import pickle

import pytest

from neuralgraph.api.record import Record, record_type

ROW = record_type(("name", "age"))(("Ada", 36))


def test_values_by_place_and_by_name():
    assert (ROW[0], ROW["name"], ROW[-1], ROW["age"], ROW[:1]) == ("Ada", "Ada", 36, 36, ("Ada",))


def test_it_is_a_plain_tuple_otherwise():
    name, age = ROW
    assert (name, age) == ROW == ("Ada", 36)
    assert len(ROW) == 2
    assert isinstance(ROW, Record)


def test_it_becomes_a_dict():
    assert dict(ROW) == ROW.to_dict() == {"name": "Ada", "age": 36}
    assert ROW.items() == [("name", "Ada"), ("age", 36)]


def test_unknown_columns():
    assert ROW.get("city", "nowhere") == "nowhere"
    with pytest.raises(KeyError):
        ROW["city"]
    with pytest.raises(IndexError):
        ROW[2]


def test_it_survives_pickling():
    copy = pickle.loads(pickle.dumps(ROW))
    assert copy == ROW
    assert copy["age"] == 36


def test_records_of_the_same_columns_share_a_type():
    assert record_type(("a",)) is record_type(("a",))
    assert record_type(("a",)) is not record_type(("b",))
