"""Its numbers against numbers computed from the CSV files by other means; its marks, and its words."""

from __future__ import annotations

import shutil
import statistics
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh
from reading_figures import drawn, drawn_as_paper, retold, rows, sweep_of

from runner.figures import load
from runner.figures.figure import Options
from runner.figures.heatmap.picture import Side
from runner.figures.style.axes import brief
from runner.records.reading import exact_floats
from runner.results import Results


def test_heatmap_cells_are_medians_and_diverged_ones_have_no_colour(seeds: Path) -> None:
    _, canvas = drawn("heatmap", seeds, metric="test_error")
    table = rows(seeds / "runs.csv")
    (mesh,) = [c for c in canvas.axes[0].collections if isinstance(c, QuadMesh)]
    cells = mesh.get_array()
    for i, rate in enumerate([0.05, 0.1, 0.2, 2000.0]):
        for j, l2 in enumerate([0.01, 0.02]):
            four = [
                r for r in table if float(r["learning_rate"]) == rate and float(r["regularization.l2"]) == l2
            ]
            done = [float(r["test_error"]) for r in four if r["status"] == "completed"]
            if len(done) <= 2:
                assert cells[j, i] is np.ma.masked
            else:
                assert cells[j, i] == pytest.approx(statistics.median(done), rel=1e-14)
    hatched = [patch for patch in canvas.axes[0].patches if patch.get_gid() == "diverged"]
    assert len(hatched) == int(np.ma.getmaskarray(cells).sum()) > 0
    assert canvas.axes[0].get_xscale() == "log"
    names = [t.get_text() for t in canvas.axes[0].get_xticklabels()]
    assert names[0] == "0.05"
    assert names[-1] == "2000"


def test_heatmap_takes_the_keys_asked_for(seeds: Path) -> None:
    numbers, canvas = drawn("heatmap", seeds, x="regularization.l2", y="learning_rate")
    assert list(numbers.columns[:2]) == ["regularization.l2", "learning_rate"]
    assert canvas.axes[0].get_ylabel() == r"learning rate $\eta$"


def test_other_keys_are_panels_of_one_scale(tmp_path: Path) -> None:
    swept = {
        "learning_rate": [0.1, 0.2], "batch_size": [1, 2, 4], "network.activation": ["tanh", "relu"],
        "network.hidden": [[2], [3], [4]],
    }  # fmt: skip
    sweep = sweep_of(tmp_path, swept, "network=dense", "data=xor", "epochs=2")
    numbers, canvas = drawn("heatmap", sweep)
    panels = canvas.axes[:6]
    titles = [ax.get_title() for ax in panels]
    assert titles[1] == "hidden neurons = 3\nactivation = relu"
    assert "a panel for each value of hidden neurons and activation" in load("heatmap").caption(numbers)
    table = pd.read_csv(sweep / "runs.csv", **exact_floats(pd.__version__))
    table = table.rename(columns={"network.hidden": "hidden"})
    part = table[(table["network.activation"] == "relu") & (table["hidden"] == "[3]")]
    expected = part.sort_values(["batch_size", "learning_rate"])["final_error"].tolist()
    meshes = [c for ax in panels for c in ax.collections if isinstance(c, QuadMesh)]
    assert meshes[1].get_array().ravel().tolist() == expected
    assert {(m.norm.vmin, m.norm.vmax) for m in meshes} == {
        (table["final_error"].min(), table["final_error"].max())
    }
    stars = [any(line.get_gid() == "best" for line in ax.get_lines()) for ax in panels]
    assert sum(stars) == 1
    best = table.loc[table["final_error"].idxmin()]
    assert f"= {best['hidden'].strip('[]')}\n" in titles[stars.index(True)]
    assert best["network.activation"] in titles[stars.index(True)]


def test_panels_are_those_asked_for(tmp_path: Path) -> None:
    swept = {
        "learning_rate": [0.1, 0.2],
        "batch_size": [1, 2],
        "seed": [0, 1],
        "network.activation": ["tanh", "relu"],
    }
    sweep = sweep_of(tmp_path, swept, "network=dense", "data=xor", "epochs=2")
    numbers, canvas = drawn("heatmap", sweep, row="learning_rate")
    assert list(numbers.columns[:3]) == ["batch_size", "network.activation", "learning_rate"]
    assert [ax.get_title() for ax in canvas.axes[:2]] == [rf"learning rate $\eta$ = {r}" for r in (0.1, 0.2)]
    reason = load("heatmap").applies(Results(sweep), Options(row="learning_rate", col="network.activation"))
    assert reason == "it needs two swept keys besides the seed and those of panels, and there is 1"


def test_many_numbers_fit_a_column(tmp_path: Path) -> None:
    """27 cells of a journal's column, as 9 rates have for 3 schedules."""
    rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
    swept = {"learning_rate": rates, "batch_size": [1, 2, 4]}
    sweep = sweep_of(tmp_path, swept, "network=dense", "data=xor", "epochs=1")
    retold(sweep, final_error=[f"0.0{i}" for i in range(10, 37)])
    numbers, canvas = drawn_as_paper("heatmap", sweep)
    texts = [text for text in canvas.axes[0].texts if text.get_gid() == "number"]
    assert sorted(float(t.get_text()) for t in texts) == pytest.approx(sorted(numbers["final_error"]))
    boxes = sorted((box.x0, box.x1) for box in (t.get_window_extent() for t in texts[:9]))
    assert all(right < left for (_, right), (left, _) in pairwise(boxes))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.00046, "4.6e-4"), (0.0098, "0.0098"), (2200.4, "2200"), (0.0, "0"), (1.2e-31, "1.2e-31")],
)
def test_numbers_of_cells_are_brief(value: float, text: str) -> None:
    assert brief(value) == text


def test_lost_cells_are_hatched(lost: Path) -> None:
    numbers, canvas = drawn("heatmap", lost, metric="final_error")
    hatched = [patch for patch in canvas.axes[0].patches if patch.get_gid() == "diverged"]
    assert len(hatched) == numbers["final_error"].isna().sum() == 2
    text = load("heatmap").caption(numbers)
    assert "2 of 24 runs diverged, 3 blew up (to 1,000 times the first error or more); hatched" in text


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [("final_error", "0.25", "0.25"), ("final_error", "1e-31", "1e-24"), ("test_accuracy", "1.0", "1")],
)
def test_one_value_of_all_cells_has_one_colour_and_one_tick(
    seeds: Path, tmp_path: Path, metric: str, value: str, shown: str
) -> None:
    shutil.copytree(seeds, tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "runs.csv", dtype=str)
    done = table["status"] == "completed"
    table["test_accuracy"] = ""
    table.loc[done, metric] = value
    table.to_csv(tmp_path / "s" / "runs.csv", index=False)
    _, canvas = drawn("heatmap", tmp_path / "s", metric=metric)
    (mesh,) = [c for c in canvas.axes[0].collections if isinstance(c, QuadMesh)]
    shades = np.unique(mesh.to_rgba(np.linspace(*mesh.norm.inverse([0, 1]), 9)), axis=0)
    assert len(shades) == 1
    bar = mesh.colorbar.ax
    assert [text.get_text() for text in bar.get_yticklabels()] == [shown]
    assert bar.get_ylim()[0] < bar.get_yticks()[0] < bar.get_ylim()[1]
    assert bar.get_ylabel()


def test_heatmap_puts_rates_on_a_log_axis_and_words_in_order(tmp_path: Path) -> None:
    sweep = sweep_of(
        tmp_path, {"learning_rate": [0.01, 0.05, 0.2], "network.hidden": [[], [4], [8, 8], [16]]},
        "network=dense", "epochs=2",
    )  # fmt: skip
    _, canvas = drawn("heatmap", sweep)
    assert canvas.axes[0].get_xscale() == "log"
    assert [t.get_text() for t in canvas.axes[0].get_yticklabels()] == ["[]", "[4]", "[16]", "[8, 8]"]


def test_heatmap_says_what_was_not_swept(rates: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(rates, tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "runs.csv", dtype=str)
    table.insert(2, "batch_size", ["1", "1", "2", "2", "3", "3"])
    table.to_csv(tmp_path / "s" / "runs.csv", index=False)
    numbers, canvas = drawn("heatmap", tmp_path / "s")
    assert "12 combinations that were not in the sweep" in load("heatmap").caption(numbers)
    assert sum(line.get_gid() == "absent" for line in canvas.axes[0].get_lines()) == 12


def test_names_of_ticks_do_not_overlap() -> None:
    from runner.figures.heatmap.picture import _apart

    at, widths = np.array([0.0, 0.1, 0.2, 1.0, 2.0]), np.full(5, 0.3)
    shown = _apart(at, widths)
    assert shown[0] == 0
    assert shown[-1] == 4
    assert (np.diff(at[shown]) >= 0.3).all()


def test_rates_stand_evenly_where_cells_would_vanish() -> None:
    near = Side.of("learning_rate", [0.1, 0.3, 0.67, 0.68, 1.88])
    assert not near.log
    assert near.places.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert Side.of("learning_rate", [0.1, 0.3, 0.6, 0.7, 1.88]).log
