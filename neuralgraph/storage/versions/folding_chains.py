"""From version chains to arrays: what is true at a txid, and what was displaced on the way there.

A chain is a linked list of Python objects, so this walks them one by one; everything after works on
arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from neuralgraph.storage.versions.chains import visible

if TYPE_CHECKING:
    from neuralgraph.storage.versions.chains import DeltaColumn


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


def walk_chains(column: DeltaColumn, txid: int) -> Outcome:
    """Fold the chains of a column up to `txid`; younger versions stay out.

    A writer may go on meanwhile: the ids are a copy, looking one up is safe, and what is added is too young.
    """
    outcome = Outcome()
    ids, values = outcome.ids, outcome.values
    first_txids, last_txids = outcome.first_txids, outcome.last_txids
    get = column.chains.get
    for entity_id in column.touched.sorted_ids().tolist():
        version = visible(get(entity_id), txid)
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
