"""Aggregating functions: one accumulator a call, holding the state of all groups at once.

Nulls are skipped by every one of them; ``count(*)`` is `count` without arguments. DISTINCT is the
executor's: it hands over the rows that count. A batch is folded in with a few array operations where the
column is typed, and value by value where it is not.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.query.functions.aggregates.definitions import AGGREGATES, BY_NAME
else:
    __getattr__ = door(__name__, definitions="AGGREGATES BY_NAME")

__all__ = ["AGGREGATES", "BY_NAME"]
