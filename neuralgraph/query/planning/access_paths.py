"""Ways to find the nodes of a pattern from nothing: by id, by index, by label, all of them.

Each way says how many rows it gives and which predicates it makes good, so that they need not be asked
again. Values to seek by may come from any slot that is bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from neuralgraph.query.language.syntax import (
    Binary,
    Comparison,
    FunctionCall,
    IsNull,
    ListComprehension,
    ListLiteral,
    MapProjectionItem,
    Property,
    Variable,
)
from neuralgraph.query.planning.choices import (
    alternatives,
    found_by_any,
    is_choice,
)
from neuralgraph.query.planning.estimates import CLOSED_RANGE, LIST_LENGTH, PREFIX, RANGE
from neuralgraph.query.planning.operators import added
from neuralgraph.query.planning.plan import (
    NodeById,
    NodeIndexIn,
    NodeIndexPrefix,
    NodeIndexRange,
    NodeIndexSeek,
    NodeScan,
)
from neuralgraph.query.planning.walking import PLANNED, contains, needs
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralgraph.access import CatalogReader, IndexDefinition
    from neuralgraph.query.language.syntax import Expression
    from neuralgraph.query.planning.estimates import Estimates
    from neuralgraph.query.planning.plan import Operator

SPLITS_MAX: Final = 2
"""A way for each alternative of a predicate, and for each of those one for each of another."""
CHOICE_FACTOR: Final = 1.5
"""A row found in one of several ways costs so much more, as it may be found again in another."""
_LOWERED: Final = (*PLANNED, MapProjectionItem)
"""What has to be planned itself before it can be sought by: not in several ways."""
_MIRRORED: Final = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_REFUSE_NULL: Final = (*_MIRRORED, "<>", "IN", "STARTS WITH", "ENDS WITH", "CONTAINS", "=~")
"""Operators that are not true of null."""
_IDS: Final = ("id", "elementid")


@record
class AccessPath:
    """One way to find a node.

    Attributes:
        rows: expected for each row of the child.
        build: puts the operator on a child.
        answered: predicates that hold for what it gives.
        labels: labels that what it gives is known to carry.
        uses: bound names that it looks at.
        is_seek: not all nodes of a label are looked at.
        ways: where it is several ways together, those.
    """

    rows: float
    build: Callable[[Operator], Operator]
    answered: tuple[Expression, ...] = ()
    labels: tuple[str, ...] = ()
    uses: frozenset[str] = frozenset()
    is_seek: bool = True
    ways: tuple[AccessPath, ...] = ()


@record
class _Leading:
    """What the first properties of an index equal, and the predicates that say so."""

    values: tuple[Expression, ...] = ()
    answered: tuple[Expression, ...] = ()


@dataclass(slots=True)
class _Wanted:
    """What predicates say of one property of a node: the value, and the predicate that says so.

    It is said at all only of a property that is not null.
    """

    equal: list[tuple[Expression, Expression]] = field(default_factory=list)
    among: list[tuple[Expression, Expression]] = field(default_factory=list)
    lower: list[tuple[Expression, bool, Expression]] = field(default_factory=list)
    upper: list[tuple[Expression, bool, Expression]] = field(default_factory=list)
    prefix: list[tuple[Expression, Expression]] = field(default_factory=list)


class AccessPaths:
    """Finds the ways to one node."""

    def __init__(self, catalog: CatalogReader, estimates: Estimates) -> None:
        self._estimates = estimates
        self._indexes = [
            index
            for index in catalog.indexes()
            if index.entity == "node" and index.kind in ("range", "text")
        ]

    def best(
        self,
        name: str,
        labels: tuple[str, ...],
        predicates: Sequence[Expression],
        bound: frozenset[str],
        *,
        splits: int = SPLITS_MAX,
    ) -> AccessPath:
        """The cheapest way.

        Args:
            name: slot for the node.
            labels: labels that it must carry.
            predicates: all that are still to be asked; only those about the node and bound names help.
            bound: names that a value to seek by may use.
            splits: so many choices may be taken apart, one inside the other.
        """
        paths = self._seeks(name, labels, predicates, bound)
        paths.append(self._scan(name, labels))
        best = min(paths, key=lambda path: path.rows)
        if splits:
            for predicate in predicates:
                if is_choice(predicate):
                    found = self._by_any(
                        name, labels, predicate, predicates, bound, best.rows, splits - 1
                    )
                    best = found or best
        return best

    def _by_any(
        self,
        name: str,
        labels: tuple[str, ...],
        choice: Expression,
        predicates: Sequence[Expression],
        bound: frozenset[str],
        rows_max: float,
        splits: int,
    ) -> AccessPath | None:
        """A way for each alternative of a predicate; None where that is not better than `rows_max` rows."""
        others = [p for p in predicates if p is not choice and not contains(p, _LOWERED)]
        options = [] if contains(choice, _LOWERED) else alternatives(name, choice)
        paths: list[AccessPath] = []
        rows = 0.0
        for option in options:
            wanted = labels + tuple(label for label in option.labels if label not in labels)
            asked = [*option.predicates, *others]
            path = self.best(name, wanted, asked, bound, splits=splits)
            rows += path.rows
            if rows * CHOICE_FACTOR > rows_max:
                return None
            paths.append(path)
        if not paths:
            return None
        answered = [p for p in others if all(p in path.answered for path in paths)]
        if all(
            option.is_answered_by(path.answered, path.labels)
            for option, path in zip(options, paths, strict=True)
        ):
            answered.append(choice)
        uses = frozenset[str]().union(*(path.uses for path in paths))
        ways = tuple(way for path in paths for way in path.ways or (path,))
        return AccessPath(
            rows,
            lambda child: found_by_any(child, name, [way.build for way in ways], uses),
            tuple(answered),
            tuple(label for label in paths[0].labels if all(label in p.labels for p in paths)),
            uses,
            is_seek=all(path.is_seek for path in paths),
            ways=ways,
        )

    def _scan(self, name: str, labels: tuple[str, ...]) -> AccessPath:
        label = min(labels, key=self._estimates.nodes, default=None)
        rows = self._estimates.nodes(label)

        def build(child: Operator) -> Operator:
            return NodeScan(
                slots=added(child, (name, "node")),
                estimated_rows=child.estimated_rows * rows,
                child=child,
                variable=name,
                label=label,
            )

        return AccessPath(rows, build, (), () if label is None else (label,), is_seek=False)

    def _seeks(
        self,
        name: str,
        labels: tuple[str, ...],
        predicates: Sequence[Expression],
        bound: frozenset[str],
    ) -> list[AccessPath]:
        universe = bound | {name}
        wanted: dict[str, _Wanted] = {}
        paths: list[AccessPath] = []
        for predicate in predicates:
            if not needs(predicate, universe) or name not in needs(predicate, universe):
                continue
            by_id = self._by_id(name, predicate, bound)
            if by_id is not None:
                paths.append(by_id)
            else:
                _collect(name, predicate, wanted)
        for index in self._indexes:
            if index.label in labels:
                paths += self._by_index(name, index, wanted, bound)
        return paths

    def _by_id(self, name: str, predicate: Expression, bound: frozenset[str]) -> AccessPath | None:
        sides = _sides(predicate)
        if sides is None:
            return None
        operator, left, right = sides
        if operator == "=" and _id_function(right, name):
            left, right = right, left
        function = _id_function(left, name)
        if function is None or operator not in ("=", "IN") or not _is_given(right, name, bound):
            return None
        ids = right
        if function == "elementid":
            # Text to number loses nothing that matters: the predicate itself is asked again.
            each = Variable(" id")
            ids = FunctionCall("toInteger", (right,))
            if operator == "IN":
                item = FunctionCall("toInteger", (each,))
                ids = ListComprehension(each.name, right, None, item)

        rows = 1.0 if operator == "=" else _length(right)

        def build(child: Operator) -> Operator:
            return NodeById(
                slots=added(child, (name, "node")),
                estimated_rows=child.estimated_rows * rows,
                child=child,
                variable=name,
                ids=ids,
            )

        answered = (predicate,) if function == "id" else ()
        return AccessPath(rows, build, answered, (), needs(right, bound))

    def _by_index(
        self,
        name: str,
        index: IndexDefinition,
        wanted: dict[str, _Wanted],
        bound: frozenset[str],
    ) -> list[AccessPath]:
        # An index of several keys holds only nodes that have them all.
        if not all(key in wanted for key in index.keys):
            return []
        found: list[AccessPath] = []
        first = wanted[index.keys[0]]
        if index.kind == "text":
            return self._starting(name, index, first, bound, _Leading())
        leading = _leading(name, index, wanted, bound)
        if leading.values:
            found.append(self._equality(name, index, leading, bound))
        if len(index.keys) == 1:
            found += self._among(name, index, first, bound)
            leading = _Leading()
        if len(leading.values) < len(index.keys):
            following = wanted[index.keys[len(leading.values)]]
            found += self._between(name, index, following, bound, leading)
            found += self._starting(name, index, following, bound, leading)
        return found

    def _equality(
        self, name: str, index: IndexDefinition, leading: _Leading, bound: frozenset[str]
    ) -> AccessPath:
        width = len(leading.values)
        whole = width == len(index.keys)
        rows = self._estimates.seek(index) if whole else self._estimates.seek_part(index, width)

        def build(child: Operator) -> Operator:
            return NodeIndexSeek(
                slots=added(child, (name, "node")),
                estimated_rows=child.estimated_rows * rows,
                child=child,
                variable=name,
                index=index,
                values=leading.values,
            )

        uses = _used(leading.values, bound)
        return AccessPath(rows, build, leading.answered, index.labels, uses)

    def _among(
        self, name: str, index: IndexDefinition, first: _Wanted, bound: frozenset[str]
    ) -> list[AccessPath]:
        for values, predicate in first.among:
            if not _is_given(values, name, bound):
                continue
            rows = self._estimates.seek_among(index, _length(values))

            def build(
                child: Operator, *, values: Expression = values, rows: float = rows
            ) -> Operator:
                return NodeIndexIn(
                    slots=added(child, (name, "node")),
                    estimated_rows=child.estimated_rows * rows,
                    child=child,
                    variable=name,
                    index=index,
                    values=values,
                )

            return [AccessPath(rows, build, (predicate,), index.labels, needs(values, bound))]
        return []

    def _between(
        self,
        name: str,
        index: IndexDefinition,
        about: _Wanted,
        bound: frozenset[str],
        leading: _Leading,
    ) -> list[AccessPath]:
        lower = next((b for b in about.lower if _is_given(b[0], name, bound)), None)
        upper = next((b for b in about.upper if _is_given(b[0], name, bound)), None)
        if lower is None and upper is None:
            return []
        answered = tuple(limit[2] for limit in (lower, upper) if limit is not None)
        fraction = CLOSED_RANGE if len(answered) == 2 else RANGE
        rows = self._estimates.seek_part(index, len(leading.values), fraction)

        def build(child: Operator) -> Operator:
            return NodeIndexRange(
                slots=added(child, (name, "node")),
                estimated_rows=child.estimated_rows * rows,
                child=child,
                variable=name,
                index=index,
                lower=None if lower is None else lower[0],
                lower_inclusive=lower is not None and lower[1],
                upper=None if upper is None else upper[0],
                upper_inclusive=upper is not None and upper[1],
                equal=leading.values,
            )

        limits = tuple(limit[0] for limit in (lower, upper) if limit is not None)
        uses = _used((*leading.values, *limits), bound)
        return [AccessPath(rows, build, leading.answered + answered, index.labels, uses)]

    def _starting(
        self,
        name: str,
        index: IndexDefinition,
        about: _Wanted,
        bound: frozenset[str],
        leading: _Leading,
    ) -> list[AccessPath]:
        for prefix, predicate in about.prefix:
            if not _is_given(prefix, name, bound):
                continue
            rows = self._estimates.seek_part(index, len(leading.values), PREFIX)

            def build(
                child: Operator, *, prefix: Expression = prefix, rows: float = rows
            ) -> Operator:
                return NodeIndexPrefix(
                    slots=added(child, (name, "node")),
                    estimated_rows=child.estimated_rows * rows,
                    child=child,
                    variable=name,
                    index=index,
                    prefix=prefix,
                    equal=leading.values,
                )

            answered = (*leading.answered, predicate)
            uses = _used((*leading.values, prefix), bound)
            return [AccessPath(rows, build, answered, index.labels, uses)]
        return []


def _leading(
    name: str, index: IndexDefinition, wanted: dict[str, _Wanted], bound: frozenset[str]
) -> _Leading:
    """Equalities with the first properties of an index, as far as they go."""
    pairs: list[tuple[Expression, Expression]] = []
    for key in index.keys:
        pair = next((p for p in wanted[key].equal if _is_given(p[0], name, bound)), None)
        if pair is None:
            break
        pairs.append(pair)
    return _Leading(tuple(value for value, _ in pairs), tuple(asked for _, asked in pairs))


def _used(values: Sequence[Expression], bound: frozenset[str]) -> frozenset[str]:
    return frozenset[str]().union(*(needs(value, bound) for value in values))


# ── reading predicates ────────────────────────────────────────────────────────────────────────


def _sides(predicate: Expression) -> tuple[str, Expression, Expression] | None:
    if isinstance(predicate, Comparison) and len(predicate.operators) == 1:
        return predicate.operators[0], predicate.operands[0], predicate.operands[1]
    if isinstance(predicate, Binary):
        return predicate.operator, predicate.left, predicate.right
    return None


def _collect(name: str, predicate: Expression, wanted: dict[str, _Wanted]) -> None:
    """Note what the predicate says of a property of the node."""
    if isinstance(predicate, Binary) and predicate.operator == "OR":
        _collect_choice(name, predicate, wanted)
        return
    if isinstance(predicate, IsNull):
        key = _key_of(predicate.operand, name) if predicate.negated else None
        if key is not None:
            wanted.setdefault(key, _Wanted())
        return
    sides = _sides(predicate)
    if sides is None or sides[0] not in _REFUSE_NULL:
        return
    operator, left, right = sides
    if operator in _MIRRORED and _key_of(right, name) is not None:
        operator, left, right = _MIRRORED[operator], right, left
    key = _key_of(left, name)
    if key is None:
        return
    about = wanted.setdefault(key, _Wanted())
    if operator == "=":
        about.equal.append((right, predicate))
    elif operator == "IN":
        about.among.append((right, predicate))
    elif operator in (">", ">="):
        about.lower.append((right, operator == ">=", predicate))
    elif operator in ("<", "<="):
        about.upper.append((right, operator == "<=", predicate))
    elif operator == "STARTS WITH":
        about.prefix.append((right, predicate))


def _collect_choice(name: str, predicate: Binary, wanted: dict[str, _Wanted]) -> None:
    """``n.k = a OR n.k IN [b, c]`` is ``n.k IN [a, b, c]`` where only truth counts."""
    keys: set[str] = set()
    values: list[Expression] = []
    waiting: list[Expression] = [predicate]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Binary) and part.operator == "OR":
            waiting += [part.right, part.left]
            continue
        sides = _sides(part)
        if sides is None:
            return
        operator, left, right = sides
        if operator == "=" and _key_of(left, name) is None:
            left, right = right, left
        key = _key_of(left, name)
        if key is None:
            return
        keys.add(key)
        if operator == "=":
            values.append(right)
        elif operator == "IN" and isinstance(right, ListLiteral):
            values += right.items
        else:
            return
    if len(keys) == 1:
        about = wanted.setdefault(keys.pop(), _Wanted())
        about.among.append((ListLiteral(tuple(values)), predicate))


def _key_of(expression: Expression, name: str) -> str | None:
    """The key in ``name.key``."""
    if isinstance(expression, Property) and expression.subject == Variable(name):
        return expression.key
    return None


def _id_function(expression: Expression, name: str) -> str | None:
    """``id`` or ``elementid`` when that is asked of the node."""
    if not isinstance(expression, FunctionCall) or expression.arguments != (Variable(name),):
        return None
    function = expression.name.lower()
    return function if function in _IDS else None


def _is_given(value: Expression, name: str, bound: frozenset[str]) -> bool:
    """Can the value be worked out before the node is there?

    Names beyond `bound` and the node itself belong to parts of the pattern that are not bound yet; the
    caller passes only predicates whose names it knows, so the node is all there is to rule out.
    """
    return name not in needs(value, bound | {name})


def _length(values: Expression) -> float:
    return float(len(values.items)) if isinstance(values, ListLiteral) else LIST_LENGTH
