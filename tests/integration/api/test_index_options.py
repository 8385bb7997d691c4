"""OPTIONS of indexes: checked, kept through everything, shown, and written so that they can be read again."""

import pytest

import neuralgraph
from neuralgraph.errors import SchemaError

CREATE = (
    "CREATE VECTOR INDEX docs IF NOT EXISTS FOR (d:Doc) ON (d.embedding) OPTIONS {indexConfig: "
    "{`vector.dimensions`: 3, `vector.similarity_function`: 'COSINE', `vector.hnsw.m`: $m}}"
)
SHOW = "SHOW INDEXES YIELD name, options, createStatement WHERE name = 'docs' RETURN *"
KEPT = {
    "indexConfig": {
        "vector.dimensions": 3,
        "vector.similarity_function": "cosine",
        "vector.hnsw.m": 8,
        # Nobody gave these.
        "vector.hnsw.ef_construction": 64,
        "vector.quantization.type": "none",
        "neural.kind": "auto",
    },
    "indexProvider": "vector-1.0",
}


def options(graph):
    return graph.execute(SHOW).single()["options"]


def test_options_outlive_checkpoints_crashes_and_reopening(tmp_path):
    path = tmp_path / "graph.ngdb"
    with neuralgraph.open(path) as graph:
        graph.execute(CREATE, m=8)
        assert options(graph) == KEPT
    with neuralgraph.open(path) as graph:
        assert options(graph) == KEPT


def test_what_is_shown_makes_the_same_index_again():
    with neuralgraph.open() as graph:
        graph.execute(CREATE, m=8)
        written = graph.execute(SHOW).single()["createStatement"]
        graph.execute("DROP INDEX docs")
        graph.execute(written)
        assert options(graph) == KEPT


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("{`vector.dimension`: 3}", "vector.dimensions"),
        ("{`vector.similarity_function`: 'cosin'}", "cosine"),
        ("{`vector.dimensions`: 0}", "from 1 to"),
        ("{`vector.dimensions`: '3'}", "integer"),
        ("{`vector.quantization.enabled`: 1}", "true or false"),
        ("7", "map"),
        (
            "{`vector.dimensions`: 3, `neural.kind`: 'hnsw', `vector.quantization.type`: 'product'}",
            "'hnsw' has no 'product' quantization, only 'none' and 'int8'; 'ivf' and 'flat' have all",
        ),
    ],
)
def test_a_wrong_setting_is_an_error_that_says_what_there_is(config, told):
    with neuralgraph.open() as graph:
        with pytest.raises(SchemaError, match=told):
            graph.execute(
                "CREATE VECTOR INDEX docs FOR (d:Doc) ON (d.embedding) "
                f"OPTIONS {{indexConfig: {config}}}"
            )
        assert graph.execute("SHOW INDEXES").to_dicts() == []
