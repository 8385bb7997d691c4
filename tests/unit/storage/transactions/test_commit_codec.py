import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.access import ConstraintDefinition, IndexDefinition, IndexOptions
from neuralgraph.errors import CorruptionError
from neuralgraph.storage.disk import LogRecord, RecordKind
from neuralgraph.storage.transactions import commit_codec
from neuralgraph.storage.transactions.commit_codec import (
    CommitReader,
    encode_changes,
    records_of,
    unpacked,
)
from neuralgraph.storage.versions.changes import (
    AttachSegments,
    Commit,
    CreateConstraint,
    CreateEdge,
    CreateEdges,
    CreateIndex,
    CreateNode,
    CreateNodes,
    DeleteEdge,
    DeleteEdges,
    DeleteNode,
    DeleteNodes,
    DropConstraint,
    DropIndex,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
)

OPTIONS = IndexOptions({"vector.dimensions": 3, "list": [1, 2], "map": {"a": True}})

ids = st.integers(0, 2**62)
names = st.text(max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
properties = st.dictionaries(names, values, max_size=3)
labels = st.lists(names, max_size=3).map(tuple)
changes = st.one_of(
    st.builds(CreateNode, ids, labels, properties),
    st.builds(DeleteNode, ids),
    st.builds(SetNodeProperty, ids, names, values),
    st.builds(SetLabels, ids, labels),
    st.builds(CreateEdge, ids, names, ids, ids, properties),
    st.builds(DeleteEdge, ids, names, ids, ids),
    st.builds(SetEdgeProperty, ids, names, values),
    st.just(CreateIndex(IndexDefinition("i", "range", "edge", ("T",), ("a", "b"), "c"))),
    st.just(CreateIndex(IndexDefinition("s", "vector", "node", ("L",), ("a",), options=OPTIONS))),
    st.builds(DropIndex, names),
    st.just(CreateConstraint(ConstraintDefinition("c", "type", "node", "L", ("k",), "INTEGER"))),
    st.builds(DropConstraint, names),
    st.just(CreateNodes(7, 2, ("A", "B"), {"k": [1, "one"]})),
    st.just(CreateEdges(3, "T", [7, 8], [9, 9], {"since": [2020, 2021]})),
    st.just(DeleteNodes([3, 4, 9])),
    st.just(DeleteEdges("T", [3, 4], [7, 8], [9, 9])),
    st.builds(AttachSegments, st.binary()),
)


def as_log(entries, first_index=1):
    return [
        LogRecord(kind, 1, first_index + place, txid, payload)
        for place, (kind, txid, payload) in enumerate(entries)
    ]


def read(records):
    reader = CommitReader()
    return [commit for record in records if (commit := reader.take(record))], reader


def many(count):
    return [SetNodeProperty(number, "k", number) for number in range(count)]


@given(st.lists(changes, min_size=1, max_size=6), st.dictionaries(names, values, max_size=2))
def test_what_is_written_is_read_again(written, metadata):
    entries = records_of(encode_changes(written), 7, 1234567, metadata)
    commits, _ = read(as_log(entries))
    assert commits == [Commit(7, 1234567, written, metadata)]


@given(st.data())
def test_a_large_commit_is_whole_or_not_there(data):
    before = commit_codec.CHANGES_PER_RECORD_MAX
    commit_codec.CHANGES_PER_RECORD_MAX = 3
    try:
        written = many(data.draw(st.integers(4, 20)))
        entries = records_of(encode_changes(written), 1, 5, {})
        later = records_of(encode_changes(many(1)), 2, 6, {})
        cut = data.draw(st.integers(0, len(entries)))
        commits, reader = read(as_log(entries[:cut] + later))
        assert [commit.txid for commit in commits] == ([1, 2] if cut == len(entries) else [2])
        assert reader.aborted == ([1] if 0 < cut < len(entries) else [])
    finally:
        commit_codec.CHANGES_PER_RECORD_MAX = before


def test_a_large_commit_is_cut_into_records():
    written = many(2_500)
    entries = records_of(encode_changes(written), 3, 5, {"actor": "a"})
    kinds = [kind for kind, _, _ in entries]
    assert kinds == [RecordKind.BEGIN, *[RecordKind.CHANGES] * 3, RecordKind.COMMIT]
    commits, _ = read(as_log(entries))
    assert commits == [Commit(3, 5, written, {"actor": "a"})]


def test_an_abort_ends_a_transaction():
    begun = records_of(encode_changes(many(2_000)), 1, 5, {})[:2]
    commits, reader = read(as_log([*begun, (RecordKind.ABORT, 1, b"")]))
    assert commits == []
    assert reader.aborted == [1]
    assert reader.unfinished is None


def test_an_unfinished_transaction_is_known():
    begun = records_of(encode_changes(many(2_000)), 4, 5, {})[:2]
    _, reader = read(as_log(begun))
    assert reader.unfinished == 4


def test_a_record_out_of_place_is_damage():
    entries = records_of(encode_changes(many(2_000)), 1, 5, {})
    with pytest.raises(CorruptionError, match="does not follow its beginning"):
        read(as_log(entries[1:]))
    with pytest.raises(CorruptionError, match="1 of 2 records"):
        read(as_log([entries[0], entries[1], entries[3]]))


@given(st.lists(changes, min_size=1, max_size=6), st.dictionaries(names, values, max_size=2))
def test_a_commit_can_stay_packed(written, metadata):
    reader = CommitReader(packed=True)
    entries = as_log(records_of(encode_changes(written), 7, 1234567, metadata))
    [commit] = filter(None, map(reader.take, entries))
    assert commit == Commit(7, 1234567, (), metadata)
    is_load = len(written) == 1 and type(written[0]) is AttachSegments
    assert reader.content == b"" if is_load else unpacked(reader.content) == written
