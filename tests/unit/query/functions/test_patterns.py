"""Regular expressions as Java writes them, and those that take too long."""

from __future__ import annotations

import pytest

from neuralgraph.errors import QueryArgumentError, QueryTimeoutError
from neuralgraph.query.functions import patterns
from neuralgraph.query.functions.patterns import searched_pattern, whole_matcher


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a.*", "abc", True),
        ("b", "abc", False),
        ("(?i)ABC", "abc", True),
        ("ab(?i)C", "abc", True),
        ("(?i)AB(?-i)c", "abC", False),
        (r"\p{L}+", "éa", True),
        (r"\p{IsAlphabetic}+", "ab1", False),
        ("[a-z&&[^b]]+", "ac", True),
        ("[a-z&&[^b]]+", "ab", False),
        (r"\Qa.c\E.*", "a.cd", True),
        (r"\Qa.c\E.*", "abcd", False),
        (r"a\z", "a", True),
        (r"\\z", r"\z", True),
        ("(?<year>[0-9]{4})-.*", "1815-12", True),
        ("(?d)a", "a", True),
        ("a++b", "aab", True),
        ("(?i)strasse", "straße", False),
        (r"a\hb", "a b", True),
        (r"a\.b", "axb", False),
    ],
)
def test_whole_texts_match(pattern, text, expected):
    assert whole_matcher(pattern)(text) is expected
    # Long texts are matched with an eye on the clock, to the same end.
    assert whole_matcher(f"(?:{pattern})")(text) is expected


@pytest.mark.parametrize(
    "pattern",
    ["(", "[", "a{1000000}", "(a{99}){99}{99}", "(" * 5_000, "a" * 20_000, "(?:a{1000}){1000}",
     r"\p{Nothing}", "(?P<a>x)(?P=b)", "*", "a{" + "9" * 5_000 + "}"],
)  # fmt: skip
def test_what_is_no_pattern_says_so(pattern):
    with pytest.raises(QueryArgumentError):
        whole_matcher(pattern)("a")


def test_a_match_that_would_take_for_ever_is_stopped(monkeypatch):
    monkeypatch.setattr(patterns, "MATCH_SECONDS_MAX", 0.05)
    with pytest.raises(QueryTimeoutError, match="took more than"):
        whole_matcher("(a|a)*$")("a" * 80 + "b")
    with pytest.raises(QueryTimeoutError):
        whole_matcher(".*a.*b")("a" * 1_000_000)
    with pytest.raises(QueryTimeoutError):
        searched_pattern("(a|a)*$").split("a" * 80 + "b", 0)


def test_replacements():
    assert searched_pattern("(b)").sub(r"[\g<1>]", "abc") == "a[b]c"
    with pytest.raises(QueryArgumentError):
        searched_pattern("b").sub(r"\g<7>", "abc")
