"""The loop over epochs for a stack of runs: update, record, and so on until the last has ended.

It knows neither Hydra nor files: rows go to a sink (see :mod:`runner.records.writing`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import count

import numpy as np

from runner.nn.arrays import Array, Numbers
from runner.training.curvature import Measurements
from runner.training.endings import WINDOW, alternates
from runner.training.experiment import Experiment
from runner.training.goodness import goodness
from runner.training.recorder import ROW_BYTES, Recorder, Sink, Trained
from runner.training.stack import Stack
from runner.training.threads import same_bits


@cache
def keep_freed_memory() -> None:
    """Has the C library keep the memory of freed arrays for the next ones, in the whole process.

    Given back to the system and asked for anew, as glibc does with arrays of some size, it takes
    longer than the arithmetic: a forward pass of 512 digits for 26 runs 255 µs a run instead of 88.
    glibc keeps blocks up to the size of the largest that was ever freed, 32 MiB at most
    (``mallopt(3)``, M_MMAP_THRESHOLD); an array that is never touched costs nothing.
    """
    np.empty(2**25 - 2**14, dtype=np.uint8)


def train(
    experiments: Sequence[Experiment],
    sink: Sink,
    *,
    row_bytes: int = ROW_BYTES,
    tick: Callable[[], None] = lambda: None,
) -> list[Trained]:
    """Trains runs whose ``stack_key`` is equal, as one; returns how each ended, in order.

    Rows go to `sink` in chunks of at most `row_bytes` (at least one row). `tick` is called after
    every epoch. Divergence is a result: such a run's history ends with its last finite row.
    """
    started = time.perf_counter()
    with same_bits():
        stack = Stack(experiments)
        recorder, measurements = Recorder(experiments, sink, row_bytes), Measurements(experiments)
        initial, final = stack.parameters, np.empty_like(stack.parameters)
        ends = {e.epochs for e in experiments}
        for runs, parameters in _trained(stack, recorder, ends, measurements, tick):
            final[runs] = parameters
        recorder.flush()
        found = goodness(experiments, final)
    endings = recorder.endings()
    seconds = (time.perf_counter() - started) / len(experiments)
    places = zip(initial, final, strict=True)
    return [
        measurements.added_to(recorder.trained(run, ending, place, seconds).also(found[run]), run)
        for run, (ending, place) in enumerate(zip(endings, places, strict=True))
    ]


def _trained(
    stack: Stack, recorder: Recorder, ends: set[int], measurements: Measurements, tick: Callable[[], None]
) -> Iterator[tuple[Numbers, Array]]:
    """Trains to the end; yields the runs that end, whenever some do, and their last parameters.

    `ends` are the epochs after which some end.
    """
    log = stack.shared.log
    last = max(e.count for e in recorder.experiments)  # the last epoch or update of all
    recorded = stack.parameters  # of the last row of each run that was finite
    before, earlier = stack.parameters, stack.parameters  # those of one epoch ago, and of two
    lost = False  # whether runs have diverged that are still in the stack
    every_epoch = stack.shared.updates_per_epoch == 1  # its error is at hand, and tells of cycles

    def record(at: int) -> None:
        nonlocal recorded, lost
        if at % log.every and at != last:
            if every_epoch and at > last - WINDOW:
                recorder.glance(stack.runs, stack.point.value)
            return
        finite = recorder.add(at, stack.runs, stack.row(), stack.parameters)
        lost = not finite.all()
        recorded = np.where(finite[:, None], stack.parameters, recorded) if lost else stack.parameters

    record(0)
    for epoch in count():
        measurements.add(epoch, stack)
        if lost or epoch in ends:  # between epochs, so that a batch finds the runs that its epoch began with
            ended = stack.epochs == epoch
            places = (parameters[ended] for parameters in (stack.parameters, before, earlier))
            recorder.end(stack.runs[ended], alternates(*places))
            kept = recorder.going[stack.runs]
            yield stack.runs[~kept], recorded[~kept]
            if not kept.any():
                return
            recorded, before, earlier = recorded[kept], before[kept], earlier[kept]
            stack.keep(kept)
            lost = False
        before, earlier = stack.parameters, before
        rate = stack.rates(epoch)
        for batch in stack.batches():
            stack.update(rate, batch)
            if log.unit == "update":
                record(stack.updates)
        if log.unit == "epoch":
            record(epoch + 1)
        tick()
