"""From version chains to arrays: what is true at a txid, and what was displaced on the way there.

The values of the chains are Python objects in order of commit; here they come in order of id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.disk.pauses import in_pieces
from neuralgraph.storage.indexes.id_places import array_of
from neuralgraph.values import NO_IDS
from neuralgraph.values.arrays import all_true
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.storage.versions.base_arrays import SegmentedArray
    from neuralgraph.storage.versions.chains import DeltaColumn
    from neuralgraph.storage.versions.history import HistoryLog
    from neuralgraph.values import IdArray, RowArray
    from neuralgraph.values.arrays import Int64Array


@record
class Since:
    """Since which commit something is true of entities; ids ascend, each once."""

    ids: IdArray
    txids: Int64Array

    def of(self, wanted: IdArray) -> Int64Array:
        """The txid for each; 0 where it is not true."""
        if len(self.ids) == 0:
            return np.zeros(len(wanted), dtype=np.int64)
        places = np.minimum(self.ids.searchsorted(wanted), len(self.ids) - 1)
        return np.where(self.ids[places] == wanted, self.txids[places], 0)


@dataclass(slots=True)
class Outcome:
    """What the chains of one thing come to.

    Attributes:
        ids: those with a version that is not too young, ascending.
        values: the newest value of each; None: absent, deleted.
        first_txids: the txid of the oldest version of each: until then, what the base says held.
        last_txids: the txid of the newest version of each.
        places: where the values stand in the log of the chains.
        displaced_ids: an entry for each version that another one replaced.
        displaced_untils: when it did.
        displaced_places: where it stands in the log.
    """

    ids: IdArray = field(default_factory=lambda: NO_IDS)
    values: list[Any] = field(default_factory=list)
    first_txids: Int64Array = field(default_factory=lambda: NO_IDS)
    last_txids: Int64Array = field(default_factory=lambda: NO_IDS)
    places: RowArray = field(default_factory=lambda: NO_IDS)
    displaced_ids: IdArray = field(default_factory=lambda: NO_IDS)
    displaced_untils: Int64Array = field(default_factory=lambda: NO_IDS)
    displaced_places: RowArray = field(default_factory=lambda: NO_IDS)


def news(log: HistoryLog, created: SegmentedArray, ids: IdArray, txid: int) -> RowArray:
    """Of a commit that is folded in parts: what an earlier part displaced, or made, displaces no more.

    Args:
        log: what was displaced so far.
        created: births by id so far.
        ids: of what is displaced by the next part; nothing is displaced there by another commit.
        txid: of the commit.

    Returns:
        Rows of the ids of which something is displaced for the first time.
    """
    if len(ids) == 0:
        return NO_IDS
    is_news = created.take(ids) != txid
    is_news &= ~np.isin(ids, log.changed_between(txid - 1, txid)[0])
    return np.flatnonzero(is_news)


def walk_chains(column: DeltaColumn, txid: int) -> Outcome:
    """Fold the chains of a column up to `txid`; younger versions stay out.

    A writer may go on meanwhile: what is added is too young, and lies behind.
    """
    count = column.visible_count(txid)
    if count == 0:
        return Outcome()
    ids, txids = array_of(column.ids[:count]), array_of(column.txids[:count])
    values = column.values[:count]
    if all_true(ids[1:] > ids[:-1]):
        # New entities, as they were made: each has one version, and they stand in order.
        return Outcome(ids, values, txids, txids, np.arange(count))
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
        ids[lasts],
        chosen(values, places[lasts]),
        txids[firsts],
        txids[lasts],
        places[lasts],
        ids[replaced],
        txids[replaced + 1],
        places[replaced],
    )


def chosen(values: Sequence[Any], places: RowArray) -> list[Any]:
    """The values in these places; others run between the pieces."""
    found: list[Any] = []
    for piece in in_pieces(0, len(places)):
        found += [values[place] for place in places[piece].tolist()]
    return found
