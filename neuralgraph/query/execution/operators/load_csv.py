"""LoadCsvRows: LOAD CSV from files below the folders that are allowed."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from neuralgraph.errors import QueryArgumentError, QueryError, QueryTypeError
from neuralgraph.query.execution.operators.step import Layout, Step
from neuralgraph.values import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.planning.plan import LoadCsvRows
    from neuralgraph.values import Batch

_BATCH_LINES: Final = 4_096


class LoadCsvStep(Step):
    """A row for each line; a map with headers, else a list. Empty fields are null."""

    __slots__ = ("child", "headers", "layout", "places", "source", "span", "terminator")

    def __init__(self, operator: LoadCsvRows, compiler: PlanCompiler) -> None:
        super().__init__(operator.slots)
        self.child = compiler.step(operator.child)
        self.source = compiler.expressions(self.child.slots).compile(operator.source)
        self.span = operator.source.span
        self.headers = operator.headers
        self.terminator = operator.terminator
        self.places = operator.places
        self.layout = Layout(
            operator.slots, self.child.slots, [operator.variable, *operator.places]
        )

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The child's rows, each with the lines of its file."""
        for batch in self.child.batches(context):
            for row, source in enumerate(self.source.items(batch, context)):
                one = batch.slice(row, row + 1)
                for path, part in self._parts(source, context):
                    if context.stoppable:
                        context.check()
                    added = [Column.of_list(Kind.ANY, [row for row, _line in part])]
                    for place in self.places:
                        is_file = place == " file"
                        added.append(
                            Column.of_list(Kind.TEXT, [str(path)] * len(part))
                            if is_file
                            else Column.of_list(Kind.INTEGER, [line for _row, line in part])
                        )
                    yield self.layout.repeat(one, len(part), added)

    def _parts(
        self, source: Any, context: ExecutionContext
    ) -> Iterator[tuple[Path, list[tuple[Any, int]]]]:
        """The file's lines, some at a time; an error shows where the file is named."""
        try:
            path = allowed_path(source, context.import_folders)
            lines = read_lines(path, self.terminator, headers=self.headers)
            while part := list(islice(lines, _BATCH_LINES)):
                yield path, part
        except QueryError as error:
            error.place(self.span)
            raise


def allowed_path(source: Any, folders: Sequence[str]) -> Path:
    """The file that a source names: a path, or a ``file:`` URL.

    Raises:
        QueryTypeError: the source is no string.
        QueryArgumentError: it is not a file below one of the folders.
    """
    if not isinstance(source, str):
        raise QueryTypeError(
            f"LOAD CSV reads from a path or file: URL, not from {source!r}",
            detail="InvalidArgumentType",
        )
    parts = urlsplit(source)
    if parts.scheme not in ("", "file"):
        raise QueryArgumentError(
            f"LOAD CSV reads files only, not {parts.scheme}: URLs", detail="InvalidArgumentValue"
        )
    named = unquote(parts.path) if parts.scheme == "file" else source
    for folder in folders:
        root = Path(folder).resolve()
        # As in other databases, an absolute file: URL is meant below the import folder.
        candidates = [(root / named).resolve(), (root / named.lstrip("/")).resolve()]
        for path in candidates:
            if path.is_relative_to(root) and path.is_file():
                return path
    raise QueryArgumentError(
        f"there is no file {source!r} below the folders that LOAD CSV may read"
        " (option import_folders)",
        detail="ExternalResourceFailed",
    )


def read_lines(path: Path, terminator: str, *, headers: bool) -> Iterator[tuple[Any, int]]:
    """The lines of a file as maps or lists of strings, each with its number, from 1.

    Raises:
        QueryArgumentError: it cannot be read, is not UTF-8, or a quote in it never closes.
    """
    lines = None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, delimiter=terminator, strict=True)
            names = next(lines, None) if headers else None
            for line in lines:
                if not line:
                    continue
                fields = [field if field != "" else None for field in line]
                if names is None:
                    yield fields, lines.line_num
                else:
                    fields += [None] * (len(names) - len(fields))
                    yield dict(zip(names, fields, strict=False)), lines.line_num
    except csv.Error as error:
        raise QueryArgumentError(
            f"{path.name} is no CSV, at line {lines.line_num if lines else 1}: {error}",
            detail="InvalidCsv",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise QueryArgumentError(
            f"{path.name} cannot be read as CSV: {error}", detail="ExternalResourceFailed"
        ) from error
