"""What the figures share: one best setting, seeds as medians, and words for numbers."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reading_figures import curves, drawn, retold, rows, sweep_of

from runner.errors import RunnerError
from runner.figures import load
from runner.figures.figure import Options, check_options, evenly, note_of
from runner.results import Results


@pytest.mark.parametrize("metric", ["test_error", "accuracy", "test_accuracy"])
def test_curves_and_steps_are_those_of_the_metric(seeds: Path, metric: str) -> None:
    numbers, canvas = drawn("learning_curves", seeds, metric=metric)
    columns = [[float(row[metric]) for row in rows(seeds / str(run) / "history.csv")] for run in range(4)]
    drawn_column = metric.removeprefix("test_")  # of both curves
    own = "held out" if metric.startswith("test_") else "training"
    table = numbers[(numbers["line"] == 0) & (numbers["kind"] == "median") & (numbers["curve"] == own)]
    for epoch in (0, 7, 250):
        middle = statistics.median(column[epoch] for column in columns)
        assert table.loc[table["epoch"] == epoch, drawn_column].item() == pytest.approx(middle, rel=1e-14)
    assert set(numbers.loc[numbers["kind"] == "seed", "curve"]) == {own}
    label = "error $E$" if drawn_column == "error" else "error rate, 1 − accuracy"
    assert canvas.axes[0].get_ylabel() == label
    said = metric.replace("_", " ")
    assert load("learning_curves").caption(numbers).startswith(drawn_column.capitalize())
    numbers, canvas = drawn("learning_rates", seeds, metric=metric)
    level = numbers.attrs["level"].value
    more = "accuracy" in metric
    there = [[v >= level if more else v <= level for v in column] for column in columns]
    away = [[epoch for epoch, at_level in enumerate(column) if not at_level] for column in there]
    soon = [float("inf") if column[-1:] == [250] else (column or [-1])[-1] + 1.0 for column in away]
    first = numbers[(numbers["learning_rate"] == 0.05) & (numbers["regularization.l2"] == 0.01)].iloc[0]
    middle = statistics.median(soon)
    assert first["steps_to_threshold"] == middle or (
        np.isinf(middle) and np.isnan(first["steps_to_threshold"])
    )
    assert canvas.axes[1].get_ylabel().startswith(f"epochs to\n{said} $\\{'g' if more else 'l'}eq$ ")
    assert f"from which on the {said} stays at {'least' if more else 'most'}" in load(
        "learning_rates"
    ).caption(numbers)


def test_only_seeds_become_medians(tmp_path: Path) -> None:
    swept: dict[str, list[Any]] = {
        "learning_rate": [0.01, 0.02], "optimizer.momentum": [0.0, 0.5], "regularization.l2": [0.0, 0.1],
    }  # fmt: skip
    sweep = sweep_of(tmp_path, swept, "epochs=20")
    numbers, canvas = drawn("learning_rates", sweep)
    assert len(numbers) == 8
    assert (numbers["runs"] == 1).all()
    assert [len(curves(canvas, at)) for at in (0, 1)] == [2, 2]
    assert "A panel for each value of L2 penalty" in load("learning_rates").caption(numbers)
    numbers, canvas = drawn("learning_curves", sweep)
    assert [len(curves(canvas, at)) for at in (0, 1)] == [4, 4]
    said = "a panel for each value of momentum μ; colours tell learning rate η, dashes L2 penalty"
    assert said in load("learning_curves").caption(numbers)


@pytest.mark.parametrize("name", ["learning_rates", "heatmap"])
def test_nothing_is_best_where_every_setting_lost_half_of_its_runs(
    name: str, lost: Path, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(lost, tmp_path / "s")
    retold(tmp_path / "s", status=["diverged", "completed"] * 12)
    reason = load(name).applies(Results(tmp_path / "s"), Options())
    assert reason == "at least half of the runs of every setting diverged or blew up"


@pytest.mark.parametrize("metric", ["final_error", "test_error"])
def test_one_setting_is_the_best_in_every_figure(seeds: Path, metric: str) -> None:
    """The best median over seeds; a picture of one run shows the median seed, and says so."""
    keys = ["learning_rate", "regularization.l2"]
    table = pd.read_csv(seeds / "runs.csv")
    table[metric] = table[metric].mask(table["status"] == "diverged", np.inf)
    medians = table.groupby(keys)[metric].median()
    setting = dict(zip(keys, medians.idxmin(), strict=True))
    name = ", ".join(f"{key}={value:g}" for key, value in setting.items())
    alike = table[(table[keys] == pd.Series(setting)).all(axis=1)].sort_values(metric)
    seed = f"seed={alike['seed'].iloc[1]}, the median of 4 seeds"  # of the two in the middle the better
    results, options = Results(seeds), Options(metric=metric)
    said = metric.replace("_", " ")
    for figure in ("decision_boundary", "landscape"):
        caption = load(figure).caption(load(figure).numbers(results, options))
        assert f"the best setting by {said} ({name}; {seed})" in caption
    for figure in ("heatmap", "learning_rates"):
        numbers = load(figure).numbers(results, options)
        assert f"best setting by {said}: {medians.min():.6g} at {name}" in load(figure).caption(numbers)
        (marked,) = numbers[numbers["best"]].to_dict("records")
        assert {key: marked[key] for key in keys} == setting
        assert marked[metric] == pytest.approx(medians.min(), rel=1e-12)


def test_a_threshold_of_an_accuracy_is_one(seeds: Path) -> None:
    message = "^--threshold 2: must be at most 1, as accuracy is$"
    with pytest.raises(RunnerError, match=message):
        check_options(Results(seeds), Options(metric="accuracy", threshold=2.0))
    check_options(Results(seeds), Options(metric="final_error", threshold=2.0))


def test_numbers_in_sentences_are_decimals() -> None:
    from runner.figures.figure import rounded
    from runner.figures.landscape import _axis_name

    assert [rounded(v) for v in (623.4, 1087.0, 0.00327, 1e-9)] == ["620", "1100", "0.0033", "1e-09"]
    shares = [_axis_name("direction 1", share)[13:-15] for share in (1.0, 0.98765, 0.5, 0.000287)]
    assert shares == ["> 99.9", "98.8", "50.0", "< 0.1"]


def test_what_is_missing_is_said(rates: Path, tmp_path: Path) -> None:
    assert note_of(Results(rates)) == ""
    copy = tmp_path / "s"
    shutil.copytree(rates, copy)
    (copy / "runs.csv").unlink()
    for name in ("history.csv", "summary.csv"):
        (copy / "1" / name).unlink()
    note = note_of(Results(copy))
    assert "1 of 6 runs have no result (1 interrupted)" in note
    assert "has not ended; shown are its 5 runs so far" in note


def test_evenly_chosen_places_have_the_first_and_the_last() -> None:
    assert evenly(3, 5).tolist() == [0, 1, 2]
    assert evenly(1, 5).tolist() == [0]
    assert evenly(100, 4).tolist() == [0, 33, 66, 99]
