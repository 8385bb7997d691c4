"""VectorRun: every kind of index finds the neighbours, stands in the file, and follows what changes."""

import numpy as np
import pytest

from neuralgraph.access import IndexDefinition, IndexOptions, VectorQuery
from neuralgraph.errors import OptionError
from neuralgraph.storage.disk import BlockFile, MemoryDirectory
from neuralgraph.storage.indexes.search_run import NO_OVERLAY, FreshRows, Overlay, SearchSource
from neuralgraph.storage.indexes.vector.vector_kind import VectorKind
from neuralgraph.storage.indexes.vector.vector_part import _is_as_dense
from neuralgraph.values import NO_IDS, Column, Kind

pytest.importorskip("faiss")
ROWS, DIMENSION = 1_500, 16
KIND = VectorKind()
FORMS = [
    ("flat", "none"),
    ("hnsw", "none"),
    ("hnsw", "int8"),
    ("ivf", "none"),
    ("ivf", "int8"),
    ("ivf", "product"),
    ("ivf", "binary"),
    ("flat", "int8"),
    ("flat", "binary"),
]


def definition(kind="auto", quantization="none", metric="cosine"):
    options = IndexOptions(
        {
            "vector.dimensions": DIMENSION,
            "vector.similarity_function": metric,
            "neural.kind": kind,
            "vector.quantization.type": quantization,
        }
    )
    return IndexDefinition("v", "vector", "node", ("A",), ("v",), options=options)


def vectors(rows=ROWS, seed=0):
    """Around some centres, as embeddings are."""
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((20, DIMENSION))
    near = centres[chance.integers(0, 20, rows)] + 0.3 * chance.standard_normal((rows, DIMENSION))
    return near.astype(np.float32)


def source(matrix, first=100):
    """Entity `first + 2 * row` has the vector of a row."""
    ids = np.arange(first, first + 2 * len(matrix), 2)

    def read(wanted):
        return [Column.of_array(Kind.VECTOR, matrix[(wanted - first) // 2])]

    return SearchSource(ids, read)


def stored(index, given):
    blocks = BlockFile.create(MemoryDirectory(), "graph")
    run = KIND.build(index, given, None).changed(NO_IDS, SearchSource(NO_IDS, given.read), blocks)
    assert run.is_stored
    return KIND.read(index, run.descriptor(), blocks), blocks


def found(run, given, vector, limit=10, overlay=NO_OVERLAY, within=None, **how):
    query = VectorQuery(vector.astype(np.float32), **how)
    return run.search(query, limit, overlay, within, given.read).ids.tolist()


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
@pytest.mark.parametrize(("kind", "quantization"), FORMS)
def test_near_ones_are_found_and_exact_search_finds_all_of_them(kind, quantization, metric):
    matrix = vectors()
    given = source(matrix)
    index = definition(kind, quantization, metric)
    run, _ = stored(index, given)
    plain = KIND.build(definition("flat", "none", metric), given, None)
    assert run.facts()["kind"] == kind
    assert list(run.problems(given)) == []
    alike, asked = 0, vectors(30, seed=1)
    for vector in asked:
        wanted = found(plain, given, vector)
        assert found(run, given, vector, exact=True) == wanted
        alike += len(set(found(run, given, vector)) & set(wanted))
    assert alike >= 0.9 * 10 * len(asked)


@pytest.mark.parametrize(("kind", "quantization"), FORMS)
def test_recall_does_not_drop_with_selectivity(kind, quantization):
    matrix = vectors()
    given = source(matrix)
    run, _ = stored(definition(kind, quantization), given)
    plain = KIND.build(definition("flat"), given, None)
    chance = np.random.default_rng(2)
    for share in (0.95, 0.5, 0.1, 0.01):
        within = given.ids[chance.random(ROWS) < share]
        hidden = given.ids[chance.random(ROWS) < 0.3]
        overlay = Overlay(hidden, ())
        alike = total = 0
        for vector in vectors(15, seed=3):
            wanted = found(plain, given, vector, overlay=overlay, within=within)
            got = found(run, given, vector, overlay=overlay, within=within)
            assert len(got) == len(wanted)
            assert set(got) <= set(within.tolist()) - set(hidden.tolist())
            alike += len(set(got) & set(wanted))
            total += len(wanted)
        assert alike >= 0.9 * total


def grouped(rows, groups=60):
    """Vectors, each of a group; and what is sought, near the middle of a group."""
    chance = np.random.default_rng(4)
    centres = chance.standard_normal((groups, DIMENSION))
    own = chance.integers(0, groups, rows)
    matrix = centres[own] + 0.5 * chance.standard_normal((rows, DIMENSION))
    sought = centres + 0.5 * chance.standard_normal((groups, DIMENSION))
    return matrix.astype(np.float32), own, sought.astype(np.float32)


@pytest.mark.parametrize(
    ("kind", "quantization"),
    [
        ("hnsw", "none"),
        ("hnsw", "int8"),
        ("ivf", "none"),
        ("ivf", "product"),
        ("ivf", "binary"),
        ("flat", "int8"),
    ],
)
def test_candidates_may_be_few_and_anywhere(kind, quantization):
    """Also where all that is near is left out: an index that passes over it would find nothing."""
    rows = 12_000
    matrix, own, sought = grouped(rows)
    given = source(matrix)
    run, _ = stored(definition(kind, quantization), given)
    plain = KIND.build(definition("flat"), given, None)
    chance, ways = np.random.default_rng(5), set()
    for share in (0.5, 0.2, 0.05, 0.01, 0.001):
        some = chance.random(rows) < share
        alike = {"any": 0, "elsewhere": 0}
        for group in range(20):
            for condition, kept in (("any", some), ("elsewhere", some & (own != group))):
                within = given.ids[kept]
                wanted = found(plain, given, sought[group], within=within)
                got = found(run, given, sought[group], within=within)
                alike[condition] += len(set(got) & set(wanted)) / len(wanted)
        assert min(alike.values()) >= 0.98 * 20, (share, alike)
        ways.add(run.path(10, NO_OVERLAY, int(some.sum()), exact=False).split()[0])
    assert ways >= ({"compares"} if kind == "flat" else {"asks", "compares"})
    assert run.path(10, NO_OVERLAY, 6_000, exact=True).startswith("compares 6,000 of 12,000")


def test_it_is_seen_where_the_nearest_do_not_count():
    chance = np.random.default_rng(6)
    by_chance = [_is_as_dense(chance.random(2_000) < 0.05, 0.05) for _ in range(200)]
    assert by_chance.count(True) >= 195
    for left_out in (250, 500, 1_000, 2_000):
        counts = chance.random(2_000) < 0.05
        counts[:left_out] = False
        assert not _is_as_dense(counts, 0.05)
    assert _is_as_dense(np.zeros(20, dtype=np.bool_), 0.05), "one was expected: none tells nothing"


def test_many_neighbours_are_not_walked_for():
    matrix = vectors(6_000)
    given = source(matrix)
    run, _ = stored(definition("hnsw"), given)
    plain = KIND.build(definition("flat"), given, None)
    assert run.path(10, NO_OVERLAY, None, exact=False).startswith("asks the hnsw index")
    assert run.path(3_000, NO_OVERLAY, None, exact=False).startswith("compares all")
    assert found(run, given, matrix[0], 3_000) == found(plain, given, matrix[0], 3_000)


@pytest.mark.parametrize(("kind", "quantization"), [("flat", "none"), ("hnsw", "int8")])
def test_a_little_change_leaves_the_main_part_as_it_is_and_much_makes_it_anew(kind, quantization):
    matrix = vectors(4_000)
    given = source(matrix)
    run, blocks = stored(
        definition(kind, quantization), SearchSource(given.ids[:2_000], given.read)
    )
    main = run.descriptor()["main"]
    some = SearchSource(given.ids[1_990:2_100], given.read)
    changed = run.changed(given.ids[:10], SearchSource(some.ids[10:], some.read), blocks)
    assert changed.descriptor()["main"] == main
    assert len(changed) == 2_000 - 10 + 100
    left = SearchSource(given.ids[10:2_100], given.read)
    assert list(changed.problems(left)) == []
    query = matrix[2_050]
    assert found(changed, given, query, limit=1) == [int(given.ids[2_050])]
    assert found(changed, given, matrix[5], limit=1) != [int(given.ids[5])]
    grown = changed.changed(NO_IDS, SearchSource(given.ids[2_100:], given.read), blocks)
    assert grown.descriptor()["main"] != main
    assert grown.facts()["indexedRows"] == len(grown) == 3_990
    # An entity that was dead may come back.
    back = changed.changed(given.ids[:10], SearchSource(given.ids[:10], given.read), blocks)
    assert found(back, given, matrix[5], limit=1) == [int(given.ids[5])]
    gone = back.changed(given.ids, SearchSource(NO_IDS, given.read), blocks)
    assert len(gone) == 0
    assert found(gone, given, query) == []


def test_without_faiss_a_search_is_exact_or_refused(monkeypatch):
    given = source(vectors())
    run, blocks = stored(definition("hnsw"), given)
    vector = vectors(1, seed=4)[0]
    best = found(run, given, vector, exact=True)
    monkeypatch.setattr("neuralgraph.storage.indexes.vector.faiss_library.is_there", lambda: False)
    reopened = KIND.read(definition("hnsw"), run.descriptor(), blocks)
    made, blocks = stored(definition("hnsw"), given)
    assert made.facts()["kind"] == "flat"
    for one in (reopened, made):
        assert found(one, given, vector, exact=True) == best
        with pytest.raises(OptionError, match=r"index v is searched by faiss.*neuralgraphdb"):
            found(one, given, vector)
    auto, _ = stored(definition("auto"), given)
    assert found(auto, given, vector) == best, "nobody asked for another kind than there is"
    monkeypatch.undo()
    assert made.is_unfinished, "once faiss is there, the next checkpoint makes what was asked for"
    again = made.changed(NO_IDS, SearchSource(NO_IDS, given.read), blocks)
    assert again.facts()["kind"] == "hnsw"
    assert not again.is_unfinished
    assert found(again, given, vector, exact=True) == best


def test_fresh_entries_count_and_hidden_ones_do_not():
    given = source(vectors())
    run, _ = stored(definition("hnsw"), given)
    entries = KIND.fresh(definition("hnsw"))
    fresh = source(vectors(5, seed=5), first=1)
    places = entries.add(fresh)
    vector = fresh.read(fresh.ids[:1])[0].array[0]
    overlay = Overlay(fresh.ids, (FreshRows(entries, places, fresh.ids),))
    assert found(run, given, vector, limit=1, overlay=overlay) == [1]
    assert found(run, given, vector, limit=5, overlay=overlay, within=fresh.ids[1:])[0] in {
        3,
        5,
        7,
        9,
    }
