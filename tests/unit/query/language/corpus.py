"""Query texts for the tests of the language: the TCK's where it is there, and our own."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pytest

from neuralgraph.errors import QueryError
from neuralgraph.query.functions import default_registry
from neuralgraph.query.language import CheckContext, ProcedureSignature, parse
from neuralgraph.query.language.syntax import Return
from tests.conformance.tck.location import features_folder
from tests.conformance.tck.scenarios import (
    ExpectError,
    GivenParameters,
    GivenProcedure,
    Query,
    Scenario,
    Setup,
    load_feature,
)

needs_tck = pytest.mark.skipif(
    features_folder() is None,
    reason="no openCypher TCK here: set OPENCYPHER_TCK to a folder with its feature files",
)

STATEMENTS = r"""
RETURN trim(BOTH 'x' FROM s), trim(LEADING FROM s), trim($c FROM s), trim(s), both.x
RETURN normalize(s, NFKD), s IS NOT NFC NORMALIZED, s IS NORMALIZED AND true
EXPLAIN MATCH (n) RETURN n
PROFILE MATCH (n) RETURN n ;
MATCH (n:(A|B)&C {x: 1} WHERE n.y > 2) RETURN n
MATCH (n:%)-[r:!R]->(:$('A')) RETURN n
MATCH ((a)-[r:R]->(b) WHERE a.x > 1){1,3} RETURN a
MATCH (x)((a)-[r:R]->(b)){1,}(y) RETURN a
MATCH (x)-[:R]->+(y)-->*(z)-[:R]->{2}(y) RETURN x
MATCH p = SHORTEST 2 (a)-[:R]->+(b), q = ALL SHORTEST (a)-[:R]->+(b) RETURN p
MATCH p = ANY SHORTEST (a)-[:R]->+(b), q = SHORTEST 2 GROUPS (a)--+(b), r = ANY (a)--+(b) RETURN p
MATCH p = shortestPath((a)-[*..5]->(b)) RETURN p
MATCH (a), (b) RETURN shortestPath((a)-[*..5]->(b)) AS p, length(allShortestPaths((a)-[*..5]->(b)))
MATCH (n) RETURN n {.name, .*, x: 1, n} AS m
MATCH (n) SET n:A:B, n.x = 1, n += {a: 1}, n = $p, n[$k] = 2, n:$(x)
MATCH (n) REMOVE n:A, n.x, n['y'] DETACH DELETE n
MATCH (n) WHERE EXISTS { (n)-->(m) WHERE m.x = 1 } RETURN COLLECT { MATCH (n) RETURN n.x } AS l
UNWIND [1, 2] AS x CALL { WITH x RETURN x AS y } RETURN x, y
CALL (x) { RETURN x AS y UNION RETURN 2 AS y } IN TRANSACTIONS OF 10 ROWS ON ERROR BREAK REPORT STATUS AS s
CALL (*) { RETURN 1 AS y } RETURN y
CALL db.labels() YIELD label AS l WHERE l <> 'x' RETURN l
OPTIONAL CALL db.labels() YIELD label RETURN label
FOREACH (x IN [1, 2] | CREATE (:A {x: x}) MERGE (b) SET b.x = 1)
LOAD CSV WITH HEADERS FROM 'file:///x.csv' AS row FIELDTERMINATOR ';' RETURN row.x
SHOW ALL CONSTRAINTS YIELD name, type AS t WHERE t = 'x' RETURN name
SHOW RANGE INDEXES YIELD * ORDER BY name DESC SKIP 1 LIMIT 2 WHERE type = 'RANGE' RETURN count(*) AS n
SHOW NODE KEY CONSTRAINTS WHERE name = 'a'
AT TIME $t SHOW INDEXES
AT TRANSACTION 3 SHOW UNIQUE CONSTRAINTS YIELD name WHERE name = 'a' RETURN name
SHOW TRANSACTIONS 'a', $b YIELD transactionId AS id, status
SHOW TRANSACTION ['a', 'b']
TERMINATE TRANSACTIONS 'a', 'b' YIELD message WHERE message STARTS WITH 'T' RETURN message
CREATE INDEX foo IF NOT EXISTS FOR (n:Person) ON (n.name, n.age)
CREATE TEXT INDEX foo FOR ()-[r:KNOWS]-() ON (r.since)
CREATE FULLTEXT INDEX foo FOR (n:A|B) ON EACH [n.x, n.y] OPTIONS {a: 1}
CREATE VECTOR INDEX v FOR (n:A) ON (n.e) OPTIONS {indexConfig: {`vector.dimensions`: 3}}
CREATE LOOKUP INDEX l FOR ()-[r]-() ON EACH type(r)
CREATE INDEX ON :Person(name)
DROP INDEX foo IF EXISTS
DROP CONSTRAINT foo
DROP CONSTRAINT $foo IF EXISTS
DROP INDEX $foo
CREATE INDEX $foo IF NOT EXISTS FOR (n:L) ON (n.k)
CREATE CONSTRAINT $foo FOR (n:L) REQUIRE n.k IS UNIQUE OPTIONS {indexProvider: 'range-1.0'}
CREATE VECTOR INDEX foo FOR (n:L) ON n.k
CREATE CONSTRAINT FOR (n:A) REQUIRE n.x IS UNIQUE
CREATE CONSTRAINT c IF NOT EXISTS FOR (n:A) REQUIRE (n.x, n.y) IS NODE KEY
CREATE CONSTRAINT c FOR ()-[r:R]-() REQUIRE r.x IS NOT NULL
CREATE CONSTRAINT c FOR (n:A) REQUIRE n.x IS :: LIST<STRING NOT NULL>
BEGIN
COMMIT;
rollback
AT TIME '2026-01-01' MATCH (n) RETURN n
MATCH (n) AT TIMESTAMP $t WHERE n.x = 1 RETURN n AT TRANSACTION 5
RETURN 0x1F, 0o17, 1e5, .5, 1_000, 'a\'b\u0041\n', "x\"y", `a b`
RETURN /* c */ 1 // end
RETURN x IS NULL, x IS NOT NULL, x IS :: INTEGER NOT NULL, x IS NOT :: LIST<STRING>, x :: STRING | INTEGER
RETURN [x IN xs WHERE x:A | x.name], [x IN xs | x], [x IN xs], [x IN xs, 1], [p = (a)-->(b) WHERE b:B | p]
RETURN all(x IN xs WHERE x > 1), reduce(a = 0, x IN xs | a + x), none(x IN xs WHERE x)
RETURN CASE x WHEN 1 THEN 2 WHEN 3, 4 THEN 5 ELSE 6 END, CASE WHEN true THEN 1 END
RETURN CASE x WHEN > 5, < 2 THEN 1 WHEN IS NULL THEN 2 WHEN STARTS WITH 'a' THEN 3 WHEN 4 THEN 5 END AS c
RETURN CASE x + 1 WHEN IN [1, 2] THEN 1 WHEN IS NOT :: INTEGER THEN 2 WHEN =~ 'a' THEN 3 ELSE 4 END AS c
RETURN x IS NORMALIZED, x IS NOT NFKD NORMALIZED, n IS A|B, n IS NOT A&B, [n:A|B, n:A|B AND true, 1] AS l
MATCH (n IS A)-[r IS R]->(m IS A&!B) WHERE n IS C SET n IS D:E REMOVE n IS F RETURN n
INSERT (:A {x: 1})-[:R]->(b:B&C)
MATCH (n:A) USING INDEX n:A(x, y) USING SCAN n:A WHERE n.x = 1 RETURN n
MATCH DIFFERENT RELATIONSHIPS (a)-->(b)-->(c) ORDER BY a.x DESC SKIP 1 LIMIT 2 RETURN a
MATCH (a) LET x = a.x, y = 2 FILTER x > y FILTER WHERE y > 1 LIMIT 3 RETURN x OFFSET 1
USE graph.byName('x') RETURN 1 AS one
MATCH (p = (a)-->(b) WHERE a.x > 1) RETURN p
MATCH p = ALL PATHS (a)-->(b), q = ANY SHORTEST ((c)-[:R]->+(d WHERE d.x = 1) WHERE c.x = d.x) RETURN p, q
MATCH (s)((a)-[r:R]->(b)<-[q:S {x: 1}]-(c) WHERE a.x < c.x){2}(e) RETURN a, r, c
RETURN xs[0], xs[1..2], xs[..2], xs[1..], xs[..], m.a.b['c'], $p.x, $1, $`a b`
MATCH (start)-[r]->(end) WHERE (start)-->() AND NOT (end)<-[:R]-(:A {x: 1}) OR (end:A|B) RETURN end
RETURN 1 <= 2 < 3, a = b <> c, NOT NOT true, - -1, -(1), 2 ^ 3 ^ 2, (1 < 2) < 3, a - (b - c)
MATCH (a)<-[*]-(b)<-->(c)-[*2]-(d)-[*..3]-(e)-[*2..]-()-[:A|:B*0..1 {x: 1}]-() RETURN *, 1 AS x
USE neo4j MATCH (n) FINISH
MERGE (n:A {x: 1}) ON CREATE SET n.y = 1 ON MATCH SET n.z = 2, n:B RETURN n
WITH 1 AS x ORDER BY x DESC SKIP 1 LIMIT 2 WHERE x > 1 RETURN DISTINCT x, -(-1), (-1).x, [(x IN xs)]
RETURN n.when, n.end, `where`, `null`, {`a b`: [], null: {}}
""".strip().split("\n")


class Case(NamedTuple):
    scenario: Scenario
    text: str
    context: CheckContext
    error: ExpectError | None


class Procedures(dict[str, ProcedureSignature]):
    def lookup(self, name: str) -> ProcedureSignature | None:
        return self.get(name.lower())

    def names(self) -> list[str]:
        return list(self)


NO_PROCEDURES = CheckContext(default_registry(), Procedures())


def signature(text: str) -> ProcedureSignature:
    name, _, rest = text.partition("(")
    inputs, _, outputs = rest.partition(")")

    def pairs(part: str) -> tuple[tuple[str, str], ...]:
        fields = [field.split("::") for field in part.split(",") if field.strip()]
        return tuple((field[0].strip(), field[1].strip()) for field in fields)

    inside = outputs[outputs.index("(") + 1 : outputs.index(")")]
    return ProcedureSignature(name.strip(), pairs(inputs), pairs(inside))


def type_of(value: object) -> str:
    names = {bool: "BOOLEAN", int: "INTEGER", float: "FLOAT", str: "STRING", dict: "MAP"}
    return names.get(type(value), "ANY")


@cache
def tck_cases() -> list[Case]:
    """Every query of the TCK, with the error that it must end in."""
    folder = features_folder()
    assert folder is not None
    cases = []
    for path in sorted(folder.rglob("*.feature")):
        name = path.relative_to(folder).as_posix()
        for scenario in load_feature(path.read_text(encoding="utf-8"), name):
            cases += _cases(scenario)
    return cases


def _cases(scenario: Scenario) -> list[Case]:
    procedures = Procedures()
    parameters: dict[str, str] = {}
    context = CheckContext(default_registry(), procedures, parameters)
    error = next((step for step in scenario.steps if isinstance(step, ExpectError)), None)
    found = []
    for step in scenario.steps:
        if isinstance(step, GivenProcedure):
            declared = signature(step.signature)
            procedures[declared.name.lower()] = declared
        elif isinstance(step, GivenParameters):
            parameters.update({name: type_of(value) for name, value in step.values.items()})
        elif isinstance(step, Setup):
            found.append(Case(scenario, step.query, context, None))
        elif isinstance(step, Query):
            found.append(Case(scenario, step.query, context, None if step.control else error))
    return found


@cache
def parseable_texts() -> list[str]:
    """All texts that are statements: our own and the TCK's."""
    texts = dict.fromkeys(STATEMENTS)
    if features_folder() is not None:
        texts |= dict.fromkeys(case.text for case in tck_cases())
    return [text for text in texts if _parses(text)]


def _parses(text: str) -> bool:
    try:
        parse(text)
    except QueryError:
        return False
    return True


def only_return(text: str) -> Return:
    """The RETURN of a statement."""
    body = parse(text).body
    clause = body.parts[-1].clauses[-1]
    assert isinstance(clause, Return)
    return clause


def expression(text: str):
    return only_return(f"RETURN {text} AS x").items[0].expression
