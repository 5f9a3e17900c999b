"""Stacks cut by time: of one that would take long a part is trained after the other, and saved by then."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from runner.nn.arrays import Array
from runner.training.stacking import touched_bytes
from runner.work import Outcome, TooLongError, Watch, Work, run_stack

#: Seconds that a stack may take; and those that the parts of a longer one should.
LONGEST, WANTED = 30.0, 20.0
#: Seconds of training by which it is judged.
SEEN = 0.5
#: Seconds that NumPy's calls of an update take, however few the runs; and the part of an update's time that
#: these may come to: of tiny networks a tenth of a stack takes as long as the whole.
CALLS, SHARE = 5e-5, 0.1
#: Bytes that an update of a part must touch, whatever the clocks of a busy machine say.
NARROW_BYTES = 2**18


class Part(list[Work]):
    """Of a stack that was cut: it is not cut again."""


def in_parts(works: Sequence[Work], row_bytes: int, watch: Watch) -> tuple[list[Outcome], list[list[Work]]]:
    """Trains a stack, or finds that it is to be cut: the outcomes of its runs, and the parts left."""
    pace = _Pace(works, may_be_cut=watch.halving is None)  # which compares the runs of a whole stack

    def tick(epoch: int, errors: Callable[[], Array]) -> None:
        watch.tick(epoch, errors)
        pace.tick(epoch)

    try:
        return run_stack(works, row_bytes, replace(watch, tick=tick)), []
    except TooLongError:
        size = -(-len(works) // pace.parts)
        return [], [Part(works[at : at + size]) for at in range(0, len(works), size)]


class _Pace:
    """How long a stack takes, by its first epochs."""

    def __init__(self, works: Sequence[Work], may_be_cut: bool) -> None:
        runs = [work.experiment for work in works]
        self.most = len(works) * touched_bytes(runs[0]) // NARROW_BYTES
        self.updates = runs[0].updates_per_epoch
        self.last = max(run.last_epoch for run in runs)
        self.parts = 1
        self.is_judged = not may_be_cut or isinstance(works, Part) or self.most < 2
        self.first: int | None = None  # the first epoch that ended: what was before it is no training

    def tick(self, epoch: int) -> None:
        """An epoch has ended. Raises TooLongError, once it can be told, where the stack is better cut."""
        if self.is_judged:
            return
        if self.first is None:
            self.first, self.started, self.worked = epoch, time.monotonic(), time.thread_time()
            return
        if (seconds := time.monotonic() - self.started) < SEEN:
            return
        self.is_judged = True
        epochs = epoch - self.first
        whole = seconds / epochs * (self.last - self.first)
        if whole > LONGEST:
            an_update = (time.thread_time() - self.worked) / (epochs * self.updates)
            self.parts = max(1, min(math.ceil(whole / WANTED), int(SHARE * an_update / CALLS), self.most))
        if self.parts > 1:
            raise TooLongError
