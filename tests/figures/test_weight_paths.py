"""Its numbers against numbers computed from the CSV files by other means; its marks, and its words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from reading_figures import curves, drawn, rows, sweep_of

from runner.figures import load
from runner.records.reading import exact_floats
from runner.results import Results


def test_weight_paths_are_the_weight_columns(alone: Path) -> None:
    numbers, canvas = drawn("weight_paths", alone)
    history = rows(alone / "history.csv")
    for axes, names in ((0, ["w1", "w2", "w3", "w4"]), (1, ["w5", "w6"])):
        for name, (_, y) in zip(names, curves(canvas, axes), strict=True):
            assert y.tolist() == [float(row[name]) for row in history]
    assert len(numbers) == 6 * len(history)


def test_weight_paths_of_a_sweep_have_a_panel_a_weight(rates: Path) -> None:
    _, canvas = drawn("weight_paths", rates)
    panels = [ax for ax in canvas.axes if ax.get_ylabel().startswith("$w")]
    assert len(panels) == 6
    expected = [float(row["w6"]) for row in rows(rates / "1" / "history.csv")]
    assert expected in [y.tolist() for _, y in curves(canvas, 5)]


def test_weights_are_drawn_over_each_other_only_where_they_are_the_same(tmp_path: Path) -> None:
    sweep = sweep_of(
        tmp_path, {"network.hidden": [[2], [3]], "learning_rate": [0.01, 0.02]}, "network=dense",
        "network.biases=null", "epochs=5",
    )  # fmt: skip
    numbers, _ = drawn("weight_paths", sweep)
    best = Results(sweep).best()
    assert sorted(numbers["run"].unique()) == ([0, 1] if best < 2 else [2, 3])
    assert numbers["name"].nunique() == (6 if best < 2 else 9)
    assert "2 runs of other networks" in load("weight_paths").caption(numbers)


def test_only_lost_runs_end_where_weights_leave_the_scale(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"learning_rate": [0.05, 3.0]}, "epochs=30")
    assert pd.read_csv(sweep / "runs.csv", **exact_floats(pd.__version__))["status"].tolist() == [
        "completed",
        "diverged",
    ]
    numbers, _ = drawn("weight_paths", sweep)
    ends = numbers.groupby(["run", "name"])["epoch"].max().groupby("run").max()
    assert ends[0] == 30
    assert ends[1] < float(rows(sweep / "1" / "history.csv")[-1]["epoch"])
    assert "1 of them diverged: the axes hold the others" in load("weight_paths").caption(numbers)


def test_layers_of_many_weights_are_fans(tmp_path: Path) -> None:
    sweep = sweep_of(
        tmp_path, {"learning_rate": [0.05]}, "network=dense", "network.hidden=[12,2]", "epochs=4"
    )
    numbers, canvas = drawn("weight_paths", sweep / "0")
    history = pd.read_csv(sweep / "0" / "history.csv", **exact_floats(pd.__version__))
    weights = history[[f"w{i}" for i in range(1, 25)]].to_numpy()
    fan = numbers[numbers["layer"] == 1]
    for share in (5, 25, 50, 75, 95):
        drawn_at = fan.loc[fan["name"] == f"weights of layer 1, {share}%", "value"]
        np.testing.assert_allclose(drawn_at, np.percentile(weights, share, axis=1), rtol=1e-14)
    (_, medians), (_, biases) = curves(canvas, 0)
    np.testing.assert_allclose(medians, np.median(weights, axis=1), rtol=1e-14)
    np.testing.assert_allclose(
        biases, np.median(history[[f"b{i}" for i in range(1, 13)]], axis=1), rtol=1e-14
    )
    assert len(canvas.axes[0].collections) == 4
    assert numbers.loc[numbers["layer"] == 3, "name"].unique().tolist() == ["w49", "w50", "b15"]
    assert "of layers with more than 20 their medians" in load("weight_paths").caption(numbers)
