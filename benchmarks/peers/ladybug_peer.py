"""Ladybug, the maintained fork of Kuzu."""

from __future__ import annotations

from benchmarks.peers.kuzu_peer import Peer as KuzuPeer


class Peer(KuzuPeer):
    """`execute` caches statements by their text; a prepared one would be planned without its types."""

    prepares = False
