"""Small tools on columns that operators and expressions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import QueryTypeError
from neuralgraph.values import Column, EdgeRef, Kind, NodeRef
from neuralgraph.values.arrays import all_true

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.planning.plan import Slot
    from neuralgraph.values import IdArray, MaskArray, RowArray
    from neuralgraph.values.arrays import ObjectArray

_KIND_OF_TYPE: Final[dict[type, Kind]] = {
    bool: Kind.BOOLEAN,
    int: Kind.INTEGER,
    float: Kind.FLOAT,
    str: Kind.TEXT,
}
_REF_OF_KIND: Final[dict[Kind, type[Any]]] = {Kind.NODE: NodeRef, Kind.EDGE: EdgeRef}
SLOT_KINDS: Final[dict[str, Kind]] = {"node": Kind.NODE, "edge": Kind.EDGE}
_ENTITY_NAMES: Final[dict[Kind, str]] = {Kind.NODE: "node", Kind.EDGE: "relationship"}


def listed(items: list[Any]) -> Column:
    """A column of plain values in list form; `Column.of_values`, quicker for one row."""
    if len(items) == 1:
        kind = _KIND_OF_TYPE.get(type(items[0]), Kind.ANY)
        return Column(kind, 1, None, None, items)
    return Column.of_values(items)


def ids_column(kind: Kind, ids: IdArray) -> Column:
    """A NODE or EDGE column without nulls."""
    return Column(kind, len(ids), ids, None, None)


def entity_column(column: Column, kind: Kind) -> Column:
    """The column as NODE or EDGE column, whatever form the entities came in.

    Raises:
        QueryTypeError: a value is neither null nor such an entity.
    """
    if column.kind == kind:
        return column
    ref = _REF_OF_KIND[kind]
    ids: list[int | None] = []
    for value in column.to_values():
        if value is None:
            ids.append(None)
        elif type(value) is ref:
            ids.append(value.id)
        else:
            raise QueryTypeError(
                f"expected a {_ENTITY_NAMES[kind]}, got {value!r}", detail="InvalidArgumentType"
            )
    return Column.of_list(kind, ids)


def for_slot(column: Column, slot: Slot) -> Column:
    """The column in the form that its slot promises."""
    kind = SLOT_KINDS.get(slot.kind)
    if kind is None or column.kind == kind:
        return column
    return entity_column(column, kind)


def null_column(slot: Slot, count: int) -> Column:
    """Nothing but nulls, in the form that the slot promises."""
    return Column.of_list(SLOT_KINDS.get(slot.kind, Kind.ANY), [None] * count)


def start_ids(column: Column) -> IdArray:
    """Ids to start from, -1 where null: what a reader's methods take."""
    if column.kind not in (Kind.NODE, Kind.EDGE):
        column = entity_column(column, Kind.NODE)
    valid = column.valid
    ids = column.ids
    if valid is not None and not all_true(valid):
        ids = np.where(valid, ids, -1)
    return ids


def true_rows(column: Column) -> MaskArray:
    """Where a predicate is true: neither false nor null; shape (rows,).

    Raises:
        QueryTypeError: a value is not a boolean.
    """
    if column.kind == Kind.BOOLEAN:
        array: MaskArray = column.array  # type: ignore[assignment]
        valid = column.valid
        return array if valid is None else array & valid
    return np.fromiter(
        (is_true(value) for value in column.to_list()), dtype=np.bool_, count=column.count
    )


def is_true(value: Any) -> bool:
    """Is a predicate's value true?

    Raises:
        QueryTypeError: it is neither a boolean nor null.
    """
    if value is True:
        return True
    if value is False or value is None:
        return False
    raise QueryTypeError(
        f"expected a boolean, got {value!r}; compare it with something",
        detail="InvalidArgumentType",
    )


def take_or_null(column: Column, rows: RowArray) -> Column:
    """`take`, with null where the row is -1."""
    missing = rows < 0
    if not missing.any():
        return column.take(rows)
    if column.count == 0:
        return Column.of_list(column.kind, [None] * len(rows))
    if len(rows) <= 16 and column.is_listed:
        items = column.to_list()
        return Column.of_list(
            column.kind, [items[row] if row >= 0 else None for row in rows.tolist()]
        )
    taken = column.take(np.where(missing, 0, rows))
    valid = taken.valid_mask & ~missing
    array = taken.array
    if array.dtype == object:
        objects: ObjectArray = array.astype(object)
        objects[missing] = None
        array = objects
    elif column.kind in (Kind.NODE, Kind.EDGE):
        array = np.where(missing, -1, array)
    return Column(column.kind, len(rows), array, valid, None, taken.dictionary)


def boolean_column(mask: MaskArray, valid: MaskArray | None = None) -> Column:
    """A BOOLEAN column."""
    return Column(Kind.BOOLEAN, len(mask), mask, valid, None)


def concat_all(columns: Sequence[Column], kind: Kind = Kind.ANY) -> Column:
    """`Column.concat`, where there may be none."""
    return Column.concat(columns) if columns else Column.of_list(kind, [])
