"""Where rows come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.query.planning.plan.operator import Operator
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.access import Direction, IndexDefinition
    from neuralgraph.query.language.syntax.expressions import Expression


@record
class Unit(Operator):
    """One row without columns."""


@record
class Argument(Operator):
    """Inside the inner side of an apply: the rows of the outer side, with the slots named."""


@record
class NodeScan(Operator):
    """All nodes, or all with a label, for each row of the child; adds one NODE slot."""

    child: Operator
    variable: str
    label: str | None


@record
class NodeById(Operator):
    """Nodes whose id is in a list (or is a single integer); duplicates in the list count once."""

    child: Operator
    variable: str
    ids: Expression


@record
class EdgeById(Operator):
    """Edges by id, with their ends; adds EDGE, and NODE slots for `source` and `target`."""

    child: Operator
    variable: str
    source: str
    target: str
    ids: Expression
    direction: Direction
    types: tuple[str, ...]


@record
class EdgeScan(Operator):
    """All edges of some types (empty: all), with their ends.

    Attributes:
        direction: ``out``: `source` is the stored source; ``in``: the other way round; ``both``: each
            edge once in either orientation (a loop once).
    """

    child: Operator
    variable: str
    source: str
    target: str
    types: tuple[str, ...]
    direction: Direction


@record
class NodeIndexSeek(Operator):
    """Nodes whose indexed properties equal `values` (a prefix of the index's keys)."""

    child: Operator
    variable: str
    index: IndexDefinition
    values: tuple[Expression, ...]


@record
class NodeIndexIn(Operator):
    """Nodes whose (only) indexed property equals an element of a list; each node once."""

    child: Operator
    variable: str
    index: IndexDefinition
    values: Expression


@record
class NodeIndexRange(Operator):
    """Nodes whose indexed property lies in an interval, in order of it.

    It is the first property of the index, or the one behind those that are asked for by `equal`.
    A bound that is given and evaluates to null gives no rows; without bounds, all indexed values.

    Attributes:
        equal: values of the first properties.
        descending: in descending order of the property.
    """

    child: Operator
    variable: str
    index: IndexDefinition
    lower: Expression | None
    lower_inclusive: bool
    upper: Expression | None
    upper_inclusive: bool
    equal: tuple[Expression, ...] = ()
    descending: bool = False


@record
class NodeIndexPrefix(Operator):
    """Nodes whose indexed property (as in `NodeIndexRange`) starts with a string."""

    child: Operator
    variable: str
    index: IndexDefinition
    prefix: Expression
    equal: tuple[Expression, ...] = ()


@record
class EdgeIndexSeek(Operator):
    """Edges by an index, with their ends, as `EdgeScan` gives them; equality only."""

    child: Operator
    variable: str
    source: str
    target: str
    index: IndexDefinition
    values: tuple[Expression, ...]
    direction: Direction
