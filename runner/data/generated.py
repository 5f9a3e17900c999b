"""Points made by a generator: a new one is an entry of `GENERATORS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from runner.data.examples import Classes, Data, one_hot
from runner.errors import RunnerError
from runner.nn.arrays import Array
from runner.nn.options import Option
from runner.nn.streams import stream


class Generator(NamedTuple):
    """``make(rng, points, noise, **options)``, with the two random streams of :class:`Streams`.

    `noise` is the standard deviation that is added: to the inputs where there are classes, to the
    targets of a regression. What ships has its defaults in ``conf/data``.
    """

    make: Callable[..., Data]
    options: Mapping[str, Option] = {}
    points: int | None = None
    noise: float | None = None


def _points(inputs: Array, classes: Classes, count: int) -> Data:
    return Data.numbered(inputs, one_hot(classes, count), classifies=True)


def _circle(angle: Array) -> Array:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


class Streams:
    """The random numbers of a generator: where the `points` lie, and the `noise` on them, a stream each."""

    def __init__(self, seed: int) -> None:
        self.points = stream(seed, "points")
        self.noise = stream(seed, "noise")

    def jitter(self, values: Array, std: float) -> Array:
        """The values with noise of that standard deviation."""
        return values + std * self.noise.normal(size=values.shape)


def _xor(rng: Streams, points: int, noise: float) -> Data:
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    which = np.arange(points) % 4
    classes = (which == 1) | (which == 2)
    return _points(rng.jitter(corners[which], noise), classes.astype(np.intp), 2)


def _circles(rng: Streams, points: int, noise: float, factor: float) -> Data:
    classes = np.arange(points) % 2  # 0 outside, 1 inside, as in sklearn.datasets.make_circles
    angle = rng.points.uniform(0.0, 2.0 * np.pi, points)
    radius = np.where(classes == 1, factor, 1.0)
    return _points(rng.jitter(radius[:, None] * _circle(angle), noise), classes, 2)


def _moons(rng: Streams, points: int, noise: float) -> Data:
    classes = np.arange(points) % 2  # the two half circles of sklearn.datasets.make_moons
    angle = rng.points.uniform(0.0, np.pi, points)
    upper = _circle(angle)
    lower = [1.0, 0.5] - upper
    return _points(rng.jitter(np.where(classes[:, None] == 1, lower, upper), noise), classes, 2)


def _gaussians(rng: Streams, points: int, noise: float, classes: int) -> Data:
    which = np.arange(points) % classes
    centres = 2.0 * _circle(2.0 * np.pi * which / classes)
    return _points(rng.jitter(centres, noise), which, classes)


def _spiral(rng: Streams, points: int, noise: float, classes: int, turns: float) -> Data:
    which = np.arange(points) % classes
    radius = rng.points.uniform(0.05, 1.0, points)
    angle = 2.0 * np.pi * (turns * radius + which / classes)
    inputs = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return _points(rng.jitter(inputs, noise), which, classes)


def _plane(rng: Streams, points: int, noise: float) -> Data:
    inputs = rng.points.uniform(-1.0, 1.0, (points, 2))
    return Data.numbered(inputs, rng.jitter(inputs.mean(axis=1, keepdims=True), noise))


def _sine(rng: Streams, points: int, noise: float) -> Data:
    inputs = rng.points.uniform(-np.pi, np.pi, (points, 1))
    return Data.numbered(inputs, rng.jitter(np.sin(inputs), noise))


def _exercise(rng: Streams, points: int, noise: float, features: int, outputs: int) -> Data:
    # no two alike, and none to another as 1, 2 or 3 to each other: such weights do not make a neuron 0
    order = rng.points.random((points, max(3, features))).argsort(axis=1)
    inputs = 3.0 + order[:, -features:].astype(np.float64)
    targets = rng.points.integers(1, 3, (points, outputs)).astype(np.float64)
    return Data.numbered(inputs, rng.jitter(targets, noise))


def _random(rng: Streams, points: int, noise: float, features: int, outputs: int) -> Data:
    inputs, targets = rng.points.normal(size=(points, features)), rng.points.normal(size=(points, outputs))
    return Data.numbered(inputs, rng.jitter(targets, noise))


_COUNT = Option(at_least=1, whole=True)
_CLASSES = Option(at_least=2, whole=True)
_POSITIVE = Option(above=0)

GENERATORS: dict[str, Generator] = {
    "xor": Generator(_xor),
    "circles": Generator(_circles, {"factor": _POSITIVE}),
    "moons": Generator(_moons),
    "gaussians": Generator(_gaussians, {"classes": _CLASSES}),
    "spiral": Generator(_spiral, {"classes": _CLASSES, "turns": _POSITIVE}),
    "plane": Generator(_plane),
    "sine": Generator(_sine),
    "exercise": Generator(_exercise, {"features": _COUNT, "outputs": _COUNT}),
    "random": Generator(_random, {"features": _COUNT, "outputs": _COUNT}),
}


def generate(name: str, *, points: int, noise: float, seed: int, options: Mapping[str, float]) -> Data:
    """Points of the generator `name`, in its own order. Raises RunnerError where they are not finite."""
    with np.errstate(all="ignore"):
        made = GENERATORS[name].make(Streams(seed), points, noise, **options)
    if not (np.isfinite(made.inputs).all() and np.isfinite(made.targets).all()):
        given = ", ".join(f"data.{key}={value:g}" for key, value in {"noise": noise, **options}.items())
        raise RunnerError(f"data={name}: its points are no finite numbers with {given}")
    return made
