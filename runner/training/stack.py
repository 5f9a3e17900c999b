"""The loop over epochs for a stack of runs: forward, error, gradient, update, and so on.

A stack is a list of experiments whose ``stack_key`` is equal; a run alone is a stack of one.
This module knows neither Hydra nor files: rows go to a sink (see :mod:`runner.records.writing`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from runner.nn.activations import ACTIVATIONS
from runner.nn.arrays import Array
from runner.nn.initializers import INITIALIZERS
from runner.nn.losses import LOSSES
from runner.nn.network import Backward, Forward, backward, forward, parameter_names, views
from runner.nn.optimizers import OPTIMIZERS, State
from runner.nn.schedules import SCHEDULES
from runner.nn.streams import stream
from runner.training.experiment import Draw, Experiment, Given

Mask: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = NDArray[np.intp]

#: Examples that an evaluation takes at a time: as few as fill the caches with a stack of runs.
EVALUATED = 512
#: Rows of a stack's histories are handed on whenever this many bytes of them have come together.
ROW_BYTES = 64 * 2**20


class Sink(Protocol):
    """Takes the rows of the histories, run by run, as they come."""

    def write(self, run: int, steps: Sequence[int], rows: Array) -> None:
        """Rows (T, columns), C-contiguous, of epochs or updates `steps`, of the stack's run `run`."""


@dataclass(frozen=True)
class Result:
    """How a run ended. `initial` and `final` are its parameters (P,); errors are NaN without a row.

    `status` is ``completed`` or ``diverged``; `epochs` the epoch of the last finite row; `metrics`
    holds the last test error and accuracies where they apply; `seconds` is the run's share of
    its stack's time.
    """

    status: str
    epochs: int
    initial_error: float
    final_error: float
    best_error: float
    best_epoch: int
    metrics: Mapping[str, float]
    seconds: float
    initial: Array
    final: Array


class Slope(NamedTuple):
    """The derivatives of the objective at one point, on some examples, and the way to them."""

    targets: Array  # (1 or R, N, O)
    forward: Forward
    backward: Backward
    gradient: Array  # (R, P), of the error and the penalties


class Update(NamedTuple):
    """One update, with all that went into it: new = old − rate · direction."""

    slope: Slope
    rate: Array  # (R, 1)
    direction: Array  # (R, P) or, with frozen biases, (R, weights)
    state: State


METRICS = ("test_error", "accuracy", "test_accuracy")


def figures(experiment: Experiment) -> list[str]:
    """The columns of a history that are neither step nor parameter, in order."""
    tested = experiment.data.test_inputs is not None
    applies = {
        "error": True,
        "objective": experiment.l1 > 0 or experiment.l2 > 0,
        "test_error": tested,
        "accuracy": experiment.classifies,
        "test_accuracy": experiment.classifies and tested,
    }
    return [name for name, wanted in applies.items() if wanted]


def columns(experiment: Experiment) -> list[str]:
    """The columns of a history after its first, which counts epochs or updates."""
    names = [p.name for p in parameter_names(experiment.sizes, experiment.biases is not None)]
    weights = names if experiment.log.weights else []
    gradients = [f"g_{name}" for name in names] if experiment.log.gradients else []
    return figures(experiment) + weights + gradients


def width(experiment: Experiment) -> int:
    """How many columns those are."""
    logged = experiment.log.weights + experiment.log.gradients
    return len(figures(experiment)) + logged * experiment.parameter_count


def initial_parameters(experiment: Experiment) -> Array:
    """The parameters (1, P) that a run starts from, drawn from its own streams or given."""
    parameters = np.zeros((1, experiment.parameter_count))
    layers = views(parameters, experiment.sizes, experiment.biases is not None)
    for kind, source, arrays in (
        ("weights", experiment.weights, [layer.w[0] for layer in layers]),
        ("biases", experiment.biases, [layer.b[0] for layer in layers if layer.b is not None]),
    ):
        if isinstance(source, Given):
            for array, given in zip(arrays, source.layers, strict=True):
                array[...] = given
        elif isinstance(source, Draw):
            rng = stream(experiment.seed, kind)
            draw = INITIALIZERS[source.initializer].draw
            for array in arrays:
                array[...] = draw(rng, array.shape, **dict(source.options))
    return parameters


def right(pred: Array, y: Array, threshold: float) -> Mask:
    """Whose class is predicted (R, N): by the largest output, or by the only one over a threshold."""
    if pred.shape[2] > 1:
        return pred.argmax(axis=2) == y.argmax(axis=2)
    return (pred[:, :, 0] > threshold) == (y[:, :, 0] > 0.5)


class Stack:
    """Runs trained as one: their parameters, the optimizer's state, and one update at a time.

    `parameters` is (R, P), `update` changes it in place; `runs` are the numbers of the runs still
    in it, in the order of the experiments it was made from.
    """

    def __init__(self, experiments: Sequence[Experiment]) -> None:
        one = experiments[0]
        self.experiments = list(experiments)
        self.one = one  # what all of them share is read from here
        self.runs = np.arange(len(experiments))
        self.activations = [ACTIVATIONS[name] for name in one.activations]
        self.loss = LOSSES[one.loss]
        self.optimizer = OPTIMIZERS[one.optimizer]
        self.schedule = SCHEDULES[one.schedule]
        self.x, self.y = one.data.inputs[None], one.data.targets[None]
        self.updates = 0

        drawn: dict[object, Array] = {}  # equal sources and seeds are drawn once
        starts = []
        for e in experiments:
            key = (e.weights, e.biases, e.seed)
            if key not in drawn:
                drawn[key] = initial_parameters(e)
            starts.append(drawn[key])
        self.parameters = np.concatenate(starts)
        self.numbers = {
            name: np.array([[float(getattr(e, name))] for e in experiments])
            for name in ("learning_rate", "epochs", "l1", "l2")
        }
        self.optimizer_options = _per_run([e.optimizer_options for e in experiments])
        self.schedule_options = _per_run([e.schedule_options for e in experiments])
        seeds, self.stream_of_run = np.unique([e.seed for e in experiments], return_inverse=True)
        self.streams = [stream(int(seed), "shuffle") for seed in seeds] if self._shuffles else []
        self._share_views()
        self.state = self.optimizer.init(self.optimizer_options, self.trained.shape)

    @property
    def _shuffles(self) -> bool:
        return self.one.shuffle and self.one.batch_size is not None

    def _share_views(self) -> None:
        """Lays the layers' views over `parameters`; to be called whenever that is a new array."""
        has_biases = self.one.biases is not None
        self.gradient = np.empty_like(self.parameters)
        self.layers = views(self.parameters, self.one.sizes, has_biases)
        self.gradient_layers = views(self.gradient, self.one.sizes, has_biases)
        weights = self.one.weight_count
        trained = self.one.parameter_count if self.one.train_biases else weights
        self.weights, self.gradient_weights = self.parameters[:, :weights], self.gradient[:, :weights]
        self.trained, self.gradient_trained = self.parameters[:, :trained], self.gradient[:, :trained]
        self.step = np.empty_like(self.gradient_trained)
        self._forget()

    def _forget(self) -> None:
        self._whole_forward: Forward | None = None
        self._whole_slope: Slope | None = None

    def keep(self, kept: Mask) -> None:
        """Drops the runs where `kept` (R,) is false; the others go on as if alone."""
        self.runs = self.runs[kept]
        self.parameters = self.parameters[kept]
        self.state = {name: array[kept] for name, array in self.state.items()}
        self.stream_of_run = self.stream_of_run[kept]
        for table in (self.numbers, self.optimizer_options, self.schedule_options):
            table.update({name: array[kept] for name, array in table.items()})
        self._share_views()

    def whole_forward(self) -> Forward:
        """The forward pass over the whole training set at the parameters as they are."""
        if self._whole_forward is None:
            self._whole_forward = forward(self.layers, self.activations, self.x)
        return self._whole_forward

    def whole_slope(self) -> Slope:
        """The gradient over the whole training set at the parameters as they are."""
        if self._whole_slope is None:
            self._whole_slope = self._slope(self.whole_forward(), self.y)
        return self._whole_slope

    def _slope(self, passed: Forward, y: Array) -> Slope:
        examples = passed.pred.shape[1]
        dE_dpred = self.loss.derivative(passed.pred, y) / examples  # E is the mean over them
        passed_back = backward(self.layers, self.activations, passed, dE_dpred, self.gradient_layers)
        if self.one.l1 > 0:
            self.gradient_weights += self.numbers["l1"] * np.sign(self.weights)
        if self.one.l2 > 0:
            self.gradient_weights += self.numbers["l2"] * self.weights
        return Slope(y, passed, passed_back, self.gradient)

    def rates(self, epoch: int) -> Array:
        """The learning rate (R, 1) of epoch 0, 1, …"""
        eta, epochs = self.numbers["learning_rate"], self.numbers["epochs"]
        return self.schedule.rate(eta, epoch, epochs, self.schedule_options)

    def update(self, rate: Array, batch: tuple[Array, Array] | None) -> Update:
        """One update from a batch (inputs, targets), or from the whole training set."""
        if batch is None:
            slope = self.whole_slope()
        else:
            slope = self._slope(forward(self.layers, self.activations, batch[0]), batch[1])
        self.updates += 1
        direction, self.state = self.optimizer.update(
            self.gradient_trained, self.state, self.trained, self.optimizer_options, self.updates
        )
        np.multiply(rate, direction, out=self.step)
        np.subtract(self.trained, self.step, out=self.trained)
        self._forget()
        return Update(slope, rate, direction, self.state)

    def batches(self) -> Iterator[tuple[Array, Array] | None]:
        """The batches of the next epoch: inputs (1 or R, N, I) and targets, or None for all examples."""
        if self.one.batch_size is None:
            yield None
            return
        examples, size = self.one.data.examples, self.one.batch
        if not self._shuffles:
            order = np.arange(examples)[None]
        else:
            order = np.stack([rng.permutation(examples) for rng in self.streams])
            if len(order) > 1:
                order = order[self.stream_of_run]
        for start in range(0, examples, size):
            chosen = order[:, start : start + size]
            yield self.one.data.inputs.take(chosen, axis=0), self.one.data.targets.take(chosen, axis=0)

    def objective(self) -> Array:
        """What is minimised (R,): the error over the whole training set and the penalties on the weights."""
        return self._penalised(self._judged(self._trained())["error"])

    def _penalised(self, error: Array) -> Array:
        l1, l2 = self.numbers["l1"][:, 0], self.numbers["l2"][:, 0]
        absolute = np.add.reduce(np.abs(self.weights), axis=1)
        squared = np.add.reduce(self.weights * self.weights, axis=1)
        return error + l1 * absolute + 0.5 * l2 * squared

    def row(self) -> Array:
        """The history's row (R, columns) at the parameters as they are."""
        data = self.one.data
        found = self._judged(self._trained())
        if self.one.l1 > 0 or self.one.l2 > 0:
            found["objective"] = self._penalised(found["error"])
        if data.test_inputs is not None and data.test_targets is not None:
            tested = self._judged(self._predicted(data.test_inputs[None], data.test_targets[None]))
            found |= {f"test_{name}": values for name, values in tested.items()}
        parts = [found[name][:, None] for name in figures(self.one)]
        if self.one.log.weights:
            parts.append(self.parameters)
        if self.one.log.gradients:
            parts.append(self.whole_slope().gradient)
        return np.concatenate(parts, axis=1)

    def _judged(self, parts: Iterable[tuple[Array, Array]]) -> dict[str, Array]:
        """The error (R,) and, of classes, the accuracy, over predictions and targets part by part."""
        errors: list[Array] = []
        rights: list[Mask] = []
        for pred, y in parts:
            errors.append(self.loss.value(pred, y))
            if self.one.classifies:
                rights.append(right(pred, y, self.loss.threshold))
        error = {"error": _mean_over_examples(errors)}
        return error | {"accuracy": _mean_over_examples(rights)} if rights else error

    def _trained(self) -> Iterator[tuple[Array, Array]]:
        """Predictions for the training set and its targets, at the parameters as they are."""
        if self.one.batch_size is None or self.one.log.gradients:  # a gradient needs this pass too
            yield self.whole_forward().pred, self.y
        else:
            yield from self._predicted(self.x, self.y)

    def _predicted(self, x: Array, y: Array) -> Iterator[tuple[Array, Array]]:
        """Predictions for the inputs x (1, N, I) and the targets, a part at a time that fits the caches."""
        for start in range(0, x.shape[1], EVALUATED):
            part = slice(start, start + EVALUATED)
            yield forward(self.layers, self.activations, x[:, part]).pred, y[:, part]


def _mean_over_examples(parts: Sequence[NDArray[Any]]) -> Array:
    values = np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
    return np.add.reduce(values, axis=1, dtype=np.float64) / values.shape[1]


def _per_run(options: Sequence[Mapping[str, float]]) -> dict[str, Array]:
    """Numbers a run as arrays (R, 1), by name."""
    return {name: np.array([[float(o[name])] for o in options]) for name in options[0]}


class Recorder:
    """Gathers the rows of a stack, hands them to the sink in chunks, and sums the runs up."""

    def __init__(self, experiments: Sequence[Experiment], sink: Sink, row_bytes: int) -> None:
        self.experiments = experiments
        self.sink = sink
        runs, numbers = len(experiments), width(experiments[0])
        self.has_parameters = experiments[0].log.weights
        longest = max(e.rows for e in experiments)
        height = max(1, min(longest, row_bytes // (8 * numbers * runs)))
        self.buffer = np.empty((height, runs, numbers))
        self.steps: list[int] = []  # of the rows now in the buffer
        self.going = np.ones(runs, dtype=bool)
        self.length = np.zeros(runs, dtype=int)  # rows now in the buffer that belong to a run
        self.diverged = np.zeros(runs, dtype=bool)
        self.first = np.full((runs, numbers), np.nan)
        self.last = np.full((runs, numbers), np.nan)
        self.last_step = np.zeros(runs, dtype=int)
        self.best = np.full(runs, np.inf)
        self.best_step = np.zeros(runs, dtype=int)

    def add(self, step: int, runs: Numbers, row: Array, parameters: Array) -> Mask:
        """Takes the row (R, columns) of `runs`; returns which of them (R,) are finite up to now.

        So are those whose `parameters` (R, P) are finite too, be they in the row or not.
        """
        if len(self.steps) == len(self.buffer):
            self.flush()
        at = len(self.steps)
        self.steps.append(step)
        self.buffer[at, slice(None) if len(runs) == len(self.going) else runs] = row
        shown = (row,) if self.has_parameters else (row, parameters)
        # one number tells in nearly every case
        if not all(np.isfinite(np.add.reduce(array, axis=None)) for array in shown):
            finite = np.logical_and.reduce([np.isfinite(array).all(axis=1) for array in shown])
            lost = runs[~finite & self.going[runs]]
            self.diverged[lost] = True
            self.end(lost)
        errors = np.full(len(self.going), np.inf)
        errors[runs] = row[:, 0]
        better = (errors < self.best) & self.going
        np.copyto(self.best, errors, where=better)
        np.copyto(self.best_step, step, where=better)
        np.copyto(self.length, at + 1, where=self.going)
        return self.going[runs]

    def end(self, runs: Numbers) -> None:
        """No more rows of `runs` count."""
        self.going[runs] = False

    def flush(self) -> None:
        """Hands the rows on to the sink and empties the buffer."""
        written = np.flatnonzero(self.length)
        for run in written.tolist():
            length = int(self.length[run])
            rows = np.ascontiguousarray(self.buffer[:length, run])
            self.sink.write(run, self.steps[:length], rows)
        fresh = written[np.isnan(self.first[written, 0])]
        self.first[fresh] = self.buffer[0, fresh]
        self.last[written] = self.buffer[self.length[written] - 1, written]
        self.last_step[written] = np.array(self.steps)[self.length[written] - 1]
        self.steps, self.length[:] = [], 0

    def result(self, run: int, initial: Array, final: Array, seconds: float) -> Result:
        """The sum of a run, after the last flush."""
        experiment = self.experiments[run]
        per_epoch = experiment.updates_per_epoch if experiment.log.unit == "update" else 1
        names = figures(experiment)
        final_row = dict(zip(names, self.last[run, : len(names)].tolist(), strict=True))
        return Result(
            status="diverged" if self.diverged[run] else "completed",
            epochs=int(self.last_step[run]) // per_epoch,
            initial_error=float(self.first[run, 0]),
            final_error=final_row["error"],
            best_error=float(self.best[run]) if np.isfinite(self.best[run]) else np.nan,
            best_epoch=int(self.best_step[run]) // per_epoch,
            metrics={name: final_row[name] for name in METRICS if name in final_row},
            seconds=seconds,
            initial=initial,
            final=final,
        )


@cache
def threads() -> ThreadpoolController:
    """NumPy's BLAS, looked for once: that takes 3 ms, as long as 150 small updates."""
    return ThreadpoolController()


@cache
def keep_freed_memory() -> None:
    """Has the C library keep the memory of freed arrays for the next ones.

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
) -> list[Result]:
    """Trains runs whose ``stack_key`` is equal, as one; returns their results in order.

    Rows go to `sink` in chunks of at most `row_bytes` (at least one row). `tick` is called after
    every epoch. Divergence is a result: such a run's history ends with its last finite row.
    """
    started = time.perf_counter()
    keep_freed_memory()
    # One thread: a BLAS that splits a product over threads may sum it in another order.
    with np.errstate(all="ignore"), threads().limit(limits=1, user_api="blas"):
        stack = Stack(experiments)
        recorder = Recorder(experiments, sink, row_bytes)
        initial, final = stack.parameters.copy(), stack.parameters.copy()
        for runs, parameters in _endings(stack, recorder, tick):
            final[runs] = parameters
        recorder.flush()
    seconds = (time.perf_counter() - started) / len(experiments)
    return [recorder.result(run, initial[run], final[run], seconds) for run in range(len(experiments))]


def _endings(stack: Stack, recorder: Recorder, tick: Callable[[], None]) -> Iterator[tuple[Numbers, Array]]:
    """Trains to the end; yields the runs that end, whenever some do, and their last parameters."""
    log = stack.one.log
    last_step = max(e.steps for e in stack.experiments)
    recorded = stack.parameters  # of the last row of each run that was finite

    def record(step: int) -> None:
        nonlocal recorded
        if step % log.every and step != last_step:
            return
        finite = recorder.add(step, stack.runs, stack.row(), stack.parameters)
        recorded = (
            stack.parameters.copy() if finite.all() else np.where(finite[:, None], stack.parameters, recorded)
        )

    record(0)
    epoch = 0
    while True:
        recorder.end(stack.runs[stack.numbers["epochs"][:, 0] == epoch])
        kept = recorder.going[stack.runs]
        if not kept.all():  # between epochs, so that a batch finds the runs that its epoch began with
            yield stack.runs[~kept], recorded[~kept]
            recorded = recorded[kept]
            stack.keep(kept)
        if not len(stack.runs):
            return
        rate = stack.rates(epoch)
        for batch in stack.batches():
            stack.update(rate, batch)
            if log.unit == "update":
                record(stack.updates)
        epoch += 1
        if log.unit == "epoch":
            record(epoch)
        tick()
