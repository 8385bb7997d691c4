"""Rows as text: a table for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import shutil
import unicodedata
from typing import TYPE_CHECKING, Any, Final, Literal

from neuralgraph.api import Node, Path, Relationship, json_text, portable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from neuralgraph.api import Result, Summary

Format = Literal["table", "json", "csv"]
FORMATS: Final[tuple[Format, ...]] = ("table", "json", "csv")

CELL_WIDTH_MIN: Final = 12


def render(result: Result, style: Format) -> str:
    """All remaining rows as text that ends in a line feed (or is empty)."""
    if style == "json":
        return render_json(result)
    if style == "csv":
        return render_csv(result)
    return render_table(result.columns, list(result)) if result.columns else ""


def render_json(result: Result) -> str:
    """A list of objects, one a line."""
    rows = [json_text(row) for row in result.to_dicts()]
    return "[\n" + ",\n".join(rows) + "\n]\n" if rows else "[]\n"


def render_csv(result: Result) -> str:
    """A header and a line for each row; lists, maps, bytes and entities as JSON."""
    if not result.columns:
        return ""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(result.columns)
    for record in result:
        writer.writerow([_csv_field(value) for value in record])
    return out.getvalue()


def _csv_field(value: Any) -> Any:
    plain = portable(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return json_text(plain) if isinstance(plain, (dict, list, bytes)) else plain


def render_table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, width: int | None = None
) -> str:
    """A table; cells are cut so that lines are at most `width` characters (of the terminal's)."""
    body = [[_cell(value) for value in row] for row in rows]
    numeric = [_is_numeric(place, rows) for place in range(len(columns))]
    widths = [
        max(map(_width, [name, *(line[place] for line in body)]))
        for place, name in enumerate(columns)
    ]
    widths = _fitted(widths, width or shutil.get_terminal_size((120, 24)).columns)
    rule = "─┼─".join("─" * cell_width for cell_width in widths)
    lines = [_line(columns, widths, [False] * len(columns)), rule]
    lines += [_line(line, widths, numeric) for line in body]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _is_numeric(place: int, rows: Iterable[Sequence[Any]]) -> bool:
    values = [row[place] for row in rows if row[place] is not None]
    return bool(values) and all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in values
    )


def _fitted(widths: list[int], line_width: int) -> list[int]:
    """Narrow the widest columns until a line fits, none below `CELL_WIDTH_MIN`."""
    separators = 3 * (len(widths) - 1)
    widths = [min(cell_width, line_width) for cell_width in widths]
    while sum(widths) + separators > line_width:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= CELL_WIDTH_MIN:
            break
        widths[widest] -= 1
    return widths


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    shown = []
    for cell, width, to_the_right in zip(cells, widths, right, strict=True):
        cut = cell if _width(cell) <= width else _cut(cell, width - 1) + "…"
        space = " " * (width - _width(cut))
        shown.append(space + cut if to_the_right else cut + space)
    return " │ ".join(shown)


def _width(text: str) -> int:
    """How many places of a terminal the text takes: some characters take two, or none."""
    if text.isascii():
        return len(text)
    return sum(map(_places, text))


def _places(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(text: str, width: int) -> str:
    taken = 0
    for end, character in enumerate(text):
        taken += _places(character)
        if taken > width:
            return text[:end]
    return text


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else literal(value)
    if text.isprintable():
        return text
    # Control characters could move the cursor, or change the terminal.
    text = text.replace("\r\n", "⏎").replace("\n", "⏎").replace("\t", " ")
    return "".join("�" if unicodedata.category(c) == "Cc" else c for c in text)


def literal(value: Any) -> str:
    """A value as a query would write it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case Node():
            labels = "".join(f":{label}" for label in sorted(value.labels))
            return f"({_with_properties(labels, value.properties)})"
        case Relationship():
            return f"[{_with_properties(':' + value.type, value.properties)}]"
        case Path():
            return _path(value)
        case list() | tuple():
            return "[" + ", ".join(map(literal, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {literal(item)}" for key, item in value.items()) + "}"
        case _ if hasattr(value, "tolist"):
            return literal(value.tolist())
        case _:
            return str(value)


def _with_properties(head: str, properties: Mapping[str, Any]) -> str:
    return " ".join(
        part for part in (head, literal(dict(properties)) if properties else "") if part
    )


def _path(path: Path) -> str:
    text = literal(path.nodes[0])
    for hop, node, before in zip(path.relationships, path.nodes[1:], path.nodes, strict=False):
        arrow = ("-", "->") if hop.start_node_id == before.id else ("<-", "-")
        text += arrow[0] + literal(hop) + arrow[1] + literal(node)
    return text


def summary_line(rows: int, summary: Summary) -> str:
    """``3 rows, 2 nodes created (1.2 ms)``."""
    parts = [f"{rows:,} row{'' if rows == 1 else 's'}"] if rows or not changes(summary) else []
    parts += changes(summary)
    return f"{', '.join(parts)} ({summary.elapsed_ms:,.1f} ms)"


def changes(summary: Summary) -> list[str]:
    """What a statement changed: ``["1 node created", ...]``."""
    counters = summary.counters
    counts = (
        ("node", "nodes", "created", counters.nodes_created),
        ("node", "nodes", "deleted", counters.nodes_deleted),
        ("relationship", "relationships", "created", counters.relationships_created),
        ("relationship", "relationships", "deleted", counters.relationships_deleted),
        ("property", "properties", "set", counters.properties_set),
        ("label", "labels", "added", counters.labels_added),
        ("label", "labels", "removed", counters.labels_removed),
        ("index", "indexes", "added", counters.indexes_added),
        ("index", "indexes", "removed", counters.indexes_removed),
        ("constraint", "constraints", "added", counters.constraints_added),
        ("constraint", "constraints", "removed", counters.constraints_removed),
    )
    return [
        f"{count:,} {one if count == 1 else many} {verb}"
        for one, many, verb, count in counts
        if count
    ]


def warning_lines(summary: Summary) -> str:
    """A line for each name in the statement that the graph does not have; empty when it has all."""
    return "".join(
        f"warning: {told.description} (line {told.line}, column {told.column})\n"
        for told in summary.notifications
    )
