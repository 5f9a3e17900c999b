"""Its numbers against numbers computed from the CSV files by other means; its marks, and its words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from reading_figures import drawn, rows, sweep_of

from runner.results import Results


def test_decision_boundary_shows_the_output_and_the_data(seeds: Path) -> None:
    numbers, canvas = drawn("decision_boundary", seeds)
    results = Results(seeds)
    best = results.best()
    one = results.experiment(best)
    values = {row["name"]: float(row["final"]) for row in rows(results.path(best) / "parameters.csv")}
    grid = numbers[numbers["kind"] == "grid"].iloc[777]
    x, y = grid["x"], grid["y"]
    hidden = [
        np.tanh(values[f"w{2 * j + 1}"] * x + values[f"w{2 * j + 2}"] * y + values[f"b{j + 1}"])
        for j in range(3)
    ]
    by_hand = sum(values[f"w{7 + j}"] * hidden[j] for j in range(3)) + values["b4"]
    assert grid["value"] == pytest.approx(by_hand, rel=1e-12)
    assert (numbers["kind"] == "training").sum() == one.data.examples == 18
    assert (numbers["kind"] == "held out").sum() == 6
    points = sum(len(line.get_xdata()) for line in canvas.axes[0].get_lines())
    assert points == 24


def test_decision_boundary_is_in_the_units_of_the_data(tmp_path: Path) -> None:
    from making_sweeps import make_sweep

    inputs = [[100, 3e6], [200, 1e6], [300, 2e6], [400, 4e6], [500, 5e6]]
    given = ["network=dense", "data=inline", f"data.inputs={inputs}", "data.targets=[[1],[2],[3],[4],[5]]"]
    sweep = make_sweep(tmp_path, {"seed": [0]}, [*given, "data.scale=standard", "data.test_fraction=0.2"])
    numbers, canvas = drawn("decision_boundary", sweep / "0")
    points = numbers[numbers["kind"] != "grid"][["x", "y"]]
    assert sorted(map(tuple, points.to_numpy().round(6).tolist())) == sorted(map(tuple, inputs))
    assert canvas.axes[0].get_xlim() == pytest.approx((100 - 32, 500 + 32))
    run = Results(sweep / "0").experiment(0)
    grid = numbers[numbers["kind"] == "grid"].iloc[4321]
    values = Results(sweep / "0").parameters(0)["final"].to_numpy()
    scaled = (np.array([[grid["x"], grid["y"]]]) - run.data.scale.shift) / run.data.scale.spread
    (w, b), (v, c) = run.network.views(values[None])
    by_hand = np.tanh(scaled @ w[0].T + b[0]) @ v[0].T + c[0]
    assert grid["value"] == pytest.approx(by_hand[0, 0], rel=1e-9)


def test_regression_points_have_the_colours_of_their_targets(tmp_path: Path) -> None:
    from matplotlib.collections import PathCollection

    sweep = sweep_of(tmp_path, {"seed": [0]}, "network=dense", "data=plane", "epochs=2")
    numbers, canvas = drawn("decision_boundary", sweep / "0")
    (points,) = [c for c in canvas.axes[0].collections if isinstance(c, PathCollection)]
    (mesh,) = [c for c in canvas.axes[0].collections if isinstance(c, QuadMesh)]
    assert (
        np.asarray(points.get_array()).tolist()
        == numbers.loc[numbers["kind"] == "training", "value"].tolist()
    )
    assert (points.norm.vmin, points.norm.vmax) == (mesh.norm.vmin, mesh.norm.vmax)


def test_two_classes_of_one_output_have_their_own_names(tmp_path: Path) -> None:
    data = tmp_path / "two.csv"
    data.write_text("x1,x2,kind\n0,0,ham\n1,1,ham\n0,1,spam\n1,0,spam\n")
    given = ["network=dense", "data=csv", f"data.path={data}", "data.targets=kind"]
    sweep = sweep_of(tmp_path, {"seed": [0]}, *given, "loss=binary_cross_entropy_with_logits", "epochs=2")
    _, canvas = drawn("decision_boundary", sweep / "0")
    shown = [label for label in canvas.axes[0].get_legend_handles_labels()[1] if label[0] != "_"]
    assert shown == ["kind=ham, training", "kind=spam, training"]


def test_the_plane_of_classes_is_monotone_in_lightness() -> None:
    from runner.figures.decision_boundary import PALE

    lightness = PALE(np.linspace(0, 1, 64))[:, :3] @ [0.299, 0.587, 0.114]
    assert (np.diff(lightness) <= 1e-9).all()
