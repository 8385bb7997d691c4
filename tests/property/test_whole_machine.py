"""Everything mixed, against a model in dictionaries.

Two processes on one file; transactions, threads, time travel, flashbacks over data and schema, checkpoints,
vacuums, closings, and kills in the middle of a commit.
"""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.support.graph_worker import GraphProcess

KEYS = st.integers(0, 9)
PROCESSES = st.integers(0, 1)
PLACES = st.integers(0, 10**6)
"""Stands for one of the moments there are: how many depends on whether a commit came before its kill."""


def create(model, k, v):
    if str(k) in model["nodes"]:
        return None
    model["nodes"][str(k)] = [["P"], v]
    return "CREATE (:P {k: $k, v: $v})", {"k": k, "v": v}


def put(model, k, v):
    if str(k) in model["nodes"]:
        model["nodes"][str(k)][1] = v
    return "MATCH (n) WHERE n.k = $k SET n.v = $v", {"k": k, "v": v}


def relabel(model, k, _v):
    if str(k) in model["nodes"]:
        labels = model["nodes"][str(k)][0]
        model["nodes"][str(k)][0] = ["P", "Q"] if labels == ["P"] else ["P"]
        change = "SET n:Q" if labels == ["P"] else "REMOVE n:Q"
        return f"MATCH (n) WHERE n.k = $k {change}", {"k": k}
    return None


def connect(model, k, v):
    if str(k) in model["nodes"] and str(v) in model["nodes"]:
        model["edges"].append([k, v, "R", k * 10 + v])
    return (
        "MATCH (a), (b) WHERE a.k = $a AND b.k = $b CREATE (a)-[:R {w: $w}]->(b)",
        {"a": k, "b": v, "w": k * 10 + v},
    )


def delete(model, k, _v):
    model["nodes"].pop(str(k), None)
    model["edges"] = [edge for edge in model["edges"] if k not in edge[:2]]
    return "MATCH (n) WHERE n.k = $k DETACH DELETE n", {"k": k}


def swap(model, k, v):
    """Unique keys change places: three steps in one transaction are one change in the end."""
    if k == v or str(k) not in model["nodes"] or str(v) not in model["nodes"]:
        return None
    nodes = model["nodes"]
    nodes[str(k)], nodes[str(v)] = nodes[str(v)], nodes[str(k)]
    turned = {k: v, v: k}
    model["edges"] = [[turned.get(a, a), turned.get(b, b), t, w] for a, b, t, w in model["edges"]]
    return (
        "MATCH (a), (b) WHERE a.k = $a AND b.k = $b SET a.k = -1 SET b.k = $a SET a.k = $b",
        {"a": k, "b": v},
    )


STEPS = st.lists(
    st.tuples(st.sampled_from((create, create, put, relabel, connect, delete, swap)), KEYS, KEYS),
    min_size=1,
    max_size=4,
)


class WholeMachine(RuleBasedStateMachine):
    """See the module."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "g.ngdb"
        self.processes = [GraphProcess(self.path), GraphProcess(self.path)]
        self.model = {"nodes": {}, "edges": [], "indexes": []}
        self.copies = {}
        self.txid = 0

    @initialize()
    def begin(self):
        self.change_schema(0, "CREATE CONSTRAINT one_k FOR (n:P) REQUIRE n.k IS UNIQUE", "one_k")

    def change_schema(self, process, statement, name):
        answer = self.processes[process].ask("write", statements=[[statement, {}]], is_kept=True)
        assert "error" not in answer, answer
        self.model["indexes"] = sorted({*self.model["indexes"], name} if "CREATE" in statement
                                       else {*self.model["indexes"]} - {name})  # fmt: skip
        self.acknowledge(answer["txid"])

    def acknowledge(self, txid):
        if txid != self.txid:
            self.txid = txid
            self.copies[txid] = copy.deepcopy(self.model)

    def wanted(self, model):
        nodes = {k: model["nodes"][k] for k in sorted(model["nodes"], key=int)}
        return {**model, "nodes": nodes, "edges": sorted(model["edges"], key=str)}

    def chosen(self, place):
        """One of the moments of which there is a copy."""
        moments = sorted(self.copies)
        return moments[place % len(moments)]

    def planned(self, steps):
        """The statements, and the model after them."""
        after = copy.deepcopy(self.model)
        made = [made for step, k, v in steps if (made := step(after, k, v)) is not None]
        return made, after

    @rule(process=PROCESSES, steps=STEPS, is_kept=st.sampled_from((True, True, True, False)))
    def write(self, process, steps, is_kept):
        statements, after = self.planned(steps)
        answer = self.processes[process].ask("write", statements=statements, is_kept=is_kept)
        assert "error" not in answer, answer
        if is_kept:
            self.model = after
            self.acknowledge(answer["txid"])
        assert answer["txid"] == self.txid

    @rule(process=PROCESSES, ks=st.lists(KEYS, min_size=2, max_size=4, unique=True), v=KEYS)
    def write_in_threads(self, process, ks, v):
        made = [create(self.model, k, v) or put(self.model, k, v) for k in ks]
        answer = self.processes[process].ask("threads", statements=made)
        assert "error" not in answer, answer
        self.acknowledge(answer["txid"])

    @rule(process=PROCESSES)
    def toggle_index(self, process):
        if "by_v" in self.model["indexes"]:
            self.change_schema(process, "DROP INDEX by_v", "by_v")
        else:
            self.change_schema(process, "CREATE INDEX by_v FOR (n:P) ON (n.v)", "by_v")

    @rule(process=PROCESSES, place=PLACES)
    def flash_back(self, process, place):
        target = self.chosen(place)
        statement = ["FLASHBACK TO TRANSACTION $t", {"t": target}]
        answer = self.processes[process].ask("write", statements=[statement], is_kept=True)
        assert "error" not in answer, answer
        self.model = copy.deepcopy(self.copies[target])
        self.acknowledge(answer["txid"])

    @rule(process=PROCESSES, place=PLACES)
    def look_back(self, process, place):
        moment = self.chosen(place)
        answer = self.processes[process].ask("read", at=moment)
        assert answer.get("content") == self.wanted(self.copies[moment]), answer

    @rule(process=PROCESSES)
    def checkpoint(self, process):
        assert "error" not in self.processes[process].ask("checkpoint")

    @rule(process=PROCESSES, place=PLACES)
    def vacuum(self, process, place):
        first = self.chosen(place) if place % 2 else 0
        assert "error" not in self.processes[process].ask("vacuum", before=first or None)
        self.copies = {txid: was for txid, was in self.copies.items() if txid >= first}

    @rule(process=PROCESSES)
    def reopen(self, process):
        self.processes[process].close()
        self.processes[process] = GraphProcess(self.path)

    @rule(process=PROCESSES, steps=STEPS)
    def kill_in_a_commit(self, process, steps):
        statements, after = self.planned(steps)
        self.processes[process].tell("write", statements=statements, is_kept=True)
        self.processes[process].kill()
        self.processes[process] = GraphProcess(self.path)
        # Whether the last record of the dead counts is decided by who commits next.
        nothing = [["CREATE (x:Passing {k: -5})", {}], ["MATCH (x:Passing) DELETE x", {}]]
        decided = self.processes[1 - process].ask("write", statements=nothing, is_kept=True)
        assert "error" not in decided, decided
        answer = self.processes[1 - process].ask("read", at=None)
        assert answer.get("content") in (self.wanted(self.model), self.wanted(after)), answer
        if answer["txid"] != self.txid + 1:
            self.model = after
        self.acknowledge(answer["txid"])

    @invariant()
    def both_see_the_same(self):
        if self.txid:
            for process in self.processes:
                answer = process.ask("read", at=None)
                assert answer.get("content") == self.wanted(self.model), answer

    def teardown(self):
        if self.txid:
            assert self.processes[0].ask("verify") == {"problems": []}
        for process in self.processes:
            process.kill()
        self.folder.cleanup()


def run(examples, steps):
    run_state_machine_as_test(
        WholeMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_everything_mixed_is_what_the_model_says():
    run(3, 25)


@pytest.mark.slow
def test_everything_mixed_is_what_the_model_says_for_long():
    run(60, 60)
