"""Options as a record, and what there is to know of each; reads no file and no environment.

Every option has its keyword (``query_timeout_s``) and its key in files and the environment
(``query.timeout_s``). `OPTION_FACTS` is the one list of them: `neuralgraph.open` checks by it, ``SHOW
SETTINGS`` and `docs/settings.md` show it.
"""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any, Final, Literal, TypeVar

from neuralgraph.values.records import record

Durability = Literal["full", "normal", "off"]
OptionKind = Literal["choice", "boolean", "count", "bytes", "share", "seconds", "span", "folders"]
Value = TypeVar("Value")

SECONDS_MAX: Final = 9_000_000.0
"""A hundred days: less than any platform's limit of what a lock can be told to wait."""


@record
class OptionFacts:
    """One option.

    Attributes:
        name: as a keyword of `neuralgraph.open`.
        section, key: in a file ``[section]`` and ``key``; the environment has both in its name.
        kind: what values are like: bytes, seconds, a span of time such as ``30d``, ...
        default: its value when nobody says another.
        low, high: bounds, both included; None where there is none.
        choices: all values, for a choice.
        is_optional: None, written "none" in files and the environment, stands for no limit.
        text: what it does, in a sentence or two.
    """

    name: str
    section: str
    key: str
    kind: OptionKind
    default: Any
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    is_optional: bool
    text: str

    @property
    def path(self) -> str:
        """Such as ``storage.durability``."""
        return f"{self.section}.{self.key}"

    @property
    def variable(self) -> str:
        """Such as ``NEURALGRAPH__STORAGE__DURABILITY``."""
        return f"NEURALGRAPH__{self.section}__{self.key}".upper()


def _option(
    default: Value,
    path: str,
    kind: OptionKind,
    text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    is_optional: bool = False,
) -> Value:
    section, _, key = path.partition(".")
    known = (section, key, kind, default, low, high, choices, is_optional, " ".join(text.split()))
    value: Value = field(default=default, metadata={"facts": known})
    return value


@record
class Options:
    """How a graph behaves; `neuralgraph.open(path, **options)`. `docs/settings.md` has a table."""

    durability: Durability = _option(
        "full",
        "storage.durability",
        "choice",
        """When a commit is safe: `full` syncs the log before it returns; `normal` hands the log to the
        operating system (a crash of the machine may lose the last commits, never consistency); `off` keeps
        it in the process for a while.""",
        choices=("full", "normal", "off"),
    )
    busy_timeout_s: float = _option(
        5.0,
        "storage.busy_timeout_s",
        "seconds",
        """How long a writer waits for a lock that another transaction holds, and how long anybody waits for
        another process.""",
        low=0,
        high=SECONDS_MAX,
    )
    query_timeout_s: float | None = _option(
        None,
        "query.timeout_s",
        "seconds",
        "How long a statement may run; `none` is for ever.",
        low=0,
        high=SECONDS_MAX,
        is_optional=True,
    )
    query_memory_bytes_max: int | None = _option(
        None,
        "query.memory_bytes_max",
        "bytes",
        """How much memory one statement may hold, without changes in the file of its transaction (see
        `transaction_memory_bytes_max`); `none` is no limit.""",
        low=1,
        is_optional=True,
    )
    transaction_memory_bytes_max: int | None = _option(
        256 << 20,
        "storage.transaction_memory_bytes_max",
        "bytes",
        """How much memory the changes of one transaction may take: beyond it they go to a temporary file
        beside the database, and their commit folds them into the database piece by piece; `none` is never.
        A graph in memory keeps them.""",
        low=1,
        is_optional=True,
    )
    memory_limit: int | str | None = _option(
        "90%",
        "process.memory_limit",
        "share",
        """How much memory the whole process may hold, mapped files left out, in bytes or as a share of
        what the machine (or its control group) has: a statement that needs more fails with
        `MemoryLimitError`, before the machine swaps. Linux only; elsewhere nothing is measured.""",
        low=1,
        is_optional=True,
    )
    checkpoint_changes: int = _option(
        200_000,
        "storage.checkpoint_changes",
        "count",
        "Commits are folded into the file, in the background, once they hold this many changes.",
        low=1,
    )
    checkpoint_log_bytes: int = _option(
        256 << 20,
        "storage.checkpoint_log_bytes",
        "bytes",
        "They are folded sooner once the log has grown by so much: few changes can be large.",
        low=65_536,
    )
    load_commit_rows: int | None = _option(
        100_000,
        "storage.load_commit_rows",
        "count",
        """A transaction that created so many nodes, and did nothing else, is written to the file by its
        commit like a bulk load, which takes a fraction of the memory; `none` is never.""",
        low=1,
        is_optional=True,
    )
    wal_segment_bytes: int = _option(
        4 << 20,
        "storage.wal_segment_bytes",
        "bytes",
        "Size of one file of the log; it is made in full at once.",
        low=4_096,
    )
    plan_cache_entries_max: int = _option(
        1_024,
        "query.plan_cache_entries_max",
        "count",
        "How many compiled statements are kept.",
        low=1,
    )
    read_only: bool = _option(
        False,  # noqa: FBT003 - a default
        "storage.read_only",
        "boolean",
        "Refuse every write.",
    )
    exclusive: bool = _option(
        False,  # noqa: FBT003 - a default
        "storage.exclusive",
        "boolean",
        "Let no other process open the file meanwhile; else any number of them may read and write.",
    )
    salvage: bool = _option(
        False,  # noqa: FBT003 - a default
        "storage.salvage",
        "boolean",
        "Read what can be read of a damaged file, to read only; `Graph.losses` says what cannot.",
    )
    import_folders: tuple[str, ...] = _option(
        (),
        "query.import_folders",
        "folders",
        "LOAD CSV may read files below these folders only; none of them is nowhere.",
    )
    history: str = _option(
        "forever",
        "storage.history",
        "span",
        """How long the past can be read: `forever`, `none`, or a span such as `30d` or `12h`. What is older
        goes at the next vacuum (with `none` at the next checkpoint).""",
    )


OPTION_FACTS: Final[dict[str, OptionFacts]] = {
    item.name: OptionFacts(item.name, *item.metadata["facts"]) for item in fields(Options)
}
"""By keyword, in order of the fields."""
