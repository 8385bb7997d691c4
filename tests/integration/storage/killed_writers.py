"""Several threads commit and several read, and each commit is told before and after; to be killed.

Arguments: folder, number of writers. Lines: ``thread value`` when a commit was acknowledged.
"""

import itertools
import sys
import threading
import time

from neuralgraph.config import Options
from neuralgraph.storage.disk import OsDirectory
from neuralgraph.storage.maintenance import Engine

WRITING = threading.Lock()


def tell(line):
    """One whole line, by one write."""
    with WRITING:
        sys.stdout.write(line)
        sys.stdout.flush()


def write(engine, thread, start):
    """Pairs of nodes with a relationship; a value is never there twice or by half."""
    for value in itertools.count(start):
        writing = engine.begin()
        pair = [writing.create_node(["Pair"], {"thread": thread, "value": value}) for _ in "ab"]
        writing.create_edge("WITH", *pair, {"value": value})
        if value % 5 == 4:
            writing.rollback()
            continue
        writing.commit()
        tell(f"{thread} {value}\n")


def read(engine):
    """Every snapshot is whole."""
    while True:
        catalog = engine.reader().catalog
        nodes, edges = catalog.node_count("Pair"), catalog.edge_count("WITH")
        if nodes != 2 * edges:
            tell(f"torn {nodes} {edges}\n")


def main(folder, threads):
    """Runs until it is killed."""
    options = Options(checkpoint_changes=150, wal_segment_bytes=1 << 16)
    engine = Engine.open(
        OsDirectory(folder), "graph.ngdb", options, clock_us=lambda: time.time_ns() // 1_000
    )
    start = engine.state.txid * 10
    for thread in range(threads):
        threading.Thread(target=write, args=(engine, thread, start), daemon=True).start()
    for _ in range(2):
        threading.Thread(target=read, args=(engine,), daemon=True).start()
    tell("ready\n")
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
