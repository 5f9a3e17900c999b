"""Presets that repeat what papers found: each against the closed form or the number that is published."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

import runner
from runner.nn.arrays import Array
from runner.training.settings import Drawn
from runner.training.stack import initial_parameters


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


def trained(*overrides: str) -> list[runner.Run]:
    return runner.train(runner.load_sweep(*overrides))


def test_a_linear_unit_follows_the_eigenvalues() -> None:
    """LeCun et al. 1998: E(t) = ½ Σ λ (1 − ηλ)^2t, up to the limit 2/λ and beyond it."""
    for run in trained("experiment=linear_unit", "epochs=300"):
        rate, epochs = run.experiment.learning_rate, run.history["epoch"].to_numpy()
        expected = sum(
            0.5 * eigenvalue * (1 - rate * eigenvalue) ** (2 * epochs) for eigenvalue in (2.0, 0.125)
        )
        np.testing.assert_allclose(run.history["error"], expected, rtol=1e-6, atol=1e-20)
    endings = [run.result.ending for run in trained("experiment=linear_unit")]
    assert endings == [*["converged"] * 6, "diverged"]


def test_momentum_follows_its_recurrence_and_its_limit() -> None:
    """Goh 2017: each direction is v ← βv + λw, w ← w − ηv; Nesterov's step looks one ahead."""
    for run in trained("experiment=momentum", "epochs=400"):
        rate, nesterov = run.experiment.learning_rate, run.experiment.optimizer_options["nesterov"]
        w, v = np.array([-1.0, -1.0]), np.zeros(2)  # from the minimum
        curvatures, errors = np.array([2.0, 0.125]), []
        for _ in run.history["epoch"]:
            errors.append(0.5 * (curvatures * w**2).sum())
            v = 0.9 * v + curvatures * w
            w = w - rate * (curvatures * w + 0.9 * v if nesterov else v)
        np.testing.assert_allclose(run.history["error"], errors, rtol=1e-6, atol=1e-24)
        limit = 3.8 / (2 * 2.8) if nesterov else 1.9
        assert (run.result.ending == "diverged") == (rate > limit)


def test_a_deep_linear_network_learns_mode_after_mode() -> None:
    """Saxe et al. 2013, for its small steps: a(t) = s / (1 + (s/a₀ − 1) e^(−2sηt))."""
    run = runner.train(runner.load("experiment=deep_linear"))
    history, rate = run.history, run.experiment.learning_rate
    for s, into, out in ((3.0, "w1", "w10"), (2.0, "w5", "w14"), (1.0, "w9", "w18")):
        strength = history[into] * history[out]
        half = np.interp(s / 2, strength, history["epoch"])
        assert half == pytest.approx(np.log(s / 0.01 - 1) / (2 * s * rate), rel=0.03)
        course = s / (1 + (s / 0.01 - 1) * np.exp(-2 * s * rate * history["epoch"]))
        assert np.abs(strength - course).max() < 0.06 * s


def test_gradients_vanish_with_depth() -> None:
    """Bengio et al. 1994: f′ ≤ ¼ of a sigmoid, so that a layer hands on at most ¼ of its weights' norm."""
    left = []
    for run in trained("experiment=vanishing_gradients", "epochs=0"):
        layers = run.experiment.network.views(run.result.initial[None])
        row, parameters = run.history.iloc[0], run.experiment.network.names
        norms = [
            np.linalg.norm([row[f"g_{p.name}"] for p in parameters if p.layer == layer and p.from_])
            for layer in (1, len(layers))
        ]
        factors = [0.25 * np.linalg.norm(w[0], 2) for w, _ in layers[1:]]
        inputs = np.linalg.norm(run.experiment.data.inputs, axis=1).max()
        assert norms[0] <= np.prod(factors) * inputs  # |∂E/∂pred| is at most 1
        left.append(norms[0] / norms[1])
    by_depth = np.exp(np.log(np.array(left)).reshape(4, -1).mean(axis=1))
    assert (by_depth[1:] < 0.7 * by_depth[:-1]).all()
    assert by_depth[3] < 1e-3 * by_depth[0]


def test_he_s_weights_keep_the_size_of_what_passes_and_xavier_s_halve_it() -> None:
    """He et al. 2015, eq. 10: a layer multiplies the mean square by ½ n Var(w), 1 and ½ here."""
    kept: dict[str, list[float]] = {"he_normal": [], "xavier_normal": []}
    sweep = ["experiment=initialisation", "network.weights=he_normal,xavier_normal", "seed=range(0,20)"]
    for run in runner.load_sweep(*sweep):
        passed = run.network.forward(initial_parameters(run), run.data.inputs[None])
        assert isinstance(run.weights, Drawn)
        kept[run.weights.initializer].append(np.mean(passed.z[7] ** 2) / np.mean(passed.z[1] ** 2))
    assert np.mean(kept["he_normal"]) == pytest.approx(1.0, rel=0.6)
    assert np.mean(kept["xavier_normal"]) == pytest.approx(0.5**6, rel=0.6)


def test_a_network_of_zeros_never_learns() -> None:
    run = runner.train(runner.load("experiment=initialisation", "network.weights=zeros", "epochs=20"))
    assert run.result.final_error == run.result.initial_error == pytest.approx(np.log(2))
