"""Aggregating functions: one accumulator a call, holding the state of all groups at once.

Nulls are skipped by every one of them; ``count(*)`` is `count` without arguments. DISTINCT is the
executor's: it hands over the rows that count. A batch is folded in with a few array operations where the
column is typed, and value by value where it is not.
"""

from neuralgraph.query.functions.aggregates.definitions import AGGREGATES

__all__ = ["AGGREGATES"]
