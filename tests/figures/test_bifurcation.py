"""Its thresholds against those that are known in closed form, its dots against the histories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from making_sweeps import make_sweep
from reading_figures import drawn, sweep_of

from runner.figures import load
from runner.figures.bifurcation.ends import thresholds
from runner.figures.drawing import draw_figures
from runner.figures.figure import Options
from runner.results import Results, read_histories

#: Of the article's network: 1/√13, and the others from p ← p · (1 − r · (p − 1))², r = η · √13.
KNOWN = {"1→2": 0.277350, "2→4": 0.342796, "4→8": 0.357226}


@pytest.fixture(scope="session")
def around(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The preset around the three thresholds, and at rates that diverge."""
    rates = [round(at + step / 5000, 6) for at in KNOWN.values() for step in range(-7, 8, 2)]
    return make_sweep(
        tmp_path_factory.mktemp("around") / "s",
        {"learning_rate": [*rates, 0.57, 0.58]},
        ["experiment=bifurcation"],
    )


def test_thresholds_are_those_of_the_map(around: Path) -> None:
    numbers, canvas = drawn("bifurcation", around)
    found = {name: rate for rate, name in thresholds(numbers.attrs["ends"])}
    for name, rate in KNOWN.items():
        assert found[name] == pytest.approx(rate, abs=0.001)
    lines = [line for line in canvas.axes[0].get_lines() if line.get_gid() == "threshold"]
    assert len(lines) == len(found)
    assert "beside a threshold settling is slow" in load("bifurcation").caption(numbers)


def test_dots_are_the_last_rows(around: Path) -> None:
    numbers, canvas = drawn("bifurcation", around)
    history = read_histories(around)
    for run, dots in numbers.groupby("run"):
        whole = history[history["run"] == run]
        end = whole[whole["epoch"] >= 0.75 * 5000].tail(256)
        assert dots["epoch"].tolist() == end["epoch"].tolist()
        assert dots["error"].tolist() == end["error"].tolist()
        h = np.stack([end["w1"] * 2 + end["w2"] * 3, end["w3"] * 2 + end["w4"] * 3])
        expected = h[0] * end["w5"] + h[1] * end["w6"]
        assert dots["prediction"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-12)
    assert set(numbers["learning_rate"]) == set(history["learning_rate"]) - {0.57, 0.58}  # they diverged
    (dots,) = [line for line in canvas.axes[0].get_lines() if line.get_gid() == "dots"]
    assert dots.get_rasterized()
    drawn_at = [tuple(dot) for dot in dots.get_xydata()]
    assert set(drawn_at) <= set(zip(numbers["learning_rate"], numbers["prediction"], strict=True))
    assert max(map(drawn_at.count, drawn_at)) <= 8  # more of one place add nothing to black
    pixels = canvas.axes[0].transData.transform
    apart = pixels(numbers[["learning_rate", "prediction"]].to_numpy())[:, None] - pixels(drawn_at)
    assert np.abs(apart).max(axis=2).min(axis=1).max() < 2  # where one is left out, another stands
    assert "Rows are 13 epochs apart" in load("bifurcation").caption(numbers)


def test_the_strip_has_the_endings(around: Path) -> None:
    _, canvas = drawn("bifurcation", around)
    (strip,) = [mesh for mesh in canvas.axes[0].collections if mesh.get_gid() == "endings"]
    table = pd.read_csv(around / "runs.csv")
    names = [text.get_text() for text in canvas.legends[0].get_texts()]
    assert len(np.ravel(strip.get_array())) == len(table)
    assert {"converged", "period 2", "period 4", "diverged"} <= set(names)


def test_without_weights_errors_stand_alone(tmp_path: Path) -> None:
    rates: list[Any] = [round(0.3 + step / 200, 4) for step in range(20)]
    sweep = sweep_of(tmp_path, {"learning_rate": rates}, "epochs=60", "log.weights=false")
    numbers, canvas = drawn("bifurcation", sweep)
    assert "prediction" not in numbers
    assert [ax.get_ylabel() for ax in canvas.axes] == ["error $E$"]
    assert "predictions are not drawn" in load("bifurcation").caption(numbers)


def test_of_other_keys_the_best_setting_is_shown(tmp_path: Path) -> None:
    rates: list[Any] = [round(0.2 + step / 100, 4) for step in range(20)]
    swept = {"learning_rate": rates, "regularization.l2": [0.0, 0.5]}
    sweep = sweep_of(tmp_path, swept, "epochs=60")
    numbers, _ = drawn("bifurcation", sweep)
    assert numbers["run"].nunique() == 20
    (written,) = draw_figures(
        Results(sweep), tmp_path / "f", only=["bifurcation"], options=Options(xlim=(0.2, 0.3))
    )
    assert written.paths[0].is_file()
    assert "the best setting that is shown (regularization.l2=0)" in load("bifurcation").caption(numbers)


def test_where_it_does_not_apply(rates: Path, tmp_path: Path) -> None:
    figure = load("bifurcation")
    reason = "a diagram of where runs end needs 20 learning rates or more; there are 6"
    assert figure.applies(Results(rates), Options()) == reason
    calm: list[Any] = [round(0.05 + step / 1000, 4) for step in range(20)]
    sweep = sweep_of(tmp_path, {"learning_rate": calm}, "epochs=5")
    assert figure.applies(Results(sweep), Options()) == "no run ends in a cycle or irregularly"


def test_a_threshold_is_halfway_between_settled_stretches() -> None:
    values = [1, 1, 1, 0, 2, 2, 2, 2, 4, 2, 2, 4, 4, 4, 0, 0]
    ends = pd.DataFrame({"learning_rate": np.arange(16) / 10, "values": values})
    ends["kind"] = ["converged"] * 14 + ["irregular", "diverged"]
    found = [(pytest.approx(0.3), "1→2"), (pytest.approx(0.9), "2→4"), (pytest.approx(1.45), "diverged")]
    assert thresholds(ends) == found
