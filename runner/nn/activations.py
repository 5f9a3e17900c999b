"""Activations: value, derivative and formulas of each as one entry of a table.

Names, formulas and constants are those of ``torch.nn`` (``gelu`` is the exact one, with erf).
A new activation is one entry; the tests and the explanations read this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from runner.nn.arrays import Array

# torch.nn.SELU: Klambauer et al., "Self-Normalizing Neural Networks" (2017), section 2.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
LEAKY_SLOPE = 0.01
SOFTPLUS_THRESHOLD = 20.0

_ONE = np.ones((1, 1, 1))


@dataclass(frozen=True)
class Activation:
    """A function a = f(z), applied to every element, and how it is written.

    ``value(z)`` and ``derivative(z, a)`` take and return arrays of one shape; the derivative may
    return any shape that broadcasts to it. It is given a = f(z) because for many functions f'
    is shortest in terms of a. `formula` and `derivative_formula` are Unicode text in z and a;
    `latex` and `derivative_latex` the same for mathematics mode, with braces around every exponent.
    z and a stand for themselves only, so that numbers can be put in their places; a note that is
    not part of the formula follows after two spaces (in LaTeX after ``\\quad``).
    """

    value: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]
    formula: str
    derivative_formula: str
    latex: str
    derivative_latex: str
    lowest: float = -np.inf
    highest: float = np.inf


def _sigmoid(z: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-z))  # exp may overflow to inf, which rightly gives 0


def _softplus(z: Array) -> Array:
    return np.where(z > SOFTPLUS_THRESHOLD, z, np.log1p(np.exp(np.minimum(z, SOFTPLUS_THRESHOLD))))


def _elu(z: Array) -> Array:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def _selu(z: Array) -> Array:
    return SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0)))


def _normal_cdf(z: Array) -> Array:
    from scipy.special import erf  # imported where used: only gelu needs it

    return 0.5 * (1.0 + np.asarray(erf(z / np.sqrt(2.0))))


def _gelu_derivative(z: Array, a: Array) -> Array:
    return _normal_cdf(z) + z * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(lambda z: z, lambda z, a: _ONE, "z", "1", "z", "1"),
    "sigmoid": Activation(
        _sigmoid,
        lambda z, a: a * (1.0 - a),
        "1/(1 + e^(−z))",
        "a·(1 − a)",
        r"\frac{1}{1 + e^{-z}}",
        r"a \cdot (1 - a)",
        lowest=0.0,
        highest=1.0,
    ),
    "tanh": Activation(
        np.tanh,
        lambda z, a: 1.0 - a * a,
        "tanh(z)",
        "1 − a²",
        r"\tanh(z)",
        r"1 - a^{2}",
        lowest=-1.0,
        highest=1.0,
    ),
    "relu": Activation(
        lambda z: np.maximum(z, 0.0),
        lambda z, a: (z > 0).astype(np.float64),
        "max(0, z)",
        "1 if z > 0, else 0",
        r"\max(0, z)",
        r"\begin{cases} 1 & z > 0 \\ 0 & \text{else} \end{cases}",
        lowest=0.0,
    ),
    "leaky_relu": Activation(
        lambda z: np.where(z > 0, z, LEAKY_SLOPE * z),
        lambda z, a: np.where(z > 0, 1.0, LEAKY_SLOPE),
        "z if z > 0, else 0.01·z",
        "1 if z > 0, else 0.01",
        r"\begin{cases} z & z > 0 \\ 0.01 \cdot z & \text{else} \end{cases}",
        r"\begin{cases} 1 & z > 0 \\ 0.01 & \text{else} \end{cases}",
    ),
    "elu": Activation(
        _elu,
        lambda z, a: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))),
        "z if z > 0, else e^z − 1",
        "1 if z > 0, else e^z",
        r"\begin{cases} z & z > 0 \\ e^{z} - 1 & \text{else} \end{cases}",
        r"\begin{cases} 1 & z > 0 \\ e^{z} & \text{else} \end{cases}",
        lowest=-1.0,
    ),
    "selu": Activation(
        _selu,
        lambda z, a: SELU_SCALE * np.where(z > 0, 1.0, SELU_ALPHA * np.exp(np.minimum(z, 0))),
        "λ·z if z > 0, else λα·(e^z − 1)  (λ = 1.050701, α = 1.673263)",
        "λ if z > 0, else λα·e^z",
        r"\begin{cases} \lambda \cdot z & z > 0 \\ \lambda \alpha \cdot (e^{z} - 1) & \text{else} \end{cases}"
        r"\quad (\lambda = 1.050701,\ \alpha = 1.673263)",
        r"\begin{cases} \lambda & z > 0 \\ \lambda \alpha \cdot e^{z} & \text{else} \end{cases}",
        lowest=-SELU_SCALE * SELU_ALPHA,
    ),
    "softplus": Activation(
        _softplus,
        lambda z, a: np.where(z > SOFTPLUS_THRESHOLD, 1.0, _sigmoid(z)),
        "ln(1 + e^z)  (z itself above 20)",
        "1/(1 + e^(−z))  (1 above z = 20)",
        r"\ln(1 + e^{z})",
        r"\frac{1}{1 + e^{-z}}",
        lowest=0.0,
    ),
    "softsign": Activation(
        lambda z: z / (1.0 + np.abs(z)),
        lambda z, a: 1.0 / (1.0 + np.abs(z)) ** 2,
        "z/(1 + |z|)",
        "1/(1 + |z|)²",
        r"\frac{z}{1 + |z|}",
        r"\frac{1}{(1 + |z|)^{2}}",
        lowest=-1.0,
        highest=1.0,
    ),
    "silu": Activation(
        lambda z: z * _sigmoid(z),
        lambda z, a: _sigmoid(z) * (1.0 + z * (1.0 - _sigmoid(z))),
        "z·σ(z)  (σ(z) = 1/(1 + e^(−z)))",
        "σ(z)·(1 + z·(1 − σ(z)))",
        r"z \cdot \sigma(z)\quad (\sigma(z) = \frac{1}{1 + e^{-z}})",
        r"\sigma(z) \cdot (1 + z \cdot (1 - \sigma(z)))",
    ),
    "gelu": Activation(
        lambda z: z * _normal_cdf(z),
        _gelu_derivative,
        "z·Φ(z)  (Φ the standard normal distribution function)",
        "Φ(z) + z·φ(z)  (φ the standard normal density)",
        r"z \cdot \Phi(z)\quad (\Phi \text{ the standard normal distribution function})",
        r"\Phi(z) + z \cdot \varphi(z)\quad (\varphi \text{ the standard normal density})",
    ),
    "sin": Activation(
        np.sin,
        lambda z, a: np.cos(z),
        "sin(z)",
        "cos(z)",
        r"\sin(z)",
        r"\cos(z)",
        lowest=-1.0,
        highest=1.0,
    ),
}
