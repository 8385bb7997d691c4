import threading

import pytest

from neuralgraph.errors import DatabaseLockedError, DiskError
from neuralgraph.storage.transactions.commit_queue import CommitQueue, Pending
from tests.support.engines import add_node, in_thread, open_engine
from tests.support.faulty_directory import FaultyDirectory


class Turns:
    """The commit lock; `refuse` says how often it cannot be had."""

    def __init__(self):
        self.refuse = 0
        self.is_in = False

    def __enter__(self):
        if self.refuse:
            self.refuse -= 1
            raise DatabaseLockedError("somebody has it")
        assert not self.is_in
        self.is_in = True

    def __exit__(self, *_):
        self.is_in = False


def pending(name):
    return Pending((), [name], {}, None, None, 0)


def names(batch):
    return [one.encoded[0] for one in batch]


class Served:
    """Settles what it is given, the first time only when it is told to go on."""

    def __init__(self):
        self.turns = Turns()
        self.batches = []
        self.go_on = threading.Event()
        self.begun = threading.Event()
        self.failures = []
        self.queue = CommitQueue(self.turns, self.serve)

    def serve(self, batch):
        assert self.turns.is_in
        self.batches.append(names(batch))
        self.begun.set()
        assert self.go_on.wait(10)
        for one in batch:
            if self.failures:
                raise self.failures.pop()
            one.settle()

    def run(self, name, outcomes):
        own = pending(name)
        try:
            self.queue.run(own)
        except BaseException as error:  # noqa: BLE001 - it is looked at by the test
            outcomes[name] = type(error)
        else:
            assert own.is_settled
            outcomes[name] = "settled"

    def start(self, name, outcomes):
        """Begin one in a thread, and wait until it leads or stands in the queue."""
        before, is_led = len(self.queue), self.begun.is_set()
        thread = in_thread(lambda: self.run(name, outcomes))
        if is_led:
            while len(self.queue) == before:
                pass
        else:
            assert self.begun.wait(10)
        return thread


def test_who_comes_while_one_is_served_goes_together_next():
    served, outcomes = Served(), {}
    threads = [served.start(name, outcomes) for name in "abcd"]
    served.go_on.set()
    for thread in threads:
        thread.join(10)
    assert served.batches == [["a"], ["b", "c", "d"]]
    assert outcomes == dict.fromkeys("abcd", "settled")
    assert not served.turns.is_in


def test_alone_it_is_served_at_once_again_and_again():
    served, outcomes = Served(), {}
    served.go_on.set()
    for name in "abc":
        served.run(name, outcomes)
    assert served.batches == [["a"], ["b"], ["c"]]


def test_the_next_one_leads_when_the_lock_is_refused():
    served, outcomes = Served(), {}
    served.go_on.set()
    served.turns.refuse = 2
    for name in "xyz":
        served.run(name, outcomes)
    assert [outcomes[name] for name in "xyz"] == [
        DatabaseLockedError,
        DatabaseLockedError,
        "settled",
    ]
    assert served.batches == [["z"]]


def test_what_an_interrupted_leader_left_is_served_by_the_next():
    served, outcomes = Served(), {}
    served.failures.append(KeyboardInterrupt())
    threads = [served.start(name, outcomes) for name in "abc"]
    served.go_on.set()
    for thread in threads:
        thread.join(10)
    assert outcomes == {"a": KeyboardInterrupt, "b": "settled", "c": "settled"}
    assert served.batches == [["a"], ["b", "c"]]


def test_one_of_a_batch_is_interrupted_and_the_others_are_served_again():
    served, outcomes = Served(), {}
    first = served.start("a", outcomes)
    others = [served.start(name, outcomes) for name in "bcd"]

    def interrupt(batch):
        served.batches.append(names(batch))
        if len(served.batches) == 3:
            raise KeyboardInterrupt
        for one in batch:
            one.settle()

    served.queue._serve = interrupt
    served.batches.append("the next one is interrupted")
    served.go_on.set()
    first.join(10)
    for thread in others:
        thread.join(10)
    assert outcomes["a"] in ("settled", KeyboardInterrupt)
    assert sorted(outcomes) == ["a", "b", "c", "d"]
    assert sorted(served.batches[-1]) == ["b", "c", "d"]


def test_who_leads_alone_waits_for_the_leader_and_the_others_for_him():
    served, outcomes, alone = Served(), {}, []
    may_end = threading.Event()

    def lead_alone():
        with served.queue.leading_alone():
            alone.append(list(served.batches))
            served.run("mine", outcomes)
            assert may_end.wait(10)

    leader = served.start("a", outcomes)
    soloist = in_thread(lead_alone)
    while not served.queue._soloists:
        pass
    waiting = served.start("b", outcomes)
    served.go_on.set()
    leader.join(10)
    while "mine" not in outcomes:
        pass
    late = served.start("c", outcomes)
    may_end.set()
    for thread in (soloist, waiting, late):
        thread.join(10)
    # The one that waited already may have gone with the leader's next batch.
    assert alone in ([[["a"]]], [[["a"], ["b"]]])
    assert served.batches[-1] in (["b", "c"], ["c"])
    assert outcomes == dict.fromkeys(("a", "b", "c", "mine"), "settled")


def test_after_a_failure_while_leading_alone_the_others_go_on():
    served, outcomes = Served(), {}
    served.go_on.set()
    with pytest.raises(KeyboardInterrupt), served.queue.leading_alone():
        raise KeyboardInterrupt
    served.run("a", outcomes)
    assert outcomes == {"a": "settled"}


class SlowReplicator:
    """Holds syncs back until it is told to go on."""

    def __init__(self, inner):
        self.inner = inner
        self.go_on = threading.Event()

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def wait_durable(self, index):
        self.go_on.wait(10)
        self.inner.wait_durable(index)


def held_back(engine, count):
    """Commits in the queue behind one that waits for the disk; how to let them go, and the threads."""
    slow = engine._pipeline._replicator = SlowReplicator(engine._pipeline._replicator)
    threads = []
    outcomes = []

    def work(number):
        try:
            outcomes.append(add_node(engine, "N", k=number))
        except DiskError as error:
            outcomes.append(str(error))

    for number in range(count + 1):
        threads.append(in_thread(lambda number=number: work(number)))
        while number and len(engine._pipeline.queue) < number:
            pass
    return slow.go_on, threads, outcomes


def test_when_a_batch_cannot_be_written_each_is_tried_alone():
    directory = FaultyDirectory(fault="full")
    engine = open_engine(directory, busy_timeout_s=10)
    add_node(engine, "N")
    go_on, threads, outcomes = held_back(engine, 4)
    schedule = directory.schedule
    schedule.operations = frozenset(("write",))
    schedule.fail_at, schedule.count, schedule.has_failed = 1, 0, False
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert sorted(outcomes) == [1, 2, 3, 4, 5]
    assert engine.state.txid == 6
    engine.close()
    again = open_engine(directory)
    assert again.reader().catalog.node_count() == 6
    again.close()


def test_a_check_that_fails_stops_its_own_commit_and_no_other():
    engine = open_engine()
    add_node(engine, "N")
    go_on, threads, outcomes = held_back(engine, 3)
    failures = []

    def refused():
        transaction = engine.begin()
        transaction.create_node(["N"], {})
        commit = engine._manager.commit

        def refuse(_):
            raise ValueError("no")

        try:
            commit(transaction.changes, {}, check=refuse)
        except ValueError as error:
            failures.append(str(error))
        finally:
            transaction.rollback()

    threads.append(in_thread(refused))
    while len(engine._pipeline.queue) < 4:
        pass
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert failures == ["no"]
    assert len(outcomes) == 4
    assert engine.state.txid == 5
    engine.close()


def test_an_error_leaves_no_circle_behind():
    engine = open_engine()

    def refuse(_):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        engine._pipeline.commit([], {}, check=refuse)
    one = pending("a")
    one.settle(ValueError("once"))
    with pytest.raises(ValueError, match="once"):
        one.result()
    assert one.error is None
    engine.close()
