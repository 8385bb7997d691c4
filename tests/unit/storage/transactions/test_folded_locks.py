"""Locks that were folded do what they did before."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.errors import DeadlockError, LockTimeoutError
from neuralgraph.storage.transactions import locks
from neuralgraph.storage.transactions.locks import (
    ATTACH,
    DELETE,
    GATE,
    WRITE,
    LockOwner,
    LockTable,
)

KEYS = [("n", 1), ("n", 2), ("e", 1), ("c", "one", (1,)), GATE]
_OWNERS = st.integers(0, 2)
_MODES = st.sampled_from((ATTACH, WRITE, DELETE))
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("acquire"), _OWNERS, st.sampled_from(KEYS), _MODES),
        st.tuples(
            st.just("acquire_many"), _OWNERS, st.lists(st.sampled_from(KEYS), unique=True), _MODES
        ),
        st.tuples(
            st.just("acquire_ids"),
            _OWNERS,
            st.just("n"),
            st.lists(st.integers(1, 3), unique=True).map(lambda ids: np.array(ids, dtype=np.int64)),
            _MODES,
        ),
        st.tuples(st.just("fold"), _OWNERS),
        st.tuples(st.just("release_all"), _OWNERS),
    ),
    max_size=25,
)


def play(steps, *, folds):
    """What each step came to, and who holds what after it."""
    table = LockTable(timeout_s=0)
    owners = [LockOwner(f"transaction {number}") for number in range(3)]
    told = []
    for name, number, *rest in steps:
        if name == "fold" and not folds:
            told.append(None)
        else:
            try:
                getattr(table, name)(owners[number], *rest)
                told.append(None)
            except (LockTimeoutError, DeadlockError) as error:
                told.append(sorted(str(error).replace(",", ";").split()))  # names in any order
        told.append([table.holders(key) for key in KEYS])
        told.append([[owner.has(key) for key in KEYS] for owner in owners])
    for owner in owners:
        table.release_all(owner)
    assert (table._holders, table._queues, table._large, table._many) == ({}, {}, (), {})
    return told


@settings(max_examples=300)
@given(_STEPS)
def test_folding_changes_nothing(steps):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(locks, "MANY_MIN", 1)
        assert play(steps, folds=True) == play(steps, folds=False)


def test_who_takes_ids_again_and_again_has_few_arrays():
    table, owner = LockTable(timeout_s=0), LockOwner("large")
    for start in range(0, 100_000, 1_000):
        table.acquire_ids(owner, "n", np.arange(start, start + 1_000), WRITE)
    assert len(table._many["n"]) < 8
    assert sum(len(many.ids) for many in table._many["n"]) == 100_000
    for node_id in (0, 999, 50_000, 99_999):
        assert table.holders(("n", node_id)) == {"large": WRITE}
    assert table.holders(("n", 100_000)) == {}
    table.release_all(owner)
    assert table._many == {}


def test_who_waits_for_a_folded_lock_gets_it():
    table = LockTable(timeout_s=5)
    first, second = LockOwner("first"), LockOwner("second")
    table.acquire(first, ("n", 7), WRITE)
    table.fold(first)
    assert first.held == {}
    got = threading.Event()

    def wait():
        table.acquire(second, ("n", 7), WRITE)
        got.set()

    thread = threading.Thread(target=wait)
    thread.start()
    while not table._queues:
        pass
    table.fold(first)
    table.release_all(first)
    assert got.wait(5)
    thread.join()
    assert table.holders(("n", 7)) == {"second": WRITE}


def test_a_deadlock_over_folded_locks_is_found():
    table = LockTable(timeout_s=5)
    first, second = LockOwner("first"), LockOwner("second")
    for owner, key in ((first, ("n", 1)), (second, ("n", 2))):
        table.acquire(owner, key, WRITE)
        table.fold(owner)
    thread = threading.Thread(target=table.acquire, args=(first, ("n", 2), WRITE))
    thread.start()
    while not table._queues:
        pass
    with pytest.raises(DeadlockError, match="first"):
        table.acquire(second, ("n", 1), WRITE)
    table.release_all(second)
    thread.join()


def test_another_ones_key_with_the_same_hash_is_not_had():
    # Integers that differ by 2**61 - 1 have one hash.
    one, other = ("c", "one", 5), ("c", "one", 5 + (1 << 61) - 1)
    assert hash(one) == hash(other)
    table = LockTable(timeout_s=0)
    first, second = LockOwner("first"), LockOwner("second")
    table.acquire(second, other, WRITE)
    table.acquire(first, one, WRITE)
    table.fold(first)
    for acquire in (
        lambda: table.acquire(first, other, WRITE),
        lambda: table.acquire_many(first, [other], WRITE),
    ):
        with pytest.raises(LockTimeoutError, match="second"):
            acquire()


def test_many_are_kept_in_few_bytes():
    table = LockTable(timeout_s=0)
    owner = LockOwner("large")
    for start in range(0, 40_000, 1_000):
        table.acquire_many(owner, [("n", node) for node in range(start, start + 1_000)], WRITE)
        table.fold(owner)
    assert (owner.held, table._holders) == ({}, {})
    runs = owner.folded._runs
    assert sum(len(hashes) for hashes, _ in runs) == 40_000
    assert len(runs) < 8
    table.acquire_many(owner, [("n", node) for node in range(0, 50_000, 7)], ATTACH)
    assert len(owner.held) == len(range(0, 50_000, 7)) - len(range(0, 40_000, 7))
