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
        sources, targets: places of each edge's ends, sorted by source; shape (edges,).
        edges: edge ids; shape (edges,).
    """

    ids: IdArray
    sources: Int64Array
    targets: Int64Array
    edges: IdArray

    @property
    def node_count(self) -> int:
        """How many nodes."""
        return len(self.ids)

    def both_ways(self) -> tuple[Int64Array, Int64Array]:
        """Ends of each edge in both directions, without loops; sorted by the first."""
        proper = self.sources != self.targets
        one, other = self.sources[proper], self.targets[proper]
        first, second = np.concatenate([one, other]), np.concatenate([other, one])
        order = np.argsort(first, kind="stable")
        return first[order], second[order]

    def neighbours(self) -> tuple[Int64Array, Int64Array]:
        """Each pair of different nodes with an edge, in both directions, once; sorted."""
        first, second = self.both_ways()
        keys = np.unique(first * max(self.node_count, 1) + second)
        return np.divmod(keys, max(self.node_count, 1))


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
    keep = chosen[sources] & chosen[neighbours]
    if not keep.all():
        sources, neighbours, edges = sources[keep], neighbours[keep], edges[keep]
    if len(ids) < len(everyone):
        places = np.cumsum(chosen) - 1
        sources, neighbours = places[sources], places[neighbours]
    return Subgraph(ids, sources, neighbours, edges)


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
        import scipy.sparse  # noqa: PLC0415 - an extra, slow to import
        import scipy.sparse.csgraph  # noqa: PLC0415
    except ImportError:
        return None
    return scipy.sparse  # type: ignore[no-any-return]
