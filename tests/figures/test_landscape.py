"""Its numbers against numbers computed from the CSV files by other means; its marks, and its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reading_figures import drawn, rows, sweep_of

from runner.figures import load
from runner.results import Results
from runner.training.objective import errors_at


def test_landscape_over_two_weights_is_the_error(alone: Path) -> None:
    numbers, canvas = drawn("landscape", alone, x="w1", y="w6")
    last = rows(alone / "history.csv")[-1]
    w = {name: float(last[name]) for name in ("w2", "w3", "w4", "w5")}
    for _, point in numbers[numbers["kind"] == "grid"].iloc[::500].iterrows():
        h1, h2 = point["x"] * 2 + w["w2"] * 3, w["w3"] * 2 + w["w4"] * 3
        by_hand = 0.5 * (h1 * w["w5"] + h2 * point["y"] - 1) ** 2
        assert point["error"] == pytest.approx(by_hand, rel=1e-9, abs=1e-15)
    path = numbers[numbers["kind"] == "path"]
    history = rows(alone / "history.csv")
    assert path["x"].tolist() == pytest.approx([float(row["w1"]) for row in history])
    assert path["y"].tolist() == pytest.approx([float(row["w6"]) for row in history])
    assert canvas.axes[0].get_xlabel() == "$w_{1}$"


def test_landscape_over_principal_directions(rates: Path) -> None:
    numbers, _ = drawn("landscape", rates)
    ends = numbers[numbers["kind"] == "path"].groupby("run").tail(1)
    assert sorted(ends["run"]) == [0, 1, 2, 3]  # those that did not diverge
    best = Results(rates).best()
    end = ends[ends["run"] == best].iloc[0]
    assert (end["x"], end["y"]) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))
    shares = [share for _, share in numbers.attrs["axes"]]
    assert 0.9 < sum(shares) <= 1 + 1e-12


def test_landscape_says_which_runs_it_shows_and_by_what_they_differ(tmp_path: Path) -> None:
    swept: dict[str, list[Any]] = {"regularization.l2": [0.0, 0.01, 0.1], "learning_rate": [0.01, 0.05, 0.1]}
    numbers, canvas = drawn("landscape", sweep_of(tmp_path, swept, "epochs=20"))
    text = load("landscape").caption(numbers)
    shown = numbers.loc[numbers["kind"] == "path", "run"].nunique()
    assert f"paths of {shown} runs that start alike, evenly chosen of 9," in text
    assert "colours tell learning rate η, dashes L2 penalty" in text
    legend = canvas.axes[0].get_legend()
    assert legend is not None


def test_landscape_of_diverged_runs_says_so(diverged: Path) -> None:
    numbers, _ = drawn("landscape", diverged)
    caption = load("landscape").caption(numbers)
    assert "2 runs diverged; paths end where weights leave the scale" in caption
    assert "the end of the run learning_rate=5" in caption


def test_paths_lead_to_the_end_however_large_the_weights(tmp_path: Path) -> None:
    cars = sweep_of(tmp_path, {"seed": [0]}, "experiment=cars", "epochs=400") / "0"
    last, result = (
        rows(cars / "history.csv")[-1],
        rows(cars / "summary.csv")[0],
    )
    names = [name for name in last if name[0] in "wb"]
    assert max(abs(float(last[name])) for name in names) > 10
    numbers, _ = drawn("landscape", cars)
    end = numbers[numbers["kind"] == "path"].iloc[-1]
    assert (end["x"], end["y"]) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))
    assert end["error"] == float(result["final_error"])
    weights = np.array([[float(last[name]) for name in names]])
    assert errors_at(Results(cars).experiment(0), weights)[0] == pytest.approx(end["error"], rel=1e-9)
    grid = numbers[numbers["kind"] == "grid"]
    nearest = grid.loc[np.hypot(grid["x"], grid["y"]).idxmin(), "error"]
    assert nearest == pytest.approx(end["error"], rel=0.05)
    numbers, _ = drawn("landscape", cars, x=names[0], y=names[-1])
    end = numbers[numbers["kind"] == "path"].iloc[-1]
    assert (end["x"], end["y"]) == (float(last[names[0]]), float(last[names[-1]]))


def test_colours_are_logarithmic_from_a_factor_of_3() -> None:
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    from runner.figures.landscape import _draw_contours

    def norm(high: float) -> object:
        grid = pd.DataFrame({"x": [0, 1, 0, 1], "y": [0, 0, 1, 1], "error": [1.0, 1.5, 2.0, high]})
        return _draw_contours(Figure().subplots(), grid).norm

    assert isinstance(norm(3.5), LogNorm)
    assert not isinstance(norm(2.5), LogNorm)
