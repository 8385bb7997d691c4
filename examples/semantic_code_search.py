"""Questions in words about Python source: vectors, full text and the graph in one statement.

    python examples/semantic_code_search.py [PATH] [--db FILE] [--ask "compress a file"] [--model NAME]

Loads the code graph as `code_graph.py` does, and gives what has a docstring the label `Documented`, a vector
and a place in a full-text index. The vectors are made here, by latent semantic analysis of the docstrings, or
by a sentence-transformers model that `--model` names. What was learned lies in the graph too, as `(:Term)`
nodes, so that questions are answered from the reopened file alone.
"""

from __future__ import annotations

import argparse
import re
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import code_graph
import numpy as np
from latent_semantics import Semantics, normalised, words_of
from source_reader import source_files

import neuralgraph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from neuralgraph import Graph

    Embed = Callable[[str], NDArray[np.float32]]

DIMENSION = 128
QUESTIONS = (
    "compress a file with zip",
    "turn a string into a date and time",
    "run a function in another process",
    "find the shortest representation of a float",
)

SEARCH = """
MATCH (d:Documented)
    SEARCH d IN (HYBRID INDEX code_vectors, code_words FOR $vector, $text LIMIT 5) SCORE AS score
OPTIONAL MATCH (caller:Function)-[:CALLS]->(d)
RETURN coalesce(d.id, d.name) AS found, round(score, 4) AS score, count(DISTINCT caller) AS callers,
       split(trim(d.docstring), '\\n')[0] AS docstring
ORDER BY score DESC, found
"""
NEAR = """
MATCH (start:Module {name: $module})
MATCH (d:Documented)
    SEARCH d IN (HYBRID INDEX code_vectors, code_words FOR $vector, $text
        NEAR start WEIGHTS [1, 1, 2] LIMIT 5) SCORE AS score
RETURN coalesce(d.id, d.name) AS found, round(score, 4) AS score,
       split(trim(d.docstring), '\\n')[0] AS docstring
ORDER BY score DESC, found
"""
INSIDE = """
MATCH (d:Documented)
    SEARCH d IN (VECTOR INDEX code_vectors FOR $vector
        WHERE EXISTS { (:Module {name: $module})-[:CONTAINS*1..3]->(d) } LIMIT 5) SCORE AS score
RETURN coalesce(d.id, d.name) AS found, round(score, 4) AS score
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Load and index when needed, then ask."""
    arguments = parse_arguments(argv)
    root = arguments.path.resolve()
    files = source_files(root, with_tests=False) if root.is_dir() else []
    if not files:
        print(f"there is no Python source in {root}", file=sys.stderr)
        return 2
    fingerprint = code_graph.fingerprint_of(root, files)
    if not code_graph.is_loaded(arguments.db, fingerprint):
        code_graph.load(arguments.db, root, files, fingerprint)
    with neuralgraph.open(arguments.db) as graph:
        if not list(
            graph.execute("MATCH (m:Model) WHERE m.name = $name RETURN m", name=arguments.model)
        ):
            index(graph, arguments.model)
    # Everything below is answered from the file.
    with neuralgraph.open(arguments.db) as graph:
        embed = embedder(graph, arguments.model)
        for question in arguments.ask or QUESTIONS:
            ask(graph, embed, question, arguments.module)
    return 0


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Questions in words about Python source.")
    parser.add_argument(
        "path",
        nargs="?",
        type=Path,
        default=Path(sysconfig.get_path("stdlib")),
        help="a folder of Python source; the standard library where none is given",
    )
    parser.add_argument(
        "--db", type=Path, default=Path("code_graph.ngdb"), help="the database file"
    )
    parser.add_argument(
        "--ask", action="append", metavar="TEXT", help="a question, instead of a few examples"
    )
    parser.add_argument("--module", metavar="NAME", help="a module: what is near it counts more")
    parser.add_argument(
        "--model", default="lsa", help="`lsa`, or the name of a sentence-transformers model"
    )
    return parser.parse_args(argv)


# ── indexing ──────────────────────────────────────────────────────────────────────────────────


def index(graph: Graph, model: str) -> None:
    """Vectors and indexes, in one transaction each."""
    began = time.perf_counter()
    graph.execute("DROP INDEX code_vectors IF EXISTS")
    graph.execute("DROP INDEX code_words IF EXISTS")
    graph.execute("MATCH (t:Term) DELETE t")
    graph.execute("MATCH (m:Model) DELETE m")
    graph.execute("MATCH (d) WHERE d.docstring IS NOT NULL SET d:Documented")
    documented = list(
        graph.execute(
            "MATCH (d:Documented) RETURN elementId(d) AS id, d.name AS name, d.docstring AS text"
        )
    )
    texts = [f"{row['name']} {row['text']}" for row in documented]
    vectors = _vectors(graph, model, texts)
    # A vector of zeros has no direction: such a text has no word that another one has.
    rows = [
        {"id": row["id"], "vector": vector}
        for row, vector in zip(documented, vectors, strict=True)
        if vector.any()
    ]
    graph.execute(
        "UNWIND $rows AS row MATCH (d:Documented) WHERE elementId(d) = row.id SET d.embedding = row.vector",
        rows=rows,
    )
    graph.execute(
        "CREATE VECTOR INDEX code_vectors FOR (d:Documented) ON (d.embedding) OPTIONS {indexConfig:"
        " {`vector.dimensions`: $dimension, `vector.similarity_function`: 'cosine'}}",
        dimension=vectors.shape[1],
    )
    graph.execute(
        "CREATE FULLTEXT INDEX code_words FOR (d:Documented) ON EACH [d.name, d.docstring]"
        " OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}}"
    )
    graph.execute("CREATE (:Model {name: $model})", model=model)
    print(f"indexed {len(rows):,} docstrings in {time.perf_counter() - began:.1f} s")


def _vectors(graph: Graph, model: str, texts: list[str]) -> NDArray[np.float32]:
    if model != "lsa":
        return normalised(_transformer(model).encode(texts, show_progress_bar=False))
    learned, vectors = Semantics.learn(texts, DIMENSION)
    graph.load_nodes("Term", {"term": learned.terms, "vector": learned.vectors}, key="term")
    return vectors


def _transformer(model: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise SystemExit("--model needs `pip install sentence-transformers`") from error
    return SentenceTransformer(model)


# ── asking ────────────────────────────────────────────────────────────────────────────────────


def embedder(graph: Graph, model: str) -> Embed:
    """What turns a question into a vector, as the docstrings were."""
    if model != "lsa":
        transformer = _transformer(model)
        return lambda text: np.asarray(normalised(transformer.encode([text]))[0])

    def embed(text: str) -> NDArray[np.float32]:
        # The sum over the words' vectors is made from the graph: that is where the model lies.
        found = {
            row["term"]: row["vector"]
            for row in graph.execute(
                "MATCH (t:Term) WHERE t.term IN $words RETURN t.term AS term, t.vector AS vector",
                words=words_of(text),
            )
        }
        if not found:
            raise SystemExit(f"no word of {text!r} is known")
        total = np.sum([found[word] for word in words_of(text) if word in found], axis=0)
        vector: NDArray[np.float32] = normalised(total[None, :])[0]
        return vector

    return embed


def ask(graph: Graph, embed: Embed, question: str, module: str | None) -> None:
    """One question: over everything, or near and inside a module."""
    vector = embed(question)
    parameters = {"vector": vector, "text": " ".join(re.findall(r"\w+", question))}
    if module is None:
        code_graph.answer(graph, question, SEARCH, **parameters)
        return
    code_graph.answer(graph, f"{question} (near {module})", NEAR, module=module, **parameters)
    code_graph.answer(graph, f"{question} (inside {module})", INSIDE, module=module, vector=vector)


if __name__ == "__main__":
    sys.exit(main())
