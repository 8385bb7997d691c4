"""A commit as log records, and back.

    Transaction  [timestamp_us, metadata, changes]        a small commit: all in one record

    Begin        metadata                                 a large one: the parts
    Changes      changes                                  any number of these
    Commit       [timestamp_us, how many Changes records]

where changes are ``[[opcode, fields...], ...]``. All have the txid, and all records of a commit are appended
in one write. A crash can tear that write: then a checksum fails, the Commit is missing or what was counted
is not there, and the transaction never happened. Nothing but a whole commit ever becomes state, so
nobody needs to undo anything. An Abort says that a Begin has no Commit and never will.

The opcodes are part of the file format: a number never gets a new meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import CorruptionError
from neuralgraph.storage.disk import LogRecord, RecordKind
from neuralgraph.storage.disk.values_codec import decode, encode, split
from neuralgraph.storage.versions.changes import (
    AttachSegments,
    Change,
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
    RestoreEdge,
    RestoreNode,
    SetEdgeProperty,
    SetLabels,
    SetNodeProperty,
    size_of,
)
from neuralgraph.storage.versions.definitions import (
    constraint_fields,
    index_fields,
    read_constraint,
    read_index,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from neuralgraph.storage.transactions.replication import Entry

CHANGES_PER_RECORD_MAX: Final = 1_024
"""A large transaction is cut into records of this many changes, so that none is huge."""

_FIELDS: Final[dict[type, Callable[[Any], list[Any]]]] = {
    CreateNode: lambda c: [1, c.id, list(c.labels), c.properties],
    DeleteNode: lambda c: [2, c.id],
    SetNodeProperty: lambda c: [3, c.id, c.key, c.value],
    SetLabels: lambda c: [4, c.id, list(c.labels)],
    CreateEdge: lambda c: [5, c.id, c.type, c.source, c.target, c.properties],
    DeleteEdge: lambda c: [6, c.id, c.type, c.source, c.target],
    SetEdgeProperty: lambda c: [7, c.id, c.key, c.value],
    CreateIndex: lambda c: [8, *index_fields(c.definition)],
    DropIndex: lambda c: [9, c.name],
    CreateConstraint: lambda c: [10, *constraint_fields(c.definition)],
    DropConstraint: lambda c: [11, c.name],
    AttachSegments: lambda c: [12, c.manifest],
    RestoreNode: lambda c: [13, c.id, list(c.labels), c.properties],
    RestoreEdge: lambda c: [14, c.id, c.type, c.source, c.target, c.properties],
    CreateNodes: lambda c: [15, c.first_id, c.count, list(c.labels), c.properties],
    CreateEdges: lambda c: [16, c.first_id, c.type, c.sources, c.targets, c.properties],
    DeleteEdges: lambda c: [17, c.type, c.ids, c.sources, c.targets],
    DeleteNodes: lambda c: [18, c.ids],
}

_MAKERS: Final[dict[int, Callable[..., Change]]] = {
    1: lambda node_id, labels, properties: CreateNode(node_id, tuple(labels), properties),
    2: DeleteNode,
    3: SetNodeProperty,
    4: lambda node_id, labels: SetLabels(node_id, tuple(labels)),
    5: CreateEdge,
    6: DeleteEdge,
    7: SetEdgeProperty,
    8: lambda *fields: CreateIndex(read_index(*fields)),
    9: DropIndex,
    10: lambda *fields: CreateConstraint(read_constraint(*fields)),
    11: DropConstraint,
    12: AttachSegments,
    13: lambda node_id, labels, properties: RestoreNode(node_id, tuple(labels), properties),
    14: RestoreEdge,
    15: lambda first_id, count, labels, columns: CreateNodes(
        first_id, count, tuple(labels), columns
    ),
    16: CreateEdges,
    17: DeleteEdges,
    18: DeleteNodes,
}


_LOAD_START: Final = encode([[12, b""]])[:3]
"""What the changes of a bulk load begin with: there is one, and this is its number."""


def encode_changes(changes: Sequence[Change]) -> list[Any]:
    """A write set as `records_of` wants it; the work is done here, outside the commit latch.

    Returns:
        The changes as plain lists for a small write set; else the payloads of its Changes records.
    """
    fields = _FIELDS
    if sum(map(size_of, changes)) <= CHANGES_PER_RECORD_MAX:
        return [[fields[type(change)](change) for change in changes]]
    parts = (part for part in _parts(changes) if part)
    listed = [[fields[type(change)](change) for change in part] for part in parts]
    return listed if len(listed) == 1 else [encode(part) for part in listed]


def _parts(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes of about `CHANGES_PER_RECORD_MAX` entities at a time; a bulk change has no more."""
    part: list[Change] = []
    count = 0
    for change in changes:
        size = size_of(change)
        if count + size > CHANGES_PER_RECORD_MAX:
            yield part
            part, count = [], 0
        part.append(change)
        count += size
    yield part


def decode_changes(parts: Iterable[Any]) -> list[Change]:
    """The changes of a Changes record, from its decoded payload."""
    makers = _MAKERS
    return [makers[fields[0]](*fields[1:]) for fields in parts]


def records_of(
    encoded: list[Any], txid: int, timestamp_us: int, metadata: Mapping[str, Any]
) -> list[Entry]:
    """The records of a commit, in order.

    Args:
        encoded: what `encode_changes` gave.
        txid: of the commit.
        timestamp_us: of the commit.
        metadata: values that can be stored.
    """
    if len(encoded) == 1 and type(encoded[0]) is list:
        return [(RecordKind.TRANSACTION, txid, encode([timestamp_us, dict(metadata), encoded[0]]))]
    records: list[Entry] = [(RecordKind.BEGIN, txid, encode(dict(metadata)))]
    records.extend((RecordKind.CHANGES, txid, payload) for payload in encoded)
    records.append((RecordKind.COMMIT, txid, encode([timestamp_us, len(encoded)])))
    return records


def streamed_records(
    changes: Sequence[Change], txid: int, timestamp_us: int, metadata: Mapping[str, Any]
) -> Iterator[Entry]:
    """The records of a commit, each made when it is asked for; `changes` may be made as they are read."""
    if len(changes) <= CHANGES_PER_RECORD_MAX:
        yield from records_of(encode_changes(list(changes)), txid, timestamp_us, metadata)
        return
    yield RecordKind.BEGIN, txid, encode(dict(metadata))
    count = 0
    for start in range(0, len(changes), CHANGES_PER_RECORD_MAX):
        part = changes[start : start + CHANGES_PER_RECORD_MAX]
        yield RecordKind.CHANGES, txid, encode([_FIELDS[type(change)](change) for change in part])
        count += 1
    yield RecordKind.COMMIT, txid, encode([timestamp_us, count])


def packed(parts: Sequence[bytes]) -> bytes:
    """Payloads of Changes records as the content of a commit."""
    return encode(list(parts))


def packed_changes(changes: Sequence[Change]) -> bytes:
    """Changes as the content of a commit."""
    fields = _FIELDS
    return packed([encode([fields[type(change)](change) for change in changes])])


def unpacked(content: bytes) -> list[Change]:
    """The changes in the content of a commit."""
    return [change for part in decode(content) for change in decode_changes(decode(part))]


class CommitReader:
    """Puts commits together again from the records of a log, in order.

    Args:
        packed: leave the changes packed: commits come without any, and `content` has them.

    Attributes:
        aborted: txids that began and did not commit, in order.
        content: of the commit that came last, as `unpacked` takes it; empty for a bulk load.
    """

    __slots__ = ("_changes", "_is_packed", "_metadata", "_packed", "_parts", "_txid", "aborted",
                 "content")  # fmt: skip

    def __init__(self, *, packed: bool = False) -> None:
        self.aborted: list[int] = []
        self.content = b""
        self._is_packed = packed
        self._packed: list[bytes] = []
        self._txid: int | None = None
        self._metadata: Mapping[str, Any] = {}
        self._changes: list[Change] = []
        self._parts = 0

    @property
    def unfinished(self) -> int | None:
        """The txid that began and has not ended yet."""
        return self._txid

    def take(self, record: LogRecord) -> Commit | None:
        """The next record; gives the commit that it completes, if it does.

        Records of other kinds are passed over.

        Raises:
            CorruptionError: a record that cannot stand where it stands.
        """
        match record.kind:
            case RecordKind.TRANSACTION:
                self._abandon()
                if self._is_packed:
                    (timestamp_us, metadata), content = split(record.payload, 2)
                    is_load = content.startswith(_LOAD_START)
                    self.content = b"" if is_load else packed([content])
                    return Commit(record.txid, timestamp_us, (), metadata)
                timestamp_us, metadata, parts = decode(record.payload)
                return Commit(record.txid, timestamp_us, decode_changes(parts), metadata)
            case RecordKind.BEGIN:
                self._abandon()
                self._txid = record.txid
                self._metadata = decode(record.payload)
            case RecordKind.CHANGES:
                self._expect(record)
                if self._is_packed:
                    self._packed.append(bytes(record.payload))
                else:
                    self._changes.extend(decode_changes(decode(record.payload)))
                self._parts += 1
            case RecordKind.COMMIT:
                return self._complete(record)
            case RecordKind.ABORT:
                self._abandon()
            case _:
                pass
        return None

    def _complete(self, record: LogRecord) -> Commit:
        self._expect(record)
        timestamp_us, parts = decode(record.payload)
        if parts != self._parts:
            raise CorruptionError(
                f"transaction {record.txid} has {self._parts} of {parts} records in the log",
                where=f"log record {record.index}",
            )
        commit = Commit(record.txid, timestamp_us, self._changes, self._metadata)
        if self._is_packed:
            self.content, self._packed = packed(self._packed), []
        self._txid, self._changes, self._parts = None, [], 0
        return commit

    def _expect(self, record: LogRecord) -> None:
        if record.txid != self._txid:
            raise CorruptionError(
                f"a record of transaction {record.txid} does not follow its beginning",
                where=f"log record {record.index}",
            )

    def _abandon(self) -> None:
        if self._txid is not None:
            self.aborted.append(self._txid)
            self._txid, self._changes, self._parts, self._packed = None, [], 0, []
