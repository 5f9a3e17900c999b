"""What a run is set to, part by part: plain values, of which an experiment is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner.data.examples import Source
from runner.nn.arrays import Array

if TYPE_CHECKING:
    from runner.training.experiment import Experiment


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

    The curvature is measured each `curvature` epochs, or never; `order` has that of the examples written,
    `predictions` what is predicted for them in the end.
    """

    every: int
    unit: str
    weights: bool
    gradients: bool
    curvature: int | None
    order: bool = False
    predictions: bool = False


@dataclass(frozen=True)
class Stop:
    """When a run ends before its epochs: after the first epoch at which any of the rules holds.

    `patience`: so many epochs have brought no better `metric`, and the weights that were best are kept;
    `error`: the training error is at most that; `tolerance`: so is every |prediction − target| of the
    training set.
    """

    patience: int | None = None
    metric: str = "error"
    error: float | None = None
    tolerance: float | None = None


@dataclass(frozen=True, eq=False)
class Begun:
    """What a run goes on from: so many `epochs` and `updates`, and the optimizer's state that these left.

    `state` has a quantity (P,) a name; `source` is the file that it comes from, if there is one;
    `stopping` is what an interrupted run knew of its best.
    """

    epochs: int
    updates: int
    state: Mapping[str, Array]
    source: Source | None = None
    stopping: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Composed:
    """What a run was made from, for whoever writes it down: plain YAML and the overrides it was composed of.

    `made` is the run as it was then. `attached` are files that the configuration names and that are nowhere
    yet, by the key that names each: they are to go into the run's folder under the name it gives them.
    """

    config: Mapping[str, Any]
    overrides: tuple[str, ...]
    made: Experiment
    attached: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
