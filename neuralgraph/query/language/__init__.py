"""Text to checked statement. Imports only downwards: functions (signatures), errors.

    parse(text, lifted=()) -> Statement              the grammar is built at the first call
    check(statement, context) -> Checked             scopes, static types, compile-time errors
    normalise(text) -> Normalised                    key of the plan cache, literals lifted out of it
    fixed_literals(statement, count) -> frozenset    lifted literals that the plan depends on
    print_statement(statement), print_expression(expression) -> text; parse(print(x)) == x

The contracts with other boxes are `CheckContext`, `Checked`, `FunctionLookup`, `ProcedureLookup` and
`ProcedureSignature` (contracts.py); the tree is in `syntax`. Life of a text the plan cache has not seen:

    normalised = normalise(text)
    statement = parse(text, normalised.spans)
    checked = check(statement, context)
    fixed = fixed_literals(statement, len(normalised.values))

All errors are `QueryError`s with a span, located in the text where the text is at hand (`parse`);
callers of `check` locate them with ``error.locate(text)``.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.query.language.analysis import check
    from neuralgraph.query.language.contracts import (
        CheckContext,
        Checked,
        FunctionLookup,
        ProcedureLookup,
        ProcedureSignature,
    )
    from neuralgraph.query.language.lifting import Normalised, fixed_literals, normalise
    from neuralgraph.query.language.parser import parse
    from neuralgraph.query.language.printing import print_expression, print_statement
else:
    __getattr__ = door(
        __name__,
        analysis="check",
        contracts="CheckContext Checked FunctionLookup ProcedureLookup ProcedureSignature",
        lifting="Normalised fixed_literals normalise",
        parser="parse",
        printing="print_expression print_statement",
    )

__all__ = [
    "CheckContext",
    "Checked",
    "FunctionLookup",
    "Normalised",
    "ProcedureLookup",
    "ProcedureSignature",
    "check",
    "fixed_literals",
    "normalise",
    "parse",
    "print_expression",
    "print_statement",
]
