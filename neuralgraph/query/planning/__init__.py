"""Planning: from a checked statement to operators.

`plan` is the way in, and `explain` (in its module) tells what came of it; `planner` shows the stages, `plan`
(the module) the operators, `matching` how a pattern is put in order, `rules` what is rewritten, `eagerness`
when a clause must wait for another.
Invariants: a plan depends on the statement, the catalogue's version and the fixed literals only, and never on
parameters; `Plan` and all operators are immutable and shared by threads.
"""

from neuralgraph.query.planning.plan import Plan
from neuralgraph.query.planning.plan_cache import PlanCache
from neuralgraph.query.planning.planner import plan

__all__ = ["Plan", "PlanCache", "plan"]
