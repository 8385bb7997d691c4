"""Long work looks whether it must stop, again and again; the clock plays no part here."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest

from neuralgraph import QueryTimeoutError
from neuralgraph.api.prepared import StatementCache
from neuralgraph.query.execution import ProcedureRegistry
from neuralgraph.query.functions import default_registry
from neuralgraph.query.functions.operators import BINARY
from neuralgraph.query.functions.type_tests import is_of_type
from neuralgraph.query.language import CheckContext, check, parse
from neuralgraph.query.planning import plan
from neuralgraph.stopping import GLANCES, enter, holding, leave, look, seconds_left, watched
from neuralgraph.values import storable
from neuralgraph.values.ordering import compare, equality_key, equals, order_key
from tests.support.dict_graph import DictGraph


class Counted:
    """Counts how often it is asked, and raises from the `most`-th time on."""

    def __init__(self, most: int | None = None) -> None:
        self.stoppable = True
        self.deadline: float | None = None
        self.looks = 0
        self.most = most

    def check(self) -> None:
        self.looks += 1
        if self.most is not None and self.looks > self.most:
            raise QueryTimeoutError("enough")


@contextmanager
def counting(most: int | None = None):
    counted = Counted(most)
    token = enter(counted)
    try:
        yield counted
    finally:
        leave(token)


TEXTS = {
    "terms": lambda count: "RETURN " + " AND ".join(["true"] * count),
    "maps": lambda count: "RETURN [" + ",".join(["{a: 1}"] * count) + "] AS l",
    "patterns": lambda count: "CREATE " + ",".join(["(:A {a: 1})"] * count),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_each_phase_before_the_run_looks_more_often_at_a_longer_text(text):
    functions = default_registry()

    def looks(count):
        with counting() as parsing:
            statement = parse(text(count))
        with counting() as checking:
            checked = check(statement, CheckContext(functions, ProcedureRegistry()))
        with counting() as planning:
            plan(checked, DictGraph().catalog, functions)
        return [phase.looks for phase in (parsing, checking, planning)]

    for few, many in zip(looks(100), looks(2_100), strict=True):
        assert many - few >= 2_000 // GLANCES - 1


def test_preparing_stops_where_it_is():
    cache = StatementCache(default_registry(), ProcedureRegistry(), entries_max=10)
    text = TEXTS["maps"](500)
    with counting() as counted:
        cache.prepare(text, DictGraph().catalog)
    for most in (0, counted.looks // 4, counted.looks // 2, counted.looks * 9 // 10):
        cache.clear()
        with counting(most), pytest.raises(QueryTimeoutError):
            cache.prepare(text, DictGraph().catalog)
    cache.prepare(text, DictGraph().catalog)


FLOATS = [float(number) for number in range(100_000)]
LISTS = [[number, 0.5] for number in range(100_000)]
LONG = {
    "equal": lambda: equals([None, *FLOATS], [None, *FLOATS]),
    "equal, nested": lambda: equals(LISTS, LISTS[:]),
    "equal, in a map": lambda: equals({"a": LISTS}, {"a": LISTS[:]}),
    "compare": lambda: compare(FLOATS, FLOATS[:]),
    "key": lambda: equality_key(FLOATS),
    "order": lambda: order_key(LISTS),
    "in": lambda: BINARY["IN"].scalar(-1, FLOATS),
    "type": lambda: is_of_type(FLOATS, "LIST<FLOAT>"),
    "storing": lambda: storable(FLOATS),
}


@pytest.mark.parametrize("work", LONG.values(), ids=LONG)
def test_long_values_are_worked_on_with_looks_between(work):
    with counting() as counted:
        work()
    assert counted.looks >= 100
    with counting(most=counted.looks // 2) as counted, pytest.raises(QueryTimeoutError):
        work()


def test_short_values_are_worked_on_without_a_look():
    with counting() as counted:
        assert equals([1, None, [2.0]], [1, None, [2.0]]) is None
        assert equality_key([1, [2.0]]) == equality_key([1.0, [2]])
        assert compare([1, [2]], [1, [3]]) == -1
    assert counted.looks == 0


def test_nobody_is_asked_where_no_statement_runs():
    look()
    assert list(watched(range(2_000))) == list(range(2_000))
    assert seconds_left(5.0) == 5.0


def test_what_was_there_before_is_there_again():
    with counting() as outer:
        with counting() as inner:
            look()
        look()
    look()
    assert (outer.looks, inner.looks) == (1, 1)


def test_another_thread_looks_for_itself():
    with counting(most=0):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        with pytest.raises(QueryTimeoutError):
            look()


def test_waiting_for_a_lock_ends():
    lock = threading.Lock()
    with lock, counting(most=0), pytest.raises(QueryTimeoutError), holding(lock):
        raise AssertionError("the lock is taken")
    with holding(lock):
        assert lock.locked()
    assert not lock.locked()


def test_what_can_be_given_a_timeout_gets_what_is_left():
    with counting() as counted:
        counted.deadline = 0.0
        assert 0 < seconds_left(5.0) < 0.1
