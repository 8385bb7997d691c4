"""The plan of a whole statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.errors import Span
    from neuralgraph.query.planning.plan.operator import Operator


@record
class Plan:
    """A whole statement, ready to run.

    Attributes:
        root: its slots are the result's columns, in order.
        columns: the result's column names (slots may be named otherwise).
        writes: does any operator write? Then it needs a writer.
        changes_schema: is it a schema command?
        returns_rows: False where the statement ends in an updating clause.
        parameters: names of the parameters that it reads, and where each stands first.
        administers: does it change anything beside the graph's data, by a procedure or TERMINATE?
        in_transactions: does it hold a ``CALL { } IN TRANSACTIONS``? Then it runs outside of any other.
    """

    root: Operator
    columns: tuple[str, ...]
    writes: bool
    changes_schema: bool
    returns_rows: bool
    parameters: Mapping[str, Span]
    administers: bool = False
    in_transactions: bool = False
