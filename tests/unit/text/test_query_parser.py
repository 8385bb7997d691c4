import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.errors import QueryArgumentError, TextQueryError
from neuralgraph.text.query_parser import parse_text_query
from neuralgraph.text.query_syntax import (
    ANY_LETTER,
    ANY_TEXT,
    BooleanQuery,
    BoostedQuery,
    EverythingQuery,
    FuzzyQuery,
    Occur,
    PatternQuery,
    PhraseQuery,
    RangeQuery,
    TermQuery,
    WildcardQuery,
)


def term(text: str, field: str | None = None) -> TermQuery:
    return TermQuery(field, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("graph", term("graph")),
        ("title:graph", term("graph", "title")),
        ('"two words"', PhraseQuery(None, "two words")),
        ('title:"two words"~3', PhraseQuery("title", "two words", 3)),
        ("gra*", WildcardQuery(None, "gra" + ANY_TEXT)),
        ("g?a*h", WildcardQuery(None, f"g{ANY_LETTER}a{ANY_TEXT}h")),
        ("roam~", FuzzyQuery(None, "roam", 2)),
        ("roam~1", FuzzyQuery(None, "roam", 1)),
        ("roam~0", FuzzyQuery(None, "roam", 0)),
        ("roam~0.8", FuzzyQuery(None, "roam", 0)),
        ("roams~0.6", FuzzyQuery(None, "roams", 2)),
        ("[a TO c]", RangeQuery(None, "a", "c", lower_inclusive=True, upper_inclusive=True)),
        ("x:{a TO c]", RangeQuery("x", "a", "c", lower_inclusive=False, upper_inclusive=True)),
        ('[* TO "c d"}', RangeQuery(None, None, "c d", lower_inclusive=True, upper_inclusive=False)),
        ("x:>=b", RangeQuery("x", "b", None, lower_inclusive=True, upper_inclusive=True)),
        ("x:<b", RangeQuery("x", None, "b", lower_inclusive=True, upper_inclusive=False)),
        ("/gr[ae]y\\/s/", PatternQuery(None, "gr[ae]y/s")),
        ("graph^2.5", BoostedQuery(term("graph"), 2.5)),
        ('"a b"~2^3', BoostedQuery(PhraseQuery(None, "a b", 2), 3.0)),
        ("*:*", EverythingQuery(None)),
        ("*", EverythingQuery(None)),
        ("title:*", EverythingQuery("title")),
        (r"a\:b", term("a:b")),
        (r"\*\?\~", term("*?~")),
        (r"a\ b", term("a b")),
        ("well-known", term("well-known")),
        ("hello!", term("hello!")),
        ("", BooleanQuery(())),
        ("  ", BooleanQuery(())),
        ("ANDROID", term("ANDROID")),
    ],
)  # fmt: skip
def test_texts_mean_this(text, expected):
    assert parse_text_query(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b", "a b"),
        ("a OR b", "a b"),
        ("a || b", "a b"),
        ("a AND b", "+a +b"),
        ("a && b", "+a +b"),
        ("a AND b OR c", "+a +b c"),
        ("a OR b AND c", "a +b +c"),
        ("+a -b", "+a -b"),
        ("a NOT b", "a -b"),
        ("a AND NOT b", "+a -b"),
        ("a !b", "a -b"),
        ("NOT a", "-a"),
        ("a (b c)", "a (b c)"),
        ("t:(a b)", "t:a t:b"),
        ("(a)", "a"),
        ('a AND"b"', "+a +'b'"),
    ],
)
def test_clauses_are_joined_as_in_lucene(text, expected):
    assert shown(parse_text_query(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b", "+a +b"),
        ("a OR b", "a b"),
        ("a || b", "a b"),
        ("a (b OR c)", "+a +(b c)"),
        ("a b OR c", "+a b c"),
        ("a OR b c", "a b +c"),
        ("a OR b AND c", "a +b +c"),
        ("+a OR b", "+a b"),
        ("a -b", "+a -b"),
        ("a OR -b", "a -b"),
        ("-a OR b", "-a b"),
    ],
)
def test_where_all_are_needed_only_an_explicit_or_makes_optional(text, expected):
    assert shown(parse_text_query(text, needs_all=True)) == expected


def shown(query) -> str:
    if isinstance(query, BooleanQuery):
        signs = {Occur.SHOULD: "", Occur.MUST: "+", Occur.MUST_NOT: "-"}
        return " ".join(
            signs[occur] + (f"({shown(part)})" if isinstance(part, BooleanQuery) else shown(part))
            for occur, part in query.clauses
        )
    if isinstance(query, PhraseQuery):
        return f"'{query.text}'"
    return f"{query.field}:{query.text}" if query.field else query.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [(r"caf\u00e9", "café"), (r"\u12", "u12"), (r"\ud83d", "ud83d"), (r'"\u0041 b"', "A b")],
)
def test_a_character_may_be_written_by_its_number(text, expected):
    assert parse_text_query(text).text == expected
    shape = parse_text_query(r"caf\u00e9*")
    assert isinstance(shape, WildcardQuery)
    assert shape.pattern.startswith("café")


def test_only_the_fields_there_are_can_be_named():
    assert shown(parse_text_query("title:a", fields=("title",))) == "title:a"
    with pytest.raises(TextQueryError, match="no field 'body'; it has title"):
        parse_text_query("a body:b", fields=("title",))


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ('find "this', 5, "quote is not closed"),
        ("find (this", 5, "bracket is not closed"),
        ("find this)", 9, r"unexpected '\)'"),
        ("a AND", 2, "nothing stands after AND"),
        ("OR a", 0, "nothing stands before OR"),
        ("a +", 2, r"nothing stands after \+"),
        ("a OR OR b", 5, "OR stands where a word should"),
        ("a AND OR b", 6, "OR stands where a word should"),
        ("NOT NOT a", 4, "NOT stands where a word should"),
        ("a --b", 3, "- after -"),
        ("title:", 0, "nothing stands after the field title"),
        ("[a b]", 3, "TO is missing"),
        ("[a TO b", 0, "range is not closed"),
        ("[ TO b]", 5, "TO is missing"),
        ("word^", 4, "a number belongs after"),
        ("word~3", 0, "0, 1 or 2 letters"),
        ("/open", 0, "regular expression is not closed"),
        ("x /a(b/", 2, "not a regular expression"),
        ("a:b:c", 3, "unexpected ':'"),
        ("a ()", 2, "nothing stands in these brackets"),
        ("t:( )", 2, "nothing stands in these brackets"),
        ("(" * 60 + "a" + ")" * 60, 51, "brackets"),
        ("a " * 2000, 2048, "more than 1024 clauses"),
    ],
)
def test_a_malformed_text_is_told_with_its_place(text, place, problem):
    with pytest.raises(TextQueryError, match=problem) as caught:
        parse_text_query(text)
    assert caught.value.offset == place
    assert caught.value.text == text
    assert isinstance(caught.value, QueryArgumentError)


@given(
    st.text(
        st.sampled_from('ab \t+-!()[]{}^"~*?:\\/&|ANDORTO012.<>=') | st.characters(), max_size=40
    )
)
def test_any_text_is_a_query_or_a_typed_error(text):
    try:
        parse_text_query(text)
    except TextQueryError as error:
        assert 0 <= error.offset <= len(text)  # noqa: PT017
