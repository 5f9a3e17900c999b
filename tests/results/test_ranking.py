"""The best setting, from lines of a sweep's table as they are in memory or on disk."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from runner.records.lines import Line
from runner.results.ranking import default_metric, median, rank, verdict


def lines(*runs: tuple[Any, ...], metric: str = "final_error", **more: Any) -> list[Line]:
    """Lines of runs (η, seed, value of `metric`, status), in job order."""
    made = []
    for at, (rate, seed, value, *status) in enumerate(runs):
        results = {"initial_error": 1.0, "final_error": 0.5, "best_epoch": 9, metric: value}
        results |= {name: values[at] for name, values in more.items()}
        made.append(Line(at, {"learning_rate": rate, "seed": seed}, (*status, "completed")[0], results))
    return made


def best(table: list[Line], metric: str = "final_error") -> tuple[int, ...] | None:
    setting = rank(table, ["learning_rate"], metric).best
    return setting and setting.runs


def told(table: list[Line], metric: str | None = None) -> list[tuple[str, str]]:
    chosen = metric or default_metric(table)
    keys = ["learning_rate"]
    return verdict(
        table, keys, rank(table, keys, chosen), lambda run: f"η={table[run].swept['learning_rate']}"
    )


def test_a_lucky_seed_is_not_the_best_setting() -> None:
    table = lines((1, 0, 1e-9), (1, 1, 0.5), (1, 2, 0.6), (2, 0, 0.3), (2, 1, 0.1), (2, 2, 0.2))
    assert best(table) == (4, 5, 3)
    (setting, _) = rank(table, ["learning_rate"], "final_error").settings
    assert (setting.cost, setting.middle) == (0.2, 5)
    ((heading, text),) = told(table)
    assert heading == "best setting by final error"
    assert text == "0.2 at η=2 (the median of 3 seeds, run 5 in the middle)"


def test_of_two_runs_in_the_middle_the_better_is_shown() -> None:
    table = lines((1, 0, 4.0), (1, 1, 1.0), (1, 2, 3.0), (1, 3, 2.0))
    (setting,) = rank(table, ["learning_rate"], "final_error").settings
    assert (setting.cost, setting.middle) == (2.5, 3)
    assert told(table) == [("final error", "2.5 (the median of 4 seeds, run 3 in the middle)")]


@pytest.mark.parametrize("lost", [(1, 1, 0.1, "diverged"), (1, 1, 1000.0), (1, 1, math.nan)])
def test_a_run_that_is_lost_counts_as_infinitely_bad(lost: tuple[Any, ...]) -> None:
    """Of two seeds the other does not make a setting; a table may have empty cells."""
    assert best(lines((1, 0, 0.0), lost, (2, 0, 0.9), (2, 1, 0.8))) == (3, 2)
    assert best(lines((1, 0, 0.0), lost, (1, 2, 0.1), (2, 0, 0.9), (2, 1, 0.8))) == (0, 2, 1)


@pytest.mark.parametrize("status", ["failed", "interrupted"])
def test_a_run_without_a_result_counts_for_nothing(status: str) -> None:
    assert best(lines((1, 0, 0.0), (1, 1, math.nan, status), (2, 0, 0.9), (2, 1, 0.8))) == (0,)
    assert told(lines((1, 0, 0.0), (1, 1, math.nan, status))) == []


def test_of_equals_the_soonest_at_its_best_then_the_first() -> None:
    runs = [(rate, 0, 0.0) for rate in (1, 2, 3, 4)]
    table = lines(*runs, best_epoch=[7, 5, 5, 6])
    assert best(table) == (1,)
    assert told(table)[0][1] == "0 at η=2 (run 1; the soonest at its best of 4 equals)"


def test_more_accuracy_is_better() -> None:
    table = lines((1, 0, 0.9), (2, 0, 0.95), (3, 0, 1.0, "diverged"), metric="accuracy")
    assert best(table, "accuracy") == (1,)
    assert told(table, "accuracy")[0] == ("best setting by accuracy", "0.95 at η=2 (run 1)")


def test_the_test_error_decides_where_all_hold_a_part_out() -> None:
    table = lines((1, 0, 0.1), (2, 0, 0.2), test_error=[0.4, 0.3])
    assert default_metric(table) == "test_error"
    assert default_metric(lines((1, 0, 0.1), (2, 0, 0.2), test_error=[math.nan, 0.3])) == "final_error"
    assert told(table) == [
        ("best setting by test error", "0.3 at η=2 (run 1)"),
        ("training error would choose", "η=1, with a test error of 0.4"),
    ]
    assert len(told(lines((1, 0, 0.1), (2, 0, 0.2), test_error=[0.3, 0.3]))) == 1  # no worse


def test_where_every_setting_mostly_diverges_none_is_the_best() -> None:
    table = lines(
        (1, 0, 0.1), (1, 1, math.nan, "diverged"), (2, 0, math.nan, "diverged"), (2, 1, math.nan, "diverged")
    )
    assert best(table) is None
    assert told(table)[0][1] == "none, at least half of the runs of each diverged"
    assert told(lines((1, 0, math.nan, "diverged"), (2, 0, math.nan, "diverged"))) == []


def test_medians_are_within_all_numbers() -> None:
    assert median(pd.Series([1.5e308, 1.7e308])) == pytest.approx(1.6e308)
    assert median(pd.Series([1.0, 3.0, np.inf])) == 3.0
    assert median(pd.Series([1.0, np.inf])) == np.inf
    assert np.isnan(median(pd.Series([], dtype=float)))


def test_settings_are_chosen_by_validation_error_and_the_test_error_is_of_the_chosen_one() -> None:
    runs = ((1, 0, 0.2), (1, 1, 0.3), (1, 2, 0.1), (2, 0, 0.4), (2, 1, 0.5), (2, 2, 0.6))
    tests = (0.7, 0.9, 0.8, 0.1, 0.1, 0.1)
    table = lines(*runs, metric="validation_error", test_error=tests)
    assert default_metric(table) == "validation_error"
    (heading, text), other = told(table)
    assert heading == "best setting by validation error"
    assert text.startswith("0.2 at η=1")
    assert other == ("its test error", "0.8")
    without = lines((2, 3, 0.1), metric="test_error")
    assert default_metric([*table, *without]) == "test_error"  # of what all have
