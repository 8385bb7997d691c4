import threading
import time

import numpy as np
import pytest

from neuralgraph.errors import DeadlockError, LockTimeoutError
from neuralgraph.storage.transactions import locks
from neuralgraph.storage.transactions.locks import (
    ATTACH,
    DELETE,
    GATE,
    WRITE,
    LockOwner,
    LockTable,
    describe,
)

NODE = ("n", 1)
OTHER = ("n", 2)


def owners(count=2):
    return [LockOwner(f"transaction {number}") for number in range(1, count + 1)]


@pytest.mark.parametrize("held", [ATTACH, WRITE, DELETE])
@pytest.mark.parametrize("asked", [ATTACH, WRITE, DELETE])
def test_modes_clash_as_the_table_says(held, asked):
    table = LockTable(timeout_s=0.001)
    first, second = owners()
    table.acquire(first, NODE, held)
    allowed = {(ATTACH, ATTACH), (ATTACH, WRITE), (WRITE, ATTACH)}
    if (held, asked) in allowed:
        table.acquire(second, NODE, asked)
    else:
        with pytest.raises(LockTimeoutError, match=r"node 1 was not free.*transaction 1"):
            table.acquire(second, NODE, asked)


def test_locks_are_reentrant_and_can_be_made_stronger():
    table = LockTable(timeout_s=0.001)
    first, second = owners()
    table.acquire(first, NODE, ATTACH)
    table.acquire(first, NODE, WRITE)
    table.acquire(first, NODE, ATTACH)
    assert table.holders(NODE) == {"transaction 1": WRITE}
    table.acquire(second, NODE, ATTACH)
    with pytest.raises(LockTimeoutError, match="transaction 2"):
        table.acquire(first, NODE, DELETE)
    assert table.holders(NODE) == {"transaction 1": WRITE, "transaction 2": ATTACH}
    table.release_all(second)
    table.acquire(first, NODE, DELETE)
    table.release_all(first)
    assert table.holders(NODE) == {}
    assert (table._holders, table._queues) == ({}, {})


def test_a_waiter_gets_the_lock_when_it_is_released():
    table = LockTable(timeout_s=5)
    first, second = owners()
    table.acquire(first, NODE, WRITE)
    thread = threading.Thread(target=table.acquire, args=(second, NODE, WRITE))
    thread.start()
    while second.waits is None:
        time.sleep(0.001)
    table.release_all(first)
    thread.join(5)
    assert table.holders(NODE) == {"transaction 2": WRITE}
    assert second.waits is None
    table.release_all(second)
    assert (table._holders, table._queues) == ({}, {})


def test_deadlock_is_found_at_once_and_stops_the_one_who_closed_the_circle():
    table = LockTable(timeout_s=5)
    first, second = owners()
    table.acquire(first, NODE, WRITE)
    table.acquire(second, OTHER, WRITE)
    thread = threading.Thread(target=table.acquire, args=(first, OTHER, WRITE))
    thread.start()
    while first.waits is None:
        time.sleep(0.001)
    with pytest.raises(DeadlockError, match="node 1 is held by transaction 1"):
        table.acquire(second, NODE, WRITE)
    table.release_all(second)
    thread.join(5)
    assert table.holders(OTHER) == {"transaction 1": WRITE}


def test_two_upgrades_of_one_lock_are_a_deadlock():
    table = LockTable(timeout_s=5)
    first, second = owners()
    table.acquire(first, GATE, ATTACH)
    table.acquire(second, GATE, ATTACH)
    thread = threading.Thread(target=table.acquire, args=(first, GATE, DELETE))
    thread.start()
    while first.waits is None:
        time.sleep(0.001)
    with pytest.raises(DeadlockError, match="the schema"):
        table.acquire(second, GATE, DELETE)
    table.release_all(second)
    thread.join(5)
    assert table.holders(GATE) == {"transaction 1": DELETE}


def test_newcomers_queue_behind_a_waiter_they_clash_with():
    table = LockTable(timeout_s=5)
    first, second, third = owners(3)
    table.acquire(first, GATE, ATTACH)
    threads = []
    for owner, mode in ((second, DELETE), (third, ATTACH)):
        thread = threading.Thread(target=table.acquire, args=(owner, GATE, mode))
        thread.start()
        threads.append(thread)
        while owner.waits is None:
            time.sleep(0.001)
    table.release_all(first)
    threads[0].join(5)
    assert table.holders(GATE) == {"transaction 2": DELETE}
    table.release_all(second)
    threads[1].join(5)
    assert table.holders(GATE) == {"transaction 3": ATTACH}


def test_a_timeout_lets_those_behind_go_on():
    table = LockTable(timeout_s=0.15)
    first, second, third = owners(3)
    table.acquire(first, GATE, ATTACH)
    failures = []

    def fail():
        try:
            table.acquire(second, GATE, DELETE)
        except LockTimeoutError as error:
            failures.append(error)

    waiting = threading.Thread(target=fail)
    waiting.start()
    while second.waits is None:
        time.sleep(0.001)
    slow = LockTable.acquire
    table.timeout_s = 5
    slow(table, third, GATE, ATTACH)
    waiting.join(5)
    assert len(failures) == 1
    assert table.holders(GATE) == {"transaction 1": ATTACH, "transaction 3": ATTACH}


def test_many_keys_at_once():
    table = LockTable(timeout_s=0.01)
    first, second = owners()
    table.acquire_many(first, [("n", number) for number in range(100)], ATTACH)
    table.acquire_many(second, [("n", number) for number in range(100)], WRITE)
    with pytest.raises(LockTimeoutError):
        table.acquire_many(first, [("n", 50), ("n", 100)], DELETE)
    table.release_all(first)
    table.release_all(second)
    assert table._holders == {}


def is_granted(acquire, *arguments):
    try:
        acquire(*arguments)
    except LockTimeoutError:
        return False
    return True


@pytest.mark.parametrize("seed", range(30))
def test_ids_in_an_array_are_locked_like_single_ones(seed, monkeypatch):
    monkeypatch.setattr(locks, "MANY_MIN", 2)
    random = np.random.default_rng(seed)
    together, apart = LockTable(timeout_s=0.0), LockTable(timeout_s=0.0)
    every_key = [(kind, one) for kind in "ne" for one in range(12)]
    here, there = owners(3), owners(3)
    for _ in range(40):
        who, mode = int(random.integers(3)), int(random.integers(1, 4))
        kind = "ne"[int(random.integers(2))]
        ids = random.permutation(12)[: random.choice([0, 1, 1, 2, 3, 4, 6])]
        keys = [(kind, one) for one in ids.tolist()]
        outcome = is_granted(apart.acquire_many, there[who], keys, mode)
        if len(keys) == 1:
            assert is_granted(together.acquire, here[who], keys[0], mode) == outcome
        else:
            assert is_granted(together.acquire_ids, here[who], kind, ids, mode) == outcome
        if not outcome or not len(ids):
            # What it got before a refusal depends on the order; a transaction ends there.
            together.release_all(here[who])
            apart.release_all(there[who])
        for key in every_key:
            assert together.holders(key) == apart.holders(key)
    for owner in here:
        together.release_all(owner)
    assert (together._holders, together._queues, together._many) == ({}, {}, {})


def test_who_waits_for_one_of_many_gets_it_when_they_go():
    table = LockTable(timeout_s=5)
    first, second = owners()
    table.acquire_ids(first, "n", np.arange(10_000), DELETE)
    assert table._holders == {}
    waiting = threading.Thread(target=lambda: table.acquire(second, ("n", 77), ATTACH))
    waiting.start()
    while second.waits is None:
        time.sleep(0.001)
    assert table.holders(("n", 77)) == {"transaction 1": DELETE}
    table.release_all(first)
    waiting.join(5)
    assert table.holders(("n", 77)) == {"transaction 2": ATTACH}


def test_threads_that_fight_over_a_few_keys_never_share_one():
    table = LockTable(timeout_s=10)
    inside = [0, 0, 0]
    problems = []

    def work(seed):
        owner = LockOwner(f"t{seed}")
        for turn in range(60):
            keys = [(seed + turn + step) % 3 for step in range(2)]
            try:
                for key in keys:
                    table.acquire(owner, ("n", key), WRITE)
            except DeadlockError:
                table.release_all(owner)
                continue
            for key in keys:
                inside[key] += 1
                if inside[key] != 1:
                    problems.append(key)
            time.sleep(0)
            for key in keys:
                inside[key] -= 1
            table.release_all(owner)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert problems == []
    assert (table._holders, table._queues) == ({}, {})


def test_keys_have_names():
    assert describe(("e", 7)) == "relationship 7"
    assert describe(("c", "unique_name", "x")) == "a value of constraint unique_name"
    assert describe(GATE) == "the schema"
