"""Checks of expressions: names, static types, where aggregates and patterns may stand.

`ExpressionChecker.type_of` walks an expression once; it raises openCypher's compile-time errors and gives
the static type. Scopes are plain dictionaries, name to type; whoever adds a name makes a copy.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from neuralgraph.errors import QuerySyntaxError, QueryTypeError
from neuralgraph.hints import close_name
from neuralgraph.query.functions.signature import AggregateFunction
from neuralgraph.query.functions.type_tests import is_of_type
from neuralgraph.query.language import typing_rules as types
from neuralgraph.query.language.syntax import (
    Binary,
    Case,
    Comparison,
    Expression,
    FunctionCall,
    HasLabels,
    Index,
    IsNull,
    IsType,
    LabelDynamic,
    LiftedLiteral,
    ListComprehension,
    ListLiteral,
    LiteralValue,
    MapLiteral,
    MapProjection,
    Parameter,
    PatternComprehension,
    PatternPredicate,
    Property,
    Quantified,
    Query,
    Reduce,
    ShortestPathCall,
    Slice,
    Subquery,
    Unary,
    Variable,
)
from neuralgraph.query.language.walking import children, descendants
from neuralgraph.stopping import glance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from neuralgraph.query.language.contracts import FunctionLookup
    from neuralgraph.query.language.syntax import LabelExpression, PathPattern, Syntax

Scope = dict[str, str]
Mode = Literal["allowed", "forbidden", "inside"]

_LITERAL_TYPES = {
    bool: types.BOOLEAN, int: types.INTEGER, float: types.FLOAT, str: types.STRING,
    type(None): types.NULL,
}  # fmt: skip
# Bad arguments of these are openCypher's run-time errors.
_CHECKED_AT_RUNTIME = frozenset({"range", "percentilecont", "percentiledisc"})
_NOT_CONSTANT = frozenset({"rand", "randomuuid"})
_RESULT_LIKE_ARGUMENT = frozenset({"min", "max", "tail", "reverse"})
_ELEMENT_OF_ARGUMENT = frozenset({"head", "last"})


def complain(
    message: str, node: Any, detail: str, *, hint: str | None = None, runtime_kind: bool = False
) -> NoReturn:
    """Raise a compile-time error at a node of the tree.

    Raises:
        QuerySyntaxError: always; or `QueryTypeError` where openCypher says TypeError.
    """
    span = node if isinstance(node, tuple) else node.span
    class_ = QueryTypeError if runtime_kind else QuerySyntaxError
    raise class_(message, detail=detail, phase="compile time", span=span, hint=hint)


class ExpressionChecker:
    """Checks expressions of one statement.

    Attributes:
        functions: the functions there are.
        patterns: ``patterns(path, scope, binds) -> scope`` checks a path inside an expression; set by
            the analysis.
        queries: ``queries(query, scope, kind) -> columns`` checks a subquery; set by the analysis.
        mode: may an aggregate stand here; ``inside`` one none may.
        found_aggregate: set when one was met; whoever wants to know clears it first.
        writes: set when a function that writes was met.
    """

    def __init__(self, functions: FunctionLookup) -> None:
        self.functions = functions
        self.patterns: Callable[[PathPattern, Scope, bool], Scope]
        self.queries: Callable[[Query, Scope, str], Mapping[str, str]]
        self.mode: Mode = "forbidden"
        self.found_aggregate = False
        self.writes = False
        self.rules: dict[type, Callable[[Any, Scope], str]] = {
            LiteralValue: self._literal,
            LiftedLiteral: self._lifted,
            Parameter: self._parameter,
            Variable: self._variable,
            Property: self._property,
            Index: self._index,
            Slice: self._slice,
            ListLiteral: self._list,
            MapLiteral: self._map,
            MapProjection: self._map_projection,
            Unary: self._unary,
            Binary: self._binary,
            Comparison: self._comparison,
            IsNull: self._is_null,
            IsType: self._is_type,
            HasLabels: self._has_labels,
            FunctionCall: self._call,
            Case: self._case,
            ListComprehension: self._list_comprehension,
            PatternComprehension: self._pattern_comprehension,
            Quantified: self._quantified,
            Reduce: self._reduce,
            PatternPredicate: self._pattern_predicate,
            Subquery: self._subquery,
            ShortestPathCall: self._shortest_path,
        }

    # ── the front ─────────────────────────────────────────────────────────────────────────────

    def type_of(self, node: Expression, scope: Scope) -> str:
        """The static type; raises what is wrong with it."""
        glance()
        return self.rules[type(node)](node, scope)

    def predicate(self, node: Expression, scope: Scope) -> None:
        """Check what must be a truth value; a pattern may stand for one."""
        if type(node) is PatternPredicate:
            self.patterns(node.pattern, scope, False)  # noqa: FBT003 (binds nothing)
            return
        name = self.type_of(node, scope)
        if not types.is_boolean(name):
            complain(f"Expected a boolean, found {_shown(name)}", node, "InvalidArgumentType")

    @contextmanager
    def aggregates(self, mode: Mode) -> Iterator[None]:
        """Check expressions inside with this mode."""
        before = self.mode
        self.mode = mode
        try:
            yield
        finally:
            self.mode = before

    def aggregates_in(self, node: Syntax) -> bool:
        """Does an aggregate stand in the expression? What subqueries aggregate is their own."""
        return (type(node) is FunctionCall and self.is_aggregate(node)) or any(
            self.aggregates_in(part) for part in children(node) if not isinstance(part, Query)
        )

    def is_aggregate(self, call: FunctionCall) -> bool:
        """Is this a call of an aggregating function?"""
        return isinstance(self.functions.lookup(call.name), AggregateFunction)

    # ── leaves ────────────────────────────────────────────────────────────────────────────────

    def _literal(self, node: LiteralValue, _scope: Scope) -> str:
        return _LITERAL_TYPES[type(node.value)]

    def _lifted(self, node: LiftedLiteral, _scope: Scope) -> str:
        return _LITERAL_TYPES[type(node.sample)]

    def _parameter(self, _node: Parameter, _scope: Scope) -> str:
        return types.ANY

    def _variable(self, node: Variable, scope: Scope) -> str:
        name = scope.get(node.name)
        if name is None:
            undefined(node.name, node, scope)
        return name

    # ── attached to something ─────────────────────────────────────────────────────────────────

    def _property(self, node: Property, scope: Scope) -> str:
        name = self.type_of(node.subject, scope)
        if not types.has_properties(name):
            message = f"{_shown(name).capitalize()} has no properties"
            # openCypher calls it a TypeError for plain values and a SyntaxError for paths.
            complain(message, node, "InvalidArgumentType", runtime_kind=name != types.PATH)
        return types.ANY

    def _index(self, node: Index, scope: Scope) -> str:
        name = self.type_of(node.subject, scope)
        index = self.type_of(node.index, scope)
        if not (types.is_list(name) or types.has_properties(name)):
            message = f"{_shown(name).capitalize()} has no elements"
            complain(message, node, "InvalidArgumentType", runtime_kind=True)
        if types.is_list(name) and not types.may_be(index, types.INTEGER, types.NUMBER):
            message = f"A list is indexed by an integer, not by {_shown(index)}"
            complain(message, node.index, "InvalidArgumentType", runtime_kind=True)
        return types.element_of(name)

    def _slice(self, node: Slice, scope: Scope) -> str:
        name = self.type_of(node.subject, scope)
        if not types.may_be_list(name):
            message = f"Only a list can be sliced, not {_shown(name)}"
            complain(message, node, "InvalidArgumentType", runtime_kind=True)
        for bound in (node.start, node.stop):
            if bound is not None:
                given = self.type_of(bound, scope)
                if not types.may_be(given, types.INTEGER, types.NUMBER):
                    message = f"A list is sliced by integers, not by {_shown(given)}"
                    complain(message, bound, "InvalidArgumentType", runtime_kind=True)
        return name if types.is_list(name) else types.LIST

    def _has_labels(self, node: HasLabels, scope: Scope) -> str:
        name = self.type_of(node.subject, scope)
        if not types.may_be(name, types.NODE, types.RELATIONSHIP):
            message = f"{_shown(name).capitalize()} has no labels"
            complain(message, node, "InvalidArgumentType")
        self.labels(node.labels, scope)
        return types.BOOLEAN

    def labels(self, labels: LabelExpression, scope: Scope) -> None:
        """Check the expressions of dynamic labels."""
        for part in descendants(labels):
            if type(part) is LabelDynamic:
                self.type_of(part.expression, scope)

    # ── collections ───────────────────────────────────────────────────────────────────────────

    def _list(self, node: ListLiteral, scope: Scope) -> str:
        found = [self.type_of(item, scope) for item in node.items]
        return types.list_of(types.common(found))

    def _map(self, node: MapLiteral, scope: Scope) -> str:
        for _key, value in node.entries:
            self.type_of(value, scope)
        return types.MAP

    def _map_projection(self, node: MapProjection, scope: Scope) -> str:
        name = self.type_of(node.subject, scope)
        if not types.may_be(name, types.NODE, types.RELATIONSHIP, types.MAP):
            message = f"A map projection takes a node, a relationship or a map, not {_shown(name)}"
            complain(message, node.subject, "InvalidArgumentType")
        for item in node.items:
            if item.kind == "variable" and item.key not in scope:
                undefined(item.key, item, scope)
            if item.value is not None:
                self.type_of(item.value, scope)
        return types.MAP

    # ── operators ─────────────────────────────────────────────────────────────────────────────

    def _unary(self, node: Unary, scope: Scope) -> str:
        if node.operator == "NOT":
            self.predicate(node.operand, scope)
            return types.BOOLEAN
        name = self.type_of(node.operand, scope)
        numbers = (types.INTEGER, types.FLOAT, types.NUMBER, types.DURATION)
        if not types.may_be(name, *numbers):
            message = f"Expected a number after '{node.operator}', found {_shown(name)}"
            complain(message, node.operand, "InvalidArgumentType")
        return name

    def _binary(self, node: Binary, scope: Scope) -> str:
        operator = node.operator
        if operator in {"AND", "OR", "XOR"}:
            self.predicate(node.left, scope)
            self.predicate(node.right, scope)
            return types.BOOLEAN
        left, right = self.type_of(node.left, scope), self.type_of(node.right, scope)
        if operator == "IN":
            if not types.may_be_list(right):
                message = f"Expected a list after IN, found {_shown(right)}"
                complain(message, node.right, "InvalidArgumentType")
            return types.BOOLEAN
        if operator in {"STARTS WITH", "ENDS WITH", "CONTAINS", "=~"}:
            return types.BOOLEAN
        result = types.arithmetic(operator, left, right)
        if result is None:
            message = f"'{operator}' cannot join {_shown(left)} and {_shown(right)}"
            complain(message, node, "InvalidArgumentType")
        return result

    def _comparison(self, node: Comparison, scope: Scope) -> str:
        for operand in node.operands:
            self.type_of(operand, scope)
        return types.BOOLEAN

    def _is_null(self, node: IsNull, scope: Scope) -> str:
        self.type_of(node.operand, scope)
        return types.BOOLEAN

    def _is_type(self, node: IsType, scope: Scope) -> str:
        self.type_of(node.operand, scope)
        try:
            is_of_type(None, node.type_name)
        except QuerySyntaxError as error:
            error.place(node.span)
            raise
        return types.BOOLEAN

    def _case(self, node: Case, scope: Scope) -> str:
        if node.subject is not None:
            self.type_of(node.subject, scope)
        found = []
        for branch in node.branches:
            if node.subject is None:
                self.predicate(branch.condition, scope)
            else:
                self.type_of(branch.condition, scope)
            found.append(self.type_of(branch.result, scope))
        found.append(types.NULL if node.default is None else self.type_of(node.default, scope))
        return types.common(found)

    # ── forms that bind a name ────────────────────────────────────────────────────────────────

    def _elements(self, source: Expression, scope: Scope) -> str:
        name = self.type_of(source, scope)
        if not types.may_be_list(name):
            complain(f"Expected a list, found {_shown(name)}", source, "InvalidArgumentType")
        return types.element_of(name)

    def _list_comprehension(self, node: ListComprehension, scope: Scope) -> str:
        element = self._elements(node.source, scope)
        inner = {**scope, node.variable: element}
        with self.aggregates("forbidden"):
            if node.predicate is not None:
                self.predicate(node.predicate, inner)
            if node.result is not None:
                return types.list_of(self.type_of(node.result, inner))
        return types.list_of(element)

    def _quantified(self, node: Quantified, scope: Scope) -> str:
        inner = {**scope, node.variable: self._elements(node.source, scope)}
        with self.aggregates("forbidden"):
            self.predicate(node.predicate, inner)
        return types.BOOLEAN

    def _reduce(self, node: Reduce, scope: Scope) -> str:
        initial = self.type_of(node.initial, scope)
        element = self._elements(node.source, scope)
        with self.aggregates("forbidden"):
            # The accumulator may change its type from step to step.
            inner = {**scope, node.accumulator: types.ANY, node.variable: element}
            step = self.type_of(node.step, inner)
        return types.common([initial, step])

    def _pattern_comprehension(self, node: PatternComprehension, scope: Scope) -> str:
        with self.aggregates("forbidden"):
            inner = self.patterns(node.pattern, scope, True)  # noqa: FBT003 (new names are bound)
            if node.predicate is not None:
                self.predicate(node.predicate, inner)
            return types.list_of(self.type_of(node.result, inner))

    def _pattern_predicate(self, node: PatternPredicate, _scope: Scope) -> str:
        message = "A pattern is a condition; to count or collect what it finds use COUNT { } or [pattern | x]"
        complain(message, node, "UnexpectedSyntax")

    def _shortest_path(self, node: ShortestPathCall, scope: Scope) -> str:
        self.patterns(node.pattern, scope, False)  # noqa: FBT003 (binds nothing)
        return types.list_of(types.PATH) if node.all else types.PATH

    def _subquery(self, node: Subquery, scope: Scope) -> str:
        with self.aggregates("forbidden"):
            found = self.found_aggregate
            columns = self.queries(node.query, scope, node.kind)
            self.found_aggregate = found
        if node.kind == "EXISTS":
            return types.BOOLEAN
        if node.kind == "COUNT":
            return types.INTEGER
        return types.list_of(next(iter(columns.values()), types.ANY))

    # ── functions ─────────────────────────────────────────────────────────────────────────────

    def _call(self, node: FunctionCall, scope: Scope) -> str:
        function = self.functions.lookup(node.name)
        if function is None:
            hint = close_name(node.name, self.functions.names())
            complain(f"There is no function {node.name}", node, "UnknownFunction", hint=hint)
        lowered = node.name.lower()
        if isinstance(function, AggregateFunction):
            given = self._aggregate_arguments(node, scope)
            required = len(function.parameters)
            if not node.star and len(given) != required:
                self._count_error(node, required, required)
        else:
            self.writes = self.writes or function.writes
            if self.mode == "inside" and lowered in _NOT_CONSTANT:
                message = f"{node.name}() gives another value at each call, which an aggregate cannot take"
                complain(message, node, "NonConstantExpression")
            given = [self.type_of(argument, scope) for argument in node.arguments]
            if node.star:
                complain(
                    f"{node.name}(*) means nothing; only count(*) does", node, "UnexpectedSyntax"
                )
            if node.distinct:
                message = f"DISTINCT belongs in aggregating functions, and {node.name} is none"
                complain(message, node, "UnexpectedSyntax")
            most = None if function.variadic else len(function.parameters)
            if len(given) < function.required_count or (most is not None and len(given) > most):
                self._count_error(node, function.required_count, most)
            if lowered not in _CHECKED_AT_RUNTIME:
                _check_arguments(node, function.parameters, given)
        return _result(lowered, function.result, given)

    def _aggregate_arguments(self, node: FunctionCall, scope: Scope) -> list[str]:
        if self.mode == "inside":
            message = f"{node.name}() stands inside another aggregating function"
            complain(message, node, "NestedAggregation")
        if self.mode == "forbidden":
            message = f"Aggregating functions such as {node.name}() stand in WITH and RETURN only"
            complain(message, node, "InvalidAggregation")
        if node.star and node.name.lower() != "count":
            complain(f"{node.name}(*) means nothing; only count(*) does", node, "UnexpectedSyntax")
        self.found_aggregate = True
        with self.aggregates("inside"):
            return [self.type_of(argument, scope) for argument in node.arguments]

    def _count_error(self, node: FunctionCall, least: int, most: int | None) -> NoReturn:
        wanted = (
            f"{least}" if most == least else f"{least} to {most}" if most else f"{least} or more"
        )
        message = f"{node.name}() takes {wanted} arguments, {len(node.arguments)} given"
        complain(message, node, "InvalidNumberOfArguments")


def undefined(name: str, node: Any, scope: Scope) -> NoReturn:
    """Say that a variable does not exist, and which one may have been meant."""
    hint = close_name(name, scope)
    complain(f"Variable `{name}` not defined", node, "UndefinedVariable", hint=hint)


def _check_arguments(node: FunctionCall, parameters: tuple[str, ...], given: list[str]) -> None:
    for index, actual in enumerate(given):
        wanted = parameters[min(index, len(parameters) - 1)]
        if not types.fits(actual, wanted):
            shown = " or ".join(wanted.split("|"))
            message = f"{node.name}() takes {shown}, not {_shown(actual)}"
            complain(message, node.arguments[index], "InvalidArgumentType")


def _result(name: str, declared: str, given: list[str]) -> str:
    if given:
        if name == "collect":
            return types.list_of(given[0])
        if name in _ELEMENT_OF_ARGUMENT:
            return types.element_of(given[0])
        if name in _RESULT_LIKE_ARGUMENT:
            return given[0]
        if name == "coalesce":
            return types.common(given)
    if name == "nodes":
        return types.list_of(types.NODE)
    if name == "relationships":
        return types.RELATIONSHIPS
    return types.declared(declared)


def _shown(name: str) -> str:
    """A type in a sentence."""
    if name.startswith("LIST"):
        return "a list"
    word = name.lower()
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
