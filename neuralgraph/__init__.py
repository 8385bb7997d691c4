"""neuralgraph: an embeddable property-graph database for Python.

Where things are, from the bottom up: `errors` (every exception), `config` (options), `values` (what flows
through every box), `access` (the seam between the two stacks), `query` (text to rows), `storage` (commits
to bytes), `api` (what users hold) and `cli`. ARCHITECTURE.md has the picture and three walks.

Everything but the errors is loaded when it is first asked for, so that importing the package costs nearly
nothing.

    import neuralgraph

    with neuralgraph.open("social.ngdb") as graph:
        graph.execute("CREATE (:Person {name: $name})", name="Ada")
        for record in graph.execute("MATCH (p:Person) RETURN p.name AS name"):
            print(record["name"])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import (
    AccessModeError,
    ClosedError,
    ConflictError,
    ConstraintVerificationError,
    ConstraintViolationError,
    CorruptionError,
    DatabaseLockedError,
    DatabaseNotFoundError,
    DeadlockError,
    DiskError,
    DumpError,
    EntityNotFoundError,
    FlashbackConflictError,
    FormatVersionError,
    HistoryPrunedError,
    LockTimeoutError,
    MemoryLimitError,
    NeuralGraphError,
    NotADatabaseError,
    OptionError,
    ParameterMissingError,
    ProcedureError,
    PropertyNotFoundError,
    QueryArgumentError,
    QueryArithmeticError,
    QueryCancelledError,
    QueryError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryTypeError,
    SchemaError,
    SemanticError,
    StorageError,
    TextQueryError,
    TransactionClosedError,
    TransactionError,
    TransactionTerminatedError,
    VectorError,
)

if TYPE_CHECKING:
    from neuralgraph.api import (
        CallingTransaction,
        DumpReport,
        Graph,
        GraphInfo,
        LoadReport,
        PastGraph,
        Record,
        Result,
        Schema,
        Subgraph,
        Summary,
        Transaction,
        restore,
    )
    from neuralgraph.api import open_graph as open  # noqa: A004 - users write neuralgraph.open
    from neuralgraph.values import Node, Path, Relationship
    from neuralgraph.values.instants import (
        Date,
        DateTime,
        Duration,
        LocalDateTime,
        LocalTime,
        Time,
    )
    from neuralgraph.values.points import Point

__version__ = "0.1.0"

__all__ = [
    "AccessModeError",
    "CallingTransaction",
    "ClosedError",
    "ConflictError",
    "ConstraintVerificationError",
    "ConstraintViolationError",
    "CorruptionError",
    "DatabaseLockedError",
    "DatabaseNotFoundError",
    "Date",
    "DateTime",
    "DeadlockError",
    "DiskError",
    "DumpError",
    "DumpReport",
    "Duration",
    "EntityNotFoundError",
    "FlashbackConflictError",
    "FormatVersionError",
    "Graph",
    "GraphInfo",
    "HistoryPrunedError",
    "LoadReport",
    "LocalDateTime",
    "LocalTime",
    "LockTimeoutError",
    "MemoryLimitError",
    "NeuralGraphError",
    "Node",
    "NotADatabaseError",
    "OptionError",
    "ParameterMissingError",
    "PastGraph",
    "Path",
    "Point",
    "ProcedureError",
    "PropertyNotFoundError",
    "QueryArgumentError",
    "QueryArithmeticError",
    "QueryCancelledError",
    "QueryError",
    "QuerySyntaxError",
    "QueryTimeoutError",
    "QueryTypeError",
    "Record",
    "Relationship",
    "Result",
    "Schema",
    "SchemaError",
    "SemanticError",
    "StorageError",
    "Subgraph",
    "Summary",
    "TextQueryError",
    "Time",
    "Transaction",
    "TransactionClosedError",
    "TransactionError",
    "TransactionTerminatedError",
    "VectorError",
    "open",
    "restore",
]

_HOMES = {
    "neuralgraph.api": (
        "CallingTransaction",
        "DumpReport",
        "Graph",
        "GraphInfo",
        "LoadReport",
        "PastGraph",
        "Record",
        "Result",
        "Schema",
        "Subgraph",
        "Summary",
        "Transaction",
        "restore",
    ),
    "neuralgraph.values": ("Node", "Path", "Relationship"),
    "neuralgraph.values.instants": (
        "Date",
        "DateTime",
        "Duration",
        "LocalDateTime",
        "LocalTime",
        "Time",
    ),
    "neuralgraph.values.points": ("Point",),
}
_PLACES = {name: (module, name) for module, names in _HOMES.items() for name in names}
_PLACES["open"] = ("neuralgraph.api", "open_graph")


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    value = globals()[name] = getattr(import_module(module), attribute)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
