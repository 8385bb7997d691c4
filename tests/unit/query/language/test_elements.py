"""The grammar's elements stand inside pyparsing's."""

import pytest
from pyparsing import ParseException

from neuralgraph.query.language.grammar.elements import Separated, name, words


def test_elements_are_parsed_and_refused_like_those_of_pyparsing():
    grammar = words("MATCH") + Separated(name("a name"), "names")
    assert grammar.parse_string("match a, /* and */ `b c`").as_list() == [("a", "b c")]
    with pytest.raises(ParseException):
        grammar.parse_string("match 1")
