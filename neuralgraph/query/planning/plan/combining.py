"""Putting plans together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from neuralgraph.query.planning.plan.operator import Operator
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax.expressions import Expression


@record
class Apply(Operator):
    """`inner` for the rows of `outer`; inside it `Argument` gives those rows.

    Where `inner.slots` holds the VALUE slot ``" row"`` (`ROW_SLOT`), a batch of outer rows is given to
    `inner` at once: `Argument` adds the slot with the row's place in the batch (0, 1, ...), and each
    row that comes out carries it. Else `inner` runs once for each outer row. Of `slots`, those that
    `outer` has come from the outer row, the others from `inner`; an inner slot of the same name as an
    outer one means nothing.

    Attributes:
        kind: ``inner``: every row of inner; ``optional``: and for outer rows without one, a row of
            nulls; ``semi`` / ``anti``: outer rows for which inner gives some / no row; ``mark``: every
            outer row, with the boolean slot `name`; ``count``: every outer row, with the number of
            inner rows in `name`; ``collect``: with the list of the values of inner's slot `collected`.
    """

    outer: Operator
    inner: Operator
    kind: Literal["inner", "optional", "semi", "anti", "mark", "count", "collect"]
    name: str | None = None
    collected: str | None = None


@record
class HashJoin(Operator):
    """Rows of both sides whose slots named in `on` are equal (ids or values; null joins nothing).

    Gives the left's slots, then those of the right that are not in `on`.
    """

    left: Operator
    right: Operator
    on: tuple[str, ...]


@record
class CrossJoin(Operator):
    """Every row of the left with every row of the right; the right is run once."""

    left: Operator
    right: Operator


@record
class UnionAll(Operator):
    """Rows of each part in turn; all have the same slot names.

    `first_only`: those of the first part that has any; the parts behind it are not asked.
    """

    parts: tuple[Operator, ...]
    first_only: bool = False


@record
class ApplyInTransactions(Operator):
    """`inner` for the rows of `outer`, so many rows in a transaction of their own each.

    All rows of `outer` are taken first. Afterwards the statement reads what the transactions committed.

    Attributes:
        rows: how many outer rows go into one transaction; None is a thousand.
        on_error: ``FAIL`` ends the statement; ``CONTINUE`` and ``BREAK`` give nulls for the rows of the
            transaction that failed, and ``BREAK`` runs no further ones.
        retry, retry_s: run a transaction again that failed for a reason that may pass (another one was
            first, a lock was taken), for so many seconds; None is thirty.
        returns: rows of inner are joined to theirs; else each outer row passes once.
        status: VALUE slot to add, a map for each row: started, committed, transactionId, errorMessage.
    """

    outer: Operator
    inner: Operator
    rows: Expression | None
    on_error: Literal["FAIL", "CONTINUE", "BREAK"]
    returns: bool
    optional: bool = False
    status: str | None = None
    retry: bool = False
    retry_s: Expression | None = None
