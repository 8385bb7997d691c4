"""Index runs against a scan: what a seek or range finds is what filtering all entities would."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.access import IndexDefinition, Range
from neuralgraph.storage.disk import BlockFile, MemoryDirectory
from neuralgraph.storage.indexes.sorted_building import build_run, empty_run, merge_runs, stored_run
from neuralgraph.storage.indexes.sorted_index import IndexRun, OverlaidRun
from neuralgraph.storage.indexes.sorted_parts import NumberPart
from neuralgraph.values import NO_IDS, Column, Kind
from neuralgraph.values.instants import Date
from neuralgraph.values.ordering import compare, equals, order_key

ONE = IndexDefinition("one", "range", "node", ("A",), ("x",))
TWO = IndexDefinition("two", "range", "node", ("A",), ("x", "y"))

integers = st.integers(-3, 3) | st.sampled_from([2**53, 2**53 + 1, -(2**63), 2**63 - 1])
numbers = integers | st.sampled_from(
    [0.0, 1.0, 1.5, 2.0**53, float("inf"), float("nan"), -0.0, 1e300]
)
plain = (
    numbers
    | st.booleans()
    | st.sampled_from(["", "a", "ab", "abc", "b", "é", "\ud800", "\U0010ffff"])
)
dates = st.sampled_from([Date(18_000), Date(18_500)])
values = plain | dates | st.lists(numbers | st.none(), max_size=2)


def blocks():
    return BlockFile.create(MemoryDirectory(), "graph")


def run_of(entries, where=None, definition=ONE):
    ids = np.arange(len(entries)) * 2
    return build_run(definition, ids, [Column.of_values(entries)], where)


def in_order(pairs):
    return [entity for _, entity in sorted((order_key(value), entity) for value, entity in pairs)]


def within(value, bounds):
    low = bounds.lower is None or (compare(value, bounds.lower) or 0) >= (
        not bounds.lower_inclusive
    )
    high = bounds.upper is None or (compare(value, bounds.upper) or 0) <= -(
        not bounds.upper_inclusive
    )
    known = [b for b in (bounds.lower, bounds.upper) if b is not None]
    return low and high and all(compare(value, bound) is not None for bound in known)


def warmed(run):
    for _ in range(3):
        run.seek(["zz"])
        run.seek([1])
    return run


@settings(max_examples=60, deadline=None)
@given(st.lists(values | st.none(), max_size=12), values, st.booleans())
def test_seek_finds_what_equals(entries, probe, is_warm):
    run = warmed(run_of(entries)) if is_warm else run_of(entries)
    wanted = [row * 2 for row, value in enumerate(entries) if equals(value, probe)]
    assert wanted == run.seek([probe]).tolist()
    rows, ids = run.seek_many(Column.of_values([probe, None, probe]))
    assert [(0, entity) for entity in wanted] + [(2, entity) for entity in wanted] == list(
        zip(rows.tolist(), ids.tolist(), strict=True)
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(plain | dates | st.none(), max_size=12),
    plain | dates,
    plain | dates | st.none(),
    st.data(),
)
def test_range_finds_what_lies_within_in_order(entries, lower, upper, data):
    flags = data.draw(st.tuples(st.booleans(), st.booleans()))
    bounds = Range(lower, upper, *flags)
    if data.draw(st.booleans()):
        bounds = Range(upper, lower, *flags)
    pairs = [(value, row * 2) for row, value in enumerate(entries) if value is not None]
    wanted = in_order((value, entity) for value, entity in pairs if within(value, bounds))
    if any(isinstance(b, float) and b != b for b in (lower, upper)):
        wanted = []
    assert wanted == run_of(entries).range(bounds).tolist()
    assert in_order(pairs) == run_of(entries).range(Range(None, None)).tolist()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(alphabet="ab\U0010ffff", max_size=3) | st.integers(-9, 9), max_size=12))
def test_prefix_finds_strings_that_start_so(entries):
    for prefix in ("", "a", "ab", "\U0010ffff"):
        pairs = [
            (value, row * 2)
            for row, value in enumerate(entries)
            if isinstance(value, str) and value.startswith(prefix)
        ]
        assert in_order(pairs) == run_of(entries).prefix(prefix).tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(values, max_size=10), st.lists(values, max_size=10), st.sets(st.integers(0, 9)))
def test_merged_and_overlaid_runs_equal_a_run_built_anew(older, newer, replaced):
    replaced = sorted(row for row in replaced if row < min(len(older), len(newer)))
    after = [newer[row] if row in replaced else value for row, value in enumerate(older)]
    expected = run_of(after)
    hidden = np.array(replaced, dtype=np.int64) * 2
    added = build_run(ONE, hidden, [Column.of_values([newer[row] for row in replaced])], None)
    store = blocks()
    merged = merge_runs(run_of(older, store), hidden, added, store)
    read = IndexRun.read(ONE, merged.descriptor(), store)
    overlaid = OverlaidRun(run_of(older), hidden, added)
    for run in (merged, read, overlaid):
        assert expected.range(Range(None, None)).tolist() == run.range(Range(None, None)).tolist()
        assert expected.all_ids().tolist() == run.all_ids().tolist()
        for probe in (*older, *newer):
            assert expected.seek([probe]).tolist() == run.seek([probe]).tolist()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(values | st.none(), values | st.none()), max_size=12),
    st.sets(st.integers(0, 11)),
    st.lists(values, max_size=1),
    st.tuples(values | st.none(), values | st.none(), st.booleans(), st.booleans()),
)
def test_behind_equal_first_keys_lies_a_range_in_order(entries, replaced, equal, bounds):
    bounds = Range(*bounds)
    replaced = sorted(row for row in replaced if row < len(entries))
    columns = [Column.of_values([entry[at] for entry in entries]) for at in range(2)]
    ids = np.arange(len(entries), dtype=np.int64) * 2
    run = build_run(TWO, ids, columns, None)
    above = [Column.of_values([entries[row][at] for row in replaced]) for at in range(2)]
    hidden = np.array(replaced, dtype=np.int64) * 2
    overlaid = OverlaidRun(run, hidden, build_run(TWO, hidden, above, None))
    place = len(equal)
    wanted = sorted(
        (order_key(entry[place]), row * 2)
        for row, entry in enumerate(entries)
        if None not in entry
        and within(entry[place], bounds)
        and all(equals(held, value) for held, value in zip(entry, equal, strict=False))
    )
    for one in (run, overlaid):
        found = one.range(bounds, equal).tolist()
        assert sorted(found) == sorted(entity for _, entity in wanted)
        assert [order_key(entries[entity // 2][place]) for entity in found] == [
            key for key, _ in wanted
        ]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(plain | st.none(), plain | st.none()), max_size=10), plain, plain)
def test_several_keys_are_found_by_all_or_by_the_first(entries, first, second):
    columns = [Column.of_values([entry[at] for entry in entries]) for at in range(2)]
    run = build_run(TWO, np.arange(len(entries)), columns, None)
    covered = [(row, entry) for row, entry in enumerate(entries) if None not in entry]
    by_first = [row for row, entry in covered if equals(entry[0], first)]
    assert by_first == run.seek([first]).tolist()
    by_both = [row for row in by_first if equals(entries[row][1], second)]
    assert by_both == run.seek([first, second]).tolist()


def test_dense_integers_are_found_through_a_table_and_sparse_ones_by_search():
    for step in (1, 1_000):
        run = run_of([row * step for row in range(100)])
        wanted = Column.of_array(Kind.INTEGER, np.array([5 * step, -1, 10**9, 99 * step, 5 * step]))
        rows, ids = run.seek_many(wanted)
        assert (rows.tolist(), ids.tolist()) == ([0, 3, 4], [10, 198, 10])


def test_text_with_a_dictionary_is_built_and_sought_by_code():
    words = np.array(["b", "a", "c"], dtype=object)
    codes = np.array([0, 1, 1, 2, 0])
    column = Column.of_array(Kind.TEXT, codes, np.array([1, 1, 1, 1, 0], bool), words)
    run = build_run(ONE, np.arange(5), [column], None)
    assert run.seek(["a"]).tolist() == [1, 2]
    rows, ids = run.seek_many(column)
    assert list(zip(rows.tolist(), ids.tolist(), strict=True)) == [
        (0, 0),
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
        (3, 3),
    ]


def test_a_run_in_memory_is_stored_when_asked_and_reads_back():
    store = blocks()
    run = stored_run(run_of(["b", 1, 1.5, None, True, [1]]), store)
    assert run.is_stored
    read = IndexRun.read(ONE, run.descriptor(), store)
    assert 5 == len(read) == len(run.all_ids())
    assert run is stored_run(run, store)
    assert NO_IDS.tolist() == empty_run(ONE).seek([1]).tolist()
    assert 4 < run.distinct_count < 7


@pytest.mark.parametrize("keys", [[1, 1, 2], [1.0, float("nan")]])
def test_number_parts_count_their_different_keys(keys):
    part = run_of(keys).parts["integers" if isinstance(keys[0], int) else "floats"]
    assert isinstance(part, NumberPart)
    assert part.distinct_count() == 2
