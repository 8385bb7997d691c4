"""Clauses, queries and commands to text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.printing.expressions import (
    ExpressionPrinter,
    quoted,
    string,
    variable,
)
from neuralgraph.query.language.syntax import (
    Call,
    CallSubquery,
    Clause,
    Create,
    CreateConstraint,
    CreateIndex,
    Delete,
    DropConstraint,
    DropIndex,
    Expression,
    Finish,
    Foreach,
    LoadCsv,
    Match,
    Merge,
    Projection,
    ProjectionItem,
    Query,
    Remove,
    RemoveDynamicProperty,
    RemoveProperty,
    Return,
    SearchClause,
    Set,
    SetDynamicProperty,
    SetItem,
    SetLabels,
    SetProperties,
    SetProperty,
    Show,
    Statement,
    TimePoint,
    TransactionCommand,
    Unwind,
    Use,
    Variable,
    With,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.query.language.syntax import RemoveItem, SubqueryTransactions, YieldItem
    from neuralgraph.query.language.syntax.clauses import SchemaCommand


def print_statement(statement: Statement) -> str:
    """The statement as text; ``parse(print_statement(x)) == x``."""
    text = StatementPrinter().body(statement.body)
    return text if statement.mode == "run" else f"{statement.mode.upper()} {text}"


def print_expression(expression: Expression) -> str:
    """The expression as text; parsing it gives the same tree."""
    return StatementPrinter().expression(expression)


class StatementPrinter(ExpressionPrinter):
    """Prints everything."""

    def __init__(self) -> None:
        super().__init__()
        self.clauses: dict[type, Callable[[Any], str]] = {
            Match: self._match,
            With: self._with,
            Return: lambda clause: "RETURN " + self._projection(clause),
            Finish: lambda _clause: "FINISH",
            Unwind: lambda clause: (
                f"UNWIND {self.expression(clause.expression)} AS {quoted(clause.variable)}"
            ),
            Create: lambda clause: "CREATE " + self._paths(clause.pattern.paths),
            Merge: self._merge,
            Set: lambda clause: "SET " + self._set_items(clause.items),
            Remove: lambda clause: "REMOVE " + ", ".join(map(self._remove_item, clause.items)),
            Delete: lambda clause: (
                ("DETACH " if clause.detach else "") + "DELETE " + self._listed(clause.expressions)
            ),
            Foreach: self._foreach,
            Call: self._call_procedure,
            CallSubquery: self._call_subquery,
            LoadCsv: self._load_csv,
            Use: self._use,
        }
        self.bodies: dict[type, Callable[[Any], str]] = {
            Query: self.query,
            CreateIndex: self._create_index,
            DropIndex: lambda body: _drop("INDEX", body),
            CreateConstraint: self._create_constraint,
            DropConstraint: lambda body: _drop("CONSTRAINT", body),
            Show: self._show,
            TransactionCommand: lambda body: body.kind,
        }

    def body(self, body: Any) -> str:
        """A query or a command."""
        return self.bodies[type(body)](body)

    def query(self, query: Query) -> str:
        """Single queries joined by UNION."""
        union = " UNION ALL " if query.union_all else " UNION "
        parts = [" ".join([self.clause(clause) for clause in part.clauses]) for part in query.parts]
        at = "" if query.at is None else self._moment(query.at) + " "
        return at + union.join(parts)

    def clause(self, clause: Clause) -> str:
        """One clause."""
        return self.clauses[type(clause)](clause)

    def _use(self, clause: Use) -> str:
        named = "USE " + ".".join(map(quoted, clause.graph.split(".")))
        return named if clause.argument is None else f"{named}({self.expression(clause.argument)})"

    def _moment(self, moment: TimePoint) -> str:
        return f"AT {moment.kind} {self.expression(moment.expression)}"

    def _where(self, predicate: Expression | None) -> str:
        return "" if predicate is None else f" WHERE {self.expression(predicate)}"

    def _paths(self, paths: tuple[Any, ...]) -> str:
        return ", ".join(map(self.path, paths))

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def _match(self, clause: Match) -> str:
        word = "OPTIONAL MATCH" if clause.optional else "MATCH"
        word += " REPEATABLE ELEMENTS" if clause.pattern.repeatable else ""
        at = "" if clause.at is None else " " + self._moment(clause.at)
        search = "" if clause.search is None else " " + self._search(clause.search)
        return f"{word} {self._paths(clause.pattern.paths)}{at}{search}{self._where(clause.where)}"

    def _search(self, search: SearchClause) -> str:
        names = ", ".join(map(quoted, search.indexes))
        queries = ", ".join(map(self.expression, search.queries))
        text = f"{search.kind.upper()} INDEX {names} FOR {queries}"
        if search.near is not None:
            text += f" NEAR {self.expression(search.near)}"
        if search.kind == "hybrid":
            text += f" FUSE {search.fusion.upper()}"
        if search.weights is not None:
            text += f" WEIGHTS {self.expression(search.weights)}"
        text += f"{self._where(search.where)} LIMIT {self.expression(search.limit)}"
        score = "" if search.score is None else f" SCORE AS {quoted(search.score)}"
        return f"SEARCH {variable(search.variable)} IN ({text}){score}"

    def _with(self, clause: With) -> str:
        return f"WITH {self._projection(clause)}{self._where(clause.where)}"

    def _projection(self, clause: Projection) -> str:
        items = ["*"] if clause.star else []
        items += map(self._item, clause.items)
        text = ("DISTINCT " if clause.distinct else "") + ", ".join(items)
        if clause.order:
            keys = [
                self.expression(sort.expression) + (" DESC" if sort.descending else "")
                for sort in clause.order
            ]
            text += " ORDER BY " + ", ".join(keys)
        if clause.skip is not None:
            text += f" SKIP {self.expression(clause.skip)}"
        if clause.limit is not None:
            text += f" LIMIT {self.expression(clause.limit)}"
        return text

    def _item(self, item: ProjectionItem) -> str:
        if item.aliased:
            return f"{self.expression(item.expression)} AS {quoted(item.name)}"
        if type(item.expression) is Variable and item.expression.name == item.name:
            return variable(item.name)
        return item.name

    def _load_csv(self, clause: LoadCsv) -> str:
        headers = " WITH HEADERS" if clause.headers else ""
        text = (
            f"LOAD CSV{headers} FROM {self.expression(clause.source)} AS {quoted(clause.variable)}"
        )
        if clause.terminator != ",":
            text += f" FIELDTERMINATOR {string(clause.terminator)}"
        return text

    # ── calling ───────────────────────────────────────────────────────────────────────────────

    def _call_procedure(self, clause: Call) -> str:
        name = ".".join(map(quoted, clause.procedure.split(".")))
        text = f"{'OPTIONAL ' if clause.optional else ''}CALL {name}"
        if clause.arguments is not None:
            text += f"({self._listed(clause.arguments)})"
        if clause.yield_star:
            text += " YIELD *"
        elif clause.yields is not None:
            text += " YIELD " + _yields(clause.yields)
        return text + self._where(clause.where)

    def _call_subquery(self, clause: CallSubquery) -> str:
        text = f"{'OPTIONAL ' if clause.optional else ''}CALL "
        if clause.imports_star:
            text += "(*) "
        elif clause.imports is not None:
            text += f"({', '.join(map(quoted, clause.imports))}) "
        text += f"{{ {self.query(clause.query)} }}"
        if clause.transactions is not None:
            text += self._transactions(clause.transactions)
        return text

    def _transactions(self, settings: SubqueryTransactions) -> str:
        text = " IN TRANSACTIONS"
        if settings.rows is not None:
            text += f" OF {self.expression(settings.rows)} ROWS"
        if settings.retry:
            text += " ON ERROR RETRY"
            if settings.retry_s is not None:
                text += f" FOR {self.expression(settings.retry_s)} SECONDS"
            text += f" THEN {settings.on_error}"
        elif settings.on_error != "FAIL":
            text += f" ON ERROR {settings.on_error}"
        if settings.status is not None:
            text += f" REPORT STATUS AS {quoted(settings.status)}"
        return text

    # ── updating ──────────────────────────────────────────────────────────────────────────────

    def _merge(self, clause: Merge) -> str:
        text = f"MERGE {self.path(clause.path)}"
        if clause.on_create:
            text += f" ON CREATE SET {self._set_items(clause.on_create)}"
        if clause.on_match:
            text += f" ON MATCH SET {self._set_items(clause.on_match)}"
        return text

    def _set_items(self, items: tuple[SetItem, ...]) -> str:
        return ", ".join(map(self._set_item, items))

    def _set_item(self, item: SetItem) -> str:
        if isinstance(item, SetProperty):
            target = f"{self._subject(item.subject)}.{quoted(item.key)}"
            return f"{target} = {self.expression(item.value)}"
        if isinstance(item, SetDynamicProperty):
            target = f"{self._subject(item.subject)}[{self.expression(item.key)}]"
            return f"{target} = {self.expression(item.value)}"
        if isinstance(item, SetProperties):
            sign = "+=" if item.merge else "="
            return f"{self.expression(item.variable)} {sign} {self.expression(item.value)}"
        assert isinstance(item, SetLabels)
        return f"{self.expression(item.variable)}:{self.labels(item.labels, colons=True)}"

    def _remove_item(self, item: RemoveItem) -> str:
        if isinstance(item, RemoveProperty):
            return self.expression(item.target)
        if isinstance(item, RemoveDynamicProperty):
            return f"{self._subject(item.subject)}[{self.expression(item.key)}]"
        return f"{self.expression(item.variable)}:{self.labels(item.labels, colons=True)}"

    def _foreach(self, clause: Foreach) -> str:
        inside = " ".join(map(self.clause, clause.clauses))
        each = f"{quoted(clause.variable)} IN {self.expression(clause.source)}"
        return f"FOREACH ({each} | {inside})"

    # ── commands ──────────────────────────────────────────────────────────────────────────────

    def _create_index(self, body: CreateIndex) -> str:
        keys = ", ".join(f"n.{quoted(key)}" for key in body.keys)
        if body.kind == "LOOKUP":
            on = "ON EACH labels(n)" if body.entity == "node" else "ON EACH type(n)"
        else:
            on = f"ON EACH [{keys}]" if body.kind == "FULLTEXT" else f"ON ({keys})"
        kind = "" if body.kind == "RANGE" else body.kind + " "
        head = _create(f"CREATE {kind}INDEX", body)
        text = f"{head} FOR {_entity(body.entity, body.labels)} {on}"
        if body.options is not None:
            text += f" OPTIONS {self.expression(body.options)}"
        return text

    def _create_constraint(self, body: CreateConstraint) -> str:
        keys = ", ".join(f"n.{quoted(key)}" for key in body.keys)
        what = f":: {body.type_name}" if body.kind == "TYPE" else body.kind
        if body.kind == "KEY":
            what = "NODE KEY" if body.entity == "node" else "RELATIONSHIP KEY"
        head = _create("CREATE CONSTRAINT", body)
        text = f"{head} FOR {_entity(body.entity, (body.label,))} REQUIRE ({keys}) IS {what}"
        if body.options is not None:
            text += f" OPTIONS {self.expression(body.options)}"
        return text

    def _show(self, body: Show) -> str:
        text = "TERMINATE" if body.terminate else "SHOW"
        text += f" {body.only} {body.what}" if body.only else f" {body.what}"
        if body.ids is not None:
            text += f" {self.expression(body.ids)}"
        if body.yields is not None:
            text += f" YIELD {self._projection(body.yields)}{self._where(body.yields.where)}"
        text += self._where(body.where)
        if body.return_ is not None:
            text += f" {self.clause(body.return_)}"
        return text if body.at is None else f"{self._moment(body.at)} {text}"


def _yields(items: tuple[YieldItem, ...]) -> str:
    return ", ".join(
        quoted(item.column)
        if item.column == item.name
        else f"{quoted(item.column)} AS {quoted(item.name)}"
        for item in items
    )


def _entity(entity: str, labels: tuple[str, ...]) -> str:
    names = ":" + "|".join(map(quoted, labels)) if labels else ""
    return f"(n{names})" if entity == "node" else f"()-[n{names}]-()"


def _create(head: str, body: CreateIndex | CreateConstraint) -> str:
    if body.name is not None or body.given_name is not None:
        head += " " + _command_name(body)
    return head + (" IF NOT EXISTS" if body.if_not_exists else "")


def _command_name(body: SchemaCommand) -> str:
    if body.given_name is not None:
        return f"${quoted(body.given_name.name)}"
    name = body.name or ""
    return f"`{name}`" if name.upper() in {"IF", "FOR", "ON"} else quoted(name)


def _drop(kind: str, body: DropIndex | DropConstraint) -> str:
    return f"DROP {kind} {_command_name(body)}{' IF EXISTS' if body.if_exists else ''}"
