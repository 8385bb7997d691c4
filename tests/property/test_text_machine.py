"""Full text against a brute-force model, by the machine that vectors are tested with."""

from __future__ import annotations

import pytest

from neuralgraph.access import IndexDefinition, IndexOptions, TermRequest, TextQuery
from neuralgraph.values import Column, Kind
from tests.property.test_search_machine import Machine

WORDS = [
    "graph",
    "graphs",
    "edge",
    "edges",
    "node",
    "nodes",
    "getNodeName",
    "get_edge",
    "the",
    "of",
    "東京都",
    "京都",
    "naïve",
]
"""Few, so that they meet; some with the same stem, some stop words, some cut into parts."""

SHAPES = ("gra*", "*e", "n?de", "grahp~1", "edgy~", "[e TO n]", "{edge TO *]", "/[gn].*s?/")
PARTS = (
    *WORDS, *SHAPES,
    '"graph edge"', '"the node"', "v:edge", "v:*", "*:*", "node^3", "zebra", "v:(graph nodes)^2",
)  # fmt: skip


def text_index(name, entity, labels, keys, **options):
    named = {f"fulltext.{setting}": value for setting, value in options.items()}
    return IndexDefinition(name, "fulltext", entity, labels, keys, options=IndexOptions(named))


INDEXES = (
    text_index("plain", "node", ("A",), ("v",)),
    text_index("stems", "node", ("A", "B"), ("v", "w"), analyzer="english", boosts={"v": 2.5}),
    text_index("code", "edge", ("T",), ("v",), analyzer="code"),
)


class TextMachine(Machine):
    indexes = INDEXES

    def some_text(self):
        return " ".join(self.chance.choices(WORDS, k=self.chance.randrange(6)))

    def some_value(self):
        """At times a list of strings, at times nothing that has words."""
        if self.chance.random() < 0.15:
            return self.chance.choice([7, "", [], ["graph", "edge node"], [1, 2], "..."])
        return self.some_text()

    def some_query(self, _index):
        chance = self.chance
        parts = chance.choices(PARTS, k=chance.randrange(1, 4))
        joined = f" {chance.choice(['', '', 'AND', 'OR', 'NOT'])} ".join(parts)
        return TextQuery(chance.choice(["", "", "+", "-"]) + joined)

    def check(self, reader, model):
        super().check(reader, model)
        for index in model.catalog.indexes():
            near = self.chance.choice([None, "grahp", "edge", "x"])
            field = self.chance.choice([None, "v"])
            prefix = self.chance.choice(["", "", "g", "zz"])
            request = TermRequest(field, prefix, near, limit=self.chance.choice([3, 100]))
            found, wanted = (one.search_terms(index, request) for one in (reader, model))
            assert [one[:4] for one in found] == [one[:4] for one in wanted]

    def some_column(self, count):
        texts = [self.some_text() for _ in range(count)]
        return Column.of_list(Kind.TEXT, texts), texts


@pytest.mark.parametrize("seed", range(16))
def test_every_search_finds_what_is_written(seed):
    machine = TextMachine(seed)
    for index in INDEXES[: seed % 4]:
        machine.engine.checkpoint()
        writer = machine.engine.begin()
        writer.create_index(index)
        machine.model.create_index(index)
        writer.commit()
    machine.keep()
    machine.run(60)
