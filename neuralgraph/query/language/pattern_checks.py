"""Checks of patterns: what their names are bound to, and what CREATE and MERGE may draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.query.language import typing_rules as types
from neuralgraph.query.language.expression_checks import (
    ExpressionChecker,
    Scope,
    complain,
    undefined,
)
from neuralgraph.query.language.syntax import (
    EdgePattern,
    LabelAnd,
    LabelDynamic,
    LabelName,
    MapLiteral,
    NodePattern,
    Parameter,
    PathPattern,
    QuantifiedPath,
    Syntax,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.language.syntax import LabelExpression


class PatternChecker:
    """Checks patterns of one statement."""

    def __init__(self, expressions: ExpressionChecker) -> None:
        self.expressions = expressions

    # ── matching ──────────────────────────────────────────────────────────────────────────────

    def match(self, paths: Sequence[PathPattern], scope: Scope) -> Scope:
        """The scope after matching; patterns may refer to each other's names in any order."""
        after = dict(scope)
        edges: set[str] = set()
        for path in paths:
            self._bind_path(path, after, edges)
        for path in paths:
            self._check_inside(path, after, scope)
        return after

    def in_expression(self, path: PathPattern, scope: Scope, binds: bool) -> Scope:  # noqa: FBT001
        """A path inside an expression; unless it `binds`, all its names must be there already."""
        if not binds:
            for element in path.elements:
                name = getattr(element, "variable", None)
                if name is not None and name not in scope:
                    undefined(name, element, scope)
        return self.match((path,), scope)

    def _bind_path(self, path: PathPattern, scope: Scope, edges: set[str]) -> None:
        for element in path.elements:
            if isinstance(element, NodePattern):
                if element.variable is not None:
                    _bind(element.variable, types.NODE, element, scope)
            elif isinstance(element, EdgePattern):
                self._bind_edge(element, scope, edges)
            else:
                self._bind_group(element, scope, edges)
        if path.variable is not None:
            if path.variable in scope:
                message = f"Variable `{path.variable}` already bound; a path needs a new name"
                complain(message, path, "VariableAlreadyBound")
            scope[path.variable] = types.PATH

    def _bind_edge(self, edge: EdgePattern, scope: Scope, edges: set[str]) -> None:
        name = edge.variable
        if name is None:
            return
        _bind(name, types.RELATIONSHIP if edge.length is None else types.RELATIONSHIPS, edge, scope)
        if name in edges:
            message = f"Relationship `{name}` stands twice in the pattern, and can match only once"
            complain(message, edge, "RelationshipUniquenessViolation")
        edges.add(name)

    def _bind_group(self, group: QuantifiedPath, scope: Scope, edges: set[str]) -> None:
        """Names inside a quantified path are lists outside; they must be new."""
        inner: Scope = {}
        self._bind_path(group.pattern, inner, edges)
        for name, kind in inner.items():
            if name in scope:
                message = f"Variable `{name}` already bound; a quantified path needs new names"
                complain(message, group, "VariableAlreadyBound")
            scope[name] = types.list_of(kind)

    def _check_inside(self, path: PathPattern, scope: Scope, outer: Scope) -> None:
        for element in path.elements:
            if isinstance(element, QuantifiedPath):
                if len(element.pattern.elements) == 1:
                    message = "A quantified path needs a relationship; a node alone leads nowhere"
                    complain(message, element, "UnexpectedSyntax")
                # It sees what was bound before the clause, and not what is matched beside it.
                local: Scope = {}
                self._bind_path(element.pattern, local, set())
                inner = {**outer, **local}
                self._check_inside(element.pattern, inner, outer)
                if element.predicate is not None:
                    self.expressions.predicate(element.predicate, inner)
                continue
            if isinstance(element.properties, Parameter):
                message = (
                    "A parameter cannot be the properties of a pattern; write {key: $parameter.key}"
                )
                complain(message, element.properties, "InvalidParameterUse")
            if element.properties is not None:
                _named_keys(element.properties)
                self.expressions.type_of(element.properties, scope)
            labels = element.labels if isinstance(element, NodePattern) else element.types
            if labels is not None:
                self.expressions.labels(labels, scope)
            if element.predicate is not None:
                inner = scope
                if (
                    isinstance(element, EdgePattern)
                    and element.length is not None
                    and element.variable
                ):
                    # The predicate of a variable-length pattern sees each relationship.
                    inner = {**scope, element.variable: types.RELATIONSHIP}
                self.expressions.predicate(element.predicate, inner)

    # ── creating ──────────────────────────────────────────────────────────────────────────────

    def create(self, paths: Sequence[PathPattern], scope: Scope) -> Scope:
        """The scope after CREATE.

        Expressions see what was there before the clause and what the clause created to the left of
        them: ``CREATE (a {x: 1}), (b {y: a.x})``.
        """
        after = dict(scope)
        for path in paths:
            self._draw(path, after, merge=False)
        return after

    def merge(self, path: PathPattern, scope: Scope) -> Scope:
        """The scope after MERGE."""
        after = dict(scope)
        self._draw(path, after, merge=True)
        return after

    def _draw(self, path: PathPattern, after: Scope, *, merge: bool) -> None:
        clause = "MERGE" if merge else "CREATE"
        if path.selector is not None:
            complain(f"{clause} takes no shortest path", path, "UnexpectedSyntax")
        if path.variable is not None:
            if path.variable in after:
                complain(f"Variable `{path.variable}` already bound", path, "VariableAlreadyBound")
            after[path.variable] = types.PATH
        alone = len(path.elements) == 1
        for element in path.elements:
            if isinstance(element, NodePattern):
                self._draw_node(element, after, alone=alone, merge=merge)
            elif isinstance(element, EdgePattern):
                self._draw_edge(element, after, merge=merge)
            else:
                message = f"{clause} takes no quantified path"
                complain(message, element, "CreatingVarLength")

    def _draw_node(self, node: NodePattern, after: Scope, *, alone: bool, merge: bool) -> None:
        name = node.variable
        if name is not None and name in after:
            if alone or node.labels is not None or node.properties is not None:
                message = f"Variable `{name}` already bound; it cannot be created again"
                complain(message, node, "VariableAlreadyBound")
            _bind(name, types.NODE, node, after)
        self._draw_properties(node, after, merge=merge)
        if node.labels is not None:
            _only_names(node.labels)
            self.expressions.labels(node.labels, after)
        if name is not None:
            after[name] = types.NODE

    def _draw_edge(self, edge: EdgePattern, after: Scope, *, merge: bool) -> None:
        clause = "MERGE" if merge else "CREATE"
        name = edge.variable
        if name is not None and name in after:
            message = f"Variable `{name}` already bound; it cannot be created again"
            complain(message, edge, "VariableAlreadyBound")
        if edge.length is not None:
            message = f"{clause} takes single relationships, not variable length"
            complain(message, edge, "CreatingVarLength")
        if not isinstance(edge.types, LabelName | LabelDynamic):
            message = f"{clause} needs exactly one relationship type, such as -[:KNOWS]->"
            complain(message, edge, "NoSingleRelationshipType")
        if edge.direction == "both" and not merge:
            message = "CREATE needs a direction, such as -[:KNOWS]->"
            complain(message, edge, "RequiresDirectedRelationship")
        self._draw_properties(edge, after, merge=merge)
        self.expressions.labels(edge.types, after)
        if name is not None:
            after[name] = types.RELATIONSHIP

    def _draw_properties(
        self, element: NodePattern | EdgePattern, scope: Scope, *, merge: bool
    ) -> None:
        if element.predicate is not None:
            complain("WHERE stands in MATCH only", element.predicate, "UnexpectedSyntax")
        properties: Any = element.properties
        if isinstance(properties, Parameter):
            if merge:
                message = (
                    "A parameter cannot be the properties of MERGE; write {key: $parameter.key}"
                )
                complain(message, properties, "InvalidParameterUse")
        elif properties is not None:
            _named_keys(properties)
            for _key, value in properties.entries:
                storable(self.expressions.type_of(value, scope), value)


def storable(kind: str, node: Syntax) -> None:
    """Lists of maps or entities, entities and paths cannot be properties.

    Raises:
        QueryTypeError: InvalidPropertyType, compile time.
    """
    bad = (types.NODE, types.RELATIONSHIP, types.PATH)
    element = types.element_of(kind)
    if kind in bad or element in bad or element == types.MAP:
        message = "Only values, maps and lists of values can be stored as a property"
        complain(message, node, "InvalidPropertyType", runtime_kind=True)


def _bind(name: str, kind: str, node: Syntax, scope: Scope) -> None:
    """Bind a name, or see that it is bound to that kind already."""
    found = scope.get(name)
    if found is None:
        scope[name] = kind
        return
    if found == kind or found in {types.ANY, types.NULL}:
        if found != kind:
            scope[name] = kind
        return
    if kind == types.RELATIONSHIPS and found == types.LIST:
        return
    message = f"Variable `{name}` is {found} already, and stands here for {kind}"
    complain(message, node, "VariableTypeConflict")


def _named_keys(properties: MapLiteral) -> None:
    if any(not key for key, _value in properties.entries):
        complain("The name of a property cannot be empty", properties, "UnexpectedSyntax")


def _only_names(labels: LabelExpression) -> None:
    """New nodes have plain labels: names, ``:A:B``, or ``$(...)``."""
    parts = labels.operands if isinstance(labels, LabelAnd) else (labels,)
    for part in parts:
        if not isinstance(part, LabelName | LabelDynamic):
            complain("A new node has plain labels, such as :A:B", part, "UnexpectedSyntax")
