"""maintenance: one open database, and keeping it small and whole.

    engine        Engine: open, read, begin, load, checkpoint, verify, close; the front door for `api`
    recovery      the newest manifest and the tail of the log become a state
    checkpoint    committed deltas become a new base, while readers and writers go on
    schedule      when to do that
    bulk_load     rows become segments of the next base directly; bulk_checks what is checked first;
                  bulk_rows takes rows of many labels and types as one commit
    moments       views of the past
    vacuum        history that nobody wants goes, and the file shrinks
    pins          which blocks somebody still needs, in this process or another
    following     in step with what other processes do
    integrity     check_base: every invariant of a base; inventory names its pieces
    manifest_checks   what a manifest says beside the data
    salvage       what can be read of a damaged database, and what cannot

Invariants: an opening that fails has written nothing; whatever fails later, what was acknowledged is in the
file or in the log; a block is written again only when no manifest and no reader needs it.
"""

from typing import TYPE_CHECKING

from neuralgraph.doors import door

if TYPE_CHECKING:
    from neuralgraph.storage.maintenance.bulk_checks import resolve_keys
    from neuralgraph.storage.maintenance.bulk_rows import BulkRows
    from neuralgraph.storage.maintenance.checkpoint import CheckpointReport
    from neuralgraph.storage.maintenance.engine import Engine
    from neuralgraph.storage.maintenance.info import EngineInfo
    from neuralgraph.storage.maintenance.integrity import check_base
    from neuralgraph.storage.maintenance.manifest_checks import Problem
    from neuralgraph.storage.maintenance.recovery import RecoveryReport
    from neuralgraph.storage.maintenance.salvage import Loss
    from neuralgraph.storage.maintenance.vacuum import VacuumReport, retention_us
else:
    __getattr__ = door(
        __name__,
        bulk_checks="resolve_keys",
        bulk_rows="BulkRows",
        checkpoint="CheckpointReport",
        engine="Engine",
        info="EngineInfo",
        integrity="check_base",
        manifest_checks="Problem",
        recovery="RecoveryReport",
        salvage="Loss",
        vacuum="VacuumReport retention_us",
    )

__all__ = [
    "BulkRows",
    "CheckpointReport",
    "Engine",
    "EngineInfo",
    "Loss",
    "Problem",
    "RecoveryReport",
    "VacuumReport",
    "check_base",
    "resolve_keys",
    "retention_us",
]
