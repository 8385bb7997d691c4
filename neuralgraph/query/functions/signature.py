"""What a function is: its name, what it takes and gives, and how it is computed.

A function has one meaning and up to two ways to compute it. `scalar` takes plain Python values (the list
form of a column) and is always there; `kernel` takes whole columns and is there for the ones worth it. The
two must agree on every input that the kernel accepts (a property test compares them); the kernel may
return None to say "not these kinds", and the executor falls back to `scalar`, row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.access import GraphReader
    from neuralgraph.values import Column

ANY_TYPE = "ANY"
GRAPH_NAME = "neo4j"
"""What the one graph is called where a name is asked for: what clients of Neo4j call theirs."""
OWN = "Own"
"""Category of the functions that users register; no other is theirs."""


def _no_limit(_count: int) -> None:
    """Nobody minds."""


@record
class CallContext:
    """What a function may look at beside its arguments.

    Attributes:
        reader: the statement's snapshot; None in constant folding (then functions that need it are
            not called).
        now_ns: the statement's clock, nanoseconds since 1970-01-01T00:00Z; the same all through it.
        random: uniform in [0, 1).
        reserve: what makes something large calls it, before and again as it grows, with the bytes that
            it will hold: it raises when the statement is to stop, or may not hold so much.
        note: tells PROFILE how the function goes about it; None: nobody profiles.
    """

    reader: GraphReader
    now_ns: int
    random: Callable[[], float]
    reserve: Callable[[int], object] = _no_limit
    note: Callable[[str], object] | None = None


@record
class Function:
    """A scalar function.

    Attributes:
        name: as the manual writes it, with its namespace: ``toUpper``, ``point.distance``. Looked up
            without regard to case.
        parameters: openCypher type names of the parameters, such as ``("STRING", "INTEGER")``;
            ``ANY`` for anything, ``LIST``, ``MAP``, ``NODE``, ``RELATIONSHIP``, ``PATH``, ``NUMBER``,
            alternatives joined by ``|``. Static types are checked against them at compile time.
        required: how many must be given; the rest are optional.
        variadic: the last parameter may repeat.
        result: type name of the result, ``ANY`` when it depends.
        scalar: ``scalar(context, *values)``; entities are `NodeRef`, `EdgeRef`, `PathRef`.
        kernel: ``kernel(context, *columns)`` or None; NODE and EDGE columns come as they are.
        null_in_null_out: any null argument gives null, and `scalar` is not called.
        deterministic: may be folded when its arguments are constant.
        stable: gives the same for the same arguments all through one statement, so that a call that
            depends on no row need be computed only once a run; the clock is stable, chance is not.
        grows: its result may be much larger than its arguments; then `scalar` calls ``context.reserve``
            before it makes something large.
        by_columns: it is made for whole columns, and gets a batch at once however few rows that has.
        writes: it changes something, so a statement that calls it counts as one that writes.
        description: one line for SHOW FUNCTIONS.
        category: such as ``String``, ``Temporal``.
    """

    name: str
    parameters: tuple[str, ...]
    result: str
    scalar: Callable[..., Any]
    required: int = -1
    variadic: bool = False
    kernel: Callable[..., Column | None] | None = None
    null_in_null_out: bool = True
    deterministic: bool = True
    stable: bool = True
    grows: bool = False
    by_columns: bool = False
    writes: bool = False
    description: str = ""
    category: str = "Scalar"

    @property
    def required_count(self) -> int:
        """How many arguments must be given."""
        return len(self.parameters) if self.required < 0 else self.required


class Accumulator(Protocol):
    """The running state of an aggregate over many groups at once."""

    def add(self, groups: Any, group_count: int, arguments: Sequence[Column]) -> None:
        """Take a batch.

        Args:
            groups: int64 array of shape (rows,): the group of each row, 0..group_count-1.
            group_count: how many groups there are so far; it never shrinks.
            arguments: the argument columns, nulls included; the accumulator skips them.
        """
        ...

    def finish(self, group_count: int) -> Column:
        """The result for each group; shape (group_count,)."""
        ...


@record
class AggregateFunction:
    """An aggregating function; DISTINCT is the executor's business."""

    name: str
    parameters: tuple[str, ...]
    result: str
    make: Callable[[], Accumulator]
    description: str = ""
