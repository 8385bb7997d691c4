"""How large a value may be, and how large a text that is about to be made will be."""

from __future__ import annotations

from sys import getsizeof
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import MemoryLimitError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neuralgraph.query.functions.signature import CallContext

VALUE_BYTES_MAX: Final = 1 << 30
"""No single string or list is larger, whatever the machine has."""

_HEADER_BYTES: Final = 73
"""Bytes of a short text that is not ASCII, beside its characters, as CPython has it."""


def require_size(count: int) -> None:
    """A value of so many bytes is about to be made.

    Raises:
        MemoryLimitError: it is too large.
    """
    if count > VALUE_BYTES_MAX:
        raise MemoryLimitError(
            f"a value of {count:,} bytes is too large; a value may have {VALUE_BYTES_MAX:,}"
        )


def reserve_text(context: CallContext, characters: int, texts: Iterable[str]) -> None:
    """A text is about to be made.

    Args:
        context: of the call.
        characters: how many it will have, at most.
        texts: what it is made from, which tells how wide its characters are.

    Raises:
        MemoryLimitError: it is too large, by itself or beside what the statement holds.
        QueryCancelledError, QueryTimeoutError.
    """
    count = characters * max(map(width_of, texts), default=1)
    context.reserve(count)
    require_size(count)


def width_of(text: str) -> int:
    """Bytes that each character of a text takes: 1, 2 or 4."""
    if text.isascii():
        return 1
    return min(4, max(1, (getsizeof(text) - _HEADER_BYTES) // len(text)))
