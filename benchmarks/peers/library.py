"""A library of one art: it holds its index, and answers nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers.peer import Peer
from benchmarks.question import NotOfferedError

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Data
    from benchmarks.question import Parameters, Row


class Library(Peer):
    """Is asked only the questions of its `keys`."""

    def load(self, data: Data, folder: Path) -> None:
        self.data, self.folder = data, folder

    def open(self, folder: Path) -> None:  # noqa: ARG002
        raise NotOfferedError("it keeps nothing in files")

    def ask(self, text: str, parameters: Parameters) -> list[Row]:  # noqa: ARG002
        raise NotOfferedError("no query language")

    def close(self) -> None:
        pass
