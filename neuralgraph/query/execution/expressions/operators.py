"""Operators: which evaluator each of them becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.query.execution.expressions.calls import UnaryEvaluator, operator_evaluator
from neuralgraph.query.execution.expressions.comparisons import (
    EntityEqualityEvaluator,
    InEvaluator,
    chain,
)
from neuralgraph.query.execution.expressions.logic import (
    ExclusiveEvaluator,
    JunctionEvaluator,
    NotEvaluator,
)
from neuralgraph.query.functions.operators import BINARY, UNARY

if TYPE_CHECKING:
    from neuralgraph.query.execution.expressions.compiler import ExpressionCompiler
    from neuralgraph.query.execution.expressions.evaluator import Evaluator
    from neuralgraph.query.language.syntax.expressions import Binary, Comparison, Unary


def compile_unary(compiler: ExpressionCompiler, expression: Unary) -> Evaluator:
    """NOT, plus and minus."""
    operand = compiler.compile(expression.operand)
    if expression.operator == "NOT":
        return NotEvaluator(operand)
    return UnaryEvaluator(UNARY[expression.operator], operand, expression.span)


def compile_binary(compiler: ExpressionCompiler, expression: Binary) -> Evaluator:
    """All that stand between two operands, but comparisons."""
    left, right = compiler.compile(expression.left), compiler.compile(expression.right)
    if expression.operator in ("AND", "OR"):
        return JunctionEvaluator(expression.operator, left, right)
    if expression.operator == "XOR":
        return ExclusiveEvaluator(left, right)
    if expression.operator == "IN":
        return InEvaluator(BINARY["IN"], left, right)
    return operator_evaluator(expression.operator, left, right, expression.span)


def compile_comparison(compiler: ExpressionCompiler, expression: Comparison) -> Evaluator:
    """``a < b <= c``; entities in slots compare by id."""
    if len(expression.operators) == 1 and expression.operators[0] in ("=", "<>"):
        left, right = (compiler.slot_of(operand) for operand in expression.operands)
        if left is not None and right is not None and left.kind == right.kind != "value":
            return EntityEqualityEvaluator(
                compiler.places[left.name],
                compiler.places[right.name],
                negated=expression.operators[0] == "<>",
            )
    return chain(expression.operators, compiler.compile_all(expression.operands))
