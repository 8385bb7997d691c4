"""Reading clauses, CALL, and queries made of clauses."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.elements import (
    Choice,
    Element,
    Later,
    Maybe,
    Parsed,
    Parses,
    Piece,
    Repeated,
    Separated,
    Sequence,
    flag,
    name,
    refuse,
    symbol,
    words,
)
from neuralgraph.query.language.grammar.expressions import Operand
from neuralgraph.query.language.grammar.labels import Labels
from neuralgraph.query.language.grammar.patterns import Edge, NamedPath, Node, Path
from neuralgraph.query.language.grammar.projections import (
    narrowing_clauses,
    projections,
    unlifted,
)
from neuralgraph.query.language.grammar.searching import search
from neuralgraph.query.language.grammar.special_forms import add_special_forms
from neuralgraph.query.language.grammar.updates import updating_clauses
from neuralgraph.query.language.lexis import (
    CLAUSE_WORDS,
    NAME,
    NESTING_MAX,
    STRING,
    name_value,
    skip_space,
    string_value,
    syntax_error,
)
from neuralgraph.query.language.syntax import (
    Call,
    CallSubquery,
    EdgePattern,
    Finish,
    LoadCsv,
    Match,
    Pattern,
    QuantifiedPath,
    Query,
    SingleQuery,
    SubqueryTransactions,
    TimePoint,
    Unwind,
    Use,
    YieldItem,
)
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.lexis import SourceText
    from neuralgraph.query.language.syntax import PathPattern

PROCEDURE_NAME = rf"({NAME}(?:\s*\.\s*{NAME})*)"
_PARTS = regex(NAME)
_WORD = regex(r"\s*([^\W\d]\w*)")
_UNION = regex(r"\s*UNION\b(?:\s*(?:(ALL)|(DISTINCT))\b)?", re.IGNORECASE)
_MODE_NEXT = r"(?:\s+BINDINGS?)?(?=\s*[(\w`])"
_MATCH_WORDS = (
    rf"MATCH\b(?:\s+DIFFERENT\s+RELATIONSHIPS?{_MODE_NEXT}"
    rf"|(?P<repeatable>\s+REPEATABLE\s+ELEMENTS?{_MODE_NEXT}))?"
)
AT = r"AT\s+(?:TIMESTAMP|TIME|TRANSACTION)\b"
_AT_NEXT = regex(rf"\s*{AT}", re.IGNORECASE)


class QueryElement(Element):
    """A whole query: clauses, UNION, a time before or behind it.

    Attributes:
        table: clause elements by first word.
    """

    def __init__(self, table: dict[str, Parses], moment: Parses) -> None:
        super().__init__("a clause, such as MATCH, CREATE or RETURN")
        self.table = table
        self.moment = moment

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        start = skip_space(text, location)
        depth = text.depth + 1
        if depth > NESTING_MAX:
            syntax_error(f"Subqueries are nested more than {NESTING_MAX} deep", start, start + 1)
        text.depth = depth
        at = None
        if _AT_NEXT.match(text, location) is not None:
            location, (at,) = self.moment.parse(text, location)
        location, part = self._single(text, location)
        parts = [part]
        kinds: set[bool] = set()
        while (union := _UNION.match(text, location)) is not None:
            kinds.add(union.group(1) is not None)
            if len(kinds) > 1:
                message = "UNION and UNION ALL cannot be mixed in one query"
                span = (skip_space(text, location), union.end())
                syntax_error(message, *span, "InvalidClauseComposition")
            location, part = self._single(text, union.end())
            parts.append(part)
        if _AT_NEXT.match(text, location) is not None:
            if at is not None:
                syntax_error("The query has two times; one AT is enough", location, location + 3)
            location, (at,) = self.moment.parse(text, location)
        text.depth = depth - 1
        return location, [Query(tuple(parts), True in kinds, at, span=(start, location))]

    def _single(self, text: SourceText, location: int) -> tuple[int, SingleQuery]:
        start = skip_space(text, location)
        clauses: list[Any] = []
        table = self.table
        while True:
            match = _WORD.match(text, location)
            element = None if match is None else table.get(match.group(1).upper())
            if element is None:
                if not clauses:
                    refuse(text, location, self.wanted)
                refuse_next(text, location)
                return location, SingleQuery(tuple(clauses), span=(start, location))
            end, found = element.parse(text, location)
            if end == location:
                # A clause of optional parts (ORDER BY, SKIP, LIMIT alone) may find none of them.
                refuse(text, location, self.wanted)
            location = end
            clauses.extend(found)


def refuse_next(text: SourceText, location: int) -> None:
    """Note that a clause could have gone on here, without failing."""
    location = skip_space(text, location)
    if location > text.furthest:
        text.furthest = location
        text.expected = ["a clause", "the end"]


def make_query() -> tuple[QueryElement, Operand]:
    """Build the whole grammar of queries; gives it and its expressions."""
    operand = Operand()
    operand.labels = Labels(operand)
    operand.labels_without_bars = Labels(operand, bars=False)
    operand.types = Labels(operand, of_edges=True)
    path = Path(operand, Node(operand), Edge(operand))
    operand.paths = path
    named_path = NamedPath(path)
    query, clause = Later("a query"), Later("a clause")
    pattern = Separated(named_path, "a pattern")
    moment = _moment(operand)
    table: dict[str, Parses] = {}
    whole = QueryElement(table, moment)
    query.element = whole
    where = Maybe(r"WHERE\b", operand.run, None)
    inner = Choice("a query or a pattern", table, _short_query(pattern, where))
    inner.table = dict.fromkeys(CLAUSE_WORDS, whole)
    add_special_forms(operand, named_path, inner)
    with_, return_ = projections(operand)
    narrowing = narrowing_clauses(operand)
    later = Maybe(rf"(?={AT})", moment, None)
    head = Piece(_MATCH_WORDS, "MATCH", lambda m: m.group("repeatable") is not None)
    hints = Repeated(r"USING\b", _hint())
    match = Sequence("MATCH", [head, pattern, hints, later, search(operand), where, later], _match)
    table.update(updating_clauses(operand, named_path, clause))
    table.update(
        {
            "MATCH": match,
            "WITH": with_,
            "RETURN": return_,
            **narrowing,
            "UNWIND": Sequence(
                "UNWIND", [words("UNWIND"), operand.run, words("AS"), name("a variable")], _unwind
            ),
            "CALL": Call_(operand, query),
            "LOAD": _load_csv(operand),
            "USE": Sequence(
                "USE",
                [
                    words("USE"),
                    Piece(PROCEDURE_NAME, "a graph", procedure_name),
                    Maybe(r"\(", Sequence("a graph", [operand.run, symbol(")")], _first), None),
                ],
                lambda _t, start, end, values: Use(
                    values[0], unlifted(values[1]), span=(start, end)
                ),
            ),
            "FINISH": Sequence(
                "FINISH", [words("FINISH")], lambda _t, start, end, _v: Finish(span=(start, end))
            ),
        }
    )  # fmt: skip
    table["OPTIONAL"] = Optional_(table["MATCH"], table["CALL"])
    clause.element = Choice(whole.wanted, table)
    return whole, operand


def _first(_text: SourceText, _start: int, _end: int, values: list[Any]) -> Any:
    return values[0]


def _hint() -> Piece:
    """``USING INDEX n:Label(key)`` and the like: the planner decides by itself, so they are only read."""
    labelled = rf"{NAME}\s*:\s*{NAME}"
    keys = rf"\(\s*{NAME}(?:\s*,\s*{NAME})*\s*\)"
    return Piece(
        rf"USING\s+(?:(?:(?:RANGE|TEXT|POINT|BTREE)\s+)?INDEX\s+(?:SEEK\s+)?{labelled}\s*{keys}"
        rf"|SCAN\s+{labelled}|JOIN\s+ON\s+{NAME}(?:\s*,\s*{NAME})*)",
        "INDEX n:Label(key), SCAN n:Label or JOIN ON n",
    )


def _short_query(pattern: Parses, where: Parses) -> Sequence:
    """``EXISTS { (a)-->(b) WHERE p }``: a query of one MATCH."""

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> Query:
        paths, predicate = values
        drawn = Pattern(paths, span=(start, paths[-1].span[1]))
        only = Match(drawn, predicate, span=(start, end))
        return Query((SingleQuery((only,), span=(start, end)),), span=(start, end))

    return Sequence("a pattern", [pattern, where], build)


def _moment(operand: Operand) -> Sequence:
    word = Piece(r"AT\s+(TIMESTAMP|TIME|TRANSACTION)\b", "AT TIME", lambda m: m.group(1).upper())

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> TimePoint:
        return TimePoint(values[0], values[1], span=(start, end))

    return Sequence("AT TIME", [word, operand.run], build)


def _match(_text: SourceText, start: int, end: int, values: list[Any]) -> Match:
    repeatable, paths, at, search, where, late = values
    pattern = Pattern(paths, repeatable, span=(paths[0].span[0], paths[-1].span[1]))
    if repeatable:
        _require_bounds(paths)
    if at is not None and late is not None:
        syntax_error("The clause has two times; one AT is enough", *late.span)
    return Match(pattern, where, optional=False, at=at or late, search=search, span=(start, end))


def _require_bounds(paths: tuple[PathPattern, ...]) -> None:
    """Where relationships may come again, only bounds end a walk.

    Raises:
        QuerySyntaxError: a quantifier without an upper bound, a selector, or the older ``-[*1..3]-``.
    """
    for path in paths:
        if path.selector is not None:
            syntax_error("REPEATABLE ELEMENTS goes with no path selector", *path.span)
        for element in path.elements[1::2]:
            if isinstance(element, EdgePattern) and element.length is not None:
                message = "With REPEATABLE ELEMENTS a length is written as -[:TYPE]-{1,3}"
                syntax_error(message, *element.span)
            if isinstance(element, QuantifiedPath):
                if element.max is None:
                    message = "With REPEATABLE ELEMENTS a quantifier needs an upper bound, as {1,5}"
                    syntax_error(message, *element.span)
                _require_bounds((element.pattern,))


def _unwind(_text: SourceText, start: int, end: int, values: list[Any]) -> Unwind:
    return Unwind(values[0], values[1], span=(start, end))


class Optional_(Element):  # noqa: N801 (OPTIONAL is the clause's name)
    """OPTIONAL MATCH, OPTIONAL CALL."""

    def __init__(self, match: Parses, call: Parses) -> None:
        super().__init__("OPTIONAL MATCH")
        self.optional = words("OPTIONAL")
        self.following = Choice("MATCH", {"MATCH": match, "CALL": call})

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        start = skip_space(text, location)
        location, _found = self.optional.parse(text, location)
        location, (clause,) = self.following.parse(text, location)
        return location, [replace(clause, optional=True, span=(start, location))]


def procedure_name(match: re.Match[str]) -> str:
    """The dotted name without spaces and back-quotes."""
    return ".".join(name_value(part) for part in _PARTS.findall(match.group(1)))


def yield_items() -> Separated:
    """``column AS name, ...``."""

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> YieldItem:
        column, alias = values
        return YieldItem(column, alias or column, span=(start, end))

    item = Sequence("a column", [name("a column"), Maybe(r"AS\b", name("a name"), None)], build)
    return Separated(item, "columns")


_BRACE = regex(r"\s*\{")
_SCOPE = regex(r"\s*\(\s*(?:(?P<star>\*)|(?P<none>(?=\))))?")


class Call_(Element):  # noqa: N801 (CALL is the clause's name)
    """CALL procedure(...) YIELD ..., CALL { ... }, CALL (a, b) { ... }."""

    def __init__(self, operand: Operand, query: Parses) -> None:
        super().__init__("a procedure or '{'")
        self.query = query
        self.word = words("CALL")
        self.close = symbol(")")
        self.close_brace = symbol("}")
        self.open_brace = symbol("{")
        self.imports = Separated(name("a variable"), "variables")
        self.transactions = Maybe(r"IN\b", _in_transactions(operand), None)
        self.procedure = Piece(PROCEDURE_NAME, "a procedure", procedure_name)
        self.arguments = Maybe(
            r"\(",
            Sequence("arguments", [Maybe(r"(?!\))", operand.items, ()), symbol(")")]),
            None,
        )
        self.yields = Maybe(r"YIELD\b", Sequence("columns", [_star_or(yield_items())]), None)
        self.where = Maybe(r"WHERE\b", operand.run, None)

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        start = skip_space(text, location)
        location, _found = self.word.parse(text, location)
        scope = _SCOPE.match(text, location)
        if scope is not None:
            location = scope.end()
            star = scope.group("star") is not None
            imports: tuple[str, ...] | None = ()
            if not star and scope.group("none") is None:
                location, (imports,) = self.imports.parse(text, location)
            location, _found = self.close.parse(text, location)
            return self._subquery(text, location, start, (imports, star))
        if _BRACE.match(text, location) is not None:
            return self._subquery(text, location, start, (None, False))
        location, (procedure,) = self.procedure.parse(text, location)
        location, (arguments,) = self.arguments.parse(text, location)
        location, (yielded,) = self.yields.parse(text, location)
        where = None
        if yielded is not None:
            location, (where,) = self.where.parse(text, location)
        every = yielded == "*"
        yields = None if every else yielded
        return location, [Call(procedure, arguments, yields, every, where, span=(start, location))]

    def _subquery(
        self,
        text: SourceText,
        location: int,
        start: int,
        scope: tuple[tuple[str, ...] | None, bool],
    ) -> Parsed:
        location, _found = self.open_brace.parse(text, location)
        location, found = self.query.parse(text, location)
        location, _found = self.close_brace.parse(text, location)
        location, (transactions,) = self.transactions.parse(text, location)
        call = CallSubquery(found[0], *scope, transactions, span=(start, location))
        return location, [call]


def _star_or(items: Separated) -> Parses:
    star = Piece(r"\*", "'*'", lambda _match: "*")
    return Choice("columns", {"*": star}, items)


def _in_transactions(operand: Operand) -> Sequence:
    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> SubqueryTransactions:
        rows, (retry, retry_s, on_error), status = values
        return SubqueryTransactions(
            unlifted(rows), on_error, status, retry, unlifted(retry_s), span=(start, end)
        )

    rows = Sequence("rows", [operand.run, Piece(r"ROWS?\b", "ROWS")])
    otherwise = Piece(
        r"(FAIL|CONTINUE|BREAK)\b", "FAIL, CONTINUE or BREAK", lambda m: m.group(1).upper()
    )
    seconds = Sequence("seconds", [operand.run, Piece(r"SEC(?:OND)?S?\b", "SECONDS")])
    retry = Sequence(
        "RETRY",
        [
            words("RETRY"),
            Maybe(r"FOR\b", seconds, None),
            Maybe(r"THEN\b", otherwise, "FAIL"),
        ],
        lambda _text, _start, _end, values: (True, *values),
    )
    plain = Sequence(
        otherwise.wanted, [otherwise], lambda _text, _start, _end, values: (False, None, *values)
    )
    on_error = Choice("RETRY, FAIL, CONTINUE or BREAK", {"RETRY": retry}, plain)
    return Sequence(
        "IN TRANSACTIONS",
        [
            Piece(r"(?:(?:\d+|\$\w+)\s+)?(?:CONCURRENT\s+)?TRANSACTIONS\b", "TRANSACTIONS"),
            Maybe(r"OF\b", rows, None),
            Maybe(r"ON\s+ERROR\b", on_error, (False, None, "FAIL")),
            Maybe(r"REPORT\s+STATUS\s+AS\b", name("a variable"), None),
        ],
        build,
    )


def _terminator(match: re.Match[str]) -> str:
    """One character, which neither quotes fields nor ends lines."""
    value = string_value(match.group(1), match.start(1))
    if len(value) != 1 or value in '"\r\n\0':
        message = "FIELDTERMINATOR is one character, and no quote or line break"
        syntax_error(message, *match.span(1), "InvalidFieldTerminator")
    return value


def _load_csv(operand: Operand) -> Sequence:
    terminator = Piece(rf"({STRING})", "a string", _terminator)

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> LoadCsv:
        headers, source, variable, separator = values
        return LoadCsv(unlifted(source), variable, headers, separator, span=(start, end))

    return Sequence(
        "LOAD CSV",
        [
            words("LOAD CSV"),
            flag(r"WITH\s+HEADERS\b"),
            words("FROM"),
            operand.run,
            words("AS"),
            name("a variable"),
            Maybe(r"FIELDTERMINATOR\b", terminator, ","),
        ],
        build,
    )
