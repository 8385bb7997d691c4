"""Walking along edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from neuralgraph.query.planning.plan.operator import Operator
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.access import Direction
    from neuralgraph.query.language.syntax.expressions import Expression


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


@record
class Repeat(Operator):
    """A pattern of several relationships walked again and again: a quantified path.

    `inner` is one round of it. Its `Argument` gives the child's slots and the NODE slot `start`; it finds the
    NODE slot `end`, from where the next round begins, and the slots named in `edges`. No edge is in a walk
    twice.

    Attributes:
        source: slot of the child to start from; rows where it is null give nothing.
        walk: VALUE slot to add: the list of all edges, in pattern order.
        target: NODE slot to add; with `into` a slot of the child that must be reached.
        edges: EDGE slots (or VALUE slots with lists of edges) of the inner plan, in pattern order.
        variables: pairs of an inner slot and the VALUE slot to add: the list of what it was in each round.
        min, max: rounds; max None is unbounded.
        reversed: rounds go against the written order, so lists are turned round.
        select: which walks to keep for each row: the ``count`` ``shortest``, or with ``groups`` all of
            the first ``count`` lengths; only with `into`, and rounds of one length.
        count: see `select`.
        repeatable: an edge may be in a walk twice.
    """

    child: Operator
    inner: Operator
    source: str
    start: str
    end: str
    walk: str
    target: str
    edges: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    min: int
    max: int | None
    into: bool = False
    reversed: bool = False
    select: Literal["shortest", "groups"] | None = None
    count: int = 0
    repeatable: bool = False


@record
class KeepShortest(Operator):
    """Of the rows that agree in `keys`, the shortest ones; rows of one length as they come.

    Attributes:
        keys: NODE slots.
        edges: EDGE slots, each of length one, and VALUE slots with lists of edges: what length is.
        select, count: as for `Repeat`.
    """

    child: Operator
    keys: tuple[str, ...]
    edges: tuple[str, ...]
    select: Literal["shortest", "groups"]
    count: int


@record
class Arm:
    """One step away from a node.

    Attributes:
        labels: what the node at the other end must carry, all of them.
    """

    types: tuple[str, ...]
    direction: Direction
    labels: tuple[str, ...]


@record
class PathCount(Operator):
    """How often a path of one or two steps occurs, from degrees: one row, one INTEGER.

    The path is seen from its middle: `arms` lead away from a node that carries `labels`. With one
    arm, from its beginning.

    Attributes:
        different: the two arms must not take the same edge.
    """

    child: Operator
    labels: tuple[str, ...]
    arms: tuple[Arm, ...]
    different: bool


@record
class TriangleCount(Operator):
    """How often a triangle of edges of the same types occurs: one row, one INTEGER.

    Attributes:
        child: the triangles themselves: counted one by one where the graph is not simple (a loop,
            or two edges from one node to another), or where a node of it lacks one of `labels`.
        labels: labels that some corner of the pattern must carry.
        sides: of the three edges the corners that it leads from and to, by number; the third says whether
            it may also lead the other way.
    """

    child: Operator
    types: tuple[str, ...]
    labels: tuple[str, ...]
    sides: tuple[tuple[int, int, bool], ...]
