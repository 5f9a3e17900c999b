"""Elementary functions: their last digits over the whole range, the same wherever an element stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext

import numpy as np
import pytest

from runner.nn.activations import ACTIVATIONS
from runner.nn.arrays import Array
from runner.nn.elementary import sigmoid, softplus, tanh_softplus


@pytest.fixture(autouse=True)
def forty_digits() -> Iterator[None]:
    with localcontext() as context, np.errstate(all="ignore"):
        context.prec = 40
        yield


def everywhere() -> Array:
    """Numbers of every size, where functions bend, where formulas cancel, and where results are subnormal."""
    rng = np.random.default_rng(0)
    sizes = np.concatenate([10 ** rng.uniform(-12, 2.87, 500), 10 ** rng.uniform(-320, -12, 100)])
    spread = [rng.normal(0, 1, 500), rng.uniform(-45, 45, 500), rng.uniform(-744, -700, 100)]
    return np.concatenate([sizes, -sizes, *spread, [0.0, 5e-324, -5e-324, 20.0, 20.1]])


def exact_tanh(z: Decimal) -> Decimal:
    if abs(z) < Decimal("1e-14"):
        return z - z**3 / 3
    e = (2 * z).exp()
    return (e - 1) / (e + 1)


def exact_softplus(z: Decimal) -> Decimal:
    return (1 + z.exp()).ln() if z > -40 else z.exp() - (2 * z).exp() / 2


def exact_tanh_softplus(z: Decimal) -> Decimal:
    q = (1 + z.exp()) ** 2
    return (q - 1) / (q + 1) if z > -40 else z.exp()


@pytest.mark.parametrize(
    ("function", "exact"),
    [
        (ACTIVATIONS["tanh"].value, exact_tanh),
        (sigmoid, lambda z: 1 / (1 + (-z).exp())),
        (softplus, lambda z: exact_softplus(z) if z <= 20 else z),
        (tanh_softplus, exact_tanh_softplus),
    ],
    ids=["tanh", "sigmoid", "softplus", "tanh_softplus"],
)
def test_within_two_units_in_the_last_place(
    function: Callable[[Array], Array], exact: Callable[[Decimal], Decimal]
) -> None:
    z = everywhere()
    expected = [exact(Decimal(number)) for number in z.tolist()]
    units = np.spacing(np.abs([float(number) for number in expected]))
    off = [
        float(abs(Decimal(a) - number) / Decimal(unit))
        for a, number, unit in zip(function(z).tolist(), expected, units.tolist(), strict=True)
    ]
    assert max(off) < 2.0, z[np.argmax(off)]


def test_at_the_ends() -> None:
    ends = np.array([-np.inf, -1e308, -746.0, 1e308, np.inf])
    np.testing.assert_array_equal(ACTIVATIONS["tanh"].value(ends), [-1, -1, -1, 1, 1])
    np.testing.assert_array_equal(sigmoid(ends), [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(softplus(ends), [0, 0, 0, 1e308, np.inf])
    np.testing.assert_array_equal(tanh_softplus(ends), [0, 0, 0, 1, 1])
    assert np.signbit(ACTIVATIONS["tanh"].value(np.array([-0.0])))
    for function in (ACTIVATIONS["tanh"].value, sigmoid, softplus, tanh_softplus):
        assert np.isnan(function(np.array([np.nan, 1.0]))).tolist() == [True, False]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_element_has_the_same_bits_wherever_it_stands(name: str) -> None:
    """In an array of any length, anywhere in memory, and beside infinities and what is none."""
    f = ACTIVATIONS[name]
    z = np.random.default_rng(1).normal(0, 3, (1, 300, 1))
    z[0, [7, 50, 120]] = [[-720.0], [720.0], [-0.0]]
    a = f.value(z)
    slopes = np.broadcast_to(f.derivative(z, a), z.shape)
    for length in (1, 2, 3, 4, 7, 8, 9, 17, 33, 64, 101):
        for start in range(9):
            part = np.s_[:, start : start + length]
            np.testing.assert_array_equal(f.value(z[part]), a[part])
            slope = np.broadcast_to(f.derivative(z[part], a[part]), a[part].shape)
            np.testing.assert_array_equal(slope, slopes[part])
    company = np.concatenate([np.reshape([np.nan, np.inf, -np.inf, -1e5], (1, 4, 1)), z], axis=1)
    np.testing.assert_array_equal(f.value(company)[:, 4:], a)
