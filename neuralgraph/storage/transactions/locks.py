"""LockTable: who may write what, until the end of the transaction.

A key is a tuple: ``("n", id)``, ``("e", id)``, ``("c", constraint, value key)`` or `GATE`. A mode is a small
int, ordered by strength; two modes of different owners clash when they add up to four or more:

                 ATTACH  WRITE  DELETE        ATTACH   an edge is tied to the node
        ATTACH     -       -      x           WRITE    the entity, or the value of a constraint, changes
        WRITE      -       x      x           DELETE   the node goes, or (on GATE) everybody stays out
        DELETE     x       x      x

Invariants:

- one mutex guards everything, and is never held while waiting;
- `holders` and `owner.held` say the same, seen from the key and from the owner; a map of holders is
  replaced, never changed, for all the locks that one call takes may share it;
- thousands of ids that one call takes are kept as an array, and a key that somebody asks for is taken out of
  it first (`_single_out`), so that all else knows single keys only;
- a queue of waiters is served in order (a stronger mode asked for by a holder goes first), so that a stream
  of compatible requests cannot starve the one that waits;
- an owner waits for at most one key: a transaction is used by one thread at a time;
- every new edge of the wait-for graph touches the requester, so a search from there finds every deadlock.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import DeadlockError, LockTimeoutError

if TYPE_CHECKING:
    from collections.abc import Collection

    from neuralgraph.values import IdArray, MaskArray

ATTACH: Final = 1
WRITE: Final = 2
DELETE: Final = 3

_CLASH: Final = 4

LockKey = tuple[Any, ...]

GATE: LockKey = ("gate",)
"""ATTACH for whoever writes data, DELETE for schema changes and bulk loads."""


MANY_MIN: Final = 256
"""From so many ids on they are kept as an array."""


class LockOwner:
    """One transaction, as the lock table knows it."""

    __slots__ = ("has_many", "held", "name", "waits")

    def __init__(self, name: str) -> None:
        self.name = name
        self.held: dict[LockKey, int] = {}
        self.has_many = False
        self.waits: _Waiter | None = None


class _Many:
    """Locks of one owner and mode on ids of one kind, ascending."""

    __slots__ = ("ids", "mode", "owner")

    def __init__(self, owner: LockOwner, ids: IdArray, mode: int) -> None:
        self.owner = owner
        self.ids = ids
        self.mode = mode

    def has(self, entity_id: int) -> bool:
        ids = self.ids
        place = int(ids.searchsorted(entity_id))
        return place < len(ids) and int(ids[place]) == entity_id


class _Waiter:
    __slots__ = ("granted", "key", "mode", "owner", "wake")

    def __init__(self, owner: LockOwner, key: LockKey, mode: int) -> None:
        self.owner = owner
        self.key = key
        self.mode = mode
        self.granted = False
        self.wake = threading.Event()


class LockTable:
    """Locks of one engine; thread-safe."""

    __slots__ = ("_holders", "_many", "_mutex", "_queues", "timeout_s")

    def __init__(self, *, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._many: dict[str, list[_Many]] = {}
        self._mutex = threading.Lock()
        self._holders: dict[LockKey, dict[LockOwner, int]] = {}
        self._queues: dict[LockKey, list[_Waiter]] = {}

    def acquire(self, owner: LockOwner, key: LockKey, mode: int) -> None:
        """Hold `key` in `mode` or a stronger one until `release_all`; waits when somebody else does.

        Raises:
            DeadlockError: the ones it would wait for wait for it; nothing is taken.
            LockTimeoutError: not free within `timeout_s`; nothing is taken.
        """
        if owner.held.get(key, 0) >= mode:
            return
        with self._mutex:
            if self._many:
                self._single_out(key)
            holders = self._holders.get(key)
            if holders is None:
                self._holders[key] = {owner: mode}
                owner.held[key] = mode
                return
            if self._may_have(owner, key, mode, holders):
                self._holders[key] = {**holders, owner: mode}
                owner.held[key] = mode
                return
            waiter = self._enqueue(owner, key, mode)
        self._wait(waiter)

    def acquire_many(self, owner: LockOwner, keys: Collection[LockKey], mode: int) -> None:
        """`acquire` for each key, under one hold of the mutex where nobody is in the way."""
        contended: list[LockKey] = []
        held = owner.held
        alone = {owner: mode}
        with self._mutex:
            table = self._holders
            if self._many:
                for key in keys:
                    self._single_out(key)
            if table.keys().isdisjoint(keys):
                # Nobody holds any of them: the rule, and for thousands of keys much faster.
                table.update(dict.fromkeys(keys, alone))
                held.update(dict.fromkeys(keys, mode))
                return
            for key in keys:
                if held.get(key, 0) >= mode:
                    continue
                holders = table.get(key)
                if holders is None:
                    table[key] = alone
                    held[key] = mode
                elif self._may_have(owner, key, mode, holders):
                    table[key] = {**holders, owner: mode}
                    held[key] = mode
                else:
                    contended.append(key)
        for key in contended:
            self.acquire(owner, key, mode)

    def acquire_ids(self, owner: LockOwner, kind: str, ids: IdArray, mode: int) -> None:
        """`acquire_many` for keys ``(kind, id)``; each id once."""
        if len(ids) >= MANY_MIN:
            ids = np.sort(ids)
            with self._mutex:
                for many in self._many.get(kind, ()):
                    if many.owner is owner and many.mode >= mode:
                        ids = ids[np.isin(ids, many.ids, assume_unique=True, invert=True)]
                is_known = self._known_ids(kind, ids)
                fresh, ids = _Many(owner, ids[~is_known], mode), ids[is_known]
                self._many.setdefault(kind, []).append(fresh)
                owner.has_many = True
        if len(ids):
            self.acquire_many(owner, [(kind, entity_id) for entity_id in ids.tolist()], mode)

    def release_all(self, owner: LockOwner) -> None:
        """Let go of everything; called once, at the end of the transaction."""
        held = owner.held
        if not held and not owner.has_many:
            return
        with self._mutex:
            if owner.has_many:
                self._forget_many(owner)
            if not held:
                return
            table, queues = self._holders, self._queues
            gone = list(map(table.pop, held))
            if max(map(len, gone)) > 1:
                for key, holders in zip(held, gone, strict=True):
                    if len(holders) > 1:
                        table[key] = {
                            other: mode for other, mode in holders.items() if other is not owner
                        }
            if queues:
                for key in [key for key in held if key in queues]:
                    self._serve(key)
            owner.held = {}

    def holders(self, key: LockKey) -> dict[str, int]:
        """Names and modes of who holds `key`; for messages and tests."""
        with self._mutex:
            self._single_out(key)
            return {owner.name: mode for owner, mode in self._holders.get(key, {}).items()}

    # ── under the mutex ───────────────────────────────────────────────────────────────────────

    def _single_out(self, key: LockKey) -> None:
        """Who holds this key with many others holds it by itself, too, from now on."""
        for many in self._many.get(key[0], ()):
            owner = many.owner
            if owner.held.get(key, 0) < many.mode and many.has(key[1]):
                self._holders[key] = {**self._holders.get(key, {}), owner: many.mode}
                owner.held[key] = many.mode

    def _known_ids(self, kind: str, ids: IdArray) -> MaskArray:
        """Which of the ids, ascending, does anybody hold already?"""
        table = self._holders
        if len(table) > len(ids):
            held = [(kind, entity_id) in table for entity_id in ids.tolist()]
            known = np.array(held, dtype=np.bool_)
        else:
            single = [key[1] for key in table if key[0] == kind]
            known = np.isin(ids, np.array(single, dtype=np.int64))
        for many in self._many.get(kind, ()):
            known |= np.isin(ids, many.ids, assume_unique=True)
        return known

    def _forget_many(self, owner: LockOwner) -> None:
        for kind, known in list(self._many.items()):
            left = [many for many in known if many.owner is not owner]
            if left:
                self._many[kind] = left
            else:
                del self._many[kind]
        owner.has_many = False

    def _may_have(
        self, owner: LockOwner, key: LockKey, mode: int, holders: dict[LockOwner, int]
    ) -> bool:
        for other, other_mode in holders.items():
            if other is not owner and other_mode + mode >= _CLASH:
                return False
        if owner in holders or not self._queues:
            return True
        return all(waiter.mode + mode < _CLASH for waiter in self._queues.get(key, ()))

    def _enqueue(self, owner: LockOwner, key: LockKey, mode: int) -> _Waiter:
        waiter = _Waiter(owner, key, mode)
        queue = self._queues.setdefault(key, [])
        if key in owner.held:
            queue.insert(0, waiter)  # behind the others it would wait for them, and they for it
        else:
            queue.append(waiter)
        owner.waits = waiter
        if self._reaches(owner):
            others = self._describe_blockers(waiter)
            self._leave(waiter)
            raise DeadlockError(
                f"{describe(key)} is held by {others}, which waits for this transaction;"
                " run the transaction again"
            )
        return waiter

    def _blockers(self, waiter: _Waiter) -> list[LockOwner]:
        """Whom a waiter waits for: holders, and earlier waiters, of a mode that clashes."""
        blockers = [
            other
            for other, mode in self._holders.get(waiter.key, {}).items()
            if other is not waiter.owner and mode + waiter.mode >= _CLASH
        ]
        for earlier in self._queues[waiter.key]:
            if earlier is waiter:
                break
            if earlier.mode + waiter.mode >= _CLASH:
                blockers.append(earlier.owner)
        return blockers

    def _reaches(self, start: LockOwner) -> bool:
        """Does the wait-for graph lead from `start` back to it?"""
        seen: set[LockOwner] = set()
        stack = [start]
        while stack:
            waiter = stack.pop().waits
            if waiter is None:
                continue
            for blocker in self._blockers(waiter):
                if blocker is start:
                    return True
                if blocker not in seen:
                    seen.add(blocker)
                    stack.append(blocker)
        return False

    def _leave(self, waiter: _Waiter) -> None:
        waiter.owner.waits = None
        queue = self._queues[waiter.key]
        queue.remove(waiter)
        if queue:
            self._serve(waiter.key)
        else:
            del self._queues[waiter.key]

    def _serve(self, key: LockKey) -> None:
        """Grant, in order, what is compatible with the holders and with who waits in front."""
        left: list[_Waiter] = []
        for waiter in self._queues[key]:
            holders = self._holders.get(key, {})
            free = all(
                other is waiter.owner or mode + waiter.mode < _CLASH
                for other, mode in holders.items()
            ) and all(earlier.mode + waiter.mode < _CLASH for earlier in left)
            if not free:
                left.append(waiter)
                continue
            self._holders[key] = {**holders, waiter.owner: waiter.mode}
            waiter.owner.held[key] = waiter.mode
            waiter.owner.waits = None
            waiter.granted = True
            waiter.wake.set()
        if left:
            self._queues[key] = left
        else:
            del self._queues[key]

    def _describe_blockers(self, waiter: _Waiter) -> str:
        return ", ".join(dict.fromkeys(other.name for other in self._blockers(waiter)))

    # ── without it ────────────────────────────────────────────────────────────────────────────

    def _wait(self, waiter: _Waiter) -> None:
        try:
            waiter.wake.wait(self.timeout_s)
        finally:  # also when the wait is interrupted: nobody may hold a place in the queue for ever
            with self._mutex:
                others = ""
                if not waiter.granted:
                    others = self._describe_blockers(waiter)
                    self._leave(waiter)
        if not waiter.granted:
            raise LockTimeoutError(
                f"{describe(waiter.key)} was not free within {self.timeout_s:g} s:"
                f" it is held by {others}; try again, or raise busy_timeout"
            )


def describe(key: LockKey) -> str:
    """What a key stands for, in words."""
    match key:
        case ("n", node_id):
            return f"node {node_id}"
        case ("e", edge_id):
            return f"relationship {edge_id}"
        case ("c", name, *_):
            return f"a value of constraint {name}"
        case _:
            return "the schema"
