"""Its numbers against numbers computed by other means; its marks, and its words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making_sweeps import make_sweep
from reading_figures import drawn

from runner.figures import load
from runner.figures.figure import Options
from runner.results import Results

DENSE = ["network=dense", "network.hidden=[3]", "loss=mean_squared_error", "epochs=5"]


def test_the_curve_of_one_input_is_in_the_units_of_the_data(tmp_path: Path) -> None:
    given = [*DENSE, "data=cars", "data.test_fraction=0.2", "data.scale=standard"]
    run = make_sweep(tmp_path, {"seed": [0]}, given) / "0"
    numbers, canvas = drawn("fit", run)
    results = Results(run)
    experiment, values = results.experiment(0), results.parameters(0)["final"].to_numpy()
    curve = numbers[numbers["kind"] == "curve"].iloc[200]
    scaled = (curve["x"] - experiment.data.scale.shift[0]) / experiment.data.scale.spread[0]
    (w, b), (v, c) = experiment.network.views(values[None])
    by_hand = np.tanh(scaled * w[0][:, 0] + b[0]) @ v[0].T + c[0]
    assert curve["final"] == pytest.approx(by_hand[0, 0], rel=1e-9)
    counts = numbers["kind"].value_counts()
    assert (counts["training"], counts["held out"]) == (40, 10)
    lines = {line.get_label(): line for line in canvas.axes[0].get_lines()}
    assert set(lines) == {"training", "held out", "before training", "after training"}
    assert lines["training"].get_markersize() > 2 * lines["after training"].get_linewidth()  # seen below it
    assert sorted(lines["held out"].get_ydata()) == sorted(experiment.data.test_targets[:, 0])


def test_several_inputs_are_predicted_against_target_and_residuals(tmp_path: Path) -> None:
    run = make_sweep(tmp_path, {"seed": [0]}, [*DENSE, "data=plane"]) / "0"
    numbers, canvas = drawn("fit", run)
    predicted, residuals = canvas.axes[:2]
    dots = next(line for line in predicted.get_lines() if line.get_label() == "training")
    assert dots.get_xdata().tolist() == Results(run).experiment(0).data.targets[:, 0].tolist()
    assert dots.get_ydata().tolist() == numbers["final"].tolist()
    left = next(line for line in residuals.get_lines() if line.get_label() == "training")
    assert left.get_ydata().tolist() == (numbers["target"] - numbers["final"]).tolist()


def test_a_sweep_shows_the_best_setting(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path, {"learning_rate": [0.001, 0.1], "seed": [0, 1, 2]}, [*DENSE, "data=sine"])
    results = Results(sweep)
    figure = load("fit")
    table = figure.numbers(results, Options())
    best = results.runs.loc[results.best()]
    assert f"seed={best['seed']}, the median of 3 seeds" in figure.caption(table)


def test_classes_and_single_examples_are_no_fit(alone: Path, seeds: Path) -> None:
    assert "only one example" in str(load("fit").applies(Results(alone), Options()))
    assert "classes" in str(load("fit").applies(Results(seeds), Options()))
