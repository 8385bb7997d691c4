"""Searching through the layers of a view: the base's run, and over it what each layer changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.errors import OptionError, QueryArgumentError, SchemaError
from neuralgraph.storage.indexes.search_run import NO_OVERLAY, SearchSource, TermSource, overlay_of
from neuralgraph.storage.versions.search_building import base_read
from neuralgraph.values import DateTime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from neuralgraph.access import (
        IndexDefinition,
        SearchHits,
        SearchQuery,
        TermCount,
        TermRequest,
    )
    from neuralgraph.storage.indexes.search_run import Level, Overlay, SearchRun
    from neuralgraph.storage.versions.layered import LayeredView
    from neuralgraph.values import Column, IdArray


def search(
    view: LayeredView,
    index: IndexDefinition,
    query: SearchQuery,
    limit: int,
    within: IdArray | None,
    check: Callable[[], object],
) -> SearchHits:
    """See `access.GraphReader.search`."""
    run = _run(view, index)
    read = base_read(view.base, index)
    return run.search(query, limit, _overlay(view, index), within, read, check)


def search_terms(
    view: LayeredView, index: IndexDefinition, request: TermRequest
) -> Sequence[TermCount]:
    """See `access.GraphReader.search_terms`."""
    run = _run(view, index)
    if not isinstance(run, TermSource):
        raise QueryArgumentError(f"the {index.kind} index {index.name} has no terms")
    return run.terms(request, _overlay(view, index), base_read(view.base, index))


def _run(view: LayeredView, index: IndexDefinition) -> SearchRun:
    run = view.base.search_run(index.name)
    if run is None or (run.definition is not index and run.definition != index):
        raise SchemaError(
            f"there is no {index.kind} index named {index.name}", detail="IndexNotFound"
        )
    return run


def search_path(
    view: LayeredView, index: IndexDefinition, limit: int, candidates: int | None, *, exact: bool
) -> str:
    """See `access.GraphReader.search_path`."""
    return _run(view, index).path(limit, _overlay(view, index), candidates, exact=exact)


def search_facts(view: LayeredView, index: IndexDefinition) -> Mapping[str, Any]:
    """See `access.GraphReader.search_facts`."""
    run = view.base.search_run(index.name)
    if run is None or run.definition != index:
        return {}
    try:
        facts = run.facts(_overlay(view, index))
    except (QueryArgumentError, OptionError) as error:
        # An analyzer is missing, or fails: what there is can be listed all the same.
        facts = {"failure": str(error), "builtTxid": run.built_txid}
    built_us = view.base.commit_time_us(facts.pop("builtTxid"))
    facts["built"] = None if built_us is None else DateTime.at_instant(built_us * 1_000)
    return facts


def _overlay(view: LayeredView, index: IndexDefinition) -> Overlay:
    levels = _levels(view, index)
    return overlay_of(levels) if levels else NO_OVERLAY


def _levels(view: LayeredView, index: IndexDefinition) -> list[Level]:
    """What lies over the run, lowest first."""
    past = view.base.search_level(index)
    levels = [] if past is None else [past]
    for layer, txid in view.active_layers():
        log = layer.touch_logs.get(index)
        if log is None or not log.visible_count(txid):
            continue
        # What is made of a layer serves all its readers: nothing of the layers above may be in it.
        levels.append(log.level(txid, partial(_source, view.up_to(layer), index)))
    return levels


def _source(view: LayeredView, index: IndexDefinition, ids: IdArray) -> SearchSource:
    """Those of some entities that an index covers, as a view has them."""
    if index.entity == "node":
        covered = np.zeros(len(ids), dtype=np.bool_)
        for label in index.labels:
            covered |= view.has_label(ids, label)
        property_of = view.node_property
    else:
        types = view.edge_types(ids).to_list()
        covered = np.array([edge_type in index.labels for edge_type in types], dtype=np.bool_)
        property_of = view.edge_property

    def read(wanted: IdArray) -> Sequence[Column]:
        return [property_of(wanted, key) for key in index.keys]

    return SearchSource(ids[covered], read)
