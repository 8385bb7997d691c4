"""neuralgraph itself, by its public API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import neuralgraph
from benchmarks.peers.peer import Peer as AnyPeer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Data
    from benchmarks.question import Parameters, Row


class Peer(AnyPeer):
    """Durability ``full``, the default."""

    def version(self) -> str:
        # Public names load on first use: now, as the other peers' do when they are imported.
        assert callable(neuralgraph.open)
        return neuralgraph.__version__

    def load(self, data: Data, folder: Path) -> None:
        self.graph = graph = neuralgraph.open(folder / "graph.ngdb")
        graph.load_nodes("Person", data.parquet("person"), key="id")
        graph.load_nodes("Post", data.parquet("post"), key="id")
        person, post = ("Person", "src"), ("Post", "dst")
        graph.load_relationships(
            "KNOWS", data.parquet("knows"), source=person, target=("Person", "dst")
        )
        graph.load_relationships("CREATED", data.parquet("created"), source=person, target=post)
        graph.load_relationships("LIKES", data.parquet("likes"), source=person, target=post)

    def ask(self, text: str, parameters: Parameters) -> list[Row]:
        return list(self.graph.execute(text, parameters))

    def close(self) -> None:
        self.graph.close()
