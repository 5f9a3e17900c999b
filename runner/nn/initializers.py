"""Initializers of weights and biases: each a function of a random stream and a shape, in a table.

fan_in is the number of inputs of a neuron, fan_out the number of neurons of the layer.
Sources: Glorot and Bengio (2010) for ``xavier``, He et al. (2015) for ``he`` (torch's ``kaiming``
with mode fan_in and the gain of ReLU), LeCun et al. (1998) for ``lecun``, Saxe et al. (2014) for
``orthogonal``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from runner.nn.arrays import Array


@dataclass(frozen=True)
class Initializer:
    """``draw(rng, shape, **options)`` returns an array of `shape`: (O, I), or (O,) for biases.

    `options` are its keys and their defaults; `needs_fan` marks those that only make sense for
    weights, because a bias has no incoming connections to count.
    """

    draw: Callable[..., Array]
    options: Mapping[str, float] = field(default_factory=dict)
    needs_fan: bool = True


def _orthogonal(rng: np.random.Generator, shape: tuple[int, int], gain: float) -> Array:
    rows, columns = shape
    q, r = np.linalg.qr(rng.normal(size=(max(shape), min(shape))))
    q = q * np.sign(np.diag(r))  # makes the distribution uniform over orthogonal matrices
    return gain * (q if rows >= columns else q.T)


def _friendly(rng: np.random.Generator, shape: tuple[int, ...], step: float, most: int) -> Array:
    """Multiples of `step` up to `most` of them on either side of 0, which is left out: for work on paper."""
    size = rng.integers(1, int(most) + 1, shape) * rng.choice([-1, 1], shape)
    places = 10.0 ** max(0.0, np.ceil(-np.log10(step)) + 2.0)
    return np.asarray(np.round(size * step * places) / places)  # 0.3, not 0.30000000000000004


def _xavier_bound(shape: tuple[int, int], gain: float) -> float:
    return float(gain * np.sqrt(6.0 / (shape[0] + shape[1])))


def _he_bound(shape: tuple[int, int]) -> float:
    return float(np.sqrt(6.0 / shape[1]))


INITIALIZERS: dict[str, Initializer] = {
    "zeros": Initializer(lambda rng, shape: np.zeros(shape), needs_fan=False),
    "constant": Initializer(lambda rng, shape, value: np.full(shape, value), {"value": 0.1}, needs_fan=False),
    "uniform": Initializer(
        lambda rng, shape, low, high: rng.uniform(low, high, shape),
        {"low": -1.0, "high": 1.0},
        needs_fan=False,
    ),
    "normal": Initializer(
        lambda rng, shape, mean, std: rng.normal(mean, std, shape),
        {"mean": 0.0, "std": 1.0},
        needs_fan=False,
    ),
    "friendly": Initializer(_friendly, {"step": 0.1, "most": 5}, needs_fan=False),
    "xavier_uniform": Initializer(
        lambda rng, shape, gain: rng.uniform(-_xavier_bound(shape, gain), _xavier_bound(shape, gain), shape),
        {"gain": 1.0},
    ),
    "xavier_normal": Initializer(
        lambda rng, shape, gain: rng.normal(0.0, gain * np.sqrt(2.0 / sum(shape)), shape),
        {"gain": 1.0},
    ),
    "he_uniform": Initializer(lambda rng, shape: rng.uniform(-_he_bound(shape), _he_bound(shape), shape)),
    "he_normal": Initializer(lambda rng, shape: rng.normal(0.0, np.sqrt(2.0 / shape[1]), shape)),
    "lecun_normal": Initializer(lambda rng, shape: rng.normal(0.0, np.sqrt(1.0 / shape[1]), shape)),
    "orthogonal": Initializer(_orthogonal, {"gain": 1.0}),
}
