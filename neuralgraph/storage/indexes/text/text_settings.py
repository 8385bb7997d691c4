"""TextSettings: a full-text index as its options have it; QuerySettings: one query's options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph.errors import NeuralGraphError, OptionError, QueryArgumentError
from neuralgraph.text import DEFAULT_ANALYZER, analyzer_named
from neuralgraph.text.words import SOUNDS
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuralgraph.access import IndexDefinition
    from neuralgraph.text.analyzers import Analyzer

ANALYZER: Final = "fulltext.analyzer"
BOOSTS: Final = "fulltext.boosts"
DISTANCE_MAX: Final = 2


@record
class TextSettings:
    """A full-text index.

    Attributes:
        name: its own.
        keys: the properties that it has; its fields.
        analyzer_name: how texts become terms.
        boosts: of each field.
    """

    name: str
    keys: tuple[str, ...]
    analyzer_name: str
    boosts: tuple[float, ...]

    @staticmethod
    def of(definition: IndexDefinition) -> TextSettings:
        """What the options say; checked when the index was made."""
        options = definition.options
        boosts = options.get(BOOSTS, {})
        return TextSettings(
            definition.name,
            definition.keys,
            options.get(ANALYZER, DEFAULT_ANALYZER),
            tuple(float(boosts.get(key, 1.0)) for key in definition.keys),
        )

    def analyzer(self) -> Analyzer:
        """The analyzer.

        Raises:
            QueryArgumentError: it is not registered.
            OptionError: it needs packages that are not installed.
        """
        try:
            return analyzer_named(self.analyzer_name)
        except (QueryArgumentError, OptionError) as error:
            raise type(error)(f"the full-text index {self.name}: {error}") from error

    def failure(self) -> str | None:
        """Why a search would fail, as far as the index alone tells; None where nothing is wrong."""
        try:
            self.analyzer()
        except (QueryArgumentError, OptionError) as error:
            return str(error)
        return None

    def analyzer_or_none(self) -> Analyzer | None:
        """The analyzer; None where it cannot be had."""
        try:
            return analyzer_named(self.analyzer_name)
        except NeuralGraphError:
            return None


@record
class QuerySettings:
    """How one query differs from the plain one.

    Attributes:
        analyzer_name: reads the query in place of the index's own; None: that.
        phonetic: words stand for all terms that sound like them by this algorithm; None: for themselves.
        distance: words stand for all terms that differ by so many letters.
        needs_all: words next to each other are joined by AND.
        boosts: of fields, besides those of the index.
    """

    analyzer_name: str | None = None
    phonetic: str | None = None
    distance: int = 0
    needs_all: bool = False
    boosts: Mapping[str, float] | None = None

    @staticmethod
    def of(options: Mapping[str, Any], keys: tuple[str, ...]) -> QuerySettings:
        """From the options of a query on an index with these keys.

        Raises:
            QueryArgumentError: an option that there is not, or a value that it cannot have.
        """
        unknown = set(options) - {"analyzer", "phonetic", "distance", "operator", "boosts"}
        if unknown:
            raise QueryArgumentError(f"full-text queries have no option {min(unknown)!r}")
        analyzer_name = options.get("analyzer")
        if analyzer_name is not None and not isinstance(analyzer_name, str):
            raise QueryArgumentError(f"analyzer is a name, not {analyzer_name!r}")
        phonetic = options.get("phonetic")
        if phonetic is not None and phonetic not in SOUNDS:
            raise QueryArgumentError(f"phonetic is one of {', '.join(SOUNDS)}; not {phonetic!r}")
        distance = options.get("distance", 0)
        if type(distance) is not int or not 0 <= distance <= DISTANCE_MAX:
            raise QueryArgumentError(f"distance is 0, 1 or 2; not {distance!r}")
        operator = options.get("operator", "OR")
        if operator not in ("AND", "OR"):
            raise QueryArgumentError(f"operator is AND or OR; not {operator!r}")
        boosts = options.get("boosts")
        if boosts is not None:
            check_boosts(boosts, keys)
        return QuerySettings(analyzer_name, phonetic, distance, operator == "AND", boosts)


PLAIN_QUERY: Final = QuerySettings()


def check_boosts(boosts: Any, keys: tuple[str, ...]) -> None:
    """Are these boosts of fields?

    Raises:
        QueryArgumentError: they are not.
    """
    try:
        given = {key: float(boost) for key, boost in dict(boosts).items()}
    except (TypeError, ValueError) as error:
        raise QueryArgumentError("boosts are a map from fields to numbers") from error
    for key, boost in given.items():
        if key not in keys:
            raise QueryArgumentError(
                f"there is no field {key!r} to boost; there are {', '.join(keys)}"
            )
        if not 0 <= boost < float("inf"):
            raise QueryArgumentError(f"the boost of {key} is a number from 0 up; not {boost}")
