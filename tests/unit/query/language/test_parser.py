import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.errors import QueryError, QuerySyntaxError
from neuralgraph.query.language import parse, print_expression
from neuralgraph.query.language.syntax import (
    Binary,
    Comparison,
    EdgePattern,
    LabelAnd,
    LabelName,
    ListComprehension,
    ListLiteral,
    LiteralValue,
    Match,
    NodePattern,
    PatternPredicate,
    QuantifiedPath,
    SetLabels,
    Unary,
    Variable,
    VariableLength,
)
from neuralgraph.query.language.walking import descendants
from tests.unit.query.language.corpus import (
    STATEMENTS,
    expression,
    needs_tck,
    only_return,
    tck_cases,
)


@pytest.mark.parametrize("text", STATEMENTS)
def test_statement_parses(text):
    parse(text)


@needs_tck
def test_every_tck_query_that_must_run_parses():
    refused = []
    for case in tck_cases():
        if case.error is None or case.error.phase != "compile time":
            try:
                parse(case.text)
            except QuerySyntaxError as error:
                refused.append(f"{case.scenario.id}: {error}")
    assert not refused, "\n".join(refused)


def grouped(text):
    """The expression with every operator in parentheses."""

    def show(node):
        if isinstance(node, Binary):
            return f"({show(node.left)} {node.operator} {show(node.right)})"
        if isinstance(node, Unary):
            return f"({node.operator} {show(node.operand)})"
        if isinstance(node, Comparison):
            parts = [show(node.operands[0])]
            for operator, operand in zip(node.operators, node.operands[1:], strict=True):
                parts += (operator, show(operand))
            return f"({' '.join(parts)})"
        return print_expression(node)

    return show(expression(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("2 ^ 3 ^ 2", "((2 ^ 3) ^ 2)"),
        ("-x ^ 2", "((- x) ^ 2)"),
        ("NOT a = b AND c", "((NOT (a = b)) AND c)"),
        ("a OR b XOR c AND d", "(a OR (b XOR (c AND d)))"),
        ("a < b <= c", "(a < b <= c)"),
        ("(a < b) < c", "((a < b) < c)"),
        ("[1] + 2 IN [3] + 4", "(([1] + 2) IN ([3] + 4))"),
        ("a = b IN c", "(a = (b IN c))"),
        ("'a' + 'b' STARTS WITH 'a'", "(('a' + 'b') STARTS WITH 'a')"),
        ("a AND b AND c", "((a AND b) AND c)"),
        ("a != b", "(a <> b)"),
    ],
)
def test_precedence(text, tree):
    assert grouped(text) == tree


def test_many_alternatives_make_a_shallow_tree():
    text = " OR ".join(f"n.x = {number}" for number in range(4_000))
    tree = expression(text)
    depth, level = 0, [tree]
    while level:
        depth += 1
        level = [
            side for node in level if isinstance(node, Binary) for side in (node.left, node.right)
        ]
    assert depth < 40


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", 1000),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1e-305", 1e-305),
        ("-9223372036854775808", -(2**63)),
        ("-0x8000000000000000", -(2**63)),
        (r"'a\'b\u0041\n\\'", "a'bA\n\\"),
        ('"it\'s"', "it's"),
        (r"'\uD83D\uDE00'", "\U0001f600"),
        (r"'\U0001F600'", "\U0001f600"),
        ("'// no comment /* none */'", "// no comment /* none */"),
        ("'two\nlines'", "two\nlines"),
        ("null", None),
        ("TRUE", True),
    ],
)
def test_literals(text, value):
    found = expression(text)
    assert found == LiteralValue(value)
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("RETURN 1 +  2", ["1 +  2"]),
        ("RETURN aVg(    n.aGe     ), x", ["aVg(    n.aGe     )", "x"]),
        ("RETURN (1 + 2) , /* c */ n . x // end", ["(1 + 2)", "n . x"]),
        ("RETURN a /* b */ + c", ["a /* b */ + c"]),
        ("RETURN `a b`, `a b` + 1", ["a b", "`a b` + 1"]),
        ("RETURN 1 AS `x y`", ["x y"]),
    ],
)
def test_column_names_are_verbatim(text, names):
    assert [item.name for item in only_return(text).items] == names


def test_spans_are_offsets_in_the_text():
    text = "MATCH (abc:Person {name: 'x'})\nRETURN abc.name + 1 AS y"
    shown = {
        text[node.span[0] : node.span[1]] for node in descendants(parse(text)) if node.span[1] > 0
    }
    assert {"(abc:Person {name: 'x'})", "abc", "abc.name", "abc.name + 1", "'x'", "Person"} <= shown


def test_brackets_with_in_are_a_comprehension_unless_more_follows():
    assert isinstance(expression("[x IN xs]"), ListComprehension)
    assert isinstance(expression("[x IN xs, y]"), ListLiteral)
    assert isinstance(expression("[(x IN xs)]"), ListLiteral)


def test_a_path_in_parentheses_is_a_predicate_and_subtraction_is_not():
    assert isinstance(expression("(a)-->(b)"), PatternPredicate)
    assert isinstance(expression("(a {x: ')'})-[:R]->()"), PatternPredicate)
    assert isinstance(expression("(a)-b"), Binary)
    assert isinstance(expression("(a) < -b"), Comparison)


def pattern(text):
    clause = parse(f"MATCH {text} RETURN 1").body.parts[0].clauses[0]
    assert isinstance(clause, Match)
    return clause.pattern.paths[0].elements


@pytest.mark.parametrize(
    ("text", "direction", "length"),
    [
        ("()-->()", "out", None),
        ("()<--()", "in", None),
        ("()--()", "both", None),
        ("()<-->()", "both", None),
        ("()-[*]->()", "out", VariableLength()),
        ("()-[*2]->()", "out", VariableLength(2, 2)),
        ("()<-[r:A*..3]-()", "in", VariableLength(None, 3)),
        ("()-[:A|B*1.. {x: 1}]-()", "both", VariableLength(1, None)),
    ],
)
def test_relationship_patterns(text, direction, length):
    edge = pattern(text)[1]
    assert isinstance(edge, EdgePattern)
    assert (edge.direction, edge.length) == (direction, length)


def test_groups_stand_between_nodes():
    elements = pattern("((a)-[r]->(b)){1,3}")
    assert [type(element) for element in elements] == [NodePattern, QuantifiedPath, NodePattern]
    assert (elements[1].min, elements[1].max) == (1, 3)
    assert type(pattern("(x)-[r]->+(y)")[1]) is QuantifiedPath


def test_labels_of_set_are_always_a_conjunction():
    item = parse("MATCH (n) SET n:A").body.parts[0].clauses[1].items[0]
    assert isinstance(item, SetLabels)
    assert item.labels == LabelAnd((LabelName("A"),))


def test_keywords_may_be_names():
    assert expression("end.order") == expression("`end`.`order`")
    assert expression("count") == Variable("count")
    parse("MATCH (start:Match)-[end:RETURN]->(order) RETURN start, end, order ORDER BY order.limit")


@pytest.mark.parametrize(
    ("text", "detail", "message", "place"),
    [
        ("", "UnexpectedSyntax", "Unexpected end", (1, 1)),
        ("RETURN 1 +", "UnexpectedSyntax", "expected an expression", (1, 11)),
        ("MATCH (n\nRETURN n", "UnexpectedSyntax", "Unexpected 'RETURN'; expected ':'", (2, 1)),
        ("MATCH (n) RETRN n", "UnexpectedSyntax", "Unexpected 'RETRN'", (1, 11)),
        ("RETURN 'abc", "UnexpectedSyntax", "never closed", (1, 8)),
        ("RETURN 1 /* x", "UnexpectedSyntax", "never closed", (1, 10)),
        ("RETURN 12abc", "InvalidNumberLiteral", "not a number", (1, 8)),
        ("RETURN 0x", "InvalidNumberLiteral", "not a number", (1, 8)),
        (r"RETURN '\uH'", "InvalidUnicodeLiteral", "four hexadecimal digits", (1, 9)),
        (r"RETURN '\uD83D'", "InvalidUnicodeLiteral", "surrogate", (1, 8)),
        ("RETURN 42 — 41", "InvalidUnicodeCharacter", "Unexpected '—'", (1, 11)),
        ("RETURN 9223372036854775808", "IntegerOverflow", "too large", (1, 8)),
        ("RETURN 1.34E999", "FloatingPointOverflow", "too large", (1, 8)),
        ("MATCH ()-[:R..]->() RETURN 1", "InvalidRelationshipPattern", "length", (1, 13)),
        ("MATCH ()-[:R*-2]->() RETURN 1", "InvalidRelationshipPattern", "length", (1, 14)),
        ("RETURN 1; RETURN 2", "UnexpectedSyntax", "expected the end", (1, 11)),
        (
            "RETURN 1 AS a UNION RETURN 1 AS a UNION ALL RETURN 1 AS a",
            "InvalidClauseComposition",
            "mixed",
            (1, 35),
        ),
    ],
)
def test_syntax_errors_say_what_and_where(text, detail, message, place):
    with pytest.raises(QuerySyntaxError, match=re.escape(message)) as caught:
        parse(text)
    assert caught.value.detail == detail
    assert caught.value.phase == "compile time"
    assert (caught.value.line, caught.value.column) == place
    assert "^" in str(caught.value)


def test_a_misspelt_clause_is_recognised():
    with pytest.raises(QuerySyntaxError) as caught:
        parse("MATCH (n) RETRN n")
    assert caught.value.hint == "RETURN"


@pytest.mark.parametrize(
    "opening", ["[", "{a: ", "(", "f(", "x[", "CASE WHEN ", "NOT (", "EXISTS { "]
)
def test_nesting_is_bounded_by_a_typed_error(opening):
    closing = {"[": "]", "{a: ": "}", "(": ")", "f(": ")", "x[": "]", "NOT (": ")"}.get(opening)
    if closing is not None:
        parse(f"RETURN {opening * 40}1{closing * 40}")
    for count in (150, 3_000):
        with pytest.raises(QuerySyntaxError):
            parse("RETURN " + opening * count)


@pytest.mark.parametrize("operator", ["+", "-", "^", "NOT ", "[0]", ".x", " IS NULL"])
def test_long_chains_are_bounded_by_a_typed_error(operator):
    before = operator == "NOT "
    between = operator in "+-^"
    text = operator * 9_000 + "x" if before else "x" + (operator + "x" * between) * 9_000
    with pytest.raises(QuerySyntaxError):
        parse(f"RETURN {text}")


def test_long_statements_parse():
    clauses = "\n".join(f"CREATE (n{i}:L {{a: {i}}})-[:R]->(m{i})" for i in range(700))
    assert len(parse(clauses).body.parts[0].clauses) == 700
    assert expression(f"'{'x' * 10_000}'") == LiteralValue("x" * 10_000)


PIECES = st.sampled_from(
    [*"()[]{}<>-+*/%^=.,:;|&!$?'\"`\\\n 019", "MATCH ", "RETURN ", "WITH ", "CALL ", "CREATE ", "n", "n:A",
     "(n)", "-->", "'a'", "EXISTS {", "CASE ", "WHEN ", "/*", "//", "IN ", "NOT ", "1.5", "AS x ", "\x00",
     "é", "\ud800"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_parses_or_ends_in_a_located_error(text):
    try:
        parse(text)
    except QueryError as error:
        assert error.line >= 1  # noqa: PT017


def test_the_grammar_is_not_built_on_import():
    code = (
        "import neuralgraph.query.language as l, neuralgraph.query.language.parser as p;"
        "assert p._built.cache_info().currsize == 0; l.parse('RETURN 1');"
        "assert p._built.cache_info().currsize == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
