"""From version chains to arrays: what is true at a txid, and what was displaced on the way there.

The values of the chains are Python objects in order of commit; here they come in order of id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.disk.pauses import in_pieces
from neuralgraph.storage.indexes.id_places import GrowingArray
from neuralgraph.values import NO_IDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.versions.chains import DeltaColumn
    from neuralgraph.values import RowArray
    from neuralgraph.values.arrays import Int64Array


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
        places: where the values stand in the log of the chains.
        displaced_places: where the first of the displaced ones do, those that were in the log.
    """

    ids: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    first_txids: list[int] = field(default_factory=list)
    last_txids: list[int] = field(default_factory=list)
    displaced_ids: list[int] = field(default_factory=list)
    displaced_untils: list[int] = field(default_factory=list)
    displaced_values: list[Any] = field(default_factory=list)
    places: RowArray = field(default_factory=lambda: NO_IDS)
    displaced_places: RowArray = field(default_factory=lambda: NO_IDS)

    def displace(self, entity_id: int, until: int, value: Any) -> None:
        """Note what was true of an entity up to `until`."""
        self.displaced_ids.append(entity_id)
        self.displaced_untils.append(until)
        self.displaced_values.append(value)


def walk_chains(column: DeltaColumn, txid: int) -> Outcome:
    """Fold the chains of a column up to `txid`; younger versions stay out.

    A writer may go on meanwhile: what is added is too young, and lies behind.
    """
    count = column.visible_count(txid)
    if count == 0:
        return Outcome()
    ids = GrowingArray(column.ids).first(count)
    txids = GrowingArray(column.txids).first(count)
    values = column.values[:count]
    # Chain by chain, oldest version first.
    places = np.argsort(ids, kind="stable")
    ids, txids = ids[places], txids[places]
    is_last = np.ones(count, dtype=np.bool_)
    is_last[:-1] = ids[1:] != ids[:-1]
    lasts = np.flatnonzero(is_last)
    firsts = np.append(0, lasts[:-1] + 1)
    # Of several versions in one commit only the last was ever seen.
    replaced = np.flatnonzero(~is_last[:-1] & (txids[1:] > txids[:-1]))
    return Outcome(
        listed(ids[lasts]),
        chosen(values, places[lasts]),
        listed(txids[firsts]),
        listed(txids[lasts]),
        listed(ids[replaced]),
        listed(txids[replaced + 1]),
        chosen(values, places[replaced]),
        places[lasts],
        places[replaced],
    )


def listed(array: Int64Array) -> list[int]:
    """`array.tolist()`; others run between the pieces."""
    numbers: list[int] = []
    for piece in in_pieces(0, len(array)):
        numbers += array[piece].tolist()
    return numbers


def chosen(values: Sequence[Any], places: RowArray) -> list[Any]:
    """The values in these places; others run between the pieces."""
    found: list[Any] = []
    for piece in in_pieces(0, len(places)):
        found += [values[place] for place in places[piece].tolist()]
    return found
