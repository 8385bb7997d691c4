"""Torture: a workload on a recorded disk, a power cut somewhere, and what has to hold afterwards.

    Life         see `torture_life`
    survive      open one of the states that a power cut leaves, and check everything
    torture      a life, and some states at every point of it

What is checked of each state: the database opens; it holds every commit that was acknowledged, and of the
one that was under way all or nothing; it equals the model at that commit, and at an older one; `verify` is
silent; an id that was ever given out is not given out again; it takes another commit; and when the power goes
a second time, anywhere between its opening and that commit, the same holds again.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import xxhash

from tests.support.power_loss import CUTS, Disk
from tests.support.recording_directory import Marked, Recorder, RecordingDirectory, directory_of
from tests.support.torture_life import (
    Life,
    Promise,
    abandon,
    differences,
    open_torture_engine,
    schema_of,
    snapshot_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neuralgraph.config import Durability
    from neuralgraph.storage.disk import Directory
    from neuralgraph.storage.maintenance import Engine
    from tests.support.power_loss import Cut
    from tests.support.recording_directory import Image


class TortureError(AssertionError):
    """A crash state that is not as it has to be; the message replays it."""


# ── what has to hold ──────────────────────────────────────────────────────────────────────────


@dataclass
class Figures:
    """How much was done."""

    points: int = 0
    states: int = 0
    second_states: int = 0
    lives: int = 0

    @property
    def total(self) -> int:
        """States that were opened and checked."""
        return self.states + self.second_states

    def add(self, other: Figures) -> None:
        """Both together."""
        self.points += other.points
        self.states += other.states
        self.second_states += other.second_states
        self.lives += other.lives


def check_opened(engine: Engine, life: Life, promise: Promise, chance: random.Random) -> None:
    """Everything that has to hold of a database that was just opened."""
    txid = engine.state.txid
    assert promise.safe_txid <= txid <= promise.begun_txid, (
        f"it is at transaction {txid}; {promise.safe_txid} was acknowledged, "
        f"{promise.begun_txid} the last begun"
    )
    view = engine.reader()
    told = differences(snapshot_of(view), life.model.at[txid])
    assert not told, f"at transaction {txid}: {told[:3]}"
    assert schema_of(view) == life.schemas[txid], f"schema {schema_of(view)}"
    if chance.random() < 0.1 and txid > 1:
        past = chance.randrange(1, txid)
        told = differences(snapshot_of(engine.reader_at(txid=past)), life.model.at[past])
        assert not told, f"at past transaction {past} of {txid}: {told[:3]}"
    problems = engine.verify()
    assert not problems, f"verify: {problems[:3]}"


def write_one(engine: Engine, promise: Promise) -> tuple[int, int]:
    """One more commit; gives its txid and its node."""
    writing = engine.begin()
    node = writing.create_node(["After"], {"k": 1})
    edge = writing.create_edge("AFTER", node, node, {})
    assert node > promise.node_id, f"node id {node} again; {promise.node_id} was given out"
    assert edge > promise.edge_id, f"edge id {edge} again; {promise.edge_id} was given out"
    return writing.commit(), node


def survive(life: Life, image: Image, promise: Promise, chance: random.Random) -> int:
    """Open a crash state, check it, write to it, and crash it again; how many states that were."""
    is_twice = chance.random() < 0.4
    recorder = Recorder()
    directory: Directory = RecordingDirectory(recorder, image) if is_twice else directory_of(image)
    start = len(recorder.events)
    clock = itertools.count(1_000_000_000).__next__
    engine = open_torture_engine(
        directory, life.durability, clock, segment_bytes=life.segment_bytes
    )
    check_opened(engine, life, promise, chance)
    before = engine.state.txid
    recorder.mark("written", None)
    txid, node = write_one(engine, promise)
    if life.durability == "full":
        recorder.mark("acknowledged", txid)
    if chance.random() < 0.3:
        engine.checkpoint()
    abandon(engine)
    if not is_twice:
        return 1
    cut_at = chance.randrange(start, len(recorder.events) + 1)
    _crash_again(life, recorder, cut_at, promise, (before, txid, node), chance)
    return 2


def _crash_again(
    life: Life,
    recorder: Recorder,
    cut_at: int,
    promise: Promise,
    expected: tuple[int, int, int],
    chance: random.Random,
) -> None:
    before, txid, node = expected
    disk = Disk()
    marks = []
    for event in recorder.events[:cut_at]:
        disk.play(event)
        if isinstance(event, Marked):
            marks.append(event.what)
    again = directory_of(disk.after_power_cut(chance.choice(CUTS), chance))
    clock = itertools.count(2_000_000_000).__next__
    engine = open_torture_engine(again, life.durability, clock, segment_bytes=life.segment_bytes)
    found = engine.state.txid
    least = before if life.durability == "full" else promise.safe_txid
    if "acknowledged" in marks:
        least = txid
    most = txid if "written" in marks else before
    assert least <= found <= most, f"after a second crash: {found}, not {least} to {most}"
    snapshot = snapshot_of(engine.reader())
    if found == txid:
        assert snapshot.nodes.pop(node)[1] == {"k": 1}
        (edge,) = [edge for edge, row in snapshot.edges.items() if row[0] == "AFTER"]
        del snapshot.edges[edge]
    told = differences(snapshot, life.model.at[min(found, before)])
    assert not told, f"after a second crash: {told[:3]}"
    problems = engine.verify()
    assert not problems, f"after a second crash, verify: {problems[:3]}"
    abandon(engine)


def states_of(
    life: Life, *, states_each: int
) -> Iterator[tuple[int, Cut, Image, Promise, random.Random]]:
    """Crash states at every point of a life, no two of them alike at one point."""
    disk = Disk()
    promise = Promise()
    for place, event in enumerate(life.recorder.events):
        disk.play(event)
        if isinstance(event, Marked):
            promise = event.value
            continue
        chance = random.Random(f"cut {life.seed} {place}")
        seen: set[int] = set()
        for _ in range(1 if disk.is_quiet else states_each):
            cut: Cut = chance.choice(CUTS)
            image = disk.after_power_cut(cut, chance)
            key = hash_of(image)
            if key not in seen:
                seen.add(key)
                yield place, cut, image, promise, chance


def hash_of(image: Image) -> int:
    """The same for equal images."""
    digest = xxhash.xxh3_64()
    for folder, files in sorted(image.items()):
        for name, data in sorted(files.items()):
            digest.update(f"{folder}/{name}:{len(data)}:".encode())
            digest.update(data)
    return digest.intdigest()


def durability_of(seed: int) -> Durability:
    """Most lives promise everything; some only that nothing is ever torn."""
    return ("full", "full", "full", "full", "normal", "off")[seed % 6]


def torture(
    seed: int,
    *,
    steps: int = 40,
    states_each: int = 4,
    durability: Durability = "full",
    until: Callable[[Figures], bool] = lambda _: False,
) -> Figures:
    """Live a life, and cut its power at every point.

    Raises:
        TortureError: a state was not as it has to be; the message has the seed and the place.
    """
    figures = Figures(lives=1)
    life = Life(seed, durability)
    life.live(steps)
    abandon(life.engine)
    last = -1
    for place, cut, image, promise, chance in states_of(life, states_each=states_each):
        figures.points += place != last
        last = place
        try:
            count = survive(life, image, promise, chance)
        except Exception as error:
            raise TortureError(
                f"seed {seed}, durability {durability}, steps {steps}, states {states_each}: "
                f"the power went after event {place} ({cut}): {type(error).__name__}: {error}"
            ) from error
        figures.states += 1
        figures.second_states += count - 1
        if until(figures):
            break
    return figures
