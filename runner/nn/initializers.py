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
from runner.nn.options import Option


@dataclass(frozen=True)
class Initializer:
    """``draw(rng, shape, **options)`` returns an array of `shape`: (O, I), or (O,) for biases.

    `needs_fan` marks those that only make sense for weights, because a bias has no incoming connections
    to count. ``refuses(**options)`` says which option is wrong beside the others, and what is
    allowed, in which ``{key}`` stands for where the options stand.
    """

    draw: Callable[..., Array]
    options: Mapping[str, Option] = field(default_factory=dict)
    needs_fan: bool = True
    refuses: Callable[..., tuple[str, str] | None] = lambda **options: None


def _orthogonal(rng: np.random.Generator, shape: tuple[int, int], gain: float) -> Array:
    rows, columns = shape
    q, r = np.linalg.qr(rng.normal(size=(max(shape), min(shape))))
    q = q * np.sign(np.diag(r))  # makes the distribution uniform over orthogonal matrices
    return gain * (q if rows >= columns else q.T)


def _friendly(rng: np.random.Generator, shape: tuple[int, ...], step: float, most: int) -> Array:
    """Multiples of `step` up to `most` of them on either side of 0, which is left out: for work on paper."""
    size = rng.integers(1, most + 1, shape) * rng.choice([-1, 1], shape)
    places = 10.0 ** max(0.0, np.ceil(-np.log10(step)) + 2.0)
    return np.asarray(np.round(size * step * places) / places)  # 0.3, not 0.30000000000000004


def _uniform(rng: np.random.Generator, bound: float, shape: tuple[int, ...]) -> Array:
    return rng.uniform(-bound, bound, shape)


def _is_no_interval(low: float, high: float) -> tuple[str, str] | None:
    if low > high:
        return "low", f"must not be above {{key}}.high={high:g}"
    return None if np.isfinite(high - low) else ("high", f"is too far from {{key}}.low={low:g}")


_GAIN = {"gain": Option(default=1.0)}

INITIALIZERS: dict[str, Initializer] = {
    "zeros": Initializer(lambda rng, shape: np.zeros(shape), needs_fan=False),
    "constant": Initializer(
        lambda rng, shape, value: np.full(shape, value), {"value": Option(default=0.1)}, needs_fan=False
    ),
    "uniform": Initializer(
        lambda rng, shape, low, high: rng.uniform(low, high, shape),
        {"low": Option(default=-1.0), "high": Option(default=1.0)},
        needs_fan=False,
        refuses=_is_no_interval,
    ),
    "normal": Initializer(
        lambda rng, shape, mean, std: rng.normal(mean, std, shape),
        {"mean": Option(default=0.0), "std": Option(at_least=0, default=1.0)},
        needs_fan=False,
    ),
    "friendly": Initializer(
        _friendly,
        {
            "step": Option(above=0, default=0.1),
            "most": Option(at_least=1, at_most=10**6, whole=True, default=5),
        },
        needs_fan=False,
    ),
    "xavier_uniform": Initializer(
        lambda rng, shape, gain: _uniform(rng, gain * np.sqrt(6.0 / sum(shape)), shape), _GAIN
    ),
    "xavier_normal": Initializer(
        lambda rng, shape, gain: rng.normal(0.0, gain * np.sqrt(2.0 / sum(shape)), shape), _GAIN
    ),
    "he_uniform": Initializer(lambda rng, shape: _uniform(rng, np.sqrt(6.0 / shape[1]), shape)),
    "he_normal": Initializer(lambda rng, shape: rng.normal(0.0, np.sqrt(2.0 / shape[1]), shape)),
    "lecun_normal": Initializer(lambda rng, shape: rng.normal(0.0, np.sqrt(1.0 / shape[1]), shape)),
    "orthogonal": Initializer(_orthogonal, _GAIN),
}
