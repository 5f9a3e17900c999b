"""Its numbers against numbers computed from the CSV files by other means; its marks, and its words."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reading_figures import curves, drawn, errors, retold, rows, stars, sweep_of

from runner.figures import STYLES, load
from runner.figures.options import Look
from runner.figures.style.sheets import in_force
from runner.results import Results


def test_learning_rates_are_final_errors_and_first_epochs_below(rates: Path) -> None:
    numbers, canvas = drawn("learning_rates", rates)
    histories = [errors(rates / str(run)) for run in range(4)]
    assert numbers["final_error"].tolist()[:4] == [history[-1] for history in histories]
    assert numbers["final_error"].isna().tolist() == [False] * 4 + [True] * 2
    threshold = numbers.attrs["level"].value
    for history, reached in zip(histories, numbers["steps_to_threshold"], strict=False):
        away = [epoch for epoch, error in enumerate(history) if error > threshold]
        assert np.isnan(reached) if away[-1:] == [60] else reached == (away or [-1])[-1] + 1
    x, y = curves(canvas)[0]
    assert x.tolist() == numbers["learning_rate"].tolist()
    smallest = min(error for error in (h[-1] for h in histories) if error > 0)
    drawn_errors = [max(h[-1], smallest / 10, 1e-25) for h in histories]
    assert y[:4].tolist() == pytest.approx(drawn_errors, rel=1e-12)
    best = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "*"]
    finals = [history[-1] for history in histories]
    assert best[0].get_xdata()[0] == numbers["learning_rate"][int(np.argmin(finals))]
    (grey,) = [patch for patch in canvas.axes[0].patches if patch.get_gid() == "lost"]
    left = grey.get_bbox().x0  # the diverged region begins between the rates
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
    assert high < 10  # and for that of where it began


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
    sweep = sweep_of(tmp_path, {"learning_rate": [0.01, 0.05, 0.1]}, "epochs=0")
    _, canvas = drawn("learning_curves", sweep)
    dots = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "o"]
    assert [line.get_ydata()[0] for line in dots] == [errors(sweep / "0")[0]] * 3
    _, canvas = drawn("learning_rates", sweep)
    assert canvas.axes[1].get_ylim()[0] < 0 < canvas.axes[1].get_ylim()[1]


def test_a_lone_point_among_many_rates_is_marked(many: Path, tmp_path: Path) -> None:
    shutil.copytree(many, tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "runs.csv")
    table.loc[[50, 52], "status"] = "diverged"
    table.to_csv(tmp_path / "s" / "runs.csv", index=False)
    _, canvas = drawn("learning_rates", tmp_path / "s")
    dots = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "o"]
    assert dots[0].get_xdata().tolist() == [table.at[51, "learning_rate"]]


def test_with_fewer_than_three_points_there_is_no_right_panel(tmp_path: Path) -> None:
    numbers, canvas = drawn("learning_rates", sweep_of(tmp_path, {"learning_rate": [0.05, 0.1]}, "epochs=30"))
    assert len(canvas.axes) == 1
    said = (
        "How soon the error stays ≤ 0.0033 (1 % of the initial error) is not drawn: only 2 points get there"
    )
    assert said in load("learning_rates").caption(numbers)


def test_steps_are_counted_to_the_threshold_that_is_asked_for(rates: Path) -> None:
    numbers, canvas = drawn("learning_rates", rates, threshold=0.2)
    expected = [
        next((i for i, e in enumerate(errors(rates / str(run))) if e <= 0.2), np.nan) for run in range(4)
    ]
    assert numbers["steps_to_threshold"].tolist()[:4] == pytest.approx(expected, nan_ok=True)
    assert canvas.axes[1].get_ylabel() == r"epochs to $E$ $\leq$ 0.2"
    assert "at most 0.2 (--threshold)" in load("learning_rates").caption(numbers)
    never = {
        line.get_gid(): line.get_xdata().tolist() for line in canvas.axes[1].get_lines() if line.get_gid()
    }
    assert never["lost"] == [3.0, 10.0]
    assert never["never"] == [0.0005, 0.005][: np.isnan(expected).sum()]


@pytest.mark.parametrize("ending", ["irregular", "oscillating"])
def test_a_run_that_does_not_settle_but_is_low_at_its_end_has_not_got_there(
    rates: Path, tmp_path: Path, ending: str
) -> None:
    shutil.copytree(rates, tmp_path / "s")
    late = errors(rates / "0")[58]
    endings = [ending, "falling", "converged", ending, "diverged", "diverged"]
    numbers, _ = drawn("learning_rates", retold(tmp_path / "s", ending=endings), threshold=late)
    steps = numbers["steps_to_threshold"]
    assert np.isnan(steps[0])
    assert 0 < steps[3] < 58
    assert drawn("learning_rates", rates, threshold=late)[0]["steps_to_threshold"][0] == 58


def test_what_bounds_the_rates_is_drawn(rates: Path, tmp_path: Path) -> None:
    shutil.copytree(rates, tmp_path / "s")
    endings = ["falling", "converged", "converged", "oscillating", "diverged", "diverged"]
    finals = ["0.2", "1.04e-2", "1e-2", "0.1", "", ""]
    sweep = retold(tmp_path / "s", ending=endings, final_error=finals)
    table = pd.read_csv(sweep / "runs.csv", dtype=str)
    table.insert(len(table.columns) - 1, "stability_limit", ["", "0.3", "0.15", "inf", "", ""])
    table.to_csv(sweep / "runs.csv", index=False)
    numbers, canvas = drawn("learning_rates", sweep)
    marks = {str(line.get_gid()): line for line in canvas.axes[0].get_lines() if line.get_gid()}
    assert marks["near"].get_xdata().tolist() == [0.005, 0.05]  # within 10 % of the best
    assert set(marks["limit"].get_xdata()) == {0.15}
    assert marks["initial"].get_ydata()[0] == pytest.approx(0.3272405)
    shades = {patch.get_gid(): patch.get_bbox() for patch in canvas.axes[0].patches}
    assert (shades["unsettled"].x0, shades["unsettled"].x1) == pytest.approx((0.1, (0.2 * 3) ** 0.5))
    assert "round-off" not in shades
    text = load("learning_rates").caption(numbers)
    assert "Hatched: rates at which" in text
    assert "The stability limit, 0.15," in text


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("second", [{}, {"optimizer.momentum": [0.0, 0.5]}])
def test_the_name_of_the_best_rate_stands_clear_of_the_bar(
    tmp_path: Path, style: str, second: dict[str, list[Any]]
) -> None:
    """Also where a line of words or a legend stands above the panel, which is lower then."""
    swept = {"learning_rate": [1e-3, 0.01, 0.1, 0.2], **second}
    finals = [final for final in ("1e-3", "0", "1e-31", "1e3") for _ in range(len(second) + 1)]
    sweep = retold(sweep_of(tmp_path, swept, "epochs=5"), final_error=finals)
    with in_force(Look(style)):
        _, canvas = drawn("learning_rates", sweep, threshold=1.0)  # with the right panel, they are smaller
        assert len(canvas.axes) == 2
        ax, points = canvas.axes[0], canvas.dpi / 72
        (bar,) = [line for line in ax.get_lines() if line.get_gid() == "near"]
        (name,) = [text for text in ax.texts if "within 10 %" in text.get_text()]
        (star,) = [line for line in ax.get_lines() if line.get_marker() == "*"]
        top = bar.get_window_extent().y1 + bar.get_linewidth() / 2 * points
        low, high = name.get_window_extent().extents[[1, 3]]
        assert low > top + 2 * points
        assert high < star.get_window_extent().y0 + star.get_markersize() / 2 * points


@pytest.mark.parametrize(("first", "near"), [("1e-3", 0.05), ("0", 0.01)])
def test_round_off_is_a_floor_on_which_all_are_equal(tmp_path: Path, first: str, near: float) -> None:
    """Also where nothing else is drawn, be it rounding or exactly 0."""
    finals = [first, "0", "1e-31" if near > 0.01 else "0", "3e-26" if near > 0.01 else "0"]
    sweep = retold(
        sweep_of(tmp_path, {"learning_rate": [0.01, 0.05, 0.1, 0.2]}, "epochs=5"), final_error=finals
    )
    _, canvas = drawn("learning_rates", sweep)
    (floor,) = [patch for patch in canvas.axes[0].patches if patch.get_gid() == "round-off"]
    assert floor.get_bbox().y1 == 1e-24
    assert curves(canvas)[0][1].tolist() == pytest.approx([max(float(first), 1e-25), *[1e-25] * 3])
    (bar,) = [line for line in canvas.axes[0].get_lines() if line.get_gid() == "near"]
    assert bar.get_xdata().tolist() == [near, 0.2]
    assert min(canvas.axes[0].get_yticks()) >= 1e-24


def test_seeds_are_dots_below_five_and_bands_have_whiskers_from_there_on(seeds: Path, tmp_path: Path) -> None:
    numbers, canvas = drawn("learning_rates", seeds, metric="final_error")
    dots = [line for line in canvas.axes[0].get_lines() if line.get_gid() == "seeds"]
    shown = np.concatenate([dot.get_ydata() for dot in dots])
    qualities = Results(seeds).quality("final_error")
    assert sorted(shown[np.isfinite(shown)]) == sorted(qualities[np.isfinite(qualities)])
    assert "dots are the seeds" in load("learning_rates").caption(numbers)
    assert not [c for c in canvas.axes[0].collections if c.get_gid() == "band"]
    swept: dict[str, list[float]] = {"learning_rate": [0.01, 0.02, 0.04], "seed": [0, 1, 2, 3, 4]}
    sweep = sweep_of(tmp_path, swept, "network=dense", "epochs=5")
    retold(sweep, status=["completed"] * 10 + ["diverged"] * 2 + ["completed"] * 3)
    numbers, canvas = drawn("learning_rates", sweep)
    assert numbers["high"].isna().tolist() == [False, False, True]
    (band,) = [c for c in canvas.axes[0].collections if c.get_gid() == "band"]
    assert max(path.vertices[:, 0].max() for path in band.get_paths()) == 0.02
    (whiskers,) = [c for c in canvas.axes[0].collections if c.get_gid() == "whiskers"]
    ((low, high),) = whiskers.get_segments()
    assert (low[0], low[1]) == (0.04, numbers["low"][2])
    assert high[1] >= canvas.axes[0].get_ylim()[1]


def test_high_accuracies_are_error_rates_and_the_file_has_accuracies(seeds: Path, tmp_path: Path) -> None:
    shutil.copytree(seeds, tmp_path / "s")
    said = [0.5, 0.99, 0.9, 0.6] * 2  # of two penalties at four rates
    sweep = retold(tmp_path / "s", accuracy=[str(value) for value in said for _ in range(4)])
    numbers, canvas = drawn("learning_rates", sweep, metric="accuracy")
    finite = numbers["accuracy"].dropna()
    assert set(finite) <= set(said)
    ax = canvas.axes[0]
    assert (ax.get_ylabel(), ax.get_yscale()) == ("error rate, 1 − accuracy", "log")
    assert stars(canvas)[1] == pytest.approx(1 - finite.max())
    drawn_values = [y for _, line in curves(canvas) for y in line if np.isfinite(y)]
    assert sorted(drawn_values) == pytest.approx(sorted(1 - finite))
