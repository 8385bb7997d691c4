"""BlockWitness: looks on whenever a block of a shared file is about to be written: does anybody need it?

It trusts no engine's account of free space. What is needed is told by the header as it is in the file, by the
newest bulk load that was put in the log, and by every base that is alive in any engine.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from neuralgraph.storage.disk import BlockFile, BlockRef
from neuralgraph.storage.disk.format import EXTENT_BYTES
from neuralgraph.storage.disk.header_slots import newest_slot, read_slots
from neuralgraph.storage.transactions.commit import CommitPipeline
from neuralgraph.storage.versions import Base

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

    from neuralgraph.storage.maintenance import Engine


class BlockWitness:
    """See the module.

    Attributes:
        engines: those that are alive, by name; the test keeps this.
        written: how many blocks were looked at.
    """

    def __init__(self) -> None:
        self.engines: dict[str, Engine] = {}
        self.written = 0
        self._loading: Base | None = None
        self._logged: tuple[int, list[BlockRef]] = (-1, [])

    @contextmanager
    def watching(self, patch: pytest.MonkeyPatch) -> Iterator[BlockWitness]:
        """Look at every block that is written meanwhile."""
        witness = self
        allocate, copy_forward = BlockFile._allocate, BlockFile.copy_forward
        commit, propose = CommitPipeline.commit, CommitPipeline._propose

        def allocating(self: BlockFile, length: int) -> int:
            offset = allocate(self, length)
            witness.check(self, offset, length)
            return offset

        def copying(self: BlockFile, ref: BlockRef) -> BlockRef | None:
            copy = copy_forward(self, ref)
            if copy is not None:
                witness.check(self, copy.offset, copy.length)
            return copy

        def committing(self: CommitPipeline, *changes: Any, **named: Any) -> int:
            witness._loading = named.get("base")
            try:
                return commit(self, *changes, **named)
            finally:
                witness._loading = None

        def proposing(self: CommitPipeline, entries: Any) -> int:
            index = propose(self, entries)
            base, witness._loading = witness._loading, None
            if base is not None:
                witness._logged = (base.txid, list(base.block_refs()))  # it must not hold the base
            return index

        with patch.context() as patching:
            patching.setattr(BlockFile, "_allocate", allocating)
            patching.setattr(BlockFile, "copy_forward", copying)
            patching.setattr(CommitPipeline, "commit", committing)
            patching.setattr(CommitPipeline, "_propose", proposing)
            yield self

    def check(self, blocks: BlockFile, offset: int, length: int) -> None:
        """Nobody needs these bytes."""
        if blocks.identity == bytes(16):
            return  # the temporary file of a transaction
        self.written += 1
        end = offset + length
        for who, refs in self._needed(blocks):
            for ref in refs:
                rounded = -(-ref.length // EXTENT_BYTES) * EXTENT_BYTES
                assert ref.offset + rounded <= offset or end <= ref.offset, (
                    f"{length} bytes at {offset} are written over what {who} needs"
                )

    def _needed(self, blocks: BlockFile) -> Iterator[tuple[str, Iterable[BlockRef]]]:
        newest = newest_slot(read_slots(blocks._file))
        published = Base.empty()
        if newest.manifest[1]:
            manifest = BlockRef(*newest.manifest)
            yield "the header", [manifest]
            published = Base.from_manifest(bytes(blocks.read(manifest)), blocks)
            yield "the manifest", published.block_refs()
        txid, refs = self._logged
        if txid > published.txid:
            yield f"load {txid} in the log", refs
        for name, engine in self.engines.items():
            for held in engine._pins._held:
                base = held.base()
                if base is not None:
                    yield f"{name} with base {base.txid}", held.refs
