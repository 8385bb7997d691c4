"""The plan cache: what hits, what misses, what goes first."""

from __future__ import annotations

from threading import Thread

from neuralgraph.query.planning import PlanCache


def test_the_very_text_is_found_with_its_literals():
    cache: PlanCache[str] = PlanCache(4)
    cache.put("RETURN 1", "1:RETURN ?i", (1,), (0,), 7, "plan")
    assert cache.find_text("RETURN 1", 7) == ("plan", (1,))
    assert cache.find_text("RETURN 1", 8) is None
    assert cache.find_text("RETURN 2", 7) is None


def test_free_literals_share_an_entry_and_fixed_ones_do_not():
    cache: PlanCache[str] = PlanCache(4)
    cache.put("a", "key", (1, "x"), (0,), 1, "plan")
    assert cache.find_key("key", (1, "y"), 1) == "plan"
    assert cache.find_key("key", (2, "x"), 1) is None
    assert cache.find_key("key", (1.0, "x"), 1) is None
    assert cache.find_key("key", (True, "x"), 1) is None
    assert cache.find_key("key", (1, "x"), 2) is None


def test_the_least_used_goes_first():
    cache: PlanCache[int] = PlanCache(2)
    cache.put("a", "A", (), (), 1, 1)
    cache.put("b", "B", (), (), 1, 2)
    assert cache.find_key("A", (), 1) == 1
    assert cache.find_text("a", 1) == (1, ())
    cache.put("c", "C", (), (), 1, 3)
    assert cache.find_key("B", (), 1) is None
    assert cache.find_key("A", (), 1) == 1
    assert cache.find_text("a", 1) == (1, ())
    assert cache.find_text("b", 1) is None
    assert len(cache) == 2


def test_threads_may_use_it_together():
    cache: PlanCache[int] = PlanCache(8)

    def work(start: int) -> None:
        for number in range(start, start + 300):
            text = str(number % 20)
            if cache.find_text(text, 1) is None:
                cache.put(text, text, (), (), 1, number % 20)
            found = cache.find_text(text, 1)
            assert found is None or found[0] == number % 20

    threads = [Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cache) <= 8
