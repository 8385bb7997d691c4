"""The OPTIONS of CREATE INDEX: which settings there are for each kind of index, and what they may be.

Neo4j's names are taken as Neo4j takes them. A setting that does not exist is an error, for one that is
passed over in silence is believed to be in force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from neuralgraph import text as words
from neuralgraph.access import IndexOptions
from neuralgraph.access.vectors import KINDS, METRICS, QUANTIZATIONS, VectorSettings
from neuralgraph.errors import SchemaError
from neuralgraph.hints import close_name
from neuralgraph.query.language.syntax import ListLiteral, LiteralValue, MapLiteral

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from neuralgraph.access import IndexDefinition
    from neuralgraph.access.catalog import IndexKind
    from neuralgraph.query.language.syntax import Expression

    Check = Callable[[str, Any], Any]
    """The name and the value given, to the value kept; raises SchemaError."""

DIMENSIONS_MAX: Final = 65_535


def checked_options(kind: IndexKind, options: Any) -> IndexOptions:
    """The settings in ``OPTIONS {indexProvider: ..., indexConfig: {...}}``, checked.

    Raises:
        SchemaError: it is no map, a setting does not exist, or cannot have the value.
    """
    if options is None:
        return IndexOptions()
    if not isinstance(options, dict):
        raise _wrong("OPTIONS of an index are a map, such as {indexConfig: {...}}")
    for name in options:
        if name not in ("indexProvider", "indexConfig"):
            raise _unknown(
                f"OPTIONS of an index have no `{name}`", name, ("indexConfig", "indexProvider")
            )
    config = options.get("indexConfig")
    if config is not None and not isinstance(config, dict):
        raise _wrong("the indexConfig of an index is a map")
    known = SETTINGS.get(kind, {})
    kept = {}
    for name, value in (config or {}).items():
        check = known.get(name)
        if check is None:
            raise _unknown(f"a {kind} index has no setting `{name}`", name, known)
        kept[name] = check(name, value)
    return IndexOptions(kept)


def shown_options(kind: IndexKind, options: IndexOptions) -> dict[str, Any]:
    """As SHOW INDEXES shows them, and CREATE INDEX takes them."""
    if not options:
        return {}
    return {"indexConfig": options.plain(), "indexProvider": f"{kind}-1.0"}


def options_in_force(definition: IndexDefinition) -> dict[str, Any]:
    """As SHOW INDEXES shows them, with those that nobody gave."""
    in_force: dict[str, Any] = {}
    if definition.kind == "vector":
        settings = VectorSettings.of(definition)
        in_force = {
            "vector.dimensions": settings.dimension,
            "vector.similarity_function": settings.metric,
            "vector.quantization.type": settings.quantization,
            "vector.hnsw.m": settings.links,
            "vector.hnsw.ef_construction": settings.linking_effort,
            "neural.kind": settings.kind,
        }
    if definition.kind == "fulltext":
        in_force = {"fulltext.analyzer": words.DEFAULT_ANALYZER}
    return shown_options(definition.kind, IndexOptions({**in_force, **definition.options}))


def check_whole(definition: IndexDefinition) -> None:
    """Do the settings of an index go together, and with what it is on?

    Raises:
        SchemaError: they do not; it says which.
    """
    for key in definition.options.get("fulltext.boosts", ()):
        if key not in definition.keys:
            raise _unknown(
                f"`fulltext.boosts` names `{key}`, which {definition.name} does not index",
                key,
                definition.keys,
            )
    if definition.kind == "vector":
        settings = VectorSettings.of(definition)
        if settings.kind == "hnsw" and settings.quantization in ("product", "binary"):
            raise _wrong(
                f"`neural.kind` 'hnsw' has no '{settings.quantization}' quantization, only 'none' and 'int8';"
                " 'ivf' and 'flat' have all"
            )


def as_literal(value: Any) -> Expression:
    """Plain values as they are written in a statement."""
    if isinstance(value, dict):
        return MapLiteral(tuple((name, as_literal(item)) for name, item in value.items()))
    if isinstance(value, list):
        return ListLiteral(tuple(map(as_literal, value)))
    return LiteralValue(value)


def integer(low: int, high: int) -> Check:
    """An integer in an interval, both ends inclusive."""

    def check(name: str, value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise _wrong(f"`{name}` is an integer from {low} to {high}, not {value!r}")
        return value

    return check


def one_of(*words: str) -> Check:
    """One of some words, whatever the case."""

    def check(name: str, value: Any) -> str:
        word = value.lower() if isinstance(value, str) else value
        if word not in words:
            listed = ", ".join(f"'{one}'" for one in words)
            hint = close_name(word, words) if isinstance(word, str) else None
            raise _wrong(f"`{name}` is one of {listed}, not {value!r}", hint)
        return str(word)

    return check


def boolean(name: str, value: Any) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise _wrong(f"`{name}` is true or false, not {value!r}")
    return value


def text(name: str, value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise _wrong(f"`{name}` is a string, not {value!r}")
    return value


def _analyzer(name: str, value: Any) -> str:
    """The name of an analyzer that there is."""
    found = text(name, value)
    if not words.is_analyzer(found):
        known = [one for one, _ in words.listed_analyzers()]
        raise _wrong(
            f"there is no analyzer {found!r}; CALL db.index.fulltext.listAvailableAnalyzers() lists them",
            close_name(found, known),
        )
    return found


def _boosts(name: str, value: Any) -> dict[str, float]:
    """Numbers by property."""
    if isinstance(value, dict) and all(
        type(boost) in (int, float) and 0 <= boost < float("inf") for boost in value.values()
    ):
        return {key: float(boost) for key, boost in value.items()}
    raise _wrong(f"`{name}` is a map from properties to numbers from 0 up, not {value!r}")


def _anything(_name: str, value: Any) -> Any:
    return value


_SPATIAL: Final = tuple(
    f"spatial.{system}.{end}"
    for system in ("cartesian", "cartesian-3d", "wgs-84", "wgs-84-3d")
    for end in ("min", "max")
)

SETTINGS: Final[Mapping[IndexKind, Mapping[str, Check]]] = {
    "point": dict.fromkeys(_SPATIAL, _anything),
    "vector": {
        "vector.dimensions": integer(1, DIMENSIONS_MAX),
        "vector.similarity_function": one_of(*METRICS),
        "vector.quantization.enabled": boolean,
        "vector.hnsw.m": integer(1, 512),
        "vector.hnsw.ef_construction": integer(1, 3_200),
        "vector.quantization.type": one_of(*QUANTIZATIONS),
        "neural.kind": one_of(*KINDS),
        "neural.model": text,
    },
    "fulltext": {
        "fulltext.analyzer": _analyzer,
        "fulltext.boosts": _boosts,
        "fulltext.eventually_consistent": boolean,
    },
}
"""By kind and name. Kinds without settings of their own take none."""


def _wrong(message: str, hint: str | None = None) -> SchemaError:
    return SchemaError(message, detail="InvalidIndexOption", hint=hint)


def _unknown(message: str, name: str, known: Any) -> SchemaError:
    return _wrong(message, close_name(name, known))
