"""temporal: the past as a feature.

    touched       what commits between two txids touched
    differences   the changes that lead from one moment to another; schema_differences likewise
    history       the versions of one entity, and who made what it is now
    flashback     those changes as a new transaction
    backup        whole copies, commits added to them, restore to a moment
    feed          commits in order, from any txid on

Everything here reads: states, views and the commit log. What it writes goes through a transaction.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.storage.temporal.backup import add_backup, restore
    from neuralgraph.storage.temporal.differences import changes_between
    from neuralgraph.storage.temporal.feed import commits_since
    from neuralgraph.storage.temporal.flashback import Flashback, flash_back, undo
    from neuralgraph.storage.temporal.history import Version, blame, versions
    from neuralgraph.storage.temporal.schema_differences import schema_between
    from neuralgraph.storage.temporal.touched import touched_between
else:
    __getattr__ = door(
        __name__,
        backup="add_backup restore",
        differences="changes_between",
        feed="commits_since",
        flashback="Flashback flash_back undo",
        history="Version blame versions",
        schema_differences="schema_between",
        touched="touched_between",
    )

__all__ = [
    "Flashback",
    "Version",
    "add_backup",
    "blame",
    "changes_between",
    "commits_since",
    "flash_back",
    "restore",
    "schema_between",
    "touched_between",
    "undo",
    "versions",
]
