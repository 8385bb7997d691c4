"""Functions about the database itself, and about where LOAD CSV has come to."""

from __future__ import annotations

from typing import Any, Final

from neuralgraph.errors import QueryArgumentError
from neuralgraph.query.functions.arguments import expect_string
from neuralgraph.query.functions.signature import GRAPH_NAME, CallContext, Function


def _names(_context: CallContext) -> list[str]:
    return [GRAPH_NAME]


def _properties_by_name(_context: CallContext, name: Any) -> dict[str, Any]:
    if expect_string("graph.propertiesByName", name).lower() != GRAPH_NAME:
        raise QueryArgumentError(
            f"there is one graph, {GRAPH_NAME}, and none called {name}",
            detail="InvalidArgumentValue",
        )
    return {}


def _name_of_element(_context: CallContext, element_id: Any) -> str:
    expect_string("db.nameFromElementId", element_id)
    return GRAPH_NAME


def _nowhere(_context: CallContext) -> None:
    # The planner puts the place for a call that stands behind LOAD CSV; what is left stands nowhere.
    return None


FUNCTIONS: Final = (
    Function("graph.names", (), "LIST", _names, category="Graph",
             description="The names of all graphs: there is one."),
    Function("graph.propertiesByName", ("STRING",), "MAP", _properties_by_name, category="Graph",
             description="The properties of a graph of a composite database; here none."),
    Function("db.nameFromElementId", ("STRING",), "STRING", _name_of_element, category="Database",
             description="The name of the graph that an element id belongs to."),
    Function("file", (), "STRING", _nowhere, category="LOAD CSV", deterministic=False, stable=False,
             description="The path of the file that LOAD CSV reads; null without one."),
    Function("linenumber", (), "INTEGER", _nowhere, category="LOAD CSV", deterministic=False,
             stable=False,
             description="The line that LOAD CSV has come to, from 1; null without one."),
)  # fmt: skip
