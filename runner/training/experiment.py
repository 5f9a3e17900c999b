"""One run as plain, checked data: everything that training needs, and nothing of its YAML."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from runner.data.examples import Data, Source
from runner.nn.arrays import Array, Places
from runner.nn.losses import LOSSES
from runner.nn.network import Network

#: The measures of a history's last row that a run is summed up by, beside its error.
FINAL_MEASURES = ("test_error", "accuracy", "test_accuracy")
#: What is measured of the curvature, where it is: the columns of ``curvature.csv`` after its epoch.
CURVATURES = ("sharpness", "stability_limit")


@dataclass(frozen=True)
class Drawn:
    """Initial parameters drawn by an initializer: its name and its options."""

    initializer: str
    options: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Given:
    """Initial parameters given outright: an array a layer, (O, I) for weights or (O,) for biases.

    `source` is the file that they come from, if there is one.
    """

    layers: tuple[Array, ...]
    source: Source | None = None

    @property
    def nbytes(self) -> int:
        """The bytes of all layers."""
        return sum(layer.nbytes for layer in self.layers)


@dataclass(frozen=True)
class Log:
    """What a history records: a row each `every` epochs (or updates), and which columns.

    The curvature is measured each `curvature` epochs, or never.
    """

    every: int
    unit: str
    weights: bool
    gradients: bool
    curvature: int | None


@dataclass(frozen=True, eq=False)
class Experiment:
    """A run, checked: see the table of configuration keys in the README for each field.

    `sizes` has the number of inputs, of neurons of each hidden layer and of outputs;
    `activations` has a name a layer of neurons, the output layer's last. `biases` is None for a
    network without. `train` are the places of the parameters that are trained, None for all.
    """

    data: Data
    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    weights: Drawn | Given
    biases: Drawn | Given | None
    train_biases: bool
    loss: str
    learning_rate: float
    epochs: int
    batch_size: int | None
    shuffle: bool
    seed: int
    optimizer: str
    optimizer_options: Mapping[str, float]
    schedule: str
    schedule_options: Mapping[str, float]
    l1: float
    l2: float
    log: Log
    train: tuple[int, ...] | None = None

    @property
    def classifies(self) -> bool:
        """Whether accuracies apply: the data are classes, or the loss takes them for classes."""
        return self.data.classifies or (LOSSES[self.loss].classifies and self.data.one_hot)

    @property
    def network(self) -> Network:
        """The layers of neurons, without their parameters."""
        return Network(self.sizes, self.activations, self.biases is not None)

    @cached_property
    def trained(self) -> Places:
        """Which of the parameters are trained: by `train`, and without biases unless `train_biases`."""
        network = self.network
        last = network.parameter_count if self.train_biases else network.weight_count
        if self.train is None:
            return slice(0, last)
        return np.array([place for place in self.train if place < last], dtype=np.intp)

    @property
    def trained_count(self) -> int:
        """How many those are."""
        return self.trained.stop if isinstance(self.trained, slice) else len(self.trained)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that the run is made from."""
        given = [g.source for g in (self.weights, self.biases) if isinstance(g, Given) and g.source]
        return (*self.data.sources, *given)

    @property
    def batch(self) -> int:
        """The examples of an update: `batch_size`, or all of them where it is none or they are fewer."""
        return min(self.batch_size or self.data.examples, self.data.examples)

    @property
    def updates_per_epoch(self) -> int:
        """How many batches the examples make."""
        return -(-self.data.examples // self.batch)

    @property
    def count(self) -> int:
        """How many epochs or updates, after `log.unit`, the run has."""
        return self.epochs * (self.updates_per_epoch if self.log.unit == "update" else 1)

    @property
    def rows(self) -> int:
        """How many rows its history has, if it does not diverge."""
        return 1 + -(-self.count // self.log.every)

    @property
    def measurements(self) -> int:
        """How often its curvature is measured, if it does not diverge."""
        return 1 + -(-self.epochs // self.log.curvature) if self.log.curvature else 0

    @cached_property
    def stack_key(self) -> Hashable:
        """Runs with equal keys may share arrays; all else may differ from run to run.

        Numbers that switch a term on (a momentum, a penalty) enter by whether they are zero, so
        that no run computes a term in company that it would leave out alone.
        """
        switches = {**self.optimizer_options, "l1": self.l1, "l2": self.l2}
        return (
            id(self.data),
            self.sizes,
            self.activations,
            self.biases is None,
            self.train_biases,
            self.train,
            self.loss,
            self.batch_size and self.batch,  # one batch of all is shuffled, where None is not
            self.shuffle,
            self.optimizer,
            self.schedule,
            self.log,
            # the last row falls on another epoch
            self.epochs if self.log.every > 1 or self.log.curvature else None,
            tuple((name, value == 0) for name, value in switches.items()),
        )


def measures(experiment: Experiment) -> list[str]:
    """The columns of a history that are neither its count nor a parameter, in order."""
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
    names = [p.name for p in experiment.network.names]
    weights = names if experiment.log.weights else []
    gradients = [f"g_{name}" for name in names] if experiment.log.gradients else []
    return measures(experiment) + weights + gradients


def width(experiment: Experiment) -> int:
    """How many columns those are."""
    logged = experiment.log.weights + experiment.log.gradients
    return len(measures(experiment)) + logged * experiment.network.parameter_count
