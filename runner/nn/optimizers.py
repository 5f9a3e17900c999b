"""Optimizers: pure functions from a gradient and a state to a direction and the next state.

Every update has the form  new value = old value − η · direction.  Formulas, names and defaults
are those of ``torch.optim``; its weight decay is adamw's alone, because ``regularization`` adds the
penalties to what is minimised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from runner.nn.arrays import Array
from runner.nn.formula import Formula, Symbol, sqrt
from runner.nn.options import Option

#: Named arrays (R, P): what an optimizer carries from one update to the next.
State = dict[str, Array]
#: The optimizer's numbers, one a run: (R, 1) each.
Hyperparameters = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Optimizer:
    """Pure functions: ``init(h, shape)`` is the State before the first update, of arrays of `shape` (R, P);
    ``update(gradient, state, parameters, h, t)`` returns (direction, state) of update t = 1, 2, …

    ``quantities(state, h, t)`` names what update t made of the state that it returned, on the way to the
    direction: only explanations ask for that. ``direction(options)`` writes the direction; `formulas` each
    quantity of the state and those made of it, in the order in which they are computed, beside its symbol;
    without a `direction` explanations have numbers alone. In them g is the gradient, _old marks a quantity
    before the update, w the parameter, and the options go by their letters.

    ``stability_limit(sharpness, h)`` is the largest learning rate (R, 1) at which the optimizer does not move
    away from a minimum whose Hessian has that largest eigenvalue (R, 1): beyond it the steps along that
    direction grow. Where there is a ``preconditioner(state, h, t)``, the numbers (R, P) that update t divided
    by, it is the eigenvalue of the Hessian divided by it. Not positive: no rate is too large. Without a limit
    there is no curvature.
    Sources: Polyak, "Some methods of speeding up the convergence of iteration methods" (1964); Cohen et al.,
    "Gradient descent on neural networks typically occurs at the edge of stability" (2021), appendix B, and
    "Adaptive gradient methods at the edge of stability" (2022).
    """

    init: Callable[[Hyperparameters, tuple[int, int]], State]
    update: Callable[[Array, State, Array, Hyperparameters, int], tuple[Array, State]]
    options: Mapping[str, Option] = field(default_factory=dict)
    direction: Callable[[Mapping[str, float]], Formula] | None = None
    stability_limit: Callable[[Array, Hyperparameters], Array] | None = None
    preconditioner: Callable[[State, Hyperparameters, int], Array] | None = None
    formulas: Mapping[str, tuple[Symbol, Formula]] = field(default_factory=dict)
    quantities: Callable[[State, Hyperparameters, int], State] = lambda state, h, t: {}


def _used(h: Hyperparameters, name: str) -> bool:
    """Whether an option is not zero: in one run of a stack as in all (`Experiment.stack_key`)."""
    return bool(h[name][0, 0])


def _momentum_init(h: Hyperparameters, shape: tuple[int, int]) -> State:
    return {"v": np.zeros(shape)} if _used(h, "momentum") else {}


def _sgd(g: Array, state: State, w: Array, h: Hyperparameters, t: int) -> tuple[Array, State]:
    if not _used(h, "momentum"):
        return g, state
    v = h["momentum"] * state["v"] + g
    return (g + h["momentum"] * v if _used(h, "nesterov") else v), {"v": v}


def _adagrad(g: Array, state: State, w: Array, h: Hyperparameters, t: int) -> tuple[Array, State]:
    s = state["s"] + g * g
    return g / (1.0 + (t - 1) * h["lr_decay"]) / (np.sqrt(s) + h["eps"]), {"s": s}


def _rmsprop(g: Array, state: State, w: Array, h: Hyperparameters, t: int) -> tuple[Array, State]:
    s = h["alpha"] * state["s"] + (1.0 - h["alpha"]) * g * g
    scaled = g / (np.sqrt(s) + h["eps"])
    if not _used(h, "momentum"):
        return scaled, {"s": s}
    v = h["momentum"] * state["v"] + scaled
    return v, {"s": s, "v": v}


def _adam(g: Array, state: State, w: Array, h: Hyperparameters, t: int) -> tuple[Array, State]:
    m = h["beta1"] * state["m"]
    m += (1.0 - h["beta1"]) * g
    v = h["beta2"] * state["v"]
    g_squared = (1.0 - h["beta2"]) * g
    g_squared *= g
    v += g_squared
    state = {"m": m, "v": v}
    hats = _adam_hats(state, h, t)
    scale = np.sqrt(hats["v_hat"], out=hats["v_hat"])
    scale += h["eps"]
    return np.divide(hats["m_hat"], scale, out=scale), state


def _adamw(g: Array, state: State, w: Array, h: Hyperparameters, t: int) -> tuple[Array, State]:
    direction, state = _adam(g, state, w, h, t)
    return direction + h["weight_decay"] * w, state


def _adam_hats(state: State, h: Hyperparameters, t: int) -> State:
    return {"m_hat": state["m"] / (1.0 - h["beta1"] ** t), "v_hat": state["v"] / (1.0 - h["beta2"] ** t)}


def _momentum_limit(sharpness: Array, h: Hyperparameters) -> Array:
    return (2.0 + 2.0 * h["momentum"]) / sharpness


def _sgd_limit(sharpness: Array, h: Hyperparameters) -> Array:
    return _momentum_limit(sharpness, h) / (1.0 + 2.0 * h["momentum"] * h["nesterov"])


def _adam_limit(sharpness: Array, h: Hyperparameters) -> Array:
    return (2.0 + 2.0 * h["beta1"]) / ((1.0 - h["beta1"]) * sharpness)


def _adamw_limit(sharpness: Array, h: Hyperparameters) -> Array:
    # w ← (1 − η·weight_decay)·w − η·m̂/… has the root −1 where η is 2 over the sum of these two
    return 2.0 / (2.0 / _adam_limit(sharpness, h) + h["weight_decay"])


def _adam_preconditioner(state: State, h: Hyperparameters, t: int) -> Array:
    # the correction of m is part of it, so that what is left is a moving average of gradients
    return (1.0 - h["beta1"] ** t) * (np.sqrt(_adam_hats(state, h, t)["v_hat"]) + h["eps"])


G, T, W, M, V, S = map(Symbol, "gtwmvs")
M_HAT, V_HAT = Symbol("m̂"), Symbol("v̂")
_MU, _ALPHA, _EPS, _GAMMA, _LAMBDA = map(Symbol, "μαεγλ")
_BETA1, _BETA2 = Symbol("β", "₁"), Symbol("β", "₂")
_MOMENTUM = Option(at_least=0, below=1, letters=(_MU,))
_SMALL = Option(at_least=0, letters=(_EPS,))
_BETAS = Option(at_least=0, below=1, parts=("beta1", "beta2"), letters=(_BETA1, _BETA2))


def old(quantity: Symbol) -> Symbol:
    """A quantity before the update."""
    return Symbol(quantity.name, "_old")


def _sgd_direction(options: Mapping[str, float]) -> Formula:
    if options["nesterov"]:
        return G + _MU * V
    return V if options["momentum"] else G


def _adagrad_direction(options: Mapping[str, float]) -> Formula:
    return (G / (1 + (T - 1) * _GAMMA) if options["lr_decay"] else G) / (sqrt(S) + _EPS)


_SCALED, _ADAPTED = G / (sqrt(S) + _EPS), M_HAT / (sqrt(V_HAT) + _EPS)

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(
        _momentum_init,
        _sgd,
        {"momentum": _MOMENTUM, "nesterov": Option(switch=True, needs="momentum")},
        _sgd_direction,
        _sgd_limit,
        formulas={"v": (V, _MU * old(V) + G)},
    ),
    "adagrad": Optimizer(
        lambda h, shape: {"s": np.zeros(shape) + h["initial_accumulator_value"]},
        _adagrad,
        {
            "lr_decay": Option(at_least=0, letters=(_GAMMA,)),
            "initial_accumulator_value": Option(at_least=0),
            "eps": _SMALL,
        },
        _adagrad_direction,
        lambda sharpness, h: 2.0 / sharpness,
        lambda state, h, t: (1.0 + (t - 1) * h["lr_decay"]) * (np.sqrt(state["s"]) + h["eps"]),
        {"s": (S, old(S) + G**2)},
    ),
    "rmsprop": Optimizer(
        lambda h, shape: {"s": np.zeros(shape), **_momentum_init(h, shape)},
        _rmsprop,
        {"alpha": Option(at_least=0, at_most=1, letters=(_ALPHA,)), "eps": _SMALL, "momentum": _MOMENTUM},
        lambda options: V if options["momentum"] else _SCALED,
        _momentum_limit,
        lambda state, h, t: np.sqrt(state["s"]) + h["eps"],
        {"s": (S, _ALPHA * old(S) + (1 - _ALPHA) * G**2), "v": (V, _MU * old(V) + _SCALED)},
    ),
    "adam": Optimizer(
        lambda h, shape: {"m": np.zeros(shape), "v": np.zeros(shape)},
        _adam,
        {"betas": _BETAS, "eps": _SMALL},
        lambda options: _ADAPTED,
        _adam_limit,
        _adam_preconditioner,
        {
            "m": (M, _BETA1 * old(M) + (1 - _BETA1) * G),
            "v": (V, _BETA2 * old(V) + (1 - _BETA2) * G**2),
            "m_hat": (M_HAT, M / (1 - _BETA1**T)),
            "v_hat": (V_HAT, V / (1 - _BETA2**T)),
        },
        quantities=_adam_hats,
    ),
}

OPTIMIZERS["adamw"] = replace(
    OPTIMIZERS["adam"],
    update=_adamw,
    options={**OPTIMIZERS["adam"].options, "weight_decay": Option(at_least=0, letters=(_LAMBDA,))},
    direction=lambda options: _ADAPTED + _LAMBDA * W,
    stability_limit=_adamw_limit,
)
