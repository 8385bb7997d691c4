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
- every new edge of the wait-for graph touches the requester, so a search from there finds every deadlock;
- what an owner has folded (`fold`) stands neither in the table nor in `owner.held`, but in `owner.folded`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import DeadlockError, LockTimeoutError
from neuralgraph.storage.transactions.folded_locks import FoldedLocks

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
    """One transaction, as the lock table knows it.

    Attributes:
        held: its locks and their modes, but for those that are folded.
        folded: those; None where none are.
    """

    __slots__ = ("folded", "has_many", "held", "name", "waits")

    def __init__(self, name: str) -> None:
        self.name = name
        self.held: dict[LockKey, int] = {}
        self.has_many = False
        self.folded: FoldedLocks | None = None
        self.waits: _Waiter | None = None

    def has(self, key: LockKey) -> bool:
        """Does it hold the key (or, once it folded its locks, one that looks the same)?"""
        return key in self.held or (self.folded is not None and self.folded.mode_of(key) > 0)

    def has_any(self, keys: Collection[LockKey]) -> bool:
        """`has` for one of the keys?"""
        if not self.held.keys().isdisjoint(keys):
            return True
        return self.folded is not None and bool(self.folded.modes_of(keys).any())


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

    __slots__ = ("_holders", "_large", "_many", "_mutex", "_queues", "timeout_s")

    def __init__(self, *, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._many: dict[str, list[_Many]] = {}
        self._mutex = threading.Lock()
        self._holders: dict[LockKey, dict[LockOwner, int]] = {}
        self._queues: dict[LockKey, list[_Waiter]] = {}
        self._large: tuple[LockOwner, ...] = ()

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
            holders = self._all_holders(key) if self._large else self._holders.get(key)
            if not holders:
                self._holders[key] = {owner: mode}
                owner.held[key] = mode
                return
            if self._may_have(owner, key, mode, holders):
                if holders.get(owner, 0) < mode:
                    self._grant(owner, key, mode)
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
            clashing: set[LockKey] = set()
            if self._large:
                keys, clashing = self._beside_folded(owner, keys, mode)
            if not clashing and table.keys().isdisjoint(keys):
                # Nobody holds any of them: the rule, and for thousands of keys much faster.
                table.update(dict.fromkeys(keys, alone))
                held.update(dict.fromkeys(keys, mode))
                keys = ()
            for key in keys:
                if held.get(key, 0) >= mode:
                    continue
                holders = table.get(key)
                if key in clashing:
                    contended.append(key)
                elif holders is None:
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
                self._hold_many(owner, kind, ids[~is_known], mode)
                ids = ids[is_known]
        if len(ids):
            self.acquire_many(owner, [(kind, entity_id) for entity_id in ids.tolist()], mode)

    def release_all(self, owner: LockOwner) -> None:
        """Let go of everything; called once, at the end of the transaction."""
        held, folded = owner.held, owner.folded
        if not held and not owner.has_many and folded is None:
            return
        with self._mutex:
            if owner.has_many:
                self._forget_many(owner)
            table, queues = self._holders, self._queues
            gone = list(map(table.pop, held))
            if folded is not None:
                self._large = tuple(other for other in self._large if other is not owner)
                owner.folded = None
            if max(map(len, gone), default=0) > 1:
                for key, holders in zip(held, gone, strict=True):
                    if len(holders) > 1:
                        table[key] = {
                            other: mode for other, mode in holders.items() if other is not owner
                        }
            if queues:
                for key in list(queues):
                    if key in held or (folded is not None and folded.mode_of(key)):
                        self._serve(key)
            owner.held = {}

    def fold(self, owner: LockOwner) -> None:
        """Keep the locks of an owner, which goes on to take more, in a form that takes little memory.

        All but those that others share or wait for, and the gate.
        """
        with self._mutex:
            table, queues = self._holders, self._queues
            folded = {
                key: mode
                for key, mode in owner.held.items()
                if key != GATE and len(table[key]) == 1 and key not in queues
            }
            if not folded:
                return
            if owner.folded is None:
                owner.folded = FoldedLocks()
                self._large = (*self._large, owner)
            owner.folded.add(folded)
            # Others, for what was deleted from a dictionary goes on to take room.
            owner.held = {key: mode for key, mode in owner.held.items() if key not in folded}
            self._holders = {key: them for key, them in table.items() if key not in folded}

    def holders(self, key: LockKey) -> dict[str, int]:
        """Names and modes of who holds `key`; for messages and tests."""
        with self._mutex:
            self._single_out(key)
            return {owner.name: mode for owner, mode in self._all_holders(key).items()}

    # ── under the mutex ───────────────────────────────────────────────────────────────────────

    def _single_out(self, key: LockKey) -> None:
        """Who holds this key with many others holds it by itself, too, from now on."""
        for many in self._many.get(key[0], ()):
            owner = many.owner
            if owner.held.get(key, 0) < many.mode and many.has(key[1]):
                self._holders[key] = {**self._holders.get(key, {}), owner: many.mode}
                owner.held[key] = many.mode

    def _hold_many(self, owner: LockOwner, kind: str, ids: IdArray, mode: int) -> None:
        """Ids, ascending, that nobody holds are the owner's now."""
        many = self._many.setdefault(kind, [])
        # As in a log-structured tree, so that who takes ids again and again has few arrays.
        while many and many[-1].owner is owner and many[-1].mode == mode:
            if len(many[-1].ids) > 2 * len(ids):
                break
            ids = np.sort(np.concatenate((many.pop().ids, ids)))
        many.append(_Many(owner, ids, mode))
        owner.has_many = True

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
        if self._large:
            keys = [(kind, entity_id) for entity_id in ids.tolist()]
            for large in self._large:
                assert large.folded is not None
                known |= large.folded.modes_of(keys) > 0
        return known

    def _forget_many(self, owner: LockOwner) -> None:
        for kind, known in list(self._many.items()):
            left = [many for many in known if many.owner is not owner]
            if left:
                self._many[kind] = left
            else:
                del self._many[kind]
        owner.has_many = False

    def _all_holders(self, key: LockKey) -> dict[LockOwner, int]:
        """Who holds the key, folded or not."""
        holders = self._holders.get(key, {})
        for large in self._large:
            mode = large.folded.mode_of(key) if large.folded is not None else 0
            if mode > holders.get(large, 0):
                holders = {**holders, large: mode}
        return holders

    def _grant(self, owner: LockOwner, key: LockKey, mode: int) -> None:
        self._holders[key] = {**self._holders.get(key, {}), owner: mode}
        owner.held[key] = mode

    def _beside_folded(
        self, owner: LockOwner, keys: Collection[LockKey], mode: int
    ) -> tuple[list[LockKey], set[LockKey]]:
        """Those of the keys that are still to be had, and those of them that `acquire` has to look at.

        For folded locks of others are in the way, or somebody waits.
        """
        ordered = list(keys)
        is_left = np.ones(len(ordered), dtype=np.bool_)
        clashes = np.zeros(len(ordered), dtype=np.bool_)
        for large in self._large:
            assert large.folded is not None
            modes = large.folded.modes_of(ordered)
            if large is not owner:
                clashes |= modes + mode >= _CLASH
                continue
            # With one hash, another key may be somebody else's.
            had = np.flatnonzero(modes >= mode).tolist()
            is_left[[row for row in had if ordered[row] not in self._holders]] = False
        left = [ordered[row] for row in np.flatnonzero(is_left).tolist()]
        clashing = {ordered[row] for row in np.flatnonzero(is_left & clashes).tolist()}
        if self._queues:
            clashing.update(key for key in left if key in self._queues)
        return left, clashing

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
        if owner.has(key):
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
            for other, mode in self._all_holders(waiter.key).items()
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
            holders = self._all_holders(key)
            free = all(
                other is waiter.owner or mode + waiter.mode < _CLASH
                for other, mode in holders.items()
            ) and all(earlier.mode + waiter.mode < _CLASH for earlier in left)
            if not free:
                left.append(waiter)
                continue
            self._grant(waiter.owner, key, waiter.mode)
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
