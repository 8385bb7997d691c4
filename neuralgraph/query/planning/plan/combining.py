"""Putting plans together."""

from __future__ import annotations

from typing import Literal

from neuralgraph.query.planning.plan.operator import Operator
from neuralgraph.values.records import record


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
    """Rows of each part in turn; all have the same slot names."""

    parts: tuple[Operator, ...]
