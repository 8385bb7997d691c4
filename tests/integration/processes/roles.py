"""What the other processes do; run as ``python roles.py ROLE PATH ...``, see conftest.py."""

import faulthandler
import os
import pathlib
import random
import signal
import sys
import threading
import time

import neuralgraph
from neuralgraph.errors import ConflictError, DatabaseLockedError

COUNT = "MATCH (c:Counter) SET c.n = c.n + 1"


def tell(*words):
    """One whole line, in one write."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def obey(path, **options):
    """Evaluate expressions about ``graph`` and ``tx``, a line each, and tell the results."""
    with neuralgraph.open(path, **options) as graph:
        known = {"graph": graph, "neuralgraph": neuralgraph, "os": os, "time": time}
        tell("ready")
        for line in sys.stdin:
            try:
                tell(eval(line, known))
            except neuralgraph.NeuralGraphError as error:
                tell(f"{type(error).__name__}: {error}".replace("\n", " "))


def obey_exclusively(path):
    """The same, alone."""
    obey(path, exclusive=True)


def obey_reading(path):
    """The same, to read only."""
    obey(path, read_only=True)


def obey_spilling(path):
    """The same, with nearly no memory for a transaction."""
    obey(path, transaction_memory_bytes_max=1)


def obey_impatiently(path):
    """The same, without waiting."""
    obey(path, busy_timeout_s=0.05)


def obey_forgetting(path):
    """The same, without a past."""
    obey(path, history="none")


def count_up(path, times, checkpoint_changes):
    """Add one, so many times, and leave a node each time; conflicts are met by trying again."""
    with neuralgraph.open(path, checkpoint_changes=int(checkpoint_changes)) as graph:
        tell("ready")
        for number in range(int(times)):
            while True:
                try:
                    with graph.transaction(actor=str(os.getpid())) as tx:
                        tx.execute(COUNT)
                        tx.execute("CREATE (:Step {by: $by, number: $n})", by=os.getpid(), n=number)
                    break
                except ConflictError:
                    continue
    tell("done")


def mix(path, durability, times):
    """Threads that count, fold and vacuum in small log segments, and see whole commits only."""
    options = {"durability": durability, "wal_segment_bytes": 1 << 15, "checkpoint_changes": 150}
    with neuralgraph.open(path, **options) as graph:
        tell("ready")
        threads = [
            threading.Thread(target=_mix, args=(graph, int(times), seed)) for seed in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tell(graph.verify())


def _mix(graph, times, seed):
    chance = random.Random(seed)

    def work(tx):
        tx.execute(COUNT)
        tx.execute("CREATE (:Step {text: $text})", text="x" * chance.choice([1, 2_000]))

    for _ in range(times):
        try:
            graph.execute_write(work)
            if chance.random() < 0.1:
                chance.choice([graph.checkpoint, graph.vacuum])()
            both = "MATCH (c:Counter) WITH c.n AS counted MATCH (s:Step) RETURN counted, count(s)"
            counted, steps = graph.execute(both).single()
        except neuralgraph.NeuralGraphError as error:
            tell(f"{type(error).__name__}: {error}")
            return
        if counted != steps:
            tell("torn", counted, steps)


def create_many(path, rows, times, seed):
    """Create so many nodes in one statement, so many times; hold snapshots, fold, and check between."""
    chance = random.Random(int(seed))
    total = "MATCH (x:X) RETURN count(x) AS nodes, sum(x.i) AS sum"
    with neuralgraph.open(path, load_commit_rows=int(rows), busy_timeout_s=60) as graph:
        tell("ready")
        sys.stdin.readline()
        reading, before = None, None
        for _ in range(int(times)):
            graph.execute(f"UNWIND range(1, {rows}) AS i CREATE (:X {{i: i}})")
            if chance.random() < 0.3:
                graph.checkpoint()
            if reading is not None and tuple(reading.execute(total).single()) != before:
                tell("torn", "a snapshot moved")
            if chance.random() < 0.6:
                reading = graph.transaction()
                before = tuple(reading.execute(total).single())
            elif chance.random() < 0.5:
                reading, before = None, None
    tell("done")


def make_unique(path, count):
    """Try to make nodes 0 to `count`, of which each may be there once; tell which were ours."""
    with neuralgraph.open(path) as graph:
        tell("ready")
        sys.stdin.readline()
        mine = 0
        for number in range(int(count)):
            try:
                graph.execute("CREATE (:User {name: $name})", name=number)
                mine += 1
            except neuralgraph.ConstraintViolationError:
                continue
        tell(mine)


def fork(path):
    """Fork with a handle and a transaction open, and again in the child; all count, none disturbs another."""
    graph = neuralgraph.open(path)
    graph.register_function("mine.twice", lambda number: 2 * number)
    tx = graph.transaction()
    tx.execute(COUNT)
    child = os.fork()
    if child == 0:
        _in_child(graph, tx)
        os._exit(0)
    os.waitpid(child, 0)
    tell("parent", graph.execute("MATCH (c:Counter) RETURN c.n").value())
    try:
        tx.commit()
    except ConflictError:
        tell("conflict")
    graph.execute(COUNT)
    graph.close()
    tell("done", sorted(each.name for each in pathlib.Path(path).parent.iterdir()))


def _in_child(graph, tx):
    tell("child", tx.is_open, graph.execute("MATCH (c:Counter) RETURN c.n").value())
    graph.execute("MATCH (c:Counter) SET c.n = mine.twice(c.n + 1)")
    grandchild = os.fork()
    if grandchild == 0:
        with graph:
            for _ in range(10):
                graph.execute(COUNT)
        tell("grandchild", graph)
        os._exit(0)
    os.waitpid(grandchild, 0)
    tell("child", graph.execute("MATCH (c:Counter) RETURN c.n").value())


def fork_and_die(path):
    """Fork, hold the commit lock, and die; the child lives on."""
    graph = neuralgraph.open(path)
    child = os.fork()
    if child == 0:
        sys.stdin.readline()
        os._exit(0)
    tx = graph.transaction()
    tx.execute("CREATE INDEX by_n FOR (c:Counter) ON (c.n)")
    tell("ready")
    os.kill(os.getpid(), 9)


TOTALS = (
    "MATCH (p:Pair) WITH count(p) AS nodes OPTIONAL MATCH ()-[w:WITH]->() WITH nodes, count(w) AS edges"
    " MATCH (c:Counter) RETURN nodes, edges, c.n"
)
LOADED = 20
CREATE_MANY = (
    "UNWIND range(1, $rows) AS row CREATE (:Loaded {by: $by, seed: $seed, number: $number})"
)
MARK_MANY = "MATCH (p:Loaded) WHERE p.by = $by SET p.mark = $number, p:Marked"
SUMS = "MATCH (p:Pair) RETURN count(p.by), sum(p.number)"


def live(path, by, seed):
    """Write, read, load, fold, vacuum, for ever; tell before whom one could be held to it."""
    chance = random.Random(int(seed))
    options = {
        "checkpoint_changes": chance.choice([100, 400, 10**9]),
        "wal_segment_bytes": 1 << 16,
        "load_commit_rows": LOADED,
        # Each transaction is spilled, or the larger ones, or none.
        "transaction_memory_bytes_max": chance.choice([1, 20_000, 1 << 28]),
    }
    graph = neuralgraph.open(path, **options)
    tell("ready")
    number = 0
    while True:
        number += 1
        try:
            _live_once(graph, chance, (int(by), int(seed), number))
        except (ConflictError, DatabaseLockedError):
            continue


def _live_once(graph, chance, who):
    what = chance.random()
    by, seed, number = who
    if what < 0.70:
        pair = {"by": by, "seed": seed, "number": number}
        with graph.transaction() as tx:
            tx.execute(COUNT)
            tx.execute("CREATE (a:Pair)-[:WITH]->(b:Pair) SET a = $pair, b = $pair", pair=pair)
            if what < 0.05:
                tx.execute(MARK_MANY, by=by, number=number)
        tell("wrote", *who)
    elif what < 0.75:
        graph.checkpoint()
    elif what < 0.77:
        graph.vacuum()
    elif what < 0.79:
        rows = {"by": [by] * LOADED, "seed": [seed] * LOADED, "number": [number] * LOADED}
        graph.load_nodes("Loaded", rows)
        tell("loaded", *who)
    elif what < 0.82:
        graph.execute(CREATE_MANY, rows=LOADED, by=by, seed=seed, number=number)
        tell("loaded", *who)
    elif what < 0.9:
        _check(graph.execute)
    else:
        tx = graph.transaction()
        before = [*tx.execute(SUMS)]
        for _ in range(3):
            _check(tx.execute)
            time.sleep(0.01)
        if [*tx.execute(SUMS)] != before:
            tell("torn", "a snapshot moved")
        tx.rollback()


def watch(path, by, seed):
    """Read only, for ever, and open anew now and then: whole commits, and never fewer than before."""
    chance = random.Random(int(seed))
    tell("ready")
    before = 0
    while True:
        try:
            with neuralgraph.open(path, read_only=True) as graph:
                for _ in range(chance.randrange(1, 100)):
                    slowly = graph.execute("MATCH (p:Pair) RETURN p.number AS number")
                    first = [next(slowly, None) for _ in range(5)]
                    counted = _check(graph.execute)
                    if counted < before:
                        tell("torn", by, "went back", before, counted)
                    before = counted
                    time.sleep(0.02 * chance.random())
                    rest = [*slowly]
                    if len(first) == 5 and first[-1] is not None and len(rest) + 5 > 2 * counted:
                        tell("torn", by, "a result grew", len(rest), counted)
        except DatabaseLockedError:
            continue


def _check(execute):
    nodes, edges, counted = execute(TOTALS).single()
    if not nodes == 2 * edges == 2 * counted:
        tell("torn", nodes, edges, counted)
    return counted


if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1)  # it is asked where it is when it says nothing
    globals()[sys.argv[1]](*sys.argv[2:])
