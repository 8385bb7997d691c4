"""What does a scan cost over 100,000 versions that no checkpoint has folded yet, against none?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.question import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run

VERSIONS = 100_000
SCAN = "MATCH (p:Person) RETURN count(*), sum(p.age)"


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    peer: Any = run.peer
    peer.graph.checkpoint()
    (persons, years) = peer.ask(SCAN, {})[0]
    clean = run.timed(lambda _: peer.ask(SCAN, {}), [None])
    yield "scan of all persons, no versions", clean
    rounds = 1 if run.is_quick else -(-VERSIONS // persons)
    for _ in range(rounds):
        peer.graph.execute("MATCH (p:Person) SET p.age = p.age + 1").consume()
    run.check(peer.ask(SCAN, {}), [(persons, years + rounds * persons)])
    full = run.timed(lambda _: peer.ask(SCAN, {}), [None])
    yield f"the same over {VERSIONS:,} versions", full
    if not run.is_quick:
        yield "times as long", {"ratio": full["median_ms"] / clean["median_ms"]}


QUESTION = Question(key="own", title="versions", measure=measure, is_own=True)
