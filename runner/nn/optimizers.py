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

#: Named arrays (R, P): what an optimizer carries from one update to the next.
State = dict[str, Array]
#: The optimizer's numbers, one a run: (R, 1) each.
Hyperparameters = Mapping[str, Array]


def _nothing(state: State, h: Hyperparameters, t: int) -> State:
    return {}


@dataclass(frozen=True)
class Optimizer:
    """Pure functions: ``init(h, shape)`` is the State before the first update, of arrays of `shape` (R, P);
    ``update(gradient, state, h, t)`` returns (direction, state) of update t = 1, 2, …

    `options` are the keys with their defaults. ``quantities(state, h, t)`` names what update t made of
    the state that it returned, on the way to the direction: only explanations ask for that.
    ``direction(options)`` writes the direction as text and as LaTeX; `symbols` each quantity of the state
    and those made of it in the order in which they are computed, as
    (symbol, formula, symbol in LaTeX, formula in LaTeX). In them g is the gradient, _old marks a
    quantity before the update, and the options go by the symbols of `OPTION_SYMBOLS`.
    """

    init: Callable[[Hyperparameters, tuple[int, int]], State]
    update: Callable[[Array, State, Hyperparameters, int], tuple[Array, State]]
    options: Mapping[str, float]
    direction: Callable[[Mapping[str, float]], tuple[str, str]]
    symbols: Mapping[str, tuple[str, str, str, str]] = field(default_factory=dict)
    quantities: Callable[[State, Hyperparameters, int], State] = _nothing


def _used(h: Hyperparameters, name: str) -> bool:
    """Whether an option is not zero: in one run of a stack as in all (`Experiment.stack_key`)."""
    return bool(h[name][0, 0])


def _momentum_init(h: Hyperparameters, shape: tuple[int, int]) -> State:
    return {"v": np.zeros(shape)} if _used(h, "momentum") else {}


def _sgd(g: Array, state: State, h: Hyperparameters, t: int) -> tuple[Array, State]:
    if not _used(h, "momentum"):
        return g, state
    v = h["momentum"] * state["v"] + g
    return (g + h["momentum"] * v if _used(h, "nesterov") else v), {"v": v}


def _adagrad(g: Array, state: State, h: Hyperparameters, t: int) -> tuple[Array, State]:
    s = state["s"] + g * g
    return g / (1.0 + (t - 1) * h["lr_decay"]) / (np.sqrt(s) + h["eps"]), {"s": s}


def _rmsprop(g: Array, state: State, h: Hyperparameters, t: int) -> tuple[Array, State]:
    s = h["alpha"] * state["s"] + (1.0 - h["alpha"]) * g * g
    scaled = g / (np.sqrt(s) + h["eps"])
    if not _used(h, "momentum"):
        return scaled, {"s": s}
    v = h["momentum"] * state["v"] + scaled
    return v, {"s": s, "v": v}


def _adam(g: Array, state: State, h: Hyperparameters, t: int) -> tuple[Array, State]:
    m = h["beta1"] * state["m"] + (1.0 - h["beta1"]) * g
    v = h["beta2"] * state["v"] + (1.0 - h["beta2"]) * g * g
    state = {"m": m, "v": v}
    hats = _adam_hats(state, h, t)
    return hats["m_hat"] / (np.sqrt(hats["v_hat"]) + h["eps"]), state


def _adam_hats(state: State, h: Hyperparameters, t: int) -> State:
    return {"m_hat": state["m"] / (1.0 - h["beta1"] ** t), "v_hat": state["v"] / (1.0 - h["beta2"] ** t)}


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
        _momentum_init,
        _sgd,
        {"momentum": 0.0, "nesterov": False},
        _sgd_direction,
        {"v": ("v", "μ·v_old + g", "v", r"\mu \cdot v_{\text{old}} + g")},
    ),
    "adagrad": Optimizer(
        lambda h, shape: {"s": np.zeros(shape) + h["initial_accumulator_value"]},
        _adagrad,
        {"lr_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10},
        _adagrad_direction,
        {"s": ("s", "s_old + g²", "s", r"s_{\text{old}} + g^{2}")},
    ),
    "rmsprop": Optimizer(
        lambda h, shape: {"s": np.zeros(shape), **_momentum_init(h, shape)},
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
        lambda h, shape: {"m": np.zeros(shape), "v": np.zeros(shape)},
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
        quantities=_adam_hats,
    ),
}
