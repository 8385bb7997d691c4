"""Examples in documents: fenced blocks of queries with the tables that they give, and tables of functions.

    ```ngql                        a statement; the table behind the block is what it gives
    RETURN 1 AS x
    ```

    | x |
    |---|
    | 1 |

A block ``ngql setup`` begins with a new graph. ``// parameters: {"x": 1}`` in the first line gives
parameters. A line ``Error: `code` `` behind a block says that it fails. In a table of functions, a row
``| `signature` | ... | `call` | `result` |`` is an example.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import neuralgraph
from neuralgraph import Node, Path, Relationship

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator

_BLOCK: Final = re.compile(
    r"^```ngql(?P<setup> setup)?\n(?P<query>.*?)\n```\n(?P<rest>(?:\n?(?:\||Error: )[^\n]*\n?)*)",
    re.MULTILINE | re.DOTALL,
)
_FILE: Final = re.compile(
    r"^```csv (?P<name>\S+)\n(?P<content>.*?)\n```$", re.MULTILINE | re.DOTALL
)
_PARAMETERS: Final = re.compile(r"// parameters: (.*)")
_EXAMPLE: Final = re.compile(
    r"^\| `+(?P<name>.+?)`+ \|.*\| `(?P<call>.+)` \| `(?P<result>.*)` \|$", re.MULTILINE
)


@dataclass
class Example:
    """A statement of a document.

    Attributes:
        line: where it stands, from 1.
        setup: does it begin with a new graph?
        error: the code that it fails with, or None.
        table: the lines of the expected table; empty when nothing is said of the result.
    """

    line: int
    setup: bool
    query: str
    parameters: dict[str, Any]
    error: str | None
    table: list[str] = field(default_factory=list)


def examples(document: str) -> Iterator[Example]:
    """The statements of a document, in order."""
    for match in _BLOCK.finditer(document):
        query = match["query"]
        given = _PARAMETERS.match(query)
        rest = [line for line in match["rest"].splitlines() if line]
        error = next((line[7:].strip("`") for line in rest if line.startswith("Error: ")), None)
        yield Example(
            document.count("\n", 0, match.start()) + 1,
            match["setup"] is not None,
            query,
            {} if given is None else json.loads(given[1]),
            error,
            [line for line in rest if line.startswith("|")],
        )


def files(document: str) -> list[tuple[str, str]]:
    """Name and content of the files that examples read: blocks ``csv name``."""
    return [(match["name"], match["content"] + "\n") for match in _FILE.finditer(document)]


def function_examples(document: str) -> list[tuple[str, str, str]]:
    """(signature, call, result) of each row of the tables of functions."""
    return [
        (match["name"], match["call"].replace("\\|", "|"), match["result"].replace("\\|", "|"))
        for match in _EXAMPLE.finditer(document)
    ]


def table(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    """A result as lines of a document."""
    cells = [columns, *(tuple(map(shown, row)) for row in rows)]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells]
    lines.insert(1, "|" + "---|" * len(columns))
    return lines


def shown(value: Any) -> str:
    """A value as a document shows it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return "'" + value.replace("\n", "\\n") + "'"
        case list() | tuple() | np.ndarray():
            return "[" + ", ".join(shown(item) for item in list(value)) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
        case Node():
            labels = "".join(f":{label}" for label in sorted(value.labels))
            return f"({labels} {shown(dict(value.properties))})"
        case Relationship():
            return f"[:{value.type} {shown(dict(value.properties))}]"
        case Path():
            steps = [shown(value.nodes[0])]
            for edge, node in zip(value.relationships, value.nodes[1:], strict=True):
                steps += [shown(edge), shown(node)]
            return "-".join(steps)
        case float():
            return f"{value:.6g}" if value != int_or_nan(value) else f"{value:.1f}"
        case np.floating():
            return shown(float(value))
        case _:
            return str(value)


def int_or_nan(value: float) -> float:
    """The whole part of a number; NaN for what has none."""
    return float(int(value)) if np.isfinite(value) else float("nan")


def wrong_examples(document: str, folder: pathlib.Path) -> list[tuple[Any, ...]]:
    """The examples that do not give what they say: the line, what they gave, and what they say.

    Args:
        document: its text.
        folder: an empty one, for the files that examples read.
    """
    for name, content in files(document):
        (folder / name).write_text(content, encoding="utf-8")
    graph = neuralgraph.open(import_folders=[str(folder)])
    wrong: list[tuple[Any, ...]] = []
    for example in examples(document):
        if example.setup:
            graph = neuralgraph.open(import_folders=[str(folder)])
        try:
            result = graph.execute(example.query, example.parameters)
            found = table(result.columns, [tuple(record) for record in result])
        except neuralgraph.NeuralGraphError as error:
            if error.code != example.error:
                wrong.append((example.line, error.code, str(error)))
            continue
        if example.error is not None or (example.table and example.table != found):
            wrong.append((example.line, "\n".join(found), example.table))
    return wrong
