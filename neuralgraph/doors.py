"""`door`: names of a package that load the module they live in when they are first asked for.

A package's front door (its ``__init__``) shows many names; who comes for one of them should not wait for
the modules of all. Such an ``__init__`` imports its names for type checkers only, and ends in a door::

    if TYPE_CHECKING:
        from neuralgraph.values.columns import Column, Kind
    else:
        __getattr__ = door(__name__, columns="Column Kind")

``from neuralgraph.values import Column`` works as ever, and loads `columns` alone. Where even that
should wait for the first use, import the package and name it there: ``temporal.add_backup(...)``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def door(package: str, /, **homes: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package.

    Args:
        package: its ``__name__``.
        homes: a module of the package, and the names that live there, separated by spaces.

    Returns:
        name to value, which the package keeps from then on; raises AttributeError for other names.
    """
    places = {
        name: f"{package}.{module}" for module, names in homes.items() for name in names.split()
    }

    def enter(name: str) -> Any:
        place = places.get(name)
        if place is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(place), name)
        setattr(sys.modules[package], name, value)
        return value

    return enter
