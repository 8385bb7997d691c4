"""The built-in functions that do not aggregate, and the second names of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.query.functions import (
    apoc,
    casts,
    collections,
    databases,
    entities,
    lists,
    maths,
    spatial,
    strings,
    vectors,
)
from neuralgraph.query.functions.aggregates import BY_NAME as BY_NAME_AGGREGATING
from neuralgraph.query.functions.temporal import construction, measuring, truncation

if TYPE_CHECKING:
    from neuralgraph.query.functions.signature import AggregateFunction, Function

FUNCTIONS: Final[tuple[Function, ...]] = (
    *entities.FUNCTIONS,
    *lists.FUNCTIONS,
    *casts.FUNCTIONS,
    *strings.FUNCTIONS,
    *maths.FUNCTIONS,
    *spatial.FUNCTIONS,
    *construction.FUNCTIONS,
    *truncation.FUNCTIONS,
    *measuring.FUNCTIONS,
    *vectors.FUNCTIONS,
    *collections.FUNCTIONS,
    *databases.FUNCTIONS,
    *apoc.FUNCTIONS,
)

SYNONYMS: Final = {
    "lower": "toLower",
    "upper": "toUpper",
    "char_length": "charLength",
    "character_length": "charLength",
    "rels": "relationships",
    "ceiling": "ceil",
    "ln": "log",
    "distance": "point.distance",
    "element_id": "elementId",
    "cardinality": "size",
    "path_length": "length",
    "duration_between": "duration.between",
    "local_datetime": "localdatetime",
    "local_time": "localtime",
    "zoned_datetime": "datetime",
    "zoned_time": "time",
    "collect_list": "collect",
    "percentile_cont": "percentileCont",
    "percentile_disc": "percentileDisc",
    "stdev_samp": "stDev",
    "stdev_pop": "stDevP",
}
"""Other name to name; those of GQL and of older Cypher."""


def _by_name() -> dict[str, Function | AggregateFunction]:
    found: dict[str, Function | AggregateFunction] = {
        function.name.lower(): function for function in FUNCTIONS
    }
    assert len(found) == len(FUNCTIONS)
    for synonym, name in SYNONYMS.items():
        found[synonym] = found.get(name.lower()) or BY_NAME_AGGREGATING[name.lower()]
    return found


BY_NAME: Final = _by_name()
"""By name in small letters, second names included."""
