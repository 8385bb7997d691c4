"""Two engines over one simulated directory, as two processes have a file open; one dies at every operation.

What it wrote by then is there, the last write by half; its locks are gone. The other one has to go on: with
all that was acknowledged to either, its own snapshots as they were, and nothing that `verify` would find.
"""

import random

import pytest

from neuralgraph.errors import ConflictError, DatabaseLockedError
from neuralgraph.storage.disk import MemoryDirectory
from neuralgraph.values import Column
from tests.support.engines import add_node, open_engine
from tests.support.faulty_directory import FaultyDirectory, PowerLossError

OPTIONS = {"wal_segment_bytes": 1 << 12, "checkpoint_changes": 1 << 60}
SPILLING = {**OPTIONS, "transaction_memory_bytes_max": 1}


class Life:
    """What one engine does, and what was acknowledged to it."""

    def __init__(self, engine, name, chance):
        self.engine = engine
        self.name = name
        self.chance = chance
        self.acknowledged = {}
        self.number = 0

    def act(self):
        """Something."""
        doing = (
            self.commit,
            self.commit,
            self.commit,
            self.change,
            self.fold,
            self.load,
            self.clean,
        )
        try:
            self.chance.choice(doing)()
        except (ConflictError, DatabaseLockedError):
            return

    def commit(self):
        self.number += 1
        value = f"{self.name} {self.number} " + "x" * self.chance.choice((0, 500, 3_000))
        writing = self.engine.begin()
        try:
            node = writing.create_node(["N"], {"v": value})
            writing.create_edge("R", node, node, {"v": value})
            writing.commit()
        finally:
            writing.rollback()
        self.acknowledged[node] = value

    def change(self):
        if self.acknowledged:
            node = self.chance.choice(list(self.acknowledged))
            writing = self.engine.begin()
            try:
                writing.set_node_property(node, "w", self.number)
                writing.commit()
            finally:
                writing.rollback()

    def fold(self):
        self.engine.checkpoint()

    def load(self):
        self.number += 1
        values = [f"{self.name} {self.number} {row}" for row in range(5)]
        ids = self.engine.load_nodes(["N"], {"v": Column.of_values(values)})
        self.acknowledged.update(zip(ids.tolist(), values, strict=True))

    def clean(self):
        self.engine.vacuum()


def check(engine, acknowledged):
    view = engine.reader()
    assert view.node_values(list(acknowledged), "v") == list(acknowledged.values())
    assert engine.verify() == []


def live_until_death(seed, death, *, is_first):
    """One death; False when the one that should have died did not."""
    chance = random.Random(seed)
    disk = MemoryDirectory()
    dying = FaultyDirectory(start=disk, fail_at=death, fault="power")
    mortal = survivor = None
    # With odd seeds every transaction of the one that dies is spilled.
    options = SPILLING if seed % 2 else OPTIONS
    try:
        if is_first:
            mortal = Life(open_engine(dying, **options), "mortal", chance)
        survivor = Life(open_engine(disk, **OPTIONS), "survivor", chance)
        mortal = mortal or Life(open_engine(dying, **options), "mortal", chance)
        snapshot, seen = None, {}
        for _ in range(10):
            mortal.act()
            survivor.act()
            if snapshot is None and survivor.number > 2:
                snapshot, seen = survivor.engine.reader(), dict(survivor.acknowledged)
            if snapshot is not None:
                assert snapshot.node_values(list(seen), "v") == list(seen.values())
        mortal.engine.close()
    except PowerLossError:
        pass
    if mortal is not None:
        mortal.engine._lock.release()
    if survivor is None:  # it died before anybody else came
        survivor = Life(open_engine(disk, **OPTIONS), "survivor", chance)
    acknowledged = {**survivor.acknowledged, **(mortal.acknowledged if mortal else {})}
    check(survivor.engine, acknowledged)
    survivor.commit()
    acknowledged.update(survivor.acknowledged)
    survivor.engine.checkpoint()
    check(survivor.engine, acknowledged)
    survivor.engine.close()
    again = open_engine(disk, **OPTIONS)
    check(again, acknowledged)
    add_node(again, "N")
    again.close()
    return dying.has_failed


def die_everywhere(seed, step, *, is_first):
    death = 1 + (17 * seed) % step
    while live_until_death(seed, death, is_first=is_first):
        death += step
    assert death > 50


@pytest.mark.parametrize("is_first", [True, False], ids=["the first", "the second"])
@pytest.mark.parametrize("seed", range(3))
def test_an_engine_goes_on_wherever_another_dies(seed, is_first):
    die_everywhere(seed, 61, is_first=is_first)


@pytest.mark.slow
@pytest.mark.parametrize("is_first", [True, False], ids=["the first", "the second"])
@pytest.mark.parametrize("seed", range(100, 130))
def test_an_engine_goes_on_wherever_another_dies_everywhere(seed, is_first):
    die_everywhere(seed, 1, is_first=is_first)
