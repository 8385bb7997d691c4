"""What a question is, and the run in which it is asked."""

from __future__ import annotations

import gc
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.data import Data, Reference
    from benchmarks.peers.peer import Peer

Row = tuple[Any, ...]
Parameters = dict[str, Any]
Facts = dict[str, Any]
"""Of one row of the table: ``median_ms`` and ``p99_ms``, or ``per_second``, ``seconds`` and ``rows``,
``megabytes`` or ``ratio``; nothing but the right answer when nothing is timed."""

WARM_UP = 20
RUNS_MIN = 3
RUNS_MAX = 4_000
NEW_PERSONS_MAX = 1_000_000


class NotOfferedError(Exception):
    """A peer cannot do this; the message says why, in a few words."""


class WrongAnswerError(Exception):
    """A peer said something that is not so."""


@dataclass(frozen=True)
class Question:
    """One file, one row of the table or a few.

    Attributes:
        key: such as ``W3``.
        title: what is asked, in a few words; of its row when it has one.
        measure: gives the rows; by default the question is asked again and again.
        cypher: the text, parameters as ``$name``.
        sql: the same for relational peers, parameters as ``:name``.
        parameters: for the times that it is asked, in turn.
        expected: the right rows.
        inlined: put the parameters into the text as literals, another text each time.
        variants: another text for a peer, by its name.
        is_own: only neuralgraph is asked, about itself.
    """

    key: str
    title: str
    measure: Callable[[Run], Iterator[tuple[str, Facts]]] | None = None
    cypher: str = ""
    sql: str = ""
    parameters: Callable[[Data], Sequence[Parameters]] = lambda _: [{}]
    expected: Callable[[Reference, Parameters], list[Row]] = lambda _, __: []
    inlined: bool = False
    variants: dict[str, str] = field(default_factory=dict)
    is_own: bool = False


@dataclass
class Run:
    """One question put to one peer.

    Attributes:
        folder: where the database is.
        seconds: for each row of the table.
        is_quick: check the answers, time nothing.
        load_s: how long the load took.
    """

    question: Question
    peer: Peer
    data: Data
    reference: Reference
    folder: Path
    seconds: float
    is_quick: bool
    load_s: float = 0.0

    def rows(self) -> Iterator[tuple[str, Facts]]:
        """Titles and facts."""
        if self.question.measure is None:
            yield self.question.title, self.asked()
        else:
            yield from self.question.measure(self)

    def asked(self) -> Facts:
        """Check the answers, then ask again and again."""
        question, peer = self.question, self.peer
        text = peer.text_of(question)
        parameters = list(question.parameters(self.data))

        def ask(given: Parameters) -> Any:
            if question.inlined:
                return peer.ask(peer.literal_text(text, given), {})
            return peer.ask(text, given)

        for given in parameters[: 3 if self.is_quick else 10]:
            self.check(ask(given), question.expected(self.reference, given), given)
        return self.timed(ask, parameters)

    def check(self, found: Sequence[Row], right: Sequence[Row], given: Any = "") -> None:
        """Compare rows, whatever their order.

        Raises:
            WrongAnswerError: they differ.
        """
        ours, theirs = canonical(found), canonical(right)
        if ours != theirs:
            raise WrongAnswerError(f"wrong answer for {given}: {ours[:3]}, not {theirs[:3]}")

    def timed(self, ask: Callable[[Any], Any], given: Sequence[Any]) -> Facts:
        """Median and 99th centile in milliseconds, all that is given in turn, after a warm-up."""
        if self.is_quick:
            return {}
        end = time.perf_counter() + self.seconds / 4
        for number in range(min(WARM_UP, len(given) * 2)):
            ask(given[number % len(given)])
            if time.perf_counter() > end:
                break
        gc.collect()
        times: list[float] = []
        end = time.perf_counter() + self.seconds
        while len(times) < RUNS_MAX:
            began = time.perf_counter()
            # Somebody slow is asked at least thrice, but not for ever.
            if began > end and (len(times) >= RUNS_MIN or began > end + 4 * self.seconds):
                break
            ask(given[len(times) % len(given)])
            times.append(time.perf_counter() - began)
        return centiles(times)


def centiles(times: Sequence[float]) -> Facts:
    """Seconds as facts."""
    return {
        "median_ms": float(np.median(times)) * 1e3,
        "p99_ms": float(np.quantile(times, 0.99)) * 1e3,
        "runs": len(times),
    }


def canonical(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows as they are compared: in order of their values, plain Python."""
    return sorted([item.item() if hasattr(item, "item") else item for item in row] for row in rows)


def literal_text(text: str, parameters: Parameters, sign: str) -> str:
    """The text with the parameters in it as literals."""
    return re.sub(rf"{sign}(\w+)", lambda match: _literal(parameters[match[1]]), text)


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def some_persons(count: int) -> Callable[[Data], list[Parameters]]:
    """Persons who know somebody, the same ones every time."""

    def choose(data: Data) -> list[Parameters]:
        knowing = sorted(set(data.knows["src"].tolist()))
        step = max(1, len(knowing) // count)
        return [{"id": person_id} for person_id in knowing[::step][:count]]

    return choose


def new_persons(data: Data, series: int) -> Iterator[Parameters]:
    """Persons that are not there yet, each with somebody to know; other ones in each series."""
    first = int(data.person["id"][-1]) + 7 * NEW_PERSONS_MAX * series
    targets = data.knows["dst"]
    for number in range(NEW_PERSONS_MAX):
        person_id = first + 7 * (number + 1)
        target = int(targets[number % len(targets)])
        yield {"id": person_id, "to": target, "name": f"New {person_id}"}


PERSON_COUNT = ("MATCH (p:Person) RETURN count(*)", "SELECT count(*) FROM person")


def person_count(peer: Peer) -> int:
    """How many persons there are."""
    return int(peer.ask(PERSON_COUNT[peer.speaks == "sql"], {})[0][0])
