"""Schema commands in Neo4j 5 syntax (and the older ``ON ... ASSERT``), SHOW, transactions.

Heads such as ``FOR (n:Label)`` are one regular expression each: nothing nests in them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from neuralgraph.query.language.grammar.clauses import AT, yield_items
from neuralgraph.query.language.grammar.elements import (
    Element,
    Maybe,
    Parsed,
    Parses,
    Piece,
    Separated,
    Sequence,
    flag,
    refuse,
    words,
)
from neuralgraph.query.language.grammar.expressions import parse_type
from neuralgraph.query.language.grammar.projections import unlifted
from neuralgraph.query.language.lexis import NAME, name_value, skip_space, syntax_error
from neuralgraph.query.language.syntax import (
    CreateConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
    ListLiteral,
    Parameter,
    ProjectionItem,
    Show,
    TransactionCommand,
    Variable,
    With,
)
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.grammar.clauses import QueryElement
    from neuralgraph.query.language.grammar.expressions import Operand
    from neuralgraph.query.language.lexis import SourceText

TIMED = ("INDEXES", "CONSTRAINTS")
"""What SHOW may show as it was."""
_SHOW_NEXT = regex(r"\s*SHOW\b", re.IGNORECASE)
_NAMES = regex(NAME)
_LABELS = rf":\s*({NAME}(?:\s*\|\s*:?\s*{NAME})*)"
_NODE_HEAD = rf"\(\s*(?P<node>{NAME})\s*(?::\s*(?P<labels>{NAME}(?:\s*\|\s*:?\s*{NAME})*))?\s*\)"
_EDGE_HEAD = (
    rf"\(\s*\)\s*<?\s*-\s*\[\s*(?P<edge>{NAME})\s*(?::\s*(?P<types>{NAME}(?:\s*\|\s*:?\s*{NAME})*))?\s*\]"
    r"\s*-\s*>?\s*\(\s*\)"
)
_KINDS: dict[str, Any] = {
    "": "RANGE", "RANGE": "RANGE", "BTREE": "RANGE", "TEXT": "TEXT", "POINT": "POINT",
    "LOOKUP": "LOOKUP", "VECTOR": "VECTOR", "FULLTEXT": "FULLTEXT",
}  # fmt: skip


def _entity(match: re.Match[str]) -> tuple[str, str, tuple[str, ...]]:
    """(variable, kind of entity, labels or types)."""
    node = match.group("node") is not None
    variable = match.group("node") if node else match.group("edge")
    names = match.group("labels") if node else match.group("types")
    found = tuple(name_value(part) for part in _NAMES.findall(names)) if names else ()
    return name_value(variable), "node" if node else "edge", found


def _keys(match: re.Match[str]) -> list[tuple[str, str]]:
    """Pairs (variable, key) of ``n.a, n.b``."""
    parts = [name_value(part) for part in _NAMES.findall(match.group("keys"))]
    return list(zip(parts[::2], parts[1::2], strict=True))


_ENTITY = rf"(?:{_NODE_HEAD}|{_EDGE_HEAD})"
_KEY_LIST = rf"(?P<keys>{NAME}\s*\.\s*{NAME}(?:\s*,\s*{NAME}\s*\.\s*{NAME})*)"
_NOT_NAME = r"(?!(?:IF|FOR|ON)\b)"


def _checked_keys(variable: str, pairs: list[tuple[str, str]], start: int) -> tuple[str, ...]:
    for owner, _key in pairs:
        if owner != variable:
            syntax_error(
                f"Variable `{owner}` not defined; the pattern's is `{variable}`",
                start, start + 1, "UndefinedVariable",
            )  # fmt: skip
    return tuple(key for _owner, key in pairs)


def _require_distinct(names: tuple[str, ...], start: int, end: int) -> None:
    """Labels, or keys, of an index; each once."""
    for place, name in enumerate(names):
        if name in names[:place]:
            syntax_error(f"The index names `{name}` twice", start, end)


def create_index(operand: Operand) -> Sequence:
    """``CREATE TEXT INDEX name IF NOT EXISTS FOR (n:L) ON (n.k) OPTIONS {...}``."""
    head = Piece(
        r"CREATE\s+(?:(RANGE|BTREE|TEXT|POINT|LOOKUP|VECTOR|FULLTEXT)\s+)?INDEX\b",
        "CREATE INDEX",
        lambda m: (m.group(1) or "").upper(),
    )
    keys = Piece(
        rf"ON\s*(?:EACH\s*\[\s*{_KEY_LIST.replace('keys', 'listed')}\s*\]"
        rf"|(?:EACH\s*)?\(\s*{_KEY_LIST}\s*\)|(?:EACH\s*)?(?P<bare>{NAME}\s*\.\s*{NAME})(?!\s*,)"
        rf"|(?:EACH\s*)?\(?\s*(?P<lookup>labels|type)\s*\(\s*{NAME}\s*\)\s*\)?)",
        "ON and properties, such as ON (n.key)",
        _index_keys,
    )
    options = Maybe(r"OPTIONS\b", operand.run, None)
    entity = Piece(rf"FOR\s*{_ENTITY}", "FOR and a pattern, such as FOR (n:Label)", _entity)

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> CreateIndex:
        kind, (index_name, given), if_absent, (variable, what, labels), pairs, settings = values
        settings = unlifted(settings)
        span = (start, end)
        entity_: Any = what
        if _KINDS[kind] == "LOOKUP" and (labels or pairs):
            message = (
                "A LOOKUP index is of all: FOR (n) ON EACH labels(n), FOR ()-[r]-() ON EACH type(r)"
            )
            syntax_error(message, *span)
        if _KINDS[kind] != "LOOKUP" and not (labels and pairs):
            syntax_error("An index is of a label or a type, and of properties", *span)
        found = _checked_keys(variable, pairs, start)
        _require_distinct(labels, *span)
        _require_distinct(found, *span)
        return CreateIndex(
            _KINDS[kind], index_name, entity_, labels, found, if_absent, settings, given, span=span
        )

    return Sequence(
        "CREATE INDEX", [head, _optional_name(), _if_not_exists(), entity, keys, options], build
    )


def _index_keys(match: re.Match[str]) -> list[tuple[str, str]]:
    if match.group("lookup") is not None:
        return []
    keys = match.group("keys") or match.group("listed") or match.group("bare")
    parts = [name_value(part) for part in _NAMES.findall(keys)]
    return list(zip(parts[::2], parts[1::2], strict=True))


def old_index() -> Sequence:
    """``CREATE INDEX ON :Label(key)``."""
    target = Piece(
        rf"CREATE\s+INDEX\s+ON\s*:\s*({NAME})\s*\(\s*({NAME}(?:\s*,\s*{NAME})*)\s*\)",
        "CREATE INDEX",
        lambda m: (name_value(m.group(1)), tuple(map(name_value, _NAMES.findall(m.group(2))))),
    )

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> CreateIndex:
        label, keys = values[0]
        _require_distinct(keys, start, end)
        return CreateIndex("RANGE", None, "node", (label,), keys, span=(start, end))

    return Sequence("CREATE INDEX", [target], build)


def _command_name() -> Piece:
    """A name, or a parameter that gives it: (name, parameter), one of them None."""

    def found(match: re.Match[str]) -> tuple[str | None, Parameter | None]:
        if match.group("parameter") is None:
            return name_value(match.group("name")), None
        return None, Parameter(name_value(match.group("parameter")), span=match.span("parameter"))

    return Piece(rf"(?:\$(?P<parameter>{NAME})|(?P<name>{NAME}))", "a name", found)


def _optional_name() -> Maybe:
    return Maybe(rf"(?=\$|{_NOT_NAME}{NAME})", _command_name(), (None, None))


def _if_not_exists() -> Maybe:
    return flag(r"IF\s+NOT\s+EXISTS\b")


class Requirement(Element):
    """What a constraint asks for; gives (kind, pairs of variable and key, type)."""

    _KEYS = regex(rf"\s*(?:\(\s*{_KEY_LIST}\s*\)|{_KEY_LIST.replace('keys', 'bare')})")
    _EXISTS = regex(rf"\s*EXISTS\s*\(\s*{_KEY_LIST}\s*\)", re.IGNORECASE)
    _WHAT = regex(
        r"\s*(?:IS\s+(?:(?:NODE\s+|RELATIONSHIP\s+|REL\s+)?(?P<unique>UNIQUE|KEY)\b|(?P<present>NOT\s+NULL)\b"
        r"|(?P<type>::|TYPED\b))|(?P<short>::))",
        re.IGNORECASE,
    )

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        old = self._EXISTS.match(text, location)
        if old is not None:
            return old.end(), [("NOT NULL", _keys(old), None)]
        keys = self._KEYS.match(text, location)
        if keys is None:
            refuse(text, location, "a property, such as n.key")
        parts = [name_value(p) for p in _NAMES.findall(keys.group("keys") or keys.group("bare"))]
        pairs = list(zip(parts[::2], parts[1::2], strict=True))
        what = self._WHAT.match(text, keys.end())
        if what is None:
            refuse(text, keys.end(), "IS UNIQUE, IS NOT NULL, IS NODE KEY or IS ::")
        if what.group("unique") is not None:
            return what.end(), [(what.group("unique").upper(), pairs, None)]
        if what.group("present") is not None:
            return what.end(), [("NOT NULL", pairs, None)]
        end, type_name = parse_type(text, what.end())
        return end, [("TYPE", pairs, type_name)]


def create_constraint(operand: Operand) -> Sequence:
    """``CREATE CONSTRAINT name IF NOT EXISTS FOR (n:L) REQUIRE n.k IS UNIQUE OPTIONS {...}``."""
    entity = Piece(rf"(?:FOR|ON)\s*{_ENTITY}", "FOR and a pattern, such as FOR (n:Label)", _entity)
    require = Piece(r"(?:REQUIRE|ASSERT)\b", "REQUIRE")

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> CreateConstraint:
        (constraint_name, given), if_absent, (variable, what, labels), required, options = values
        kind, pairs, type_name = required
        span = (start, end)
        if options is not None and kind not in ("UNIQUE", "KEY"):
            syntax_error("Only a constraint with an index (IS UNIQUE, IS KEY) has OPTIONS", *span)
        if len(labels) != 1:
            syntax_error("The pattern of a constraint names one label or type", *span)
        found = _checked_keys(variable, pairs, start)
        entity_: Any = what
        return CreateConstraint(
            kind,
            constraint_name,
            entity_,
            labels[0],
            found,
            type_name,
            if_absent,
            unlifted(options),
            given,
            span=span,
        )

    return Sequence(
        "CREATE CONSTRAINT",
        [
            words("CREATE CONSTRAINT"),
            _optional_name(),
            _if_not_exists(),
            entity,
            require,
            Requirement("a requirement"),
            Maybe(r"OPTIONS\b", operand.run, None),
        ],
        build,
    )


def drop_command() -> Sequence:
    """DROP INDEX / CONSTRAINT name IF EXISTS."""

    def build(
        _text: SourceText, start: int, end: int, values: list[Any]
    ) -> DropIndex | DropConstraint:
        kind, (dropped, given), if_exists = values
        class_ = DropIndex if kind == "INDEX" else DropConstraint
        return class_(dropped or "", if_exists, given, span=(start, end))

    kind = Piece(r"(INDEX|CONSTRAINT)\b", "INDEX or CONSTRAINT", lambda m: m.group(1).upper())
    if_exists = flag(r"IF\s+EXISTS\b")
    return Sequence("DROP", [words("DROP"), kind, _command_name(), if_exists], build)


def transaction_command() -> Sequence:
    """BEGIN, COMMIT, ROLLBACK."""
    word = Piece(r"(BEGIN|COMMIT|ROLLBACK)\b", "BEGIN", lambda m: m.group(1).upper())
    return Sequence(
        "BEGIN",
        [word, Maybe(r"TRANSACTION\b")],
        lambda _text, start, end, values: TransactionCommand(values[0], span=(start, end)),
    )


_WORDS_BEFORE = (
    r"ALL|RANGE|TEXT|POINT|LOOKUP|VECTOR|FULLTEXT|UNIQUE|UNIQUENESS|KEY|EXISTENCE|EXIST|PROPERTY|TYPE|NODE"
    r"|RELATIONSHIP|REL|BUILT\s+IN|USER\s+DEFINED|DEFAULT|HOME"
)
_PLURALS = {
    "INDEX": "INDEXES", "CONSTRAINT": "CONSTRAINTS", "TRANSACTION": "TRANSACTIONS", "FUNCTION": "FUNCTIONS",
    "PROCEDURE": "PROCEDURES", "DATABASE": "DATABASES", "SETTING": "SETTINGS",
}  # fmt: skip
_FOR_WHOM = rf"(?:\s+EXECUTABLE(?:\s+BY\s+(?:CURRENT\s+USER|{NAME}))?)?"


def show_command(query: QueryElement, operand: Operand) -> Sequence:
    """SHOW INDEXES and the like."""
    what = Piece(
        rf"((?:(?:{_WORDS_BEFORE})\s+)*)(?:(INDEX)(?:ES)?\b|(CONSTRAINT|TRANSACTION|SETTING)S?\b"
        rf"|(FUNCTION|PROCEDURE)S?\b{_FOR_WHOM}|(DATABASE)(?:S\b|\b(?:\s+(?!YIELD\b|WHERE\b|RETURN\b){NAME})?))",
        "INDEXES, CONSTRAINTS, FUNCTIONS, PROCEDURES, TRANSACTIONS, SETTINGS or DATABASES",
        lambda m: (
            " ".join(word for word in m.group(1).upper().split() if word != "ALL"),
            _PLURALS[(m.group(2) or m.group(3) or m.group(4) or m.group(5)).upper()],
        ),
    )

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> Show:
        (only, kind), ids, early, yields, where, return_, late = values
        if ids is not None and kind not in ("TRANSACTIONS", "SETTINGS"):
            syntax_error("Only transactions and settings are shown by name", start, end)
        if early is not None and late is not None:
            syntax_error("The command has two times; one AT is enough", *late.span)
        at = early or late
        if at is not None and kind not in TIMED:
            syntax_error("Only indexes and constraints are shown as they were", *at.span)
        return Show(
            kind,
            unlifted(yields),
            unlifted(where),
            unlifted(return_),
            only,
            unlifted(ids),
            at=unlifted(at),
            span=(start, end),
        )

    names = Maybe(r"(?=['\"$\[])", _listed(operand), None)
    moment = Maybe(rf"(?={AT})", query.moment, None)
    tail = [moment, *_tail(query, operand), moment]
    return Sequence("SHOW", [words("SHOW"), what, names, *tail], build)


class TimedShow(Element):
    """``AT TIME ... SHOW INDEXES``; anything else behind the time is a query."""

    def __init__(self, query: QueryElement, show: Parses) -> None:
        super().__init__("a clause")
        self.query = query
        self.show = show

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        start = skip_space(text, location)
        after, (at,) = self.query.moment.parse(text, location)
        if _SHOW_NEXT.match(text, after) is None:
            return self.query.parse(text, location)
        end, (show,) = self.show.parse(text, after)
        if show.at is not None:
            syntax_error("The command has two times; one AT is enough", *show.at.span)
        if show.what not in TIMED:
            syntax_error("Only indexes and constraints are shown as they were", *at.span)
        return end, [replace(show, at=unlifted(at), span=(start, end))]


def terminate_command(query: QueryElement, operand: Operand) -> Sequence:
    """TERMINATE TRANSACTIONS 'a', 'b'."""

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> Show:
        ids, yields, where, return_ = values
        return Show(
            "TRANSACTIONS",
            unlifted(yields),
            unlifted(where),
            unlifted(return_),
            ids=unlifted(ids),
            terminate=True,
            span=(start, end),
        )

    head = Piece(r"TERMINATE\s+TRANSACTIONS?\b", "TERMINATE TRANSACTIONS")
    return Sequence("TERMINATE", [head, _listed(operand), *_tail(query, operand)], build)


def _listed(operand: Operand) -> Sequence:
    """One expression, or several as a list."""

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> Any:
        (items,) = values
        return items[0] if len(items) == 1 else ListLiteral(items, span=(start, end))

    return Sequence("names", [operand.items], build)


def _tail(query: QueryElement, operand: Operand) -> list[Any]:
    """``YIELD ... ORDER BY ... SKIP ... LIMIT ... WHERE ...``, or WHERE alone; then RETURN."""
    star = Piece(r"\*", "'*'", lambda _match: ())
    items: Separated = yield_items()
    return_ = query.table["RETURN"]
    # ORDER BY, SKIP and LIMIT are the last three elements of RETURN.
    ordered = Sequence("ORDER BY", list(cast("Sequence", return_).elements[-3:]))
    where = Maybe(r"WHERE\b", operand.run, None)

    class Columns(Element):
        def parse(self, text: Any, location: int) -> Parsed:
            """Parse it; see the class."""
            if star.pattern.match(text, location) is not None:
                return star.parse(text, location)
            return items.parse(text, location)

    def build(_text: SourceText, start: int, end: int, values: list[Any]) -> With:
        columns, order, skip, limit, predicate = values
        projected = tuple(
            ProjectionItem(
                Variable(item.column, span=item.span), item.name, aliased=True, span=item.span
            )
            for item in columns
        )
        return With(
            projected, not columns, False, order, skip, limit, predicate, span=(start, end)  # noqa: FBT003
        )  # fmt: skip

    return [
        Maybe(r"YIELD\b", Sequence("columns", [Columns("columns"), ordered, where], build), None),
        where,
        Maybe(r"(?=RETURN\b)", return_, None),
    ]
