import pytest

from neuralgraph.errors import QueryError
from neuralgraph.query.functions import default_registry
from neuralgraph.query.language import CheckContext, ProcedureSignature, check, normalise, parse
from tests.unit.query.language.corpus import (
    NO_PROCEDURES,
    Procedures,
    needs_tck,
    tck_cases,
)


def outcome(case):
    """(kind, detail, phase) of the compile-time error, or None."""
    try:
        check(parse(case.text, normalise(case.text).spans), case.context)
    except QueryError as error:
        return error.kind, error.detail, error.phase
    return None


@needs_tck
def test_compile_time_errors_of_the_tck_are_exact():
    wrong = []
    for case in tck_cases():
        found = outcome(case)
        expected = case.error
        if expected is None or expected.phase == "runtime":
            fits = found is None
        elif expected.phase == "any time":
            fits = found is None or found[0] == expected.kind
        else:
            fits = found == (expected.kind, expected.detail, expected.phase)
        if not fits:
            wrong.append(f"{case.scenario.id}: {found} instead of {expected}\n    {case.text}")
    assert not wrong, "\n".join(wrong)


ERRORS = [
    ("RETURN x", "UndefinedVariable"),
    ("MATCH (n) WITH n.x AS y RETURN n", "UndefinedVariable"),
    ("CREATE (n {x: y})", "UndefinedVariable"),
    ("MATCH (n) UNWIND [1] AS n RETURN n", "VariableAlreadyBound"),
    ("MATCH (n) CREATE (n)", "VariableAlreadyBound"),
    ("MATCH (n) CREATE (n:A)-[:R]->()", "VariableAlreadyBound"),
    ("MATCH (n) MERGE (n)", "VariableAlreadyBound"),
    ("MATCH ()-[r:R]->() CREATE ()-[r:R]->()", "VariableAlreadyBound"),
    ("MATCH (n) LOAD CSV FROM 'x' AS n RETURN 1", "VariableAlreadyBound"),
    ("MATCH (n) CALL { RETURN 1 AS n } RETURN n", "VariableAlreadyBound"),
    ("MATCH (n) FOREACH (n IN [1] | CREATE ())", "VariableAlreadyBound"),
    ("MATCH (n)-[n]->() RETURN n", "VariableTypeConflict"),
    ("WITH 1 AS n MATCH (n) RETURN n", "VariableTypeConflict"),
    ("MATCH p = ()-->() MATCH (p) RETURN p", "VariableTypeConflict"),
    ("MATCH ()-[r]->()-[r]->() RETURN r", "RelationshipUniquenessViolation"),
    ("RETURN 1 AND true", "InvalidArgumentType"),
    ("MATCH (n) WHERE n RETURN n", "InvalidArgumentType"),
    ("RETURN true * 2", "InvalidArgumentType"),
    ("RETURN 1 IN 'a'", "InvalidArgumentType"),
    ("RETURN length(1)", "InvalidArgumentType"),
    ("RETURN any(x IN ['a'] WHERE x % 2 = 0)", "InvalidArgumentType"),
    ("MATCH (n) DELETE 1 + 1", "InvalidArgumentType"),
    ("MATCH (n) RETURN n LIMIT 1.5", "InvalidArgumentType"),
    ("MATCH (n) RETURN n LIMIT -1", "NegativeIntegerArgument"),
    ("MATCH (n) RETURN n SKIP n.x", "NonConstantExpression"),
    ("RETURN count(rand())", "NonConstantExpression"),
    ("RETURN count(count(*))", "NestedAggregation"),
    ("MATCH (n) WHERE count(n) > 1 RETURN n", "InvalidAggregation"),
    ("RETURN [x IN [1] | count(*)]", "InvalidAggregation"),
    ("MATCH (n) RETURN n ORDER BY count(*)", "InvalidAggregation"),
    ("UNWIND collect(1) AS x RETURN x", "InvalidAggregation"),
    ("MATCH (n) RETURN n.x + count(*)", "AmbiguousAggregationExpression"),
    (
        "MATCH (n) RETURN n.x + n.y AS z, n.x + n.y + count(*) AS c",
        "AmbiguousAggregationExpression",
    ),
    ("MATCH (n) WITH n.x RETURN 1", "NoExpressionAlias"),
    ("RETURN 1 AS a, 2 AS a", "ColumnNameConflict"),
    ("MATCH () RETURN *", "NoVariablesInScope"),
    ("RETURN 1 AS a UNION RETURN 2 AS b", "DifferentColumnsInUnion"),
    ("MATCH (n)", "InvalidClauseComposition"),
    ("RETURN 1 AS x MATCH (n) RETURN n", "InvalidClauseComposition"),
    ("CREATE (n) MATCH (m) RETURN m", "InvalidClauseComposition"),
    ("MATCH (n) WHERE EXISTS { MATCH (n) SET n.x = 1 } RETURN n", "InvalidClauseComposition"),
    ("FOREACH (x IN [1] | MATCH (n))", "InvalidClauseComposition"),
    ("CREATE ()-[:A|B]->()", "NoSingleRelationshipType"),
    ("CREATE ()-->()", "NoSingleRelationshipType"),
    ("CREATE ()-[:A]-()", "RequiresDirectedRelationship"),
    ("CREATE ()-[:A*2]->()", "CreatingVarLength"),
    ("MATCH (n $p) RETURN n", "InvalidParameterUse"),
    ("MATCH (n) DELETE n:A", "InvalidDelete"),
    ("MATCH (n) RETURN (n)-->()", "UnexpectedSyntax"),
    ("MATCH (n) RETURN size((n)-->())", "UnexpectedSyntax"),
    ("RETURN foo(1)", "UnknownFunction"),
    ("RETURN toUpper()", "InvalidNumberOfArguments"),
    ("WITH 1 AS x RETURN x.y", "InvalidArgumentType"),
    ("MATCH (n) SET n.x = [{a: 1}]", "InvalidPropertyType"),
    ("CALL nope.nothing()", "ProcedureNotFound"),
]


@pytest.mark.parametrize(("text", "detail"), ERRORS)
def test_compile_time_error(text, detail):
    with pytest.raises(QueryError) as caught:
        check(parse(text), NO_PROCEDURES)
    assert caught.value.detail == detail
    assert caught.value.phase == "compile time"
    caught.value.locate(text)
    assert caught.value.line == 1


FINE = [
    "MATCH (n) WHERE (n)-->() RETURN n",
    "CREATE (a {x: 1}), (b {y: a.x})",
    "MATCH (n) WITH n.x AS y WHERE n.z = 1 RETURN y",
    "MATCH (n) RETURN n.x, count(*) ORDER BY n.x, count(*)",
    "MATCH (n) RETURN n.x, n.x + count(*)",
    "MATCH (n) RETURN DISTINCT n.x ORDER BY n.x",
    "MATCH (a)-[rs*]->(b) WITH rs MATCH ()-[rs*]->() RETURN rs",
    "MATCH (n) WHERE EXISTS { MATCH (n)-->(m) WITH n, count(*) AS c WHERE c = 3 RETURN true } RETURN n",
    "UNWIND [1] AS x CALL (x) { WITH 1 AS z RETURN x + z AS y } RETURN y",
    "UNWIND [1] AS x CALL { WITH x RETURN x AS y } RETURN y",
    "MATCH (n) CALL (n) { SET n.x = 1 } RETURN n",
    "OPTIONAL MATCH (n) WITH null AS m MATCH (m) RETURN m",
    "MATCH ((a)-[r]->(b) WHERE a.x = r.y){1,2} RETURN [x IN a | x.name]",
    "MATCH (n) RETURN reduce(s = 0, x IN n.list | s + x) + 1 AS y",
    "MATCH (n) WITH * RETURN *",
    "MERGE (a)-[:R]-(b)",
    "RETURN 1 AS a UNION ALL RETURN 2 AS a",
    "MATCH (n) RETURN n AT TIME $t",
]


@pytest.mark.parametrize("text", FINE)
def test_sound_statement(text):
    check(parse(text), NO_PROCEDURES)


def test_columns_and_scopes():
    tree = parse("MATCH (n)-[r*]->(m) WITH m, r, 1 + 1 AS two RETURN *, collect(m) AS all")
    checked = check(tree, NO_PROCEDURES)
    match, with_, return_ = tree.body.parts[0].clauses
    assert checked.columns == ("m", "r", "two", "all")
    assert checked.variables_after(match) == {"n": "NODE", "r": "LIST<RELATIONSHIP>", "m": "NODE"}
    assert checked.variables_after(with_) == {
        "m": "NODE",
        "r": "LIST<RELATIONSHIP>",
        "two": "INTEGER",
    }
    assert checked.variables_after(return_)["all"] == "LIST<NODE>"
    assert not checked.writes
    assert check(parse("CREATE (n {x: $p}) RETURN $q AS q"), NO_PROCEDURES).parameters == {"p", "q"}
    assert check(parse("MATCH (n) FOREACH (x IN [1] | SET n.x = x)"), NO_PROCEDURES).writes


def procedures(parameters=None):
    found = Procedures()
    found["my.proc"] = ProcedureSignature(
        "my.proc", (("name", "STRING?"), ("id", "FLOAT")), (("city", "STRING"),)
    )
    return CheckContext(default_registry(), found, parameters)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("CALL my.proc('a')", "InvalidNumberOfArguments"),
        ("CALL my.proc(1, 2)", "InvalidArgumentType"),
        ("MATCH (n) CALL my.proc YIELD city RETURN city", "InvalidArgumentPassingMode"),
        ("MATCH (n) CALL my.proc('a', 1) YIELD * RETURN city", "UnexpectedSyntax"),
        ("CALL my.proc('a', 1) YIELD town RETURN town", "UndefinedVariable"),
        ("CALL my.proc('a', 1) YIELD city AS c, city AS c RETURN c", "VariableAlreadyBound"),
        ("CALL my.proc", "MissingParameter"),
        ("CALL my.prok('a', 1)", "ProcedureNotFound"),
    ],
)
def test_procedure_errors(text, detail):
    with pytest.raises(QueryError) as caught:
        check(parse(text), procedures({"name": "STRING"}))
    assert caught.value.detail == detail


def test_procedure_columns():
    assert check(parse("CALL my.proc('a', 1)"), procedures()).columns == ("city",)
    assert check(parse("CALL my.proc"), procedures()).columns == ("city",)
    assert check(parse("CALL my.proc('a', 1) YIELD city AS c"), procedures()).columns == ("c",)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("MATCH (person) RETURN persn.name", "person"),
        ("RETURN toUper('a')", "toUpper"),
        ("CALL my.prok('a', 1)", "my.proc"),
    ],
)
def test_did_you_mean(text, hint):
    with pytest.raises(QueryError) as caught:
        check(parse(text), procedures())
    assert caught.value.hint == hint
