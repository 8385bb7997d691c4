"""Phantom: a set that grows or shrinks within one transaction. Must not happen in a snapshot."""

from neuralgraph.access import IndexDefinition, Range
from tests.support.engines import add_node, open_engine


def test_scans_seeks_and_walks_of_a_snapshot_find_the_same_set_again():
    engine = open_engine()
    changing = engine.begin()
    changing.create_index(IndexDefinition("i", "range", "node", ("N",), ("k",)))
    changing.commit()
    nodes = [add_node(engine, "N", k=value) for value in (1, 2, 3)]
    connecting = engine.begin()
    connecting.create_edge("T", nodes[0], nodes[1], {})
    connecting.commit()
    reading = engine.begin()
    (index,) = reading.catalog.indexes()

    def look():
        return (
            [ids.tolist() for ids in reading.scan_nodes("N")],
            [ids.tolist() for ids in reading.scan_edges("T")],
            reading.seek_range(index, Range(1, 10)).tolist(),
            reading.seek(index, (2,)).tolist(),
            reading.expand_one(nodes[0], ["T"], "out")[1].tolist(),
            reading.catalog.node_count("N"),
        )

    before = look()
    writing = engine.begin()
    new = writing.create_node(["N"], {"k": 2})
    writing.create_edge("T", nodes[0], new, {})
    writing.delete_node(nodes[2])
    writing.set_node_property(nodes[1], "k", 9)
    writing.commit()
    assert look() == before
    engine.checkpoint()
    assert look() == before
    engine.close()
