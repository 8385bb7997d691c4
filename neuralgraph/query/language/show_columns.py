"""The columns of SHOW and TERMINATE: what is given by default, and what YIELD may ask for besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from neuralgraph.query.language.syntax import Show

DEFAULT_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "INDEXES": (
        "id", "name", "state", "populationPercent", "type", "entityType", "labelsOrTypes", "properties",
        "indexProvider", "owningConstraint", "lastRead", "readCount",
    ),
    "CONSTRAINTS": (
        "id", "name", "type", "entityType", "labelsOrTypes", "properties", "ownedIndex", "propertyType",
    ),
    "FUNCTIONS": ("name", "category", "description"),
    "PROCEDURES": ("name", "description", "mode", "worksOnSystem"),
    "TRANSACTIONS": (
        "transactionId", "username", "currentQuery", "startTime", "status", "elapsedTime",
    ),
    "SETTINGS": ("name", "value", "isDynamic", "defaultValue", "description", "source"),
    "DATABASES": (
        "name", "type", "aliases", "access", "address", "role", "writer", "requestedStatus",
        "currentStatus", "statusMessage", "default", "home", "constituents",
    ),
    "TERMINATED": ("transactionId", "username", "message"),
}  # fmt: skip
_MORE: Final[dict[str, tuple[str, ...]]] = {
    "INDEXES": (
        "trackedSince", "options", "failureMessage", "createStatement", "rows", "indexedRows", "built",
    ),
    "CONSTRAINTS": ("options", "createStatement"),
    "FUNCTIONS": (
        "signature", "isBuiltIn", "argumentDescription", "returnDescription", "aggregating",
        "isDeprecated",
    ),
    "PROCEDURES": (
        "signature", "argumentDescription", "returnDescription", "admin", "isDeprecated", "option",
    ),
    "TRANSACTIONS": ("database",),
    "SETTINGS": ("startupValue", "isExplicitlySet", "validValues", "option"),
}  # fmt: skip


def show_columns(show: Show) -> tuple[str, ...]:
    """What the command gives before its YIELD: with one, everything there is."""
    kind = "TERMINATED" if show.terminate else show.what
    if show.yields is None:
        return DEFAULT_COLUMNS[kind]
    return DEFAULT_COLUMNS[kind] + _MORE.get(kind, ())
