"""Sharing: one engine among all that have the same database open, in this process or in others.

Locks, all on places of the database file, so that they are never removed, and all gone with their process:

    door      held while a database is opened or closed: who is first or last is known for certain
    members   a place each: writers in one range, readers in another
    commit    catch up, check, append, sync: one order of commits
    upkeep    fold, load, vacuum, change the schema: one at a time
    pins      a place for each epoch and member: "I may read what was current then or later"

Words, in memory that all of them map (`<name>-wal/shared`): how far the log goes, which manifest counts, what
epoch it is, who holds what. They spare looking at files, and name holders; nothing hangs on their surviving.

Waiting is asking again, with pauses that grow: no system offers a wait that is fair, bounded and ends with
its process.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from neuralgraph.errors import ClosedError, DatabaseLockedError
from neuralgraph.storage.disk.byte_locks import WORDS_COUNT
from neuralgraph.storage.disk.os_locks import random_word

if TYPE_CHECKING:
    from neuralgraph.storage.disk.byte_locks import ByteLocks, Words

_DOOR: Final = 0
_COMMIT: Final = 1
_UPKEEP: Final = 2
_MEMBERS: Final = 1 << 16
_SLOTS: Final = 1 << 15
"""So many writers, and as many readers."""
_ALL_SLOTS: Final = 2 * _SLOTS
_PINS: Final = 1 << 20

LAST: Final = 0
"""Word: index of the log's last record that everybody may read."""
FIRST: Final = 1
"""Word: index of the log's first record that is kept."""
EPOCH: Final = 2
"""Word: grows whenever blocks are retired."""
SEQUENCE: Final = 3
"""Word: of the manifest that was published last."""
MAINTAINER: Final = 4
"""Word: token of who did the last upkeep; another one must look at the file anew."""
COMMITTING: Final = 5
"""Word: 1 while somebody appends; when the commit lock is free and it is 1, he died."""
READY: Final = 11
"""Word: token of the first writer, once the database is recovered; 0 while it is not."""
_WAITING: Final = 6
_COMMIT_BY: Final = 7
_UPKEEP_BY: Final = 8
_UPKEEP_FOR: Final = 9
_DOOR_BY: Final = 10
_FROM: Final = 64
"""Words from here on: process ids of members, by slot."""

PURPOSES: Final = (
    "",
    "a checkpoint",
    "a bulk load",
    "a vacuum",
    "a schema change",
    "a check",
    "the commit of a large transaction",
)

_PAUSE_MIN_S: Final = 0.00003
_PAUSE_MAX_S: Final = 0.002
_GIVE_WAY_S: Final = 0.0002


class Sharing:
    """See the module. Thread-safe.

    Args:
        locks: of the database file; ours from now on. None for a graph that nobody else can have.
        name: of the database, for messages.
        timeout_s: how long to wait for each lock.
        process_id: by which others are told.
        is_exclusive: keep everybody else out.

    Attributes:
        is_shared: others may be there.
        words: see the module; of our own where nothing is shared.
        slot: our place among the members.
        is_first: when we came, there was no other writer.
        token: ours alone.
    """

    __slots__ = (
        "_is_reader",
        "_locks",
        "_mutex",
        "_name",
        "_named",
        "_process_id",
        "_timeout_s",
        "_upkeep_count",
        "is_first",
        "is_shared",
        "pinned_epoch",
        "slot",
        "token",
        "words",
    )

    def __init__(
        self,
        locks: ByteLocks | None,
        *,
        name: str = "",
        timeout_s: float = 0.0,
        process_id: int = 0,
        is_exclusive: bool = False,
    ) -> None:
        self._locks = locks
        self._name = name
        self._process_id = process_id
        self._timeout_s = timeout_s
        self._mutex = threading.RLock()
        self._upkeep_count = 0
        self._is_reader = False
        self.is_shared = locks is not None and not is_exclusive
        self.words: Words = [0] * WORDS_COUNT
        self._named: Words = self.words
        self.slot = -1
        self.is_first = True
        self.pinned_epoch = -1
        self.token = random_word()

    # ── coming and going ──────────────────────────────────────────────────────────────────────

    def enter(self, *, is_reader: bool, words: Words | None) -> None:
        """Pass the door, which stays ours, and take a place among the members.

        Args:
            is_reader: never writes.
            words: those that are there already, for the names of holders.

        Raises:
            DatabaseLockedError: somebody else is in the door for too long, or keeps everybody out.
        """
        if self._locks is None:
            return
        if words is not None:
            self._named = words
        self._is_reader = is_reader
        try:
            self._wait(_DOOR, 1, "opened or closed", _DOOR_BY)
            self._take_place()
        except BaseException:
            self.release()
            raise

    def pass_door(self) -> None:
        """Take the door once more, to leave through it.

        Raises:
            DatabaseLockedError: somebody else is in it for too long.
        """
        if self._locks is not None:
            self._wait(_DOOR, 1, "opened or closed", _DOOR_BY)

    def close_door(self) -> None:
        """Others may come and go again."""
        if self._locks is not None:
            if not self._is_reader:
                self._named[_DOOR_BY] = 0
            self._locks.unlock(_DOOR)

    def share(self, words: Words) -> None:
        """Use these words from now on, and be known by name in them; for the names only, when alone."""
        if self._locks is None:
            return
        self._named = words
        if self.is_shared:
            self.words = words
        if not self._is_reader and self.slot >= 0:
            words[_DOOR_BY] = self._process_id
            words[_FROM + self.slot % (WORDS_COUNT - _FROM)] = self._process_id

    def has_other_writers(self) -> bool:
        """Has somebody else the database open, to write?"""
        return self._is_locked(_MEMBERS, _SLOTS)

    def has_readers(self) -> bool:
        """Has somebody else the database open, to read only?"""
        return self._is_locked(_MEMBERS + _SLOTS, _SLOTS)

    def release(self) -> None:
        """Leave: every lock goes, and others see the place empty. Harmless when called twice."""
        locks, self._locks = self._locks, None
        if locks is not None:
            locks.release()

    def leave_to_parent(self) -> None:
        """In a child that was forked: the locks are the parent's, and stay when we close our copies."""
        locks, self._locks = self._locks, None
        self.is_shared = False
        if locks is not None:
            locks.leave_to_parent()

    def _take_place(self) -> None:
        assert self._locks is not None
        if not self.is_shared:
            if not self._locks.try_lock(_MEMBERS, _ALL_SLOTS):
                raise self._refused("it was to be opened exclusively")
            self.slot = 0
            return
        self.is_first = not self._is_reader and not self.has_other_writers()
        start = _SLOTS if self._is_reader else 0
        for slot in range(start, start + _SLOTS):
            if self._locks.try_lock(_MEMBERS + slot):
                self.slot = slot
                return
        raise self._refused("it was opened exclusively there")

    def _refused(self, why: str) -> DatabaseLockedError:
        there = [
            self._named[_FROM + slot]
            for slot in range(WORDS_COUNT - _FROM)
            if self._named[_FROM + slot] and self._is_locked(_MEMBERS + slot, 1)
        ]
        names = ", ".join(f"process {process_id}" for process_id in dict.fromkeys(there))
        return DatabaseLockedError(
            f"{self._name} is in use by {names or 'another process'}, and {why};"
            " close it there, or try again"
        )

    # ── the commit lock ───────────────────────────────────────────────────────────────────────

    def lock_commit(self) -> bool:
        """Take the commit lock; True when the one who had it died in the middle.

        Raises:
            DatabaseLockedError: not free within the timeout; it names the holder.
        """
        words = self.words
        if words[_WAITING]:
            # Whoever lets go takes it again sooner than a waiting process asks again.
            words[_WAITING] = 0
            time.sleep(_GIVE_WAY_S)
        self._wait(_COMMIT, 1, "written to", _COMMIT_BY)
        is_left = bool(words[COMMITTING])
        words[COMMITTING] = 1
        return is_left

    def is_commit_wanted(self) -> bool:
        """Does another process wait for it?"""
        return bool(self.words[_WAITING])

    def unlock_commit(self, *, is_clean: bool) -> None:
        """Let go of it.

        Args:
            is_clean: everything in the log up to the word `LAST` counts, and there is nothing after it.
        """
        if self._locks is not None:
            if is_clean:
                self.words[COMMITTING] = 0
            self._locks.unlock(_COMMIT)

    # ── upkeep ────────────────────────────────────────────────────────────────────────────────

    def begin_upkeep(self, purpose: str) -> None:
        """Take the upkeep lock, or take it once more: it is this process's, not a thread's.

        Args:
            purpose: one of `PURPOSES`, for whoever has to wait.

        Raises:
            DatabaseLockedError: not free within the timeout; it names the holder.
        """
        if not self.is_shared:
            return
        with self._mutex:
            if not self._upkeep_count:
                self._wait(_UPKEEP, 1, "kept up", _UPKEEP_BY)
                self.words[_UPKEEP_FOR] = PURPOSES.index(purpose)
            self._upkeep_count += 1

    def end_upkeep(self) -> None:
        """Let go of it, as often as it was taken."""
        if not self.is_shared:
            return
        with self._mutex:
            self._upkeep_count -= 1
            if not self._upkeep_count and self._locks is not None:
                self._locks.unlock(_UPKEEP)

    # ── pins ──────────────────────────────────────────────────────────────────────────────────

    def pin(self, epoch: int) -> None:
        """Keep what was current at an epoch or later, and nothing older any more."""
        before = self.pinned_epoch
        if self._locks is None or not self.is_shared or epoch == before:
            return
        self._locks.try_lock(self._pin_place(epoch))
        self.pinned_epoch = epoch
        if before >= 0:
            self._locks.unlock(self._pin_place(before))

    def pin_now(self) -> int:
        """Pin the epoch that it is; gives it."""
        while True:
            epoch = self.words[EPOCH]
            self.pin(epoch)
            # Had it moved on before the pin was there, somebody might have missed the pin.
            if self.words[EPOCH] == epoch:
                return epoch

    def is_pinned(self, epoch: int) -> bool:
        """May somebody else read what was current at this epoch, but is not any more?"""
        return self._is_locked(_PINS, (epoch + 1) * _ALL_SLOTS)

    def _pin_place(self, epoch: int) -> int:
        return _PINS + epoch * _ALL_SLOTS + self.slot

    # ── the parts ─────────────────────────────────────────────────────────────────────────────

    def _is_locked(self, place: int, count: int) -> bool:
        return self._locks is not None and self._locks.is_locked(place, count)

    def _wait(self, place: int, count: int, action: str, holder: int) -> None:
        """Take a lock, and say in the words who has it."""
        if self._locks is None:
            raise ClosedError("the graph was closed")
        words = self._named
        if not self._locks.try_lock(place, count):
            until, pause_s = time.monotonic() + self._timeout_s, _PAUSE_MIN_S
            while not self._locks.try_lock(place, count):
                if time.monotonic() >= until:
                    raise self._timed_out(action, words[holder])
                if holder == _COMMIT_BY:
                    words[_WAITING] = 1
                time.sleep(pause_s)
                pause_s = min(1.5 * pause_s, _PAUSE_MAX_S)
            if holder == _COMMIT_BY:
                words[_WAITING] = 0
        if not self._is_reader:
            words[holder] = self._process_id

    def _timed_out(self, action: str, process_id: int) -> DatabaseLockedError:
        who = f"process {process_id}" if process_id else "another process"
        if self._named[_UPKEEP_BY] == process_id and self._is_locked(_UPKEEP, 1):
            who += f" ({PURPOSES[self._named[_UPKEEP_FOR] % len(PURPOSES)]})"
        return DatabaseLockedError(
            f"{self._name} was {action} by {who} for longer than {self._timeout_s:g} s;"
            " try again, or raise busy_timeout_s"
        )
