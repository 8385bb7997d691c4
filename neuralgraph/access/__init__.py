"""The seam: what the query stack asks of a graph. Protocols and plain records only.

Two implementations to think with: the storage engine's view (`storage.versions`), and the dictionary
graph of the tests (`tests/support/dict_graph.py`), which is also the model that the engine is checked
against. Names cross as strings, ids as int64 arrays, values as columns.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.access.catalog import CatalogReader, ConstraintDefinition, IndexDefinition
    from neuralgraph.access.options import IndexOptions
    from neuralgraph.access.reader import Adjacency, Direction, Expansion, GraphReader, Range
    from neuralgraph.access.search import (
        SearchHits,
        SearchQuery,
        TermCount,
        TermRequest,
        TextQuery,
        VectorQuery,
    )
    from neuralgraph.access.writer import GraphWriter
else:
    __getattr__ = door(
        __name__,
        catalog="CatalogReader ConstraintDefinition IndexDefinition",
        options="IndexOptions",
        reader="Adjacency Direction Expansion GraphReader Range",
        search="SearchHits SearchQuery TermCount TermRequest TextQuery VectorQuery",
        writer="GraphWriter",
    )

__all__ = [
    "Adjacency",
    "CatalogReader",
    "ConstraintDefinition",
    "Direction",
    "Expansion",
    "GraphReader",
    "GraphWriter",
    "IndexDefinition",
    "IndexOptions",
    "Range",
    "SearchHits",
    "SearchQuery",
    "TermCount",
    "TermRequest",
    "TextQuery",
    "VectorQuery",
]
