"""Syntax tree to text, such that parsing the text gives the same tree.

Names are back-quoted where they must be; parentheses stand where precedence asks for them; lifted literals
print as their sample. A column without AS prints as its name, which is the text it was written as.
"""

from neuralgraph.query.language.printing.statements import print_expression, print_statement

__all__ = ["print_expression", "print_statement"]
