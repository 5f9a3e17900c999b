"""Presets that repeat what papers found: each against the closed form or the number that is published."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

import runner
from runner.nn.arrays import Array


def share_of_edge(preset: str, rate: float, epochs: int, factor: float) -> Array:
    """The sharpness of the later half of a training, as a share of factor/η."""
    run = runner.train(
        runner.load(f"experiment={preset}", f"learning_rate={rate}", f"epochs={epochs}", "log.curvature=40")
    )
    sharpness = run.curvature["sharpness"].to_numpy()
    assert sharpness[0] < 0.8 * factor / rate  # it came from below
    return sharpness[len(sharpness) // 2 :] * rate / factor


def test_gradient_descent_hovers_at_two_over_the_rate() -> None:
    """Cohen et al. 2021: the sharpness rises to 2/η and stays."""
    assert abs(share_of_edge("edge_of_stability", 0.14, 1600, 2).mean() - 1) < 0.02


def test_adam_hovers_at_38_over_the_rate() -> None:
    """Cohen et al. 2022: so does that of the preconditioned Hessian, to 38/η."""
    assert abs(share_of_edge("edge_of_stability_adam", 0.01, 4000, 38).mean() - 1) < 0.05


def test_a_chain_sharpens_to_the_minimum_of_gradient_flow() -> None:
    """Gradient flow keeps w₁² − w₂²; the Hessian at a minimum is ∂p/∂w ∂p/∂wᵀ, its eigenvalue Σ (p/w)²."""

    def product(rest: float) -> float:
        return np.sqrt(rest**2 + 3.0**2 - 0.2**2) * rest**3 - 3.0

    rest = brentq(product, 0.2, 3.0)
    first = 3.0 / rest**3
    expected = 9 * (1 / first**2 + 3 / rest**2)
    preset = ["experiment=progressive_sharpening", "epochs=100"]
    sharpness = runner.train(runner.load(*preset, "learning_rate=0.01")).curvature["sharpness"]
    assert sharpness.iloc[0] < 0.1 * expected
    np.testing.assert_allclose(sharpness.iloc[-1], expected, rtol=2e-3)
    swinging = runner.train(runner.load(*preset, "learning_rate=0.07"))
    assert swinging.result.final_error > 1e-4
    assert swinging.curvature["sharpness"].max() > 2 / 0.07
