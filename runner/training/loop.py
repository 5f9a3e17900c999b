"""The loop over epochs for a stack of runs: update, record, and so on until the last has ended.

It knows neither Hydra nor files: rows go to a sink (see :mod:`runner.records.writing`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import count
from typing import NamedTuple, TypeAlias

import numpy as np

from runner.nn.arrays import Array, Mask, Numbers
from runner.nn.optimizers import State
from runner.training.curvature import Measurements
from runner.training.endings import WINDOW, alternates
from runner.training.experiment import Experiment
from runner.training.goodness import goodness
from runner.training.halving import compared_by
from runner.training.pausing import Memory, Paused, prefixed, together, under
from runner.training.recorder import ROW_BYTES, Recorder, Sink, Trained
from runner.training.stack import Stack
from runner.training.stopping import STATE, Ends, Stopping, whole_state
from runner.training.threads import same_bits

#: Nothing ends runs but their own rules.
ALONE = Ends()


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
    tick: Tick = lambda epoch, errors: None,
    ends: Ends = ALONE,
) -> list[Trained]:
    """Trains runs whose ``stack_key`` is equal, as one; returns how each ended, in order.

    Rows go to `sink` in chunks of at most `row_bytes` (at least one row). `tick` is called after
    every epoch, and before it what may end runs is asked. Divergence is a result: such a run's history ends
    with its last finite row.
    """
    started = time.perf_counter()
    with same_bits():
        stack = Stack(experiments)
        recorder, measurements = Recorder(experiments, sink, row_bytes), Measurements(experiments)
        stopping = Stopping(stack, experiments, ends.callback)
        last: dict[int, tuple[Array, State]] = {}
        loop = _Loop(stack, recorder, stopping, measurements, ends)
        for runs, place in loop.trained(tick):
            last |= {run: place.of(at) for at, run in enumerate(runs.tolist())}
        recorder.flush()
        seconds = (time.perf_counter() - started) / len(experiments)
        results = []
        for run, (experiment, ending) in enumerate(zip(experiments, recorder.endings(), strict=True)):
            final, state = last[run]
            spent = seconds + (experiment.paused.seconds if experiment.paused else 0.0)
            trained = recorder.trained(run, ending, (stack.initial[run], final), spent)
            trained = replace(trained, final_epoch=trained.epochs, state=whole_state(state, experiment))
            if trained.status == "interrupted":
                trained = replace(trained, paused=loop.paused(run, spent))
            results.append(stopping.with_best(measurements.added_to(trained, run), run, experiment))
        found = goodness(experiments, np.stack([trained.final for trained in results]))
    return [trained.also(metrics) for trained, metrics in zip(results, found, strict=True)]


#: Is told how many epochs there were, and what returns the error of each run (R,) in its latest row.
Tick: TypeAlias = Callable[[int, Callable[[], Array]], None]


class _Place(NamedTuple):
    """Where R runs are: their parameters (R, P), and the optimizer's state."""

    parameters: Array
    state: State

    def of(self, runs: Mask | int) -> tuple[Array, State]:
        """That of some runs, or of one."""
        return self.parameters[runs], {name: array[runs] for name, array in self.state.items()}

    @property
    def memory(self) -> Memory:
        """Its quantities by name."""
        return {"parameters": self.parameters, **prefixed(STATE, self.state)}

    @classmethod
    def recalled(cls, memory: Memory) -> _Place:
        """The place of such quantities."""
        return cls(memory["parameters"], under(STATE, memory))

    def where(self, runs: Mask, other: _Place) -> _Place:
        """This one for `runs` (R,), and another for the rest."""
        both = {name: np.where(runs[:, None], array, other.state[name]) for name, array in self.state.items()}
        return _Place(np.where(runs[:, None], self.parameters, other.parameters), both)


class _Loop:
    """A stack on its way: the place of each run at its last finite row, and which runs are to end."""

    def __init__(
        self, stack: Stack, recorder: Recorder, stopping: Stopping, measurements: Measurements, ends: Ends
    ) -> None:
        self.stack, self.recorder, self.stopping = stack, recorder, stopping
        self.measurements, self.ends = measurements, ends
        shared = stack.shared
        self.log, self.is_update = shared.log, shared.log.unit == "update"
        self.first = shared.count_at(shared.first_epoch)
        self.last = max(e.count_at(e.last_epoch) for e in recorder.experiments)  # of all
        self.every_epoch = shared.updates_per_epoch == 1  # its error is at hand, and tells of cycles
        self.recorded = _Place(stack.parameters, stack.state)
        self.before = self.earlier = stack.parameters  # those of one epoch ago, and of two
        self.lost = False  # whether runs have diverged that are still in the stack
        self.stopped = np.zeros(len(stack.runs), dtype=bool)
        self.memory: Memory = {}  # of the runs `halted` after `halted_at`, where they are
        self.halted_at, self.halted = 0, stack.runs

    def trained(self, tick: Tick) -> Iterator[tuple[Numbers, _Place]]:
        """Trains to the end; yields the runs that end, whenever some do, and their places."""
        stack, shared = self.stack, self.stack.shared
        lasts = {e.last_epoch for e in self.recorder.experiments}
        if shared.paused:
            self._take_up([e.paused for e in self.recorder.experiments if e.paused])
        else:
            self._record(self.first)
        for epoch in count(shared.epoch_now):
            halts = self.ends.halted()
            if halts:
                self._pause(epoch)
            self._look(epoch, halts)
            self.measurements.add(epoch, stack)
            if (
                self.lost or epoch in lasts or self.stopped.any()
            ):  # between epochs: a batch finds all its runs
                yield self._end(epoch)
                if not self.recorder.going.any():
                    return
            self.before, self.earlier = stack.parameters, self.before
            self._epoch(epoch)
            tick(epoch + 1, self.recorder.errors)

    def _end(self, epoch: int) -> tuple[Numbers, _Place]:
        """Drops the runs that end after `epoch`; returns them, and their places."""
        stack = self.stack
        ended = (stack.epochs == epoch) | self.stopped
        self.measurements.stop(epoch, stack, self.stopped & ~self.recorder.interrupted[stack.runs])
        places = (parameters[ended] for parameters in (stack.parameters, self.before, self.earlier))
        self.recorder.end(stack.runs[ended], alternates(*places))
        kept = self.recorder.going[stack.runs]
        runs, place = stack.runs[~kept], _Place(*self.recorded.of(~kept))
        if kept.any():
            self._keep(kept)
        return runs, place

    def _pause(self, epoch: int) -> None:
        """Keeps all that is known of the runs in the stack, before anything of `epoch` is looked at."""
        stack = self.stack
        self.recorder.flush()
        self.halted_at, self.halted = epoch, stack.runs
        self.memory = {
            "before": self.before,
            "earlier": self.earlier,
            **prefixed("now ", _Place(stack.parameters, stack.state).memory),
            **prefixed("recorded ", self.recorded.memory),
            **prefixed("rows ", self.recorder.memory(stack.runs)),
            **prefixed("stop ", self.stopping.memory(stack.runs)),
            **prefixed("curvature ", self.measurements.memory(stack.runs)),
        }

    def paused(self, run: int, seconds: float) -> Paused:
        """What lets an interrupted run be taken up."""
        at = int(np.flatnonzero(self.halted == run)[0])
        memory = {name: array[at] for name, array in self.memory.items()}
        return Paused(self.halted_at, int(memory["rows last_count"]), seconds, memory)

    def _take_up(self, paused: Sequence[Paused]) -> None:
        """Goes back to where all runs of the stack were paused."""
        memory = together(paused)
        self.stack.put(*_Place.recalled(under("now ", memory)))
        self.recorded = _Place.recalled(under("recorded ", memory))
        self.before, self.earlier = memory["before"], memory["earlier"]
        self.recorder.recall(under("rows ", memory))
        self.stopping.recall(under("stop ", memory))
        self.measurements.recall(under("curvature ", memory))

    def _epoch(self, epoch: int) -> None:
        """The updates of an epoch, and its rows."""
        rate = self.stack.rates(epoch)
        for batch in self.stack.batches():
            self.stack.update(rate, batch)
            if self.is_update:
                self._record(self.stack.updates)
        if not self.is_update:
            self._record(epoch + 1)

    def _keep(self, kept: Mask) -> None:
        self.recorded, self.stopped = _Place(*self.recorded.of(kept)), self.stopped[kept]
        self.before, self.earlier = self.before[kept], self.earlier[kept]
        self.stack.keep(kept)
        self.lost = False

    def _has_row(self, at: int) -> bool:
        return at % self.log.every == 0 or at in (self.first, self.last)

    def _record(self, at: int) -> None:
        """Records a row at an epoch or update `at`, if there is to be one."""
        stack, recorder = self.stack, self.recorder
        if not self._has_row(at):
            if self.every_epoch and (at > self.last - WINDOW or self.stopping.looks):
                recorder.glance(stack.runs, stack.point.value)
            return
        finite = recorder.add(at, stack.runs, stack.row(), stack.parameters)
        self.lost = not finite.all()
        now = _Place(stack.parameters, stack.state)
        self.recorded = now.where(finite, self.recorded) if self.lost else now

    def _look(self, epoch: int, halts: bool) -> None:
        """Asks what ends runs before their epochs, if not all are to; those that end have a row here too."""
        halving = self.ends.halving if self.ends.halving and self.ends.halving.is_due(epoch) else None
        if not (self.stopping.looks or halts or halving):
            return
        stack, recorder, at = self.stack, self.recorder, self.stack.shared.count_at(epoch)
        row, going = stack.row(), recorder.going[stack.runs]
        self.stopped = self.stopping.after(epoch, stack, row) & going
        if halving:
            onward = np.flatnonzero(going & ~self.stopped & (stack.epochs > epoch))
            worse = onward[halving.worse(row[onward, compared_by(self.stopping.measures)])]
            recorder.halved[stack.runs[worse]] = self.stopped[worse] = True
        if halts:
            halted = going & ~self.stopped & (stack.epochs > epoch)
            recorder.interrupted[stack.runs[halted]] = True
            self.stopped = self.stopped | halted
        if self.stopped.any() and not self._has_row(at):
            finite = np.isfinite(row).all(axis=1) & np.isfinite(stack.parameters).all(axis=1)
            recorder.diverged[stack.runs[self.stopped & ~finite]] = True
            whole = self.stopped & finite
            recorder.add_last(at, stack.runs[whole], np.ascontiguousarray(row[whole]))
            self.recorded = _Place(stack.parameters, stack.state).where(whole, self.recorded)
