"""What a statement deleted, so that asking it for something is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neuralgraph.values import Column, IdArray


class DeletedTypes:
    """The type of each edge that is gone, by id; true when there is one.

    Most statements that delete many never look at them again, so columns are kept as they come until somebody
    asks.
    """

    __slots__ = ("_columns", "_types")

    def __init__(self) -> None:
        self._types: dict[int, str] = {}
        self._columns: list[tuple[IdArray, Column]] = []

    def add(self, types: Mapping[int, str]) -> None:
        """Edges one by one."""
        self._types.update(types)

    def add_columns(self, edge_ids: IdArray, types: Column) -> None:
        """Edges, and the type of each."""
        if len(edge_ids):
            self._columns.append((edge_ids, types))

    def __bool__(self) -> bool:
        return bool(self._types or self._columns)

    def get(self, edge_id: int) -> str | None:
        """The type of an edge that is gone; None of any other."""
        return self._known().get(edge_id)

    def isdisjoint(self, edge_ids: Sequence[int | None]) -> bool:
        """Is none of these gone?"""
        return self._known().keys().isdisjoint(edge_ids)

    def _known(self) -> dict[int, str]:
        while self._columns:
            edge_ids, types = self._columns.pop()
            self._types.update(zip(edge_ids.tolist(), types.to_list(), strict=True))
        return self._types
