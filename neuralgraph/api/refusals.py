"""What a statement that writes is told where only reading is allowed, with the place of the first change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.errors import AccessModeError, QueryError
from neuralgraph.query.language import parse
from neuralgraph.query.language.syntax import Create, Delete, Foreach, Merge, Query, Remove, Set
from neuralgraph.query.language.walking import descendants

if TYPE_CHECKING:
    from neuralgraph.api.prepared import Prepared
    from neuralgraph.errors import Span

_CHANGES: Final = (Create, Merge, Set, Remove, Delete, Foreach)


def refused(prepared: Prepared, query: str) -> AccessModeError:
    """The error for a statement that changes something."""
    verb = "writes" if prepared.writes else "administers the database"
    error = AccessModeError(
        f"the statement {verb}, and only reading is allowed here", span=_first_change(query)
    )
    error.locate(query)
    return error


def _first_change(query: str) -> Span | None:
    """Where the first clause that changes something stands; the whole where none is known to."""
    try:
        body = parse(query).body
    except QueryError:
        return None
    if not isinstance(body, Query):
        return body.span
    spans = [part.span for part in descendants(body) if isinstance(part, _CHANGES)]
    return min(spans, default=body.span)
