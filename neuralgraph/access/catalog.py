"""Names, indexes, constraints and counts, as the query stack sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from neuralgraph.access.options import NO_OPTIONS, IndexOptions
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence

IndexKind = Literal["range", "text", "point", "lookup", "vector", "fulltext"]
ConstraintKind = Literal["unique", "exists", "type", "key"]


@record
class IndexDefinition:
    """An index.

    Attributes:
        name: unique among indexes and constraints.
        entity: what it finds.
        labels: the label (or type) it covers; several only for fulltext.
        keys: the properties, in order.
        owner: the constraint that keeps this index, if one does.
        options: its settings; only search indexes have any.
    """

    name: str
    kind: IndexKind
    entity: Literal["node", "edge"]
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    owner: str | None = None
    options: IndexOptions = NO_OPTIONS

    @property
    def label(self) -> str:
        """The only label."""
        return self.labels[0]


@record
class ConstraintDefinition:
    """A constraint; ``unique`` and ``key`` own an index of the same name.

    Attributes:
        type_name: for ``type``: the normalised type, such as ``INTEGER``.
    """

    name: str
    kind: ConstraintKind
    entity: Literal["node", "edge"]
    label: str
    keys: tuple[str, ...]
    type_name: str | None = None


class CatalogReader(Protocol):
    """What is named and counted at one snapshot."""

    @property
    def version(self) -> int:
        """Cached plans made at another version are made anew.

        Changes when names, indexes or constraints do, and when counts change a lot.
        """
        ...

    def labels(self) -> Sequence[str]:
        """Every label used up to this snapshot, in order of first use."""
        ...

    def edge_types(self) -> Sequence[str]:
        """Every relationship type used up to this snapshot, in order of first use."""
        ...

    def property_keys(self) -> Sequence[str]:
        """Every property key used up to this snapshot, in order of first use."""
        ...

    def indexes(self) -> Sequence[IndexDefinition]:
        """Indexes that a plan may use.

        In the past these are those of the newest state, for each finds what was true then.
        """
        ...

    def defined_indexes(self) -> Sequence[IndexDefinition]:
        """Indexes that there are at this snapshot, to be shown; in the present the same."""
        ...

    def constraints(self) -> Sequence[ConstraintDefinition]:
        """Constraints in force."""
        ...

    # ── counts: exact for label and type, estimates for the rest ──────────────────────────────

    def node_count(self, label: str | None = None) -> int:
        """Nodes, or nodes with `label`; exact."""
        ...

    def edge_count(self, edge_type: str | None = None) -> int:
        """Edges, or edges of a type; exact."""
        ...

    def distinct_count(self, index: IndexDefinition) -> int:
        """Estimate of the number of different values in an index."""
        ...
