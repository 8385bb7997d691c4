"""The aggregating functions by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.query.functions.aggregates.collecting import Collect, Percentile
from neuralgraph.query.functions.aggregates.counting import Count
from neuralgraph.query.functions.aggregates.deviation import Deviation
from neuralgraph.query.functions.aggregates.extremes import Extreme
from neuralgraph.query.functions.aggregates.sums import Average, Sum
from neuralgraph.query.functions.signature import AggregateFunction

if TYPE_CHECKING:
    from neuralgraph.query.functions.signature import Function

_SUMMABLE: Final = "INTEGER|FLOAT|DURATION"

AGGREGATES: Final = (
    AggregateFunction("count", ("ANY",), "INTEGER", Count, "How many values are not null."),
    AggregateFunction("sum", (_SUMMABLE,), _SUMMABLE, Sum, "The sum; 0 of nothing."),
    AggregateFunction("avg", (_SUMMABLE,), "FLOAT|DURATION", Average, "The mean; null of nothing."),
    AggregateFunction("min", ("ANY",), "ANY", Extreme.least, "The least value, over all types."),
    AggregateFunction("max", ("ANY",), "ANY", Extreme.greatest, "The greatest, over all types."),
    AggregateFunction("collect", ("ANY",), "LIST", Collect, "A list of the values."),
    AggregateFunction(
        "stDev", ("INTEGER|FLOAT",), "FLOAT", Deviation.of_sample, "Standard deviation of a sample."
    ),
    AggregateFunction(
        "stDevP",
        ("INTEGER|FLOAT",),
        "FLOAT",
        Deviation.of_population,
        "Standard deviation of a whole population.",
    ),
    AggregateFunction(
        "percentileCont",
        ("INTEGER|FLOAT", "FLOAT"),
        "FLOAT",
        Percentile.continuous,
        "The value at a percentile 0..1, interpolated between neighbours.",
    ),
    AggregateFunction(
        "percentileDisc",
        ("INTEGER|FLOAT", "FLOAT"),
        "INTEGER|FLOAT",
        Percentile.discrete,
        "The value nearest to a percentile 0..1.",
    ),
)

BY_NAME: Final[dict[str, Function | AggregateFunction]] = {
    function.name.lower(): function for function in AGGREGATES
}
"""By name in small letters."""
