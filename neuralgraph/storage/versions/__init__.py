"""What each snapshot sees.

`changes.py` says what a commit is made of. `Base` is the stored fold of all commits up to a txid,
`DeltaStore` what came after, `GraphView` both read as one graph, `State` all of it in one reference.
`HistoricalBase` is a base as it was; `fold` makes the next one, `attach_nodes` and `attach_edges` the
one after a bulk load.

Invariants: a base never changes; a delta store only grows; a view answers the same for ever.

Read on: `graph_view.py`, `chains.py`, then `base.py` and `folding.py`.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.storage.versions.base import Base
    from neuralgraph.storage.versions.catalog import Catalog, Names
    from neuralgraph.storage.versions.changes import Change, Commit
    from neuralgraph.storage.versions.deltas import DeltaStore
    from neuralgraph.storage.versions.folding import fold
    from neuralgraph.storage.versions.graph_view import GraphView
    from neuralgraph.storage.versions.history_view import HistoricalBase
    from neuralgraph.storage.versions.state import State
else:
    __getattr__ = door(
        __name__,
        base="Base",
        catalog="Catalog Names",
        changes="Change Commit",
        deltas="DeltaStore",
        folding="fold",
        graph_view="GraphView",
        history_view="HistoricalBase",
        state="State",
    )

__all__ = [
    "Base",
    "Catalog",
    "Change",
    "Commit",
    "DeltaStore",
    "GraphView",
    "HistoricalBase",
    "Names",
    "State",
    "fold",
]
