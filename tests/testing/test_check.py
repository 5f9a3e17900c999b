"""What an entry is refused for that does not keep its promises. (Those that do: in tests/nn, tests/data.)"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from runner.data.bundled import Dataset
from runner.data.examples import Data
from runner.data.generated import GENERATORS
from runner.nn.activations import ACTIVATIONS, Z
from runner.nn.formula import exp
from runner.nn.initializers import INITIALIZERS
from runner.nn.losses import LOSSES, PRED, Y
from runner.nn.optimizers import OPTIMIZERS, Optimizer
from runner.nn.options import Option
from runner.nn.schedules import ETA, SCHEDULES
from runner.testing import check

TANH, HALF, ADAM = ACTIVATIONS["tanh"], LOSSES["half_squared_error"], OPTIMIZERS["adam"]
STEP, NORMAL, MOONS = SCHEDULES["step"], INITIALIZERS["normal"], GENERATORS["moons"]


def adam(g: Any, state: Any, w: Any, h: Any, t: int) -> Any:
    direction, state = ADAM.update(g, state, w, h, t)
    return direction - direction.mean(axis=0) * 1e-9, state


def in_place(g: Any, state: Any, w: Any, h: Any, t: int) -> Any:
    g *= 2
    return g, state


WRONG: dict[str, object] = {
    "derivative, against differences: ": replace(TANH, derivative=lambda z, a: 1 - a * a + 1e-4),
    "derivative: has the shape (1, 1, 1), and not": replace(HALF, derivative=lambda p, y: np.ones((1, 1, 1))),
    "second, against differences: ": replace(TANH, second=lambda z, a: -2 * a),
    "formula: ": replace(TANH, formula=1 - exp(-Z)),
    "slope: ": replace(HALF, slope=2 * (PRED - Y)),
    "term: ": replace(HALF, term=(PRED - Y) ** 2),
    "value: is not finite everywhere": replace(TANH, value=np.log),
    "value: goes below 0, its lowest": replace(TANH, lowest=0.0),
    "value: run 0 has other bits alone": replace(TANH, value=lambda z: np.tanh(z) + 1e-9 * z.mean()),
    "value: changes its arguments": replace(
        TANH, value=lambda z: np.tanh(z, out=z) if len(z) > 1 else np.tanh(z)
    ),
    "value of examples by themselves: ": replace(
        HALF, value=lambda p, y: HALF.value(p, y) + 1e-7 * p.shape[1], term=None
    ),
    "refuses all targets that are tried (takes none)": replace(HALF, refuses=lambda y: "takes none"),
    "update: run 0 has other bits alone": replace(ADAM, update=adam),
    "update: changes its arguments": Optimizer(lambda h, shape: {}, in_place),
    "state: init has [], and an update ['m', 'v']": replace(
        ADAM, init=lambda h, shape: {}, update=lambda g, s, w, h, t: (g, {"m": g, "v": g})
    ),
    "formula of v, update 1: ": replace(ADAM, formulas={**ADAM.formulas, "v": ADAM.formulas["m"]}),
    "formula of the direction, update 1: ": replace(ADAM, direction=lambda options: ADAM.formulas["m"][0]),
    "stability_limit: steps do not shrink": replace(ADAM, stability_limit=lambda s, h: 100.0 / s),
    "stability_limit: steps do not grow": replace(ADAM, stability_limit=lambda s, h: 1.0 / s),
    "the option every has no default": replace(STEP, options={**STEP.options}),
    "options: eps=-1: must be a number at least 0": replace(
        ADAM,
        options={
            "betas": Option(parts=("beta1", "beta2"), default=(0.9, 0.99)),
            "eps": Option(at_least=0, default=-1),
        },
    ),
    "formula, epoch 1: ": replace(STEP, rate=lambda eta, e, n, o: eta / (1 + e), options={}, formula=ETA),
    "rate of epoch 2: is below 0": replace(
        STEP, rate=lambda eta, e, n, o: eta * (1 - e), options={}, formula=None
    ),
    "weights of shape (3, 5): others from the same stream": replace(
        NORMAL, draw=lambda rng, shape, mean, std: np.random.normal(mean, std, shape)
    ),
    "weights of shape (4,): has the shape (4, 1)": replace(
        NORMAL, draw=lambda rng, shape, mean, std: np.zeros((*shape, 1)[:2])
    ),
    "makes 3 points where 60 are asked for": MOONS._replace(
        make=lambda rng, points, noise: MOONS.make(rng, 3, noise)
    ),
    "targets: has the shape (2,), and not (2, 1)": Dataset(
        lambda: Data(np.ones((2, 1)), np.ones(2), ["x"], ["y"])
    ),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_does_not_keep_its_promises(said: str) -> None:
    options = {} if said.startswith("the option") else {"betas": [0.9, 0.999], "eps": 1e-8}
    if said.startswith("options: "):
        options = {}
    entry = WRONG[said]
    given = {name: value for name, value in options.items() if name in getattr(entry, "options", {})}
    with pytest.raises(AssertionError) as caught:
        check(entry, options=given)
    assert str(caught.value).startswith(said)


def test_what_is_no_entry() -> None:
    with pytest.raises(TypeError, match="is no entry of a table"):
        check(np.tanh)


def test_targets_of_ones_own() -> None:
    only_sevens = replace(HALF, refuses=lambda y: None if (y == 7).all() else "takes 7 alone")
    check(only_sevens, targets=np.full((22, 2), 7))
