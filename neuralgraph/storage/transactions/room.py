"""Room: how much memory the changes of a transaction may take before they are spilled to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from neuralgraph.values.records import record

if TYPE_CHECKING:
    from neuralgraph.config import Options
    from neuralgraph.storage.disk import Directory

_WEIGH_EVERY: Final = 64


@record
class Room:
    """For the write set of each transaction.

    Attributes:
        bytes_max: what it may take.
        directory: where there may be temporary files.
        step: after so many changes it is seen what they weigh: oftener where little is too much.
    """

    bytes_max: int
    directory: Directory
    step: int

    @staticmethod
    def of(options: Options, directory: Directory) -> Room | None:
        """As options say; None: there is no limit."""
        bytes_max = options.transaction_memory_bytes_max
        if bytes_max is None:
            return None
        return Room(bytes_max, directory, max(1, min(_WEIGH_EVERY, bytes_max >> 12)))

    @property
    def part_bytes(self) -> int:
        """So much of what was spilled is in memory at a time when it is read."""
        return self.bytes_max // 4
