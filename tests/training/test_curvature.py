"""The sharpness and the stability limit: what theory says, what they are of, and in any company the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import runner
from runner.errors import RunnerError
from runner.nn.optimizers import OPTIMIZERS
from runner.training import curvature
from runner.training.lanczos import largest_eigenvalues

DENSE = ["network=dense", "data=moons", "network.hidden=[6,5]"]


def test_the_articles_network_at_its_start_and_at_the_best_runs_end() -> None:
    start = runner.load("epochs=0")
    run = runner.train(start)
    eigenvalues = np.linalg.eigvalsh(runner.hessian(start, run.result.initial))
    expected = [-2.916891, -1.497879, 0, 0, 2.916891, 2.998079]
    np.testing.assert_allclose(eigenvalues, expected, atol=5e-7)
    assert runner.sharpness(start, run.result.initial) == pytest.approx(eigenvalues[-1], rel=1e-12)
    ended = runner.train(runner.load("learning_rate=0.14", "log.curvature=50"))
    assert list(ended.curvature["epoch"]) == [0, 50, 100]
    assert 7.21 <= ended.curvature["sharpness"].iloc[-1] <= 7.24
    assert ended.result.metrics["stability_limit"] == pytest.approx(2 / ended.result.metrics["sharpness"])


def linear_unit(*more: str) -> runner.Run:
    """A unit without hidden layers: E is a quadratic whose Hessian is the mean of x xᵀ."""
    data = ["data=inline", "data.inputs=[[1,2],[3,-1],[0.5,1]]", "data.targets=[[1],[0],[2]]"]
    fixed = ["network.hidden=[]", "network.weights=[[[0.3,-0.2]]]", "log.curvature=1"]
    return runner.train(runner.load(*data, *fixed, *more))


def test_the_linear_unit_in_closed_form() -> None:
    x = np.array([[1, 2], [3, -1], [0.5, 1]])
    largest = np.linalg.eigvalsh(x.T @ x / 3)[-1]
    for optimizer, factor in {
        "optimizer.momentum=0": 2,
        "optimizer.momentum=0.9": 3.8,
        "+optimizer.momentum=0.9 optimizer.nesterov=true": 3.8 / 2.8,
    }.items():
        run = linear_unit("epochs=3", *optimizer.lstrip("+").split())
        np.testing.assert_allclose(run.curvature["sharpness"], largest, rtol=1e-14)
        np.testing.assert_allclose(run.curvature["stability_limit"], factor / largest, rtol=1e-14)
    penalised = linear_unit("epochs=0", "regularization.l2=0.5", "regularization.l1=0.1")
    assert penalised.curvature["sharpness"].item() == pytest.approx(largest + 0.5, rel=1e-14)
    rates = 2 / largest * np.array([0.99, 1.01])
    errors = [linear_unit(f"learning_rate={rate}", "epochs=1000").history["error"] for rate in rates]
    assert errors[0].iloc[-1] < errors[0].iloc[0]
    assert errors[1].iloc[-1] > 1e3 * errors[1].iloc[0]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_runs_have_the_same_bits_alone_in_company_and_a_few_at_a_time(
    optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [f"optimizer={optimizer}", "log.curvature=2", "epochs=5", "batch_size=30", "data.points=70"]
    stack = [runner.load(*DENSE, *more, f"learning_rate={rate}") for rate in (0.01, 0.3, 50)]
    together = runner.train(stack)
    monkeypatch.setattr(curvature, "PASSED_BYTES", 1)
    monkeypatch.setattr("runner.training.objective.EVALUATED", 70)
    for one, run in zip(stack, together, strict=True):
        alone = runner.train(one)
        assert alone.curvature.equals(run.curvature)
        assert list(run.curvature["epoch"]) == [0, 2, 4, 5]
        assert not run.curvature.isna().any(axis=None)


def test_a_training_has_the_same_bytes_with_and_without() -> None:
    for more in (["optimizer=adam", "batch_size=9", *DENSE], ["log.every=7"], ["log.unit=update"]):
        plain, measured = (
            runner.train(runner.load(*more, "epochs=10", f"log.curvature={k}")) for k in ("null", 3)
        )
        assert plain.rows.tobytes() == measured.rows.tobytes()
        assert list(measured.curvature["epoch"]) == [0, 3, 6, 9, 10]
        assert plain.curvature.empty
        assert "sharpness" not in plain.result.metrics


def test_few_parameters_and_many_are_measured_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    run = runner.train(runner.load(*DENSE, "epochs=3"))
    by_products = runner.sharpness(run.experiment, run.result.final)
    whole = np.linalg.eigvalsh(runner.hessian(run.experiment, run.result.final))
    assert by_products == pytest.approx(whole[-1], rel=1e-8)
    monkeypatch.setattr(curvature, "WHOLE", 1000)
    assert runner.sharpness(run.experiment, run.result.final) == pytest.approx(by_products, rel=1e-9)
    monkeypatch.setattr(curvature, "PRODUCT_BYTES", 1)  # a column at a time
    assert runner.hessian(run.experiment, run.result.final).shape == (59, 59)


def test_the_largest_is_meant_algebraically() -> None:
    """At the largest error of a sine, whose only curvature that is not negative is the penalty's."""
    sine = ["network.hidden=[]", "network.weights=[[[0,0]]]", "network.output_activation=sin"]
    made, at = runner.load(*sine, "regularization.l2=0.5"), np.array([-0.5, -0.19])  # z = −π/2
    eigenvalues = np.linalg.eigvalsh(runner.hessian(made, at))
    np.testing.assert_allclose(eigenvalues, [0.5 - 2 * 13, 0.5], rtol=1e-4)
    assert runner.sharpness(made, at) == pytest.approx(eigenvalues[-1], rel=1e-8)


def test_frozen_biases_are_no_part_of_it() -> None:
    made = runner.load(*DENSE, "network.biases=zeros", "epochs=1", "log.curvature=1")
    at = runner.train(made).result.final
    weights = made.network.weight_count
    frozen = replace(made, train_biases=False)
    np.testing.assert_array_equal(runner.hessian(frozen, at), runner.hessian(made, at)[:weights, :weights])
    assert runner.sharpness(frozen, at) < runner.sharpness(made, at)


def test_flat_saturated_and_diverged_states_have_stated_values() -> None:
    flat = runner.train(
        runner.load("epochs=0", "log.curvature=1", "network.weights=zeros", "network.hidden=[2,2]")
    )
    assert flat.curvature.to_numpy().tolist() == [[0, 0.0, np.inf]]
    dead = ["network.activation=relu", "network.weights=[[[-1,-1],[-1,-1]],[[1,1]]]", "network.biases=null"]
    assert (
        runner.train(runner.load(*dead, "epochs=0", "log.curvature=1")).curvature["stability_limit"].item()
        == np.inf
    )
    diverged = runner.train(runner.load("learning_rate=5", "log.curvature=1"))
    assert diverged.result.status == "diverged"
    assert list(diverged.curvature["epoch"]) == list(diverged.history["epoch"])
    assert not diverged.curvature.isna().any(axis=None)
    no_eps = runner.load("optimizer=adam", "optimizer.eps=0", "epochs=0", "log.curvature=1", *dead)
    assert runner.train(no_eps).curvature["stability_limit"].item() in (0.0, np.inf)


def test_of_more_parameters_than_a_hessian_should_have_it_is_said_how_many() -> None:
    made = runner.load("network=dense", "network.hidden=[900]", "network.biases=zeros")
    with pytest.raises(
        RunnerError, match=r"3,601 trained parameters; it is made of at most 2,000\. sharpness"
    ):
        runner.hessian(made, np.zeros(3601))
    assert np.isfinite(runner.sharpness(made, np.ones(3601)))
    with pytest.raises(RunnerError, match=r"parameters of shape \(3,\): must be 3601 numbers"):
        runner.sharpness(made, np.zeros(3))


def test_adams_limit_is_38_over_the_preconditioned_sharpness() -> None:
    run = runner.train(runner.load("optimizer=adam", "epochs=4", "log.curvature=4"))
    np.testing.assert_allclose(run.curvature.prod(axis=1).iloc[1] / 4, 38, rtol=1e-12)
    g = run.history  # at its start every gradient is its own mean: P = (1 − β₁)(|g| + ε)
    one = runner.train(runner.load("epochs=1", "log.gradients=true"))
    g = np.abs(one.history.filter(like="g_").iloc[0].to_numpy()) + 1e-8
    scale = 1 / np.sqrt(0.1 * g)
    h = runner.hessian(one.experiment, one.result.initial) * scale * scale[:, None]
    assert run.curvature["sharpness"].iloc[0] == pytest.approx(np.linalg.eigvalsh(h)[-1], rel=1e-9)


def test_largest_eigenvalues_take_at_most_thirty_products_of_a_network() -> None:
    run = runner.train(runner.load(*DENSE, "epochs=20", "learning_rate=0.5"))
    calls, hessians = [], curvature._hessians(run.experiment, run.result.final)
    largest_eigenvalues(lambda v: calls.append(1) or hessians.product(v), 1, hessians.trained)
    assert len(calls) <= 30


def test_factors_of_layers_are_taken_into_the_limit() -> None:
    """Steps F·P⁻¹·H have the eigenvalues of F^(½) P^(−½) H P^(−½) F^(½); alike in all, F is one of η."""
    choice = [*DENSE, "network.hidden=[3]", "epochs=0", "log.curvature=1"]
    for optimizer in ("sgd", "adam"):
        plain, scaled = (
            runner.train(runner.load(*choice, f"optimizer={optimizer}", f"network.rates={rates}"))
            for rates in ("null", "[4,4]")
        )
        np.testing.assert_allclose(scaled.curvature["sharpness"], 4 * plain.curvature["sharpness"], rtol=1e-9)
        limits = [run.curvature["stability_limit"] for run in (scaled, plain)]
        np.testing.assert_allclose(4 * limits[0], limits[1], rtol=1e-9)
    one = runner.train(runner.load(*choice, "network.rates=[4,0.25]"))
    root = np.sqrt(np.where(one.experiment.network.layer_of == 1, 4, 0.25))
    scaled_hessian = root[:, None] * runner.hessian(one.experiment, one.result.final) * root
    largest = np.linalg.eigvalsh(scaled_hessian)[-1]
    assert one.curvature["sharpness"].item() == pytest.approx(largest, rel=1e-9)
    assert one.curvature["stability_limit"].item() == pytest.approx(2 / largest, rel=1e-9)
