"""What users hold: Graph, Transaction, Result. The only box that knows both stacks.

graph.py       Graph and open_graph: delegate, and nothing else
engines.py     one engine a file in a process, shared by its handles
statement.py   the life of a statement: found or prepared, run on a snapshot or in a transaction
prepared.py    from text to something that runs: the caches
result.py      rows one by one or columns at once; record.py, rendering.py, exporting.py and
               export_values.py serve it
dumps/         a graph as text that is readable without us, and back
loading.py     bulk loads; tables.py reads what users give, matching.py finds the ends
functions.py, procedures.py    of users; signatures.py reads their signatures, foreign_calls.py calls them,
               calling.py lets a procedure read and write inside the statement that calls it
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door
from neuralgraph.errors import NeuralGraphError
from neuralgraph.values import Node, Path, Relationship

if TYPE_CHECKING:
    from neuralgraph.api.calling import CallingTransaction
    from neuralgraph.api.dumps import DumpReport
    from neuralgraph.api.export_values import json_text, portable
    from neuralgraph.api.graph import Graph, GraphInfo, open_graph
    from neuralgraph.api.loading import LoadReport
    from neuralgraph.api.past_graph import PastGraph
    from neuralgraph.api.record import Record
    from neuralgraph.api.restoring import restore
    from neuralgraph.api.result import Result, Subgraph, Summary
    from neuralgraph.api.schema import Schema
    from neuralgraph.api.transaction import Transaction
else:
    __getattr__ = door(
        __name__,
        calling="CallingTransaction",
        dumps="DumpReport",
        export_values="json_text portable",
        graph="Graph GraphInfo open_graph",
        loading="LoadReport",
        past_graph="PastGraph",
        record="Record",
        restoring="restore",
        result="Result Subgraph Summary",
        schema="Schema",
        transaction="Transaction",
    )

__all__ = [
    "CallingTransaction",
    "DumpReport",
    "Graph",
    "GraphInfo",
    "LoadReport",
    "NeuralGraphError",
    "Node",
    "PastGraph",
    "Path",
    "Record",
    "Relationship",
    "Result",
    "Schema",
    "Subgraph",
    "Summary",
    "Transaction",
    "json_text",
    "open_graph",
    "portable",
    "restore",
]
