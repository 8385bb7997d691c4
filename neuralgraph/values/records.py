"""`record`: a frozen dataclass with slots that is cheap to define.

The syntax tree and the plan have some 150 classes. `dataclasses.dataclass` writes and compiles six
methods for each, about a millisecond a class, which a process pays before its first query. A record shares
one generic implementation of these methods instead; defining one costs a tenth of that, making an
instance a microsecond or two more. For what is defined often and made rarely; elsewhere use `dataclass`.

`dataclasses.fields`, `replace` and pattern matching work as with any dataclass.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

_Class = TypeVar("_Class", bound=type)
_MISSING = dataclasses.MISSING


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def record(cls: _Class) -> _Class:
    """A frozen dataclass with slots; keyword-only fields by `KW_ONLY` or ``field(kw_only=True)``."""
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    layout = _Layout(made)
    for name, method in (
        ("__record__", layout),
        ("__init__", _init),
        ("__repr__", _repr),
        ("__eq__", _eq),
        ("__hash__", _hash),
        ("__setattr__", _refuse_set),
        ("__delattr__", _refuse_delete),
        ("__reduce__", _reduce),
    ):
        type.__setattr__(made, name, method)
    return cast("_Class", made)


class _Layout:
    """What the shared methods need to know of a class."""

    __slots__ = ("compared", "defaults", "positional", "positional_setters", "setters", "shown")

    def __init__(self, cls: type) -> None:
        fields = dataclasses.fields(cls)
        self.setters: dict[str, Callable[[Any, Any], None]] = {
            field.name: getattr(cls, field.name).__set__ for field in fields
        }
        self.positional = tuple(field.name for field in fields if not field.kw_only)
        self.positional_setters = tuple(self.setters[name] for name in self.positional)
        self.defaults: dict[str, Callable[[], Any]] = {}
        for field in fields:
            if field.default is not _MISSING:
                self.defaults[field.name] = partial(_same, field.default)
            elif field.default_factory is not _MISSING:
                self.defaults[field.name] = field.default_factory
        self.shown = tuple(field.name for field in fields if field.repr)
        self.compared = _getter([field.name for field in fields if field.compare])


def _same(value: Any) -> Any:
    return value


def _getter(names: list[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: ()


def _init(self: Any, *values: Any, **named: Any) -> None:
    layout: _Layout = self.__record__
    setters, positional = layout.setters, layout.positional
    try:
        for setter, value in zip(layout.positional_setters, values, strict=False):
            setter(self, value)
        for name, value in named.items():
            setters[name](self, value)
    except KeyError as error:
        raise TypeError(f"{type(self).__name__} has no field {error}") from None
    if len(values) + len(named) == len(setters):
        return
    given = positional[: len(values)]
    if len(values) > len(positional) or not named.keys().isdisjoint(given):
        raise TypeError(f"{type(self).__name__} was given too many values")
    for name, setter in setters.items():
        if name not in named and name not in given:
            default = layout.defaults.get(name)
            if default is None:
                raise TypeError(f"{type(self).__name__} needs a value for {name!r}")
            setter(self, default())


def _repr(self: Any) -> str:
    layout: _Layout = type(self).__record__
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in layout.shown)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: Any, other: Any) -> bool:
    if self is other:
        return True
    if type(self) is not type(other):
        return False
    compared: Callable[[Any], Any] = self.__record__.compared
    return bool(compared(self) == compared(other))


def _hash(self: Any) -> int:
    return hash((type(self), type(self).__record__.compared(self)))


def _refuse_set(self: Any, name: str, value: Any) -> None:
    raise dataclasses.FrozenInstanceError(
        f"cannot set {name!r} of a {type(self).__name__} to {value!r}"
    )


def _refuse_delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete {name!r} of a {type(self).__name__}")


def _reduce(self: Any) -> tuple[Any, ...]:
    return _rebuild, (type(self), {name: getattr(self, name) for name in self.__record__.setters})


def _rebuild(cls: type, values: dict[str, Any]) -> Any:
    return cls(**values)
