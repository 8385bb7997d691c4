"""What a peer must do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from benchmarks.question import NotOfferedError, literal_text

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Data
    from benchmarks.question import Parameters, Question, Row


class Peer(ABC):
    """One embedded database, durable on every commit.

    Attributes:
        name: in the table.
        speaks: ``cypher`` or ``sql``.
        keys: of the questions that it is asked; None: all. A library is asked what it is for.
    """

    speaks = "cypher"
    keys: frozenset[str] | None = None

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def version(self) -> str:
        """Of the library, which is imported by this."""

    @abstractmethod
    def load(self, data: Data, folder: Path) -> None:
        """Load all tables into a new database in `folder`, with indexes on the ids and on when a person
        was created; keep it open."""

    @abstractmethod
    def open(self, folder: Path) -> None:
        """Open what `load` left."""

    @abstractmethod
    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        """Run a query and fetch all rows."""

    def write(self, text: str, parameters: Parameters) -> None:
        """Run a statement as a transaction that is durable when it returns."""
        self.ask(text, parameters)

    def write_rows(self, text: str, rows: list[Parameters]) -> None:
        """The same for many rows at once."""
        self.write(text, {"rows": rows})

    def as_list(self, values: list[int]) -> Any:
        """A list as a parameter."""
        return values

    def table(self, text: str, parameters: Parameters, form: str) -> Any:  # noqa: ARG002
        """The answer as ``arrow`` or ``pandas``."""
        raise NotOfferedError(f"no results as {form}")

    def in_thread(self) -> Peer:
        """The same database for another thread."""
        return self

    def algorithm(self, name: str) -> tuple[Any, Any]:
        """``pagerank`` (20 rounds) or ``wcc`` of persons and whom they know: ids of persons and values."""
        raise NotOfferedError(f"no graph algorithms, not {name}")

    def index_vectors(self, data: Data) -> None:  # noqa: ARG002
        """Make an index by cosine over the vectors of all posts; it is ready when this returns."""
        raise NotOfferedError("no vector index")

    def near(self, vector: list[float]) -> list[int]:  # noqa: ARG002
        """Ids of the ten posts whose vectors are the nearest, as the index finds them."""
        raise NotOfferedError("no vector index")

    def nearest(self, vector: list[float]) -> list[int]:  # noqa: ARG002
        """The same by comparing with every post's."""
        raise NotOfferedError("no similarity of vectors")

    def index_texts(self, data: Data) -> None:  # noqa: ARG002
        """Make a full-text index over the bodies of all posts; it is ready when this returns."""
        raise NotOfferedError("no full-text index")

    def best_texts(self, words: str) -> list[int]:  # noqa: ARG002
        """Ids of the ten posts that fit any of the words best."""
        raise NotOfferedError("no full-text index")

    def server_ids(self) -> list[int]:
        """Processes that the peer started and that do not end with this one."""
        return []

    @abstractmethod
    def close(self) -> None:
        """Let go."""

    def text_of(self, question: Question) -> str:
        """The question in the peer's language."""
        own = question.sql if self.speaks == "sql" else question.cypher
        text = question.variants.get(self.name, own)
        if not text:
            raise NotOfferedError("not in SQL" if self.speaks == "sql" else "not in Cypher")
        return text

    def literal_text(self, text: str, parameters: Parameters) -> str:
        """The text with the parameters in it as literals."""
        return literal_text(text, parameters, ":" if self.speaks == "sql" else r"\$")
