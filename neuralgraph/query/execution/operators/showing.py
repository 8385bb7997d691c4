"""ShowRows: what there is, and what runs, as rows under the column names of Neo4j 5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import QueryTypeError
from neuralgraph.query.execution.operators.index_options import (
    as_literal,
    options_in_force,
    shown_options,
)
from neuralgraph.query.execution.operators.step import Step
from neuralgraph.query.execution.search_paths import state_of
from neuralgraph.query.functions.catalogue import SYNONYMS
from neuralgraph.query.functions.signature import OWN, AggregateFunction
from neuralgraph.query.language.printing import print_statement
from neuralgraph.query.language.syntax import CreateConstraint, CreateIndex, Statement
from neuralgraph.values import BATCH_ROWS_MAX, Batch, Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from neuralgraph.access import ConstraintDefinition, IndexDefinition
    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.language.syntax.clauses import Show
    from neuralgraph.query.planning.plan import ShowRows

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
_WRITTEN_CONSTRAINTS: Final[dict[str, Any]] = {
    "unique": "UNIQUE", "exists": "NOT NULL", "type": "TYPE", "key": "KEY",
}  # fmt: skip
_DATABASE: Final[dict[str, Any]] = {
    "name": "neo4j",
    "type": "standard",
    "aliases": [],
    "access": "read-write",
    "address": None,
    "role": "primary",
    "writer": True,
    "requestedStatus": "online",
    "currentStatus": "online",
    "statusMessage": "",
    "default": True,
    "home": True,
    "constituents": [],
}
"""The one graph, under the name that clients of Neo4j ask for when they are told none."""
_ONLY: Final[dict[str, tuple[str, ...]]] = {
    "UNIQUE": ("UNIQUENESS",),
    "UNIQUENESS": ("UNIQUENESS",),
    "KEY": ("NODE_KEY", "RELATIONSHIP_KEY"),
    "EXISTENCE": ("PROPERTY_EXISTENCE",),
    "EXIST": ("PROPERTY_EXISTENCE",),
    "TYPE": ("PROPERTY_TYPE",),
    "NODE": ("NODE_", "UNIQUENESS"),
    "RELATIONSHIP": ("RELATIONSHIP_",),
    "REL": ("RELATIONSHIP_",),
}
"""Words before CONSTRAINTS, and what the type of a constraint shown ends or begins with."""


_LISTED: Final = "variable :: VARIABLE IN list :: LIST<ANY> WHERE predicate :: ANY"
_FORMS: Final = (
    ("all", "Predicate", _LISTED, "BOOLEAN", "Does the condition hold for all elements?"),
    ("any", "Predicate", _LISTED, "BOOLEAN", "Does the condition hold for at least one element?"),
    ("exists", "Predicate", "pattern :: PATTERN", "BOOLEAN", "Is there a match of the pattern?"),
    ("none", "Predicate", _LISTED, "BOOLEAN", "Does the condition hold for no element?"),
    ("single", "Predicate", _LISTED, "BOOLEAN", "Does the condition hold for exactly one element?"),
    (
        "reduce", "List",
        "accumulator = initial :: ANY, variable :: VARIABLE IN list :: LIST<ANY> | step :: ANY",
        "ANY", "The step computed for each element, with what came of the one before.",
    ),
)  # fmt: skip
"""What looks like a function and binds a variable: name, category, arguments, result, description."""


class ShowStep(Step):
    """SHOW: a row for each thing; TERMINATE: a row for each transaction named."""

    __slots__ = ("command", "compiler", "names")

    def __init__(self, operator: ShowRows, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.command: Show = operator.command
        self.compiler = compiler
        ids = operator.command.ids
        self.names = None if ids is None else compiler.expressions(()).compile(ids)

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The rows."""
        rows = self._rows(context)
        for start in range(0, len(rows), BATCH_ROWS_MAX):
            part = rows[start : start + BATCH_ROWS_MAX]
            columns = [
                Column.of_values([row.get(slot.name) for row in part]) for slot in self.slots
            ]
            yield Batch(columns, len(part))

    def _rows(self, context: ExecutionContext) -> list[dict[str, Any]]:
        catalog = context.reader.catalog
        words = self.command.only.split()
        match self.command.what:
            case "INDEXES":
                indexes = sorted(catalog.defined_indexes(), key=lambda index: index.name)
                rows = [
                    _index_row(number, index, context.reader.search_facts(index))
                    for number, index in enumerate(indexes, 1)
                ]
                return [row for row in rows if not words or row["type"] in words]
            case "CONSTRAINTS":
                constraints = sorted(catalog.constraints(), key=lambda one: one.name)
                rows = [_constraint_row(number, one) for number, one in enumerate(constraints, 1)]
                return [row for row in rows if all(_is_of(row["type"], word) for word in words)]
            case "FUNCTIONS":
                rows = self._functions()
                wanted = {"BUILT": True, "USER": False}.get(words[0]) if words else None
                return [row for row in rows if wanted is None or row["isBuiltIn"] is wanted]
            case "PROCEDURES":
                return [_procedure_row(one) for one in self.compiler.procedures()]
            case "TRANSACTIONS":
                return self._transactions(context)
            case "SETTINGS":
                names = self._ids(context)
                rows = [] if context.host is None else context.host.settings()
                return [row for row in rows if names is None or row["name"] in names]
            case "DATABASES":
                return [dict(_DATABASE)]

    def _transactions(self, context: ExecutionContext) -> list[dict[str, Any]]:
        names = self._ids(context)
        if self.command.terminate:
            return [] if context.host is None else context.host.terminate(names or [])
        rows = [] if context.host is None else context.host.activity()
        return [row for row in rows if names is None or row["transactionId"] in names]

    def _ids(self, context: ExecutionContext) -> list[str] | None:
        if self.names is None:
            return None
        value = self.names.items(Batch((), 1), context)[0]
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(name, str) for name in listed):
            raise QueryTypeError(
                "transactions and settings are named by strings, such as 'transaction-7'",
                detail="InvalidArgumentType",
            )
        return listed

    def _functions(self) -> list[dict[str, Any]]:
        rows = list(map(_form_row, _FORMS))
        functions = self.compiler.functions
        for name in (*functions.names(), *SYNONYMS):
            function = functions.lookup(name)
            if function is None:
                continue
            category = getattr(function, "category", "Aggregating")
            rows.append(
                {
                    "name": name,
                    "category": category,
                    "description": function.description,
                    "signature": f"{name}({', '.join(function.parameters)}) :: {function.result}",
                    "isBuiltIn": category != OWN,
                    "aggregating": isinstance(function, AggregateFunction),
                    "argumentDescription": list(function.parameters),
                    "returnDescription": function.result,
                    "isDeprecated": False,
                }
            )
        return sorted(rows, key=lambda row: row["name"].lower())


def _form_row(form: tuple[str, str, str, str, str]) -> dict[str, Any]:
    name, category, arguments, result, description = form
    return {
        "name": name,
        "category": category,
        "description": description,
        "signature": f"{name}({arguments}) :: {result}",
        "isBuiltIn": True,
        "aggregating": False,
        "argumentDescription": [arguments],
        "returnDescription": result,
        "isDeprecated": False,
    }


def _is_of(kind: str, word: str) -> bool:
    """Does a constraint shown as `kind` belong to those that the word before CONSTRAINTS names?"""
    if word == "NODE":
        return not kind.startswith("RELATIONSHIP")
    ends = _ONLY.get(word)
    return ends is None or any(end in kind for end in ends)


def _index_row(number: int, index: IndexDefinition, facts: Mapping[str, Any]) -> dict[str, Any]:
    progress = facts.get("progress", 1.0)
    kind: Any = index.kind.upper()
    options = shown_options(index.kind, index.options)
    written = as_literal(options) if options else None
    command = CreateIndex(kind, index.name, index.entity, index.labels, index.keys, options=written)
    return {
        "id": number,
        "name": index.name,
        "state": state_of(facts),
        "populationPercent": round(100.0 * progress, 1),
        "type": kind,
        "entityType": _SHOWN_ENTITIES[index.entity],
        "labelsOrTypes": list(index.labels),
        "properties": list(index.keys),
        "indexProvider": f"{index.kind}-1.0",
        "owningConstraint": index.owner,
        "failureMessage": facts.get("failure") or "",
        "options": options_in_force(index),
        "createStatement": print_statement(Statement(command)),
        **{name: facts.get(name) for name in ("rows", "indexedRows", "built")},
    }


def _constraint_row(number: int, constraint: ConstraintDefinition) -> dict[str, Any]:
    command = CreateConstraint(
        _WRITTEN_CONSTRAINTS[constraint.kind],
        constraint.name,
        constraint.entity,
        constraint.label,
        constraint.keys,
        constraint.type_name,
    )
    return {
        "id": number,
        "name": constraint.name,
        "type": _SHOWN_CONSTRAINTS[constraint.kind, constraint.entity],
        "entityType": _SHOWN_ENTITIES[constraint.entity],
        "labelsOrTypes": [constraint.label],
        "properties": list(constraint.keys),
        "ownedIndex": constraint.name if constraint.kind in ("unique", "key") else None,
        "propertyType": constraint.type_name,
        "options": {},
        "createStatement": print_statement(Statement(command)),
    }


def _procedure_row(procedure: Any) -> dict[str, Any]:
    inputs = ", ".join(f"{name} :: {type_name}" for name, type_name in procedure.inputs)
    outputs = ", ".join(f"{name} :: {type_name}" for name, type_name in procedure.outputs)
    return {
        "name": procedure.name,
        "description": procedure.description,
        "mode": "WRITE" if procedure.writes else "DBMS" if procedure.administers else "READ",
        "worksOnSystem": False,
        "signature": f"{procedure.name}({inputs}) :: ({outputs})",
        "argumentDescription": [name for name, _ in procedure.inputs],
        "returnDescription": [name for name, _ in procedure.outputs],
        "admin": False,
        "isDeprecated": False,
        "option": {"deprecated": False},
    }
