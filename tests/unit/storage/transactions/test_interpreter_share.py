"""Statements leave a share of the interpreter to upkeep."""

import os
import sys

import pytest

from neuralgraph.storage.transactions import interpreter_share
from neuralgraph.storage.transactions.interpreter_share import (
    STATEMENTS_S,
    UPKEEP_S,
    InterpreterShare,
)
from tests.support.engines import add_node, open_engine


class Clock:
    """Time that passes when somebody sleeps, or when told."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def perf_counter(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(interpreter_share, "time", clock)
    return clock


def test_statements_wait_for_a_third_of_the_time(clock):
    share = InterpreterShare()
    for _ in range(60):
        share.give_way()
        clock.now += STATEMENTS_S / 20
    expected = 60 / 20 * UPKEEP_S
    assert sum(clock.slept) == pytest.approx(expected, rel=0.1)
    assert max(clock.slept) <= UPKEEP_S * 1.001


def test_threads_wait_for_the_same_turn(clock):
    share = InterpreterShare()
    share.give_way()
    clock.now -= UPKEEP_S / 2  # another thread, before the first has slept to the end
    share.give_way()
    assert clock.slept == pytest.approx([UPKEEP_S, UPKEEP_S / 2])
    share.give_way()
    assert len(clock.slept) == 2


def test_upkeep_claims_its_share_while_it_runs():
    engine = open_engine()
    add_node(engine, "N", k=1)
    share, before, seen = engine._interpreter, sys.getswitchinterval(), []
    take_over = engine._manager.take_over

    def looked_at():
        seen.append((share.is_claimed, sys.getswitchinterval()))
        take_over()

    engine._manager.take_over = looked_at
    engine.checkpoint()
    assert seen[0][0]
    assert seen[0][1] == pytest.approx(min(before, STATEMENTS_S))
    assert not share.is_claimed
    assert sys.getswitchinterval() == pytest.approx(before)
    engine.close()


def test_an_interval_that_others_set_meanwhile_stays():
    before = sys.getswitchinterval()
    one, two = InterpreterShare(), InterpreterShare()
    try:
        first, second = one.claimed(), two.claimed()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert sys.getswitchinterval() == pytest.approx(min(before, STATEMENTS_S))
        second.__exit__(None, None, None)
        assert sys.getswitchinterval() == pytest.approx(before)
        with one.claimed():
            sys.setswitchinterval(0.02)
        assert sys.getswitchinterval() == pytest.approx(0.02)
    finally:
        sys.setswitchinterval(before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are forks on POSIX only")
def test_a_child_forked_during_upkeep_has_the_interval_of_before():
    before = sys.getswitchinterval()
    with InterpreterShare().claimed():
        child = os.fork()
        if child == 0:
            interpreter_share.forget()
            is_well = sys.getswitchinterval() == pytest.approx(before)
            with InterpreterShare().claimed():
                is_well &= sys.getswitchinterval() == pytest.approx(min(before, STATEMENTS_S))
            is_well &= sys.getswitchinterval() == pytest.approx(before)
            os._exit(0 if is_well else 1)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
