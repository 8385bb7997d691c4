"""One database a file; each has a class `Peer` with the methods of `benchmarks.peers.peer.Peer`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from benchmarks.peers.peer import Peer

MODULES: Final = {
    "neuralgraph": "neuralgraph",
    "sqlite": "sqlite3",
    "duckdb": "duckdb",
    "kuzu": "kuzu",
    "ladybug": "ladybug",
    "falkordblite": "redislite",
    "arcadedb": "arcadedb_embedded",
    "graphqlite": "graphqlite",
    "faiss": "faiss",
    "tantivy": "tantivy",
}
"""Peers by name, and the module that tells whether one is installed."""

_ON_DEMAND: Final = ("graphqlite",)
"""Asked only by name: it takes minutes where the others take seconds."""


def installed() -> list[str]:
    """The peers that are here, neuralgraph first."""
    found = [name for name, module in MODULES.items() if find_spec(module) is not None]
    return [name for name in found if name not in _ON_DEMAND]


def make(name: str) -> Peer:
    """The peer of that name."""
    peer: Peer = import_module(f"benchmarks.peers.{name}_peer").Peer(name)
    return peer


__all__ = ["MODULES", "Peer", "installed", "make"]
