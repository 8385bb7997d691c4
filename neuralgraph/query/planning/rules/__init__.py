"""Rules: each rewrites operators and keeps the rows (as a bag, and in order where an order was asked).

One rule a module, applied once, in this order; a rule's docstring says why the rows stay the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.query.planning.rules.counts import with_degrees
from neuralgraph.query.planning.rules.distinctness import with_early_distinct
from neuralgraph.query.planning.rules.frontiers import with_frontiers
from neuralgraph.query.planning.rules.idle_distincts import without_idle_distincts
from neuralgraph.query.planning.rules.nearest import with_nearest
from neuralgraph.query.planning.rules.orders import without_idle_sorts
from neuralgraph.query.planning.rules.projects import without_idle_projects
from neuralgraph.query.planning.rules.shapes import with_shapes

if TYPE_CHECKING:
    from neuralgraph.access import CatalogReader
    from neuralgraph.query.planning.plan import Operator


def rewritten(root: Operator, catalog: CatalogReader) -> Operator:
    """The plan after all rules."""
    root = without_idle_sorts(root, catalog)
    root = with_nearest(root, catalog)
    # Idle projections hide what is below from the rules that follow.
    root = without_idle_projects(root)
    root = with_early_distinct(root, catalog)
    root = with_frontiers(root, catalog)
    root = without_idle_distincts(root)
    root = with_shapes(root)
    return with_degrees(root)
