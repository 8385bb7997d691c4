"""ProfiledStep: counts what another step gives, for PROFILE."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from neuralgraph.query.execution.operators.step import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralgraph.query.execution.context import ExecutionContext
    from neuralgraph.query.planning.plan import Operator
    from neuralgraph.values import Batch


class ProfiledStep(Step):
    """Counts what another step gives."""

    __slots__ = ("inner", "operator")

    def __init__(self, operator: Operator, inner: Step) -> None:
        super().__init__(inner.slots)
        self.operator = operator
        self.inner = inner

    def batches(self, context: ExecutionContext) -> Iterator[Batch]:
        """The inner step's batches."""
        profile = context.profile
        if profile is None:
            yield from self.inner.batches(context)
            return
        source = self.inner.batches(context)
        while True:
            entry = profile.enter(self.operator, time.perf_counter())
            try:
                batch = next(source, None)
            finally:
                profile.leave(time.perf_counter())
            if batch is None:
                return
            entry.rows += batch.count
            entry.batches += 1
            yield batch
