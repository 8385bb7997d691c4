"""Every exception that neuralgraph raises; one tree, stable codes.

    NeuralGraphError
    ├── OptionError                   an option that does not exist, or a value it cannot have
    ├── QueryError                    the statement is wrong, or met something wrong
    │   ├── QuerySyntaxError          kind SyntaxError
    │   ├── SemanticError             kind SemanticError
    │   ├── QueryTypeError            kind TypeError
    │   ├── QueryArgumentError        kind ArgumentError
    │   │   └── TextQueryError        a search text that is malformed
    │   ├── QueryArithmeticError      kind ArithmeticError
    │   ├── ParameterMissingError     kind ParameterMissing
    │   ├── EntityNotFoundError       kind EntityNotFound
    │   ├── PropertyNotFoundError     kind PropertyNotFound
    │   ├── ConstraintVerificationError  kind ConstraintVerificationFailed (deleting a connected node)
    │   ├── ConstraintViolationError  kind ConstraintValidationFailed (unique, exists, type)
    │   ├── ProcedureError            kind ProcedureError
    │   ├── VectorError               a vector that an index cannot hold
    │   ├── SchemaError               an index or constraint exists already, or does not
    │   ├── AccessModeError           a write where only reading is allowed
    │   ├── DatabaseNotFoundError     USE of another graph than the one there is
    │   ├── QueryTimeoutError, QueryCancelledError, MemoryLimitError
    ├── TransactionError
    │   ├── ConflictError             another transaction changed the same entity first (retryable)
    │   ├── DeadlockError             (retryable)
    │   ├── LockTimeoutError          (retryable)
    │   └── TransactionClosedError
    └── StorageError
        ├── NotADatabaseError, FormatVersionError
        ├── CorruptionError           a checksum or an invariant does not hold
        ├── DatabaseLockedError       (retryable)
        ├── DumpError                 a logical dump that is damaged; it names the line
        ├── DiskError                 the disk refused: full, failing, read-only
        └── ClosedError               the graph was closed

`kind`, `phase` and `detail` are openCypher's words for query errors: for instance
``SyntaxError`` / ``compile time`` / ``UndefinedVariable``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Phase = Literal["compile time", "runtime"]
Span = tuple[int, int]
"""Where in the query text: start and end, in characters, end exclusive."""


class NeuralGraphError(Exception):
    """The root: catch it to catch everything that neuralgraph raises."""

    code: str = "Neo.DatabaseError.General.UnknownError"
    retryable: ClassVar[bool] = False
    kind: str = ""
    phase: str = ""
    detail: str = ""


class OptionError(NeuralGraphError, TypeError):
    """An option that does not exist, a value that it cannot have, or one whose packages are not installed."""

    code = "Neo.ClientError.General.InvalidOption"
    kind = "OptionError"


class QueryError(NeuralGraphError):
    """A statement that cannot be run, or failed while running.

    Raised without its text where the text is not at hand; `locate` adds it at the edge, so
    that the message ends with line, column and a caret.

    Attributes:
        message: what happened and what to do, one sentence, no position.
        span: where in the text, or None.
        hint: a close name ("did you mean"), or None.
        line, column: 1-based, once located; 0 before.
    """

    code = "Neo.ClientError.Statement.ExecutionFailed"
    kind = "QueryError"
    default_phase: ClassVar[Phase] = "runtime"

    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        phase: Phase | None = None,
        span: Span | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = message
        self.detail = detail
        self.phase = phase or self.default_phase
        self.span = span
        self.hint = hint
        self.line = 0
        self.column = 0
        self._excerpt = ""
        super().__init__(message)

    def place(self, span: Span) -> None:
        """Say where in the text it happened, unless that is known already; (0, 0) is nowhere."""
        if self.span is None and span[1]:
            self.span = span

    def move(self, made_for: Sequence[Span], here: Sequence[Span]) -> None:
        """Take the place from the text that the plan was made for to the text that was run.

        The two differ in their lifted literals only.

        Args:
            made_for: where the literals stand in the text of the plan.
            here: where they stand in the text that was run.
        """
        if self.span is not None and not self._excerpt and made_for != here:
            start, end = self.span
            self.span = _moved(start, made_for, here), _moved(end, made_for, here)

    def locate(self, text: str) -> None:
        """Work out line, column and caret from the query text; harmless when called twice."""
        if self.span is None or self._excerpt:
            return
        start = min(max(self.span[0], 0), len(text))
        line_start = text.rfind("\n", 0, start) + 1
        line_end = text.find("\n", start)
        line_text = text[line_start : len(text) if line_end < 0 else line_end]
        self.line = text.count("\n", 0, start) + 1
        self.column = start - line_start + 1
        # A query may be one line of a megabyte: show what surrounds the place.
        cut = max(0, self.column - 60)
        window = line_text[cut : cut + 100].replace("\t", " ")
        width = max(1, min(self.span[1] - start, len(window) - (self.column - 1 - cut)))
        self._excerpt = f"{window}\n{' ' * (self.column - 1 - cut)}{'^' * width}"

    def __str__(self) -> str:
        text = self.message
        if self.hint:
            text += f" (did you mean {self.hint}?)"
        if self._excerpt:
            text += f" (line {self.line}, column {self.column})\n{self._excerpt}"
        return text


def _moved(offset: int, made_for: Sequence[Span], here: Sequence[Span]) -> int:
    """Where an offset of one text is in another that differs in the literals at these spans."""
    shift = 0
    for (start, end), (_new_start, new_end) in zip(made_for, here, strict=False):
        if offset <= start:
            break
        if offset < end:
            return start + shift
        shift = new_end - end
    return offset + shift


class QuerySyntaxError(QueryError):
    """The text is not a statement, or breaks a rule that can be seen before it runs."""

    code = "Neo.ClientError.Statement.SyntaxError"
    kind = "SyntaxError"
    default_phase = "compile time"


class SemanticError(QueryError):
    """The statement is well formed but cannot mean anything."""

    code = "Neo.ClientError.Statement.SemanticError"
    kind = "SemanticError"


class QueryTypeError(QueryError):
    """A value has the wrong type."""

    code = "Neo.ClientError.Statement.TypeError"
    kind = "TypeError"


class QueryArgumentError(QueryError):
    """A value has the right type and is still no good."""

    code = "Neo.ClientError.Statement.ArgumentError"
    kind = "ArgumentError"


class TextQueryError(QueryArgumentError):
    """A search text that is malformed.

    Attributes:
        text: what was searched for.
        offset: where in it, in characters from 0.
    """

    def __init__(self, problem: str, *, text: str, offset: int) -> None:
        self.text = text
        self.offset = min(offset, len(text))
        cut = max(0, self.offset - 40)
        window = " ".join(text[cut : cut + 80].splitlines()) or text[cut : cut + 80]
        super().__init__(
            f"search text: {problem}, at character {self.offset + 1}"
            f"\n{window}\n{' ' * (self.offset - cut)}^",
            detail="InvalidTextQuery",
        )


class QueryArithmeticError(QueryError):
    """Overflow of a 64-bit integer, or division by zero."""

    code = "Neo.ClientError.Statement.ArithmeticError"
    kind = "ArithmeticError"


class ParameterMissingError(QueryError):
    """The statement names a parameter that was not given."""

    code = "Neo.ClientError.Statement.ParameterMissing"
    kind = "ParameterMissing"


class EntityNotFoundError(QueryError):
    """A node or relationship that was deleted is asked for something."""

    code = "Neo.ClientError.Statement.EntityNotFound"
    kind = "EntityNotFound"


class PropertyNotFoundError(QueryError):
    """A component or property that must be there is not."""

    code = "Neo.ClientError.Statement.PropertyNotFound"
    kind = "PropertyNotFound"


class ConstraintVerificationError(QueryError):
    """The graph would be left with a relationship that has no end."""

    code = "Neo.ClientError.Schema.ConstraintValidationFailed"
    kind = "ConstraintVerificationFailed"


class ConstraintViolationError(QueryError):
    """A unique, existence or type constraint does not hold.

    Attributes:
        constraint: its name.
    """

    code = "Neo.ClientError.Schema.ConstraintValidationFailed"
    kind = "ConstraintValidationFailed"

    def __init__(self, message: str, *, constraint: str, detail: str = "") -> None:
        self.constraint = constraint
        super().__init__(message, detail=detail)


class ProcedureError(QueryError):
    """A procedure that does not exist, or one (or an own function) that failed or gave what it may not."""

    code = "Neo.ClientError.Procedure.ProcedureCallFailed"
    kind = "ProcedureError"

    def __init__(self, message: str, *, detail: str = "", **place: Any) -> None:
        super().__init__(message, detail=detail, **place)
        if detail == "ProcedureNotFound":
            self.code = "Neo.ClientError.Procedure.ProcedureNotFound"


class VectorError(QueryError):
    """A vector of a wrong dimension, with NaN in it or without a direction, that an index was to hold.

    Nothing was changed, and the transaction goes on.

    Attributes:
        index: which cannot hold it.
        entity_id: of the node or relationship that was to have it.
    """

    code = "Neo.ClientError.Statement.ArgumentError"
    kind = "ArgumentError"

    def __init__(self, message: str, *, index: str, entity_id: int) -> None:
        self.index = index
        self.entity_id = entity_id
        super().__init__(message, detail="InvalidVector")


class SchemaError(QueryError):
    """An index or constraint that exists already, or does not exist."""

    code = "Neo.ClientError.Schema.SchemaRuleError"
    kind = "SchemaError"


class AccessModeError(QueryError):
    """A statement that writes, where only reading is allowed."""

    code = "Neo.ClientError.Statement.AccessMode"
    kind = "AccessModeError"
    default_phase = "compile time"

    def __init__(self, message: str, *, detail: str = "ReadOnly", **place: Any) -> None:
        super().__init__(message, detail=detail, **place)


class DatabaseNotFoundError(QueryError):
    """USE names a graph that there is not."""

    code = "Neo.ClientError.Database.DatabaseNotFound"
    kind = "DatabaseNotFoundError"
    default_phase = "compile time"


class QueryTimeoutError(QueryError):
    """The statement ran longer than its timeout."""

    code = "Neo.ClientError.Transaction.TransactionTimedOut"
    kind = "Timeout"


class QueryCancelledError(QueryError):
    """The statement was cancelled."""

    code = "Neo.ClientError.Transaction.Terminated"
    kind = "Cancelled"


class MemoryLimitError(QueryError):
    """The statement needed more memory than its budget."""

    code = "Neo.TransientError.General.MemoryPoolOutOfMemoryError"
    kind = "MemoryLimit"


class TransactionError(NeuralGraphError):
    """A transaction that could not go on."""

    code = "Neo.ClientError.Transaction.TransactionError"
    kind = "TransactionError"
    phase = "runtime"


class ConflictError(TransactionError):
    """Another transaction changed the same entities first; run the transaction again.

    Attributes:
        entities: what they are, such as ``("node 12", "relationship 7")``.
    """

    code = "Neo.TransientError.Transaction.Conflict"
    kind = "ConflictError"
    retryable = True

    def __init__(self, entities: tuple[str, ...], committed_txid: int) -> None:
        self.entities = entities
        self.committed_txid = committed_txid
        shown = ", ".join(entities[:5]) + (", ..." if len(entities) > 5 else "")
        super().__init__(
            f"{shown} changed in transaction {committed_txid} since this one began;"
            " run the transaction again"
        )


class FlashbackConflictError(TransactionError):
    """Later transactions changed what is to be undone.

    Attributes:
        txid: of the transaction to undo.
        later: the txids in the way, ascending.
    """

    code = "Neo.ClientError.Transaction.FlashbackConflict"
    kind = "FlashbackConflictError"

    def __init__(self, txid: int, later: tuple[int, ...]) -> None:
        self.txid = txid
        self.later = later
        shown = ", ".join(map(str, later[:10])) + (", ..." if len(later) > 10 else "")
        super().__init__(
            f"transaction {txid} cannot be undone by itself: later transactions changed the same"
            f" ({shown}); undo those first, or say FORCE to overwrite what they did"
        )


class DeadlockError(TransactionError):
    """Two transactions wait for each other; this one was chosen to stop."""

    code = "Neo.TransientError.Transaction.DeadlockDetected"
    kind = "DeadlockError"
    retryable = True


class LockTimeoutError(TransactionError):
    """A lock was not free within `busy_timeout`."""

    code = "Neo.TransientError.Transaction.LockAcquisitionTimeout"
    kind = "LockTimeoutError"
    retryable = True


class TransactionClosedError(TransactionError):
    """The transaction was committed or rolled back already."""

    code = "Neo.ClientError.Transaction.TransactionNotFound"
    kind = "TransactionClosedError"


class HistoryPrunedError(TransactionError):
    """Retention or VACUUM let go of the moment that was asked for.

    Attributes:
        first_txid: the oldest transaction that there still is history of.
    """

    code = "Neo.ClientError.Transaction.HistoryPruned"
    kind = "HistoryPrunedError"

    def __init__(self, first_txid: int) -> None:
        self.first_txid = first_txid
        super().__init__(
            f"what was before transaction {first_txid} is no longer kept; retention let it go"
        )


class TransactionTerminatedError(TransactionError):
    """Somebody ended the transaction with TERMINATE TRANSACTIONS; what it did is undone."""

    code = "Neo.ClientError.Transaction.Terminated"
    kind = "TransactionTerminatedError"


class StorageError(NeuralGraphError):
    """The file or the disk."""

    code = "Neo.DatabaseError.General.StorageError"
    kind = "StorageError"
    phase = "runtime"


class NotADatabaseError(StorageError):
    """The file is not a neuralgraph database."""

    code = "Neo.ClientError.General.NotADatabase"
    kind = "NotADatabaseError"


class FormatVersionError(StorageError):
    """The file was written by a newer version, or needs a feature this one lacks."""

    code = "Neo.ClientError.General.FormatVersion"
    kind = "FormatVersionError"


class CorruptionError(StorageError):
    """Bytes are not what was written.

    Attributes:
        where: the file and the place in it, such as ``social.ngdb, block at 8192``.
    """

    code = "Neo.DatabaseError.General.Corruption"
    kind = "CorruptionError"

    def __init__(self, message: str, *, where: str = "") -> None:
        self.where = where
        super().__init__(f"{message} ({where})" if where else message)


class DatabaseLockedError(StorageError):
    """Another process holds the file."""

    code = "Neo.TransientError.General.DatabaseLocked"
    kind = "DatabaseLockedError"
    retryable = True


class DiskError(StorageError):
    """The disk refused a read, write or sync; what was acknowledged before is safe."""

    code = "Neo.DatabaseError.General.DiskError"
    kind = "DiskError"


class DumpError(StorageError):
    """A logical dump is damaged, or none at all.

    Attributes:
        line: which line of it, from 1.
        reason: what is wrong with it.
        is_data_kept: the data is in the graph all the same, without the indexes and constraints of the dump.
    """

    code = "Neo.ClientError.General.InvalidDump"
    kind = "DumpError"

    def __init__(self, reason: str, *, line: int, is_data_kept: bool = False) -> None:
        self.line = line
        self.reason = reason
        self.is_data_kept = is_data_kept
        if is_data_kept:
            reason = f"the data was restored, but not its indexes and constraints: {reason}"
        super().__init__(f"line {line} of the dump: {reason}")


class ClosedError(StorageError):
    """The graph was closed."""

    code = "Neo.ClientError.General.Closed"
    kind = "ClosedError"
