import threading

import pytest

from neuralgraph.errors import DiskError
from neuralgraph.storage.transactions.ids import LEASE_IDS, IdAllocator


def granting(leases):
    """A lease that is always given, at the next id."""

    def lease(next_id, _, count):
        leases.append(next_id + count + LEASE_IDS)
        return next_id, leases[-1]

    return lease


def test_a_block_is_leased_before_its_first_id_is_given_out():
    leases = []
    allocator = IdAllocator(5, granting(leases))
    assert [allocator.take() for _ in range(LEASE_IDS + 3)] == list(range(5, LEASE_IDS + 8))
    assert len(leases) == 2
    assert leases[0] >= 5 + LEASE_IDS


def test_many_ids_are_consecutive_and_covered_by_one_lease():
    leases = []
    allocator = IdAllocator(0, granting(leases))
    allocator.take()
    ids = allocator.take_many(10_000)
    assert ids.tolist() == list(range(1, 10_001))
    assert leases[-1] >= 10_001
    assert allocator.take() == 10_001


def test_no_id_is_given_out_when_the_lease_fails():
    def refuse(*_):
        raise DiskError("full")

    allocator = IdAllocator(3, refuse)
    with pytest.raises(DiskError):
        allocator.take()
    assert allocator.next_id == 3


def test_a_new_block_begins_where_nobody_else_has_ids():
    blocks = iter([(3, 5), (100, 200)])
    allocator = IdAllocator(3, lambda *_: next(blocks))
    assert [allocator.take() for _ in range(4)] == [3, 4, 100, 101]
    assert allocator.limit == 200


def test_skipping_never_goes_back():
    allocator = IdAllocator(10, granting([]))
    allocator.skip_to(50)
    allocator.skip_to(20)
    assert allocator.take() == 50


def test_threads_never_share_an_id():
    allocator = IdAllocator(0, granting([]))
    taken = []

    def work():
        taken.extend([allocator.take() for _ in range(500)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(2_000))
