"""Logical dumps: a graph as text that is readable without us, and back.

    values     one value as JSON, exactly; docs/dump-format.md has the table
    lines      a graph as JSON lines
    cypher     a graph as Cypher statements
    files      where the bytes go and come from: paths, file objects, zstandard
    writing    which of the two, and where to
    reading    JSON lines back into a graph, as one bulk load

A dump is of one moment, and has no history. Writing and reading it take the memory of a batch, however large
the graph (reading: and 16 bytes a node).
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.api.dumps.files import Target, reading_from
    from neuralgraph.api.dumps.lines import DumpReport
    from neuralgraph.api.dumps.reading import restore_lines
    from neuralgraph.api.dumps.writing import dump_graph
else:
    __getattr__ = door(
        __name__,
        files="Target reading_from",
        lines="DumpReport",
        reading="restore_lines",
        writing="dump_graph",
    )

__all__ = ["DumpReport", "Target", "dump_graph", "reading_from", "restore_lines"]
