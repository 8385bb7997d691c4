"""What a question is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.data import Data, Reference

Row = tuple[Any, ...]
Parameters = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """One row of the table.

    Attributes:
        key: such as ``W3``.
        title: what is asked, in a few words.
        kind: ``read`` is asked again and again; ``load`` and ``write`` change the data.
        cypher: the text, parameters as ``$name``.
        sql: the same for relational peers, parameters as ``:name``.
        parameters: for the times that it is asked, in turn.
        expected: the right rows.
        inlined: put the parameters into the text as literals, another text each time.
        variants: another text for a peer, by its name.
    """

    key: str
    title: str
    kind: Literal["read", "load", "write"] = "read"
    cypher: str = ""
    sql: str = ""
    parameters: Callable[[Data], Sequence[Parameters]] = lambda _: [{}]
    expected: Callable[[Reference, Parameters], list[Row]] = lambda _, __: []
    inlined: bool = False
    variants: dict[str, str] = field(default_factory=dict)


def canonical(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows as they are compared: in order of their values, plain Python."""
    return sorted([item.item() if hasattr(item, "item") else item for item in row] for row in rows)


def some_persons(count: int) -> Callable[[Data], list[Parameters]]:
    """Persons who know somebody, the same ones every time."""

    def choose(data: Data) -> list[Parameters]:
        knowing = sorted(set(data.knows["src"].tolist()))
        step = max(1, len(knowing) // count)
        return [{"id": person_id} for person_id in knowing[::step][:count]]

    return choose
