"""Optimizers: pure pairs of init and update, and what they make of two gradients by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import runner
from runner.nn.arrays import Array
from runner.nn.optimizers import OPTIMIZERS, Hyperparameters
from runner.testing import check

G = [np.array([[0.5, -2.0], [1.0, 0.25]]), np.array([[-1.0, 1.0], [0.125, 4.0]])]
#: Where the runs are.
PLACE = np.array([[0.3, -0.7], [2.0, 0.0]])


def hyperparameters(name: str, **more: float) -> Hyperparameters:
    defaults = runner.load(f"optimizer={name}").optimizer_options
    return {key: np.full((2, 1), float(value)) for key, value in {**defaults, **more}.items()}


def directions(name: str, gradients: list[Array], **more: float) -> list[Array]:
    optimizer, h = OPTIMIZERS[name], hyperparameters(name, **more)
    state, made = optimizer.init(h, gradients[0].shape), []
    for t, gradient in enumerate(gradients, start=1):
        direction, state = optimizer.update(gradient, state, PLACE, h, t)
        made.append(direction)
    return made


def test_sgd_by_hand() -> None:
    g, h = G
    np.testing.assert_array_equal(directions("sgd", G), [g, h])
    np.testing.assert_array_equal(directions("sgd", G, momentum=0.5), [g, 0.5 * g + h])
    nesterov = [g + 0.5 * g, h + 0.5 * (0.5 * g + h)]
    np.testing.assert_array_equal(directions("sgd", G, momentum=0.5, nesterov=True), nesterov)


def test_adagrad_by_hand() -> None:
    g, h = G
    made = directions("adagrad", G, initial_accumulator_value=2.0, lr_decay=0.5)
    by_hand = [g / (np.sqrt(2 + g * g) + 1e-10), h / 1.5 / (np.sqrt(2 + g * g + h * h) + 1e-10)]
    np.testing.assert_allclose(made, by_hand, rtol=1e-14)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_rmsprop_by_hand(momentum: float) -> None:
    g, h = G
    s = 0.01 * g * g
    first = g / (np.sqrt(s) + 1e-8)
    second = momentum * first + h / (np.sqrt(0.99 * s + 0.01 * h * h) + 1e-8)
    np.testing.assert_allclose(directions("rmsprop", G, momentum=momentum), [first, second], rtol=1e-12)


def test_adam_by_hand_and_its_quantities() -> None:
    g, h = G
    m, v = 0.9 * 0.1 * g + 0.1 * h, 0.999 * 0.001 * g * g + 0.001 * h * h
    hats = {"m_hat": m / (1 - 0.9**2), "v_hat": v / (1 - 0.999**2)}
    first, second = directions("adam", G)
    np.testing.assert_allclose(first, np.sign(g), rtol=1e-6)
    np.testing.assert_allclose(second, hats["m_hat"] / (np.sqrt(hats["v_hat"]) + 1e-8), rtol=1e-12)
    made = OPTIMIZERS["adam"].quantities({"m": m, "v": v}, hyperparameters("adam"), 2)
    for name, value in hats.items():
        np.testing.assert_allclose(made[name], value, rtol=1e-14)


def test_adamw_by_hand() -> None:
    """As torch.optim.AdamW: the parameter shrinks by η·λ of itself, beside Adam's own step."""
    decayed, plain = directions("adamw", G, weight_decay=0.1), directions("adam", G)
    for with_decay, without in zip(decayed, plain, strict=True):
        rate = 0.05
        torch = PLACE * (1 - rate * 0.1) - rate * without
        np.testing.assert_allclose(PLACE - rate * with_decay, torch, rtol=1e-14, atol=1e-16)
    first = directions("adamw", [np.array([[2.0, -2.0]] * 2)])[0]
    np.testing.assert_allclose(first, [[1.003, -1.007], [1.02, -1.0]], rtol=1e-8)


#: Every optimizer, and every option that its limit depends on.
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    *[(name, {}) for name in OPTIMIZERS],
    ("sgd", {"momentum": 0.9}),
    ("sgd", {"momentum": 0.9, "nesterov": True}),
    ("rmsprop", {"momentum": 0.6}),
    ("adagrad", {"lr_decay": 1e-3}),
    ("adam", {"betas": [0.5, 0.999]}),
    ("adamw", {"weight_decay": 3.0}),
]


@pytest.mark.parametrize(("name", "more"), VARIANTS)
def test_every_optimizer_keeps_its_promises(name: str, more: dict[str, Any]) -> None:
    check(OPTIMIZERS[name], options=more)
