"""Values of a key at their best: by which seeds they are chosen, by which judged, and how pairs differ."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making_tables import make_table
from scipy import stats

from runner.results import Results
from runner.results.comparison import SEED, VALUE, comparison_table, judge
from runner.results.intervals import interval

RATES = [0.1, 0.2, 0.3]


def noise(*values: Any) -> float:
    return float(np.random.default_rng([int(100 * v) for v in values]).lognormal())


def noisy(seeds: int) -> dict[str, list[Any]]:
    return {"optimizer": ["sgd", "adam"], "learning_rate": RATES, "seed": list(range(seeds))}


def error_of(optimizer: str, rate: float, seed: int) -> dict[str, float]:
    return {"final_error": noise(len(optimizer), rate, seed) / len(optimizer)}


def test_each_half_of_the_seeds_is_judged_in_the_setting_that_the_other_has_chosen(tmp_path: Path) -> None:
    read = Results(make_table(tmp_path, noisy(12), error_of))
    for one in judge(read, "optimizer", "final_error"):
        errors = {(r, s): error_of(str(one.value), r, s)["final_error"] for r in RATES for s in range(12)}
        expected = {}
        for mine, others in ((range(0, 12, 2), range(1, 12, 2)), (range(1, 12, 2), range(0, 12, 2))):
            best = min(RATES, key=lambda rate: float(np.median([errors[rate, seed] for seed in others])))
            expected |= {seed: errors[best, seed] for seed in mine}
        assert one.split
        assert one.sample == expected


def test_judged_by_other_seeds_the_best_of_many_does_not_look_better_than_it_is(tmp_path: Path) -> None:
    """All settings are alike, with a median of 1: the best of 12 by the seeds that judge it is flattered."""
    rates = [round(0.01 * k, 2) for k in range(1, 13)]

    def bias(seeds: int) -> float:
        swept = {"optimizer": list(range(20)), "learning_rate": rates, "seed": list(range(seeds))}
        sweep = make_table(tmp_path / str(seeds), swept, lambda *values: {"final_error": noise(*values)})
        judged = judge(Results(sweep), "optimizer", "final_error")
        return float(np.mean([np.log(np.median(list(one.sample.values()))) for one in judged]))

    assert bias(10) == pytest.approx(0, abs=0.2)
    assert bias(9) < -0.4


def test_values_have_their_medians_means_and_intervals_the_best_first(tmp_path: Path) -> None:
    read = Results(make_table(tmp_path, noisy(7), error_of))
    table = comparison_table(read, "optimizer", "final_error")
    assert not table.attrs["split"]
    assert table.attrs["choices"] == 3
    values, judged = table[table["layer"] == VALUE], judge(read, "optimizer", "final_error")
    assert values["final_error"].is_monotonic_increasing
    for (_, row), one in zip(values.iterrows(), judged, strict=True):
        sample = np.array(list(one.sample.values()))
        assert row["final_error"] == np.median(sample)
        assert row["iqm"] == pytest.approx(stats.trim_mean(sample, 0.25), rel=1e-12)
        assert (row["low"], row["high"]) == interval(sample)
        assert row["chosen"] == f"learning_rate={read.runs.at[one.chosen[0].middle, 'learning_rate']}"
        seeds = table[(table["layer"] == SEED) & (table["value"] == row["value"])]
        assert dict(zip(seeds["seed"], seeds["final_error"], strict=True)) == one.sample


def test_differences_are_paired_by_seed(tmp_path: Path) -> None:
    """Seeds matter a hundred times as much as the optimizer does: only pairs tell the two apart."""

    def results(optimizer: str, seed: int) -> dict[str, float]:
        return {"final_error": 1.0 + seed + (0.01 + 0.001 * seed) * (optimizer == "sgd")}

    swept = {"optimizer": ["sgd", "adam"], "seed": list(range(6))}
    table = comparison_table(Results(make_table(tmp_path, swept, results)), "optimizer", "final_error")
    best, other = table[table["layer"] == VALUE].itertuples()
    assert (best.value, other.value) == ("adam", "sgd")
    assert other.difference == pytest.approx(0.0125, rel=1e-9)
    assert 0.01 <= other.difference_low < other.difference_high <= 0.015 + 1e-12
    ours, theirs = np.arange(1.0, 7), np.arange(1.0, 7) * 1.001 + 0.009
    assert other.improvement == np.mean([np.sign(b - a) / 2 + 0.5 for a in ours for b in theirs])
    assert best.high > other.low
    assert math.isnan(best.difference)


def test_seeds_that_both_lose_do_not_differ(tmp_path: Path) -> None:
    def results(optimizer: str, seed: int) -> dict[str, float] | None:
        lost = seed == 0 or (seed == 1 and optimizer == "sgd")
        numbers = {"test_error": 1.0, "test_accuracy": 0.5, "final_error": 1.0}
        return None if lost else numbers | {"best_epoch": 9 if optimizer == "adam" else 10}

    swept = {"optimizer": ["sgd", "adam"], "seed": list(range(6))}
    table = comparison_table(Results(make_table(tmp_path, swept, results)), "optimizer", "test_accuracy")
    best, other = table[table["layer"] == VALUE].itertuples()
    assert (best.value, best.diverged, other.diverged) == ("adam", 1, 2)
    seeds = table[(table["layer"] == SEED) & (table["value"] == "sgd")].set_index("seed")
    assert seeds["difference"].fillna(-1).tolist() == [0, -1, 0, 0, 0, 0]
    assert seeds["test_accuracy"].isna().tolist() == [True, True, False, False, False, False]
