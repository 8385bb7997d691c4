"""The physical plan: what planning gives to execution. Frozen dataclasses without logic.

Every operator but `Unit` and `Argument` has a source (`child`), and gives batches whose columns are its
`slots`, in order. Leaves too take a child: a scan or seek runs once for each row of its child, with the
row's columns in front of its own, so that a seek by a value of the row needs no other machinery.
Expressions are those of the syntax tree; a `Variable` in them names a slot of the child's output (or is
bound by a comprehension inside the expression). The planner makes slot names unique; names that no
query can write begin with a space.

An operator that passes on columns of its child gives exactly the columns named in its `slots`, in that order:
the planner leaves out those that nobody needs any more, and new ones that nobody looks at (even all of
them: then only the number of rows matters). This holds for every operator but Distinct, Eager, Skip, Limit
and UnionAll, whose slots are their child's.

A slot of kind NODE or EDGE holds ids and is only ever that entity or null; anything else is VALUE, which may
hold an entity as `NodeRef`, `EdgeRef` or `PathRef`.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from neuralgraph.query.language.syntax.expressions import Expression
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.access import Direction, IndexDefinition
    from neuralgraph.query.language.syntax.clauses import (
        CreateConstraint,
        CreateIndex,
        DropConstraint,
        DropIndex,
        RemoveItem,
        SetItem,
        Show,
        TimePoint,
    )
    from neuralgraph.query.language.syntax.patterns import LabelExpression

SlotKind = Literal["node", "edge", "value"]

ROW_SLOT = " row"
"""The slot that ties the rows of a batched inner plan to the outer rows; see `Apply`."""


@record
class Slot:
    """A column that an operator gives."""

    name: str
    kind: SlotKind


@record
class Operator:
    """One step.

    Attributes:
        slots: what it gives, in order.
        estimated_rows: what the planner expects; for EXPLAIN.
    """

    slots: tuple[Slot, ...] = field(kw_only=True)
    estimated_rows: float = field(default=1.0, compare=False, kw_only=True)


# ── where rows come from ──────────────────────────────────────────────────────────────────────


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
    """Nodes whose (first) indexed property lies in an interval, in order of it.

    A bound that is given and evaluates to null gives no rows; without bounds, all indexed values.

    Attributes:
        descending: in descending order of the property.
    """

    child: Operator
    variable: str
    index: IndexDefinition
    lower: Expression | None
    lower_inclusive: bool
    upper: Expression | None
    upper_inclusive: bool
    descending: bool = False


@record
class NodeIndexPrefix(Operator):
    """Nodes whose indexed property starts with a string."""

    child: Operator
    variable: str
    index: IndexDefinition
    prefix: Expression


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


# ── walking ───────────────────────────────────────────────────────────────────────────────────


@record
class Expand(Operator):
    """From a NODE slot along single edges; adds an EDGE and a NODE slot.

    Attributes:
        source: slot to start from; rows where it is null give nothing.
        edge, target: slots to add; `edge` may be None when nothing looks at it.
        different_from: EDGE slots (or VALUE slots holding lists of edges) of the same MATCH whose
            edges the new edge must not be. Null there forbids nothing.
        different_where: beside each of `different_from`, a NODE slot of the child that equals
            `source` in every row where the two edges could be the same; None where the planner
            knows of none. Rows where it differs from `source` need no comparison, so that a look
            at the input rows usually saves the comparison of the output rows.
        target_labels: labels that the target must carry, all of them.
    """

    child: Operator
    source: str
    edge: str | None
    target: str
    types: tuple[str, ...]
    direction: Direction
    different_from: tuple[str, ...] = ()
    target_labels: tuple[str, ...] = ()
    different_where: tuple[str | None, ...] = ()


@record
class ExpandInto(Operator):
    """Edges between two NODE slots that are there; adds an EDGE slot."""

    child: Operator
    source: str
    edge: str
    target: str
    types: tuple[str, ...]
    direction: Direction
    different_from: tuple[str, ...] = ()


@record
class ExpandVariable(Operator):
    """Along `min` to `max` edges, no edge twice on a path.

    Adds `edges`, a VALUE slot with the list of `EdgeRef` in pattern order (None when nothing looks
    at it), and `target`, unless `into`: then `target` is a slot of the child that must be reached.

    Attributes:
        max: None is unbounded.
        predicate: holds for each edge on the way; it sees the child's slots and `predicate_edge`.
        distinct_targets: nothing looks at the edges and duplicates do not count: each reachable
            target once a row (breadth first instead of walking every path). Only with `min` 0 or 1
            and without `different_from`. With direction ``both`` and `min` 1 the source itself is a target
            only where a trail leads back to it (no edge walked to and fro; a loop does).
        reversed: walk from `source` against the written order, so the list is turned round.
    """

    child: Operator
    source: str
    edges: str | None
    target: str
    types: tuple[str, ...]
    direction: Direction
    min: int
    max: int | None
    into: bool = False
    predicate: Expression | None = None
    predicate_edge: str | None = None
    different_from: tuple[str, ...] = ()
    target_labels: tuple[str, ...] = ()
    distinct_targets: bool = False
    reversed: bool = False


@record
class ShortestPath(Operator):
    """Shortest paths between two NODE slots; rows without one are dropped.

    Adds `path` (VALUE, a `PathRef`) and `edges` (VALUE, a list of `EdgeRef`), each when named.

    Attributes:
        all: every path of the least length, else one of them.
        min: 0 or 1.
        predicate: holds for each edge; it sees the child's slots and `predicate_edge`.
    """

    child: Operator
    source: str
    target: str
    path: str | None
    edges: str | None
    types: tuple[str, ...]
    direction: Direction
    min: int
    max: int | None
    all: bool
    predicate: Expression | None = None
    predicate_edge: str | None = None


@record
class EdgesReverify(Operator):
    """A list of edges that is bound already is matched again: ``()-[rs*]->()`` with `rs` known.

    Gives the rows where the list is a path in the pattern's direction; adds `source` and `target`.
    """

    child: Operator
    edges: str
    source: str
    target: str
    direction: Direction


@record
class EdgeEnds(Operator):
    """A bound EDGE slot is matched again: adds its ends in the pattern's direction.

    With ``both``, a row for each orientation (a loop once).
    """

    child: Operator
    edge: str
    source: str
    target: str
    types: tuple[str, ...]
    direction: Direction


# ── shaping rows ──────────────────────────────────────────────────────────────────────────────


@record
class Filter(Operator):
    """Rows where the predicate is true."""

    child: Operator
    predicate: Expression


@record
class Project(Operator):
    """New columns from expressions; `slots` are these and nothing else, one for each item."""

    child: Operator
    items: tuple[Expression, ...]


@record
class Extend(Operator):
    """The child's columns, and new ones behind them."""

    child: Operator
    items: tuple[Expression, ...]


@record
class Distinct(Operator):
    """Each different row once (openCypher equivalence: null equals null).

    Attributes:
        null_repeats_only: the rows are different already, but for rows of null: a hint that need not be
            taken. Only with one slot.
    """

    child: Operator
    null_repeats_only: bool = False


@record
class AggregateCall:
    """One aggregate: ``count(*)`` has no arguments and `star` set.

    Attributes:
        arguments: the value, then constants such as a percentile.
    """

    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False
    star: bool = False


@record
class Aggregate(Operator):
    """Groups by `keys`; gives a column for each key, then one for each call.

    Without keys there is always one row, even of no input.
    """

    child: Operator
    keys: tuple[Expression, ...]
    calls: tuple[AggregateCall, ...]


@record
class SortKey:
    """One key of an order."""

    expression: Expression
    descending: bool


@record
class Sort(Operator):
    """Stable, in openCypher's total order."""

    child: Operator
    keys: tuple[SortKey, ...]


@record
class Top(Operator):
    """The first `skip` + `limit` rows of the sorted input, without the first `skip`."""

    child: Operator
    keys: tuple[SortKey, ...]
    limit: Expression
    skip: Expression | None = None


@record
class Skip(Operator):
    """All but the first rows."""

    child: Operator
    count: Expression


@record
class Limit(Operator):
    """The first rows; then it stops its child, unless the child writes (`drain`: run it to the end)."""

    child: Operator
    count: Expression
    drain: bool = False


@record
class UnwindList(Operator):
    """A row for each element of a list; adds a VALUE slot."""

    child: Operator
    source: Expression
    variable: str


@record
class Eager(Operator):
    """Takes everything from the child before it gives anything."""

    child: Operator


# ── combining ─────────────────────────────────────────────────────────────────────────────────


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


# ── writing ───────────────────────────────────────────────────────────────────────────────────


@record
class NodeToCreate:
    """A node of CREATE or MERGE; `properties` is a map expression or None."""

    variable: str
    labels: LabelExpression | None
    properties: Expression | None


@record
class EdgeToCreate:
    """An edge of CREATE or MERGE; `edge_type` is one name, or dynamic."""

    variable: str
    edge_type: LabelExpression
    source: str
    target: str
    properties: Expression | None


@record
class CreateEntities(Operator):
    """Creates nodes and edges for each row, in the order given; adds a slot for each."""

    child: Operator
    entities: tuple[NodeToCreate | EdgeToCreate, ...]


@record
class MergePath(Operator):
    """For each row in turn: the rows of `match`; where there are none, creates `entities`.

    `match` begins with `Argument`, and is run anew for each row, so that it sees what earlier rows
    created. `slots` are those of the child and then the merged ones, which `match` gives too.
    """

    child: Operator
    match: Operator
    entities: tuple[NodeToCreate | EdgeToCreate, ...]
    on_create: tuple[SetItem, ...]
    on_match: tuple[SetItem, ...]


@record
class SetItems(Operator):
    """SET; passes the rows on."""

    child: Operator
    items: tuple[SetItem, ...]


@record
class RemoveItems(Operator):
    """REMOVE; passes the rows on."""

    child: Operator
    items: tuple[RemoveItem, ...]


@record
class DeleteEntities(Operator):
    """DELETE: all rows are read, then edges go, then nodes; passes the rows on."""

    child: Operator
    expressions: tuple[Expression, ...]
    detach: bool


@record
class ForeachApply(Operator):
    """Runs `inner` (which begins with `Argument`) for each element; passes the outer rows on."""

    child: Operator
    inner: Operator
    source: Expression
    variable: str


# ── calling out ───────────────────────────────────────────────────────────────────────────────


@record
class ProcedureCall(Operator):
    """Calls a procedure for each row; adds a VALUE slot for each of `columns` (the procedure's names).

    A procedure without result columns passes the rows through.

    Attributes:
        columns: the procedure's own names of the columns wanted.
        names: beside each of `columns`, the name of the slot.
        writes: may it change the graph?
    """

    child: Operator
    procedure: str
    arguments: tuple[Expression, ...]
    columns: tuple[str, ...]
    names: tuple[str, ...] = ()
    writes: bool = False


@record
class LoadCsvRows(Operator):
    """A row for each line of a CSV file; adds a VALUE slot: a map with headers, else a list."""

    child: Operator
    source: Expression
    variable: str
    headers: bool
    terminator: str


@record
class SchemaChange(Operator):
    """Creates or drops an index or a constraint; no rows."""

    command: CreateIndex | DropIndex | CreateConstraint | DropConstraint


@record
class ShowRows(Operator):
    """SHOW INDEXES and the like: rows of the catalogue, under the column names of Neo4j 5."""

    command: Show


@record
class AtTime(Operator):
    """Runs `child` on the graph as it was then; the expression sees parameters only."""

    child: Operator
    moment: TimePoint


# ── expressions that only plans have ──────────────────────────────────────────────────────────


@record
class PathOf(Expression):
    """A path from slots, in walking order: node, edge or list of edges, node, ...

    Null when any of them is. `steps` names NODE slots at even places; where a list of edges stands
    at an odd place, the nodes between are read from the edges.
    """

    steps: tuple[str, ...]


@record
class AsEntity(Expression):
    """A value that must be a node (an edge), as a NODE (EDGE) column: for a slot of that kind.

    Null stays null; anything else that is not such an entity raises `QueryTypeError`.
    """

    operand: Expression
    kind: Literal["node", "edge"]


@record
class EdgeWhere(Expression):
    """The EDGE slot `edge` in rows where the NODE slots `left` and `right` are equal, else null.

    For a slot of kind EDGE; made by the rule for frontiers.
    """

    edge: str
    left: str
    right: str


@record
class DegreeOf(Expression):
    """How many edges an `Expand` from a NODE slot would give: INTEGER, 0 where the slot is null.

    Without its target labels and whatever it forbids; made by the rule for counts.
    """

    node: str
    types: tuple[str, ...]
    direction: Direction


@record
class PlanExpression(Expression):
    """A value that takes a plan to find, inside an expression where it could not be made an `Apply`.

    EXISTS { }, COUNT { }, COLLECT { }, a pattern predicate or comprehension, a shortest path.
    `plan` begins with `Argument` over the slots it needs (a name bound by a comprehension round the
    expression may be among them). Batched as `Apply` is, by ``" row"`` among `plan.slots`.

    Attributes:
        collected: for ``collect``, the slot whose values make the list; for ``first``, the slot whose value
            in the first row is the result, null when there is no row.
    """

    plan: Operator
    kind: Literal["exists", "count", "collect", "first"]
    collected: str | None = None


@record
class Plan:
    """A whole statement, ready to run.

    Attributes:
        root: its slots are the result's columns, in order.
        columns: the result's column names (slots may be named otherwise).
        writes: does any operator write? Then it needs a writer.
        changes_schema: is it a schema command?
        returns_rows: False where the statement ends in an updating clause.
        parameters: names of the parameters that it reads.
        effects: what procedures and functions in it do beyond reading.
    """

    root: Operator
    columns: tuple[str, ...]
    writes: bool
    changes_schema: bool
    returns_rows: bool
    parameters: frozenset[str]
