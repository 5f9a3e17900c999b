"""erf against the C library's, one number at a time, and against SciPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runner.nn.error_function import erf

X = np.concatenate([np.linspace(-7.0, 7.0, 2801), np.random.default_rng(0).normal(size=500)])


def test_it_is_that_of_the_c_library() -> None:
    expected = np.array([math.erf(x) for x in X.tolist()])
    np.testing.assert_allclose(erf(X), expected, rtol=5e-16, atol=0)


def test_it_is_scipys() -> None:
    special = pytest.importorskip("scipy.special")
    np.testing.assert_allclose(erf(X), special.erf(X), rtol=3e-16, atol=0)  # here the same to the last bit


def test_it_is_odd_and_ends_in_one() -> None:
    assert (erf(-X) == -erf(X)).all()
    assert erf(np.array([6.0, np.inf, -np.inf, 1e-300])).tolist() == [1, 1, -1, 2e-300 / math.sqrt(math.pi)]
    assert np.isnan(erf(np.array([np.nan]))).all()
    assert erf(np.array([[[0.5]]])).shape == (1, 1, 1)
