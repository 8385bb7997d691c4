"""Texts that nobody should send: random bytes, brackets without end, torn tokens, mutated queries.

All of them come from a `random.Random`, so a seed tells the whole run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

_TOKEN: Final = re.compile(r"\s+|\w+|'[^']*'|.", re.DOTALL)
_TEXT: Final = """
MATCH RETURN WITH WHERE CREATE MERGE SET DELETE REMOVE UNWIND CALL UNION ALL OPTIONAL ORDER BY SKIP
LIMIT EXISTS COUNT COLLECT CASE WHEN THEN ELSE END IN AND OR XOR NOT IS NULL FOREACH LOAD CSV FROM
AS YIELD DISTINCT SHORTEST reduce all any none single trim BOTH AT TIME TRANSACTION TRANSACTIONS OF
ROWS LET FILTER SHOW INDEXES EXPLAIN PROFILE USE n m r x 1 0 -1 9223372036854775808 1e999 0x 0o8 .5
1.. 'a' "b" '' ` $p $ ( ) [ ] { } < > = <> =~ + - * / % ^ | & ! : :: . .. , ; -> <- -- // /* */ \\
\\u00e9 \\uD800
"""
_WORDS: Final = (
    *_TEXT.split(),
    "\x00",
    "\ufeff",
    "\u202e",
    "\U0001f600",
    "\u0130",
    "\u2028",
    "\xa0",
    "",
)
_OPENINGS: Final = (
    "(", "[", "{", "RETURN (", "RETURN [", "RETURN {a:", "MATCH (", "RETURN -", "RETURN NOT ",
    "RETURN 1+", "RETURN 1^", "RETURN x.", "RETURN [[", "RETURN CASE WHEN ", "RETURN EXISTS { ",
    "CALL { ", "MATCH ((", "MATCH (n)-[", "MATCH (:", "MATCH (:!", "RETURN f(",
    "RETURN 1 AS x UNION ", "WITH 1 AS x ", "FOREACH (x IN [1] | ", "'", "\"", "`", "/*", "\\",
    "RETURN '\\u", "RETURN $", "RETURN 1 IS :: LIST<", "RETURN reduce(a=", "MATCH (a)-->",
    "RETURN 1 = ", "RETURN [x IN ", "EXPLAIN ", "RETURN a[", "RETURN COLLECT { MATCH (",
    "RETURN 0", "\n", " ", ";", "RETURN all(x IN [1] WHERE ", "CREATE (n) ", "MATCH (n)-[*",
    "MATCH (n){", "WITH * ", "RETURN n:A", "RETURN 1,",
)  # fmt: skip

_BRACKETS: Final = (
    ("(", ")"), ("[", "]"), ("{a:", "}"), ("-", ""), ("NOT ", ""), ("size([", "])"), ("1+(", ")"),
    ("CASE WHEN true THEN ", " END"), ("[x IN [1] | ", "]"), ("reduce(a=0, x IN [1] | ", ")"),
    ("EXISTS { RETURN ", " AS x }"), ("COLLECT { RETURN ", " AS x }"), ("[", "][0]"),
)  # fmt: skip


def random_bytes(random: random.Random) -> str:
    """Bytes read as Latin-1."""
    return random.randbytes(random.randrange(200)).decode("latin-1")


def random_words(random: random.Random) -> str:
    """Words and symbols of the language in any order."""
    gap = random.choice(["", " "])
    return gap.join(random.choices(_WORDS, k=random.randrange(1, 40)))


def repeated(random: random.Random) -> str:
    """The beginning of something, very often."""
    opening = random.choice(_OPENINGS)
    return opening * min(random.choice([50, 500, 5_000, 100_000]), 1_000_000 // len(opening))


def nested(random: random.Random) -> str:
    """Brackets that close again, deep or very deep."""
    before, after = random.choice(_BRACKETS)
    depth = random.choice([10, 90, 300, 3_000, 50_000])
    return f"RETURN {before * depth}1{after * depth} AS x"


def mutated(random: random.Random, queries: Sequence[str]) -> str:
    """A query with some tokens deleted, doubled, swapped, replaced, or cut off in the middle."""
    tokens = _TOKEN.findall(random.choice(queries))
    for _ in range(random.randrange(1, 5)):
        if not tokens:
            break
        place, other = random.randrange(len(tokens)), random.randrange(len(tokens))
        match random.randrange(6):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, tokens[place])
            case 2:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 3:
                tokens[place] = random.choice(_WORDS)
            case 4:
                tokens[place] *= random.choice([2, 30])
            case _:
                del tokens[place + 1 :]
    return "".join(tokens)


def any_text(random: random.Random, queries: Sequence[str]) -> str:
    """One of all the kinds."""
    kinds: list[Callable[[], str]] = [
        lambda: random_bytes(random),
        lambda: random_words(random),
        lambda: mutated(random, queries),
        lambda: mutated(random, queries),
        lambda: mutated(random, queries),
    ]
    if random.random() < 0.04:
        kinds = [lambda: repeated(random), lambda: nested(random)]
    return random.choice(kinds)()
