"""A process that has a graph open and does what it is told, a line of JSON at a time; see `GraphProcess`.

    {"do": "write", "statements": [[query, parameters], ...], "is_kept": true}    a transaction
    {"do": "threads", "statements": [...]}       each in a thread of its own, all at once
    {"do": "read", "at": 7}                      everything, as it is or as it was
    {"do": "checkpoint"} | {"do": "vacuum", "before": 3} | {"do": "verify"} | {"do": "close"}

It answers ``{"txid": ..., ...}``, or ``{"error": ...}``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import neuralgraph
from neuralgraph.errors import NeuralGraphError

ROOT = Path(__file__).resolve().parents[2]


class GraphProcess:
    """Such a process, from outside."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.graph_worker", str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, **rest: Any) -> dict[str, Any]:
        """Have it done, and wait."""
        self.tell(do, **rest)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process died by itself"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def tell(self, do: str, **rest: Any) -> None:
        """Have it done, and do not wait."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **rest}) + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()
        self._process.communicate()

    def close(self) -> None:
        """Have the graph closed, and end."""
        self.ask("close")
        self._process.communicate()


def content(graph: Any) -> dict[str, Any]:
    """All data by their keys, and the names of indexes."""
    nodes = {
        row["n"].properties["k"]: [sorted(row["n"].labels), row["n"].properties.get("v")]
        for row in graph.execute("MATCH (n) RETURN n")
    }
    edges = [
        list(row.values())
        for row in graph.execute(
            "MATCH (a)-[r]->(b) RETURN a.k AS a, b.k AS b, type(r) AS t, r.w AS w"
        ).to_dicts()
    ]
    backwards = graph.execute("MATCH (b)<-[r]-() RETURN count(r)").value()
    assert backwards == len(edges), "one way has other relationships than the other"
    indexes = sorted(row["name"] for row in graph.execute("SHOW INDEXES"))
    by_index = graph.execute("MATCH (n:P) WHERE n.v >= 0 RETURN count(n)").value()
    assert by_index == sum(
        "P" in labels and v is not None and v >= 0 for labels, v in nodes.values()
    )
    return {
        "nodes": {str(k): nodes[k] for k in sorted(nodes)},
        "edges": sorted(edges, key=str),
        "indexes": indexes,
    }


def write(graph: neuralgraph.Graph, statements: list[Any], *, is_kept: bool) -> None:
    """One transaction."""
    with graph.transaction(actor="worker") as tx:
        for query, parameters in statements:
            tx.execute(query, parameters).to_dicts()
        if not is_kept:
            tx.rollback()


def write_in_threads(graph: neuralgraph.Graph, statements: list[Any]) -> None:
    """A thread for each statement."""
    threads = [threading.Thread(target=graph.execute, args=one) for one in statements]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def done(graph: neuralgraph.Graph, order: dict[str, Any]) -> dict[str, Any]:
    """One order."""
    match order["do"]:
        case "write":
            write(graph, order["statements"], is_kept=order["is_kept"])
        case "threads":
            write_in_threads(graph, order["statements"])
        case "read":
            if order["at"] is not None:
                return {"content": content(graph.at(order["at"]))}
            return {"txid": graph.info().txid, "content": content(graph)}
        case "checkpoint":
            graph.checkpoint()
        case "vacuum":
            graph.vacuum(before=order["before"])
        case "verify":
            return {"problems": graph.verify(history=True)}
        case "close":
            graph.close()
            return {}
        case unknown:
            raise ValueError(f"what is {unknown}?")
    return {"txid": graph.info().txid}


def main() -> None:
    """The process."""
    graph = neuralgraph.open(sys.argv[1])
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = done(graph, order)
        except NeuralGraphError as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        if order["do"] == "close":
            return


if __name__ == "__main__":
    main()
