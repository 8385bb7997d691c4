"""The syntax tree: what the parser makes, the analysis checks and the planner reads.

Frozen dataclasses without logic. `expressions` have values, `patterns` are drawn, `clauses` do things.
"""

from neuralgraph.query.language.syntax.clauses import *
from neuralgraph.query.language.syntax.expressions import *
from neuralgraph.query.language.syntax.patterns import *
