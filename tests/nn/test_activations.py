"""Every activation: its formulas are its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from runner.nn.activations import ACTIVATIONS, SELU_ALPHA, SELU_SCALE, A, Z
from runner.nn.arrays import Array
from runner.nn.formula import Formula

#: The edges of pieces and their neighbours: 0, and 20, above which softplus is z itself.
EDGES = [5e-324, 1e-8, 1e-3, 19.9, 20.0, float(np.nextafter(20, 21)), 20.1]
GRID = np.sort(np.concatenate([np.linspace(-30, 30, 601), EDGES, np.negative(EDGES), [0.0]]))
#: Of what is 1 − a² or ln(1 + e^z) far out only so much is left; above 20 softplus leaves off e^−20.
CLOSE, FAR = {"rtol": 1e-12, "atol": 1e-14}, {"rtol": 3e-9, "atol": 1e-14}


def at(formula: Formula, z: Array, a: Array, name: str) -> Array:
    with np.errstate(over="ignore"):
        value = formula.value({Z: z, A: a, **ACTIVATIONS[name].constants})
    return np.broadcast_to(value, z.shape)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_formula_is_value_and_slope_is_derivative(name: str) -> None:
    f = ACTIVATIONS[name]
    with np.errstate(over="ignore"):
        a = f.value(GRID)
        derivative = np.broadcast_to(f.derivative(GRID[None, None], a[None, None]), (1, 1, len(GRID)))[0, 0]
    far = np.abs(GRID) > 20
    for where, tolerance in ((~far, CLOSE), (far, FAR)):
        np.testing.assert_allclose(at(f.formula, GRID, a, name)[where], a[where], **tolerance)
        np.testing.assert_allclose(at(f.slope, GRID, a, name)[where], derivative[where], **tolerance)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slope_is_the_slope_of_the_formula(name: str) -> None:
    """By central differences of the formula alone, but where a piece ends within them."""
    f = ACTIVATIONS[name]
    z, h = np.linspace(-4, 4, 81) + 0.013, 1e-6
    ahead, behind, here = (at(f.formula, z + step, z, name) for step in (h, -h, 0.0))
    np.testing.assert_allclose(at(f.slope, z, here, name), (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_second_is_the_slope_of_the_derivative(name: str) -> None:
    f, h = ACTIVATIONS[name], 1e-5
    z = np.concatenate([np.linspace(-4, 4, 81) + 0.013, [-25.0, 19.9, 25.0]])[None, None]

    def derivative(z: Array) -> Array:
        return np.broadcast_to(f.derivative(z, f.value(z)), z.shape)

    slope = (derivative(z + h) - derivative(z - h)) / (2 * h)
    second = np.broadcast_to(f.second(z, f.value(z)), z.shape)
    np.testing.assert_allclose(second, slope, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "selu", "softsign"])
def test_second_at_a_kink_is_that_of_the_piece_which_has_it(name: str) -> None:
    zero = np.zeros((1, 1, 1))
    stated = {"elu": 1.0, "selu": SELU_SCALE * SELU_ALPHA}
    assert ACTIVATIONS[name].second(zero, zero).item() == stated.get(name, 0.0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_keep_within_their_bounds(name: str) -> None:
    f = ACTIVATIONS[name]
    with np.errstate(over="ignore"):
        a = f.value(GRID)
    assert f.lowest <= a.min()
    assert a.max() <= f.highest


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_letter_of_a_formula_is_one_of_its_own(name: str) -> None:
    f = ACTIVATIONS[name]
    for formula in (f.formula, f.slope):
        formula.value({Z: 0.3, A: float(f.value(np.array(0.3))), **f.constants})  # raises KeyError for others


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
