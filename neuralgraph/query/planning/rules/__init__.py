"""Rules: each rewrites operators and keeps the rows (as a bag, and in order where an order was asked).

One rule a module, applied once, in this order; a rule's docstring says why the rows stay the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuralgraph.access import CatalogReader
    from neuralgraph.query.planning.plan import Operator


def rewritten(root: Operator, catalog: CatalogReader) -> Operator:
    """The plan after all rules."""
    return root
