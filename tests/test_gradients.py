"""The gradients by the chain rule against central differences, over the tables.

The objective is smooth except at corners (relu, huber, an absolute value); a difference is taken
only where both halves agree, which says that no corner lies between.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from runner.config import experiment
from runner.nn.activations import ACTIVATIONS
from runner.nn.arrays import Array
from runner.nn.losses import LOSSES
from runner.training.stack import Stack

STEP = 1e-5


def targets(loss: str, rng: np.random.Generator, examples: int, outputs: int) -> Array:
    if loss == "cross_entropy":
        return rng.dirichlet(np.ones(outputs), examples)
    if LOSSES[loss].refuses(np.array([[2.0, -1.0]])):
        return rng.uniform(0.1, 0.9, (examples, outputs))
    return rng.normal(size=(examples, outputs))


def stack(
    loss: str,
    activation: str,
    depth: int,
    outputs: int,
    examples: int,
    penalties: tuple[float, float],
    **more: Any,
) -> Stack:
    rng = np.random.default_rng([depth, outputs, examples, len(loss), len(activation)])
    config = {
        "loss": loss,
        "network": {
            "hidden": [3, 2, 4][:depth],
            "activation": activation,
            "output_activation": "sigmoid" if LOSSES[loss].needs_probabilities else "identity",
            "weights": {"init": "normal", "std": 0.7},
            "biases": {"init": "normal", "std": 0.5},
            **more,
        },
        "regularization": {"l1": penalties[0], "l2": penalties[1]},
        "data": {
            "name": "inline",
            "inputs": rng.normal(size=(examples, 2)).tolist(),
            "targets": targets(loss, rng, examples, outputs).tolist(),
        },
    }
    return Stack([experiment(config)])


def objective(of: Stack, at: Array) -> float:
    of.parameters[...] = at
    of._forget()
    return float(of.objective()[0])


def assert_gradient_is_the_slope(of: Stack) -> None:
    start = of.parameters.copy()
    gradient = of.whole_slope().gradient[0].copy()
    here = objective(of, start)
    smooth = 0
    for i in range(len(gradient)):
        step = np.zeros_like(start)
        step[0, i] = STEP
        ahead, behind = objective(of, start + step) - here, here - objective(of, start - step)
        if abs(ahead - behind) > 1e-3 * STEP:
            continue  # a corner between
        smooth += 1
        assert gradient[i] == pytest.approx((ahead + behind) / (2 * STEP), rel=1e-6, abs=1e-8), i
    assert smooth > len(gradient) / 2


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_loss_and_activation_at_every_depth(loss: str, activation: str) -> None:
    outputs = (2, 3) if loss == "cross_entropy" else (1, 3)
    for depth, out, examples, penalties in itertools.product(
        range(4), outputs, (1, 5), ((0.0, 0.0), (0.03, 0.2))
    ):
        assert_gradient_is_the_slope(stack(loss, activation, depth, out, examples, penalties))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_of_the_output_layer(activation: str) -> None:
    for examples in (1, 4):
        assert_gradient_is_the_slope(
            stack("half_squared_error", "tanh", 1, 2, examples, (0.0, 0.0), output_activation=activation)
        )


@pytest.mark.parametrize("penalties", [(0.1, 0.0), (0.0, 0.1)])
def test_penalties_are_of_weights_and_not_of_biases(penalties: tuple[float, float]) -> None:
    plain, penalised = (stack("huber", "tanh", 1, 1, 3, p) for p in ((0.0, 0.0), penalties))
    weights = plain.one.weight_count
    extra = penalised.whole_slope().gradient - plain.whole_slope().gradient
    w = plain.weights
    np.testing.assert_allclose(extra[:, :weights], penalties[0] * np.sign(w) + penalties[1] * w, atol=1e-15)
    np.testing.assert_array_equal(extra[:, weights:], 0.0)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7])
def test_batches_of_an_epoch_add_up_to_the_whole(batch_size: int) -> None:
    of = stack("mean_squared_error", "tanh", 2, 2, 7, (0.0, 0.0))
    whole = of.whole_slope().gradient.copy()
    x, y = of.one.data.inputs, of.one.data.targets
    total = np.zeros_like(whole)
    from runner.nn.network import forward

    for start in range(0, 7, batch_size):
        part = slice(start, start + batch_size)
        passed = forward(of.layers, of.activations, x[None, part])
        total += of._slope(passed, y[None, part]).gradient * len(x[part]) / 7
    np.testing.assert_allclose(total, whole, rtol=1e-12, atol=1e-15)
