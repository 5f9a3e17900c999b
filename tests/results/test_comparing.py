"""P(improvement) against rliable's formula, and how far ranks are apart."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from runner.results.comparing import apart, improvement


def test_the_probability_of_improvement_is_rliables() -> None:
    """probability_of_improvement of its metrics.py, by Mann and Whitney's U, and counted one by one.

    There more is better, here costs are compared.
    """
    rng = np.random.default_rng(0)
    for _ in range(100):
        x, y = (rng.integers(0, 12, rng.integers(1, 20)).astype(float) for _ in range(2))
        statistic, _ = stats.mannwhitneyu(x, y, alternative="greater")
        rliables = 0.5 if np.array_equal(x, y) else statistic / (len(x) * len(y))
        assert improvement(list(-x), list(-y)) == pytest.approx(rliables, abs=1e-12)
        signs = np.sign(x[:, None] - y[None, :])
        assert improvement(list(-x), list(-y)) == pytest.approx((signs.mean() + 1) / 2, abs=1e-12)


def test_runs_that_were_lost_are_equally_bad() -> None:
    assert improvement([1.0, math.inf], [math.inf, math.inf]) == 0.75


def test_ranks_are_apart_by_standard_deviations_of_u() -> None:
    ours, theirs = [1.0, 2.0, 3.0, 5.0], [4.0, 6.0, 7.0]
    (better, n, m) = 11, 4, 3
    assert apart(ours, theirs) == pytest.approx((better - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12))
    assert apart(theirs, ours) == pytest.approx(-apart(ours, theirs))
