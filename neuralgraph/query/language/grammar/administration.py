"""Statements about users, roles, databases and servers: there are none of these, and an error says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from neuralgraph.query.language.lexis import syntax_error
from neuralgraph.regexes import regex

if TYPE_CHECKING:
    from neuralgraph.query.language.lexis import SourceText

_USERS = "there are no users, roles or privileges: whoever can open the file can read and write it"
_DATABASES = "a file holds one graph; open another file for another database"
_SERVERS = "neuralgraph runs inside the program that opens the graph, not on a server"
_WHY = {
    "USER": _USERS, "ROLE": _USERS, "PRIVILEGE": _USERS, "GRANT": _USERS, "DENY": _USERS, "REVOKE": _USERS,
    "AUTH": _USERS, "DATABASE": _DATABASES, "ALIAS": _DATABASES, "COMPOSITE": _DATABASES, "START": _DATABASES,
    "STOP": _DATABASES, "SERVER": _SERVERS, "REALLOCATE": _SERVERS, "DEALLOCATE": _SERVERS,
    "ENABLE": _SERVERS,
}  # fmt: skip
_SUBJECT = r"(?P<what>USER|ROLE|PRIVILEGE|DATABASE|ALIAS|COMPOSITE|SERVER|AUTH)(?:E?S)?\b"
_BEFORE = r"(?:(?:OR\s+REPLACE|CURRENT|ALL|POPULATED|IMMUTABLE|SUPPORTED|CURRENT)\s+)*"
_ADMINISTRATION = regex(
    rf"""\s*+(?:
      (?:CREATE|DROP|ALTER|RENAME)\s+{_BEFORE}{_SUBJECT}(?!\s*[=(])
    | SHOW\s+{_BEFORE}(?P<shown>USER|ROLE|PRIVILEGE|ALIAS|SERVER|AUTH)(?:E?S)?\b(?!\s+DEFINED)
    | (?P<verb>GRANT|DENY|REVOKE|REALLOCATE|DEALLOCATE|ENABLE\s+SERVER|(?:START|STOP)\s+DATABASE)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def refuse_administration(text: SourceText, location: int) -> None:
    """Say why a statement of administration has nothing to work on.

    Raises:
        QuerySyntaxError: `detail` UnsupportedAdministrationCommand.
    """
    match = _ADMINISTRATION.match(text, location)
    if match is None:
        return
    word = (match.group("what") or match.group("shown") or match.group("verb")).split()[0].upper()
    start = match.end() - len(match.group().lstrip())
    message = f"{' '.join(match.group().upper().split())} has no place here: {_WHY[word]}"
    syntax_error(message, start, match.end(), "UnsupportedAdministrationCommand")
