"""A small database with one of everything, and flipped bits in its files."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neuralgraph.access import ConstraintDefinition, IndexDefinition
from neuralgraph.storage.disk.framing import frame_length
from neuralgraph.storage.disk.wal.log_segment import HEADER_BYTES
from neuralgraph.storage.maintenance.inventory import pieces_of
from neuralgraph.values import Column
from tests.support.engines import NAME, open_engine
from tests.support.faulty_directory import contents_of
from tests.support.recording_directory import directory_of
from tests.support.torture_life import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.storage.disk import MemoryDirectory
    from neuralgraph.storage.maintenance import Engine
    from tests.support.recording_directory import Image

LOG = f"/{NAME}-wal"
BY_AGE = IndexDefinition("by_age", "range", "node", ("P",), ("age",))
COUNT = 600
"""So many nodes that every kind of segment needs a block of its own."""


def make_image() -> Image:
    """A database that was killed: a base with history and indexes, and commits in the log."""
    chance = random.Random(0)
    directory = directory_of({"": {}})
    engine = open_engine(directory, wal_segment_bytes=1 << 15)
    writing = engine.begin()
    writing.create_index(BY_AGE)
    writing.commit()
    writing = engine.begin()
    writing.create_constraint(ConstraintDefinition("one_name", "unique", "node", "P", ("name",)))
    writing.commit()
    columns = {
        "age": Column.of_values([chance.randrange(90) for _ in range(COUNT)]),
        "name": Column.of_values([f"name {chance.random()}" for _ in range(COUNT)]),
        "mixed": Column.of_values(_mixed(chance)),
    }
    people = engine.load_nodes(["P"], columns)
    ends = np.array(chance.choices(people.tolist(), k=2 * COUNT)).reshape(2, COUNT)
    weights = {"w": Column.of_values([chance.random() for _ in range(COUNT)])}
    engine.load_relationships("KNOWS", weights, ends[0], ends[1])
    for _ in range(3):
        writing = engine.begin()
        for node in chance.sample(people.tolist(), 200):
            writing.set_node_property(node, "age", chance.randrange(90))
            writing.create_edge("LIKES", node, chance.choice(people.tolist()), {})
        for node in chance.sample(people.tolist(), 40):
            (writing.add_label if chance.random() < 0.5 else writing.remove_label)(node, "Q")
        for edge in chance.sample(range(COUNT), 20):
            writing.delete_edge(edge)
        writing.commit()
        engine.checkpoint()
    for number in range(8):
        writing = engine.begin({"actor": f"writer {number}"} if number % 2 else None)
        node = writing.create_node(["P", "R"], {"age": number, "name": f"late {number}"})
        writing.create_edge("KNOWS", node, int(people[number]), {"w": 0.5})
        writing.set_node_property(int(people[number + 9]), "age", -number)
        writing.commit()
    engine._lock.release()
    return image_of(directory)


def _mixed(chance: random.Random) -> list[Any]:
    return [chance.choice(([1, "a"], 2.5, "text", None, True)) for _ in range(COUNT)]


def image_of(directory: MemoryDirectory) -> Image:
    """All files of a database."""
    image: Image = {"": {NAME: contents_of(directory, NAME)}, LOG: {}}
    folder = directory.child(f"{NAME}-wal")
    for name in folder.names():
        image[LOG][name] = contents_of(folder, name)
    return image


def flipped(image: Image, folder: str, name: str, offset: int, bit: int) -> Image:
    """The same with one bit changed; all other files are shared."""
    data = bytearray(image[folder][name])
    data[offset] ^= 1 << bit
    return {**image, folder: {**image[folder], name: bytes(data)}}


class Place(NamedTuple):
    """Bytes with one use; `name` is of a file."""

    where: str
    folder: str
    name: str
    offset: int
    length: int

    def sample(self, chance: random.Random, count: int) -> list[tuple[int, int]]:
        """Offsets and bits."""
        return [
            (self.offset + chance.randrange(self.length), chance.randrange(8)) for _ in range(count)
        ]


def places_of(image: Image) -> list[Place]:
    """Header slots, manifest, every block of the base, the log's header, each of its records, and zeros."""
    engine = open_engine(directory_of(image))
    blocks = engine._blocks
    places = [Place(f"slot {number}", "", NAME, 4096 * number, 256) for number in range(2)]
    assert blocks._manifest_ref is not None
    places.append(Place("manifest", "", NAME, blocks._manifest_ref[0], blocks._manifest_ref[1]))
    places.extend(
        Place(piece.where, "", NAME, ref.offset, ref.length)
        for piece in pieces_of(engine.state.base)
        for ref in piece.refs
    )
    engine._lock.release()
    for name, data in image[LOG].items():
        places.extend(_places_in_log(name, data))
    return places


def _places_in_log(name: str, data: bytes) -> Iterator[Place]:
    yield Place("log header", LOG, name, 0, HEADER_BYTES)
    offset = HEADER_BYTES
    while length := frame_length(data, offset):
        yield Place("log record", LOG, name, offset, length)
        offset += length
    yield Place("end of the log", LOG, name, offset, len(data) - offset)


def read_everything(engine: Engine) -> list[Any]:
    """All answers: now, through the indexes, along every edge, and in the past."""
    view = engine.reader()
    told: list[Any] = []
    now = snapshot_of(view)
    told.append((sorted(now.nodes.items()), sorted(now.edges.items())))
    told.extend(sorted(view.seek(BY_AGE, (value,)).tolist()) for value in (3, 40, -2))
    ids = np.array(sorted(now.nodes), dtype=np.int64)
    for direction in ("out", "in"):
        rows, edges, neighbours = view.expand(ids, (), direction)
        told.append(sorted(zip(rows.tolist(), edges.tolist(), neighbours.tolist(), strict=True)))
    past = [snapshot_of(engine.reader_at(txid=txid)) for txid in (4, 6)]
    told.extend((sorted(then.nodes.items()), sorted(then.edges.items())) for then in past)
    return told
