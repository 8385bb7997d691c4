"""The physical plan: what planning gives to execution. Frozen dataclasses without logic.

Every operator but `Unit` and `Argument` has a source (`child`), and gives batches whose columns are its
`slots`, in order. Leaves too take a child: a scan or seek runs once for each row of its child, with the
row's columns in front of its own, so that a seek by a value of the row needs no other machinery.
Expressions are those of the syntax tree; a `Variable` in them names a slot of the child's output (or is
bound by a comprehension inside the expression). The planner makes slot names unique; names that no
query can write begin with a space.

An operator that passes on columns of its child gives exactly the columns named in its `slots`, in that order:
the planner leaves out those that nobody needs any more, and new ones that nobody looks at (even all of
them: then only the number of rows matters). This holds for every operator but Distinct, Eager, Skip, Limit,
NearestRows and UnionAll, whose slots are their child's.

`operator` has what all share; the other modules have the operators by what they do, `expressions` the
expressions that only plans have, `statement` the plan as a whole.

A slot of kind NODE or EDGE holds ids and is only ever that entity or null; anything else is VALUE, which may
hold an entity as `NodeRef`, `EdgeRef` or `PathRef`.
"""

from neuralgraph.query.planning.plan.calling import *  # noqa: F403
from neuralgraph.query.planning.plan.combining import *  # noqa: F403
from neuralgraph.query.planning.plan.expressions import *  # noqa: F403
from neuralgraph.query.planning.plan.operator import *  # noqa: F403
from neuralgraph.query.planning.plan.shaping import *  # noqa: F403
from neuralgraph.query.planning.plan.sources import *  # noqa: F403
from neuralgraph.query.planning.plan.statement import *  # noqa: F403
from neuralgraph.query.planning.plan.walks import *  # noqa: F403
from neuralgraph.query.planning.plan.writing import *  # noqa: F403
