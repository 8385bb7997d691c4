"""JSON lines back into a graph: rows are gathered by labels or type, and go in as one bulk load.

What is wrong with a dump is a `DumpError` that names the line; then nothing of it is in the graph.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.access import ConstraintDefinition, IndexDefinition, IndexOptions
from neuralgraph.api.dumps.lines import FORMAT, VERSION, DumpReport
from neuralgraph.api.dumps.values import from_json
from neuralgraph.errors import DumpError, FormatVersionError, NeuralGraphError, VectorError
from neuralgraph.values import NO_IDS, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neuralgraph.storage.maintenance import BulkRows, Engine
    from neuralgraph.values import IdArray

WEIGHT_MAX: Final = 1_000_000
"""Rows and their values that are gathered before they are written."""

_TEXT_WEIGHT: Final = 64
"""So many characters weigh as much as a value."""

_parse: Final = json.JSONDecoder().raw_decode
_PLAIN: Final = frozenset({str, int, float, bool})


def restore_lines(
    engine: Engine,
    lines: Iterator[bytes],
    progress: Callable[[int, int], object] | None = None,
) -> DumpReport:
    """Add what a dump holds to a graph; its nodes and relationships get new ids.

    The data is one transaction; indexes and constraints that the graph does not have are the next.

    Raises:
        DumpError: the dump is damaged; nothing was added.
        ConstraintViolationError: it breaks a constraint of the graph; nothing was added.
        VectorError: a vector index of the graph cannot hold a vector; nothing was added.
        LockTimeoutError: somebody wrote for longer than `busy_timeout`.
    """
    began_s = time.perf_counter()
    source = _Lines(lines)
    header = source.header()
    total = sum(count for name in ("nodes", "relationships") if (count := header.get(name)))
    with engine.bulk_rows({"source": FORMAT}) as rows:
        gathered = _Gathered(rows, progress, total)
        for line in source:
            gathered.take(line, source.number)
        gathered.finish(source)
    _make_schema(engine, gathered.schema)
    return DumpReport(gathered.node_count, gathered.edge_count, time.perf_counter() - began_s)


class _Lines:
    """The lines, each as a dict, up to the end, which must be there and right."""

    __slots__ = ("_digest", "_lines", "number", "totals")

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._digest = hashlib.sha256()
        self.number = 0
        self.totals: dict[str, Any] = {}

    def header(self) -> dict[str, Any]:
        """The first line."""
        first = next(self._lines, b"")
        if first.lstrip()[:1] != b"{":
            raise DumpError(
                "this is no dump in JSON lines; Cypher text is run by `neuralgraph FILE < DUMP`",
                line=1,
            )
        found = self._parsed(first)
        if found.get("format") != FORMAT:
            raise DumpError(f'a dump begins with {{"format": "{FORMAT}"}}', line=1)
        if found.get("version") != VERSION:
            raise FormatVersionError(
                f"the dump is of version {found.get('version')}; this neuralgraph reads {VERSION}"
            )
        return found

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for line in self._lines:
            found = self._parsed(line)
            if "totals" in found:
                self._check_end(found["totals"])
                return
            yield found
        raise DumpError("the dump is cut off: it has no totals", line=self.number + 1)

    def _parsed(self, line: bytes) -> dict[str, Any]:
        self.number += 1
        try:
            text = line.decode()
            found, end = _parse(text)
        except ValueError as error:
            raise DumpError(f"this is no JSON: {error}", line=self.number) from error
        if type(found) is not dict or text[end:].strip():
            raise DumpError("a line holds one JSON object", line=self.number)
        if "totals" not in found:
            self._digest.update(line)
        return found

    def _check_end(self, totals: Any) -> None:
        if not isinstance(totals, dict):
            raise DumpError("totals are an object", line=self.number)
        wanted = totals.get("sha256")
        if wanted is not None and wanted != self._digest.hexdigest():
            raise DumpError(
                "the checksum of the lines is another: something in them was changed (who changed it on"
                ' purpose leaves "sha256" out)',
                line=self.number,
            )
        if next(self._lines, None) is not None:
            raise DumpError("there is something behind the totals", line=self.number + 1)
        self.totals = totals


class _Rows:
    """Rows of the same labels, or of the same type."""

    __slots__ = ("ids", "lines", "properties", "sources", "targets")

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.sources: list[int] = []
        self.targets: list[int] = []
        self.lines: list[int] = []
        self.properties: list[dict[str, Any]] = []

    def columns(self) -> dict[str, Column]:
        """The properties as columns."""
        keys = dict.fromkeys(key for properties in self.properties for key in properties)
        return {
            key: Column.of_values([properties.get(key) for properties in self.properties])
            for key in keys
        }


class _Gathered:
    """Rows that were read and not written yet, and which node became which."""

    __slots__ = (
        "_edges",
        "_known",
        "_new_ids",
        "_nodes",
        "_old_ids",
        "_progress",
        "_rows",
        "_total",
        "_weight",
        "edge_count",
        "node_count",
        "schema",
    )

    def __init__(
        self, rows: BulkRows, progress: Callable[[int, int], object] | None, total: int
    ) -> None:
        self.node_count = 0
        self.edge_count = 0
        self.schema: list[tuple[int, IndexDefinition | ConstraintDefinition]] = []
        self._rows = rows
        self._progress = progress
        self._total = total
        self._nodes: dict[tuple[str, ...], _Rows] = {}
        self._edges: dict[str, _Rows] = {}
        self._weight = 0
        self._old_ids: list[IdArray] = []
        self._new_ids: list[IdArray] = []
        self._known: tuple[IdArray, IdArray] | None = None

    def take(self, line: dict[str, Any], number: int) -> None:
        """A line between header and end."""
        try:
            self._take(line, number)
        except (DumpError, VectorError):
            raise
        except KeyError as error:
            raise DumpError(f"there is no {error}", line=number) from error
        except (ValueError, TypeError, NeuralGraphError) as error:
            raise DumpError(str(error), line=number) from error
        if self._weight >= WEIGHT_MAX:
            self._flush()

    def _take(self, line: dict[str, Any], number: int) -> None:
        if "node" in line:
            self._take_node(line, number)
        elif "relationship" in line:
            self._take_edge(line, number)
        elif "index" in line:
            self.schema.append((number, _definition(IndexDefinition, line["index"])))
        elif "constraint" in line:
            self.schema.append((number, _definition(ConstraintDefinition, line["constraint"])))
        else:
            raise ValueError("neither a node nor a relationship, index or constraint")

    def _take_node(self, line: dict[str, Any], number: int) -> None:
        if self._known is not None:
            raise ValueError("a node behind the first relationship")
        labels = line["labels"]
        if not all(isinstance(label, str) and label for label in labels):
            raise ValueError(f"labels are names, not {labels!r}")
        node_id, properties = _id(line["node"]), self._properties(line)
        rows = self._nodes.setdefault(tuple(labels), _Rows())
        rows.ids.append(node_id)
        rows.lines.append(number)
        rows.properties.append(properties)
        self.node_count += 1

    def _take_edge(self, line: dict[str, Any], number: int) -> None:
        if self._known is None:
            self._end_nodes()
        edge_type, source, target = line["type"], _id(line["start"]), _id(line["end"])
        if not isinstance(edge_type, str) or not edge_type:
            raise ValueError(f"a type is a name, not {edge_type!r}")
        properties = self._properties(line)
        rows = self._edges.setdefault(edge_type, _Rows())
        rows.ids.append(_id(line["relationship"]))
        rows.sources.append(source)
        rows.targets.append(target)
        rows.lines.append(number)
        rows.properties.append(properties)
        self.edge_count += 1

    def _properties(self, line: dict[str, Any]) -> dict[str, Any]:
        found = line.get("properties")
        if not isinstance(found, dict):
            raise ValueError("properties are an object")  # noqa: TRY004 - of the file, not the call
        self._weight += 1 + len(found)
        made = {}
        for key, value in found.items():
            kind = type(value)
            made[key] = value if kind in _PLAIN else from_json(value)
            if kind is str:
                self._weight += len(value) // _TEXT_WEIGHT
            elif kind is int and not -(2**63) <= value < 2**63:
                raise ValueError(f"{value} has more than 64 bits")
        return made

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def finish(self, source: _Lines) -> None:
        """Write what is left, and compare with what the end says.

        Raises:
            DumpError: there were more or fewer.
        """
        for name, count in (("nodes", self.node_count), ("relationships", self.edge_count)):
            wanted = source.totals.get(name, count)
            if wanted != count:
                raise DumpError(f"there were {count} {name}, not {wanted}", line=source.number)
        self._flush()

    def _end_nodes(self) -> None:
        self._flush()
        old_ids = np.concatenate([NO_IDS, *self._old_ids])
        new_ids = np.concatenate([NO_IDS, *self._new_ids])
        order = np.argsort(old_ids, kind="stable")
        self._old_ids, self._new_ids = [], []
        old_ids = old_ids[order]
        again = np.flatnonzero(old_ids[1:] == old_ids[:-1])
        if len(again):
            raise ValueError(f"two nodes have the id {old_ids[again[0]]}")
        self._known = old_ids, new_ids[order]

    def _flush(self) -> None:
        for labels, rows in self._nodes.items():
            self._old_ids.append(np.array(rows.ids, dtype=np.int64))
            self._new_ids.append(self._rows.add_nodes(labels, rows.columns(), rows.ids))
        for edge_type, rows in self._edges.items():
            sources, targets = self._ends(rows.sources, rows), self._ends(rows.targets, rows)
            self._rows.add_edges(edge_type, sources, targets, rows.columns(), rows.ids)
        self._nodes, self._edges, self._weight = {}, {}, 0
        if self._progress is not None:
            done = self.node_count + self.edge_count
            self._progress(done, max(done, self._total))

    def _ends(self, old: list[int], rows: _Rows) -> IdArray:
        assert self._known is not None
        old_ids, new_ids = self._known
        wanted = np.array(old, dtype=np.int64)
        places = np.searchsorted(old_ids, wanted)
        places[places == len(old_ids)] = 0
        missing = np.flatnonzero(old_ids[places] != wanted) if len(old_ids) else [0]
        if len(missing):
            place = int(missing[0])
            raise DumpError(f"there is no node {old[place]}", line=rows.lines[place])
        return new_ids[places]


def _id(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(f"an id is a number from 0, not {value!r}")
    return value


def _definition(kind: Any, fields: Any) -> Any:
    """An index or constraint of its fields."""
    if not isinstance(fields, dict):
        raise ValueError("a definition is an object")  # noqa: TRY004 - of the file, not the call
    made = {name: _field(name, value) for name, value in fields.items()}
    return kind(**made)


def _field(name: str, value: Any) -> Any:
    if name == "options":
        return IndexOptions(from_json(value))
    return tuple(value) if isinstance(value, list) else from_json(value)


def _make_schema(
    engine: Engine, schema: list[tuple[int, IndexDefinition | ConstraintDefinition]]
) -> None:
    """Indexes and constraints that are not there yet, in one transaction."""
    catalog = engine.reader().catalog
    known: set[Any] = {*catalog.defined_indexes(), *catalog.constraints()}
    missing = [(number, definition) for number, definition in schema if definition not in known]
    if not missing:
        return
    transaction = engine.begin({"source": FORMAT})
    try:
        for number, definition in missing:
            try:
                if isinstance(definition, IndexDefinition):
                    transaction.create_index(definition)
                else:
                    transaction.create_constraint(definition)
            except NeuralGraphError as error:
                raise DumpError(str(error), line=number, is_data_kept=True) from error
        transaction.commit()
    finally:
        transaction.rollback()
