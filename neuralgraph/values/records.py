"""`record`: a frozen dataclass with slots that is cheap to define.

The package has some 200 such classes. `dataclasses.dataclass` writes and compiles six methods for each, half
a millisecond a class, which every process pays at its start. Records share one generic implementation of
these methods instead; defining one costs a tenth of that, and making an instance a microsecond or two more.
A class of which many instances are made gets an ``__init__`` of its own at the `_COMPILED_AFTER`-th.

Methods that a class defines itself are kept; ``__post_init__`` is called. `dataclasses.fields`, `replace` and
pattern matching work as with any dataclass.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

_Class = TypeVar("_Class", bound=type)
_MISSING: Final = dataclasses.MISSING
_ABSENT: Final = object()
"""The default of a parameter whose value a factory makes."""
_COMPILED_AFTER: Final = 32
_KEYWORD_ONLY: Final = (dataclasses.KW_ONLY, "KW_ONLY")


@dataclasses.dataclass
class _Sample:
    field: int


_REAL_FIELD: Final = dataclasses.fields(_Sample)[0]._field_type  # type: ignore[attr-defined]  # noqa: SLF001


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def record(cls: _Class) -> _Class:
    """A frozen dataclass with slots; keyword-only fields by `KW_ONLY` or ``field(kw_only=True)``.

    No class variables among the annotations, every field takes part in ``__init__``, and no ``super()``
    without arguments in methods.
    """
    return cast("_Class", _with_slots(cls))


def _with_slots(cls: type) -> Any:
    """The class made again with slots, what is declared of its fields, and the methods it lacks."""
    # By name: type; value, or what `dataclasses.field` gave, or MISSING; by keyword only?
    declared: dict[str, tuple[Any, Any, bool]] = {}
    for parent in reversed(cls.__mro__[1:]):
        declared.update(parent.__dict__.get("__declared__", {}))
    inherited = len(declared)
    namespace = dict(cls.__dict__)
    keyword_only = False
    for name, kind in namespace.get("__annotations__", {}).items():
        if kind in _KEYWORD_ONLY:
            keyword_only = True
            continue
        assert name not in declared
        default = namespace.pop(name, _MISSING)
        is_marked = isinstance(default, dataclasses.Field) and default.kw_only is True
        declared[name] = (kind, default, keyword_only or is_marked)
    for name in ("__dict__", "__weakref__"):
        namespace.pop(name, None)
    namespace["__slots__"] = tuple(declared)[inherited:]
    namespace["__declared__"] = declared
    namespace["__match_args__"] = tuple(
        name for name, (_, _, is_keyword) in declared.items() if not is_keyword
    )
    # A parent's may have been compiled for its fields.
    namespace.setdefault("__init__", _init)
    bases = (_Record,) if cls.__bases__ == (object,) else cls.__bases__
    made = type(cls)(cls.__name__, bases, namespace)
    type.__setattr__(made, "__dataclass_fields__", _Later(made, "__dataclass_fields__", _fields_of))
    type.__setattr__(made, "__record__", _Later(made, "__record__", _Layout))
    return made


class _Later:
    """An attribute of a class, made when it is first looked at: of many, no instance is ever made."""

    __slots__ = ("_make", "_name", "_owner")

    def __init__(self, owner: type, name: str, make: Callable[[type], Any]) -> None:
        self._owner = owner
        self._name = name
        self._make = make

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        value = self._make(self._owner)
        type.__setattr__(self._owner, self._name, value)
        return value


def _fields_of(cls: Any) -> dict[str, Any]:
    """What makes the class a dataclass to others."""
    return {name: _field(name, *declared) for name, declared in cls.__declared__.items()}


def _field(name: str, kind: Any, default: Any, keyword_only: bool) -> Any:  # noqa: FBT001
    field: Any = default
    if not isinstance(default, dataclasses.Field):
        field = dataclasses.field(default=default)
    field.name, field.type = name, kind
    # What `dataclasses.fields` tells a field from a class variable by.
    field._field_type = _REAL_FIELD  # noqa: SLF001
    field.kw_only = keyword_only
    return field


class _Layout:
    """What the shared methods need to know of a class."""

    __slots__ = (
        "cls",
        "compared",
        "defaults",
        "has_post_init",
        "keyword_only",
        "made",
        "positional",
        "positional_setters",
        "setters",
        "shown",
    )

    def __init__(self, cls: type) -> None:
        fields = dataclasses.fields(cls)
        self.cls = cls
        self.made = 0
        self.setters: dict[str, Callable[[Any, Any], None]] = {
            field.name: getattr(cls, field.name).__set__ for field in fields
        }
        self.positional = tuple(field.name for field in fields if not field.kw_only)
        self.keyword_only = tuple(field.name for field in fields if field.kw_only)
        self.positional_setters = tuple(self.setters[name] for name in self.positional)
        self.has_post_init = hasattr(cls, "__post_init__")
        self.defaults: dict[str, Callable[[], Any]] = {}
        for field in fields:
            if field.default is not _MISSING:
                self.defaults[field.name] = partial(_same, field.default)
            elif field.default_factory is not _MISSING:
                self.defaults[field.name] = field.default_factory
        self.shown = tuple(field.name for field in fields if field.repr)
        self.compared = _getter([field.name for field in fields if field.compare])

    def compile_init(self) -> None:
        """Give the class an ``__init__`` made for its fields."""
        scope: dict[str, Any] = {"_absent": _ABSENT}
        lines: list[str] = []
        for name, setter in self.setters.items():
            scope[f"_set_{name}"] = setter
            default = self.defaults.get(name)
            if default is not None:
                scope[f"_default_{name}"] = default
                lines.append(f"    if {name} is _absent: {name} = _default_{name}()")
            lines.append(f"    _set_{name}(self, {name})")
        if self.has_post_init:
            lines.append("    self.__post_init__()")
        parameters = ["self", *map(self._parameter, self.positional)]
        if self.keyword_only:
            parameters += ["*", *map(self._parameter, self.keyword_only)]
        source = f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or ["    pass"])
        exec(source, scope)  # noqa: S102 - the source is made of names of fields only
        made = scope["__init__"]
        made.__qualname__ = f"{self.cls.__qualname__}.__init__"
        type.__setattr__(self.cls, "__init__", made)

    def _parameter(self, name: str) -> str:
        return f"{name}=_absent" if name in self.defaults else name


def _same(value: Any) -> Any:
    return value


def _getter(names: list[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: ()


def _init(self: Any, *values: Any, **named: Any) -> None:
    layout: _Layout = self.__record__
    layout.made += 1
    if layout.made >= _COMPILED_AFTER:
        layout.compile_init()
    setters = layout.setters
    try:
        for setter, value in zip(layout.positional_setters, values, strict=False):
            setter(self, value)
        for name, value in named.items():
            setters[name](self, value)
    except KeyError as error:
        raise TypeError(f"{type(self).__name__} has no field {error}") from None
    if named or not len(values) == len(layout.positional) == len(setters):
        _complete(self, layout, len(values), named)
    if layout.has_post_init:
        self.__post_init__()


def _complete(self: Any, layout: _Layout, values_count: int, named: dict[str, Any]) -> None:
    """Check how the values were given, and set what was not."""
    given = layout.positional[:values_count]
    if values_count > len(layout.positional) or not named.keys().isdisjoint(given):
        raise TypeError(f"{type(self).__name__} was given too many values")
    for name, setter in layout.setters.items():
        if name not in named and name not in given:
            default = layout.defaults.get(name)
            if default is None:
                raise TypeError(f"{type(self).__name__} needs a value for {name!r}")
            setter(self, default())


class _Record:
    """What all records inherit."""

    __slots__ = ()
    __record__: ClassVar[_Layout]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__record__.shown)
        return f"{type(self).__qualname__}({shown})"

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return False
        compared: Callable[[Any], Any] = self.__record__.compared
        return bool(compared(self) == compared(other))

    def __hash__(self) -> int:
        return hash((type(self), self.__record__.compared(self)))

    def __setattr__(self, name: str, value: Any) -> None:
        raise dataclasses.FrozenInstanceError(
            f"cannot set {name!r} of a {type(self).__name__} to {value!r}"
        )

    def __delattr__(self, name: str) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot delete {name!r} of a {type(self).__name__}")

    def __reduce__(self) -> tuple[Any, ...]:
        values = {name: getattr(self, name) for name in self.__record__.setters}
        return _rebuild, (type(self), values)


def _rebuild(cls: type, values: dict[str, Any]) -> Any:
    return cls(**values)
