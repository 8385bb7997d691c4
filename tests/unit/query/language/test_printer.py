import pytest

from neuralgraph.query.language import parse, print_expression, print_statement
from neuralgraph.query.language.syntax import Binary, LabelOr, LiteralValue, Variable
from tests.unit.query.language.corpus import STATEMENTS, expression, needs_tck, parseable_texts


@pytest.mark.parametrize("text", STATEMENTS)
def test_printed_statement_parses_to_the_same_tree(text):
    tree = parse(text)
    assert parse(print_statement(tree)) == tree


@needs_tck
def test_every_tck_query_prints_to_the_same_tree():
    different = []
    for text in parseable_texts():
        tree = parse(text)
        if parse(print_statement(tree)) != tree:
            different.append(text)
    assert not different


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("(a+b)*c", "(a + b) * c"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a AND b) OR c", "a AND b OR c"),
        ("a AND (b OR c)", "a AND (b OR c)"),
        ("NOT (a AND b)", "NOT (a AND b)"),
        ("(a OR b) OR (c OR d)", "(a OR b) OR (c OR d)"),
        ("-(1)", "-(1)"),
        ("(-1).x", "(-1).x"),
        ("n:A|B", "(n:A|B)"),
        ("`where`.`a b`", "`where`.`a b`"),
        (r"'it\'s'", r"'it\'s'"),
        ("COUNT{(n)-->()}", "COUNT { MATCH (n)-->() }"),
    ],
)
def test_expressions_print_with_the_parentheses_they_need(text, printed):
    tree = expression(text)
    assert print_expression(tree) == printed
    assert expression(printed) == tree


def test_balanced_alternatives_print_flat():
    tree = expression(" OR ".join(f"x{number}" for number in range(40)))
    assert "(" not in print_expression(tree)
    lopsided = Variable("x")
    for number in range(40):
        lopsided = Binary("OR", lopsided, LiteralValue(number))
    assert expression(print_expression(lopsided)) == lopsided


def test_labels_keep_their_grouping():
    text = "MATCH (n:A&(B|!(C&D))) RETURN n"
    tree = parse(text)
    assert print_statement(tree) == text
    labels = tree.body.parts[0].clauses[0].pattern.paths[0].elements[0].labels
    assert isinstance(labels.operands[1], LabelOr)
