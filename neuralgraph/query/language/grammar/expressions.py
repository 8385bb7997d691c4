"""Expressions: runs of operands and operators, and the atoms they are made of.

`Run` is the element that parses an expression. It does not nest levels of precedence: it takes operand,
operator, operand, ... as they come, one regular expression each, and folds the flat list by precedence
at the end (`operators.fold`). Atoms that are whole lexical pieces (numbers, strings, ``n.name``) are
one match; forms that begin with a keyword come from `special_forms`.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from neuralgraph.query.language.grammar.elements import (
    Element,
    Parsed,
    Parses,
    Piece,
    Separated,
    Sequence,
    refuse,
)
from neuralgraph.query.language.grammar.operators import (
    Prefix,
    Suffix,
    fold,
    label_test,
    null_test,
    type_test,
)
from neuralgraph.query.language.grammar.string_forms import normal_test, with_normal_form
from neuralgraph.query.language.lexis import (
    CHAIN_MAX,
    IDENTIFIER,
    NAME,
    NESTING_MAX,
    NUMBER,
    RESERVED,
    STRING,
    SourceText,
    looks_like_path,
    name_value,
    number_value,
    string_value,
    syntax_error,
)
from neuralgraph.query.language.syntax import (
    Expression,
    FunctionCall,
    HasLabels,
    Index,
    LabelExpression,
    LabelOr,
    LiftedLiteral,
    ListComprehension,
    ListLiteral,
    LiteralValue,
    MapLiteral,
    MapProjection,
    MapProjectionItem,
    Match,
    Parameter,
    Pattern,
    PatternPredicate,
    Property,
    Query,
    SingleQuery,
    Slice,
    Subquery,
    Variable,
)
from neuralgraph.regexes import regex
from neuralgraph.stopping import glance

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPERAND = regex(
    rf"""\s*(?:
      (?P<prefix>NOT\b|[-+])
    | (?P<path>{IDENTIFIER}(?:\s*\.\s*{NAME})*)\s*(?P<call>\()?
    | (?P<number>{NUMBER})
    | (?P<string>(?s:{STRING}))
    | (?P<parameter>\$\s*(?:\w+|`(?:[^`]|``)+`))
    | (?P<open>[\[({{])
    | (?P<quoted>{NAME}(?:\s*\.\s*{NAME})*)\s*(?P<quoted_call>\()?
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_POSTFIX = regex(rf"\s*(?:\.\s*(?P<key>{NAME})|(?P<index>\[)|(?P<labels>:(?!:))|(?P<map>\{{))")
_TYPE_WORD = r"(?:ANY(?:\s+PROPERTY)?\s+VALUE\b|(?:LOCAL|ZONED|TIMESTAMP|LIST|ARRAY|PROPERTY|SIGNED|\w)[\w]*)"
_OPERATOR = regex(
    r"""\s*(?:
      (?P<symbol><>|!=|<=|>=|=~|\|\||[-+*/%^=<>])
    | (?P<word>AND|OR|XOR|IN|CONTAINS)\b
    | (?P<words>STARTS\s+WITH|ENDS\s+WITH)\b
    | (?P<null>IS\s+(?P<negated>NOT\s+)?NULL)\b
    | (?P<type>(?:IS\s+(?P<untyped>NOT\s+)?(?:::|TYPED\b)|::))
    | (?P<normal>IS\s+(?P<abnormal>NOT\s+)?(?:(?P<form>NFK?[CD])\s+)?NORMALIZED)\b
    | (?P<labelled>IS\s+(?P<without>NOT\b\s*)?(?=[\w`!%($]))
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_SUFFIXES = frozenset({"null", "type", "normal", "labelled"})
_TYPE_NAME = regex(r"\s*(?:[A-Z]\w*)", re.IGNORECASE)
_TYPE_MORE = regex(
    r"\s+(?:NODE|EDGE|VALUE|MAP|ZONED|LOCAL|DATETIME|TIME|WITH|WITHOUT|TIMEZONE|ZONE|FLOAT|INTEGER|NULL|NOT\s+NULL|PROPERTY|PRECISION|POINT)\b",
    re.IGNORECASE,
)
_EMPTY_LIST = regex(r"\s*\]")
_COMPREHENSION_NEXT = regex(r"\s*(?:(WHERE)\b|(\|)(?!\|))", re.IGNORECASE)
_LIST_NEXT = regex(r"\s*(,|\])")
_BAR = regex(r"\s*\|(?!\|)")
_DOTS = regex(r"\s*\.\.")
_CLOSE_INDEX = regex(r"\s*\]")
_CLOSE_ANGLE = regex(r"\s*>")
_CLOSE_PAREN = regex(r"\s*\)")
_CLOSE_BRACE = regex(r"\s*\}")
_OLD_PARAMETER = regex(rf"\s*({NAME})\s*\}}")
_ARGUMENTS = regex(
    r"\s*(?:(?P<star>\*\s*\))|(?P<none>\))|(?P<distinct>DISTINCT\b)"
    # `all` may be a variable, or begin all(x IN ...).
    r"|(?P<every>ALL\s+(?!(?:IN|AND|X?OR|IS|STARTS|ENDS|CONTAINS)\b)(?=[\w`$'\"\[{])))",
    re.IGNORECASE,
)
_LIST_PATTERN = regex(rf"\s*(?:{NAME}\s*=\s*)?(?=\()")


def literal(text: SourceText, value: Any, start: int, end: int) -> Expression:
    """A literal, lifted where the plan cache took it out of the text."""
    index = text.lifted.get(start) if text.lifted else None
    if index is not None:
        return LiftedLiteral(index, value, span=(start, end))
    return LiteralValue(value, span=(start, end))


class Run(Element):
    """An expression.

    Attributes:
        operand: parses one operand with what is attached to it.
        bars: may ``|`` go on a label expression? Not where it ends the expression
            (comprehensions, reduce, FOREACH).
        folds: False to give the flat list of tokens, one token: the list.
    """

    def __init__(self, operand: Operand, *, bars: bool = True, folds: bool = True) -> None:
        super().__init__("an expression")
        self.operand = operand
        self.bars = bars
        self.folds = folds

    def parse(self, text: Any, location: int) -> Parsed:
        """Parse it; see the class."""
        depth = text.depth + 1
        if depth > NESTING_MAX:
            message = f"Expressions are nested more than {NESTING_MAX} levels deep"
            syntax_error(message, location, location + 1)
        text.depth = depth
        tokens: list[Any] = []
        location = self.operand.scan(text, location, tokens, bars=self.bars)
        location = self.rest(text, location, tokens)
        text.depth = depth - 1
        if self.folds:
            return location, (tokens if len(tokens) == 1 else [fold(tokens)])
        return location, [tokens]

    def rest(self, text: SourceText, location: int, tokens: list[Any]) -> int:
        """What follows an operand: operators and operands, appended to `tokens`; gives the end."""
        scan, bars = self.operand.scan, self.bars
        while True:
            match = _OPERATOR.match(text, location)
            while match is not None and match.lastgroup in _SUFFIXES:
                location = self._suffix(text, match, tokens, bars=bars)
                match = _OPERATOR.match(text, location)
            if match is None:
                break
            location = match.end()
            kind: Any = match.lastgroup
            word = match.group(kind)
            if kind == "word":
                word = word.upper()
            elif kind == "words":
                word = "STARTS WITH" if word[0] in "sS" else "ENDS WITH"
            elif word == "!=":
                word = "<>"
            tokens.append(word)
            location = scan(text, location, tokens, bars=bars)
        return location

    def _suffix(
        self, text: SourceText, match: re.Match[str], tokens: list[Any], *, bars: bool
    ) -> int:
        """``IS NULL``, ``IS :: TYPE``, ``IS NORMALIZED`` or ``IS Label`` behind an operand."""
        end, kind = match.end(), match.lastgroup
        if kind == "null":
            tokens.append(null_test(negated=match.group("negated") is not None, end=end))
        elif kind == "normal":
            form = (match.group("form") or "NFC").upper()
            tokens.append(Suffix((normal_test, (form, match.group("abnormal") is not None), end)))
        elif kind == "labelled":
            labels = self.operand.labels if bars else self.operand.labels_without_bars
            end, (expression,) = labels.parse(text, end)
            negated = match.group("without") is not None
            tokens.append(label_test(expression, negated=negated, end=end))
        else:
            end, type_name = parse_type(text, end)
            negated = match.group("untyped") is not None
            tokens.append(type_test(type_name, negated=negated, end=end))
        return end


def parse_type(text: SourceText, location: int) -> tuple[int, str]:
    """A type such as ``LIST<INTEGER NOT NULL> | STRING``; gives its end and its normalised text."""
    parts: list[str] = []
    while True:
        match = _TYPE_NAME.match(text, location)
        if match is None:
            refuse(text, location, "a type")
        words = [match.group().strip().upper()]
        location = match.end()
        if words[0] in {"LIST", "ARRAY", "ANY"} and text[location : location + 1] == "<":
            location, inner = parse_type(text, location + 1)
            words[0] = f"{'ANY' if words[0] == 'ANY' else 'LIST'}<{inner}>"
            closing = _CLOSE_ANGLE.match(text, location)
            if closing is None:
                refuse(text, location, "'>'")
            location = closing.end()
        more = _TYPE_MORE.match(text, location)
        while more is not None:
            words += more.group().upper().split()
            location = more.end()
            more = _TYPE_MORE.match(text, location)
        parts.append(" ".join(words))
        bar = _BAR.match(text, location)
        if bar is None or _TYPE_NAME.match(text, bar.end()) is None:
            return location, " | ".join(parts)
        location = bar.end()


class Operand:
    """Parses one operand: prefixes, an atom, and what is attached behind it.

    Attributes:
        special: by keyword: what must follow the word (a compiled pattern or None), and the element.
        paths: parses a path pattern used as a predicate.
        path_comprehension: parses a pattern comprehension from behind its ``[``.
        labels, labels_without_bars: parse a label expression from behind its colon.
    """

    def __init__(self) -> None:
        self.special: dict[str, tuple[re.Pattern[str] | None, Parses]] = {}
        self.paths: Parses
        self.path_comprehension: Parses
        self.labels: Parses
        self.labels_without_bars: Parses
        self.types: Parses
        self.run = Run(self)
        self.run_without_bars = Run(self, bars=False)
        self.flat_run = Run(self, bars=False, folds=False)
        self.items = Separated(self.run, "expressions")
        # A map may have an empty key; what is stored may not.
        key = Piece(rf"({NAME}|``)\s*:(?!:)", "a key and ':'", lambda m: name_value(m.group(1)))
        entry = Sequence("an entry", [key, self.run], lambda _t, _s, _e, values: tuple(values))
        self.entries = Separated(entry, "entries")
        self.projections = Separated(self._projection_item(), "properties")
        self.atoms: Mapping[str, Any] = {
            "path": self.named,
            "quoted": self.named,
            "call": self.called,
            "quoted_call": self.called,
            "string": self.string,
            "parameter": self.parameter,
            "open": self.opened,
        }

    def _projection_item(self) -> Element:
        operand = self

        class Item(Element):
            pattern = regex(
                rf"\s*(?:\.\s*(?P<all>\*)|\.\s*(?P<property>{NAME})|(?P<entry>{NAME})\s*:(?!:)|(?P<variable>{NAME}))"
            )

            def parse(self, text: Any, location: int) -> Parsed:
                """Parse it; see the class."""
                match = self.pattern.match(text, location)
                if match is None:
                    refuse(text, location, "'.key', '.*', 'key: value' or a variable")
                kind: Any = match.lastgroup
                start, end = match.start(kind), match.end()
                if kind == "all":
                    return end, [MapProjectionItem("all", "*", span=(start, end))]
                key = name_value(match.group(kind))
                value = None
                if kind == "entry":
                    end, (value,) = operand.run.parse(text, end)
                return end, [MapProjectionItem(kind, key, value, span=(start, end))]

        return Item("an item of a map projection")

    # ── the scan ──────────────────────────────────────────────────────────────────────────────

    def scan(self, text: SourceText, location: int, tokens: list[Any], *, bars: bool) -> int:
        """Append prefixes and one operand to `tokens`; gives where they end."""
        glance()
        match = _OPERAND.match(text, location)
        kind = match.lastgroup if match is not None else None
        while kind == "prefix":
            prefix = Prefix(match.group("prefix").upper())  # type: ignore[union-attr]
            prefix.start = match.start("prefix")  # type: ignore[union-attr]
            tokens.append(prefix)
            location = match.end()  # type: ignore[union-attr]
            match = _OPERAND.match(text, location)
            kind = match.lastgroup if match is not None else None
        if match is None or kind is None:
            refuse(text, location, "an expression")
        if kind == "number":
            location, node = self.number(text, match, tokens)
        else:
            location, node = self.atoms[kind](text, match)
        postfix = _POSTFIX.match(text, location)
        count = 0
        while postfix is not None:
            if postfix.lastgroup == "map" and type(node) is not Variable:
                break
            location, node = self.attached(text, postfix, node, bars=bars)
            count += 1
            if count > CHAIN_MAX:
                syntax_error(f"More than {CHAIN_MAX} look-ups in a row", location - 1, location)
            postfix = _POSTFIX.match(text, location)
        tokens.append(node)
        return location

    def scan_atom(self, text: SourceText, location: int) -> tuple[int, Any]:
        """One atom with nothing attached: the map or parameter of a pattern."""
        match = _OPERAND.match(text, location)
        if match is None or match.lastgroup not in {"open", "parameter"}:
            refuse(text, location, "a map")
        atom: tuple[int, Any] = self.atoms[match.lastgroup](text, match)
        return atom

    def attached(
        self, text: SourceText, match: re.Match[str], node: Expression, *, bars: bool
    ) -> tuple[int, Expression]:
        """What stands behind an operand: ``.key``, ``[index]``, ``:Label`` or ``{projection}``."""
        end, start = match.end(), node.span[0]
        kind = match.lastgroup
        if kind == "key":
            return end, Property(node, name_value(match.group("key")), span=(start, end))
        if kind == "index":
            return self.indexed(text, end, node)
        if kind == "labels":
            labels = self.labels if bars else self.labels_without_bars
            end, (expression,) = labels.parse(text, end)
            return end, HasLabels(node, expression, span=(start, end))
        close = _CLOSE_BRACE.match(text, end)
        items: tuple[MapProjectionItem, ...] = ()
        if close is None:
            end, (items,) = self.projections.parse(text, end)
            close = _closing(_CLOSE_BRACE, text, end, "',' or '}'")
        return close.end(), MapProjection(node, items, span=(start, close.end()))

    def indexed(self, text: SourceText, location: int, node: Expression) -> tuple[int, Expression]:
        """``[index]`` or ``[start..stop]`` from behind the bracket."""
        start: Expression | None = None
        dots = _DOTS.match(text, location)
        if dots is None:
            location, (start,) = self.run.parse(text, location)
            dots = _DOTS.match(text, location)
        if dots is None:
            close = _closing(_CLOSE_INDEX, text, location, "']' or '..'")
            return close.end(), Index(node, start, span=(node.span[0], close.end()))  # type: ignore[arg-type]
        location = dots.end()
        stop: Expression | None = None
        close_now = _CLOSE_INDEX.match(text, location)
        if close_now is None:
            location, (stop,) = self.run.parse(text, location)
            close_now = _closing(_CLOSE_INDEX, text, location, "']'")
        return close_now.end(), Slice(node, start, stop, span=(node.span[0], close_now.end()))

    # ── atoms ─────────────────────────────────────────────────────────────────────────────────

    def number(
        self, text: SourceText, match: re.Match[str], tokens: list[Any]
    ) -> tuple[int, Expression]:
        """A number; a minus right before it becomes part of it, unless it was lifted."""
        start, end = match.start("number"), match.end()
        negative = bool(tokens) and type(tokens[-1]) is Prefix and tokens[-1] == "-"
        if negative and not (text.lifted and start in text.lifted):
            start_sign = tokens.pop().start
            value = number_value(match.group("number"), start, negative=True)
            return end, LiteralValue(value, span=(start_sign, end))
        return end, literal(text, number_value(match.group("number"), start), start, end)

    def string(self, text: SourceText, match: re.Match[str]) -> tuple[int, Expression]:
        """A string."""
        start, end = match.start("string"), match.end()
        # Comments were blanked out in `text`, never inside strings, so this is the original.
        return end, literal(text, string_value(match.group("string"), start), start, end)

    def parameter(self, _text: SourceText, match: re.Match[str]) -> tuple[int, Expression]:
        """``$name``."""
        name = name_value(match.group("parameter")[1:].strip())
        return match.end(), Parameter(name, span=(match.start("parameter"), match.end()))

    def named(self, text: SourceText, match: re.Match[str]) -> tuple[int, Expression]:
        """A variable with its ``.keys``, or a form that begins with a keyword."""
        kind = match.lastgroup or "path"
        path = match.group(kind)
        start = match.start(kind)
        if "." in path or path[0] == "`":
            return match.end(kind), _chain(path, start)
        word = path.upper()
        if word in _NOT_FINITE and not text.binds(path):
            end = match.end(kind)
            return end, LiteralValue(_NOT_FINITE[word], span=(start, end))
        special = self.special.get(word)
        if special is not None and (special[0] is None or special[0].match(text, match.end(kind))):
            location, (node,) = special[1].parse(text, start)
            return location, node
        if word in RESERVED:
            refuse(text, start, "an expression")
        end = match.end(kind)
        return end, Variable(path, span=(start, end))

    def called(self, text: SourceText, match: re.Match[str]) -> tuple[int, Expression]:
        """``name(arguments)`` or a form that begins with a keyword and a parenthesis."""
        kind = "path" if match.lastgroup == "call" else "quoted"
        path, start = match.group(kind), match.start(kind)
        word = path.upper()
        special = self.special.get(word)
        if special is not None and (special[0] is None or special[0].match(text, match.end(kind))):
            location, (node,) = special[1].parse(text, start)
            return location, node
        if word in RESERVED:
            refuse(text, start, "an expression")
        name = ".".join(_names(path))
        location = match.end()
        head = _ARGUMENTS.match(text, location)
        distinct = False
        if head is not None:
            location = head.end()
            if head.lastgroup == "star":
                return location, FunctionCall(name, (), star=True, span=(start, location))
            if head.lastgroup == "none":
                return location, FunctionCall(name, (), span=(start, location))
            distinct = head.lastgroup == "distinct"
        location, (arguments,) = self.items.parse(text, location)
        location = _closing(_CLOSE_PAREN, text, location, "',' or ')'").end()
        if word == "EXISTS":
            return location, _exists(arguments[0], (start, location))
        if word == "NORMALIZE":
            arguments = with_normal_form(arguments)
        return location, FunctionCall(name, arguments, distinct=distinct, span=(start, location))

    def opened(self, text: SourceText, match: re.Match[str]) -> tuple[int, Expression]:
        """Something in brackets."""
        start, location = match.start("open"), match.end()
        bracket = match.group("open")
        if bracket == "[":
            return self.bracketed(text, start, location)
        if bracket == "{":
            close = _CLOSE_BRACE.match(text, location)
            entries: tuple[tuple[str, Expression], ...] = ()
            if close is None:
                old = _OLD_PARAMETER.match(text, location)
                if old is not None:
                    name = old.group(1)
                    hint = f"${name_value(name)}" if name.isalnum() else f"${name}"
                    message = f"{{{name}}} is how parameters were written once; write {hint}"
                    syntax_error(message, start, old.end())
                location, (entries,) = self.entries.parse(text, location)
                close = _closing(_CLOSE_BRACE, text, location, "',' or '}'")
            return close.end(), MapLiteral(entries, span=(start, close.end()))
        if looks_like_path(text, start):
            location, (path,) = self.paths.parse(text, start)
            return location, PatternPredicate(path, span=(start, location))
        location, (node,) = self.run.parse(text, location)
        location = _closing(_CLOSE_PAREN, text, location, "')' or an operator").end()
        return location, node

    def bracketed(self, text: SourceText, start: int, location: int) -> tuple[int, Expression]:
        """A list, a list comprehension or a pattern comprehension, from behind its ``[``."""
        empty = _EMPTY_LIST.match(text, location)
        if empty is not None:
            return empty.end(), ListLiteral((), span=(start, empty.end()))
        pattern = _LIST_PATTERN.match(text, location)
        if pattern is not None and looks_like_path(text, pattern.end()):
            location, (node,) = self.path_comprehension.parse(text, start)
            return location, node
        location, (tokens,) = self.flat_run.parse(text, location)
        if len(tokens) > 2 and type(tokens[0]) is Variable and tokens[1] == "IN":
            follows = _COMPREHENSION_NEXT.match(text, location)
            closes = _CLOSE_INDEX.match(text, location)
            if follows is not None or closes is not None:
                return self.comprehension(text, start, location, tokens)
        while type(tokens[-1]) is HasLabels and (bar := _BAR.match(text, location)) is not None:
            # In a list that is no comprehension, a bar goes on the labels before it.
            location, (more,) = self.labels.parse(text, bar.end())
            tokens[-1] = either_labels(tokens[-1], more)
            location = self.flat_run.rest(text, location, tokens)
        items = [tokens[0] if len(tokens) == 1 else fold(tokens)]
        follows = _closing(_LIST_NEXT, text, location, "',' or ']'")
        location = follows.end()
        if follows.group(1) == ",":
            location, (more,) = self.items.parse(text, location)
            items += more
            location = _closing(_CLOSE_INDEX, text, location, "',' or ']'").end()
        return location, ListLiteral(tuple(items), span=(start, location))

    def comprehension(
        self, text: SourceText, start: int, location: int, tokens: list[Any]
    ) -> tuple[int, Expression]:
        """The rest of a list comprehension whose ``x IN source`` is in `tokens`."""
        source = tokens[2] if len(tokens) == 3 else fold(tokens[2:])
        predicate = result = None
        follows = _COMPREHENSION_NEXT.match(text, location)
        if follows is not None and follows.group(1):
            location, (predicate,) = self.run_without_bars.parse(text, follows.end())
        bar = _BAR.match(text, location)
        if bar is not None:
            location, (result,) = self.run.parse(text, bar.end())
        location = _closing(_CLOSE_INDEX, text, location, "']'").end()
        variable = tokens[0].name
        return location, ListComprehension(
            variable, source, predicate, result, span=(start, location)
        )


def _closing(
    pattern: re.Pattern[str], text: SourceText, location: int, wanted: str
) -> re.Match[str]:
    match = pattern.match(text, location)
    if match is None:
        refuse(text, location, wanted)
    return match


def either_labels(test: HasLabels, more: LabelExpression) -> HasLabels:
    """``n:A`` and what stood behind a bar after it."""
    parts: list[LabelExpression] = []
    for labels in (test.labels, more):
        parts += labels.operands if type(labels) is LabelOr else (labels,)
    span = (test.labels.span[0], more.span[1])
    return HasLabels(
        test.subject, LabelOr(tuple(parts), span=span), span=(test.span[0], more.span[1])
    )


def _exists(predicate: Expression, span: tuple[int, int]) -> Subquery:
    """The old ``exists((a)-->(b))`` as ``EXISTS { (a)-->(b) }``.

    Raises:
        QuerySyntaxError: it asks for a property, as Cypher before version 5 could.
    """
    if type(predicate) is not PatternPredicate:
        message = "exists() takes a pattern; whether there is a value is asked by IS NOT NULL"
        syntax_error(message, *span, hint=_is_not_null(predicate))
    match = Match(Pattern((predicate.pattern,), span=span), span=span)
    query = Query((SingleQuery((match,), span=span),), span=span)
    return Subquery("EXISTS", query, span=span)


def _is_not_null(asked: Expression) -> str | None:
    if type(asked) is not Property or type(asked.subject) is not Variable:
        return None
    return f"{asked.subject.name}.{asked.key} IS NOT NULL"


_PARTS = regex(NAME)
_CONSTANTS = {"NULL": None, "TRUE": True, "FALSE": False}
_NOT_FINITE = {"INF": math.inf, "INFINITY": math.inf, "NAN": math.nan}


def _names(path: str) -> list[str]:
    if "`" not in path:
        return [part.strip() for part in path.split(".")] if "." in path else [path.strip()]
    return [name_value(part) for part in _PARTS.findall(path)]


def _chain(path: str, start: int) -> Expression:
    """``a.b.c`` as look-ups of properties, each with its span."""
    if path.count(".") > CHAIN_MAX:
        syntax_error(f"More than {CHAIN_MAX} look-ups in a row", start, start + len(path))
    node: Expression | None = None
    for match in _PARTS.finditer(path):
        name, span = name_value(match.group()), (start, start + match.end())
        if node is not None:
            node = Property(node, name, span=span)
        elif match.group().upper() in _CONSTANTS:
            node = LiteralValue(_CONSTANTS[name.upper()], span=span)
        else:
            node = Variable(name, span=span)
    assert node is not None
    return node
