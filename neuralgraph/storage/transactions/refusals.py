"""Errors that a transaction raises in several places."""

from __future__ import annotations

from neuralgraph.errors import EntityNotFoundError, SchemaError, TransactionClosedError


def gone(kind: str, entity_id: int) -> EntityNotFoundError:
    """It is written to, and not there."""
    return EntityNotFoundError(
        f"{kind} {entity_id} does not exist or was deleted", detail="DeletedEntityAccess"
    )


def closed() -> TransactionClosedError:
    """It has ended."""
    return TransactionClosedError("the transaction was committed or rolled back already")


def mixed() -> SchemaError:
    """Data and schema in one transaction."""
    return SchemaError(
        "indexes and constraints cannot be changed in a transaction that changes data;"
        " use a transaction of their own",
        detail="SchemaAndDataMixed",
    )
