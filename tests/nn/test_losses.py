"""Every loss: its formulas are its numbers, in a sum or a mean over the outputs."""

from __future__ import annotations

import numpy as np
import pytest

from runner.nn.arrays import Array
from runner.nn.formula import Formula, Number, Symbol, Value
from runner.nn.losses import LOSSES, PRED, SUM, Loss, P, Y

TOLERANCE = {"rtol": 1e-12, "atol": 1e-13}


def examples(loss: Loss) -> tuple[Array, Array]:
    """Predictions and targets (1, N, 3), corners and what is cut among them."""
    rng = np.random.default_rng(3)
    if loss.needs_probabilities:
        pred = np.concatenate([rng.uniform(0.01, 0.99, 60), [0.0, 1.0, 1e-50, 1 - 1e-16, 1e-13, 0.5]])
        y = np.concatenate([rng.uniform(0, 1, 60), [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]])
    else:
        pred = np.concatenate([rng.normal(0, 2, 60), [-1.0, 1.0, 0.0, 2.0, np.nextafter(1, 2), -2.0]])
        y = np.concatenate([rng.uniform(0, 1, 60), np.zeros(6)])
    y = y.reshape(1, -1, 3)
    if loss.refuses(y[0]):
        y = y / np.maximum(y.sum(axis=2, keepdims=True), 1e-9)
        y[y.sum(axis=2) == 0] = [0, 1, 0]
    return pred.reshape(1, -1, 3), y


def at(loss: Loss, formula: Formula, pred: Array, y: Array) -> Value:
    """What a formula comes to, where what is too low counts as the lowest."""
    values: dict[Formula, Value] = {PRED: pred, Y: y}
    if p := loss.probabilities:
        values[P] = p.value(pred)
        if p.summand is not None:
            values[SUM] = np.sum(p.summand.value(values), axis=2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        for cut in loss.cuts:
            values[cut.part] = np.maximum(cut.part.value({PRED: pred}), cut.lowest)
        return formula.value(values)


@pytest.mark.parametrize("name", LOSSES)
def test_term_is_value_and_slope_is_derivative(name: str) -> None:
    loss = LOSSES[name]
    pred, y = examples(loss)
    outputs = pred.shape[2] if loss.mean_over_outputs else 1
    with np.errstate(divide="ignore", invalid="ignore"):
        value, derivative = loss.value(pred, y), loss.derivative(pred, y)
    np.testing.assert_allclose(np.sum(at(loss, loss.term, pred, y), axis=2) / outputs, value, **TOLERANCE)
    np.testing.assert_allclose(at(loss, loss.slope, pred, y) / outputs, derivative, **TOLERANCE)


@pytest.mark.parametrize("name", LOSSES)
def test_second_is_how_the_derivative_changes_along_a_direction(name: str) -> None:
    loss, h = LOSSES[name], 1e-6
    pred, y = (array[:, :20] for array in examples(loss))  # no corners
    v = np.random.default_rng(4).normal(size=(2, *pred.shape))  # two directions
    ahead, behind = (np.stack([loss.derivative(pred + step * one, y) for one in v]) for step in (h, -h))
    np.testing.assert_allclose(loss.second(pred, y, v), (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-8)


def test_second_where_a_loss_is_cut_or_has_a_corner() -> None:
    v = np.ones((1, 1, 1))
    cut = LOSSES["binary_cross_entropy"]
    with np.errstate(divide="ignore", invalid="ignore"):
        assert cut.second(np.zeros_like(v), np.zeros_like(v), v).item() == pytest.approx(1e12, rel=1e-6)
    assert LOSSES["huber"].second(v, np.zeros_like(v), v).item() == 0.0
    assert LOSSES["mean_absolute_error"].second(v, v, v).item() == 0.0


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.derivation])
def test_a_derivation_leads_from_the_error_to_the_slope(name: str) -> None:
    loss, h = LOSSES[name], 1e-6
    pred, y = (array[:, :, :1] for array in examples(loss))
    whole, *between = loss.derivation
    others = np.exp(0.7)
    for step in [*between, loss.slope]:

        def of(z: Array, formula: Formula = whole) -> Value:
            total = np.exp(z) + others
            p = np.exp(z) / total if SUM in whole.parts_within() else 1 / (1 + np.exp(-z))
            return formula.value({PRED: z, Y: y, SUM: total, P: p})

        slope = (of(pred + h) - of(pred - h)) / (2 * h)
        np.testing.assert_allclose(of(pred, step), slope, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.probabilities])
def test_probabilities_are_written_as_they_are_made(name: str) -> None:
    loss = LOSSES[name]
    pred, y = examples(loss)
    assert loss.probabilities is not None
    written = at(loss, loss.probabilities.formula, pred, y)
    np.testing.assert_allclose(written, loss.probabilities.value(pred), rtol=1e-14)


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.definitions])
def test_functions_of_a_loss_are_what_its_note_says(name: str) -> None:
    loss, d = LOSSES[name], np.array([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5])
    value, slope = loss.definitions.items()
    letter = Symbol("d")
    called, written = (part.value({letter: d}) for part in value)
    np.testing.assert_array_equal(called, written)
    np.testing.assert_allclose(called, loss.value(d[None, :, None], np.zeros((1, len(d), 1)))[0])
    expected = loss.derivative(d[None, :, None], np.zeros((1, len(d), 1)))[0, :, 0]
    np.testing.assert_array_equal(slope[1].value({letter: d}), expected)


def test_huber_by_hand() -> None:
    loss = LOSSES["huber"]
    assert loss.term.fill({PRED: Number(3), Y: Number(1)}).value() == 1.5
    assert loss.slope.fill({PRED: Number(0.25), Y: Number(1)}).value() == -0.75


@pytest.mark.parametrize("name", LOSSES)
def test_losses_refuse_targets_they_cannot_take(name: str) -> None:
    refuses = LOSSES[name].refuses
    assert refuses(np.array([[0.0, 1.0], [1.0, 0.0]])) is None
    takes_any = name not in ("cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits")
    assert (refuses(np.array([[0.0, 1.5]])) is None) == takes_any
