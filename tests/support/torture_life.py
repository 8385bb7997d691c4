"""Life: one seed, random work on an engine whose disk is recorded, and a model of it in dictionaries."""

from __future__ import annotations

import copy
import itertools
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.access import ConstraintDefinition, IndexDefinition
from neuralgraph.config import Options
from neuralgraph.errors import ConstraintViolationError, NeuralGraphError
from neuralgraph.storage.disk import MemoryDirectory
from neuralgraph.storage.maintenance import Engine
from neuralgraph.storage.temporal import add_backup, flash_back, restore
from neuralgraph.storage.versions.changes import CreateEdge, CreateNode, one_by_one
from neuralgraph.values import Column
from tests.support.recording_directory import Recorder, RecordingDirectory
from tests.support.snapshot_model import Snapshot, SnapshotModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.config import Durability
    from neuralgraph.storage.disk import Directory
    from neuralgraph.storage.transactions.transaction import Transaction
    from neuralgraph.storage.versions import GraphView

NAME = "graph.ngdb"
LABELS = ("A", "B", "C")
TYPES = ("R", "S")
KEYS = ("k", "s", "u")
SCHEMA_CHANGES = ("CreateIndex", "DropIndex", "CreateConstraint", "DropConstraint")


@dataclass
class Promise:
    """What the disk has to give back.

    Attributes:
        safe_txid: the last commit that may not be lost.
        begun_txid: the last one that may be there.
        node_id, edge_id: the greatest that were given out for good.
    """

    safe_txid: int = 0
    begun_txid: int = 0
    node_id: int = -1
    edge_id: int = -1


@dataclass
class Life:
    """Random work on one engine.

    Attributes:
        seed: of everything.
        durability: of the engine.
        model: the graph at every commit.
        schemas: names of indexes and constraints at every commit.
        promises: one for each mark, by its number.
    """

    seed: int
    durability: Durability = "full"
    recorder: Recorder = field(default_factory=Recorder)
    model: SnapshotModel = field(default_factory=SnapshotModel)
    schemas: dict[int, frozenset[str]] = field(default_factory=lambda: {0: frozenset()})

    def __post_init__(self) -> None:
        self.random = random.Random(f"life {self.seed}")
        self.backup = MemoryDirectory()
        self.promise = Promise()
        self.directory = RecordingDirectory(self.recorder)
        self.clock = itertools.count(1_000_000).__next__
        self.segment_bytes = self.random.choice((1024, 4096, 16384))
        # Nearly everything, much, or next to nothing of what a transaction writes is spilled.
        self.transaction_bytes = self.random.choice((1, 3_000, 12_000, 1 << 28))
        self.engine = self._open()

    def _open(self) -> Engine:
        return open_torture_engine(
            self.directory,
            self.durability,
            self.clock,
            segment_bytes=self.segment_bytes,
            transaction_bytes=self.transaction_bytes,
        )

    def live(self, steps: int) -> None:
        """So many things happen."""
        actions: tuple[tuple[Callable[[], None], int], ...] = (
            (self.transact, 12),
            (self.roll_back, 2),
            (self.checkpoint, 4),
            (self.vacuum, 1),
            (self.load_nodes, 1),
            (self.load_edges, 1),
            (self.change_index, 1),
            (self.change_constraint, 1),
            (self.transact_much, 1),
            (self.reopen, 2),
            (self.kill, 1),
            (self.interleave, 3),
            (self.flash_back, 2),
            (self.back_up, 1),
        )
        chosen, weights = zip(*actions, strict=True)
        for action in self.random.choices(chosen, weights, k=steps):
            action()
            self._note_ids()

    # ── what happens ──────────────────────────────────────────────────────────────────────────

    def transact(self) -> None:
        """A transaction of a few statements, some of them rolled back."""
        self._transact(self.random.randrange(1, 6))

    def transact_much(self) -> None:
        """One that is larger than a segment of the log."""
        self._transact(self.random.randrange(40, 90))

    def roll_back(self) -> None:
        """One that comes to nothing."""
        writing = self.engine.begin()
        with suppress(ConstraintViolationError):
            for _ in range(self.random.randrange(1, 4)):
                self._write(writing)
        writing.rollback()

    def interleave(self) -> None:
        """Several transactions at once; some stand in each other's way."""
        writers = [self.engine.begin() for _ in range(self.random.randrange(2, 4))]
        for _ in range(self.random.randrange(3, 10)):
            if writers:
                writer = self.random.choice(writers)
                try:
                    self._write(writer)
                except NeuralGraphError:
                    writer.rollback()
                    writers.remove(writer)
        self.random.shuffle(writers)
        for writer in writers:
            with suppress(NeuralGraphError):
                self._commit(writer)

    def flash_back(self) -> None:
        """Data and schema of an earlier moment come back."""
        now = self.engine.state.txid
        if now < 2:
            return
        target = self.random.randrange(1, now)
        writing = self.engine.begin()
        flash_back(self.engine, writing, target)
        if not writing.has_changes:
            writing.rollback()
            return
        self._begin()
        txid = writing.commit()
        self.model.now = copy.deepcopy(self.model.at[target])
        self.model.at[txid] = copy.deepcopy(self.model.now)
        self._acknowledge(txid)
        assert self.schemas[txid] == self.schemas[target], "the schema came back as well"

    def back_up(self) -> None:
        """What is new goes to the backup, from which any of its moments can be restored."""
        add_backup(self.engine, self.backup)
        self._save()
        target = MemoryDirectory()
        txid = restore(self.backup, target, NAME)
        assert txid == self.engine.state.txid
        restored = open_torture_engine(target, "off", self.clock, segment_bytes=4096)
        told = differences(snapshot_of(restored.reader()), self.model.at[txid])
        assert not told, f"restored at {txid}: {told[:3]}"
        restored.close()

    def _transact(self, count: int) -> None:
        writing = self.engine.begin()
        for _ in range(count):
            mark = writing.savepoint()
            try:
                self._write(writing)
            except ConstraintViolationError:
                writing.rollback_to(mark)
            if self.random.random() < 0.1:
                writing.rollback_to(mark)
        self._commit(writing)

    def _commit(self, writing: Transaction) -> None:
        changes = [
            change for change in writing.changes if type(change).__name__ not in SCHEMA_CHANGES
        ]
        if not writing.has_changes:
            writing.rollback()
            return
        self._begin()
        txid = writing.commit()
        self.model.apply(list(one_by_one(changes)), txid)
        self._acknowledge(txid)

    def checkpoint(self) -> None:
        """Fold the log into the file."""
        self.engine.checkpoint()
        self._save()

    def vacuum(self) -> None:
        """Blocks move, and the file shrinks."""
        self.engine.vacuum()
        self._save()

    def load_nodes(self) -> None:
        """A bulk load."""
        count = self.random.randrange(1, 40)
        values = [self.random.randrange(9) for _ in range(count)]
        label = self.random.choice(LABELS)
        self._begin()
        try:
            ids = self.engine.load_nodes([label], {"k": Column.of_values(values)}).tolist()
        except ConstraintViolationError:
            return
        made = [
            CreateNode(node, (label,), {"k": value})
            for node, value in zip(ids, values, strict=True)
        ]
        txid = self.engine.state.txid
        self.model.apply(made, txid)
        self._acknowledge(txid)

    def load_edges(self) -> None:
        """A bulk load of relationships."""
        nodes = list(self.model.now.nodes)
        if not nodes:
            return
        count = self.random.randrange(1, 30)
        sources = np.array(self.random.choices(nodes, k=count), dtype=np.int64)
        targets = np.array(self.random.choices(nodes, k=count), dtype=np.int64)
        self._begin()
        self.engine.load_relationships("R", {}, sources, targets)
        view = self.engine.reader()
        known = self.model.now.edges
        fresh = np.array(
            [edge for ids in view.scan_edges("R") for edge in ids.tolist() if edge not in known],
            dtype=np.int64,
        )
        starts, ends = view.edge_endpoints(fresh)
        made = [
            CreateEdge(edge, "R", source, target, {})
            for edge, source, target in zip(
                fresh.tolist(), starts.tolist(), ends.tolist(), strict=True
            )
        ]
        assert sorted(zip(starts.tolist(), ends.tolist(), strict=True)) == sorted(
            zip(sources.tolist(), targets.tolist(), strict=True)
        )
        txid = self.engine.state.txid
        self.model.apply(made, txid)
        self._acknowledge(txid)

    def change_index(self) -> None:
        """Build an index, or drop it."""
        entity, label, name = self.random.choice((("node", "A", "by_k"), ("edge", "R", "by_r")))
        definition = IndexDefinition(name, "range", entity, (label,), ("k",))  # type: ignore[arg-type]
        writing = self.engine.begin()
        if name in self.schemas[self.engine.state.txid]:
            writing.drop_index(name)
        else:
            writing.create_index(definition)
        self._commit(writing)

    def change_constraint(self) -> None:
        """Make a constraint if the data allow it, or drop it."""
        writing = self.engine.begin()
        if "only" in self.schemas[self.engine.state.txid]:
            writing.drop_constraint("only")
        else:
            try:
                writing.create_constraint(
                    ConstraintDefinition("only", "unique", "node", "B", ("u",))
                )
            except NeuralGraphError:
                writing.rollback()
                return
        self._commit(writing)

    def reopen(self) -> None:
        """Close and open."""
        self.engine.close()
        self._save()
        self.engine = self._open()

    def kill(self) -> None:
        """The process dies, the machine does not: nothing written is lost."""
        abandon(self.engine)
        if self.durability == "off":
            return self._forget()
        self.engine = self._open()
        return None

    def _forget(self) -> None:
        """With durability off a dead process takes its last commits with it."""
        self.engine = self._open()
        self.backup = MemoryDirectory()  # it may know commits that are lost
        txid = self.engine.state.txid
        assert self.promise.safe_txid <= txid
        for later in [at for at in self.model.at if at > txid]:
            del self.model.at[later], self.schemas[later]
        self.model.now = snapshot_of(self.engine.reader())
        self.promise.begun_txid = txid
        self._mark()

    # ── what is remembered ────────────────────────────────────────────────────────────────────

    def _begin(self) -> None:
        self.promise.begun_txid = self.engine.state.txid + 1
        self._mark()

    def _acknowledge(self, txid: int) -> None:
        self.schemas[txid] = schema_of(self.engine.reader())
        self.promise.begun_txid = txid
        if self.durability == "full":
            self.promise.safe_txid = txid
        self._mark()

    def _save(self) -> None:
        self.promise.safe_txid = self.engine.state.txid
        self._mark()

    def _note_ids(self) -> None:
        if self.durability == "full":
            manager = self.engine._manager
            self.promise.node_id = max(self.promise.node_id, manager.node_ids.next_id - 1)
            self.promise.edge_id = max(self.promise.edge_id, manager.edge_ids.next_id - 1)
            self._mark()

    def _mark(self) -> None:
        kept = self.promise
        self.recorder.mark(
            "promise", Promise(kept.safe_txid, kept.begun_txid, kept.node_id, kept.edge_id)
        )

    # ── one write ─────────────────────────────────────────────────────────────────────────────

    def _write(self, writing: Transaction) -> None:
        chance = self.random
        action = chance.randrange(10)
        nodes = [node for ids in writing.scan_nodes() for node in ids.tolist()]
        edges = [edge for ids in writing.scan_edges() for edge in ids.tolist()]
        if action < 3 or not nodes:
            labels = chance.sample(LABELS, chance.randrange(3))
            writing.create_node(labels, self._properties())
        elif action < 5:
            ends = chance.choice(nodes), chance.choice(nodes)
            writing.create_edge(chance.choice(TYPES), *ends, self._properties())
        elif action == 5:
            writing.set_node_property(chance.choice(nodes), chance.choice(KEYS), self._value())
        elif action == 6 and edges:
            writing.set_edge_property(chance.choice(edges), chance.choice(KEYS), self._value())
        elif action == 7:
            change = chance.choice((writing.add_label, writing.remove_label))
            change(chance.choice(nodes), chance.choice(LABELS))
        elif action == 8 and edges:
            writing.delete_edge(chance.choice(edges))
        else:
            node = chance.choice(nodes)
            for edge in {*writing.expand_one(node, (), "both")[0].tolist()}:
                writing.delete_edge(edge)
            writing.delete_node(node)

    def _properties(self) -> dict[str, Any]:
        return {
            key: value
            for key in KEYS
            if self.random.random() < 0.5 and (value := self._value()) is not None
        }

    def _value(self) -> Any:
        chance = self.random
        text = "".join(chance.choices("abcdefgh ", k=chance.choice((3, 20, 600))))
        return chance.choice((chance.randrange(10**6), chance.random(), text, None, [1, "x"], True))


def open_torture_engine(
    directory: Directory,
    durability: Durability,
    clock: Callable[[], int],
    *,
    segment_bytes: int,
    transaction_bytes: int = 1 << 28,
) -> Engine:
    """A small engine, without a thread of its own."""
    options = Options(
        durability=durability,
        busy_timeout_s=0.001,
        checkpoint_changes=1 << 60,
        wal_segment_bytes=segment_bytes,
        transaction_memory_bytes_max=transaction_bytes,
    )
    return Engine.open(directory, NAME, options, clock_us=clock)


def abandon(engine: Engine) -> None:
    """Let an engine die as its process would: its lock goes, and nothing else happens."""
    engine._lock.release()


# ── reading a graph into a model ──────────────────────────────────────────────────────────────


def snapshot_of(view: GraphView) -> Snapshot:
    """Everything that a view shows."""
    found = Snapshot()
    for ids in view.scan_nodes():
        listed = ids.tolist()
        labels, properties = view.node_labels(listed), view.node_properties(listed)
        for node, of_node, values in zip(listed, labels, properties, strict=True):
            found.nodes[node] = (tuple(of_node), values)
    for ids in view.scan_edges():
        listed = ids.tolist()
        types, (sources, targets) = view.edge_types(ids).to_list(), view.edge_endpoints(ids)
        rows = zip(
            listed,
            types,
            sources.tolist(),
            targets.tolist(),
            view.edge_properties(listed),
            strict=True,
        )
        for edge, edge_type, source, target, values in rows:
            found.edges[edge] = (edge_type, source, target, values)
    return found


def schema_of(view: GraphView) -> frozenset[str]:
    """Names of indexes and constraints."""
    catalog = view.catalog
    return frozenset(index.name for index in catalog.indexes()) | frozenset(
        constraint.name for constraint in catalog.constraints()
    )


def differences(found: Snapshot, wanted: Snapshot) -> list[str]:
    """What is not the same, in words; label sets have no order."""
    told = []
    for kind, one, other in (
        ("node", _nodes_of(found), _nodes_of(wanted)),
        ("relationship", found.edges, wanted.edges),
    ):
        for entity in sorted({*one, *other}):
            have, want = one.get(entity), other.get(entity)
            if have != want:
                told.append(f"{kind} {entity}: found {have}, wanted {want}")
    return told


def _nodes_of(snapshot: Snapshot) -> dict[int, Any]:
    return {node: (set(labels), values) for node, (labels, values) in snapshot.nodes.items()}
