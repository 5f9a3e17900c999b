"""Activations: value and derivatives of each, and their formulas, as one entry of a table.

Names, formulas and constants are those of ``torch.nn`` (``gelu`` is the exact one, with erf).
A new activation is one entry; the tests and the explanations read this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from runner.nn.arrays import Array
from runner.nn.elementary import SOFTPLUS_THRESHOLD, sigmoid, softplus, tanh_softplus
from runner.nn.error_function import erf
from runner.nn.formula import (
    Formula,
    Function,
    Number,
    Symbol,
    cos,
    equal,
    exp,
    ln,
    maximum,
    sin,
    tanh,
    where,
)

# torch.nn.SELU: Klambauer et al., "Self-Normalizing Neural Networks" (2017), section 2.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
LEAKY_SLOPE = 0.01

# Below it a product may be too small to have all its digits.
_SUBNORMAL = 1e-290

_ONE, _ZERO = np.ones((1, 1, 1)), np.zeros((1, 1, 1))


@dataclass(frozen=True, eq=False)
class Activation:
    """A function a = f(z), applied to every element, and how it is written.

    ``value(z)`` and ``derivative(z, a)`` take and return arrays of one shape; the derivative may
    return any shape that broadcasts to it. It is given a = f(z) because for many functions f'
    is shortest in terms of a. ``second(z, a)`` is the derivative of that derivative as it is used: at
    a kink, where `derivative` jumps, that of the piece which it takes there; without it there is no
    curvature. `formula` and `slope` are value and derivative in z and a, without which explanations have
    numbers alone; `constants` the numbers that they have letters for, and the notes say what else in them
    needs a word.
    """

    value: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]
    second: Callable[[Array, Array], Array] | None = None
    formula: Formula | None = None
    slope: Formula | None = None
    note: tuple[str | Formula, ...] = ()
    slope_note: tuple[str | Formula, ...] = ()
    constants: Mapping[Symbol, float] = field(default_factory=dict)
    lowest: float = -np.inf
    highest: float = np.inf


def _factor(z: Array, a: Array, at_zero: float) -> Array:
    """q(z) of every a = z · q(z), as exact as by itself, and without what it takes a second time."""
    return np.divide(a, z, out=np.full_like(z, at_zero), where=np.abs(z) > _SUBNORMAL)


def _silu_slope(z: Array, a: Array) -> Array:
    p = _factor(z, a, at_zero=0.5)
    return p * (1.0 + z * (1.0 - p))


def _silu_second(z: Array, a: Array) -> Array:
    p = sigmoid(z)
    return p * (1.0 - p) * (2.0 + z * (1.0 - 2.0 * p))


def _mish_slope(z: Array, a: Array) -> Array:
    t = _factor(z, a, at_zero=0.6)
    return t + z * sigmoid(z) * (1.0 - t * t)


def _mish_second(z: Array, a: Array) -> Array:
    p, t = sigmoid(z), tanh_softplus(z)
    return p * (1.0 - t * t) * (2.0 + z * (1.0 - p - 2.0 * p * t))


def _normal_density(z: Array) -> Array:
    return np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)


def _normal_cdf(z: Array) -> Array:
    return 0.5 * (1.0 + erf(z / np.sqrt(2.0)))


Z, A = Symbol("z"), Symbol("a")
_LAMBDA, _ALPHA, _LAMBDA_ALPHA = Symbol("λ"), Symbol("α"), Symbol("λα")
SIGMA, PHI = Function("σ", sigmoid), Function("Φ", _normal_cdf)
DENSITY = Function("φ", _normal_density)
LOGISTIC, SOFTPLUS = 1 / (1 + exp(-Z)), ln(1 + exp(Z))

ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(lambda z: z, lambda z, a: _ONE, lambda z, a: _ZERO, Z, Number(1)),
    "sigmoid": Activation(
        sigmoid,
        lambda z, a: a * (1.0 - a),
        lambda z, a: a * (1.0 - a) * (1.0 - 2.0 * a),
        LOGISTIC,
        A * (1 - A),
        lowest=0.0,
        highest=1.0,
    ),
    "tanh": Activation(
        np.tanh,
        lambda z, a: 1.0 - a * a,
        lambda z, a: -2.0 * a * (1.0 - a * a),
        tanh(Z),
        1 - A**2,
        lowest=-1.0,
        highest=1.0,
    ),
    "relu": Activation(
        lambda z: np.maximum(z, 0.0),
        lambda z, a: (z > 0).astype(np.float64),
        lambda z, a: _ZERO,
        maximum(0, Z),
        where(Z > 0, 1, 0),
        lowest=0.0,
    ),
    "leaky_relu": Activation(
        lambda z: np.where(z > 0, z, LEAKY_SLOPE * z),
        lambda z, a: np.where(z > 0, 1.0, LEAKY_SLOPE),
        lambda z, a: _ZERO,
        where(Z > 0, Z, LEAKY_SLOPE * Z),
        where(Z > 0, 1, LEAKY_SLOPE),
    ),
    "elu": Activation(
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z, a: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))),
        lambda z, a: np.where(z > 0, 0.0, np.exp(np.minimum(z, 0))),
        where(Z > 0, Z, exp(Z) - 1),
        where(Z > 0, 1, exp(Z)),
        lowest=-1.0,
    ),
    "selu": Activation(
        lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0))),
        lambda z, a: SELU_SCALE * np.where(z > 0, 1.0, SELU_ALPHA * np.exp(np.minimum(z, 0))),
        lambda z, a: SELU_SCALE * np.where(z > 0, 0.0, SELU_ALPHA * np.exp(np.minimum(z, 0))),
        where(Z > 0, _LAMBDA * Z, _LAMBDA_ALPHA * (exp(Z) - 1)),
        where(Z > 0, _LAMBDA, _LAMBDA_ALPHA * exp(Z)),
        constants={_LAMBDA: SELU_SCALE, _ALPHA: SELU_ALPHA, _LAMBDA_ALPHA: SELU_SCALE * SELU_ALPHA},
        lowest=-SELU_SCALE * SELU_ALPHA,
    ),
    "softplus": Activation(
        softplus,
        lambda z, a: np.where(z > SOFTPLUS_THRESHOLD, 1.0, sigmoid(z)),
        lambda z, a: np.where(z > SOFTPLUS_THRESHOLD, 0.0, sigmoid(z) * (1.0 - sigmoid(z))),
        SOFTPLUS,
        LOGISTIC,
        note=(Z, f" itself above {SOFTPLUS_THRESHOLD:g}"),
        slope_note=(Number(1), " above ", Z, f" = {SOFTPLUS_THRESHOLD:g}"),
        lowest=0.0,
    ),
    "softsign": Activation(
        lambda z: z / (1.0 + np.abs(z)),
        lambda z, a: 1.0 / (1.0 + np.abs(z)) ** 2,
        lambda z, a: -2.0 * np.sign(z) / (1.0 + np.abs(z)) ** 3,
        Z / (1 + abs(Z)),
        1 / (1 + abs(Z)) ** 2,
        lowest=-1.0,
        highest=1.0,
    ),
    "silu": Activation(
        lambda z: z * sigmoid(z),
        _silu_slope,
        _silu_second,
        Z * SIGMA(Z),
        SIGMA(Z) * (1 + Z * (1 - SIGMA(Z))),
        note=(equal(SIGMA(Z), LOGISTIC),),
    ),
    "gelu": Activation(
        lambda z: z * _normal_cdf(z),
        lambda z, a: _factor(z, a, at_zero=0.5) + z * _normal_density(z),
        lambda z, a: (2.0 - z * z) * _normal_density(z),
        Z * PHI(Z),
        PHI(Z) + Z * DENSITY(Z),
        note=(Symbol("Φ"), " the standard normal distribution function"),
        slope_note=(Symbol("φ"), " the standard normal density"),
    ),
    "mish": Activation(
        lambda z: z * tanh_softplus(z),
        _mish_slope,
        _mish_second,
        Z * tanh(SOFTPLUS),
        tanh(SOFTPLUS) + Z * SIGMA(Z) * (1 - tanh(SOFTPLUS) ** 2),
        slope_note=(equal(SIGMA(Z), LOGISTIC),),
    ),
    "sin": Activation(
        np.sin, lambda z, a: np.cos(z), lambda z, a: -a, sin(Z), cos(Z), lowest=-1.0, highest=1.0
    ),
}
