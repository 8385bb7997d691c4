"""The part of a graph that an algorithm runs over, as flat arrays, and the settings it is called with."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neuralgraph.errors import QueryArgumentError
from neuralgraph.values import Kind, NodeRef

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from neuralgraph.access import GraphReader
    from neuralgraph.values import IdArray
    from neuralgraph.values.arrays import Float64Array, Int64Array

_COMMON = ("labels", "types")


class Subgraph(NamedTuple):
    """Nodes by place 0..node_count-1, and the edges between them.

    Attributes:
        ids: the node's id at each place, ascending; shape (nodes,).
        offsets: edges ``offsets[place]:offsets[place + 1]`` begin at a place; shape (nodes + 1,).
        sources, targets: places of each edge's ends, sorted by source; shape (edges,).
        edges: edge ids; shape (edges,).
    """

    ids: IdArray
    offsets: Int64Array
    sources: Int64Array
    targets: Int64Array
    edges: IdArray

    @property
    def node_count(self) -> int:
        """How many nodes."""
        return len(self.ids)


class Neighbours(NamedTuple):
    """Each pair of different nodes with an edge, in both directions, once; sorted.

    Attributes:
        offsets: pairs ``offsets[place]:offsets[place + 1]`` are those of a node; shape (nodes + 1,).
        nodes, others: places of the two; shape (pairs,).
        weights: of all edges of the pair together; shape (pairs,).
        loops: weight of the edges from each node to itself; shape (nodes,).
    """

    offsets: Int64Array
    nodes: Int64Array
    others: Int64Array
    weights: Float64Array
    loops: Float64Array

    @property
    def node_count(self) -> int:
        """How many nodes."""
        return len(self.loops)


class Settings:
    """What an algorithm was called with; every name must be known.

    Raises:
        QueryArgumentError: a name that there is not, or a value of the wrong type.
    """

    def __init__(self, given: Any, known: Mapping[str, Any]) -> None:
        if given is not None and not isinstance(given, dict):
            raise QueryArgumentError("an algorithm is called with a map of settings")
        self._given: dict[str, Any] = given or {}
        self._defaults = known
        names = [*_COMMON, *known]
        for name in self._given:
            if name not in names:
                near = get_close_matches(name, names, n=1, cutoff=0.5)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
                raise QueryArgumentError(f"there is no setting {name!r}; {hint}")

    def names(self, setting: str) -> tuple[str, ...]:
        """A list of names, empty where it is not given."""
        value = self._given.get(setting)
        if value is None:
            return ()
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            raise QueryArgumentError(f"{setting} is a list of strings, not {value!r}")
        return tuple(dict.fromkeys(listed))

    def number(self, setting: str, *, least: float = 0, most: float = np.inf) -> Any:
        """A number within bounds; an integer where the default is one."""
        value = self._given.get(setting, self._defaults[setting])
        whole = isinstance(self._defaults[setting], int)
        fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not fits or not least <= value <= most:
            kind = "an integer" if whole else "a number"
            raise QueryArgumentError(f"{setting} is {kind} from {least} to {most}, not {value!r}")
        return value

    def name(self, setting: str) -> str | None:
        """A name, or None."""
        value = self._given.get(setting)
        if value is not None and not isinstance(value, str):
            raise QueryArgumentError(f"{setting} is a string, not {value!r}")
        return value

    def node(self, setting: str, subgraph: Subgraph) -> int:
        """The place of a node."""
        value = self._given.get(setting)
        if not isinstance(value, NodeRef):
            raise QueryArgumentError(f"{setting} must be given, and is a node")
        place = int(np.searchsorted(subgraph.ids, value.id))
        if place == subgraph.node_count or int(subgraph.ids[place]) != value.id:
            raise QueryArgumentError(f"the {setting} is not in the subgraph")
        return place


def subgraph_of(reader: GraphReader, settings: Settings) -> Subgraph:
    """Nodes with any of the labels, and the edges of the types between them; all where none are named."""
    labels, types = settings.names("labels"), settings.names("types")
    return reader.memo(("subgraph", labels, types), lambda: _project(reader, labels, types))


def _project(reader: GraphReader, labels: tuple[str, ...], types: tuple[str, ...]) -> Subgraph:
    everyone = np.arange(reader.node_limit)
    chosen = reader.node_exists(everyone)
    if labels:
        chosen = np.zeros(len(everyone), dtype=np.bool_)
        for label in labels:
            chosen |= reader.has_label(everyone, label)
    ids = np.flatnonzero(chosen)
    offsets, neighbours, edges = reader.adjacency(types, "out")
    sources = everyone.repeat(np.diff(offsets))
    keep = chosen[neighbours]
    keep &= chosen.repeat(np.diff(offsets))
    if not keep.all():
        sources, neighbours, edges = sources[keep], neighbours[keep], edges[keep]
    if len(ids) < len(everyone):
        places = np.cumsum(chosen) - 1
        sources, neighbours = places[sources], places[neighbours]
    return Subgraph(ids, offsets_of(sources, len(ids)), sources, neighbours, edges)


def neighbours_of(
    reader: GraphReader, settings: Settings, subgraph: Subgraph, key: str | None = None
) -> Neighbours:
    """The subgraph without directions, kept with the snapshot; `key` names the weight."""
    names = (settings.names("labels"), settings.names("types"), key)

    def make() -> Neighbours:
        return undirected(subgraph, weights_of(reader, subgraph, key))

    return reader.memo(("neighbours", names), make)


def undirected(subgraph: Subgraph, weights: Float64Array) -> Neighbours:
    """Edges as pairs of neighbours."""
    count, sources, targets = subgraph.node_count, subgraph.sources, subgraph.targets
    proper = sources != targets
    loops = np.bincount(sources[~proper], weights=weights[~proper], minlength=count)
    one, other, weight = sources[proper], targets[proper], weights[proper]
    ends = (np.concatenate([one, other]), np.concatenate([other, one]))
    nodes, others, sums = gathered(*ends, np.concatenate([weight, weight]), count)
    return Neighbours(offsets_of(nodes, count), nodes, others, sums, loops.astype(np.float64))


def gathered(
    one: Int64Array, other: Int64Array, weights: Float64Array, count: int
) -> tuple[Int64Array, Int64Array, Float64Array]:
    """Pairs of places below `count`, sorted, each once with the sum of its weights."""
    sparse = scipy_sparse()
    if sparse is not None:
        matrix = sparse.coo_matrix((weights, (one, other)), shape=(count, count)).tocsr()
        matrix.sort_indices()  # sums of equal places are made already
        nodes = np.arange(count).repeat(np.diff(matrix.indptr))
        return nodes, matrix.indices.astype(np.int64), matrix.data
    keys = one * max(count, 1) + other
    order = np.argsort(keys)
    keys = keys[order]
    starts = run_starts(keys)
    sums = np.add.reduceat(weights[order], starts) if len(starts) else weights
    nodes, others = np.divmod(keys[starts], max(count, 1))
    return nodes, others, sums


def run_starts(values: Int64Array) -> Int64Array:
    """Where runs of equal values begin."""
    is_start = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=is_start[1:])
    return np.flatnonzero(is_start)


def offsets_of(sorted_places: Int64Array, count: int) -> Int64Array:
    """Where the rows of each place begin, and where the last ones end; shape (count + 1,)."""
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(sorted_places, minlength=count), out=offsets[1:])
    return offsets


def weights_of(reader: GraphReader, subgraph: Subgraph, key: str | None) -> Float64Array:
    """A property of each edge as a number, 1 where it has none; shape (edges,).

    Raises:
        QueryArgumentError: a value is negative or no number.
    """
    if key is None:
        return np.ones(len(subgraph.edges))
    column = reader.edge_property(subgraph.edges, key)
    if column.kind not in (Kind.INTEGER, Kind.FLOAT):
        values = [1.0 if value is None else value for value in column.to_list()]
        if not all(type(value) in (int, float) for value in values):
            raise QueryArgumentError(f"{key} is no number at some relationship")
        weights = np.array(values, dtype=np.float64)
    else:
        weights = column.array.astype(np.float64)
        if column.valid is not None:
            weights[~column.valid] = 1.0
    if not (weights >= 0).all():
        raise QueryArgumentError(f"{key} is negative or NaN at some relationship")
    return weights


def scipy_sparse() -> ModuleType | None:
    """`scipy.sparse`, where it is installed."""
    try:
        import scipy.sparse
        import scipy.sparse.csgraph
    except ImportError:
        return None
    return scipy.sparse  # type: ignore[no-any-return]
