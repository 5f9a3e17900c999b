"""The objective: gradients by the chain rule against central differences, over the tables; what it says.

The objective is smooth except at corners (relu, huber, an absolute value); a difference is taken
only where both halves agree, which says that no corner lies between.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

import runner
from runner.config import experiment
from runner.nn.activations import ACTIVATIONS
from runner.nn.arrays import Array
from runner.nn.losses import LOSSES
from runner.training.experiment import Experiment
from runner.training.objective import EVALUATED, Examples, Objective, Point, errors_at, measured, predict
from runner.training.stack import initial_parameters

STEP = 1e-5


def run(*overrides: str) -> runner.Run:
    return runner.train(runner.load(*overrides))


def targets(loss: str, rng: np.random.Generator, examples: int, outputs: int) -> Array:
    if loss == "cross_entropy":
        return rng.dirichlet(np.ones(outputs), examples)
    if LOSSES[loss].refuses(np.array([[2.0, -1.0]])):
        return rng.uniform(0.1, 0.9, (examples, outputs))
    return rng.normal(size=(examples, outputs))


def place(
    loss: str,
    activation: str,
    depth: int,
    outputs: int,
    examples: int,
    penalties: tuple[float, float],
    **more: Any,
) -> Place:
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
    made = experiment(config)
    return Place(made, initial_parameters(made), Examples.of(made.data.inputs, made.data.targets))


class Place(NamedTuple):
    """An experiment, where it starts (1, P), and its examples."""

    experiment: Experiment
    parameters: Array
    examples: Examples

    def at(self, parameters: Array | None = None, examples: Examples | None = None) -> Point:
        start = self.parameters if parameters is None else parameters
        return Objective.of([self.experiment]).at(start, examples or self.examples)


def assert_gradient_is_the_slope(of: Place) -> None:
    gradient, here = of.at().gradient[0], of.at().value
    steps = STEP * np.eye(len(gradient))
    ahead = of.at(of.parameters + steps).value - here
    behind = here - of.at(of.parameters - steps).value
    smooth = np.abs(ahead - behind) <= 1e-3 * STEP  # else a corner lies between
    slope = (ahead + behind) / (2 * STEP)
    np.testing.assert_allclose(gradient[smooth], slope[smooth], rtol=1e-6, atol=1e-8)
    assert smooth.sum() > len(gradient) / 2


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_loss_and_activation_at_every_depth(loss: str, activation: str) -> None:
    """One and several outputs, one and several examples, with penalties and without: in turn."""
    few = 2 if loss == "cross_entropy" else 1
    with_, without = (0.03, 0.2), (0.0, 0.0)
    kinds = [(few, 5, with_), (3, 1, without), (few, 1, with_), (3, 5, without),
             (few, 5, without), (3, 1, with_), (few, 1, without), (3, 5, with_)]  # fmt: skip
    for depth, kind in zip([*range(4)] * 2, kinds, strict=True):
        assert_gradient_is_the_slope(place(loss, activation, depth, *kind))


def products_and_slopes(of: Place) -> tuple[Array, Array, Array]:
    """The Hessian's columns by products (P, P), by central differences of gradients, and which are smooth.

    Where a corner lies between, the differences of two steps are not the same.
    """
    units = np.eye(of.parameters.shape[1])
    product = of.at().hessian_vector(np.ascontiguousarray(units[:, None]))[:, 0]

    def slope(step: float) -> Array:
        ahead, behind = (of.at(of.parameters + s * units).gradient for s in (step, -step))
        return (ahead - behind) / (2 * step)

    fine, coarse = slope(1e-5), slope(2e-5)
    return (
        product,
        (4 * fine - coarse) / 3,
        np.abs(fine - coarse).max(axis=1) < 1e-4 * (1 + np.abs(fine).max()),
    )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_products_with_the_hessian_are_slopes_of_gradients(loss: str, activation: str) -> None:
    for depth, penalties in ((0, (0.0, 0.0)), (1, (0.03, 0.2)), (3, (0.0, 0.2))):
        of = place(loss, activation, depth, 3 if depth else 2, 5, penalties)
        product, slope, smooth = products_and_slopes(of)
        scale = max(1.0, np.abs(slope).max())
        np.testing.assert_allclose(product[smooth], slope[smooth], rtol=1e-7, atol=1e-7 * scale)
        np.testing.assert_allclose(product, product.T, rtol=1e-12, atol=1e-14 * scale)
        assert smooth.sum() > len(product) / 2


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_of_the_output_layer(activation: str) -> None:
    for examples in (1, 4):
        assert_gradient_is_the_slope(
            place("half_squared_error", "tanh", 1, 2, examples, (0.0, 0.0), output_activation=activation)
        )


@pytest.mark.parametrize("penalties", [(0.1, 0.0), (0.0, 0.1)])
def test_penalties_are_of_weights_and_not_of_biases(penalties: tuple[float, float]) -> None:
    plain, penalised = (place("huber", "tanh", 1, 1, 3, p) for p in ((0.0, 0.0), penalties))
    weights = plain.experiment.network.weight_count
    extra = penalised.at().gradient - plain.at().gradient
    w = plain.parameters[:, :weights]
    np.testing.assert_allclose(extra[:, :weights], penalties[0] * np.sign(w) + penalties[1] * w, atol=1e-15)
    np.testing.assert_array_equal(extra[:, weights:], 0.0)
    penalty = penalties[0] * np.abs(w).sum() + 0.5 * penalties[1] * (w * w).sum()
    assert penalised.at().value - penalised.at().error == pytest.approx(penalty, rel=1e-12)
    assert penalised.at().error == plain.at().value
    here = penalised.at()
    for _ in range(2):  # asked for again it is the same, and the error's own stays as it is
        np.testing.assert_array_equal(here.backward.gradient, plain.at().gradient)
        np.testing.assert_array_equal(here.gradient, penalised.at().gradient)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7])
def test_batches_of_an_epoch_add_up_to_the_whole(batch_size: int) -> None:
    of = place("mean_squared_error", "tanh", 2, 2, 7, (0.0, 0.0))
    x, y = of.examples
    total = np.zeros_like(of.parameters)
    for start in range(0, 7, batch_size):
        batch = Examples(x[:, start : start + batch_size], y[:, start : start + batch_size])
        total += of.at(examples=batch).gradient * batch.x.shape[1] / 7
    np.testing.assert_allclose(total, of.at().gradient, rtol=1e-12, atol=1e-15)


def test_places_have_the_same_bits_alone_and_in_company() -> None:
    of = place("cross_entropy", "tanh", 2, 3, 5, (0.1, 0.2))
    places = of.parameters + np.random.default_rng(0).normal(size=(7, of.parameters.shape[1]))
    together = of.at(places)
    for i in range(len(places)):
        alone = of.at(places[i : i + 1])
        assert alone.value[0] == together.value[i]
        assert alone.gradient.tobytes() == together.gradient[i].tobytes()
        v = np.random.default_rng(1).normal(size=(3, *places.shape))  # three directions for each
        one, all_ = v[:1, i : i + 1].copy(), together.hessian_vector(v)
        assert alone.hessian_vector(one).tobytes() == all_[0, i].tobytes()
        assert alone.hessian_vector(one[0]).tobytes() == all_[0, i].tobytes()


def test_runs_of_an_objective_have_penalties_of_their_own() -> None:
    of = place("huber", "tanh", 1, 1, 3, (0.1, 0.2))
    runs = [of.experiment, replace(of.experiment, l1=0.3, l2=0.4)]
    both, there = Objective.of(runs), np.repeat(of.parameters, 2, axis=0)
    for i, run in enumerate(runs):
        alone = Objective.of([run]).at(of.parameters, of.examples)
        assert both.at(there, of.examples).value[i] == alone.value[0]
        assert both.at(there, of.examples).gradient[i].tobytes() == alone.gradient.tobytes()
    kept = both.keep(np.array([False, True])).at(of.parameters, of.examples)
    assert kept.value[0] == both.at(there, of.examples).value[1]


def test_parts_of_the_examples_have_one_mean() -> None:
    of = place("cross_entropy", "tanh", 1, 3, 2 * EVALUATED + 7, (0.0, 0.0))
    parts = list(of.examples.split())
    assert [part.x.shape[1] for part in parts] == [EVALUATED, EVALUATED, 7]
    values = measured((of.at(examples=part) for part in parts), classifies=True)
    assert values["error"] == pytest.approx(of.at().error, rel=1e-14)
    assert values["accuracy"] == of.at().right.mean()


def test_errors_at_many_places_are_taken_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    of = place("half_squared_error", "tanh", 1, 1, 5, (0.1, 0.1))
    places = of.parameters + np.random.default_rng(0).normal(size=(7, of.parameters.shape[1]))
    errors = errors_at(of.experiment, places)
    assert errors.tobytes() == of.at(places).error.tobytes()
    monkeypatch.setattr("runner.training.objective.PASSED_BYTES", 2 * 16 * 5 * 6)
    assert errors_at(of.experiment, places).tobytes() == errors.tobytes()


def test_accuracy_by_hand() -> None:
    one = run("data=inline", "data.inputs=[[0],[1],[2],[3]]", "data.targets=[[0],[1],[1],[0]]", "epochs=0",
              "network=dense", "network.hidden=[]", "network.weights=[[[1]]]", "network.biases=[[-0.5]]",
              "loss=binary_cross_entropy_with_logits")  # fmt: skip
    assert list(one.predict().ravel()) == [-0.5, 0.5, 1.5, 2.5]  # right, right, right, wrong
    assert list(one.history["accuracy"]) == [0.75]


def test_predictions_for_other_inputs() -> None:
    trained = run("epochs=0")
    assert trained.predict([[2, 3], [0, 0]]).tolist() == [[0.191], [0.0]]
    for wrong in ([2, 3], [[1, 2, 3]]):
        with pytest.raises(runner.RunnerError, match="must be rows of 2 numbers"):
            trained.predict(wrong)


@pytest.mark.parametrize("scale", ["null", "standard", "minmax"])
def test_other_inputs_are_in_the_units_of_the_data(scale: str) -> None:
    ways = ("network=dense", "data=iris", "loss=cross_entropy", "epochs=5", "data.test_fraction=0.2")
    datasets = pytest.importorskip("sklearn.datasets")
    trained = run(*ways, f"data.scale={scale}")
    raw = runner.load(*ways, "data.scale=null").data
    np.testing.assert_array_equal(trained.predict(raw.inputs), trained.predict())
    pred = trained.predict(datasets.load_iris().data)
    assert np.unique(pred, axis=0).shape[0] > 100
    half = trained.experiment.data.examples
    assert np.allclose(trained.experiment.data.in_own_units(trained.experiment.data.inputs), raw.inputs)
    right = (pred.argmax(axis=1) == datasets.load_iris().target).mean()
    assert right == pytest.approx(trained.result.metrics["accuracy"], abs=0.1), half


def test_parameters_may_come_from_a_column() -> None:
    trained = run("epochs=1")
    column = np.stack([trained.result.initial, trained.result.final], axis=1)[:, 1]
    assert not column.flags.c_contiguous
    assert predict(trained.experiment, column).tolist() == trained.predict().tolist()
