"""SchemaChange: indexes and constraints."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.access import ConstraintDefinition, IndexDefinition
from neuralgraph.errors import QueryError, QueryTypeError
from neuralgraph.query.execution.operators.index_options import check_whole, checked_options
from neuralgraph.query.execution.operators.step import Step
from neuralgraph.query.language.syntax.clauses import (
    CreateConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
)
from neuralgraph.values import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import CatalogReader
    from neuralgraph.access.catalog import ConstraintKind, IndexKind
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.language.syntax.clauses import SchemaCommand
    from neuralgraph.query.planning.plan import SchemaChange

_INDEX_KINDS: Final[dict[str, IndexKind]] = {
    "RANGE": "range",
    "TEXT": "text",
    "POINT": "point",
    "LOOKUP": "lookup",
    "VECTOR": "vector",
    "FULLTEXT": "fulltext",
}
_CONSTRAINT_KINDS: Final[dict[str, ConstraintKind]] = {
    "UNIQUE": "unique",
    "NOT NULL": "exists",
    "TYPE": "type",
    "KEY": "key",
}


class SchemaChangeStep(Step):
    """Creates or drops an index or a constraint; no rows."""

    __slots__ = ("command", "options")

    def __init__(self, operator: SchemaChange, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.command = command = operator.command
        given = None if isinstance(command, DropIndex | DropConstraint) else command.options
        self.options = None if given is None else compiler.expressions(()).compile(given)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Nothing, once it is done."""
        given = None
        if self.options is not None:
            given = self.options.items(Batch((), 1), context)[0]
        try:
            change_schema(_named(self.command, context), context, given)
        except QueryError as error:
            error.place(self.command.span)
            raise
        return iter(())


def _named(command: SchemaCommand, context: ExecutionContext) -> SchemaCommand:
    """The command with the name that a parameter gives."""
    if command.given_name is None:
        return command
    parameter = command.given_name.name
    name = context.parameter(parameter)
    if type(name) is not str or not name:
        raise QueryTypeError(
            f"${parameter} names an index or a constraint: it is a string",
            detail="InvalidArgumentType",
        )
    return replace(command, name=name, given_name=None)


def change_schema(command: SchemaCommand, context: ExecutionContext, options: Any = None) -> None:
    """Carry a schema command out.

    Args:
        command: what to do.
        context: of the statement.
        options: the OPTIONS of an index or a constraint, as a value.

    Raises:
        SchemaError: it exists already, or does not exist, and the command does not allow for it.
        ConstraintViolationError: the data break the new constraint.
    """
    writer = context.require_writer()
    counters = context.counters
    catalog = context.reader.catalog
    match command:
        case CreateIndex(kind="LOOKUP"):
            # Labels and types are always looked up in an index; there is nothing to make.
            return
        case CreateIndex():
            index = index_definition(command, options)
            if command.if_not_exists and _index_exists(index, catalog):
                return
            writer.create_index(index)
            counters.indexes_added += 1
        case DropIndex():
            if command.if_exists and all(one.name != command.name for one in catalog.indexes()):
                return
            writer.drop_index(command.name)
            counters.indexes_removed += 1
        case CreateConstraint():
            checked_options(
                "range", options
            )  # its index has none of its own, but a misspelt one is told
            constraint = constraint_definition(command)
            if command.if_not_exists and _constraint_exists(constraint, catalog):
                return
            writer.create_constraint(constraint)
            counters.constraints_added += 1
        case DropConstraint():
            known = {one.name for one in catalog.constraints()}
            if command.if_exists and command.name not in known:
                return
            writer.drop_constraint(command.name)
            counters.constraints_removed += 1


def index_definition(command: CreateIndex, options: Any = None) -> IndexDefinition:
    """The index that a command describes; without a name it is called after what it covers.

    Raises:
        SchemaError: an option does not exist, or cannot have its value.
    """
    kind = _INDEX_KINDS[command.kind]
    parts = [kind, *command.labels, *command.keys]
    name = command.name or "_".join(["index", *parts])
    settings = checked_options(kind, options)
    definition = IndexDefinition(
        name, kind, command.entity, command.labels, command.keys, options=settings
    )
    check_whole(definition)
    return definition


def constraint_definition(command: CreateConstraint) -> ConstraintDefinition:
    """The constraint that a command describes."""
    kind = _CONSTRAINT_KINDS[command.kind]
    name = command.name or "_".join(["constraint", kind, command.label, *command.keys])
    return ConstraintDefinition(
        name, kind, command.entity, command.label, command.keys, command.type_name
    )


def _index_exists(index: IndexDefinition, catalog: CatalogReader) -> bool:
    return any(
        one.name == index.name
        or (one.kind, one.entity, one.labels, one.keys)
        == (index.kind, index.entity, index.labels, index.keys)
        for one in catalog.indexes()
    )


def _constraint_exists(constraint: ConstraintDefinition, catalog: CatalogReader) -> bool:
    return any(
        one.name == constraint.name
        or (one.kind, one.entity, one.label, one.keys, one.type_name)
        == (
            constraint.kind,
            constraint.entity,
            constraint.label,
            constraint.keys,
            constraint.type_name,
        )
        for one in catalog.constraints()
    )
