"""Expressions: from the syntax tree to evaluators over batches (`evaluator` says how they are asked)."""

from neuralgraph.query.execution.expressions.compiler import ExpressionCompiler
from neuralgraph.query.execution.expressions.evaluator import Evaluator

__all__ = ["Evaluator", "ExpressionCompiler"]
