"""Making nodes and edges: what CREATE and MERGE share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from neuralgraph.errors import EntityNotFoundError, QueryError, SemanticError
from neuralgraph.query.execution.columns import entity_column, ids_column
from neuralgraph.query.execution.expressions.labels import LabelNames
from neuralgraph.query.execution.expressions.look_ups import properties_of
from neuralgraph.query.execution.memory import column_bytes, items_bytes
from neuralgraph.query.language.syntax.expressions import MapLiteral
from neuralgraph.query.planning.plan import EdgeToCreate, NodeToCreate, Slot
from neuralgraph.values import ROW_PATH_MAX, Batch, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.execution.expressions import Evaluator, ExpressionCompiler
    from neuralgraph.query.execution.operators.compiling import PlanCompiler
    from neuralgraph.query.language.syntax.expressions import Expression


_ENTITY_BYTES: Final = 400
"""About what a transaction holds for something that it made, without its properties."""

_COLUMN_ENTITY_BYTES: Final = 300
"""The same for what was made with many others, as columns."""

_SAMPLE_ROWS: Final = 16


class PropertyMaker:
    """The properties of something new.

    Attributes:
        keys, evaluators: of a map literal.
        whole: a map expression of any other kind, or None.
        must_be_known: null is an error (MERGE), not an absent property.
    """

    __slots__ = ("evaluators", "keys", "must_be_known", "whole")

    def __init__(
        self,
        properties: Expression | None,
        expressions: ExpressionCompiler,
        *,
        must_be_known: bool,
    ) -> None:
        self.keys: tuple[str, ...] = ()
        self.evaluators: tuple[Evaluator, ...] = ()
        self.whole: Evaluator | None = None
        self.must_be_known = must_be_known
        if isinstance(properties, MapLiteral):
            self.keys = tuple(key for key, _ in properties.entries)
            self.evaluators = expressions.compile_all(value for _, value in properties.entries)
        elif properties is not None:
            self.whole = expressions.compile(properties)

    @property
    def is_columnar(self) -> bool:
        """May the properties of many rows be made as columns?"""
        return self.whole is None and not self.must_be_known

    def of_rows(self, batch: Batch, context: ExecutionContext) -> list[dict[str, Any]]:
        """The properties in each row, without those that are null."""
        maps = self._maps(batch, context)
        count = len(maps)
        context.memory.write(count * _ENTITY_BYTES + items_bytes(maps[:_SAMPLE_ROWS], count))
        return maps

    def _maps(self, batch: Batch, context: ExecutionContext) -> list[dict[str, Any]]:
        if self.whole is not None:
            maps = [properties_of(value, context) for value in self.whole.items(batch, context)]
        elif self.keys:
            columns = [evaluator.items(batch, context) for evaluator in self.evaluators]
            maps = [dict(zip(self.keys, row, strict=True)) for row in zip(*columns, strict=True)]
        else:
            return [{} for _ in range(batch.count)]
        return [self._known(properties) for properties in maps]

    def _known(self, properties: dict[str, Any]) -> dict[str, Any]:
        # Not `None in ...`: a vector has no single answer to ==.
        for value in properties.values():
            if value is None:
                break
        else:
            return properties
        if self.must_be_known:
            key = next(key for key, value in properties.items() if value is None)
            raise SemanticError(
                f"MERGE cannot look for the property {key} = null, because nothing equals null",
                detail="MergeReadOwnWrites",
            )
        return {key: value for key, value in properties.items() if value is not None}

    def columns(self, batch: Batch, context: ExecutionContext) -> tuple[dict[str, Column], int]:
        """The properties as columns, and how many values that are not null; map literals only."""
        assert not self.must_be_known
        made: dict[str, Column] = {}
        count = 0
        for key, evaluator in zip(self.keys, self.evaluators, strict=True):
            column = evaluator.column(batch, context)
            valid = column.valid
            count += column.count if valid is None else int(np.count_nonzero(valid))
            made[key] = column
        held = batch.count * _COLUMN_ENTITY_BYTES + sum(map(column_bytes, made.values()))
        context.memory.write(held)
        return made, count


class NodeMaker:
    """Makes a node a row."""

    __slots__ = ("labels", "properties", "slot")

    def __init__(
        self, entity: NodeToCreate, expressions: ExpressionCompiler, *, must_be_known: bool
    ) -> None:
        self.slot = Slot(entity.variable, "node")
        self.labels = LabelNames(entity.labels, expressions.compile)
        self.properties = PropertyMaker(entity.properties, expressions, must_be_known=must_be_known)

    def make(self, batch: Batch, context: ExecutionContext) -> Column:
        """The new nodes."""
        writer = context.require_writer()
        counters = context.counters
        count = batch.count
        counters.nodes_created += count
        labels = self.labels.fixed
        if count > ROW_PATH_MAX and labels is not None and self.properties.is_columnar:
            columns, value_count = self.properties.columns(batch, context)
            counters.properties_set += value_count
            counters.labels_added += count * len(labels)
            return ids_column(Kind.NODE, writer.create_nodes(count, labels, columns))
        ids = []
        for row, properties in enumerate(self.properties.of_rows(batch, context)):
            names = labels
            if names is None:
                names = self.labels.of_row(batch.slice(row, row + 1), context)
            counters.properties_set += len(properties)
            counters.labels_added += len(names)
            ids.append(writer.create_node(names, properties))
        return Column(Kind.NODE, count, None, None, ids)


class EdgeMaker:
    """Makes an edge a row."""

    __slots__ = ("edge_type", "must_be_known", "properties", "slot", "source", "target")

    def __init__(
        self, entity: EdgeToCreate, expressions: ExpressionCompiler, *, must_be_known: bool
    ) -> None:
        self.slot = Slot(entity.variable, "edge")
        self.edge_type = LabelNames(entity.edge_type, expressions.compile)
        self.source = expressions.places[entity.source]
        self.target = expressions.places[entity.target]
        self.must_be_known = must_be_known
        self.properties = PropertyMaker(entity.properties, expressions, must_be_known=must_be_known)

    def make(self, batch: Batch, context: ExecutionContext) -> Column:
        """The new edges."""
        writer = context.require_writer()
        counters = context.counters
        count = batch.count
        sources = entity_column(batch.columns[self.source], Kind.NODE)
        targets = entity_column(batch.columns[self.target], Kind.NODE)
        names = self.edge_type.fixed
        counters.relationships_created += count
        if (
            count > ROW_PATH_MAX
            and names is not None
            and self.properties.is_columnar
            and sources.valid is None
            and targets.valid is None
        ):
            columns, value_count = self.properties.columns(batch, context)
            counters.properties_set += value_count
            ids = writer.create_edges(names[0], sources.ids, targets.ids, columns)
            return ids_column(Kind.EDGE, ids)
        edges = []
        maps = self.properties.of_rows(batch, context)
        ends = zip(sources.to_list(), targets.to_list(), maps, strict=True)
        for row, (source, target, properties) in enumerate(ends):
            if source is None or target is None:
                raise self._without_node()
            name = names[0] if names else self._type_of_row(batch, row, context)
            counters.properties_set += len(properties)
            edges.append(writer.create_edge(name, source, target, properties))
        return Column(Kind.EDGE, count, None, None, edges)

    def _without_node(self) -> QueryError:
        if self.must_be_known:
            return SemanticError(
                "MERGE cannot look for the relationship, because one of its nodes is null",
                detail="MergeReadOwnWrites",
            )
        return EntityNotFoundError(
            "a relationship needs two nodes, and one of them is null",
            detail="DeletedEntityAccess",
        )

    def _type_of_row(self, batch: Batch, row: int, context: ExecutionContext) -> str:
        names = self.edge_type.of_row(batch.slice(row, row + 1), context)
        if len(names) != 1:
            raise SemanticError(f"a relationship has one type, not {len(names)}")
        return names[0]


class EntityMaker:
    """Makes the entities of one clause, in the order given; later ones see the ones before.

    Attributes:
        slots: the child's, then one for each entity.
    """

    __slots__ = ("makers", "slots")

    def __init__(
        self,
        entities: Sequence[NodeToCreate | EdgeToCreate],
        slots: Sequence[Slot],
        compiler: PlanCompiler,
        *,
        must_be_known: bool = False,
    ) -> None:
        self.makers: list[NodeMaker | EdgeMaker] = []
        # One for all: to begin anew with each entity is quadratic work for a clause of thousands.
        expressions = compiler.expressions(slots)
        for entity in entities:
            maker: NodeMaker | EdgeMaker
            if isinstance(entity, NodeToCreate):
                maker = NodeMaker(entity, expressions, must_be_known=must_be_known)
            else:
                maker = EdgeMaker(entity, expressions, must_be_known=must_be_known)
            self.makers.append(maker)
            expressions.add(maker.slot)
        self.slots = expressions.slots

    def make(self, batch: Batch, context: ExecutionContext) -> Batch:
        """The batch with a column for each entity behind its own."""
        columns = list(batch.columns)
        for maker in self.makers:
            columns.append(maker.make(Batch(columns, batch.count), context))
        return Batch(columns, batch.count)
