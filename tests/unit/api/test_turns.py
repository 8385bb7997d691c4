"""Middling statements of several threads run one after the other."""

import threading

import pytest

import neuralgraph
from neuralgraph.api import turns
from neuralgraph.api.turns import Turns


def test_one_thread_at_a_time_has_the_turn():
    taking, inside, most = Turns(), 0, 0
    latch = threading.Lock()

    def work():
        nonlocal inside, most
        for _ in range(50):
            turn = taking.take(wait_s=60)
            with latch:
                inside += 1
                most = max(most, inside)
            with latch:
                inside -= 1
            turn.release()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_nobody_waits_long_and_only_one_waits():
    taking = Turns()
    slow = taking.take()
    assert slow is not None
    found = []

    def work():
        found.append(taking.take())
        found.append(taking.take(wait_s=60))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found[0] is None
    assert found[1] not in (None, slow)
    slow.release()
    found[1].release()
    assert taking.take() is found[1]


def test_a_thread_does_not_wait_for_itself():
    taking = Turns()
    turn = taking.take()
    assert taking.take(wait_s=60) is None
    turn.release()
    assert taking.take() is turn


def test_a_forked_child_forgets_who_had_it():
    taking = Turns()
    assert taking.take() is not None
    taking.renew()
    assert taking.take() is not None


@pytest.fixture
def graph():
    with neuralgraph.open() as graph:
        graph.execute("UNWIND range(1, 1000) AS i CREATE (:N {i: i})").consume()
        graph.execute("CREATE (:One)")
        yield graph


def test_statements_of_some_hundred_rows_take_turns(graph, monkeypatch):
    taken = []

    def take(self):
        taken.append(self)

    monkeypatch.setattr(turns.Turns, "take", take)
    graph.execute("MATCH (n:One) RETURN n")
    assert taken == []
    assert graph.execute("MATCH (n:N) RETURN count(n.i)").single()[0] == 1000
    assert len(taken) == 1


def test_an_error_gives_the_turn_back(graph):
    for _ in range(2):
        with pytest.raises(neuralgraph.QueryError):
            graph.execute("MATCH (n:N) RETURN n.i / 0")
        turns.TURNS.take().release()


def test_a_statement_inside_a_function_does_not_wait_for_its_own(graph):
    def count() -> int:
        return graph.execute("MATCH (n:N) RETURN count(n.i)").single()[0]

    graph.register_function("own.count", count)
    found = graph.execute("MATCH (n:N) WHERE n.i <= 300 RETURN own.count() AS c").to_tuples()
    assert found == [(1000,)] * 300
