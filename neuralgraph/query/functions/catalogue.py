"""All built-in functions, and their second names."""

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
from neuralgraph.query.functions.aggregates import AGGREGATES
from neuralgraph.query.functions.temporal import construction, measuring, truncation

if TYPE_CHECKING:
    from neuralgraph.query.functions.signature import AggregateFunction, Function

FUNCTIONS: Final[tuple[Function | AggregateFunction, ...]] = (
    *AGGREGATES,
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
