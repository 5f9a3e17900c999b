"""Every loss: its formulas are its numbers, in a sum or a mean over the outputs."""

from __future__ import annotations

import numpy as np
import pytest

from runner.nn.arrays import Array
from runner.nn.formula import Formula, Number, Symbol, Value
from runner.nn.losses import LOSSES, PRED, SUM, P, Y
from runner.testing import check
from runner.testing.functions import examples


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_keeps_its_promises(name: str) -> None:
    check(LOSSES[name])


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
