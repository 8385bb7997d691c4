"""Constraints hold whatever threads do at the same time."""

from __future__ import annotations

import random
import threading
from collections import Counter

import neuralgraph
from neuralgraph import errors

EXPECTED = (errors.ConstraintViolationError, errors.ConflictError, errors.DeadlockError)
RULES = (
    "CREATE CONSTRAINT FOR (p:P) REQUIRE p.id IS UNIQUE",
    "CREATE CONSTRAINT FOR (p:P) REQUIRE (p.a, p.b) IS UNIQUE",
    "CREATE CONSTRAINT FOR (p:P) REQUIRE p.a IS NOT NULL",
    "CREATE CONSTRAINT FOR (p:P) REQUIRE p.b IS :: INTEGER",
    "CREATE CONSTRAINT FOR ()-[k:K]-() REQUIRE (k.a, k.b) IS UNIQUE",
)
STATEMENTS = (
    "CREATE (:P {id: $i, a: $a, b: $b})",
    "MERGE (p:P {id: $i}) ON CREATE SET p.a = $a, p.b = $b",
    "MATCH (p:P {id: $i}) SET p.id = $j, p.a = $a",
    "MATCH (p:P {id: $i}) REMOVE p.a",
    "MATCH (p:P {id: $i}) SET p.b = toString($b)",
    "MATCH (p:P {id: $i}) DETACH DELETE p",
    "MATCH (p:P {id: $i}), (q:P {id: $j}) CREATE (p)-[:K {a: $a, b: $b}]->(q)",
    "MATCH (p:P {id: $i}) DETACH DELETE p CREATE (:P {id: $i, a: $b, b: $a})",
)


def test_threads_that_write_the_same_values():
    graph = neuralgraph.open(busy_timeout_s=20)
    for rule in RULES:
        graph.execute(rule)
    unexpected = []

    def write(seed):
        chance = random.Random(seed)
        for _ in range(120):
            values = {
                name: chance.randrange(size)
                for name, size in zip("ijab", (20, 20, 8, 4), strict=True)
            }
            try:
                with graph.transaction() as transaction:
                    for _ in range(chance.randint(1, 2)):
                        transaction.execute(chance.choice(STATEMENTS), values)
            except EXPECTED:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it should not be
                unexpected.append(error)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert unexpected == []
    assert graph.verify() == []
    people = graph.execute("MATCH (p:P) RETURN p.id AS id, p.a AS a, p.b AS b").to_dicts()
    assert len(people) > 3
    assert max(Counter(row["id"] for row in people).values()) == 1
    assert max(Counter((row["a"], row["b"]) for row in people).values()) == 1
    assert all(type(row["b"]) is int and row["a"] is not None for row in people)
    graph.close()


def test_a_constraint_made_while_others_write():
    graph = neuralgraph.open(busy_timeout_s=20)
    stop = threading.Event()

    def write(seed):
        chance = random.Random(seed)
        while not stop.is_set():
            try:
                graph.execute("CREATE (:P {id: $id})", id=chance.randrange(200))
            except EXPECTED:
                continue

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    made = 0
    try:
        while made < 3:
            graph.execute("MATCH (p:P) DETACH DELETE p")
            try:
                graph.execute("CREATE CONSTRAINT one FOR (p:P) REQUIRE p.id IS UNIQUE")
            except EXPECTED:
                continue
            made += 1
            twice = "MATCH (p:P) WITH p.id AS id, count(*) AS n WHERE n > 1 RETURN count(*)"
            assert graph.execute(twice).value() == 0
            graph.execute("DROP CONSTRAINT one")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert graph.verify() == []
    graph.close()
