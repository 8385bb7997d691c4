"""WITH and RETURN: items, implicit grouping, DISTINCT, ORDER BY, SKIP, LIMIT, WHERE.

    rows ── Sort/Top ── Project                 nothing aggregates; the order uses what was there
    rows ── Project ── Distinct ── Sort/Top     the order uses the columns
    rows ── Aggregate ── Project ── Sort/Top    the Project only where expressions hold aggregates

ORDER BY sees columns before variables. Where it (or the WHERE of a WITH) needs a variable that is not
projected, the variable is carried along beside the columns and dropped behind it.

In a subquery that sees variables of the query round it, these stay visible behind every WITH. They are
the same in all rows of one run of the subquery, so they are no grouping keys: an aggregate is an inner plan
of its own, run for the outer row, and what it gives stands beside the outer row's variables.

    Apply
     ├── outer: Argument                        the variables that stay
     └── inner: rows ── Aggregate
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.syntax import (
    Expression,
    FunctionCall,
    LiftedLiteral,
    LiteralValue,
    Parameter,
    Property,
    Variable,
    With,
)
from neuralgraph.query.planning.filtering import filtered_by
from neuralgraph.query.planning.operators import (
    aggregated,
    distinct,
    projected,
    writes,
)
from neuralgraph.query.planning.plan import (
    AggregateCall,
    Limit,
    Skip,
    Slot,
    Sort,
    SortKey,
    Top,
)
from neuralgraph.query.planning.subqueries import beside_outer
from neuralgraph.query.planning.walking import (
    PLANNED,
    children,
    conjuncts,
    free_names,
    has_binders,
    needs,
    rebuild,
    replace_equal,
    substitute,
)
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.language.syntax import Projection
    from neuralgraph.query.planning.context import PlanningContext
    from neuralgraph.query.planning.plan import Argument, Operator

Item = tuple[str, Expression]


def project(
    context: PlanningContext, clause: Projection, child: Operator, outer: Argument | None = None
) -> Operator:
    """The rows of a WITH or RETURN; slots are its columns, in order.

    Args:
        context: of this planning.
        clause: what to project.
        child: the rows before it.
        outer: what stays visible though the clause does not name it; a WITH gives it beside its columns.
    """
    projection = _Projection(context, clause, child, outer)
    operator = projection.planned()
    if projection.staying and not isinstance(clause, With):
        return projection.columns_only(operator)
    return operator


def visible(slots: Sequence[Slot]) -> list[str]:
    """Names that a query can write, sorted: what ``*`` stands for."""
    return sorted(slot.name for slot in slots if not slot.name.startswith(" "))


@record
class _Order:
    """ORDER BY with names resolved."""

    keys: tuple[SortKey, ...]

    def names(self) -> frozenset[str]:
        return frozenset[str]().union(*(free_names(key.expression) for key in self.keys))


class _Projection:
    def __init__(
        self,
        context: PlanningContext,
        clause: Projection,
        child: Operator,
        outer: Argument | None,
    ) -> None:
        self.context = context
        self.clause = clause
        self.child = child
        self.items: list[Item] = [(item.name, item.expression) for item in clause.items]
        if clause.star:
            self.items = [(name, Variable(name)) for name in visible(child.slots)] + self.items
        self.columns = [name for name, _ in self.items]
        self.kinds = {slot.name: slot.kind for slot in child.slots}
        self.outer = outer
        # Names of the outer query that stay visible beside the columns.
        self.staying = [
            slot.name for slot in (outer.slots if outer else ()) if slot.name not in self.columns
        ]
        self.names = self.columns + self.staying

    def planned(self) -> Operator:
        clause = self.clause
        where = clause.where if isinstance(clause, With) else None
        if any(self.context.aggregates(item) for _, item in self.items) or any(
            self.context.aggregates(key.expression) for key in clause.order
        ):
            operator = self._grouped()
        else:
            self.items += [(name, Variable(name)) for name in self.staying]
            if not clause.distinct:
                return self._plain(where)
            operator = self._ordered(distinct(self._projected(self.items)), self._renamed_order())
        if where is None:
            return operator
        # Only columns are left: what the condition asks of them may be written as they were made.
        made = [(item, Variable(name)) for name, item in self.items]
        columns = {name: Variable(name) for name in self.names}
        return self._filtered(operator, self._column_first(where, made, columns))

    def _slot(self, name: str, expression: Expression) -> Slot:
        kind = self.kinds.get(expression.name) if isinstance(expression, Variable) else None
        return Slot(name, kind or "value")

    def _projected(self, items: Sequence[Item]) -> Operator:
        slots = self.child.slots
        return projected(
            self.child,
            [(self._slot(name, item), self.context.lower(item, slots)) for name, item in items],
        )

    def _filtered(self, operator: Operator, where: Expression) -> Operator:
        return filtered_by(self.context, operator, conjuncts(where))

    # ── without aggregates ────────────────────────────────────────────────────────────────────

    def _plain(self, where: Expression | None) -> Operator:
        columns = frozenset(self.names)
        order = self._renamed_order()
        where_names = needs(where, columns | self.kinds.keys())
        hidden = where_names - columns
        if not hidden and self._sorts_first(order, columns):
            keys = tuple(
                SortKey(self._lowered_old(key.expression), key.descending)
                for key in self.clause.order
            )
            self.child = self._cut(self._sort_or_top(self.child, keys))
            operator = self._projected(self.items)
        else:
            old = frozenset(self.kinds)
            hidden |= (needs_all(order, old | columns) if order.keys else frozenset()) - columns
            return self._carried(sorted(hidden), order, where)
        return operator if where is None else self._filtered(operator, where)

    def _sorts_first(self, order: _Order, columns: frozenset[str]) -> bool:
        """Sort before projecting? Then only rows that remain are projected.

        Not when a key is a column that would be worked out twice for every row, or not twice alike.
        """
        clause = self.clause
        if not clause.order:
            return True
        if any(has_binders(key.expression) for key in clause.order):
            return False
        if any(self._random(item) for _, item in self.items):
            return False
        return clause.limit is not None or not order.names() <= columns

    def _random(self, expression: Any) -> bool:
        if isinstance(expression, FunctionCall) and not self.context.is_deterministic(expression):
            return True
        return any(self._random(part) for part, _ in children(expression))

    def _lowered_old(self, expression: Expression) -> Expression:
        """A key of the order in terms of what was there before the projection."""
        mapping = {name: item for name, item in self.items if item != Variable(name)}
        lowered: Expression = self.context.lower(substitute(expression, mapping), self.child.slots)
        return lowered

    def _carried(self, hidden: list[str], order: _Order, where: Expression | None) -> Operator:
        """Project, with variables carried beside the columns; order, filter, drop them."""
        operator = self._projected([*self.items, *((name, Variable(name)) for name in hidden)])
        operator = self._ordered(operator, order)
        if where is not None:
            operator = self._filtered(operator, where)
        return self._named_only(operator) if hidden else operator

    def _named_only(self, operator: Operator) -> Operator:
        kept = [(slot, Variable(slot.name)) for slot in operator.slots if slot.name in self.names]
        return projected(operator, kept)

    def columns_only(self, operator: Operator) -> Operator:
        """Without what stays visible though no column says so."""
        kept = [(slot, Variable(slot.name)) for slot in operator.slots if slot.name in self.columns]
        return projected(operator, kept)

    # ── order ─────────────────────────────────────────────────────────────────────────────────

    def _renamed_order(self) -> _Order:
        """Keys with columns in place of the expressions that columns stand for."""
        pairs = [(item, Variable(name)) for name, item in self.items]
        columns = {name: Variable(name) for name in self.names}
        return _Order(
            tuple(
                SortKey(self._column_first(key.expression, pairs, columns), key.descending)
                for key in self.clause.order
            )
        )

    def _column_first(
        self,
        expression: Expression,
        pairs: list[tuple[Expression, Variable]],
        columns: dict[str, Variable],
    ) -> Expression:
        if isinstance(expression, Variable) and expression.name in columns:
            return expression
        # A pair whose expression uses a name that a column hides would mean something else here.
        shadowed = {
            name for name, item in self.items if item != Variable(name) and name in self.kinds
        }
        usable = [pair for pair in pairs if not free_names(pair[0]) & shadowed]
        renamed: Expression = replace_equal(expression, usable)
        return renamed

    def _ordered(self, operator: Operator, order: _Order) -> Operator:
        keys = tuple(
            SortKey(self.context.lower(key.expression, operator.slots), key.descending)
            for key in order.keys
        )
        return self._cut(self._sort_or_top(operator, keys))

    def _sort_or_top(self, operator: Operator, keys: tuple[SortKey, ...]) -> Operator:
        if not keys:
            return operator
        limit = self.clause.limit
        if limit is None:
            return Sort(
                slots=operator.slots,
                estimated_rows=operator.estimated_rows,
                child=operator,
                keys=keys,
            )
        return Top(
            slots=operator.slots,
            estimated_rows=min(operator.estimated_rows, _number(limit)),
            child=operator,
            keys=keys,
            limit=limit,
            skip=self.clause.skip,
        )

    def _cut(self, operator: Operator) -> Operator:
        """SKIP and LIMIT, unless a `Top` has done them."""
        skip, limit = self.clause.skip, self.clause.limit
        if limit is not None and self.clause.order:
            return operator
        if skip is not None:
            operator = Skip(
                slots=operator.slots,
                estimated_rows=max(0.0, operator.estimated_rows - _number(skip)),
                child=operator,
                count=skip,
            )
        if limit is not None:
            operator = Limit(
                slots=operator.slots,
                estimated_rows=min(operator.estimated_rows, _number(limit)),
                child=operator,
                count=limit,
                drain=writes(operator),
            )
        return operator

    # ── with aggregates ───────────────────────────────────────────────────────────────────────

    def _grouped(self) -> Operator:
        grouping = _Grouping(self)
        columns = [(name, grouping.column(name, item)) for name, item in self.items]
        columns += [(name, Variable(name)) for name in self.staying]
        order = tuple(
            SortKey(grouping.order_key(key.expression), key.descending) for key in self.clause.order
        )
        operator = grouping.operator()
        if self.outer is not None and self.staying:
            operator = beside_outer(self.context, self.outer, operator)
        plain = all(item == Variable(name) for name, item in columns)
        slots = {slot.name: slot for slot in operator.slots}
        # The order may use aggregates and keys that are no columns; they are dropped behind it.
        needed = frozenset[str]().union(*(free_names(key.expression) for key in order))
        extra = sorted((needed & slots.keys()) - set(self.names))
        if not plain or [slot.name for slot in operator.slots] != self.names or extra:
            items = [
                (replace(slots[item.name], name=name), item)
                if isinstance(item, Variable) and item.name in slots
                else (Slot(name, "value"), self.context.lower(item, operator.slots))
                for name, item in columns
            ]
            items += [(slots[name], Variable(name)) for name in extra]
            operator = projected(operator, items)
        if self.clause.distinct:
            operator = distinct(operator)
        operator = self._ordered(operator, _Order(order))
        return self._named_only(operator) if extra else operator


class _Grouping:
    """Takes items apart into grouping keys, aggregate calls, and what is made of both."""

    def __init__(self, projection: _Projection) -> None:
        self._projection = projection
        self._context = projection.context
        self._keys: list[tuple[Slot, Expression]] = []
        self._calls: list[tuple[str, FunctionCall]] = []
        self._key_names: list[tuple[Expression, Expression]] = []
        for name, item in projection.items:
            if not self._context.aggregates(item):
                self._keys.append((projection._slot(name, item), item))  # noqa: SLF001
                if not isinstance(item, LiteralValue | LiftedLiteral | Parameter):
                    self._key_names.append((item, Variable(name)))

    def column(self, name: str, item: Expression) -> Expression:
        """What the column is, over the slots of the Aggregate."""
        if self._context.is_aggregate(item):
            assert isinstance(item, FunctionCall)
            return Variable(self._call(item, name))
        if any(slot.name == name for slot, _ in self._keys):
            return Variable(name)
        over: Expression = self._over_groups(item)
        return over

    def order_key(self, expression: Expression) -> Expression:
        """The same for a key of ORDER BY, which sees the columns first."""
        names = self._projection.names
        if isinstance(expression, Variable) and expression.name in names:
            return expression
        columns: list[tuple[Expression, Expression]] = [
            (item, Variable(name)) for name, item in self._projection.items
        ]
        over: Expression = self._over_groups(replace_equal(expression, columns), frozenset(names))
        return over

    def _over_groups(self, expression: Any, columns: frozenset[str] = frozenset()) -> Any:
        if isinstance(expression, Variable) and expression.name in columns:
            return expression
        for key, variable in self._key_names:
            if expression == key:
                return variable
        if self._context.is_aggregate(expression):
            return Variable(self._call(expression, None))
        if isinstance(expression, Variable | Property) and self._is_loose(expression, columns):
            return self._implicit_key(expression)
        if isinstance(expression, PLANNED):
            # It depends on keys only, so it is one; its names mean what they mean before the groups.
            known = frozenset(self._projection.kinds) - columns
            return self._implicit_key(expression) if needs(expression, known) else expression
        return rebuild(expression, lambda part, bound: self._over_groups(part, columns | bound))

    def _is_loose(self, expression: Any, columns: frozenset[str]) -> bool:
        """A variable or property chain of what was there before, in no key."""
        while isinstance(expression, Property):
            if any(expression == key for key, _ in self._key_names):
                return False
            expression = expression.subject
        known = self._projection.kinds.keys() - columns - set(self._projection.staying)
        if not isinstance(expression, Variable) or expression.name not in known:
            return False
        return all(expression != key for key, _ in self._key_names)

    def _implicit_key(self, expression: Expression) -> Variable:
        name = self._context.fresh("key")
        slot = self._projection._slot(name, expression)  # noqa: SLF001
        self._keys.append((slot, expression))
        variable = Variable(name)
        self._key_names.append((expression, variable))
        return variable

    def _call(self, call: FunctionCall, name: str | None) -> str:
        taken = {known for known, _ in self._calls}
        if name is None or name in taken:
            for known, other in self._calls:
                if other == call:
                    return known
            name = self._context.fresh("aggregate")
        self._calls.append((name, call))
        return name

    def operator(self) -> Operator:
        child = self._projection.child
        lower = self._context.lower
        keys = [(slot, lower(item, child.slots)) for slot, item in self._keys]
        calls = [
            (
                name,
                AggregateCall(
                    call.name.lower(),
                    tuple(lower(argument, child.slots) for argument in call.arguments),
                    call.distinct,
                    call.star,
                    span=call.span,
                ),
            )
            for name, call in self._calls
        ]
        return aggregated(child, keys, calls)


def needs_all(order: _Order, universe: frozenset[str]) -> frozenset[str]:
    """Names of the universe that any key uses."""
    return frozenset[str]().union(*(needs(key.expression, universe) for key in order.keys))


def _number(expression: Expression) -> float:
    """A count for estimates; ten where it is not written."""
    if isinstance(expression, LiteralValue) and isinstance(expression.value, int):
        return float(expression.value)
    if isinstance(expression, LiftedLiteral) and isinstance(expression.sample, int):
        return float(expression.sample)
    return 10.0
