"""tantivy by itself, a full-text library in Rust: no graph, and no transaction over anything else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks.peers.library import Library

if TYPE_CHECKING:
    from benchmarks.data import Data

WRITER_BYTES, THREADS = 200_000_000, 2


class Peer(Library):
    """Bodies are indexed, not stored; ids are."""

    keys = frozenset({"W16"})

    def version(self) -> str:
        self.library: Any = import_module("tantivy")
        return str(self.library.__version__)

    def index_texts(self, data: Data) -> None:
        lib = self.library
        schema = lib.SchemaBuilder()
        schema.add_integer_field("id", stored=True, fast=True)
        schema.add_text_field("body", stored=False)
        place = self.folder / "texts"
        place.mkdir()
        self.index = lib.Index(schema.build(), path=str(place))
        writer = self.index.writer(WRITER_BYTES, THREADS)
        for post, body in zip(data.post["id"].tolist(), data.post["body"].tolist(), strict=True):
            writer.add_document(lib.Document(id=post, body=body))
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()

    def best_texts(self, words: str) -> list[int]:
        query = self.index.parse_query(words, ["body"])
        hits = self.searcher.search(query, 10, count=False).hits
        return [self.searcher.doc(address)["id"][0] for _, address in hits]
