"""Whether two programs that were told the same did the same, to within what rounding may do.

A run is a path: the error and all parameters after each epoch. Two that differ by more than TOLERANCE
differ, unless the peer does so itself: one that starts a rounding away from itself and ends up far away
tells nothing about another program (Adam with β₂ = 0, whose first steps are signs of gradients that may be
nothing but roundings; rates at which training is chaotic). Such a configuration is ill-conditioned.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from setting import Array, Config

import runner
from runner.config import experiment
from runner.records.writing import order_of

#: The largest relative difference of numbers that are the same but for rounding, …
TOLERANCE = 1e-12
#: … relative to the number, or to this where it is smaller: an error of 1e-20 is the square of roundings.
SMALL = 1e-3
#: A difference is the peer's own if it is at most so many times what one rounding at the start makes of it:
#: a run has hundreds of roundings, and those just before an ill-conditioned step count most.
OWN = 1000.0
#: How many starts a rounding away are tried.
TWINS = 3


class Path(NamedTuple):
    """Error (T,) and parameters (T, P) before the first epoch and after each, as long as all are finite."""

    errors: Array
    parameters: Array


#: Trains a configuration whose epochs take the examples in these orders (epochs, N).
Peer: TypeAlias = Callable[[Config, NDArray[np.intp]], Path]


class Comparison(NamedTuple):
    """How far our path is from the peer's, and that one from itself; 0 where nobody had to ask.

    `epochs` is how long it was.
    """

    distance: float
    own: float = 0.0
    epochs: int = 0

    @property
    def agrees(self) -> bool:
        return self.distance <= TOLERANCE

    @property
    def ill_conditioned(self) -> bool:
        return not self.agrees and self.distance <= OWN * self.own


def compared(config: Config, peer: Peer) -> Comparison:
    """Our run of `config` beside the peer's, which is told the order in which ours took the examples."""
    path, orders = ours(config)
    theirs = peer(config, orders)
    found, epochs = distance(path, theirs), len(path.errors) - 1
    return Comparison(found, 0.0 if found <= TOLERANCE else spread(config, peer, orders, theirs), epochs)


def spread(config: Config, peer: Peer, orders: NDArray[np.intp], path: Path) -> float:
    """How far the peer goes from its own `path` if it starts a rounding away: the largest of a few."""
    twins = (peer(nudged(config, seed), orders) for seed in range(TWINS))
    return max(distance(twin, path) for twin in twins)


def ours(config: Config) -> tuple[Path, NDArray[np.intp]]:
    """The path of our run, and the order (epochs, N) of the examples that it recorded."""
    run = runner.train(experiment(config))
    names = [name.name for name in run.experiment.network.names]
    path = Path(run.history["error"].to_numpy(), run.history[names].to_numpy())
    # of all epochs, also where it ended before: that the peer has to find by itself
    recorded = order_of(run.experiment, config["epochs"]).decode().splitlines()
    return path, np.loadtxt(recorded, int, delimiter=",", skiprows=1, ndmin=2)[:, 1:] - 1


def distance(path: Path, other: Path) -> float:
    """The largest relative difference of two numbers; infinite where one path goes on and one does not."""
    if len(path.errors) != len(other.errors):
        return np.inf
    return max(_relative(a, b) for a, b in zip(path, other, strict=True))


def _relative(a: Array, b: Array) -> float:
    with np.errstate(over="ignore"):
        apart = np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), SMALL)
    return float(apart.max(initial=0.0))


def nudged(config: Config, seed: int) -> Config:
    """The same from a start where each weight and bias is the next number above or below, by lot."""
    rng = random.Random(seed)
    network = config["network"]
    moved = {kind: _nudged(network[kind], rng) for kind in ("weights", "biases")}
    return {**config, "network": {**network, **moved}}


def _nudged(numbers: Any, rng: random.Random) -> Any:
    if isinstance(numbers, list):
        return [_nudged(part, rng) for part in numbers]
    up = rng.choice((-1.0, 1.0))
    if not numbers:  # the numbers next to 0 are nothing in a sum
        return None if numbers is None else up * 2.0**-53
    return float(np.nextafter(numbers, up * np.inf))
