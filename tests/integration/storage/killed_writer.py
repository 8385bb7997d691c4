"""Commits without end, and says after each which one; to be killed. Arguments: folder, durability."""

import itertools
import sys
import time

from neuralgraph.config import Options
from neuralgraph.storage.disk import OsDirectory
from neuralgraph.storage.maintenance import Engine
from neuralgraph.values import Column


def main(folder: str, durability: str) -> None:
    options = Options(durability=durability, checkpoint_changes=60, wal_segment_bytes=1 << 16)
    engine = Engine.open(
        OsDirectory(folder),
        "graph.ngdb",
        options,
        clock_us=lambda: time.time_ns() // 1_000,
    )
    start = engine.reader().catalog.node_count("Step")
    for value in itertools.count(start):
        writing = engine.begin()
        step = writing.create_node(["Step"], {"value": value})
        parts = writing.create_nodes(3, ["Part"], {"of": Column.of_values([value] * 3)})
        for part in parts.tolist():
            writing.create_edge("HAS", step, part, {})
        writing.commit()
        sys.stdout.write(f"{value}\n")
        sys.stdout.flush()
        if value % 16 == 15:
            engine.load_nodes(["Loaded"], {"of": Column.of_values([value])})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
