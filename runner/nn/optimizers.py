"""Optimizers: pure functions from a gradient and a state to a direction and the next state.

Every update has the form  new value = old value − η · direction.  Formulas, names and defaults
are those of ``torch.optim``; weight decay is not among them, because ``regularization`` adds the
penalties to what is minimised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from runner.nn.arrays import Array

#: Named arrays (R, P): what an optimizer carries on, and its intermediate quantities.
State = dict[str, Array]
#: The optimizer's numbers, one a run: (R, 1) each.
Options = Mapping[str, Array]


@dataclass(frozen=True)
class Optimizer:
    """``step(gradient, state, options, t)`` returns (direction, state) of update t = 1, 2, …

    `options` are the keys with their defaults. ``direction(options)`` writes the direction as text
    and as LaTeX; `symbols` each quantity of the state in the order in which they are computed, as
    (symbol, formula, symbol in LaTeX, formula in LaTeX). In them g is the gradient, _old marks a
    quantity before the update, and the options go by the symbols of `OPTION_SYMBOLS`.
    `start` names the option that is the state before the first update, where that is not zero.
    """

    step: Callable[[Array, State, Options, int], tuple[Array, State]]
    options: Mapping[str, float]
    direction: Callable[[Mapping[str, float]], tuple[str, str]]
    symbols: Mapping[str, tuple[str, str, str, str]] = field(default_factory=dict)
    start: str | None = None


def _before(state: State, name: str, gradient: Array) -> Array:
    return state[name] if name in state else np.zeros_like(gradient)


def _used(o: Options, name: str) -> bool:
    """Whether an option is not zero: in one run of a stack as in all (`Experiment.stack_key`)."""
    return bool(o[name][0, 0])


def _sgd(g: Array, state: State, o: Options, t: int) -> tuple[Array, State]:
    if not _used(o, "momentum"):
        return g, state
    v = o["momentum"] * _before(state, "v", g) + g
    return (g + o["momentum"] * v if _used(o, "nesterov") else v), {"v": v}


def _adagrad(g: Array, state: State, o: Options, t: int) -> tuple[Array, State]:
    s = state["s"] if state else np.zeros_like(g) + o["initial_accumulator_value"]
    s = s + g * g
    return g / (1.0 + (t - 1) * o["lr_decay"]) / (np.sqrt(s) + o["eps"]), {"s": s}


def _rmsprop(g: Array, state: State, o: Options, t: int) -> tuple[Array, State]:
    s = o["alpha"] * _before(state, "s", g) + (1.0 - o["alpha"]) * g * g
    scaled = g / (np.sqrt(s) + o["eps"])
    if not _used(o, "momentum"):
        return scaled, {"s": s}
    v = o["momentum"] * _before(state, "v", g) + scaled
    return v, {"s": s, "v": v}


def _adam(g: Array, state: State, o: Options, t: int) -> tuple[Array, State]:
    m = o["beta1"] * _before(state, "m", g) + (1.0 - o["beta1"]) * g
    v = o["beta2"] * _before(state, "v", g) + (1.0 - o["beta2"]) * g * g
    m_hat = m / (1.0 - o["beta1"] ** t)
    v_hat = v / (1.0 - o["beta2"] ** t)
    direction = m_hat / (np.sqrt(v_hat) + o["eps"])
    return direction, {"m": m, "v": v, "m_hat": m_hat, "v_hat": v_hat}


#: How the formulas write the options: as text and as LaTeX.
OPTION_SYMBOLS = {
    "momentum": ("μ", r"\mu"),
    "alpha": ("α", r"\alpha"),
    "beta1": ("β₁", r"\beta_{1}"),
    "beta2": ("β₂", r"\beta_{2}"),
    "eps": ("ε", r"\epsilon"),
    "lr_decay": ("γ", r"\gamma"),
}


def _sgd_direction(options: Mapping[str, float]) -> tuple[str, str]:
    if options["nesterov"]:
        return "g + μ·v", r"g + \mu \cdot v"
    return ("v", "v") if options["momentum"] else ("g", "g")


def _adagrad_direction(options: Mapping[str, float]) -> tuple[str, str]:
    if options["lr_decay"]:
        return (
            "g/(1 + (t − 1)·γ)/(√s + ε)",
            r"\frac{g}{(1 + (t - 1) \cdot \gamma) \cdot (\sqrt{s} + \epsilon)}",
        )
    return "g/(√s + ε)", r"\frac{g}{\sqrt{s} + \epsilon}"


def _rmsprop_direction(options: Mapping[str, float]) -> tuple[str, str]:
    return ("v", "v") if options["momentum"] else ("g/(√s + ε)", r"\frac{g}{\sqrt{s} + \epsilon}")


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(
        _sgd,
        {"momentum": 0.0, "nesterov": False},
        _sgd_direction,
        {"v": ("v", "μ·v_old + g", "v", r"\mu \cdot v_{\text{old}} + g")},
    ),
    "adagrad": Optimizer(
        _adagrad,
        {"lr_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10},
        _adagrad_direction,
        {"s": ("s", "s_old + g²", "s", r"s_{\text{old}} + g^{2}")},
        start="initial_accumulator_value",
    ),
    "rmsprop": Optimizer(
        _rmsprop,
        {"alpha": 0.99, "eps": 1e-8, "momentum": 0.0},
        _rmsprop_direction,
        {
            "s": (
                "s",
                "α·s_old + (1 − α)·g²",
                "s",
                r"\alpha \cdot s_{\text{old}} + (1 - \alpha) \cdot g^{2}",
            ),
            "v": (
                "v",
                "μ·v_old + g/(√s + ε)",
                "v",
                r"\mu \cdot v_{\text{old}} + \frac{g}{\sqrt{s} + \epsilon}",
            ),
        },
    ),
    "adam": Optimizer(
        _adam,
        {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        lambda options: ("m̂/(√v̂ + ε)", r"\frac{\hat{m}}{\sqrt{\hat{v}} + \epsilon}"),
        {
            "m": (
                "m",
                "β₁·m_old + (1 − β₁)·g",
                "m",
                r"\beta_{1} \cdot m_{\text{old}} + (1 - \beta_{1}) \cdot g",
            ),
            "v": (
                "v",
                "β₂·v_old + (1 − β₂)·g²",
                "v",
                r"\beta_{2} \cdot v_{\text{old}} + (1 - \beta_{2}) \cdot g^{2}",
            ),
            "m_hat": ("m̂", "m/(1 − β₁^t)", r"\hat{m}", r"\frac{m}{1 - \beta_{1}^{t}}"),
            "v_hat": ("v̂", "v/(1 − β₂^t)", r"\hat{v}", r"\frac{v}{1 - \beta_{2}^{t}}"),
        },
    ),
}
