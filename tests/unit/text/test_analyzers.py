# ruff: noqa: RUF001 (words are spelt in their own letters)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.errors import QueryArgumentError
from neuralgraph.text import analyzer_named, is_analyzer, listed_analyzers, register_analyzer
from neuralgraph.text.analyzers import ITEM_BREAK
from neuralgraph.text.tokens import TermNumbers


def terms(analyzer: str, text: str) -> list[str]:
    return [token.term for token in analyzer_named(analyzer).tokens(text)]


@pytest.mark.parametrize(
    ("analyzer", "text", "expected"),
    [
        ("standard-no-stop-words", "The quick, BROWN fox's 3.14!", "the quick brown fox's 3.14"),
        ("standard", "The quick fox and the hound", "quick fox hound"),
        ("standard-folding", "Crème Brûlée straße", "creme brulee strasse"),
        ("standard-folding", "ﬁne ＡＢＣ ĲSSEL Łódź", "fine abc ijssel lodz"),
        ("standard-no-stop-words", "cafe\u0301 İstanbul ΦΙΛΟΣ won’t", "café istanbul φιλοσ won't"),
        ("standard-no-stop-words", "soft\u00adhyphen", "softhyphen"),
        ("simple", "it's R2D2", "it s r d"),
        ("stop", "The Fox is here", "fox here"),
        ("whitespace", "Foo-Bar, baz", "Foo-Bar, baz"),
        ("unicode_whitespace", "Foo bar", "Foo bar"),
        ("cjk", "東京都 people", "東京 京都 people"),
        ("cjk", "データ 한국어 山", "デー ータ 한국 국어 山"),
        ("cjk", "ﾊﾝｶｸ ＡＢＣ Ấn ἄνθρωπος", "ハン ンカ カク abc ấn ἄνθρωποσ"),
        ("standard", "東京 tower", "東 京 tower"),
        ("url", "see https://example.com/a?b=1.", "see https://example.com/a?b=1"),
        ("email", "write to Ada@Example.org!", "write to ada@example.org"),
        ("url_or_email", "ada@example.org or example.org/x", "ada@example.org or example.org/x"),
        ("brazilian", "livros", "livr"),
        ("soundex", "Robert Rupert", "R163 R163"),
        ("metaphone", "phone fone", "FN FN"),
        ("soundex", "Smith’s Smyth O'Brien Obrien", "S530 S530 O165 O165"),
        ("double_metaphone", "Smyth's Smyth", "SM0 XMT SM0 XMT"),
        ("nysiis", "Catherine Kathryn", "CATARAN CATRYN"),
        ("double_metaphone", "Smith Schmidt", "SM0 XMT XMT SMT"),
    ],
)  # fmt: skip
def test_analyzers_give_these_terms(analyzer, text, expected):
    assert terms(analyzer, text) == expected.split()


def test_keyword_is_the_whole_text():
    assert terms("keyword", "New York, NY") == ["New York, NY"]
    assert terms("keyword", "") == []


def test_code_has_identifiers_whole_and_in_parts():
    tokens = analyzer_named("code").tokens("def getHTTPResponse(user_name):")
    assert [(token.term, token.position) for token in tokens] == [
        ("def", 0), ("gethttpresponse", 1), ("get", 1), ("http", 2), ("response", 3),
        ("user_name", 4), ("user", 4), ("name", 5),
    ]  # fmt: skip


def test_tokens_say_where_they_stand():
    text = "Die  Häuser, 東京都!"
    found = [text[token.start : token.end] for token in analyzer_named("german").tokens(text)]
    assert found == ["Häuser", "東", "京", "都"]
    for token in analyzer_named("cjk").tokens("ｶﾞｷﾞ"):
        assert 0 <= token.start < token.end <= 4
    grams = [text[token.start : token.end] for token in analyzer_named("cjk").tokens(text)]
    assert grams == ["Die", "Häuser", "東京", "京都"]


def test_long_words_are_cut():
    assert [len(term) for term in terms("standard", "x" * 100_000)] == [255]


def test_all_that_are_listed_can_be_used():
    for name, description in listed_analyzers():
        assert is_analyzer(name)
        assert description
        assert analyzer_named(name).name == name


def test_an_unknown_analyzer_is_named():
    with pytest.raises(QueryArgumentError, match="there is no analyzer 'klingon'"):
        analyzer_named("klingon")


# ── analyzers of one's own ────────────────────────────────────────────────────────────────────


def test_a_function_can_be_an_analyzer():
    register_analyzer(
        "halves", lambda text: [part for word in text.split() for part in (word[:2], word[2:])]
    )
    tokens = analyzer_named("halves").tokens("ab c")
    assert [(token.term, token.position) for token in tokens] == [("ab", 0), ("c", 2)]


def test_an_analyzer_of_whoosh_can_be_registered():
    analysis = pytest.importorskip("whoosh.analysis")
    register_analyzer("whoosh-fancy", analysis.FancyAnalyzer())
    tokens = analyzer_named("whoosh-fancy").tokens("the WiFi router")
    assert [token.term for token in tokens][-1] == "router"
    assert "fi" in [token.term for token in tokens]


def test_what_a_function_may_not_give():
    register_analyzer("numbers", lambda text: [len(text)])
    with pytest.raises(QueryArgumentError, match="terms are strings"):
        analyzer_named("numbers").tokens("x")
    for position in (-1, 1.5, "a", 1 << 31):
        register_analyzer("places", lambda text, at=position: [(text, at)])
        with pytest.raises(QueryArgumentError, match="'places' gave the position"):
            analyzer_named("places").tokens("x")
    register_analyzer("far", lambda text: [(text, 1 << 24)])
    with pytest.raises(QueryArgumentError, match="positions too far apart"):
        analyzer_named("far").tokens(ITEM_BREAK.join("x" * 200))
    register_analyzer("broken", lambda text: 1 / len(text[:0]))
    with pytest.raises(QueryArgumentError, match="'broken' failed: ZeroDivisionError"):
        analyzer_named("broken").tokens("x")
    with pytest.raises(QueryArgumentError, match="built-in"):
        register_analyzer("English", str.split)
    with pytest.raises(QueryArgumentError, match="function"):
        register_analyzer("nothing", 7)


# ── many texts at once ────────────────────────────────────────────────────────────────────────

TEXTS = st.lists(
    st.text(st.sampled_from("abAB .,'-_\t\x00\x01東京éß1") | st.characters(), max_size=30),
    max_size=8,
)


@pytest.mark.parametrize(
    "name", ["standard-no-stop-words", "english", "code", "cjk", "whitespace", "keyword", "soundex"]
)
@given(texts=TEXTS)
def test_many_texts_give_what_each_gives(name, texts):
    analyzer = analyzer_named(name)
    numbers = TermNumbers()
    encoded = analyzer.encode(texts, numbers)
    names = list(numbers)
    found = [[] for _ in texts]
    for number, row, position in zip(
        encoded.numbers.tolist(), encoded.rows.tolist(), encoded.positions.tolist(), strict=True
    ):
        found[row].append((names[number], position))
    # A break between texts is no part of a text.
    expected = [[(token.term, token.position) for token in analyzer.tokens(text)] for text in texts]
    assert found == expected
    assert encoded.lengths.tolist() == [len(one) for one in expected]


def test_items_of_a_list_stand_apart():
    for name in ("standard", "keyword"):
        tokens = analyzer_named(name).tokens(f"one{ITEM_BREAK}two")
        assert tokens[1].position - tokens[0].position > 50
