"""SchemaChange and ShowRows: indexes and constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.access import ConstraintDefinition, IndexDefinition
from neuralgraph.query.execution.operators.step import Step
from neuralgraph.query.functions.signature import AggregateFunction
from neuralgraph.query.language.syntax.clauses import (
    CreateConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
)
from neuralgraph.values import BATCH_ROWS_MAX, Batch, Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.access import CatalogReader
    from neuralgraph.access.catalog import ConstraintKind, IndexKind
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.language.syntax.clauses import SchemaCommand, Show
    from neuralgraph.query.planning.plan import SchemaChange, ShowRows

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
_SHOWN_CONSTRAINTS: Final[dict[tuple[str, str], str]] = {
    ("unique", "node"): "UNIQUENESS",
    ("unique", "edge"): "RELATIONSHIP_UNIQUENESS",
    ("exists", "node"): "NODE_PROPERTY_EXISTENCE",
    ("exists", "edge"): "RELATIONSHIP_PROPERTY_EXISTENCE",
    ("type", "node"): "NODE_PROPERTY_TYPE",
    ("type", "edge"): "RELATIONSHIP_PROPERTY_TYPE",
    ("key", "node"): "NODE_KEY",
    ("key", "edge"): "RELATIONSHIP_KEY",
}
_SHOWN_ENTITIES: Final = {"node": "NODE", "edge": "RELATIONSHIP"}


class SchemaChangeStep(Step):
    """Creates or drops an index or a constraint; no rows."""

    __slots__ = ("command",)

    def __init__(self, operator: SchemaChange, _compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.command = operator.command

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """Nothing, once it is done."""
        change_schema(self.command, context)
        return iter(())


def change_schema(command: SchemaCommand, context: ExecutionContext) -> None:
    """Carry a schema command out.

    Raises:
        SchemaError: it exists already, or does not exist, and the command does not allow for it.
        ConstraintViolationError: the data break the new constraint.
    """
    writer = context.require_writer()
    counters = context.counters
    catalog = context.reader.catalog
    match command:
        case CreateIndex():
            index = index_definition(command)
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


def index_definition(command: CreateIndex) -> IndexDefinition:
    """The index that a command describes; without a name it is called after what it covers."""
    kind = _INDEX_KINDS[command.kind]
    parts = [kind, *command.labels, *command.keys]
    name = command.name or "_".join(["index", *parts])
    return IndexDefinition(name, kind, command.entity, command.labels, command.keys)


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


# ── SHOW ──────────────────────────────────────────────────────────────────────────────────────


class ShowStep(Step):
    """SHOW: a row for each thing, under the column names of Neo4j 5."""

    __slots__ = ("command", "rows_of")

    def __init__(self, operator: ShowRows, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.command: Show = operator.command
        self.rows_of = compiler

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The rows."""
        rows = self._rows(context)
        renamed = {item.name: item.column for item in self.command.yields or ()}
        for start in range(0, len(rows), BATCH_ROWS_MAX):
            part = rows[start : start + BATCH_ROWS_MAX]
            columns = []
            for slot in self.slots:
                name = renamed.get(slot.name, slot.name)
                columns.append(Column.of_values([row.get(name) for row in part]))
            yield Batch(columns, len(part))

    def _rows(self, context: ExecutionContext) -> list[dict[str, Any]]:
        catalog = context.reader.catalog
        match self.command.what:
            case "INDEXES":
                indexes = sorted(catalog.indexes(), key=lambda index: index.name)
                return [_index_row(number, index) for number, index in enumerate(indexes, 1)]
            case "CONSTRAINTS":
                constraints = sorted(catalog.constraints(), key=lambda one: one.name)
                return [_constraint_row(number, one) for number, one in enumerate(constraints, 1)]
            case "FUNCTIONS":
                return self._functions()
            case "PROCEDURES":
                return [_procedure_row(one) for one in self.rows_of.procedures()]
            case "TRANSACTIONS":
                # The query box knows of one transaction only, the statement's own.
                return []

    def _functions(self) -> list[dict[str, Any]]:
        rows = []
        functions = self.rows_of.functions
        for name in functions.names():
            function = functions.lookup(name)
            if function is None:
                continue
            rows.append(
                {
                    "name": name,
                    "category": getattr(function, "category", "Aggregating"),
                    "description": function.description,
                    "signature": f"{name}({', '.join(function.parameters)}) :: {function.result}",
                    "isBuiltIn": True,
                    "aggregating": isinstance(function, AggregateFunction),
                    "argumentDescription": list(function.parameters),
                    "returnDescription": function.result,
                }
            )
        return rows


def _index_row(number: int, index: IndexDefinition) -> dict[str, Any]:
    return {
        "id": number,
        "name": index.name,
        "state": "ONLINE",
        "populationPercent": 100.0,
        "type": index.kind.upper(),
        "entityType": _SHOWN_ENTITIES[index.entity],
        "labelsOrTypes": list(index.labels),
        "properties": list(index.keys),
        "indexProvider": f"{index.kind}-1.0",
        "owningConstraint": index.owner,
        "failureMessage": "",
        "options": {},
    }


def _constraint_row(number: int, constraint: ConstraintDefinition) -> dict[str, Any]:
    return {
        "id": number,
        "name": constraint.name,
        "type": _SHOWN_CONSTRAINTS[constraint.kind, constraint.entity],
        "entityType": _SHOWN_ENTITIES[constraint.entity],
        "labelsOrTypes": [constraint.label],
        "properties": list(constraint.keys),
        "ownedIndex": constraint.name if constraint.kind in ("unique", "key") else None,
        "propertyType": constraint.type_name,
    }


def _procedure_row(procedure: Any) -> dict[str, Any]:
    inputs = ", ".join(f"{name} :: {type_name}" for name, type_name in procedure.inputs)
    outputs = ", ".join(f"{name} :: {type_name}" for name, type_name in procedure.outputs)
    return {
        "name": procedure.name,
        "description": procedure.description,
        "mode": "WRITE" if procedure.writes else "READ",
        "worksOnSystem": False,
        "signature": f"{procedure.name}({inputs}) :: ({outputs})",
        "argumentDescription": [name for name, _ in procedure.inputs],
        "returnDescription": [name for name, _ in procedure.outputs],
        "admin": False,
    }
