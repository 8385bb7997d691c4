"""Several processes have one graph open, and read and write."""

import pytest

import neuralgraph

N = "graph.execute('MATCH (c:Counter) RETURN c.n').value()"
ADD = "graph.execute('MATCH (c:Counter) SET c.n = c.n + 1').summary.counters.properties_set"


def test_a_commit_is_seen_by_the_next_statement_of_another_process(start, path):
    other = start("obey", path)
    other.hear()
    with neuralgraph.open(path) as graph:
        for value in range(1, 20):
            graph.execute("MATCH (c:Counter) SET c.n = $value", value=value)
            assert other.ask(N) == str(value)
            assert other.ask(ADD) == "1"
            assert graph.execute("MATCH (c:Counter) RETURN c.n").value() == value + 1
    other.end()
    with neuralgraph.open(path) as graph:
        assert graph.execute("MATCH (c:Counter) RETURN c.n").value() == 20
        assert graph.verify(history=True) == []


def test_counting_processes_lose_no_update(start, path):
    counting = [start("count_up", path, 30, changes) for changes in (10**6, 30, 10**6)]
    for process in counting:
        process.hear(2)
        process.end()
    with neuralgraph.open(path) as graph:
        assert graph.execute("MATCH (c:Counter) RETURN c.n").value() == 90
        steps = "MATCH (s:Step) RETURN count(*), count(DISTINCT [s.by, s.number]), count(DISTINCT id(s))"
        assert tuple(graph.execute(steps).single()) == (90, 90, 90)
        assert graph.verify(history=True) == []
        # The past is right whoever wrote it.
        last = graph.info().txid
        for txid in (2, last // 2, last):
            counted = graph.at(txid).execute("MATCH (c:Counter) RETURN c.n").value()
            assert counted == graph.at(txid).execute("MATCH (s:Step) RETURN count(*)").value()
        actors = "CALL neural.transactions() YIELD metadata RETURN count(DISTINCT metadata.actor)"
        assert graph.execute(actors).value() == 3


def test_threads_of_processes_with_all_durabilities_fold_and_vacuum_at_once(start, path):
    processes = [start("mix", path, durability, 25) for durability in ("full", "normal", "off")]
    for process in processes:
        process.hear()
        assert process.hear() == "[]"
        process.end()
    with neuralgraph.open(path) as graph:
        assert graph.execute("MATCH (c:Counter) RETURN c.n").value() == 150
        assert graph.execute("MATCH (s:Step) RETURN count(*)").value() == 150
        assert graph.verify(history=True) == []


def test_a_conflict_with_another_process_names_the_node(start, path):
    other = start("obey", path)
    other.hear()
    with neuralgraph.open(path) as graph:
        tx = graph.transaction()
        tx.execute("MATCH (c:Counter) SET c.n = c.n + 1")
        assert other.ask(ADD) == "1"
        with pytest.raises(neuralgraph.ConflictError) as conflict:
            tx.commit()
        assert conflict.value.entities == ("node 0",)
        assert graph.execute("MATCH (c:Counter) RETURN c.n").value() == 1


def test_a_node_that_another_process_ties_to_is_not_deleted(start, path):
    other = start("obey", path)
    other.hear()
    with neuralgraph.open(path) as graph:
        tx = graph.transaction()
        tx.execute("MATCH (c:Counter) DELETE c")
        other.ask("graph.execute('MATCH (c:Counter) CREATE (c)-[:R]->(:X)').summary")
        with pytest.raises(neuralgraph.ConflictError):
            tx.commit()
        assert graph.verify() == []


def test_a_value_is_unique_across_processes(start, path):
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE CONSTRAINT one FOR (u:User) REQUIRE u.name IS UNIQUE")
    making = [start("make_unique", path, 40) for _ in range(3)]
    for process in making:
        process.hear()
    for process in making:
        process.say("go")
    assert sum(int(process.hear()) for process in making) == 40
    for process in making:
        process.end()
    with neuralgraph.open(path) as graph:
        assert (
            graph.execute("MATCH (u:User) RETURN count(*), count(DISTINCT u.name)").single()[1]
            == 40
        )
        assert graph.execute("MATCH (u:User) RETURN count(*)").value() == 40
        assert graph.verify() == []


def test_a_constraint_of_another_process_holds_for_who_began_before(start, path):
    other = start("obey", path)
    other.hear()
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE (:User {name: 'Ada'})")
        tx = graph.transaction()
        tx.execute("CREATE (:User {name: 'Ada'})")
        made = other.ask(
            "graph.execute('CREATE CONSTRAINT one FOR (u:User) REQUIRE u.name IS UNIQUE').summary"
        )
        assert "Error" not in made
        with pytest.raises(neuralgraph.ConflictError) as conflict:
            tx.commit()
        assert conflict.value.entities == ("the schema",)
        with pytest.raises(neuralgraph.ConstraintViolationError):
            graph.execute("CREATE (:User {name: 'Ada'})")
        assert graph.verify() == []


def test_ids_of_two_processes_never_meet(start, path):
    other = start("obey", path)
    other.hear()
    ids = []
    with neuralgraph.open(path) as graph:
        for _ in range(3):
            create = "UNWIND range(1, 700) AS i CREATE (n:N) RETURN collect(id(n)) AS ids"
            ids += graph.execute(create).value()
            ids += eval(other.ask(f"graph.execute({create!r}).value()"))
    assert len(ids) == len(set(ids)) == 4_200


def test_loads_checkpoints_and_vacuums_of_others_leave_a_snapshot_as_it_is(start, path):
    other = start("obey", path)
    other.hear()
    with neuralgraph.open(path) as graph:
        graph.load_nodes("N", {"value": list(range(5_000)), "text": ["x" * 50] * 5_000})
        graph.checkpoint()
        total = "MATCH (n:N) RETURN count(n.text), sum(n.value)"
        with graph.transaction() as tx:
            snapshot = "MATCH (n:N) WHERE n.value % 7 = 0 RETURN sum(n.value)"
            before = tx.execute(snapshot).value()
            for round_ in range(4):
                other.ask("graph.execute('MATCH (n:N) SET n.value = n.value + 1').summary")
                other.ask("graph.checkpoint()")
                other.ask("graph.load_nodes('N', {'value': [1] * 100, 'text': ['y'] * 100})")
                other.ask("graph.vacuum()")
                assert tx.execute(snapshot).value() == before
                assert tuple(tx.execute(total).single()) == (5_000, 12_497_500)
                counted = graph.execute("MATCH (n:N) RETURN count(*)").value()
                assert counted == 5_000 + 100 * (round_ + 1)
        assert graph.verify() == []
        graph.execute("MATCH (n:N) SET n.value = 0")
        graph.checkpoint()
        assert other.ask("graph.execute('MATCH (n:N) RETURN sum(n.value)').value()") == "0"
        assert other.ask("graph.verify()") == "[]"


def test_processes_that_all_create_very_much_at_once(start, path):
    rows, times = 3_000, 12
    making = [start("create_many", path, rows, times, seed) for seed in range(3)]
    for process in making:
        process.hear()
    for process in making:
        process.say("go")
    for process in making:
        assert process.hear() == "done", process.lines
        assert process.end() == ""
    with neuralgraph.open(path) as graph:
        nodes, total = graph.execute("MATCH (x:X) RETURN count(x), sum(x.i)").single()
        assert nodes == 3 * rows * times
        assert total == 3 * times * rows * (rows + 1) // 2
        assert graph.verify(history=True) == []


def test_who_was_idle_while_the_log_was_cut_goes_on(start, path):
    with neuralgraph.open(path, wal_segment_bytes=1 << 16) as graph:
        tx = graph.transaction()
        tx.execute("MATCH (c:Counter) SET c.m = 1")
        other = start("count_up", path, 200, 50)
        other.hear(2)
        assert graph.execute("MATCH (c:Counter) RETURN c.n").value() == 200
        with pytest.raises(neuralgraph.ConflictError):
            tx.commit()
        graph.execute("MATCH (c:Counter) SET c.n = c.n + 1")
        assert graph.verify(history=True) == []
        other.end()
    with neuralgraph.open(path) as graph:
        assert graph.execute("MATCH (c:Counter) RETURN c.n").value() == 201


def test_the_last_to_close_leaves_one_file(start, path):
    other = start("obey", path)
    other.hear()
    with neuralgraph.open(path) as graph:
        graph.execute("CREATE (:N)")
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name, f"{path.name}-wal"]
    other.end()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("is_theirs_spilled", [True, False], ids=["theirs", "ours"])
def test_first_committers_win_when_a_transaction_is_spilled(start, path, is_theirs_spilled):
    other = start("obey_spilling" if is_theirs_spilled else "obey", path)
    other.hear()
    bytes_max = 1 << 28 if is_theirs_spilled else 1
    with neuralgraph.open(path, transaction_memory_bytes_max=bytes_max) as graph:
        graph.execute("UNWIND range(0, 9) AS i CREATE (:P {i: i})")
        graph.execute("CREATE CONSTRAINT one FOR (p:P) REQUIRE p.i IS UNIQUE")

        def clash(ours, theirs):
            tx = graph.transaction()
            tx.execute("MATCH (p:P {i: 0}) SET p.seen = coalesce(p.seen, 0) + 1")
            tx.execute(ours)
            query = theirs.replace('"', '\\"')
            assert other.ask(f'graph.execute("{query}").summary.counters is not None') == "True"
            return tx

        for ours, theirs in (
            ("MATCH (p:P {i: 1}) SET p.v = 1", "MATCH (p:P {i: 1}) SET p.v = 2"),
            ("MATCH (p:P {i: 2}) SET p.v = 1", "MATCH (p:P {i: 2}) SET p:Q"),
            ("MATCH (p:P {i: 3}) DELETE p", "MATCH (p:P {i: 3}) CREATE (p)-[:R]->(:X)"),
            ("MATCH (p:P {i: 4}) CREATE (p)-[:R]->(:X)", "MATCH (p:P {i: 4}) DELETE p"),
        ):
            with pytest.raises(neuralgraph.ConflictError):
                clash(ours, theirs).commit()
        with pytest.raises(neuralgraph.ConstraintViolationError):
            clash("CREATE (:P {i: 20})", "CREATE (:P {i: 20})").commit()
        with pytest.raises(neuralgraph.ConstraintViolationError):
            clash("MATCH (p:P {i: 5}) SET p.i = 21", "MATCH (p:P {i: 6}) SET p.i = 21").commit()
        clash("MATCH (p:P {i: 7}) SET p.v = 1", "MATCH (p:P {i: 8}) SET p.v = 1").commit()
        clash(
            "MATCH (p:P {i: 7}) CREATE (p)-[:R]->(:X)", "MATCH (p:P {i: 7}) CREATE (p)-[:R]->(:X)"
        ).commit()
        assert graph.execute("MATCH (p:P) RETURN sum(p.v), sum(p.seen)").to_dicts() == [
            {"sum(p.v)": 4, "sum(p.seen)": 2}
        ]
        assert graph.execute("MATCH (p:P)-[r:R]->() RETURN count(r)").value() == 3
        assert graph.verify(history=True) == []
        shown = "MATCH (p:P) RETURN collect([p.i, p.v, labels(p)])"
        assert other.ask(f"graph.execute('{shown}').value()") == str(graph.execute(shown).value())
        assert other.ask("graph.verify(history=True)") == "[]"
    other.end()
