"""What is kept of a training: rows, handed to a sink as they come together, and how each run ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from runner.nn.arrays import Array, Mask, Numbers
from runner.training.endings import Course, Ending, Tail, endings
from runner.training.experiment import FINAL_MEASURES, Experiment, measures, width
from runner.training.pausing import Memory, Paused

#: Rows of a stack's histories are handed on whenever this many bytes of them have come together.
ROW_BYTES = 64 * 2**20


class Sink(Protocol):
    """Takes the rows of the histories, run by run, as they come."""

    def write(self, run: int, counts: Sequence[int], rows: Array) -> None:
        """Rows (T, columns), C-contiguous, of epochs or updates `counts`, of the stack's run `run`."""


@dataclass(frozen=True, repr=False)
class Trained:
    """How a run ended. `initial` and `final` are its parameters (P,); errors are NaN without a row.

    `status` is ``completed``, ``diverged``, ``stopped`` or ``interrupted``; `ending` and `period` are
    those of :class:`runner.training.endings.Ending`; `epochs` is the epoch of the last finite row; `metrics`
    holds the last test error and accuracies where they apply; `seconds` is the run's share of
    its stack's time. `curvature` has the epochs at which it was measured, where it was, and the
    numbers (T, 2). `final` are the parameters after `final_epoch`, which is `epochs` or, where the best
    are kept, the best one; `state` is the optimizer's there, a quantity (P,) a name. `paused` lets an
    interrupted run be taken up.
    """

    status: str
    ending: str
    period: int | None
    epochs: int
    initial_error: float
    final_error: float
    best_error: float
    best_epoch: int
    metrics: Mapping[str, float]
    seconds: float
    initial: Array
    final: Array
    curvature: tuple[Sequence[int], Array] | None = None
    final_epoch: int = 0
    state: Mapping[str, Array] = field(default_factory=dict)
    paused: Paused | None = None

    def __repr__(self) -> str:
        return f"<Trained: {self}>"

    def __str__(self) -> str:
        ending = f" ({self.ending})" if self.ending not in ("", self.status) else ""
        errors = f"error {self.initial_error:.6g} to {self.final_error:.6g}"
        return f"{self.status}{ending} after epoch {self.epochs}, {errors}"

    def also(self, metrics: Mapping[str, float]) -> Trained:
        """The same with more `metrics`."""
        return replace(self, metrics={**self.metrics, **metrics}) if metrics else self


#: What a recorder knows of each run (R, …) beside its last errors.
KNOWN = ("first", "last", "last_count", "best", "best_count")


class Recorder:
    """Gathers the rows of a stack, hands them to the sink in chunks, and sums the runs up."""

    def __init__(self, experiments: Sequence[Experiment], sink: Sink, row_bytes: int) -> None:
        self.experiments = experiments
        self.sink = sink
        runs, columns = len(experiments), width(experiments[0])
        self.has_parameters = experiments[0].log.weights
        longest = max(e.rows for e in experiments)
        height = max(1, min(longest, row_bytes // (8 * columns * runs)))
        self.buffer = np.empty((height, runs, columns))
        self.counts: list[int] = []  # of the rows now in the buffer
        self.going = np.ones(runs, dtype=bool)
        self.length = np.zeros(runs, dtype=int)  # rows now in the buffer that belong to a run
        self.diverged = np.zeros(runs, dtype=bool)
        self.interrupted = np.zeros(runs, dtype=bool)
        self.halved = np.zeros(runs, dtype=bool)
        self.first = np.full((runs, columns), np.nan)
        self.last = np.full((runs, columns), np.nan)
        self.last_count = np.zeros(runs, dtype=int)
        self.measures = measures(experiments[0])
        self.minimised = self.measures.index("objective" if "objective" in self.measures else "error")
        self.tail = Tail(runs)
        self.alternating = np.zeros(runs, dtype=bool)
        self.best = np.full(runs, np.inf)
        self.best_count = np.zeros(runs, dtype=int)

    def add(self, count: int, runs: Numbers, row: Array, parameters: Array) -> Mask:
        """Takes the row (R, columns) of `runs`; returns which of them (R,) are finite up to now.

        So are those whose `parameters` (R, P) are finite too, be they in the row or not.
        """
        if len(self.counts) == len(self.buffer):
            self.flush()
        at = len(self.counts)
        self.counts.append(count)
        self.buffer[at, slice(None) if len(runs) == len(self.going) else runs] = row
        checked = (row,) if self.has_parameters else (row, parameters)
        # one number tells in nearly every case
        if not all(np.isfinite(np.add.reduce(array, axis=None)) for array in checked):
            finite = np.logical_and.reduce([np.isfinite(array).all(axis=1) for array in checked])
            lost = runs[~finite & self.going[runs]]
            self.diverged[lost] = True
            self.end(lost)
        self.glance(runs, row[:, self.minimised])
        self._compare(count, runs, row[:, 0])
        np.copyto(self.length, at + 1, where=self.going)
        return self.going[runs]

    def _compare(self, count: int, runs: Numbers, row_errors: Array) -> None:
        """Notes which of `runs` are at their best error yet."""
        errors = np.full(len(self.going), np.inf)
        errors[runs] = row_errors
        better = (errors < self.best) & self.going
        np.copyto(self.best, errors, where=better)
        np.copyto(self.best_count, count, where=better)

    def add_last(self, count: int, runs: Numbers, row: Array) -> None:
        """Takes the row (R, columns) of `runs` that end where the others have none."""
        self._hand_on(runs[self.length[runs] > 0])
        self._compare(count, runs, row[:, 0])
        for run, numbers in zip(runs.tolist(), row, strict=True):
            self.sink.write(run, [count], numbers[None])
        self.last[runs], self.last_count[runs] = row, count

    def glance(self, runs: Numbers, errors: Array) -> None:
        """Takes what `runs` minimise (R,) as it is at an epoch, be there a row of it or not."""
        self.tail.add(slice(None) if len(runs) == len(self.going) else runs, errors)

    def end(self, runs: Numbers, alternating: Mask | bool = False) -> None:
        """No more rows of `runs` count; `alternating` says which of them go to and fro."""
        self.going[runs] = False
        self.alternating[runs] = alternating

    def flush(self) -> None:
        """Hands the rows on to the sink and empties the buffer."""
        self._hand_on(np.flatnonzero(self.length))
        self.counts = []

    def _hand_on(self, written: Numbers) -> None:
        """Hands on the rows of some runs, which have some in the buffer."""
        for run in written.tolist():
            length = int(self.length[run])
            rows = np.ascontiguousarray(self.buffer[:length, run])
            self.sink.write(run, self.counts[:length], rows)
        fresh = written[np.isnan(self.first[written, 0])]
        self.first[fresh] = self.buffer[0, fresh]
        self.last[written] = self.buffer[self.length[written] - 1, written]
        self.last_count[written] = np.array(self.counts)[self.length[written] - 1]
        self.length[written] = 0

    def memory(self, runs: Numbers) -> Memory:
        """What is known of `runs` (R,), which are not at their ends, after a flush."""
        known: Memory = {name: getattr(self, name)[runs] for name in KNOWN}
        return {**known, "tail": self.tail.ring[:, runs].T, "tail_count": self.tail.counts[runs]}

    def recall(self, memory: Memory) -> None:
        """Takes up what was known of all runs."""
        for name in KNOWN:
            setattr(self, name, memory[name].astype(getattr(self, name).dtype))
        self.tail.ring, self.tail.counts = memory["tail"].T.copy(), memory["tail_count"].astype(int)
        self.tail.now = int(self.tail.counts[0])

    def errors(self) -> Array:
        """The error of every run (R,) in its latest row."""
        return self.buffer[len(self.counts) - 1, :, 0] if self.counts else self.last[:, 0]

    def endings(self) -> list[Ending]:
        """How the runs ended, after the last flush."""
        shared = self.experiments[0]
        noisy, seen = shared.updates_per_epoch > 1, self.tail.counts - 1
        epochs = self.last_count - shared.count_at(shared.first_epoch)
        sparse = np.full(len(seen), noisy) | (self.interrupted & (seen < epochs))  # only rows were looked at
        course = Course(
            np.where(sparse, seen, epochs), self.first[:, self.minimised], self.diverged, self.alternating
        )
        ends = endings(self.tail, course, noisy)
        if noisy or not sparse.any():
            return ends
        of_rows = endings(self.tail, course, noisy=True)
        return [of_rows[run] if sparse[run] else ending for run, ending in enumerate(ends)]

    def trained(self, run: int, ending: Ending, ends: tuple[Array, Array], seconds: float) -> Trained:
        """The sum of a run, after the last flush; `ends` are its initial and its final parameters."""
        experiment = self.experiments[run]
        last = dict(zip(self.measures, self.last[run].tolist(), strict=False))
        return Trained(
            status=self._status(run),
            ending="" if self.halved[run] else ending.name,  # what was stopped has come to none
            period=None if self.halved[run] else ending.period,
            epochs=experiment.epoch_at(int(self.last_count[run])),
            initial_error=float(self.first[run, 0]),
            final_error=last["error"],
            best_error=float(self.best[run]) if np.isfinite(self.best[run]) else np.nan,
            best_epoch=experiment.epoch_at(int(self.best_count[run])),
            metrics={name: last[name] for name in FINAL_MEASURES if name in last},
            seconds=seconds,
            initial=ends[0],
            final=ends[1],
        )

    def _status(self, run: int) -> str:
        if self.diverged[run]:
            return "diverged"
        if self.halved[run]:
            return "stopped"
        return "interrupted" if self.interrupted[run] else "completed"
