"""SetItems and RemoveItems: properties and labels of what is there.

Rows take effect one after the other, and within a row its items. Where the values cannot depend on what
the statement changes, they are computed for a whole batch first; else row by row, so that each row
sees what the rows before did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryTypeError
from neuralgraph.query.execution.expressions.labels import LabelNames, names_of
from neuralgraph.query.execution.expressions.look_ups import properties_of
from neuralgraph.query.execution.memory import items_bytes
from neuralgraph.query.execution.operators.independence import Independence
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.query.language.syntax.clauses import (
    RemoveDynamicProperty,
    RemoveLabels,
    RemoveProperty,
    SetDynamicProperty,
    SetLabels,
    SetProperties,
    SetProperty,
)
from neuralgraph.query.language.syntax.expressions import LiteralValue
from neuralgraph.values import EdgeRef, NodeRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions import Evaluator, ExpressionCompiler
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.language.syntax.expressions import Expression
    from neuralgraph.query.planning.plan import RemoveItems, SetItems, Slot
    from neuralgraph.values import Batch


_ROWS_BETWEEN_CHECKS: Final = 256
_CHANGE_BYTES: Final = 300
"""About what a transaction holds for one change, with its lock and a small value."""
_SMALL: Final = frozenset({bool, int, float, type(None)})


class Assignment:
    """One item. `evaluators` give its values for a row; `apply` makes them true."""

    __slots__ = ("evaluators",)

    def __init__(self, evaluators: Sequence[Evaluator]) -> None:
        self.evaluators = tuple(evaluators)

    def apply(self, values: Sequence[Any], context: ExecutionContext) -> None:
        """Change the graph."""
        raise AssertionError(f"{type(self).__name__} has no {len(values)} values {context}")


class PropertyAssignment(Assignment):
    """``n.key = value``; null removes. Values: subject, value."""

    __slots__ = ("key",)

    def __init__(self, key: str, evaluators: Sequence[Evaluator]) -> None:
        super().__init__(evaluators)
        self.key = key

    def apply(self, values: Sequence[Any], context: ExecutionContext) -> None:
        """Set the property."""
        set_property(values[0], self.key, values[1], context)


class DynamicPropertyAssignment(Assignment):
    """``n[key] = value``. Values: subject, key, value."""

    __slots__ = ()

    def apply(self, values: Sequence[Any], context: ExecutionContext) -> None:
        """Set the property."""
        subject, key, value = values
        if subject is None:
            return
        if not isinstance(key, str):
            raise QueryTypeError(
                f"a property's name is a string, not {key!r}", detail="InvalidArgumentType"
            )
        set_property(subject, key, value, context)


class PropertiesAssignment(Assignment):
    """``n = map`` or ``n += map``. Values: subject, map."""

    __slots__ = ("merge",)

    def __init__(self, evaluators: Sequence[Evaluator], *, merge: bool) -> None:
        super().__init__(evaluators)
        self.merge = merge

    def apply(self, values: Sequence[Any], context: ExecutionContext) -> None:
        """Set the properties, and for ``=`` remove the others."""
        subject, given = values
        if subject is None:
            return
        if given is None:
            raise QueryTypeError(
                "properties come from a map, a node or a relationship, not from null",
                detail="InvalidArgumentType",
            )
        properties = dict(properties_of(given, context))
        if not self.merge:
            for key in properties_of(subject, context):
                properties.setdefault(key, None)
        for key, value in properties.items():
            set_property(subject, key, value, context)


class LabelsAssignment(Assignment):
    """``n:A:$(names)``; adds or removes. Values: subject, and each dynamic part."""

    __slots__ = ("labels", "remove")

    def __init__(self, labels: LabelNames, subject: Evaluator, *, remove: bool) -> None:
        dynamic = [part for part in labels.parts if not isinstance(part, str)]
        super().__init__([subject, *dynamic])
        self.labels = labels
        self.remove = remove

    def apply(self, values: Sequence[Any], context: ExecutionContext) -> None:
        """Add or remove the labels."""
        subject = values[0]
        if subject is None:
            return
        if type(subject) is not NodeRef:
            raise QueryTypeError(f"{subject!r} has no labels", detail="InvalidArgumentType")
        writer = context.require_writer()
        dynamic = iter(values[1:])
        for part in self.labels.parts:
            for name in [part] if isinstance(part, str) else names_of(next(dynamic)):
                if self.remove:
                    context.counters.labels_removed += writer.remove_label(subject.id, name)
                else:
                    context.counters.labels_added += writer.add_label(subject.id, name)


def set_property(subject: Any, key: str, value: Any, context: ExecutionContext) -> None:
    """Set a property of a node or edge; nothing of null.

    Raises:
        QueryTypeError: of anything else.
        MemoryLimitError: the value is more than the statement may hold.
    """
    if type(value) not in _SMALL and not (type(value) is str and len(value) < _CHANGE_BYTES):
        context.memory.write(items_bytes((value,), 1))
    if type(subject) is NodeRef:
        changed = context.require_writer().set_node_property(subject.id, key, value)
    elif type(subject) is EdgeRef:
        changed = context.require_writer().set_edge_property(subject.id, key, value)
    elif subject is None:
        return
    else:
        raise QueryTypeError(
            f"only nodes and relationships have properties to set, not {subject!r}",
            detail="InvalidArgumentType",
        )
    if changed:
        context.counters.properties_set += 1


class Assignments:
    """The items of one clause."""

    __slots__ = ("independence", "items")

    def __init__(self, items: Sequence[Any], slots: Sequence[Slot], compiler: PlanCompiler) -> None:
        expressions = compiler.expressions(slots)
        self.items = [_assignment(item, expressions) for item in items]
        self.independence = Independence(
            [part for item in items for part in _values_in(item)],
            expressions,
            items[0].subject if len(items) == 1 and isinstance(items[0], SetProperty) else None,
        )

    def apply(self, batch: Batch, context: ExecutionContext) -> None:
        """Carry the items out for each row."""
        if not self.items:
            return
        context.memory.write(_CHANGE_BYTES * batch.count * len(self.items))
        if batch.count == 1:
            self._apply_row(batch, context)
        elif self.independence.holds(batch):
            self._apply_batch(batch, context)
        else:
            for row in range(batch.count):
                if context.stoppable and row % _ROWS_BETWEEN_CHECKS == 0:
                    context.check()
                self._apply_row(batch.slice(row, row + 1), context)

    def _apply_row(self, row: Batch, context: ExecutionContext) -> None:
        for item in self.items:
            item.apply([part.items(row, context)[0] for part in item.evaluators], context)

    def _apply_batch(self, batch: Batch, context: ExecutionContext) -> None:
        given = [
            list(
                zip(
                    *(part.column(batch, context).to_values() for part in item.evaluators),
                    strict=True,
                )
            )
            for item in self.items
        ]
        for row in range(batch.count):
            if context.stoppable and row % _ROWS_BETWEEN_CHECKS == 0:
                context.check()
            for item, values in zip(self.items, given, strict=True):
                item.apply(values[row], context)


def _assignment(item: Any, expressions: ExpressionCompiler) -> Assignment:
    nothing = LiteralValue(None)
    if isinstance(item, SetProperty):
        return PropertyAssignment(item.key, expressions.compile_all([item.subject, item.value]))
    if isinstance(item, SetDynamicProperty):
        return DynamicPropertyAssignment(
            expressions.compile_all([item.subject, item.key, item.value])
        )
    if isinstance(item, SetProperties):
        return PropertiesAssignment(
            expressions.compile_all([item.variable, item.value]), merge=item.merge
        )
    if isinstance(item, RemoveProperty):
        subject = item.target.subject
        return PropertyAssignment(item.target.key, expressions.compile_all([subject, nothing]))
    if isinstance(item, RemoveDynamicProperty):
        return DynamicPropertyAssignment(expressions.compile_all([item.subject, item.key, nothing]))
    assert isinstance(item, SetLabels | RemoveLabels)
    return LabelsAssignment(
        LabelNames(item.labels, expressions.compile),
        expressions.compile(item.variable),
        remove=isinstance(item, RemoveLabels),
    )


def _values_in(item: Any) -> list[Expression]:
    """The expressions of an item that could look at what the statement changes."""
    if isinstance(item, SetProperty):
        return [item.subject, item.value]
    if isinstance(item, SetDynamicProperty):
        return [item.subject, item.key, item.value]
    if isinstance(item, SetProperties):
        return [item.value]
    if isinstance(item, RemoveProperty):
        return [item.target.subject]
    if isinstance(item, RemoveDynamicProperty):
        return [item.subject, item.key]
    return []


class AssignStep(Step):
    """SET or REMOVE; passes the rows on."""

    __slots__ = ("assignments", "child", "layout")

    def __init__(self, operator: SetItems | RemoveItems, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.assignments = Assignments(operator.items, self.child.slots, compiler)
        self.layout = Layout(operator.slots, self.child.slots, [])

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows, once their items are carried out."""
        for batch in self.child.batches(context):
            if context.stoppable:
                context.check()
            if batch.count:
                self.assignments.apply(batch, context)
                yield self.layout.extend(batch, ())
