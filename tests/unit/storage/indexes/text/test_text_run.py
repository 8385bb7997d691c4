"""A run stays the same whatever segments it is made of: bounded parts, merges, documents that go."""

import random

import numpy as np
import pytest

from neuralgraph.access import IndexDefinition, TextQuery
from neuralgraph.storage.disk import BlockFile, MemoryDirectory
from neuralgraph.storage.indexes.search_run import NO_OVERLAY, SearchSource
from neuralgraph.storage.indexes.text import segment_building, text_run
from neuralgraph.storage.indexes.text.text_run import build_text_run, read_text_run
from neuralgraph.values import NO_IDS, Column, Kind

DEFINITION = IndexDefinition("docs", "fulltext", "node", ("Doc",), ("a", "b"))
WORDS = ["one", "two", "three", "four", "five", "six", "seven"]


class Texts:
    """Properties by id, as a source."""

    def __init__(self, seed=1):
        self.chance = random.Random(seed)
        self.held = {}

    def put(self, entity_id):
        texts = [" ".join(self.chance.choices(WORDS, k=self.chance.randrange(5))) for _ in "ab"]
        self.held[entity_id] = [self.chance.choice([text, text, None]) for text in texts]

    def source(self, ids=None):
        return SearchSource(
            np.array(sorted(self.held if ids is None else ids), dtype=np.int64), self.read
        )

    def read(self, ids):
        rows = [self.held[entity_id] for entity_id in ids.tolist()]
        return [Column.of_list(Kind.TEXT, [row[place] for row in rows]) for place in range(2)]


def assert_right(run, texts):
    expected = build_text_run(DEFINITION, texts.source(), None)
    whole, wanted = run.whole(texts.read), expected.whole(texts.read)
    assert whole.ids.array.tolist() == wanted.ids.array.tolist()
    assert all(map(lambda one, other: one.equals(other), whole.fields, wanted.fields))
    assert len(run) == len(expected)
    assert list(run.problems(texts.source())) == []


@pytest.fixture
def texts():
    made = Texts()
    for entity_id in range(3, 400, 2):
        made.put(entity_id)
    return made


def test_a_build_in_bounded_parts_is_one_in_one_go(texts, monkeypatch):
    monkeypatch.setattr(segment_building, "_READ_AT_ONCE", 16)
    monkeypatch.setattr(segment_building, "CHARACTERS_AT_ONCE", 500)
    merged = build_text_run(DEFINITION, texts.source(), None)
    assert len(merged.stretches) < 5
    monkeypatch.setattr(text_run, "_MERGED_WORDS_MAX", 0)
    apart = build_text_run(DEFINITION, texts.source(), None)
    assert len(apart.stretches) == 5
    for run in (merged, apart):
        assert_right(run, texts)


def test_folds_add_segments_and_merge_them(texts):
    blocks = BlockFile.create(MemoryDirectory(), "text.ngdb")
    run = build_text_run(DEFINITION, texts.source(), blocks)
    chance = random.Random(2)
    for step in range(40):
        touched = sorted(chance.sample(range(1000), 12))
        hidden = [entity_id for entity_id in touched if entity_id in texts.held]
        for entity_id in touched:
            texts.held.pop(entity_id, None)
            if chance.random() < 0.7:
                texts.put(entity_id)
        left = [entity_id for entity_id in touched if entity_id in texts.held]
        run = run.changed(np.array(hidden, dtype=np.int64), texts.source(left), blocks)
        assert len(run.stretches) <= 7
        if step % 8 == 0:
            run = read_text_run(DEFINITION, run.descriptor(), blocks)
            assert_right(run, texts)
    for ref in run.block_refs():
        blocks.check(ref)


def test_a_run_that_loses_everything_is_empty(texts):
    run = build_text_run(DEFINITION, texts.source(), None)
    gone = run.changed(texts.source().ids, SearchSource(NO_IDS, texts.read), None)
    assert (len(gone), gone.stretches) == (0, ())
    hits = gone.search(TextQuery("one OR *:*"), 10, NO_OVERLAY, None, texts.read)
    assert len(hits.ids) == 0
    assert list(gone.problems(SearchSource(NO_IDS, texts.read))) == []


def test_a_run_says_what_does_not_agree(texts):
    run = build_text_run(DEFINITION, texts.source(), None)
    first = min(texts.held)
    texts.held[first] = ["something else", None]
    assert "has other terms of a than the texts" in list(run.problems(texts.source()))
    del texts.held[first]
    assert "does not have the entities" in next(run.problems(texts.source()))
