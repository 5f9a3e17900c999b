"""Every activation: its formulas are its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from runner.nn.activations import ACTIVATIONS, SELU_ALPHA, SELU_SCALE, A, Z
from runner.testing import check


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_keeps_its_promises(name: str) -> None:
    check(ACTIVATIONS[name])


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "selu", "softsign"])
def test_second_at_a_kink_is_that_of_the_piece_which_has_it(name: str) -> None:
    zero = np.zeros((1, 1, 1))
    stated = {"elu": 1.0, "selu": SELU_SCALE * SELU_ALPHA}
    second = ACTIVATIONS[name].second
    assert second is not None
    assert second(zero, zero).item() == stated.get(name, 0.0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_letter_of_a_formula_is_one_of_its_own(name: str) -> None:
    f = ACTIVATIONS[name]
    for formula in (f.formula, f.slope):
        assert formula is not None
        formula.value({Z: 0.3, A: float(f.value(np.array(0.3))), **f.constants})  # raises KeyError for others


@pytest.mark.parametrize(("name", "slope"), [("silu", 0.5), ("gelu", 0.5), ("mish", 0.6)])
def test_slopes_where_their_factors_cannot_be_told_from_the_value(name: str, slope: float) -> None:
    z = np.array([0.0, -0.0, 5e-324, -5e-324, 3e-308, -1e-300])
    f = ACTIVATIONS[name]
    np.testing.assert_allclose(f.derivative(z, f.value(z)), slope, rtol=4e-16)


def test_mish_by_hand() -> None:
    """tanh(ln q) = (q² − 1)/(q² + 1) of q = 1 + e^z; at 0, where q is 2, it is 3/5."""
    z = np.array([-5.0, -1.0, 0.0, 0.5, 2.0, 15.0])
    q = (1 + np.exp(z)) ** 2
    mish = ACTIVATIONS["mish"]
    np.testing.assert_allclose(mish.value(z), z * (q - 1) / (q + 1), rtol=1e-12)
    assert mish.derivative(np.zeros(1), np.zeros(1)) == 0.6
    np.testing.assert_allclose(mish.value(np.array([1.0])), [0.8650983882673103], rtol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_range_of_an_activation_is_what_is_said(name: str) -> None:
    f = ACTIVATIONS[name]
    z = np.linspace(-700, 700, 100_001)[None, None]
    with np.errstate(over="ignore"):
        a = f.value(z)
    assert f.lowest <= a.min()
    assert a.max() <= f.highest
    if np.isfinite(f.lowest):
        assert a.min() < f.lowest + 0.01
    if np.isfinite(f.highest):
        assert a.max() > f.highest - 0.01
