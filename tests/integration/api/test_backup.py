"""Backups taken while others write, grown commit by commit, and restored to a moment."""

from __future__ import annotations

import threading

import pytest

import neuralgraph
from neuralgraph import errors
from neuralgraph.cli.main import main
from neuralgraph.storage.temporal import loaded_changes


def count(graph):
    return graph.execute("MATCH (n) RETURN count(n)").value()


def test_a_backup_is_a_database_with_its_history(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        for number in range(5):
            graph.execute("CREATE (:P {n: $n})-[:R]->(:Q)", n=number)
        assert graph.backup(tmp_path / "copy.ngdb") == 5
        graph.execute("CREATE (:Later)")
        with pytest.raises(errors.DiskError, match="such a file"):
            graph.backup(tmp_path / "copy.ngdb")
        with neuralgraph.open(tmp_path / "copy.ngdb") as copy:
            assert (count(copy), count(copy.at(2))) == (10, 4)
            assert copy.verify(history=True) == []
            assert [commit.txid for commit in copy.changes(since=3)] == [4, 5]
            copy.execute("CREATE (:Own)")
            assert copy.execute("MATCH (o:Own) RETURN id(o)").value() >= 10


def test_a_backup_does_not_wait_for_writers(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        graph.execute("UNWIND range(1, 1000) AS i CREATE (:P {i: i, pair: i})")
        stop = threading.Event()

        def write():
            while not stop.is_set():
                graph.execute("MATCH (p:P {i: 1}) SET p.v = coalesce(p.v, 0) + 1 CREATE (:X)")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            txids = [graph.backup(tmp_path / f"copy{number}.ngdb") for number in range(3)]
        finally:
            stop.set()
            writer.join()
        for number, txid in enumerate(txids):
            with neuralgraph.open(tmp_path / f"copy{number}.ngdb") as copy:
                assert copy.verify(history=True) == []
                assert count(copy) == 1000 + txid - 1


def test_a_folder_grows_and_any_moment_comes_back(tmp_path):
    folder = tmp_path / "backup"
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        graph.execute("CREATE (:P {n: 0})")
        assert graph.backup(folder, incremental=True) == 1
        for number in range(3):
            graph.execute("CREATE (:P {n: $n})", n=number)
        graph.load_nodes("L", {"id": [1, 2, 3]})
        assert graph.backup(folder, incremental=True) == 5
        graph.checkpoint()
        graph.execute("MATCH (p:P) WITH p LIMIT 1 DELETE p")
        graph.execute("FLASHBACK TRANSACTION 6")
        assert graph.backup(folder, incremental=True) == 7
        assert graph.backup(folder, incremental=True) == 7
        expected = {txid: count(graph.at(txid)) for txid in range(1, 8)}
    for txid, nodes in expected.items():
        path = tmp_path / f"restored-{txid}.ngdb"
        assert neuralgraph.restore(folder, path, at=txid) == txid
        with neuralgraph.open(path) as graph:
            assert (count(graph), graph.info().txid) == (nodes, txid)
            assert graph.verify(history=True) == []
    assert neuralgraph.restore(folder, tmp_path / "newest.ngdb") == 7
    with pytest.raises(errors.QueryArgumentError):
        neuralgraph.restore(folder, tmp_path / "none.ngdb", at=99)
    with pytest.raises(errors.DiskError):
        neuralgraph.restore(tmp_path, tmp_path / "none.ngdb")


def test_the_command_line_backs_up_and_restores(tmp_path, capsys):
    path, folder = tmp_path / "g.ngdb", tmp_path / "backup"
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE (:P)")
        graph.execute("CREATE (:P)")
    assert main(["backup", str(path), str(folder), "--incremental"]) == 0
    assert main(["restore", str(folder), str(tmp_path / "again.ngdb"), "--at", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "restored to transaction 2"
    with neuralgraph.open(tmp_path / "again.ngdb") as graph:
        assert count(graph) == 2


def test_a_damaged_backup_says_how_far_it_can_be_read(tmp_path):
    folder = tmp_path / "backup"
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        graph.execute("CREATE (:P)")
        graph.backup(folder, incremental=True)
        for number in range(20):
            graph.execute("CREATE (:P {n: $n, text: 'something longer than nothing'})", n=number)
        assert graph.backup(folder, incremental=True) == 21
        segment = folder / "full-1.ngdb-wal" / "00000001.log"
        data = bytearray(segment.read_bytes())
        place = data.index(b"something") + data[data.index(b"something") :].index(b"longer")
        data[place] ^= 1
        segment.write_bytes(data)
        with pytest.raises(errors.CorruptionError, match="went to transaction 21") as caught:
            neuralgraph.restore(folder, tmp_path / "restored.ngdb")
        readable = int(str(caught.value).partition("can be read to ")[2].partition(";")[0])
        neuralgraph.restore(folder, tmp_path / "restored.ngdb", at=readable)
        with neuralgraph.open(tmp_path / "restored.ngdb") as restored:
            assert count(restored) == readable
        # The next one begins anew, and is whole.
        assert graph.backup(folder, incremental=True) == 21
        assert neuralgraph.restore(folder, tmp_path / "whole.ngdb") == 21


def test_a_bulk_load_in_a_backup_and_in_the_feed(tmp_path, monkeypatch):
    monkeypatch.setattr(loaded_changes, "PIECE_CHANGES", 7)
    folder = tmp_path / "backup"
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        graph.execute("CREATE (:P {id: -1})")
        graph.backup(folder, incremental=True)
        graph.load_nodes("P", {"id": list(range(3_000)), "odd": [None, "x"] * 1_500}, key="id")
        ends = {"a": list(range(2_999)), "b": list(range(1, 3_000))}
        graph.load_relationships("R", ends, source=("P", "a"), target=("P", "b"))
        *_, nodes, edges = graph.changes()
        assert (len(nodes.changes), len(edges.changes)) == (3_000, 2_999)
        listed = list(nodes.changes)
        assert listed[1_001] == nodes.changes[1_001] == nodes.changes[-1_999]
        assert listed[5:20] == nodes.changes[5:20]
        assert listed[::500] == nodes.changes[::500]
        assert listed[1].properties == {"id": 1, "odd": "x"}
        txid = graph.backup(folder, incremental=True)
        assert neuralgraph.restore(folder, tmp_path / "restored.ngdb") == txid
        with neuralgraph.open(tmp_path / "restored.ngdb") as restored:
            assert restored.verify(history=True) == []
            query = "MATCH (a:P)-[:R]->(b:P) RETURN count(*), sum(a.id * b.id), count(b.odd)"
            assert restored.execute(query).to_dicts() == graph.execute(query).to_dicts()


def test_a_backup_does_not_mix_histories(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        for number in range(3):
            graph.execute("CREATE (:Good {n: $n})", n=number)
        graph.backup(tmp_path / "kept", incremental=True)
        graph.execute("CREATE (:Bad)")
        assert graph.backup(tmp_path / "kept", incremental=True) == 4
    neuralgraph.restore(tmp_path / "kept", tmp_path / "again.ngdb", at=3)
    with neuralgraph.open(tmp_path / "again.ngdb") as graph:
        with pytest.raises(errors.QueryArgumentError, match="another history"):
            graph.backup(tmp_path / "kept", incremental=True)
        graph.execute("CREATE (:Night)")
        with pytest.raises(errors.QueryArgumentError, match="new folder"):
            graph.backup(tmp_path / "kept", incremental=True)
        assert graph.backup(tmp_path / "new", incremental=True) == 4
    with neuralgraph.open(tmp_path / "foreign.ngdb") as graph:
        for _ in range(9):
            graph.execute("CREATE (:Foreign)")
        with pytest.raises(errors.QueryArgumentError, match="another history"):
            graph.backup(tmp_path / "new", incremental=True)
    neuralgraph.restore(tmp_path / "kept", tmp_path / "out.ngdb")
    with neuralgraph.open(tmp_path / "out.ngdb") as graph:
        assert graph.execute(
            "MATCH (n) RETURN labels(n)[0], count(*) ORDER BY labels(n)[0]"
        ).to_tuples() == [
            ("Bad", 1),
            ("Good", 3),
        ]


def test_damage_is_a_line_of_the_proof_of_history_too(tmp_path):
    path = tmp_path / "g.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute("UNWIND range(1, 2000) AS i CREATE (:P {s: 'text number ' + i})")
    content = bytearray(path.read_bytes())
    content[content.index(b"text number 777")] ^= 1
    path.write_bytes(content)
    with neuralgraph.open(path, read_only=True) as graph:
        found = graph.verify()
        assert found
        assert {str(one) for one in found} < {str(one) for one in graph.verify(history=True)}


def test_a_damaged_copy_is_not_restored(tmp_path):
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        graph.load_nodes("P", {"s": [f"text {number}" for number in range(20_000)]})
        graph.backup(tmp_path / "kept", incremental=True)
    (copy,) = (tmp_path / "kept").glob("full-*.ngdb")
    content = bytearray(copy.read_bytes())
    content[content.index(b"text 777") + 3] ^= 1
    copy.write_bytes(content)
    with pytest.raises(errors.CorruptionError, match="nothing was restored"):
        neuralgraph.restore(tmp_path / "kept", tmp_path / "out.ngdb")
    assert not (tmp_path / "out.ngdb").exists()
    copy.write_bytes(bytes(content[:5_000]))  # cannot even be opened
    with pytest.raises(errors.CorruptionError):
        neuralgraph.restore(tmp_path / "kept", tmp_path / "out.ngdb")
    assert not (tmp_path / "out.ngdb").exists()


@pytest.mark.parametrize("damage", ["cut", "manifest", "header", "block"])
def test_a_damaged_copy_is_not_added_to(tmp_path, damage):
    folder = tmp_path / "backup"
    with neuralgraph.open(tmp_path / "g.ngdb") as graph:
        graph.execute("UNWIND range(1, 5000) AS n CREATE (:P {n: n, text: 'text ' + n})")
        assert graph.backup(folder, incremental=True) == 1
        (copy,) = folder.glob("full-*.ngdb")
        data = bytearray(copy.read_bytes())
        place = {"manifest": -100, "header": 20, "block": 9000}.get(damage)
        if place is None:
            del data[len(data) // 2 :]
        elif damage == "manifest":
            offset, length = (int.from_bytes(data[at : at + 8], "little") for at in (48, 56))
            data[offset + length // 2] ^= 4
        else:
            for offset in (place, place + 4096) if damage == "header" else (place,):
                data[offset] ^= 4
        copy.write_bytes(data)
        if damage == "block":  # only who reads all of it sees that
            assert graph.backup(folder, incremental=True) == 1
            assert len([*folder.glob("full-*.ngdb")]) == 1
        assert graph.backup(folder, incremental=True, verify=True) == 1
        assert graph.backup(folder, incremental=True, verify=damage == "block") == 1
        graph.execute("CREATE (:Later)")
        assert graph.backup(folder, incremental=True) == 2
    neuralgraph.restore(folder, tmp_path / "back.ngdb")
    with neuralgraph.open(tmp_path / "back.ngdb") as graph:
        assert count(graph) == 5001
        assert graph.verify(history=True) == []
