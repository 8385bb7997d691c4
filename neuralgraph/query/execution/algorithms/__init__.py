"""Graph algorithms as procedures: ``CALL algo.pagerank({labels: [...], types: [...]}) YIELD node, score``.

Each runs over a subgraph (`subgraph.py`) taken from the reader's snapshot as flat arrays, and gives whole
columns. To write a result back, go on with ``SET node.rank = score``. Loops over nodes and edges are array
operations; scipy, where it is installed, multiplies and labels faster, and is imported when it is needed.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.query.execution.algorithms.catalogue import ALGORITHMS
else:
    __getattr__ = door(__name__, catalogue="ALGORITHMS")

__all__ = ["ALGORITHMS"]
