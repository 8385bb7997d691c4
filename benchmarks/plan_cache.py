"""Question "plan cache": what a statement costs before it runs, new and known.

``python -m benchmarks.plan_cache`` takes the queries of the openCypher TCK (from `$OPENCYPHER_TCK`): each is
parsed, checked, planned and compiled as for a text never seen before, and then found again by its text.
"""

from __future__ import annotations

import argparse
import statistics
import time

import neuralgraph
from neuralgraph.api.prepared import StatementCache
from neuralgraph.errors import QueryError
from neuralgraph.query.execution import ProcedureRegistry
from neuralgraph.query.functions import default_registry
from tests.unit.query.language.corpus import parseable_texts

REPEATS = 200


def main() -> None:
    """Print one line for each way that a statement is prepared."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often new statements are measured"
    )
    options = parser.parse_args()
    texts = parseable_texts()
    with neuralgraph.open() as graph:
        catalog = graph._runner().engine.reader().catalog  # noqa: SLF001 - measured by itself
        new = [ms for _ in range(options.rounds) for ms in unseen(texts, catalog)]
        known = cached(texts, catalog)
    print(f"{len(texts)} statements")
    print(f"never seen: median {statistics.median(new):.2f} ms, 99th {percentile(new, 99):.1f} ms")
    print(f"known text: median {statistics.median(known) * 1e3:.2f} microseconds")


def unseen(texts: list[str], catalog: object) -> list[float]:
    """Milliseconds for each statement that can be planned, from text to something that runs."""
    cache = _cache()
    found = []
    for text in texts:
        began = time.perf_counter()
        try:
            cache.prepare(text, catalog)
        except QueryError:
            continue
        found.append((time.perf_counter() - began) * 1e3)
    return found


def cached(texts: list[str], catalog: object) -> list[float]:
    """Milliseconds to find each statement again."""
    cache = _cache()
    found = []
    for text in texts:
        try:
            cache.prepare_for(text, catalog)
        except QueryError:
            continue
        began = time.perf_counter()
        for _ in range(REPEATS):
            cache.prepare_for(text, catalog)
        found.append((time.perf_counter() - began) * 1e3 / REPEATS)
    return found


def _cache() -> StatementCache:
    return StatementCache(default_registry(), ProcedureRegistry(), entries_max=100_000)


def percentile(values: list[float], percent: int) -> float:
    """The value that so many per cent are not above."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


if __name__ == "__main__":
    main()
