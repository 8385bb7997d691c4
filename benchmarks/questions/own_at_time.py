"""What does the past cost against now: a lookup, two hops and a scan at an earlier transaction?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.question import Question
from benchmarks.questions.own_versions import SCAN
from benchmarks.questions.w3_point_lookup import QUESTION as LOOKUP
from benchmarks.questions.w5_two_hops import QUESTION as HOPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.question import Facts, Run


def measure(run: Run) -> Iterator[tuple[str, Facts]]:
    peer: Any = run.peer
    given = list(HOPS.parameters(run.data))[:20]
    before = peer.ask(SCAN, {})
    txid = peer.ask("CALL neural.transactions() YIELD txid RETURN max(txid)", {})[0][0]
    peer.graph.execute("MATCH (p:Person) SET p.age = p.age + 1").consume()
    peer.graph.checkpoint()
    then = f"AT TRANSACTION {txid} "
    run.check(peer.ask(then + SCAN, {}), before)
    for words, text in (("lookup", LOOKUP.cypher), ("2 hops", HOPS.cypher), ("scan", SCAN)):
        for when, prefix in (("now", ""), ("one commit ago", then)):
            parameters = [{}] if text == SCAN else given
            facts = run.timed(lambda some, text=prefix + text: peer.ask(text, some), parameters)
            yield f"{words}, {when}", facts


QUESTION = Question(key="own", title="at time", measure=measure, is_own=True)
