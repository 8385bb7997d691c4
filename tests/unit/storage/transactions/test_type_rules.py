import pytest

from neuralgraph.storage.transactions.type_rules import conforms


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        (1, "INTEGER", True),
        (True, "INTEGER", False),
        (1.0, "INTEGER", False),
        (1, "INTEGER | FLOAT", True),
        ("a", "STRING NOT NULL", True),
        ("a", "INTEGER|FLOAT", False),
        (["a"], "LIST<STRING NOT NULL>", True),
        (["a", None], "LIST<STRING NOT NULL>", False),
        (["a", None], "LIST<STRING>", True),
        (["a", 1], "LIST<STRING | INTEGER>", True),
        ([["a"]], "LIST<LIST<STRING>>", True),
        ("a", "LIST<STRING>", False),
        ({"a": 1}, "MAP", True),
        (b"x", "ANY", True),
        (1, "int", True),
    ],
)
def test_conforms(value, wanted, expected):
    assert conforms(value, wanted) is expected
