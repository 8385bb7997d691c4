"""LaterWords: the words of who comes to write, for a reader that came when nobody wrote.

A reader makes no files, so there may be no words, or those that a dead writer left. All are taken for 0
until a writer has recovered the database and said so; from then on they are his, and those of all writers
after him: as long as a reader is there, nobody removes them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import DiskError
from neuralgraph.storage.disk.sharing import READY

if TYPE_CHECKING:
    from neuralgraph.storage.disk import Directory, Words

WORDS_NAME: Final = "shared"


class LaterWords:
    """See the module; costs a system call a look while there are no words at all.

    Args:
        directory: where the database is; nobody writes, and the door is ours.
        log_name: of the folder with its log.
    """

    __slots__ = ("_directory", "_found", "_log_name", "_stale", "_words")

    def __init__(self, directory: Directory, log_name: str) -> None:
        self._directory = directory
        self._log_name = log_name
        self._words: Words | None = None
        self._found = words_if_any(directory, log_name)
        self._stale = 0 if self._found is None else self._found[READY]

    def __getitem__(self, place: int) -> int:
        """The number at a place."""
        words = self._words
        if words is None:
            words = self._words_of_a_writer()
        return 0 if words is None else words[place]

    def __setitem__(self, place: int, value: int) -> None:
        """Readers tell nobody anything."""
        raise AssertionError("a reader writes no words")

    def _words_of_a_writer(self) -> Words | None:
        if self._found is None:
            self._found = words_if_any(self._directory, self._log_name)
        if self._found is not None and self._found[READY] not in (0, self._stale):
            self._words = self._found
        return self._words


def words_if_any(directory: Directory, log_name: str) -> Words | None:
    """Those that are there, to be looked at only."""
    if directory.has_child(log_name):
        folder = directory.child(log_name)
        if folder.exists(WORDS_NAME):
            with suppress(DiskError):
                return folder.words(WORDS_NAME)
    return None
