"""What a peer must do."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Data
    from benchmarks.question import Parameters, Question, Row


class Peer(ABC):
    """One embedded database, durable on every commit.

    Attributes:
        name: in the table.
        speaks: ``cypher`` or ``sql``.
    """

    speaks = "cypher"

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def version(self) -> str:
        """Of the library."""

    @abstractmethod
    def load(self, data: Data, folder: Path) -> None:
        """Load all tables into a new database in `folder`, with indexes on the ids; keep it open."""

    @abstractmethod
    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        """Run a query and fetch all rows."""

    def write(self, text: str, parameters: Parameters) -> None:
        """Run a statement as a transaction that is durable when it returns."""
        self.ask(text, parameters)

    @abstractmethod
    def close(self) -> None:
        """Let go."""

    def text_of(self, question: Question) -> str:
        """The question in the peer's language."""
        own = question.sql if self.speaks == "sql" else question.cypher
        return question.variants.get(self.name, own)

    def literal_text(self, text: str, parameters: Parameters) -> str:
        """The text with the parameters in it as literals."""
        sign = ":" if self.speaks == "sql" else r"\$"
        return re.sub(rf"{sign}(\w+)", lambda match: _literal(parameters[match[1]]), text)


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
