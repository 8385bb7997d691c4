"""A new process: import a peer, open its database, look one person up. Prints seconds and megabytes."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from benchmarks import peers
from benchmarks.questions.w1_load import resident_megabytes
from benchmarks.questions.w3_point_lookup import QUESTION as LOOKUP


def main() -> None:
    """``python -m benchmarks.cold_start``; question W17 starts it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--person", type=int, required=True)
    options = parser.parse_args()
    began = time.perf_counter()
    peer = peers.make(options.peer)
    peer.version()
    imported = time.perf_counter()
    peer.open(options.folder)
    text = peer.text_of(LOOKUP)
    rows = peer.ask(text, {"id": options.person})
    first = time.perf_counter()
    peer.ask(text, {"id": options.person})
    second = time.perf_counter()
    assert rows[0][0] == options.person, rows
    facts = {
        "import_s": imported - began,
        "open_s": first - imported,
        "second_s": second - first,
        "megabytes": resident_megabytes(peer.server_ids()),
    }
    peer.close()
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
