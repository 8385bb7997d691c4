"""`check`: what a statement means, and whether it can mean anything.

Walks the clauses in order with the scope (name to static type), and raises openCypher's compile-time
errors. Expressions, patterns and projections have their own modules; here are the clauses and how
they follow each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.errors import (
    DatabaseNotFoundError,
    ParameterMissingError,
    ProcedureError,
    QuerySyntaxError,
)
from neuralgraph.hints import close_name
from neuralgraph.query.functions.signature import GRAPH_NAME
from neuralgraph.query.language import typing_rules as types
from neuralgraph.query.language.contracts import Checked
from neuralgraph.query.language.expression_checks import (
    ExpressionChecker,
    Scope,
    complain,
    undefined,
)
from neuralgraph.query.language.pattern_checks import PatternChecker, storable
from neuralgraph.query.language.projection_checks import ProjectionChecker, require_names
from neuralgraph.query.language.search_checks import check_search
from neuralgraph.query.language.show_columns import show_columns
from neuralgraph.query.language.syntax import (
    Call,
    CallSubquery,
    Clause,
    Create,
    Delete,
    Finish,
    Foreach,
    HasLabels,
    LiteralValue,
    LoadCsv,
    Match,
    Merge,
    Parameter,
    Property,
    Query,
    Remove,
    RemoveDynamicProperty,
    RemoveLabels,
    RemoveProperty,
    Return,
    Set,
    SetDynamicProperty,
    SetLabels,
    SetProperties,
    SetProperty,
    Show,
    SingleQuery,
    TimePoint,
    Unwind,
    Use,
    Variable,
    With,
)
from neuralgraph.query.language.walking import descendants

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.query.language.contracts import CheckContext, ProcedureSignature
    from neuralgraph.query.language.syntax import (
        RemoveItem,
        SetItem,
        Statement,
        SubqueryTransactions,
    )

_UPDATING = (Create, Merge, Set, Remove, Delete, Foreach)
_READING = (Match, Unwind, Call, CallSubquery, LoadCsv)


def check(statement: Statement, context: CheckContext) -> Checked:
    """Scopes, static types, aggregation and clause order of a statement.

    Args:
        statement: as `parse` gave it; it is not changed.
        context: functions and procedures, and the types of the parameters where they are known.

    Raises:
        QuerySyntaxError: with openCypher's detail; its span is set, and whoever has the text locates it.
        QueryTypeError: at compile time, such as for a property of an integer.
        ProcedureError: ProcedureNotFound.
        ParameterMissingError: MissingParameter, for a procedure whose arguments are parameters.
    """
    try:
        return _Analysis(context).statement(statement)
    except RecursionError:
        message = "The statement is nested too deeply"
        raise QuerySyntaxError(message, detail="UnexpectedSyntax", span=statement.span) from None


class _Analysis:
    def __init__(self, context: CheckContext) -> None:
        self.context = context
        self.expressions = ExpressionChecker(context.functions)
        self.patterns = PatternChecker(self.expressions)
        self.projections = ProjectionChecker(self.expressions)
        self.expressions.patterns = self.patterns.in_expression
        self.expressions.queries = self._expression_query
        self.scopes: dict[int, Scope] = {}
        self.procedures: dict[str, ProcedureSignature] = {}
        # Inside a subquery or a UNION: there CALL { } IN TRANSACTIONS may not stand.
        self.nested = False
        self.writes = False
        # Names that stay visible through every WITH: those of the query round a subquery.
        self.outer: Scope = {}
        self.clauses: dict[type, Callable[[Any, Scope], Scope]] = {
            Match: self._match,
            Unwind: self._unwind,
            With: self._with,
            Create: self._create,
            Merge: self._merge,
            Set: self._set,
            Remove: self._remove,
            Delete: self._delete,
            Foreach: self._foreach,
            CallSubquery: self._call_subquery,
            LoadCsv: self._load_csv,
            Use: self._use,
        }

    # ── statements and queries ────────────────────────────────────────────────────────────────

    def statement(self, statement: Statement) -> Checked:
        body = statement.body
        columns: tuple[str, ...] = ()
        if isinstance(body, Query):
            columns = tuple(self._query(body, {}))
        elif isinstance(body, Show):
            columns = self._show(body)
        parameters = frozenset(
            part.name for part in descendants(statement) if type(part) is Parameter
        )
        writes = self.writes or self.expressions.writes
        return Checked(
            statement,
            columns,
            self.scopes,
            parameters,
            writes,
            self.procedures,
            self.expressions.writes,
        )

    def _show(self, show: Show) -> tuple[str, ...]:
        scope: Scope = dict.fromkeys(show_columns(show), types.ANY)
        shown = tuple(scope)
        if show.ids is not None:
            self.expressions.type_of(show.ids, {})
        if show.at is not None:
            self._moment(show.at, {})
        if show.yields is not None:
            scope = self._with(show.yields, scope)
            # A star keeps the order of the columns.
            shown = shown if show.yields.star else tuple(scope)
        if show.where is not None:
            self.expressions.predicate(show.where, scope)
        if show.return_ is None:
            return shown
        projected, _visible = self.projections.check(show.return_, scope, {})
        return tuple(projected)

    def _query(self, query: Query, scope: Scope, kind: str = "") -> Scope:
        """Check all parts; gives the columns with their types.

        Args:
            query: what to check.
            scope: what its clauses may see at first.
            kind: ``EXISTS``, ``COUNT``, ``COLLECT``, ``CALL`` for a subquery, else empty.
        """
        written, self.writes = self.writes, False
        if query.at is not None:
            self._moment(query.at, {})
        nested, self.nested = self.nested, self.nested or bool(kind) or len(query.parts) > 1
        results = [self._single(part, scope, kind) for part in query.parts]
        self.nested = nested
        administers = any(found.administers for found in self.procedures.values())
        if query.at is not None and (self.writes or administers):
            message = "The past cannot be changed; a query AT a moment only reads"
            complain(message, query.at, "InvalidClauseComposition")
        self.writes |= written
        first = results[0]
        for part, result in zip(query.parts[1:], results[1:], strict=True):
            if result.keys() != first.keys():
                message = (
                    "All parts of a UNION return columns of the same names;"
                    f" here {_listed(first)} and {_listed(result)}"
                )
                complain(message, part, "DifferentColumnsInUnion")
            first = {name: types.common([first[name], result[name]]) for name in first}
        return first

    def _moment(self, moment: TimePoint, scope: Scope) -> None:
        self.expressions.type_of(moment.expression, scope)

    def _expression_query(self, query: Query, scope: Scope, kind: str) -> Scope:
        outer, self.outer = self.outer, scope
        columns = self._query(query, scope, kind)
        self.outer = outer
        if kind == "COLLECT" and len(columns) != 1:
            complain("COLLECT { } returns exactly one column", query, "InvalidClauseComposition")
        return columns

    def _single(self, query: SingleQuery, scope: Scope, kind: str) -> Scope:
        columns: Scope = {}
        clauses = query.clauses
        _check_order(clauses, kind)
        for clause in clauses:
            if isinstance(clause, Return):
                if kind == "CALL":
                    require_names(clause, "RETURN of CALL { }")
                columns, visible = self.projections.check(clause, scope, self.outer)
                self.scopes[id(clause)] = visible
                continue
            if isinstance(clause, Call):
                alone = len(clauses) == 1 and not kind
                scope, columns = self._call(clause, scope, alone=alone)
                if kind and kind != "CALL":
                    self._only_reads(clause, kind)
            else:
                if isinstance(clause, _UPDATING):
                    self.writes = True
                    if kind and kind != "CALL":
                        message = f"{kind} {{ }} only reads; it cannot change anything"
                        complain(message, clause, "InvalidClauseComposition")
                rule = self.clauses.get(type(clause))
                if rule is not None:
                    scope = rule(clause, scope)
            self.scopes[id(clause)] = scope
        return columns

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def _match(self, clause: Match, scope: Scope) -> Scope:
        if clause.at is not None:
            self._moment(clause.at, scope)
        after = self.patterns.match(clause.pattern.paths, scope)
        if clause.search is not None:
            after = check_search(self.expressions, clause.search, scope, after)
        if clause.where is not None:
            self.expressions.predicate(clause.where, after)
        return after

    def _unwind(self, clause: Unwind, scope: Scope) -> Scope:
        kind = self.expressions.type_of(clause.expression, scope)
        _new_name(clause.variable, clause, scope)
        return {**scope, clause.variable: types.element_of(kind)}

    def _with(self, clause: With, scope: Scope) -> Scope:
        for item in clause.items:
            expression = item.expression
            if item.name in self.outer and expression != Variable(item.name):
                message = f"Variable `{item.name}` already bound by the query round the subquery"
                complain(message, item, "VariableAlreadyBound")
        projected, _visible = self.projections.check(clause, scope, self.outer)
        return {**self.outer, **projected}

    def _use(self, clause: Use, scope: Scope) -> Scope:
        """There is one graph; its name is looked at where it stands in the text."""
        argument, named, function = clause.argument, clause.graph, clause.graph.lower()
        if argument is not None and function in ("graph.byname", "graph.byelementid"):
            self.expressions.type_of(argument, {})
            if function == "graph.byelementid" or not isinstance(argument, LiteralValue):
                return scope
            named = str(argument.value)
        if named.lower() != GRAPH_NAME:
            raise DatabaseNotFoundError(
                f"There is no graph {named}; the one that there is is called {GRAPH_NAME}",
                detail="DatabaseNotFound",
                span=clause.span,
            )
        return scope

    def _load_csv(self, clause: LoadCsv, scope: Scope) -> Scope:
        self.expressions.type_of(clause.source, scope)
        _new_name(clause.variable, clause, scope)
        kind = types.MAP if clause.headers else types.list_of(types.STRING)
        return {**scope, clause.variable: kind}

    def _call_subquery(self, clause: CallSubquery, scope: Scope) -> Scope:
        inner, stays = self._imports(clause, scope)
        outer, self.outer = self.outer, stays
        if clause.transactions is not None:
            self._transactions(clause, clause.transactions)
        columns: Scope = {}
        if clause.imports is None and not clause.imports_star:
            nested, self.nested = self.nested, True
            columns = self._importing(clause.query, scope)
            self.nested = nested
        else:
            columns = self._query(clause.query, inner, "CALL")
        self.outer = outer
        after = dict(scope)
        for name, kind in columns.items():
            _new_name(name, clause, after)
            after[name] = kind
        status = clause.transactions.status if clause.transactions is not None else None
        if status is not None:
            _new_name(status, clause, after)
            after[status] = types.MAP
        return after

    def _transactions(self, clause: CallSubquery, settings: SubqueryTransactions) -> None:
        """Portions stand in the statement's own query, and the status is for errors that do not end it."""
        if self.nested:
            message = "CALL { } IN TRANSACTIONS cannot stand inside another subquery or a UNION"
            complain(message, clause, "InvalidClauseComposition")
        if settings.rows is not None:
            self.expressions.type_of(settings.rows, {})
        if settings.retry_s is not None:
            self.expressions.type_of(settings.retry_s, {})
        if settings.status is not None and settings.on_error == "FAIL":
            message = "REPORT STATUS needs ON ERROR CONTINUE or ON ERROR BREAK"
            complain(message, settings, "InvalidClauseComposition")

    def _imports(self, clause: CallSubquery, scope: Scope) -> tuple[Scope, Scope]:
        if clause.imports_star:
            return scope, scope
        if clause.imports is None:
            return {}, {}
        for name in clause.imports:
            if name not in scope:
                undefined(name, clause, scope)
        inner = {name: scope[name] for name in clause.imports}
        return inner, inner

    def _importing(self, query: Query, scope: Scope) -> Scope:
        """The form ``CALL { WITH x ... }``: a leading WITH of plain names brings them in."""
        first: Scope | None = None
        for part in query.parts:
            leading = part.clauses[0]
            plain = (
                isinstance(leading, With)
                and (leading.star or leading.items)
                and all(
                    type(item.expression) is Variable and item.name == item.expression.name
                    for item in leading.items
                )
            )
            start = scope if plain else {}
            columns = self._single(part, start, "CALL")
            if first is not None and columns.keys() != first.keys():
                complain(
                    "All parts of a UNION return columns of the same names",
                    part,
                    "DifferentColumnsInUnion",
                )
            first = first if first is not None else columns
        return first or {}

    # ── procedures ────────────────────────────────────────────────────────────────────────────

    def _call(self, clause: Call, scope: Scope, *, alone: bool) -> tuple[Scope, Scope]:
        procedures = self.context.procedures
        signature = procedures.lookup(clause.procedure)
        if signature is None:
            hint = close_name(clause.procedure, procedures.names())
            raise ProcedureError(
                f"There is no procedure {clause.procedure}",
                detail="ProcedureNotFound",
                phase="compile time",
                span=clause.span,
                hint=hint,
            )
        self.procedures[clause.procedure] = signature
        self.writes = self.writes or signature.writes
        if clause.arguments is None:
            self._implicit(clause, signature, alone=alone)
        else:
            self._arguments(clause, signature, scope)
        if clause.yield_star and not alone:
            complain("YIELD * stands in a standalone CALL only", clause, "UnexpectedSyntax")
        outputs = {name: types.declared(kind) for name, kind in signature.outputs}
        after = dict(scope)
        columns: Scope = {}
        if clause.yields is not None:
            for item in clause.yields:
                if item.column not in outputs:
                    hint = close_name(item.column, outputs)
                    message = f"{signature.name} gives no column `{item.column}`"
                    complain(message, item, "UndefinedVariable", hint=hint)
                _new_name(item.name, item, after)
                after[item.name] = columns[item.name] = outputs[item.column]
        elif alone:
            columns = outputs
            after.update(outputs)
        if clause.where is not None:
            self.expressions.predicate(clause.where, after)
        return after, columns if alone else {}

    def _only_reads(self, clause: Call, kind: str) -> None:
        signature = self.procedures[clause.procedure]
        if signature.writes or signature.administers:
            message = f"{kind} {{ }} only reads, and {signature.name} does not"
            complain(message, clause, "InvalidClauseComposition")

    def _implicit(self, clause: Call, signature: ProcedureSignature, *, alone: bool) -> None:
        if not alone:
            message = f"Inside a query the arguments are written: CALL {signature.name}(...)"
            complain(message, clause, "InvalidArgumentPassingMode")
        given = self.context.parameters
        required = len(signature.inputs) - signature.optional_inputs
        for name, wanted in signature.inputs[:required]:
            if given is None:
                continue
            if name not in given:
                raise ParameterMissingError(
                    f"{signature.name} takes `{name}` from a parameter, which was not given",
                    detail="MissingParameter",
                    phase="compile time",
                    span=clause.span,
                )
            if not types.fits(given[name], wanted):
                message = f"Argument `{name}` of {signature.name} is {wanted}, not {given[name]}"
                complain(message, clause, "InvalidArgumentType")

    def _arguments(self, clause: Call, signature: ProcedureSignature, scope: Scope) -> None:
        arguments = clause.arguments or ()
        most = len(signature.inputs)
        kinds = [self.expressions.type_of(argument, scope) for argument in arguments]
        if not most - signature.optional_inputs <= len(arguments) <= most:
            message = f"{signature.name} takes {most} arguments, {len(arguments)} given"
            complain(message, clause, "InvalidNumberOfArguments")
        for (name, wanted), kind, argument in zip(signature.inputs, kinds, arguments, strict=False):
            if not types.fits(kind, wanted):
                message = f"Argument `{name}` of {signature.name} is {wanted}, not {kind}"
                complain(message, argument, "InvalidArgumentType")

    # ── updating ──────────────────────────────────────────────────────────────────────────────

    def _create(self, clause: Create, scope: Scope) -> Scope:
        return self.patterns.create(clause.pattern.paths, scope)

    def _merge(self, clause: Merge, scope: Scope) -> Scope:
        after = self.patterns.merge(clause.path, scope)
        for item in (*clause.on_create, *clause.on_match):
            self._set_item(item, after)
        return after

    def _set(self, clause: Set, scope: Scope) -> Scope:
        for item in clause.items:
            self._set_item(item, scope)
        return scope

    def _set_item(self, item: SetItem, scope: Scope) -> None:
        expressions = self.expressions
        if isinstance(item, SetProperty | SetDynamicProperty):
            _entity(expressions.type_of(item.subject, scope), item.subject)
            if isinstance(item, SetDynamicProperty):
                expressions.type_of(item.key, scope)
            storable(expressions.type_of(item.value, scope), item.value)
        elif isinstance(item, SetProperties):
            _entity(expressions.type_of(item.variable, scope), item.variable)
            kind = expressions.type_of(item.value, scope)
            if not types.may_be(kind, types.MAP, types.NODE, types.RELATIONSHIP):
                message = "All properties are set from a map, a node or a relationship"
                complain(message, item.value, "InvalidArgumentType")
        elif isinstance(item, SetLabels):
            self._labelled(item, scope)

    def _labelled(self, item: SetLabels | RemoveLabels, scope: Scope) -> None:
        kind = self.expressions.type_of(item.variable, scope)
        if not types.may_be(kind, types.NODE):
            complain("Only a node has labels to change", item, "InvalidArgumentType")
        self.expressions.labels(item.labels, scope)

    def _remove(self, clause: Remove, scope: Scope) -> Scope:
        for item in clause.items:
            self._remove_item(item, scope)
        return scope

    def _remove_item(self, item: RemoveItem, scope: Scope) -> None:
        if isinstance(item, RemoveProperty):
            subject = item.target.subject
            _entity(self.expressions.type_of(subject, scope), subject)
        elif isinstance(item, RemoveDynamicProperty):
            _entity(self.expressions.type_of(item.subject, scope), item.subject)
            self.expressions.type_of(item.key, scope)
        else:
            self._labelled(item, scope)

    def _delete(self, clause: Delete, scope: Scope) -> Scope:
        for expression in clause.expressions:
            if isinstance(expression, HasLabels):
                message = "DELETE takes entities; labels are taken away by REMOVE"
                complain(message, expression, "InvalidDelete")
            kind = self.expressions.type_of(expression, scope)
            if isinstance(expression, Property):
                continue  # a map may hold an entity
            if not types.may_be(kind, types.NODE, types.RELATIONSHIP, types.PATH):
                message = "DELETE takes nodes, relationships and paths"
                complain(message, expression, "InvalidArgumentType")
        return scope

    def _foreach(self, clause: Foreach, scope: Scope) -> Scope:
        kind = self.expressions.type_of(clause.source, scope)
        if not types.may_be_list(kind):
            complain("FOREACH takes a list", clause.source, "InvalidArgumentType")
        _new_name(clause.variable, clause, scope)
        inner: Scope = {**scope, clause.variable: types.element_of(kind)}
        for step in clause.clauses:
            if not isinstance(step, _UPDATING):
                message = "FOREACH holds updating clauses only"
                complain(message, step, "InvalidClauseComposition")
            inner = self.clauses[type(step)](step, inner)
            self.scopes[id(step)] = inner
        return scope


def _new_name(name: str, node: Any, scope: Scope) -> None:
    if name in scope:
        complain(f"Variable `{name}` already bound", node, "VariableAlreadyBound")


def _entity(kind: str, node: Any) -> None:
    if not types.may_be(kind, types.NODE, types.RELATIONSHIP):
        message = "Only nodes and relationships have properties to change"
        complain(message, node, "InvalidArgumentType")


def _listed(columns: Scope) -> str:
    return ", ".join(columns) or "nothing"


def _check_order(clauses: tuple[Clause, ...], kind: str) -> None:
    """RETURN comes last, reading after updating needs a WITH, and something comes of it all."""
    detail = "InvalidClauseComposition"
    updating: Clause | None = None
    for index, clause in enumerate(clauses):
        if isinstance(clause, Return | Finish) and index < len(clauses) - 1:
            complain(
                "RETURN and FINISH end a query; nothing can follow", clauses[index + 1], detail
            )
        if isinstance(clause, Use) and index > 0:
            complain("USE stands at the beginning", clause, detail)
        if isinstance(clause, With):
            updating = None
        elif isinstance(clause, _UPDATING):
            updating = clause
        elif isinstance(clause, _READING) and updating is not None:
            first = type(updating).__name__.upper()
            message = f"WITH is required between {first} and {_word(clause)}"
            complain(message, clause, detail)
    last = clauses[-1]
    if kind in {"EXISTS", "COUNT"} or isinstance(last, (Return, Finish, *_UPDATING)):
        return
    if isinstance(last, CallSubquery):
        return
    if isinstance(last, Call) and (len(clauses) == 1 or last.yields is None):
        return
    message = f"A query cannot end with {_word(last)}; add RETURN or an updating clause"
    complain(message, last, detail)


def _word(clause: Clause) -> str:
    word = type(clause).__name__.upper()
    return {"CALLSUBQUERY": "CALL", "LOADCSV": "LOAD CSV"}.get(word, word)
