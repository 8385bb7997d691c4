"""What a base consists of, piece by piece, with a name for each: so that damage is told by its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.storage.disk import BlockRef
    from neuralgraph.storage.indexes.search_run import SearchRun
    from neuralgraph.storage.indexes.sorted_index import IndexRun
    from neuralgraph.storage.versions import Base


class Piece(NamedTuple):
    """A stored piece.

    Attributes:
        where: what it is, in words: ``node property name, segment 3``.
        refs: the blocks it stands in.
    """

    where: str
    refs: tuple[BlockRef, ...]


def pieces_of(base: Base) -> Iterator[Piece]:
    """Everything that a base has in blocks; small segments stand in the manifest and are not here."""
    for where, refs in _named_refs(base):
        if refs:
            yield Piece(where, refs)


def _named_refs(base: Base) -> Iterator[tuple[str, tuple[BlockRef, ...]]]:
    parts = base.parts
    for number, nodes in sorted(parts.nodes.segments.items()):
        yield f"nodes, segment {number}", tuple(nodes.block_refs())
    for number, edges in sorted(parts.edges.segments.items()):
        yield f"relationships, segment {number}", tuple(edges.block_refs())
    for entity, columns in (("node", parts.node_columns), ("relationship", parts.edge_columns)):
        for key, column in columns.items():
            for number, values in sorted(column.segments.items()):
                yield f"{entity} property {key}, segment {number}", tuple(values.block_refs())
    for (edge_type, direction), adjacency in parts.adjacencies.items():
        for number, segment in sorted(adjacency.segments.items()):
            where = f"{direction}going {edge_type}, segment {number}"
            yield where, tuple(segment.block_refs())
    runs: dict[str, IndexRun | SearchRun] = {**parts.runs, **parts.search_runs}
    for name, run in runs.items():
        yield f"index {name}", tuple(run.block_refs())
    for name, log in parts.history.logs():
        for place, displaced in enumerate(log.segments):
            yield f"history of {name}, segment {place}", tuple(displaced.block_refs())
    for place, commits in enumerate(parts.commits.segments):
        yield f"commits, segment {place}", tuple(commits.block_refs())
