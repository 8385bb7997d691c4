"""A damaged file, through the public face and the command line."""

import pytest

import neuralgraph
from neuralgraph.cli.main import main


@pytest.fixture
def damaged(tmp_path):
    """A file whose values of one property are damaged."""
    path = tmp_path / "graph.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute(
            "UNWIND range(1, 900) AS i CREATE (:P {id: i, text: 'the text ' + toString(i)})"
        )
    data = bytearray(path.read_bytes())
    data[data.index(b"the text 777")] ^= 1
    path.write_bytes(bytes(data))
    return path


def test_a_salvage_reads_what_it_can_and_says_what_it_cannot(damaged):
    with neuralgraph.open(damaged) as graph, pytest.raises(neuralgraph.CorruptionError):
        graph.execute("MATCH (p:P) RETURN p.text").to_dicts()
    with neuralgraph.open(damaged, salvage=True) as graph:
        (loss,) = graph.losses
        assert loss.where == "node property text, segment 0"
        assert str(loss) == f"{loss.where}: 900 values read as null (ids 0 to 899)"
        found = graph.execute(
            "MATCH (p:P) RETURN count(p) AS n, count(p.text) AS t, sum(p.id) AS s"
        )
        assert found.single().to_dict() == {"n": 900, "t": 0, "s": 405450}
        with pytest.raises(neuralgraph.AccessModeError):
            graph.execute("CREATE (:Q)")


def test_check_names_what_is_damaged(damaged, capsys):
    assert main(["check", str(damaged)]) == 1
    told = capsys.readouterr().out
    assert "node property text, segment 0, block at" in told


def test_check_of_a_damaged_manifest_tells_it(tmp_path, capsys):
    path = tmp_path / "graph.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE (:P)")
    with neuralgraph.open(path, read_only=True) as graph:
        offset = graph._shared.engine._blocks._manifest_ref.offset
    data = bytearray(path.read_bytes())
    data[offset + 20] ^= 1
    path.write_bytes(bytes(data))
    assert main(["check", str(path)]) == 1
    assert "the manifest: " in capsys.readouterr().out
