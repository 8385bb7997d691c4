"""From version chains to arrays: what is true at a txid, and what was displaced on the way there.

A chain is a linked list of Python objects, so this walks them one by one; everything after works on
arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neuralgraph.storage.versions.chains import Version


@dataclass(slots=True)
class Outcome:
    """What the chains of one thing come to; three parallel lists for now, three for the past.

    Attributes:
        ids: those with a version that is not too young, ascending.
        values: the newest value of each; None: absent, deleted.
        first_txids: the txid of the oldest version of each: until then, what the base says held.
        last_txids: the txid of the newest version of each.
        displaced_ids: an entry for each version that another one replaced.
        displaced_untils: when it did.
        displaced_values: what was true until then.
    """

    ids: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    first_txids: list[int] = field(default_factory=list)
    last_txids: list[int] = field(default_factory=list)
    displaced_ids: list[int] = field(default_factory=list)
    displaced_untils: list[int] = field(default_factory=list)
    displaced_values: list[Any] = field(default_factory=list)

    def displace(self, entity_id: int, until: int, value: Any) -> None:
        """Note what was true of an entity up to `until`."""
        self.displaced_ids.append(entity_id)
        self.displaced_untils.append(until)
        self.displaced_values.append(value)


def walk_chains(chains: Iterable[tuple[int, Version]], txid: int) -> Outcome:
    """Fold chains, given in order of id, up to `txid`; younger versions stay out."""
    outcome = Outcome()
    ids, values = outcome.ids, outcome.values
    first_txids, last_txids = outcome.first_txids, outcome.last_txids
    for entity_id, head in chains:
        version: Version | None = head
        while version is not None and version.txid > txid:
            version = version.older
        if version is None:
            continue
        ids.append(entity_id)
        values.append(version.value)
        last_txids.append(version.txid)
        older = version.older
        while older is not None:
            # Of several versions in one commit only the last was ever seen.
            if older.txid < version.txid:
                outcome.displace(entity_id, version.txid, older.value)
            version, older = older, older.older
        first_txids.append(version.txid)
    return outcome
