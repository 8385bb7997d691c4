"""What a salvage gives back of a damaged database, and what it says of the rest."""

import copy

import numpy as np
import pytest

from neuralgraph.errors import AccessModeError, CorruptionError
from neuralgraph.values import Column
from tests.support.damage import (
    BY_AGE,
    LOG,
    flipped,
    image_of,
    make_image,
    places_of,
    read_everything,
)
from tests.support.engines import NAME, open_engine
from tests.support.faulty_directory import FaultyDirectory
from tests.support.recording_directory import directory_of
from tests.support.torture_life import differences, snapshot_of


@pytest.fixture(scope="module")
def image():
    return make_image()


@pytest.fixture(scope="module")
def answers(image):
    return read_everything(open_engine(directory_of(image)))


@pytest.fixture(scope="module")
def before(image):
    return snapshot_of(open_engine(directory_of(image)).reader())


def damage(image, where, *, number=0):
    """Spoil the block of one piece, or several of that name."""
    (place,) = [place for place in places_of(image) if place.where == where][number : number + 1]
    return flipped(image, place.folder, place.name, place.offset + place.length // 2, 3)


def salvage(image):
    return open_engine(directory_of(image), salvage=True)


def told(engine):
    return [str(loss) for loss in engine.losses]


def test_a_whole_database_loses_nothing(image, answers):
    engine = salvage(image)
    assert engine.losses == ()
    assert read_everything(engine) == answers
    with pytest.raises(AccessModeError):
        engine.begin().create_node([], {})
    engine.close()


@pytest.mark.parametrize("where", ["outgoing KNOWS, segment 0", "ingoing LIKES, segment 0"])
def test_adjacency_is_made_anew(image, answers, where):
    engine = salvage(damage(image, where))
    assert told(engine) == [f"{where}: made anew from the relationships; nothing is lost"]
    assert read_everything(engine) == answers
    assert engine.verify() == []


def test_an_index_is_made_anew(image, answers):
    engine = salvage(damage(image, "index by_age"))
    assert told(engine) == ["index by_age: made anew from the data; nothing is lost"]
    assert read_everything(engine) == answers


def test_a_damaged_property_reads_as_null(image, before):
    engine = salvage(damage(image, "node property mixed, segment 0"))
    (loss,) = told(engine)
    assert loss.startswith("node property mixed, segment 0: ")
    assert "values read as null (ids 0 to" in loss
    after = snapshot_of(engine.reader())
    wanted = copy.deepcopy(before)
    for _, values in wanted.nodes.values():
        values.pop("mixed", None)
    assert differences(after, wanted) == []


def test_a_damaged_property_leaves_its_index(image):
    engine = salvage(damage(image, "node property age, segment 0"))
    view = engine.reader()
    found = view.seek(BY_AGE, (3,)).tolist()
    assert view.node_values(found, "age") == [3] * len(found)
    assert len(found) == 1  # what the log has is there


@pytest.mark.parametrize("number", range(3))
def test_relationships_are_put_together_from_their_adjacency(image, answers, number):
    engine = salvage(damage(image, "relationships, segment 0", number=number))
    assert told(engine) == [
        "relationships, segment 0: put together again from the adjacency; nothing is lost"
    ]
    now, *_ = read_everything(engine)
    assert now == answers[0]


def test_damaged_births_are_said(image, answers):
    engine = salvage(damage(image, "relationships, segment 0", number=3))
    (loss,) = told(engine)
    assert "it is not known since when" in loss
    assert read_everything(engine)[0] == answers[0]


def test_relationships_and_adjacency_damaged_together(image, before):
    spoilt = damage(damage(image, "relationships, segment 0"), "outgoing KNOWS, segment 0")
    engine = salvage(spoilt)
    assert any("nothing is lost" in loss for loss in told(engine))
    assert differences(snapshot_of(engine.reader()), before) == []
    spoilt = damage(spoilt, "ingoing KNOWS, segment 0")
    engine = salvage(spoilt)
    assert any("relationships are lost" in loss for loss in told(engine))
    after = snapshot_of(engine.reader())
    assert {edge for edge, row in after.edges.items() if row[0] == "LIKES"} == {
        edge for edge, row in before.edges.items() if row[0] == "LIKES"
    }


def test_lost_labels_leave_nodes_and_relationships(image, before):
    engine = salvage(damage(image, "nodes, segment 0"))
    (loss,) = [loss for loss in told(engine) if loss.startswith("nodes, segment 0")]
    assert "all labels are lost, and 0 nodes; 600 are kept" in loss
    after = snapshot_of(engine.reader())
    assert after.edges == before.edges
    assert {node: row[1] for node, row in after.nodes.items()} == {
        node: row[1] for node, row in before.nodes.items()
    }
    assert sum(1 for labels, _ in after.nodes.values() if labels) == 8  # what the log has


def test_lost_history_changes_the_past_only(image, answers):
    engine = salvage(damage(image, "history of node property age, segment 0"))
    assert any("what was displaced by transactions" in loss for loss in told(engine))
    assert read_everything(engine)[:6] == answers[:6]


def test_the_log_is_read_up_to_the_damage(image):
    places = [place for place in places_of(image) if place.where == "log record"]
    place = places[-3]
    spoilt = flipped(image, LOG, place.name, place.offset + 20, 1)
    engine = salvage(spoilt)
    (loss,) = engine.losses
    assert "log segment 00000001.log" in loss.where
    assert f"at offset {place.offset} is damaged" in loss.what
    whole = open_engine(directory_of(image)).reader().txid
    assert engine.recovery.base_txid < engine.reader().txid < whole


def test_without_a_manifest_there_is_what_the_log_has(image):
    engine = salvage(damage(image, "manifest"))
    assert told(engine)[0].startswith("the manifest: ")
    view = engine.reader()
    assert view.txid > 3
    assert view.catalog.node_count("P") > 0


def test_a_missing_log_segment_ends_the_log():
    directory = directory_of({"": {}})
    engine = open_engine(directory, wal_segment_bytes=1024)
    for number in range(40):
        writing = engine.begin()
        writing.create_node(["A"], {"text": "x" * 100, "number": number})
        writing.commit()
    engine._lock.release()
    log = directory.child(f"{NAME}-wal")
    names = [name for name in log.names() if name.startswith("0")]
    log.remove(names[2])
    engine = open_engine(directory, salvage=True)
    (loss,) = told(engine)
    assert "are missing" in loss
    view = engine.reader()
    ids = np.concatenate(list(view.scan_nodes()))
    assert view.node_values(ids.tolist(), "number") == list(range(len(ids)))
    assert 0 < len(ids) < 40


def life(directory, *, folds=False, loads=False, segment_bytes=1 << 16):
    """What a log tells from the first transaction on; the engine is killed at the end."""
    engine = open_engine(directory, wal_segment_bytes=segment_bytes)
    writing = engine.begin()
    writing.create_index(BY_AGE)
    writing.commit()
    for number in range(12):
        writing = engine.begin({"actor": "me"})
        node = writing.create_node(["P"], {"age": number, "text": "x" * 300})
        writing.create_edge("KNOWS", node, node, {"w": number})
        writing.commit()
        if number == 6 and loads:
            engine.load_nodes(["P"], {"age": Column.of_values(list(range(50)))})
        if number == 6 and folds:
            engine.checkpoint()
    before = snapshot_of(engine.reader()), engine.reader().txid
    engine._lock.release()
    return image_of(directory), *before


def cut(image, size):
    return {**image, "": {NAME: image[""][NAME][:size]}}


@pytest.mark.parametrize("folds", [False, True])
def test_a_file_that_was_cut_anywhere_is_put_together_from_its_log(folds):
    image, before, last = life(directory_of({"": {}}), folds=folds)
    size = len(image[""][NAME])
    assert size > 1 << 17 if folds else size == 8192
    for end in (0, 1, 100, 247, 248, 4096, 5000, 8191, 8192, 8193, size // 2, size - 1):
        engine = salvage(cut(image, end))
        assert differences(snapshot_of(engine.reader()), before) == [], end
        assert engine.reader().txid == last
        assert {problem.where for problem in engine.verify()} <= {"header"}
        if end < 248 or (folds and end <= 8193):
            (loss,) = told(engine)
            assert loss.startswith("the manifest: "), end
            assert loss.endswith(
                f"put together from the log alone, as it was after transaction {last}, the last one"
                " that the log tells of"
            )


def test_a_log_that_begins_with_a_bulk_load_goes_back_to_the_first_transaction():
    image, before, last = life(directory_of({"": {}}), loads=True, segment_bytes=2048)
    del image[LOG]["00000001.log"]
    with pytest.raises(CorruptionError, match="transactions 1 to"):
        open_engine(directory_of(image))
    engine = salvage(image)
    (loss,) = told(engine)
    assert loss.startswith("the log: transactions 1 to")
    assert "what was there then is in the bulk load of transaction 9" in loss
    assert engine.reader().txid == last
    assert differences(snapshot_of(engine.reader()), before) == []


def test_an_emptied_file_is_not_made_anew_beside_its_log():
    image, before, _last = life(directory_of({"": {}}))
    for spoilt in (cut(image, 0), {**image, "": {}}):
        directory = directory_of(spoilt)
        for _ in range(2):  # nothing is written, so that a salvage still finds what it needs
            with pytest.raises(CorruptionError, match="salvage=True"):
                open_engine(directory)
    directory.open(NAME, create=True)
    assert differences(snapshot_of(open_engine(directory, salvage=True).reader()), before) == []


def test_a_salvage_goes_on_where_the_disk_does_not():
    image, before, last = life(directory_of({"": {}}), segment_bytes=1 << 17)

    def salvaged(number):
        directory = FaultyDirectory(
            start=directory_of(image),
            fail_at=number,
            operations=frozenset(("read", "map")),
        )
        engine = open_engine(directory, salvage=True)
        now = snapshot_of(engine.reader())
        assert now.nodes.items() <= before.nodes.items()
        assert engine.reader().txid == last or engine.losses, number
        return directory.has_failed

    number = 1
    while salvaged(number):
        number += 1
    assert number > 3
