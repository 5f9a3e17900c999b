"""Its numbers against numbers computed from the CSV files by other means; its marks, and its words."""

from __future__ import annotations

import statistics
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from reading_figures import curves, drawn, drawn_as_paper, errors, rows, sweep_of

from runner.figures import load
from runner.figures.figure import Options
from runner.results import Results


def test_learning_curves_are_the_error_columns(rates: Path) -> None:
    numbers, canvas = drawn("learning_curves", rates)
    least = min(error for run in range(6) for error in errors(rates / str(run)) if error > 0)
    for run, (x, y) in enumerate(curves(canvas)):
        expected = errors(rates / str(run))
        assert x.tolist() == list(range(len(expected)))
        assert numbers.loc[numbers["line"] == run, "error"].tolist() == expected
        shown = y < 1000  # of diverged runs, what leaves the axes is drawn just outside
        assert shown.sum() >= 1
        assert y[shown].tolist() == [error or least / 10 for error in expected if error < 1000]
    (crosses,) = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "x"]
    lines = list(curves(canvas))
    for (at, height), run in zip(crosses.get_xydata(), (4, 5), strict=True):  # where its line leaves for good
        x, y = lines[run]
        assert np.interp(at, x, np.log(y)) == pytest.approx(np.log(height))
        assert (y[x > at] > height).all()
    assert "2 of 6 runs diverged; crosses end lines that diverged" in load("learning_curves").caption(numbers)
    assert canvas.axes[0].get_yscale() == "log"


def test_learning_curves_of_seeds_are_medians_with_quartiles(seeds: Path) -> None:
    numbers, canvas = drawn("learning_curves", seeds, metric="final_error")
    group = [errors(seeds / str(run)) for run in range(4)]  # the first rate and penalty
    table = numbers[numbers["line"] == 0]
    for epoch in (0, 7, 250):
        four = sorted(history[epoch] for history in group)
        row = table[table["epoch"] == epoch].iloc[0]
        low, middle, high = statistics.quantiles(four, n=4, method="inclusive")
        assert row["error"] == pytest.approx(middle, rel=1e-14)
        assert (row["low"], row["high"]) == (pytest.approx(low, rel=1e-12), pytest.approx(high, rel=1e-12))
    _, y = curves(canvas)[0]
    assert y.tolist() == table["error"].tolist()
    bands = [c for c in canvas.axes[0].collections if isinstance(c, PolyCollection)]
    band = bands[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(table["low"].min())
    assert "median over 4 seeds" in load("learning_curves").caption(numbers)
    assert "first to the third quartile" in load("learning_curves").caption(numbers)


def test_many_runs_become_quantiles_and_a_sample(many: Path) -> None:
    numbers, canvas = drawn("learning_curves", many)
    whole = numbers[numbers["line"] < 0]
    last = [errors(many / str(run))[20] for run in range(150)]
    assert whole["error"].iloc[20] == pytest.approx(np.median(last), rel=1e-14)
    assert whole["low"].iloc[20] == pytest.approx(np.quantile(last, 0.05), rel=1e-12)
    assert whole["high"].iloc[20] == pytest.approx(np.quantile(last, 0.95), rel=1e-12)
    assert numbers["line"].nunique() == 51
    assert len(curves(canvas)) == 51
    assert "50 of the runs" in load("learning_curves").caption(numbers)
    sample = numbers[numbers["line"] == 149]
    assert sample["error"].tolist() == errors(many / "149")


def test_a_sweep_over_seeds_alone_is_a_median_with_its_band(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"seed": [0, 1, 2]}, "network=dense", "epochs=10")
    numbers, canvas = drawn("learning_curves", sweep)
    last = sorted(errors(sweep / str(run))[-1] for run in range(3))
    assert numbers["error"].iloc[-1] == last[1]
    assert numbers["high"].iloc[-1] == pytest.approx((last[1] + last[2]) / 2)
    assert len(curves(canvas)) == 1
    assert "median over 3 seeds" in load("learning_curves").caption(numbers)


def test_lines_that_blow_up_do_not_set_the_scale(tmp_path: Path) -> None:
    """A step of η = 1.5 is beyond the minimum of the parabola, and every one further than that before."""
    line = ["data=inline", "data.inputs=[[2],[1],[-2]]", "data.targets=[[1],[1],[-1]]"]
    sweep = sweep_of(
        tmp_path, {"learning_rate": [0.05, 1.5]}, "network=dense", "network.hidden=[]", *line, "epochs=20"
    )
    assert pd.read_csv(sweep / "runs.csv")["status"].tolist() == ["completed"] * 2
    last = errors(sweep / "1")[-1]
    assert last > 1e6 * errors(sweep / "1")[0]
    numbers, canvas = drawn("learning_curves", sweep)
    assert canvas.axes[0].get_ylim()[1] < 1000 * errors(sweep / "1")[0]
    (mark,) = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "^"]
    assert len(mark.get_xdata()) == 1
    text = load("learning_curves").caption(numbers)
    assert "1 of 2 runs blew up (to 1,000 times the first error or more); triangles end lines" in text
    numbers, _ = drawn("learning_curves", sweep / "1")
    assert "The run blew up" in load("learning_curves").caption(numbers)
    assert load("decision_boundary").applies(Results(sweep / "1"), Options()) == "every run blew up"


def test_held_out_curves_are_in_the_caption(seeds: Path) -> None:
    numbers, canvas = drawn("learning_curves", seeds / "0")
    assert "held-out examples" in load("learning_curves").caption(numbers)
    history = rows(seeds / "0" / "history.csv")
    assert curves(canvas)[1][1].tolist() == [float(row["test_error"]) for row in history]


def test_bands_are_within_the_axes(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"seed": list(range(20))}, "network=dense", "data=plane", "epochs=30")
    numbers, canvas = drawn("learning_curves", sweep)
    low, high = canvas.axes[0].get_ylim()
    assert numbers["high"].max() > 1.5 * numbers["error"].max()
    assert low <= numbers["low"].min()
    assert numbers["high"].max() <= high


def test_a_shorter_run_is_not_hidden_by_a_longer_one(tmp_path: Path) -> None:
    _, canvas = drawn("learning_curves", sweep_of(tmp_path, {"epochs": [2, 5, 20, 50]}))
    (lines,) = (c for c in canvas.axes[0].collections if isinstance(c, LineCollection))
    assert [len(path) for path in lines.get_segments()] == [51, 21, 6, 3]


def test_ticks_say_what_they_are(tmp_path: Path) -> None:
    """Errors that differ in the tenth digit: no sum of two numbers at the end of the axis."""
    _, canvas = drawn_as_paper(
        "learning_curves", sweep_of(tmp_path, {"learning_rate": [1e-12, 1e-11, 1e-10]})
    )
    canvas.canvas.draw()
    axis = canvas.axes[0].yaxis
    assert axis.get_offset_text().get_text() == ""
    values = [float(tick.get_text()) for tick in axis.get_ticklabels()]
    assert 0.32 < min(values) < max(values) < 0.33
