import pytest

from neuralgraph.access import IndexDefinition
from neuralgraph.config import Options
from neuralgraph.errors import (
    ClosedError,
    DatabaseLockedError,
    DiskError,
    NotADatabaseError,
    QueryArgumentError,
)
from neuralgraph.storage.disk import MemoryDirectory, OsDirectory
from neuralgraph.storage.maintenance import Engine
from tests.support.engines import NAME, add_node, node_values, open_engine


def test_what_was_committed_is_there_after_closing_and_opening():
    directory = MemoryDirectory()
    engine = open_engine(directory)
    node = add_node(engine, "N", k=1)
    engine.close()
    engine.close()
    assert directory.names() == [NAME]
    assert not directory.has_child(f"{NAME}-wal")
    again = open_engine(directory)
    assert node_values(again, node, "k") == 1
    assert again.recovery.replayed_commits == 0
    assert again.state.txid == 1
    assert add_node(again, "N") > node
    again.close()


def test_a_closed_engine_says_so():
    engine = open_engine()
    view = engine.reader()
    engine.close()
    uses = (engine.reader, engine.begin, engine.checkpoint, engine.verify)
    for use in (*uses, lambda: engine.reader_at(txid=0)):
        with pytest.raises(ClosedError):
            use()
    assert view.catalog.node_count() == 0


def test_closing_rolls_back_who_still_writes():
    engine = open_engine()
    writing = engine.begin()
    writing.create_node(["N"], {})
    engine.close()
    with pytest.raises(ClosedError):
        writing.commit()
    again = open_engine(engine._directory)
    assert again.reader().catalog.node_count() == 0
    again.close()


def test_who_opens_it_exclusively_is_named_to_others(tmp_path):
    directory = OsDirectory(str(tmp_path))

    def opened(process_id, **options):
        options = Options(busy_timeout_s=0.05, **options)
        return Engine.open(directory, NAME, options, clock_us=lambda: 1, process_id=process_id)

    engine = opened(4711)
    with pytest.raises(DatabaseLockedError, match="in use by process 4711"):
        opened(4712, exclusive=True)
    engine.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME]
    engine = opened(4713, exclusive=True)
    with pytest.raises(DatabaseLockedError, match="in use by"):
        opened(4714)
    engine.close()
    opened(4715).close()


def test_a_foreign_file_is_left_as_it_is(tmp_path):
    (tmp_path / NAME).write_bytes(b"SQLite format 3" * 2_000)
    with pytest.raises(NotADatabaseError):
        open_engine(OsDirectory(str(tmp_path)))
    assert (tmp_path / NAME).read_bytes() == b"SQLite format 3" * 2_000
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_reading_only_needs_a_file():
    with pytest.raises(DiskError, match="no such file"):
        open_engine(read_only=True)


def test_every_commit_can_be_read_again():
    engine = open_engine()
    node = add_node(engine, "N", k=0)
    for value in range(1, 7):
        writing = engine.begin()
        writing.set_node_property(node, "k", value)
        writing.create_node(["M"], {})
        writing.commit()
        if value in (3, 5):
            engine.checkpoint()
    for txid in range(1, 8):
        view = engine.reader_at(txid=txid)
        assert view.node_values([node], "k") == [txid - 1]
        assert view.catalog.node_count("M") == txid - 1
        assert sum(len(ids) for ids in view.scan_nodes("M")) == txid - 1
    assert engine.reader_at(txid=0).catalog.node_count() == 0
    assert engine.reader_at(txid=3) is engine.reader_at(txid=3)
    for txid in (-1, 8):
        with pytest.raises(QueryArgumentError, match="no transaction"):
            engine.reader_at(txid=txid)
    engine.close()


def test_moments_are_found_by_time():
    engine = open_engine()
    node = add_node(engine, "N", k=0)
    times = [engine.state.timestamp_us]
    for value in (1, 2, 3):
        writing = engine.begin()
        writing.set_node_property(node, "k", value)
        writing.commit()
        times.append(engine.state.timestamp_us)
        if value == 2:
            engine.checkpoint()
    found = [engine.reader_at(timestamp_us=time).node_values([node], "k")[0] for time in times]
    assert found == [0, 1, 2, 3]
    with pytest.raises(QueryArgumentError, match="before the first"):
        engine.reader_at(timestamp_us=times[0] - 1)
    assert engine.reader_at(txid=0).catalog.node_count() == 0
    assert engine.reader_at(timestamp_us=times[-1] + 10**9) is engine.reader()
    with pytest.raises(QueryArgumentError):
        engine.reader_at()
    engine.close()
    again = open_engine(engine._directory)
    found = [again.reader_at(timestamp_us=time).node_values([node], "k")[0] for time in times]
    assert found == [0, 1, 2, 3]
    again.close()


def test_the_past_before_an_index_is_found_through_it_and_does_not_show_it():
    engine = open_engine()
    node = add_node(engine, "N", k="a")
    writing = engine.begin()
    writing.set_node_property(node, "k", "b")
    writing.commit()
    changing = engine.begin()
    changing.create_index(IndexDefinition("i", "range", "node", ("N",), ("k",)))
    changing.commit()
    for _ in range(2):
        past = engine.reader_at(txid=1)
        assert past.catalog.defined_indexes() == []
        (index,) = past.catalog.indexes()
        assert past.catalog.version != engine.reader().catalog.version
        assert past.seek(index, ("a",)).tolist() == [node]
        assert past.seek(index, ("b",)).tolist() == []
        engine.checkpoint()
    engine.close()


def test_timestamps_never_go_back():
    times = iter([500, 400, 300, 600])
    engine = Engine.open(MemoryDirectory(), NAME, Options(), clock_us=lambda: next(times))
    seen = []
    for _ in range(4):
        add_node(engine, "N")
        seen.append(engine.state.timestamp_us)
    assert seen == [500, 500, 500, 600]
    engine.close()


def test_metadata_is_kept_with_its_commit():
    engine = open_engine()
    writing = engine.begin({"actor": "import", "reason": "test"})
    writing.create_node([], {})
    writing.commit()
    assert engine._pipeline.commits[0].metadata == {"actor": "import", "reason": "test"}
    engine.close()
    again = open_engine(engine._directory)
    assert again.state.base.commits.metadata_of(1) == {"actor": "import", "reason": "test"}
    again.close()


def test_info_counts():
    engine = open_engine()
    node = add_node(engine, "N")
    writing = engine.begin()
    writing.create_edge("T", node, node, {})
    writing.commit()
    found = engine.info()
    assert (found.node_count, found.edge_count, found.txid, found.base_txid) == (1, 1, 2, 0)
    assert found.delta_changes == 2
    assert found.failure is None
    engine.checkpoint()
    assert engine.info().base_txid == 2
    engine.close()


def test_reading_only_writes_nothing(tmp_path):
    directory = OsDirectory(str(tmp_path))
    engine = open_engine(directory)
    node = add_node(engine, "N", k=1)
    engine._lock.release()  # as if its process had died: the log is still there
    engine._log.close()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    reading = open_engine(directory, read_only=True)
    assert node_values(reading, node, "k") == 1
    assert reading.verify() == []
    reading.close()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    open_engine(directory).close()


def test_verify_finds_a_wrong_count():
    engine = open_engine()
    add_node(engine, "N")
    assert engine.verify() == []
    engine.state.catalog._node_counts["N"] = 5
    assert "5 are counted, 1 are there" in engine.verify()[0].what
    engine._lock.release()
