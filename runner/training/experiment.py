"""One run as plain, checked data: everything that training needs, and nothing of its YAML."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from runner.data.examples import Data, Source
from runner.data.parts import PARTS
from runner.nn.arrays import Places
from runner.nn.losses import LOSSES
from runner.nn.network import Network
from runner.plugins import Name, Plugin
from runner.training.pausing import Paused
from runner.training.settings import Begun, Composed, Drawn, Given, Log, Stop

#: The measures of a history's last row that a run is summed up by, beside its error.
FINAL_MEASURES = (
    *(f"{part}_error" for part in PARTS),
    *("accuracy", *(f"{part}_accuracy" for part in PARTS)),
)
#: And those of a regression, at its end: see :mod:`runner.training.goodness`.
GOODNESS = tuple(f"{part}{name}" for name in ("r2", "rmse") for part in ("", *(f"{p}_" for p in PARTS)))
#: The longest title that stands whole in a ``repr``.
LONGEST = 110
#: What is measured of the curvature, where it is: the columns of ``curvature.csv`` after its epoch.
CURVATURES = ("sharpness", "stability_limit")


@dataclass(frozen=True, eq=False, repr=False)
class Experiment:
    """A run, checked: see the table of configuration keys in the README for each field.

    `sizes` has the number of inputs, of neurons of each hidden layer and of outputs;
    `activations` has a name a layer of neurons, the output layer's last. `biases` is None for a
    network without. `train` are the places of the parameters that are trained, None for all; `rates` a
    factor a layer on the learning rate, None for none; `begun` is what the run goes on from, None for the
    beginning; `epochs` are those that it adds. `plugins` are the files that it may have entries of tables
    from, and what else those that it has are from. `composed` is the configuration behind it, if there is
    one: training asks for nothing of it. `paused` is where it was interrupted before, if it is to be taken
    up there.
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
    rates: tuple[float, ...] | None = None
    stop: Stop | None = None
    begun: Begun | None = None
    objective: str | None = None
    plugins: tuple[Plugin, ...] = ()
    composed: Composed | None = field(default=None, repr=False)
    paused: Paused | None = None

    @property
    def title(self) -> str:
        """What is trained, in one line."""
        sizes = "-".join(map(str, self.sizes))
        examples = len(self.data.inputs)
        return (
            f"{sizes} network on {self.data.name} data ({examples} example{'s' * (examples != 1)}): "
            f"{self.loss}, {self.optimizer}, learning rate {self.learning_rate:g}"
        )

    def __str__(self) -> str:
        title = self.title
        return title if len(title) <= LONGEST else f"{title[:20]}…{title[20 - LONGEST :]}"

    def __repr__(self) -> str:
        return f"<Experiment: {self}, {self.epochs} epochs>"

    @property
    def classifies(self) -> bool:
        """Whether accuracies apply: the data are classes, or the loss takes them for classes."""
        return self.data.classifies or (LOSSES[self.loss].classifies and self.data.one_hot)

    @property
    def regresses(self) -> bool:
        """Whether R² applies: the targets are numbers, and no loss takes them for classes."""
        return not (self.data.classifies or self.data.classes or LOSSES[self.loss].classifies)

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
        given = [g.source for g in (self.weights, self.biases) if isinstance(g, Given)]
        begun = [self.begun.source] if self.begun else []
        own = [plugin.source for plugin in self.plugins]
        return (*self.data.sources, *filter(None, [*given, *begun]), *own)

    @property
    def entries(self) -> list[Name]:
        """The entries of tables that it has, each once."""
        drawn = [drawn.initializer for drawn in (self.weights, self.biases) if isinstance(drawn, Drawn)]
        names = [
            *(("activations", name) for name in self.activations),
            *(("initializers", name) for name in drawn),
            ("losses", self.loss),
            ("optimizers", self.optimizer),
            ("schedules", self.schedule),
            ("data", self.data.name),
        ]
        return list(dict.fromkeys(names))

    @property
    def batch(self) -> int:
        """The examples of an update: `batch_size`, or all of them where it is none or they are fewer."""
        return min(self.batch_size or self.data.examples, self.data.examples)

    @property
    def shuffles(self) -> bool:
        """Whether its epochs take the examples in another order each."""
        return self.shuffle and self.batch_size is not None

    @property
    def updates_per_epoch(self) -> int:
        """How many batches the examples make."""
        return -(-self.data.examples // self.batch)

    @property
    def first_epoch(self) -> int:
        """How many epochs it has behind it at its first row: 0, unless it goes on from another run."""
        return self.begun.epochs if self.begun else 0

    @property
    def last_epoch(self) -> int:
        """How many it has behind it at its last."""
        return self.first_epoch + self.epochs

    @property
    def epoch_now(self) -> int:
        """How many it has behind it as it is taken up."""
        return self.paused.epoch if self.paused else self.first_epoch

    def updates_at(self, epoch: int) -> int:
        """How many updates it has behind it after so many epochs, with those of an earlier run."""
        first = self.begun.updates if self.begun else 0
        return first + (epoch - self.first_epoch) * self.updates_per_epoch

    def count_at(self, epoch: int) -> int:
        """What the first column of the history says after so many epochs: them, or the updates."""
        return self.updates_at(epoch) if self.log.unit == "update" else epoch

    def epoch_at(self, count: int) -> int:
        """The whole epochs behind it where the first column of the history says `count`."""
        per_epoch = self.updates_per_epoch if self.log.unit == "update" else 1
        return self.first_epoch + (count - self.count_at(self.first_epoch)) // per_epoch

    @property
    def rows(self) -> int:
        """How many rows its history has, if nothing ends it before."""
        return _moments(self.count_at(self.first_epoch), self.count_at(self.last_epoch), self.log.every)

    @property
    def measurements(self) -> int:
        """How often its curvature is measured, if nothing ends it before."""
        return _moments(self.first_epoch, self.last_epoch, self.log.curvature) if self.log.curvature else 0

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
            self.rates is None,
            self.stop,
            self.begun and (self.begun.epochs, self.begun.updates),
            self.paused and self.paused.epoch,
            self.loss,
            self.batch_size and self.batch,  # one batch of all is shuffled, where None is not
            self.shuffle,
            self.optimizer,
            self.schedule,
            self.log,
            self.plugins,
            # the last row falls on another epoch
            self.epochs if self.log.every > 1 or self.log.curvature else None,
            tuple((name, value == 0) for name, value in switches.items()),
        )


def _moments(first: int, last: int, every: int) -> int:
    """How many of the numbers from `first` to `last` are one of these or a multiple of `every`."""
    between = last // every - -(-first // every) + 1
    return max(0, between) + (first % every > 0) + (last % every > 0 and last > first)


def measures(experiment: Experiment) -> list[str]:
    """The columns of a history that are neither its count nor a parameter, in order."""
    penalised, held_out = experiment.l1 > 0 or experiment.l2 > 0, experiment.data.held_out
    errors = ["error", *(["objective"] if penalised else []), *(f"{part}_error" for part in held_out)]
    accuracies = ["accuracy", *(f"{part}_accuracy" for part in held_out)]
    return errors + accuracies if experiment.classifies else errors


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
