"""Any text ends in a result or in a typed error: nothing else is raised, nothing goes on for ever.

Time and memory are bounded by the query's own limits and, in the parser, by the length of the text; a text
that is not done in two minutes is shown by pytest's `faulthandler_timeout`, with its stack.
"""

from __future__ import annotations

import contextlib
import random

import pytest

import neuralgraph
from neuralgraph import NeuralGraphError, errors
from tests.support.nasty_texts import any_text, nested, repeated
from tests.unit.query.language.corpus import STATEMENTS, parseable_texts

OPTIONS = {"query_timeout_s": 5.0, "query_memory_bytes_max": 200_000_000}
GRAPH = "CREATE (:A {x: 1, name: 'a'})-[:R {w: 2}]->(:B {x: 2})-[:S]->(:A:B)"


def outcomes(texts):
    """How many gave a result, and how many a typed error; anything else is raised with its text."""
    texts = list(texts)
    graph = neuralgraph.open(**OPTIONS)
    good = bad = 0
    for number, text in enumerate(texts):
        if number % 100 == 0:
            # Some of the texts write.
            graph.close()
            graph = neuralgraph.open(**OPTIONS)
            graph.execute(GRAPH)
        try:
            list(graph.execute(text))
            good += 1
        except NeuralGraphError as error:
            bad += bool(error.kind and str(error))
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} for {text[:300]!r}") from error
    graph.close()
    assert good + bad == len(texts), "an error without a kind or a message"
    return good, bad


def mixed(seed, count):
    chance = random.Random(seed)
    queries = [*STATEMENTS, *parseable_texts()]
    return [any_text(chance, queries) for _ in range(count)]


def test_any_text_ends_in_a_result_or_a_typed_error():
    good, bad = outcomes(text[:20_000] for text in mixed(1, 500))
    assert good
    assert bad


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_any_text_at_length(seed):
    outcomes(mixed(seed, 5_000))


@pytest.mark.slow
def test_very_long_and_very_deep_texts():
    chance = random.Random(7)
    outcomes(repeated(chance) for _ in range(300))
    outcomes(nested(chance) for _ in range(300))


@pytest.mark.parametrize(
    "opening", ["(", "[", "{", "RETURN (", "RETURN [", "RETURN NOT ", "'", "/*"]
)
def test_a_megabyte_of_brackets(opening):
    with neuralgraph.open(**OPTIONS) as graph, pytest.raises(errors.QuerySyntaxError):
        graph.execute(opening * (1_000_000 // len(opening)))


def test_odd_parameters_do_no_harm():
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    loop: list[object] = []
    loop.append(loop)
    with neuralgraph.open(**OPTIONS) as graph:
        for value in (
            deep,
            loop,
            object(),
            {1: 2},
            {1, 2},
            2**64,
            1j,
            b"\xff",
            "\ud800",
            float("nan"),
        ):
            with contextlib.suppress(NeuralGraphError):
                list(graph.execute("CREATE (n {x: $x}) RETURN n.x, toString($x)", x=value))
