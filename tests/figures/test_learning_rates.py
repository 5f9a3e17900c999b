"""Its numbers against numbers computed from the CSV files by other means; its marks, and its words."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reading_figures import curves, drawn, errors, retold, rows, stars, sweep_of

from runner.figures import load


def test_learning_rates_are_final_errors_and_first_epochs_below(rates: Path) -> None:
    numbers, canvas = drawn("learning_rates", rates)
    histories = [errors(rates / str(run)) for run in range(4)]
    assert numbers["final_error"].tolist()[:4] == [history[-1] for history in histories]
    assert numbers["final_error"].isna().tolist() == [False] * 4 + [True] * 2
    threshold = 0.01 * histories[0][0]
    for history, reached in zip(histories, numbers["steps_to_threshold"], strict=False):
        expected = [epoch for epoch, error in enumerate(history) if error <= threshold]
        assert (reached == expected[0]) if expected else np.isnan(reached)
    x, y = curves(canvas)[0]
    assert x.tolist() == numbers["learning_rate"].tolist()
    smallest = min(error for error in (h[-1] for h in histories) if error > 0)
    drawn_errors = [max(h[-1], smallest / 10) for h in histories]
    assert y[:4].tolist() == pytest.approx(drawn_errors, rel=1e-12)
    best = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "*"]
    finals = [history[-1] for history in histories]
    assert best[0].get_xdata()[0] == numbers["learning_rate"][int(np.argmin(finals))]
    left = canvas.axes[0].patches[0].get_bbox().x0  # the diverged region begins between the rates
    assert left == pytest.approx((0.2 * 3.0) ** 0.5)


def test_learning_rates_with_a_second_key_and_seeds(seeds: Path) -> None:
    numbers, canvas = drawn("learning_rates", seeds, metric="final_error")
    table = rows(seeds / "runs.csv")
    for _, row in numbers.iterrows():
        four = [r for r in table if float(r["learning_rate"]) == row["learning_rate"]
                and float(r["regularization.l2"]) == row["regularization.l2"]]  # fmt: skip
        assert row["runs"] == len(four) == 4
        lost = sum(r["status"] == "diverged" for r in four)
        assert row["diverged"] == lost
        values = [float("inf") if r["status"] == "diverged" else float(r["final_error"]) for r in four]
        middle = statistics.median(values)
        assert (
            row["final_error"] == pytest.approx(middle, rel=1e-14)
            if np.isfinite(middle)
            else np.isnan(row["final_error"])
        )
    assert len(curves(canvas)) == 2
    assert "medians over 4 seeds" in load("learning_rates").caption(numbers)


def test_zeros_of_all_lines_stand_at_one_height(tmp_path: Path) -> None:
    sweep = sweep_of(
        tmp_path, {"learning_rate": [0.01, 0.05, 0.1], "optimizer.momentum": [0.0, 0.9]}, "epochs=5"
    )
    errors_said = ["1e-3", "0", "1e-9", "0", "0", "0"]
    retold(sweep, final_error=errors_said, best_error=errors_said)
    _, canvas = drawn("learning_rates", sweep)
    (_, first), (_, second) = curves(canvas)
    assert first.tolist() == pytest.approx([1e-3, 1e-9, 1e-10])
    assert second.tolist() == pytest.approx([1e-10] * 3)
    assert stars(canvas)[1] == pytest.approx(1e-10)
    low, high = canvas.axes[0].get_ylim()
    assert 1e-13 < low < 1e-10 / 2  # room for the name of the best
    assert high < 1


def test_on_a_linear_axis_zero_is_zero(tmp_path: Path) -> None:
    sweep = retold(
        sweep_of(tmp_path, {"learning_rate": [0.01, 0.1]}, "epochs=5"),
        final_error=["3e-6", "0"], best_error=["3e-6", "0"],
    )  # fmt: skip
    _, canvas = drawn("learning_rates", sweep)
    assert canvas.axes[0].get_yscale() == "linear"
    assert curves(canvas)[0][1].tolist() == [3e-6, 0.0]


def test_what_leaves_the_frame_is_marked(tmp_path: Path) -> None:
    sweep = retold(
        sweep_of(tmp_path, {"learning_rate": [0.01, 0.1, 0.2]}, "epochs=5"),
        initial_error=["0.3", "0.3", "40"],
        final_error=["1e-3", "2e-3", "3e4"],
    )
    numbers, canvas = drawn("learning_rates", sweep)
    (mark,) = [line for line in canvas.axes[0].get_lines() if line.get_gid() == "off scale"]
    (x,), (y,) = mark.get_data()
    assert x == 0.2
    assert canvas.axes[0].get_ylim()[0] < y <= canvas.axes[0].get_ylim()[1] < 1e6
    assert "up to 30000" in load("learning_rates").caption(numbers)


def test_runs_of_no_epoch_are_dots_and_reach_what_they_begin_with(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"learning_rate": [0.01, 0.05]}, "epochs=0")
    _, canvas = drawn("learning_curves", sweep)
    dots = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "o"]
    assert [line.get_ydata()[0] for line in dots] == [errors(sweep / "0")[0]] * 2
    _, canvas = drawn("learning_rates", sweep)
    assert not [text for text in canvas.axes[1].texts if "no run" in text.get_text()]
    assert canvas.axes[1].get_ylim()[0] < 0 < canvas.axes[1].get_ylim()[1]


def test_a_lone_point_among_many_rates_is_marked(many: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(many, tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "runs.csv")
    table.loc[[50, 52], "status"] = "diverged"
    table.to_csv(tmp_path / "s" / "runs.csv", index=False)
    _, canvas = drawn("learning_rates", tmp_path / "s")
    dots = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "o"]
    assert dots[0].get_xdata().tolist() == [table.at[51, "learning_rate"]]


def test_where_no_run_gets_there_the_panel_says_so(tmp_path: Path) -> None:
    """Each seed reaches an error of its own: the median of no rate reaches the threshold."""
    swept: dict[str, list[Any]] = {"learning_rate": [0.8, 1.0], "seed": list(range(5))}
    relu = ["network=dense", "network.activation=relu", "data=plane", "epochs=30"]
    numbers, canvas = drawn("learning_rates", sweep_of(tmp_path, swept, *relu))
    assert numbers["steps_to_threshold"].isna().all()
    assert [text.get_text() for text in canvas.axes[1].texts] == ["no run got there"]
