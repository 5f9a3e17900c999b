"""LR sensitivity and the range near the best, worked out by hand, and a line a setting of a sweep."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from making_sweeps import make_sweep

from runner.results import Results
from runner.results.levels import level_of
from runner.results.ranking import Ranking, Setting
from runner.results.rates import near_best, rate_table, sensitivity

RATES = np.array([1e-3, 1e-2, 1e-1, 1.0])


def test_sensitivity_is_that_of_wortsman_et_al() -> None:
    """Of rates in equal ratios it is the plain mean; the worst is no worse than the start."""
    errors, start = np.array([0.5, 0.2, 0.1, np.inf]), np.full(4, 0.9)
    assert sensitivity(RATES, errors, start) == pytest.approx((0.4 + 0.1 + 0.0 + 0.8) / 4, rel=1e-12)
    assert sensitivity(RATES, np.full(4, 0.1), start) == 0
    assert sensitivity(RATES, errors + 2, start) == 0  # all are worse than the start
    assert math.isnan(sensitivity(RATES, np.full(4, np.inf), start))
    assert math.isnan(sensitivity(RATES[:1], errors[:1], start[:1]))


def test_sensitivity_is_a_mean_over_the_logarithm() -> None:
    """A rate more between two does not weigh more: it shares their weight."""
    rates = np.array([0.01, 0.1, 10**-0.5, 1.0, 10.0])
    errors = np.array([0.0, 0.0, 1.0, 1.0, 0.0])
    weights = [1, 0.75, 0.5, 0.75, 1]
    assert sensitivity(rates, errors, np.full(5, 2.0)) == pytest.approx(1.25 / sum(weights), rel=1e-12)


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ([5.0, 1.09, 1.0, 1.11], (1, 2)),
        ([1.05, 2.0, 1.0, 1.0], (2, 3)),  # what lies behind a worse one is not near
        ([1e-30, 0.0, 9e-25, np.inf], (0, 2)),  # round-off is equal
        ([1.0, np.inf, np.inf, np.inf], (0, 0)),
    ],
)
def test_what_is_near_the_best(costs: list[float], expected: tuple[int, int]) -> None:
    assert near_best(np.array(costs)) == expected


def test_a_row_a_line_of_settings(tmp_path: Path) -> None:
    sweep = make_sweep(
        tmp_path / "s", {"optimizer.momentum": [0.0, 0.5], "learning_rate": [0.01, 0.1, 10.0]}, ["epochs=20"]
    )
    results = Results(sweep)
    table = rate_table(results, "final_error")
    assert table["optimizer.momentum"].tolist() == [0.0, 0.5]
    ends = results.runs["final_error"].to_numpy().reshape(2, 3)[:, :2]
    assert table["final_error"].tolist() == ends.min(axis=1).tolist()
    assert table["best_rate"].tolist() == [0.1, 0.1]
    assert table["lost_from"].tolist() == [10.0, 10.0]
    assert table["lost_runs"].tolist() == ["1 of 1"] * 2
    start = results.runs["initial_error"][0]
    weights = np.gradient(np.log([0.01, 0.1, 10.0]))
    worst = [np.average([a, b, start], weights=weights) - min(a, b) for a, b in ends]
    assert table["lr_sensitivity"].to_numpy() == pytest.approx(worst, rel=1e-12)


def test_the_level_is_one_that_half_of_the_settings_end_at() -> None:
    costs = [0.0005, 0.002, 0.3, 0.4, 0.5, math.inf]
    ranking = Ranking("final_error", tuple(Setting((at,), cost, 0) for at, cost in enumerate(costs)))
    assert level_of(ranking, costs, 1.0) == (0.3, "what half of the settings end at")
    assert level_of(ranking, costs, 30.0) == (0.3, "1 % of the initial error")
    right = [-0.999, -0.9512, -0.2]
    ranking = Ranking("accuracy", tuple(Setting((at,), cost, 0) for at, cost in enumerate(right)))
    assert level_of(ranking, right, math.nan) == (0.95, "what half of the settings end at")


def test_of_equal_rates_the_soonest_is_the_best_as_in_a_ranking(tmp_path: Path) -> None:
    assert near_best(np.array([0.0, 1.0, 0.0]), 2) == (2, 2)
    results = Results(make_sweep(tmp_path / "s", {"learning_rate": [0.0602089, 0.131415]}, ["epochs=300"]))
    best = results.ranking("final_error").best
    assert best is not None
    assert rate_table(results, "final_error")["best_rate"].tolist() == [
        results.runs.at[best.middle, "learning_rate"]
    ]
