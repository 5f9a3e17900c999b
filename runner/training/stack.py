"""Runs trained as one: their parameters, the optimizer's state, and one update at a time.

A stack is a list of experiments whose ``stack_key`` is equal; a run alone is a stack of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from runner.nn.arrays import Array, Mask, spread
from runner.nn.initializers import INITIALIZERS
from runner.nn.optimizers import OPTIMIZERS, State
from runner.nn.schedules import SCHEDULES
from runner.nn.streams import orders, stream
from runner.plugins import restore
from runner.training.experiment import Experiment, measures
from runner.training.objective import Examples, Objective, Point, measured
from runner.training.settings import Drawn, Given


class Update(NamedTuple):
    """One update, with all that went into it: new = old − rate · direction, by the factors of layers."""

    point: Point  # at the old parameters, over the examples of the batch
    rate: Array  # (R, 1)
    direction: Array  # (R, P), 0 where a parameter is not trained
    before: State
    after: State


class Stack:
    """The runs still in training: `runs` are their numbers, in the order of the experiments at first.

    `point` is where they are: their parameters, and the objective over the whole training set there.
    """

    def __init__(self, experiments: Sequence[Experiment]) -> None:
        shared = experiments[0]
        restore(shared.plugins)
        self.shared = shared  # what all of them share is read from here
        self.runs = np.arange(len(experiments))
        self.optimizer = OPTIMIZERS[shared.optimizer]
        self.schedule = SCHEDULES[shared.schedule]
        self.hyperparameters = _per_run([e.optimizer_options for e in experiments])
        self.schedule_options = _per_run([e.schedule_options for e in experiments])
        self.numbers = _per_run([{"rate": e.learning_rate, "epochs": e.last_epoch} for e in experiments])
        seeds, self.stream_of_run = np.unique([e.seed for e in experiments], return_inverse=True)
        examples, skipped = shared.data.examples, shared.epoch_now
        self.orders = [orders(int(seed), examples, skipped) for seed in seeds] if shared.shuffles else []

        data, network = shared.data, shared.network
        self.training = Examples.of(data.inputs, data.targets)
        self.held_out = {name: Examples.of(part.inputs, part.targets) for name, part in data.held_out.items()}
        self.measures = measures(shared)
        self.initial = _initial_parameters(experiments)
        self.point = Objective.of(experiments).at(self.initial, self.training)
        self.factors = _factors(experiments)
        self.trained = shared.trained
        self.freezes = shared.trained_count < network.parameter_count
        self.state = self.optimizer.init(self.hyperparameters, (len(experiments), shared.trained_count))
        self.updates = shared.updates_at(shared.epoch_now)
        if shared.begun:
            states = [e.begun.state for e in experiments if e.begun]
            self.state = {q: np.stack([s[q] for s in states])[:, self.trained] for q in self.state}

    @property
    def parameters(self) -> Array:
        """Where the runs are now, (R, P): never changed in place."""
        return self.point.parameters

    @property
    def epochs(self) -> Array:
        """How many each run has behind it at its end (R,)."""
        return self.numbers["epochs"][:, 0]

    def put(self, parameters: Array, state: State) -> None:
        """Puts the runs where they were at an earlier time."""
        self.point, self.state = self.point.objective.at(parameters, self.training), state

    def keep(self, kept: Mask) -> None:
        """Drops the runs where `kept` (R,) is false; the others go on as if alone."""
        self.runs = self.runs[kept]
        self.point = self.point.objective.keep(kept).at(self.parameters[kept], self.training)
        self.stream_of_run = self.stream_of_run[kept]
        self.factors = None if self.factors is None else self.factors[kept]
        self.state = {name: array[kept] for name, array in self.state.items()}
        for table in (self.numbers, self.hyperparameters, self.schedule_options):
            table.update({name: array[kept] for name, array in table.items()})

    def rates(self, epoch: int) -> Array:
        """The learning rate (R, 1) of epoch 0, 1, …"""
        return self.schedule.rate(self.numbers["rate"], epoch, self.numbers["epochs"], self.schedule_options)

    def update(self, rate: Array, batch: Examples | None) -> Update:
        """One update from a batch, or from the whole training set."""
        point = self.point if batch is None else self.point.objective.at(self.parameters, batch)
        self.updates += 1
        before, gradient, trained = self.state, point.gradient, point.parameters
        if self.freezes:
            gradient, trained = gradient[:, self.trained], trained[:, self.trained]
        direction, self.state = self.optimizer.update(
            gradient, before, trained, self.hyperparameters, self.updates
        )
        direction = spread(direction, self.trained, point.parameters.shape[1])
        change = rate * direction
        if self.factors is not None:
            change *= self.factors
        new = np.subtract(point.parameters, change, out=change)
        self.point = point.objective.at(new, self.training)
        return Update(point, rate, direction, before, self.state)

    def batches(self) -> Iterator[Examples | None]:
        """The batches of the next epoch, or None for all examples."""
        if self.shared.batch_size is None:
            yield None
            return
        data, size = self.shared.data, self.shared.batch
        order = np.arange(data.examples)[None]
        if self.orders:
            order = np.stack([next(drawn) for drawn in self.orders])
            if len(order) > 1:
                order = order[self.stream_of_run]
        for start in range(0, data.examples, size):
            chosen = order[:, start : start + size]
            yield Examples(data.inputs.take(chosen, axis=0), data.targets.take(chosen, axis=0))

    def row(self) -> Array:
        """The history's row (R, columns) at the parameters as they are."""
        objective, log = self.point.objective, self.shared.log
        whole = self.shared.batch_size is None or log.gradients  # then that pass is needed anyway
        points = [self.point] if whole else self._parts(self.training)
        values = measured(points, self.shared.classifies)
        if "objective" in self.measures:
            values["objective"] = objective.penalised(values["error"], self.parameters)
        for part, examples in self.held_out.items():
            of_part = measured(self._parts(examples), self.shared.classifies)
            values |= {f"{part}_{name}": array for name, array in of_part.items()}
        blocks = [values[name][:, None] for name in self.measures]
        blocks += [self.parameters] if log.weights else []
        blocks += [self.point.gradient] if log.gradients else []
        return np.concatenate(blocks, axis=1)

    def largest_miss(self) -> Array:
        """The largest |prediction − target| (R,) over the training set and the outputs."""
        points = [self.point] if self.shared.batch_size is None else self._parts(self.training)
        misses = [np.abs(p.forward.pred - p.examples.y).max(axis=(1, 2)) for p in points]
        return np.maximum.reduce(misses)

    def _parts(self, examples: Examples) -> Iterator[Point]:
        """The objective at the parameters as they are, over a part of the examples at a time."""
        return (self.point.objective.at(self.parameters, part) for part in examples.split())


def initial_parameters(experiment: Experiment) -> Array:
    """The parameters (1, P) that a run starts from, drawn from its own streams or given."""
    network = experiment.network
    parameters = np.zeros((1, network.parameter_count))
    layers = network.views(parameters)
    for kind, source, arrays in (
        ("weights", experiment.weights, [w[0] for w, _ in layers]),
        ("biases", experiment.biases, [b[0, 0] for _, b in layers if b is not None]),
    ):
        if isinstance(source, Given):
            for array, given in zip(arrays, source.layers, strict=True):
                array[...] = given
        elif isinstance(source, Drawn):
            rng = stream(experiment.seed, kind)
            draw = INITIALIZERS[source.initializer].draw
            for array in arrays:
                array[...] = draw(rng, array.shape, **dict(source.options))
    return parameters


def _initial_parameters(experiments: Sequence[Experiment]) -> Array:
    """Those of all runs (R, P); equal sources and seeds are drawn once."""
    keys = [(e.weights, e.biases, e.seed) for e in experiments]
    drawn = {key: initial_parameters(e) for key, e in dict(zip(keys, experiments, strict=True)).items()}
    return np.concatenate([drawn[key] for key in keys])


def _factors(experiments: Sequence[Experiment]) -> Array | None:
    """What multiplies the learning rate of each parameter (R, P); None of runs without such."""
    rates = [e.rates for e in experiments if e.rates is not None]
    return np.array(rates)[:, experiments[0].network.layer_of - 1] if rates else None


def _per_run(options: Sequence[Mapping[str, float]]) -> dict[str, Array]:
    """Numbers a run as arrays (R, 1), by name."""
    return {name: np.array([[float(o[name])] for o in options]) for name in options[0]}
