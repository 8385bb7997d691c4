"""Full text by the public interface: what a person writes and finds."""

import contextlib
import random
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neuralgraph
from neuralgraph.errors import QueryArgumentError, QueryTimeoutError, SchemaError, TextQueryError
from neuralgraph.text import term_patterns

CREATE = "CREATE FULLTEXT INDEX docs FOR (d:Doc) ON EACH [d.text]"


@pytest.fixture
def graph():
    with neuralgraph.open() as opened:
        yield opened


def found(graph, query, /, name="docs", **options):
    text = "CALL db.index.fulltext.queryNodes($name, $query, $options) YIELD node RETURN node.text"
    parameters = {"name": name, "query": query, "options": options}
    return [row[0] for row in graph.execute(text, parameters)]


def add(graph, *texts):
    graph.execute("UNWIND $texts AS text CREATE (:Doc {text: text})", texts=list(texts))


# ── a snapshot ────────────────────────────────────────────────────────────────────────────────


def test_a_transaction_finds_what_it_wrote_and_others_do_not(graph):
    graph.execute(CREATE)
    add(graph, "old fish")
    with graph.transaction() as transaction:
        transaction.execute("CREATE (:Doc {text: 'new fish'})")
        transaction.execute("MATCH (d:Doc {text: 'old fish'}) SET d.text = 'old bird'")
        assert found(transaction, "fish") == ["new fish"]
        assert found(graph, "fish") == ["old fish"]
        transaction.rollback()
    assert found(graph, "fish") == ["old fish"]


def test_the_past_is_searched_as_it_was(graph):
    graph.execute(CREATE)
    add(graph, "red fish", "blue fish")
    then = graph.info().txid
    graph.execute("MATCH (d:Doc {text: 'red fish'}) DETACH DELETE d")
    add(graph, "fish fish fish")
    graph.checkpoint()
    assert sorted(found(graph.at(then), "fish")) == ["blue fish", "red fish"]
    assert found(graph, "fish") == ["fish fish fish", "blue fish"]
    query = "CALL db.index.fulltext.queryNodes('docs', 'red') YIELD node RETURN node.text"
    assert graph.execute(f"{query} AT TRANSACTION {then}").value() == "red fish"


def test_an_index_that_was_dropped_since_is_told_and_made_again_it_has_the_past(graph):
    add(graph, "red fish")
    before = graph.info().txid
    graph.execute(CREATE)
    add(graph, "blue fish")
    then = graph.info().txid
    graph.execute("DROP INDEX docs")
    with pytest.raises(SchemaError, match="docs of this moment was dropped since"):
        found(graph.at(then), "fish")
    clause = "MATCH (d:Doc) SEARCH d IN (FULLTEXT INDEX docs FOR 'fish' LIMIT 9) RETURN count(*)"
    with pytest.raises(SchemaError, match="docs of this moment was dropped since"):
        graph.at(then).execute(clause)
    with pytest.raises(SchemaError, match="no fulltext index named docs"):
        found(graph, "fish")
    graph.execute(CREATE)
    assert found(graph.at(before), "fish") == ["red fish"]
    assert sorted(found(graph.at(then), "fish")) == ["blue fish", "red fish"]
    assert graph.at(then).execute(clause).value() == 2


def test_scores_do_not_depend_on_how_documents_came(graph):
    graph.execute(CREATE)
    texts = [f"word{number % 7} common word{number % 3}" for number in range(40)]
    add(graph, *texts[:20], "common to be deleted")
    graph.checkpoint()
    graph.execute("MATCH (d:Doc {text: 'common to be deleted'}) DELETE d")
    add(graph, *texts[20:])
    with neuralgraph.open() as other:
        add(other, *texts)
        other.execute(CREATE)
        query = (
            "CALL db.index.fulltext.queryNodes('docs', 'word1 common') YIELD node, score"
            " RETURN node.text, score ORDER BY score DESC, node.text"
        )
        one, two = (list(map(tuple, each.execute(query))) for each in (graph, other))
    assert [text for text, _ in one] == [text for text, _ in two]
    assert [score for _, score in one] == pytest.approx([score for _, score in two])


def test_relationships_and_lists_are_found(graph):
    graph.execute(
        "CREATE (:A)-[:R {tags: ['red fish', 'blue bird']}]->(:B)-[:S {tags: 'red bird'}]->(:C)"
    )
    graph.execute("CREATE FULLTEXT INDEX tags FOR ()-[r:R|S]-() ON EACH [r.tags]")
    query = (
        "CALL db.index.fulltext.queryRelationships('tags', $q) YIELD relationship"
        " RETURN type(relationship) AS type ORDER BY type"
    )
    assert graph.execute(query, q="red").values() == ["R", "S"]
    assert graph.execute(query, q='"fish blue"').values() == [], (
        "no phrase goes from one item to the next"
    )
    assert graph.execute(query, q='"blue bird"').values() == ["R"]
    with pytest.raises(SchemaError, match="no fulltext index named tags on nodes"):
        found(graph, "red", name="tags")


# ── files ─────────────────────────────────────────────────────────────────────────────────────


def test_an_index_is_there_after_a_reopening_and_agrees_with_the_texts(tmp_path):
    path = tmp_path / "text.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute(
            CREATE.replace("]", "] OPTIONS {indexConfig: {`fulltext.analyzer`: 'german'}}")
        )
        for number in range(12):
            add(graph, *[f"Haus Nummer {number}, Fenster {place}" for place in range(10 + number)])
            graph.execute("MATCH (d:Doc) WHERE d.text ENDS WITH ' 3' DELETE d")
            graph.checkpoint()
    with neuralgraph.open(path) as graph:
        assert len(found(graph, "Häuser")) == sum(10 + number for number in range(12)) - 12
        assert len(found(graph, "Häuser", limit=5, skip=2)) == 5
        assert graph.verify() == []


def test_an_index_over_all_that_is_there_is_stored_by_the_next_checkpoint(tmp_path):
    """Entities with consecutive ids need no array of ids; the postings need theirs all the same."""
    path = tmp_path / "text.ngdb"
    with neuralgraph.open(path) as graph:
        add(graph, *[f"number {number} common" for number in range(2000)])
        graph.checkpoint()
        graph.execute(CREATE)
        graph.checkpoint()
    with neuralgraph.open(path) as graph:
        assert found(graph, "1234") == ["number 1234 common"]
        assert graph.verify() == []


def test_a_program_without_the_analyzer_can_do_all_but_search(tmp_path):
    path = tmp_path / "own.ngdb"
    program = """
import sys, neuralgraph
with neuralgraph.open(sys.argv[1]) as graph:
    graph.execute("MATCH (d:Doc {text: 'a-b'}) SET d.text = 'b-c'")
    graph.execute("CREATE (:Doc {text: 'c-d'})")
    graph.checkpoint()
    try:
        graph.execute("CALL db.index.fulltext.queryNodes('docs', 'b') YIELD node RETURN node")
    except neuralgraph.QueryArgumentError as error:
        print(error)
"""
    with neuralgraph.open(path) as graph:
        graph.register_analyzer("dashes", lambda text: text.split("-"))
        graph.execute(
            CREATE.replace("]", "] OPTIONS {indexConfig: {`fulltext.analyzer`: 'dashes'}}")
        )
        add(graph, "a-b", "x-b")
    ended = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert "the full-text index docs: there is no analyzer 'dashes'" in ended.stdout, ended.stderr
    with neuralgraph.open(path) as graph:
        assert sorted(found(graph, "b")) == ["b-c", "x-b"]
        assert sorted(found(graph, "c")) == ["b-c", "c-d"]
        assert graph.verify() == []
        graph.checkpoint()
        add(graph, "z")
        graph.checkpoint()
        assert sorted(found(graph, "c")) == ["b-c", "c-d"]
        assert graph.verify() == []


def test_an_analyzer_that_fails_fails_the_search_only(graph):
    broken = True

    def fragile(text):
        if broken and "bad" in text:
            raise ValueError("no")
        return text.split()

    graph.register_analyzer("fragile", fragile)
    graph.execute(CREATE.replace("]", "] OPTIONS {indexConfig: {`fulltext.analyzer`: 'fragile'}}"))
    add(graph, "good", "bad word")
    graph.checkpoint()
    with pytest.raises(QueryArgumentError, match="'fragile' failed: ValueError: no"):
        found(graph, "good")
    broken = False
    assert found(graph, "word") == ["bad word"]


@pytest.mark.parametrize("is_registered", [True, False])
def test_an_index_without_its_analyzer_is_listed_all_the_same(tmp_path, is_registered):
    path = tmp_path / "listed.ngdb"
    program = """
import sys
import neuralgraph
def fails(text):
    raise ValueError("no")
with neuralgraph.open(sys.argv[1]) as graph:
    if sys.argv[2] == "True":
        graph.register_analyzer("dashes", fails)
    graph.execute("CREATE (:Doc {text: 'c-d'})")
    for text in sys.argv[3:]:
        print([tuple(row) for row in graph.execute(text)])
"""
    with neuralgraph.open(path) as graph:
        graph.register_analyzer("dashes", lambda text: text.split("-"))
        graph.execute(
            CREATE.replace("]", "] OPTIONS {indexConfig: {`fulltext.analyzer`: 'dashes'}}")
        )
        add(graph, "a-b")
    texts = (
        "SHOW INDEXES YIELD name, state, failureMessage, rows",
        "SHOW FULLTEXT INDEXES YIELD name, state",
        "CALL neural.searchIndexes() YIELD name, state, rows RETURN name, state, rows",
        "CALL neural.fulltext.indexes() YIELD name, terms RETURN name, terms",
        "CALL db.awaitIndexes()",
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(path), str(is_registered), *texts],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    shown = ended.stdout.splitlines()
    assert len(shown) == len(texts), ended.stderr
    reason = "'dashes' failed" if is_registered else "there is no analyzer 'dashes'"
    assert "'docs', 'FAILED'" in shown[0]
    assert reason in shown[0]
    assert shown[1:] == [
        "[('docs', 'FAILED')]", "[('docs', 'FAILED', None)]", "[('docs', None)]", "[]",
    ]  # fmt: skip


# ── errors ────────────────────────────────────────────────────────────────────────────────────


def test_a_malformed_query_says_where(graph):
    graph.execute(CREATE)
    with pytest.raises(TextQueryError, match="this bracket is not closed") as caught:
        found(graph, "one (two")
    assert caught.value.offset == 4


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"limit": -1}, "`limit` is an integer from 0 up"),
        ({"distance": 3}, "distance is 0, 1 or 2"),
        ({"phonetic": "loud"}, "phonetic is one of soundex"),
        ({"operator": "XOR"}, "operator is AND or OR"),
        ({"boosts": {"title": 2}}, "there is no field 'title' to boost"),
        ({"analyzer": "klingon"}, "there is no analyzer 'klingon'"),
        ({"analyzer": 1}, "analyzer is a name, not 1"),
        ({"colour": 1}, "no option 'colour'"),
    ],
)
def test_an_option_that_is_no_good_is_told(graph, options, problem):
    graph.execute(CREATE)
    add(graph, "word")
    with pytest.raises(QueryArgumentError, match=problem):
        found(graph, "word", **options)


def test_settings_that_are_no_good_are_told(graph):
    for config, problem in (
        ("`fulltext.analyzer`: 'englsh'", "did you mean english"),
        (
            "`fulltext.boosts`: {txt: 2}",
            "names `txt`, which docs does not index.*did you mean text",
        ),
        ("`fulltext.boosts`: {text: -1}", "a map from properties to numbers"),
    ):
        with pytest.raises(SchemaError, match=problem):
            graph.execute(CREATE.replace("]", f"] OPTIONS {{indexConfig: {{{config}}}}}"))
    for options in ("{entity: 'edge'}", "{analyser: 'english'}", "7"):
        with pytest.raises(neuralgraph.QueryError):
            graph.execute(f"CALL neural.fulltext.createIndex('docs', 'Doc', 'text', {options})")


def test_a_field_that_is_not_indexed_is_told(graph):
    graph.execute(CREATE)
    with pytest.raises(TextQueryError, match="has no field 'http'; it has text") as caught:
        found(graph, "see http://x")
    assert caught.value.offset == 4


def test_a_pattern_that_takes_for_ever_is_stopped(graph, monkeypatch):
    monkeypatch.setattr(term_patterns, "MATCH_SECONDS_MAX", 0.05)
    graph.execute(CREATE)
    add(graph, "a" * 100)
    with pytest.raises(QueryTimeoutError):
        found(graph, "/((a|aa)+)+b/")


@pytest.mark.parametrize(
    "query",
    [
        " ".join(f"*{number:x}*" for number in range(1000)),
        " ".join(f"word{number}~2" for number in range(1000)),
        '"a b c"~900',
    ],
)
def test_a_search_is_stopped_in_time(query):
    with neuralgraph.open(query_timeout_s=0.1) as graph:
        words = [f"word{number:x}" for number in range(20_000)]
        long = "a b c " * 300
        graph.load_nodes("Doc", {"text": [*words, *[long] * 500]})
        graph.execute(CREATE)
        began = time.monotonic()
        with pytest.raises(QueryTimeoutError):
            found(graph, query)
        assert time.monotonic() - began < 2.0


def test_terms_and_suggestions_have_limits(graph):
    graph.execute(CREATE)
    add(graph, "market day", "market")
    terms = "CALL neural.fulltext.terms('docs', {limit: $n}) YIELD term RETURN term"
    for count, expected in ((0, []), (1, ["market"]), (9, ["market", "day"])):
        assert graph.execute(terms, n=count).values() == expected
    call = "CALL neural.fulltext.suggest('docs', 'markt', {distance: $n})"
    suggest = f"{call} YIELD suggestion RETURN suggestion"
    assert graph.execute(suggest, n=2).values() == ["market"]
    with pytest.raises(QueryArgumentError, match="`distance` is 2 at most"):
        graph.execute(suggest, n=3)


def test_half_a_surrogate_pair_is_a_letter_like_others(graph):
    graph.execute(
        CREATE.replace("]", "] OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace'}}")
    )
    add(graph, "fish \ud800x")
    for query in ("\ud800x", "\ud800y~1", "fisch~1", "\ud800*"):
        assert found(graph, query) == ["fish \ud800x"]
    suggest = "CALL neural.fulltext.suggest('docs', $q) YIELD suggestion RETURN suggestion"
    assert graph.execute(suggest, q="fisch \ud800y").values() == ["fish", "\ud800x"]


def test_an_analyzer_with_places_that_are_none_fails_the_search_only(graph):
    add(graph, "word")
    graph.register_analyzer("far away", lambda text: [(text, 1 << 40)])
    graph.execute(CREATE.replace("]", "] OPTIONS {indexConfig: {`fulltext.analyzer`: 'far away'}}"))
    add(graph, "word")
    graph.checkpoint()
    with pytest.raises(QueryArgumentError, match="gave the position 1099511627776"):
        found(graph, "word")
    assert graph.execute("MATCH (d:Doc) RETURN count(d)").value() == 2


# ── ways to ask ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("is_folded", [False, True])
def test_the_words_of_a_phrase_may_sound_alike_or_be_misspelt(graph, is_folded):
    graph.execute(CREATE)
    add(graph, "Robert Smith lives", "Smith, Robert", "Robert Jones lives")
    if is_folded:
        graph.checkpoint()
        add(graph, "Rupert Smythe lives")
    here = {"Robert Smith lives"} | ({"Rupert Smythe lives"} if is_folded else set())
    assert set(found(graph, '"rupert smyth"', phonetic="soundex")) == here
    assert set(found(graph, '"robrt smitth"', distance=2)) == {"Robert Smith lives"}
    assert found(graph, '"robrt smitth"') == []
    assert found(graph, '"zzzzzz smitth"', distance=2) == []


def with_analyzer(name):
    return CREATE.replace("]", f"] OPTIONS {{indexConfig: {{`fulltext.analyzer`: '{name}'}}}}")


def test_half_width_katakana_are_found_in_full_width_and_the_other_way_round(graph):
    graph.execute(with_analyzer("cjk"))
    half, full = "\uff83\uff9e\uff70\uff80", "\u30c7\u30fc\u30bf"
    add(graph, half, f"{full} 7")
    for query in (half, full):
        assert sorted(found(graph, query)) == sorted([half, f"{full} 7"])


def test_turkish_has_its_article_as_a_stop_word(graph):
    graph.execute(with_analyzer("turkish"))
    add(graph, "bir kitap")
    assert found(graph, "bir") == []
    assert found(graph, "kitap") == ["bir kitap"]


def test_options_of_a_query(graph):
    graph.execute(CREATE)
    add(graph, "catherine smith", "kathryn smythe", "smith wesson")
    assert found(graph, "smith catherine", operator="AND") == ["catherine smith"]
    assert sorted(found(graph, "catherine OR wesson", operator="AND")) == [
        "catherine smith", "smith wesson",
    ]  # fmt: skip
    assert sorted(found(graph, "smith (catherine || wesson)", operator="AND")) == [
        "catherine smith", "smith wesson",
    ]  # fmt: skip
    assert sorted(found(graph, "smith", phonetic="soundex")) == [
        "catherine smith", "kathryn smythe", "smith wesson",
    ]  # fmt: skip
    assert found(graph, "kathryne", distance=1) == ["kathryn smythe"]
    assert found(graph, "WESSON", analyzer="whitespace") == []


def test_a_sloppy_phrase_counts_how_far_words_are(graph):
    graph.execute(CREATE)
    add(graph, "quick brown fox", "quick fox", "fox quick", "quick and very brown fox")
    assert found(graph, '"quick fox"') == ["quick fox"]
    assert found(graph, '"quick fox"~1') == ["quick fox", "quick brown fox"]
    assert set(found(graph, '"quick fox"~3')) == {
        "quick fox", "quick brown fox", "fox quick", "quick and very brown fox",
    }  # fmt: skip
    assert found(graph, '"quick quick"~5') == [], "a word that comes twice stands in two places"


def test_many_variants_of_a_word_count_as_one(graph):
    """A rare misspelling is no better a hit than the word."""
    graph.execute(CREATE)
    add(graph, *["graph theory"] * 20, "grapg theory")
    first, *_ = found(graph, "graph~1", limit=1)
    assert first == "graph theory"


def test_snippets_show_words_that_are_near_or_sound_alike(graph):
    graph.execute(CREATE)
    add(graph, "Katherine wrote theories")
    query = (
        "MATCH (d:Doc) CALL neural.fulltext.snippets('docs', $q, d, $options) YIELD snippet"
        " RETURN snippet"
    )
    near = {"distance": 2}
    assert graph.execute(query, q="theory", options=near).values() == []
    near = {"distance": 2, "before": "<", "after": ">"}
    assert graph.execute(query, q="theores", options=near).value() == "Katherine wrote <theories>"
    alike = {"phonetic": "metaphone"}
    assert graph.execute(query, q="Katharyn", options=alike).value() == (
        "<b>Katherine</b> wrote theories"
    )
    with pytest.raises(QueryArgumentError, match="`phonetic` is one of soundex"):
        graph.execute(query, q="x", options={"phonetic": "loud"})


def test_snippets_show_what_was_found(graph):
    graph.execute(CREATE.replace("]", "] OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}}"))
    add(
        graph,
        "Before it all. " * 20 + "Then the runners ran a long way to the sea. " + "After. " * 30,
    )
    query = (
        "CALL db.index.fulltext.queryNodes('docs', $q) YIELD node"
        " CALL neural.fulltext.snippets('docs', $q, node, {size: 40}) YIELD snippet RETURN snippet"
    )
    assert (
        graph.execute(query, q="running sea~1").value()
        == "…a long way to the <b>sea</b>. After. After.…"
    )
    shown = graph.execute(query, q="runn* -zebra").value()
    assert shown.count("<b>") == 1
    assert "<b>runners</b>" in shown


# ── many at once, and any text ────────────────────────────────────────────────────────────────


def test_28_writers_that_search_before_they_create_leave_no_duplicate(graph):
    graph.execute(CREATE)
    graph.execute("CREATE CONSTRAINT one FOR (d:Doc) REQUIRE d.text IS UNIQUE")
    made = []

    def work(seed):
        for thing in random.Random(seed).sample(range(8), 8):
            with graph.transaction() as transaction:
                if found(transaction, f"thing{thing}"):
                    continue
                try:
                    transaction.execute("CREATE (:Doc {text: $t})", t=f"thing{thing} of all")
                    transaction.commit()
                    made.append(thing)
                except neuralgraph.NeuralGraphError:
                    transaction.rollback()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(28)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == list(range(8))
    assert sorted(found(graph, "all")) == [f"thing{thing} of all" for thing in range(8)]
    assert graph.verify() == []


@pytest.fixture(scope="module")
def shelf():
    with neuralgraph.open() as opened:
        opened.execute(CREATE)
        add(opened, "to be or not to be", "naïve café 東京", "get_user_name(a*b)", "", "[x TO y]")
        yield opened


@settings(deadline=None)
@given(
    query=st.text(st.sampled_from('aeob ~*?"()[]{}+-:^/\\.|!tx1') | st.characters(), max_size=20)
)
def test_any_query_is_answered_or_refused_by_a_typed_error(shelf, query):
    with contextlib.suppress(QueryArgumentError):
        found(shelf, query)


def test_writing_with_an_index_costs_little_more(graph):
    """What a transaction writes is analysed when somebody searches, or by the next checkpoint."""

    def cost():
        started = time.process_time()
        for _ in range(20):
            add(
                graph, *["some text of a dozen words or so that somebody has to analyse once"] * 100
            )
        return time.process_time() - started

    cost()
    without = min(cost() for _ in range(3))
    graph.execute(CREATE)
    assert min(cost() for _ in range(3)) < 2 * without
    assert len(found(graph, "somebody")) == 14_000
