"""Three engines over one simulated directory, as three processes have a file open, do all that moves blocks.

Each block that one of them writes is looked at: is it free for everybody? Now and then one dies, at any
operation of its disk, or that operation fails. What was acknowledged is there, and snapshots stay as they
were.
"""

import random

import pytest

from neuralgraph.access import IndexDefinition
from neuralgraph.errors import (
    ConflictError,
    DatabaseLockedError,
    DiskError,
    LockTimeoutError,
    StorageError,
)
from neuralgraph.storage.disk import MemoryDirectory
from neuralgraph.values import Column
from tests.support.block_witness import BlockWitness
from tests.support.engines import open_engine
from tests.support.faulty_directory import FaultyDirectory, PowerLossError

FAULTS = [None, "power", "failing", "full", "short"]
LOAD_ROWS = 5
INDEX = IndexDefinition("by_value", "range", "node", "N", ("v",))
REFUSED = (ConflictError, DatabaseLockedError, LockTimeoutError)
WEIGHTS = {
    "commit": 6,
    "create_many": 6,
    "keep_creating": 3,
    "load": 4,
    "give_up_a_load": 2,
    "fold": 2,
    "clean": 1,
    "look": 4,
    "look_back": 1,
    "forget": 3,
    "index": 1,
    "reopen": 1,
    "die": 1,
}


class Life:
    """One engine after the other in one place, and what was acknowledged to them."""

    def __init__(self, name, disk, chance, witness, fault):
        self.name, self.disk, self.chance, self.witness = name, disk, chance, witness
        self.fault = fault
        self.acknowledged = {}
        self.snapshots = []
        self.pending = []
        self.number = 0
        self.open()

    # ── coming and going ──────────────────────────────────────────────────────────────────────

    def open(self):
        """Live again, on a disk that may end it, or fail."""
        while True:
            disk = self.disk
            if self.fault and self.chance.random() < 0.7:
                at = 1 + int(self.chance.choice([30, 100, 400]) * self.chance.random())
                is_persistent = self.chance.random() < 0.3
                disk = FaultyDirectory(
                    start=self.disk, fail_at=at, fault=self.fault, is_persistent=is_persistent
                )
            try:
                self.engine = open_engine(
                    disk,
                    wal_segment_bytes=1 << 12,
                    checkpoint_changes=1 << 60,
                    load_commit_rows=LOAD_ROWS,
                    transaction_memory_bytes_max=self.chance.choice((1, 2_000, 1 << 28)),
                    busy_timeout_s=0.01,
                )
            except (PowerLossError, DiskError):
                continue
            self.witness.engines[self.name] = self.engine
            return

    def die(self):
        """As `kill -9`."""
        self.snapshots, self.pending = [], []
        self.witness.engines.pop(self.name)
        self.engine._lock.release()
        self.open()

    def reopen(self):
        self.roll_back()
        self.snapshots = []
        self.witness.engines.pop(self.name)
        try:
            self.engine.close()
        except (PowerLossError, DiskError):
            self.engine._lock.release()
        self.open()

    def act(self):
        """Something; it may be the last thing."""
        doing = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        try:
            getattr(self, doing)()
            if self.pending and self.chance.random() < 0.3:
                self.commit_kept()
            self.check()
        except REFUSED:
            return
        except PowerLossError:
            self.die()
        except StorageError:
            assert self.fault in ("failing", "full", "short")
            if self.chance.random() < 0.5:
                self.reopen()

    # ── what moves blocks ─────────────────────────────────────────────────────────────────────

    def values(self, count):
        self.number += 1
        text = self.chance.choice(("", "b" * 300, "c" * 5_000)) if count == 1 else ""
        return [f"{self.name} {self.number} {row} {text}" for row in range(count)]

    def commit(self):
        (value,) = self.values(1)
        writing = self.engine.begin()
        try:
            node = writing.create_node(["N"], {"v": value})
            known = [one for one in self.acknowledged if self.chance.random() < 0.1]
            for one in known:
                writing.set_node_property(one, "w", value)
            writing.create_edge("R", node, self.chance.choice([node, *known]), {})
            writing.commit()
        finally:
            writing.rollback()
        self.acknowledged[node] = value

    def begin_creating(self):
        values = self.values(self.chance.choice((LOAD_ROWS, 2 * LOAD_ROWS, 80 * LOAD_ROWS)))
        writing = self.engine.begin()
        ids = writing.create_nodes(len(values), ["N"], {"v": Column.of_values(values)})
        return writing, dict(zip(ids.tolist(), values, strict=True))

    def create_many(self):
        writing, made = self.begin_creating()
        try:
            writing.commit()
        finally:
            writing.rollback()
        self.acknowledged.update(made)

    def keep_creating(self):
        self.pending.append(self.begin_creating())

    def commit_kept(self):
        writing, made = self.pending.pop()
        writing.commit()
        self.acknowledged.update(made)

    def roll_back(self):
        for writing, _ in self.pending:
            writing.rollback()
        self.pending = []

    def load(self):
        values = self.values(self.chance.choice((LOAD_ROWS, 300)))
        ids = self.engine.load_nodes(["N"], {"v": Column.of_values(values)})
        self.acknowledged.update(zip(ids.tolist(), values, strict=True))

    def give_up_a_load(self):
        """It has folded by then."""
        with self.engine.bulk_rows():
            pass

    def fold(self):
        self.engine.checkpoint()

    def clean(self):
        self.engine.vacuum()

    def index(self):
        writing = self.engine.begin()
        try:
            if writing.catalog.indexes():
                writing.drop_index(INDEX.name)
            else:
                writing.create_index(INDEX)
            writing.commit()
        finally:
            writing.rollback()

    # ── what holds blocks ─────────────────────────────────────────────────────────────────────

    def look(self):
        self.snapshots.append((self.engine.reader(), dict(self.acknowledged)))

    def look_back(self):
        last = self.engine.state.txid
        if last > 2:
            past = self.engine.reader_at(txid=self.chance.randrange(1, last))
            ids = [node for ids in past.scan_nodes("N") for node in ids.tolist()]
            values = past.node_values(ids, "v")
            self.snapshots.append((past, dict(zip(ids, values, strict=True))))

    def forget(self):
        del self.snapshots[: 1 + len(self.snapshots) // 2]

    def check(self):
        for view, seen in self.snapshots[-2:]:
            assert view.node_values(list(seen), "v") == list(seen.values())


def live_together(seed, patch, fault, steps=50):
    chance = random.Random(seed)
    disk = MemoryDirectory()
    with BlockWitness().watching(patch) as witness:
        lives = [Life(f"engine {number}", disk, chance, witness, fault) for number in range(3)]
        for _ in range(steps):
            chance.choice(lives).act()
        acknowledged = {}
        for life in lives:
            life.roll_back()
            life.fault = None
            if fault:
                life.die()
            acknowledged.update(life.acknowledged)
        for life in lives:
            view = life.engine.reader()
            assert view.node_values(list(acknowledged), "v") == list(acknowledged.values())
            assert life.engine.verify() == []
            life.engine.checkpoint()
        for life in lives:
            life.reopen()
            life.engine.close()
        again = open_engine(disk)
        assert again.verify(history=True) == []
        again.close()
    return witness.written


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", range(8))
def test_no_block_is_written_that_anybody_needs(seed, fault, monkeypatch):
    assert live_together(seed, monkeypatch, fault) > 50


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", range(1_000, 1_100))
def test_no_block_is_written_that_anybody_needs_for_long(seed, fault, monkeypatch):
    live_together(seed, monkeypatch, fault, steps=100)
