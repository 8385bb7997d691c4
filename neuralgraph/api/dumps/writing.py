"""A dump in either format, to wherever it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.api.dumps.cypher import write_cypher
from neuralgraph.api.dumps.files import writing_to
from neuralgraph.api.dumps.lines import write_lines
from neuralgraph.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuralgraph.api.dumps.files import Target
    from neuralgraph.api.dumps.lines import DumpReport
    from neuralgraph.storage.versions import GraphView


def dump_graph(
    reader: GraphView,
    target: Target,
    format: str,  # noqa: A002 - the word for it
    progress: Callable[[int, int], object] | None,
) -> DumpReport:
    """See `Graph.dump`."""
    if format not in ("jsonl", "cypher"):
        raise OptionError(f"a dump's format is 'jsonl' or 'cypher', not {format!r}")
    with writing_to(target) as write:
        if format == "cypher":
            return write_cypher(reader, write, progress)
        return write_lines(reader, {"txid": reader.txid}, write, progress)
