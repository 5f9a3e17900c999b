"""Interquartile means against SciPy's, intervals by how often they cover, and the table of settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making_tables import make_table
from scipy import stats

from runner.results import Results, intervals
from runner.results.intervals import (
    interquartile_mean,
    interval,
    intervals_of,
    middle,
    settings_table,
    student_quantile,
)

#: How samples are drawn, and the median and the mean of the middle half of each distribution.
DISTRIBUTIONS: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    "normal": (lambda rng, shape: rng.normal(size=shape), stats.norm.ppf),
    "lognormal": (lambda rng, shape: rng.lognormal(size=shape), stats.lognorm(1.0).ppf),
    "exponential": (lambda rng, shape: rng.exponential(size=shape), stats.expon.ppf),
}


def covered(samples: Any, statistic: Any, truth: float) -> float:
    low, high = intervals.intervals(samples, statistic).T
    return float(((low <= truth) & (truth <= high)).mean())


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_intervals_cover_what_they_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer resamples than usual: tests/benchmarks/intervals.py has them all, and more seeds."""
    monkeypatch.setattr(intervals, "RESAMPLES", 400)
    draw, quantile = DISTRIBUTIONS[name]
    samples = draw(np.random.default_rng(1), (2000, 10))
    within = quantile(0.25 + (np.arange(100_000) + 0.5) / 200_000).mean()
    assert 0.93 <= covered(samples, middle, quantile(0.5)) <= 0.97
    assert 0.93 <= covered(samples, interquartile_mean, within) <= 0.97


def test_interquartile_means_are_rliables() -> None:
    """aggregate_iqm of its metrics.py: the 25 % trimmed mean over all runs and tasks."""
    rng = np.random.default_rng(0)
    for _ in range(100):
        table = rng.lognormal(size=rng.integers(1, 30, 2))
        assert interquartile_mean(table.ravel()) == pytest.approx(
            stats.trim_mean(table, proportiontocut=0.25, axis=None), rel=1e-12
        )


def test_the_median_is_numpys_and_may_be_infinite() -> None:
    for count in (1, 4, 5):
        values = np.random.default_rng(count).normal(size=(3, count))
        assert middle(values).tolist() == np.median(values, axis=-1).tolist()
    assert middle(np.array([1.0, math.inf, math.inf])) == math.inf
    assert interquartile_mean(np.array([-math.inf, 1.0, 2.0, math.inf])) == 1.5


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 30, 1001])
def test_students_quantiles_are_scipys(freedom: int) -> None:
    assert student_quantile(freedom, 0.975) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)


def test_intervals_are_percentiles_of_scipys_bootstrap() -> None:
    values = np.sort(np.random.default_rng(3).lognormal(size=(4, 9)), axis=1)
    tail = stats.norm.sf(stats.t.ppf(0.975, 8))
    ends = stats.bootstrap(
        (values,), np.median, axis=-1, n_resamples=intervals.RESAMPLES, method="percentile",
        confidence_level=1 - 2 * tail, rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    np.testing.assert_allclose(intervals.intervals(values), np.stack(ends, axis=-1), rtol=1e-9)


def test_below_five_seeds_there_is_no_interval() -> None:
    assert all(map(math.isnan, interval(np.arange(4.0))))
    low, high = interval(np.arange(5.0))
    assert 0 <= low < 2 < high <= 4


def test_lost_runs_make_ends_infinite_and_no_more() -> None:
    low, high = interval(np.array([1.0, 2.0, 3.0, 4.0, math.inf, math.inf]))
    assert 1 <= low <= 3
    assert high == math.inf


def test_a_sample_has_its_interval_in_whatever_company_and_order() -> None:
    samples = [*np.random.default_rng(0).lognormal(size=(7, 6)), np.arange(9.0), np.arange(3.0)]
    together = intervals_of(samples)
    np.testing.assert_array_equal(together, [interval(sample) for sample in samples])
    np.testing.assert_array_equal(together, [interval(sample[::-1]) for sample in samples])
    assert np.isnan(together).any(axis=1).tolist() == [False] * 8 + [True]


def test_settings_have_their_medians_intervals_and_whether_they_are_told_from_the_best(
    tmp_path: Path,
) -> None:
    levels = {0.1: 3.0, 0.2: 1.0, 0.3: 1.01, 0.4: 9.0}

    def results(rate: float, seed: int) -> dict[str, float] | None:
        lost = rate == 0.4 and seed > 3
        return None if lost else {"final_error": levels[rate] * (1 + 0.1 * math.sin(7 * seed))}

    sweep = make_table(tmp_path, {"learning_rate": list(levels), "seed": list(range(6))}, results)
    table = settings_table(Results(sweep), "final_error")
    assert table["learning_rate"].tolist() == [0.2, 0.3, 0.1, 0.4]
    assert table["distinguishable"].tolist() == [None, False, True, True]
    assert table["n"].tolist() == [6] * 4
    assert table["diverged"].tolist() == [0, 0, 0, 2]
    sample = np.array([results(0.1, seed)["final_error"] for seed in range(6)])  # type: ignore[index]
    row = table.iloc[2]
    assert row["final_error"] == np.median(sample)
    assert (row["low"], row["high"]) == interval(sample)
    assert table["high"].iloc[3] == math.inf
    assert Results(sweep).ranking("final_error").settings[2].middle == table.index[2]


def test_settings_of_one_run_are_neither_told_apart_nor_sure(tmp_path: Path) -> None:
    sweep = make_table(tmp_path, {"learning_rate": [0.1, 0.2]}, lambda rate: {"final_error": rate})
    table = settings_table(Results(sweep), "final_error")
    assert table["distinguishable"].tolist() == [None, None]
    assert table[["low", "high"]].isna().all(axis=None)
