"""Its numbers against those of the files, where the limit stands, and its words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reading_figures import drawn, rows, sweep_of

from runner.figures import load
from runner.figures.figure import Options
from runner.results import Results


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rates of the article's network that converge, one that does not settle, one that diverges."""
    swept = {"learning_rate": [0.05, 0.1, 0.3, 5.0]}
    return sweep_of(tmp_path_factory.mktemp("measured"), swept, "epochs=60", "log.curvature=10")


def test_lines_are_what_the_files_say_and_the_edge_is_two_over_the_rate(measured: Path) -> None:
    numbers, canvas = drawn("stability", measured)
    for run, rate in ((0, 0.05), (2, 0.3)):
        of_run = numbers[numbers["run"] == run].groupby("curve")
        written = rows(measured / str(run) / "curvature.csv")
        sharpness = of_run.get_group("sharpness")
        assert sharpness["value"].tolist() == [float(row["sharpness"]) for row in written]
        assert sharpness["epoch"].tolist() == [0, 10, 20, 30, 40, 50, 60]
        np.testing.assert_allclose(of_run.get_group("edge")["value"], 2 / rate, rtol=1e-12)
        history = rows(measured / str(run) / "history.csv")
        assert of_run.get_group("error")["value"].tolist() == [float(row["error"]) for row in history]
    panels = canvas.axes[:2]
    assert [ax.get_ylabel() for ax in panels] == ["error $E$", "sharpness"]
    assert panels[1].get_ylim()[1] < 60  # the diverged run does not squeeze the others
    assert "2/η" in {text.get_text() for text in panels[1].texts}
    caption = load("stability").caption(numbers)
    assert "a line for each of 4 runs" in caption
    assert "1 of 4 runs diverged" in caption


def test_it_needs_a_run_that_measured_its_curvature(rates: Path) -> None:
    reason = load("stability").applies(Results(rates), Options())
    assert reason == "no run measured its curvature; log.curvature=10 does, each 10 epochs"


@pytest.mark.parametrize(
    ("overrides", "name", "edge"),
    [
        (["optimizer=adam", "schedule=exponential", "schedule.factor=0.9"], "38/η", 38 / 0.1),
        (["optimizer.momentum=0.9"], "3.8/η", 3.8 / 0.1),
        (["optimizer=adamw", "optimizer.weight_decay=2"], "38/η", 38 / 0.1 - 38),
    ],
)
def test_the_edge_is_the_optimizers_own(tmp_path: Path, overrides: list[str], name: str, edge: float) -> None:
    sweep = sweep_of(tmp_path, {"learning_rate": [0.1]}, "epochs=4", "log.curvature=2", *overrides)
    numbers, _ = drawn("stability", sweep)
    assert name in load("stability").caption(numbers)
    edges = numbers.loc[numbers["curve"] == "edge", "value"].to_numpy()
    assert edges[0] == pytest.approx(edge, rel=1e-9)
    decays = "schedule.factor=0.9" in overrides
    assert edges[1] == pytest.approx(edge / 0.81 if decays else edge, rel=1e-9)
