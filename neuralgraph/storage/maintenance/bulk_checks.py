"""What bulk loads check, a column at a time: values, constraints, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.access.vectors import VectorSettings
from neuralgraph.errors import ConstraintViolationError, QueryArgumentError, VectorError
from neuralgraph.storage.transactions.constraints import check_type, duplicate
from neuralgraph.storage.transactions.schema_changes import Duplicates
from neuralgraph.storage.transactions.vector_rules import first_fault
from neuralgraph.values import NO_IDS, Column, Kind
from neuralgraph.values.ordering import equality_key
from neuralgraph.values.types import storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neuralgraph.access import CatalogReader, ConstraintDefinition, IndexDefinition
    from neuralgraph.storage.versions import GraphView
    from neuralgraph.values import IdArray

_PLAIN: Final = frozenset({Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT, Kind.TEXT})
_SHOWN_MAX: Final = 5


def checked_columns(
    columns: Mapping[str, Column], count: int | None = None
) -> tuple[int, dict[str, Column]]:
    """How many rows, and the columns with values as they are stored.

    Raises:
        QueryArgumentError: they differ in length.
        QueryTypeError: a value that cannot be stored.
    """
    for key, column in columns.items():
        if count is None:
            count = column.count
        if column.count != count:
            raise QueryArgumentError(f"column {key} has {column.count} rows, others have {count}")
    return count or 0, {key: _checked(column) for key, column in columns.items()}


def _checked(column: Column) -> Column:
    if column.kind in _PLAIN or column.kind == Kind.VECTOR:
        return column
    return Column.of_values([storable(value) for value in column.to_values()])


# ── constraints ───────────────────────────────────────────────────────────────────────────────


def check_constraints(
    view: GraphView,
    entity: str,
    labels: Sequence[str],
    columns: Mapping[str, Column],
    count: int,
) -> None:
    """Would the rows, as new entities with these labels, break a constraint?

    Raises:
        ConstraintViolationError: naming constraint and values.
    """
    check_vectors(view.catalog, entity, labels, columns)
    for constraint in view.catalog.constraints():
        if constraint.entity != entity or constraint.label not in labels:
            continue
        keyed = [columns.get(key) for key in constraint.keys]
        if constraint.kind in ("exists", "key"):
            _require_present(constraint, keyed, count)
        if constraint.kind == "type" and keyed[0] is not None:
            _check_types(constraint, keyed[0])
        if constraint.kind in ("unique", "key"):
            present = [column for column in keyed if column is not None]
            if len(present) == len(keyed):
                _check_unique(view, constraint, present)


def check_vectors(
    catalog: CatalogReader,
    entity: str,
    labels: Sequence[str],
    columns: Mapping[str, Column],
    dumped_ids: Sequence[int] | None = None,
) -> None:
    """Can the vector indexes hold what is loaded?

    Args:
        catalog: has the indexes.
        entity: "node" or "edge".
        labels: of all rows; of relationships, the type.
        columns: the properties.
        dumped_ids: by which a dump names the rows; None: a table, whose rows have numbers.

    Raises:
        VectorError: naming the row, or the entity of the dump, and the index.
    """
    for index in catalog.indexes():
        is_covered = index.kind == "vector" and index.entity == entity and index.label in labels
        column = columns.get(index.keys[0]) if is_covered else None
        found = None if column is None else first_fault(VectorSettings.of(index), column)
        if found is not None:
            row, fault = found
            who, done, entity_id = f"row {row}", "loaded", row
            if dumped_ids is not None:
                entity_id, done = dumped_ids[row], "restored"
                word = "node" if entity == "node" else "relationship"
                who = f"{word} {entity_id} of the dump"
            raise VectorError(
                f"{who} cannot have this vector as `{index.keys[0]}`: {fault}"
                f" (vector index {index.name} on {index.label}); nothing was {done}",
                index=index.name,
                entity_id=entity_id,
            )


def _require_present(
    constraint: ConstraintDefinition, keyed: Sequence[Column | None], count: int
) -> None:
    for key, column in zip(constraint.keys, keyed, strict=True):
        valid = None if column is None else column.valid
        if count and (column is None or (valid is not None and not valid.all())):
            row = 0 if valid is None else int(np.flatnonzero(~valid)[0])
            raise ConstraintViolationError(
                f"row {row} has no {key}, which {constraint.label} must have"
                f" (constraint {constraint.name}); nothing was loaded",
                constraint=constraint.name,
                detail="PropertyExistenceViolation",
            )


def _check_types(constraint: ConstraintDefinition, column: Column) -> None:
    rows = np.flatnonzero(column.valid_mask)
    if column.kind in _PLAIN:
        rows = rows[:1]  # the others are of the same type
    for row, value in zip(rows.tolist(), column.take(rows).to_values(), strict=True):
        check_type(constraint, row, value, is_row=True)


def _check_unique(
    view: GraphView, constraint: ConstraintDefinition, columns: Sequence[Column]
) -> None:
    seen = Duplicates(constraint)
    seen.add_rows(*columns)
    seen.require_none()
    is_node = constraint.entity == "node"
    catalog = view.catalog
    if not (catalog.node_count if is_node else catalog.edge_count)(constraint.label):
        return
    index = catalog.index(constraint.name)
    assert index is not None, "a unique constraint owns an index"
    if len(columns) == 1:
        rows, ids = view.seek_many(index, columns[0])
        if len(rows):
            value = columns[0].take(rows[:1]).to_values()
            raise duplicate(constraint, int(ids[0]), value)
        return
    for values in zip(*(column.to_values() for column in columns), strict=True):
        if not any(value is None for value in values):
            found = view.seek(index, values)
            if len(found):
                raise duplicate(constraint, int(found[0]), values)


# ── keys ──────────────────────────────────────────────────────────────────────────────────────


def resolve_keys(view: GraphView, label: str, key: str, values: Column) -> IdArray:
    """The node with `label` that has each value as its `key`.

    Args:
        view: where to look.
        label: of the nodes.
        key: the property.
        values: one a row; an index on (label, key) is used where there is one.

    Returns:
        Node ids, shape (rows,).

    Raises:
        QueryArgumentError: values that no node has (the first few are named), or several have.
    """
    count = values.count
    if count == 0:
        return NO_IDS
    valid = values.valid
    if valid is not None and not valid.all():
        row = int(np.flatnonzero(~valid)[0])
        raise QueryArgumentError(f"the key of a node is null in row {row} (and perhaps in more)")
    if values.kind == Kind.TEXT and values.dictionary is not None:
        distinct = Column.of_array(Kind.TEXT, values.dictionary)
        used = np.zeros(distinct.count, dtype=np.bool_)
        used[values.array] = True
        places = np.flatnonzero(used)
        found = np.full(distinct.count, -1, dtype=np.int64)
        found[places] = resolve_keys(view, label, key, distinct.take(places))
        return found[values.array]  # type: ignore[no-any-return]
    index = _index_on(view, label, key)
    if index is not None and _is_worth_seeking(view, label, values):
        rows, ids = view.seek_many(index, values)
        return _one_each(rows, ids, label, key, values)
    return _matched(view, label, key, values)


def _index_on(view: GraphView, label: str, key: str) -> IndexDefinition | None:
    for index in view.catalog.indexes():
        if (index.kind, index.entity, index.labels, index.keys) == (
            "range",
            "node",
            (label,),
            (key,),
        ):
            return index
    return None


def _is_worth_seeking(view: GraphView, label: str, values: Column) -> bool:
    """Integers are sought all at once; other values one by one, so only where there are few."""
    return values.kind == Kind.INTEGER or values.count * 8 < view.catalog.node_count(label)


def _matched(view: GraphView, label: str, key: str, values: Column) -> IdArray:
    """Without an index: read the property of all nodes of the label once."""
    batches = list(view.scan_nodes(label))
    ids = np.concatenate(batches) if batches else NO_IDS
    known = view.node_property(ids, key)
    if known.kind == values.kind == Kind.INTEGER:
        return _matched_integers(ids, known, label, key, values)
    places: dict[Any, int] = {}
    twice: set[Any] = set()
    for node_id, value in zip(ids.tolist(), known.to_values(), strict=True):
        if value is not None:
            match = value if type(value) is str else equality_key(value)
            if places.setdefault(match, node_id) != node_id:
                twice.add(match)
    wanted = values.to_values()
    if values.kind != Kind.TEXT:
        wanted = [equality_key(value) for value in wanted]
    found = np.fromiter((places.get(value, -1) for value in wanted), np.int64, len(wanted))
    if twice:
        _refuse_ambiguous(label, key, [value for value in wanted if value in twice])
    return _all_found(found, label, key, values)


def _matched_integers(ids: IdArray, known: Column, label: str, key: str, values: Column) -> IdArray:
    present = known.valid_mask
    keys, ids = np.asarray(known.array)[present], ids[present]
    order = np.argsort(keys, kind="stable")
    keys, ids = keys[order], ids[order]
    wanted = np.asarray(values.array)
    if len(keys) == 0:
        return _all_found(np.full(len(wanted), -1, dtype=np.int64), label, key, values)
    places = keys.searchsorted(wanted)
    places[places == len(keys)] = 0
    hit = keys[places] == wanted
    after = np.minimum(places + 1, len(keys) - 1)
    twice = hit & (after != places) & (keys[after] == wanted)
    if twice.any():
        _refuse_ambiguous(label, key, wanted[twice][:_SHOWN_MAX].tolist())
    return _all_found(np.where(hit, ids[places], -1), label, key, values)


def _one_each(rows: Any, ids: IdArray, label: str, key: str, values: Column) -> IdArray:
    if len(rows) == values.count and bool((rows[1:] != rows[:-1]).all()):
        return ids
    found = np.full(values.count, -1, dtype=np.int64)
    found[rows] = ids
    _all_found(found, label, key, values)
    again = rows[1:][rows[1:] == rows[:-1]]
    _refuse_ambiguous(label, key, values.take(again[:_SHOWN_MAX]).to_values())
    return found


def _all_found(found: IdArray, label: str, key: str, values: Column) -> IdArray:
    missing = np.flatnonzero(found < 0)
    if len(missing) == 0:
        return found
    shown = list(dict.fromkeys(map(repr, values.take(missing[:_SHOWN_MAX]).to_values())))
    rows = "1 row" if len(missing) == 1 else f"{len(missing)} rows"
    raise QueryArgumentError(
        f"no {label} has the {key} that {rows} ask for, such as {', '.join(shown)};"
        " load these nodes first",
        detail="UnknownKey",
    )


def _refuse_ambiguous(label: str, key: str, values: Sequence[Any]) -> None:
    if values:
        shown = ", ".join(dict.fromkeys(map(repr, values[:_SHOWN_MAX])))
        raise QueryArgumentError(
            f"several {label} have the same {key}: {shown}; a key must tell them apart",
            detail="AmbiguousKey",
        )
