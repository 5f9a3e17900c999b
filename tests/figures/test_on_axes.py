"""Figures on one's own Axes: every one, of folders and of runs in memory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from making_sweeps import make_sweep
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from reading_figures import curves, drawn, errors, sweep_of

import runner
from runner.figures import NAMES, draw
from runner.figures.style.panel import Picture

#: Of which folder each figure is drawn here; the others are of the sweep with seeds.
OF = {"learning_rates": "rates", "bifurcation": "steps", "fit": "line", "trainability": "plane"}
OF |= dict.fromkeys(("weight_paths", "gradients", "network", "backprop", "landscape"), "alone")


@pytest.fixture(scope="module")
def folders(
    rates: Path, seeds: Path, alone: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    steps: list[Any] = [round(0.3 + step / 200, 4) for step in range(20)]
    line = ["network=dense", "network.hidden=[]", "data=sine", "epochs=1"]
    return {
        "rates": rates,
        "seeds": seeds,
        "alone": alone,
        "steps": sweep_of(tmp_path_factory.mktemp("steps"), {"learning_rate": steps}, "epochs=60"),
        "plane": make_sweep(
            tmp_path_factory.mktemp("plane") / "s",
            {key: np.geomspace(0.1, 10, 16).tolist() for key in ("network.rates.0", "network.rates.1")},
            ["experiment=trainability", "epochs=30"],
        ),
        "line": make_sweep(tmp_path_factory.mktemp("line"), {"seed": [0]}, line) / "0",
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_drawn_beside_other_axes(name: str, folders: dict[str, Path]) -> None:
    before = dict(mpl.rcParams)
    figure = Figure(figsize=(9, 4))
    ours, theirs = figure.subfigures(1, 2, width_ratios=[3, 1])
    other = theirs.subplots()
    axes = draw(folders[OF.get(name, "seeds")], name, ax=ours)
    assert axes
    assert all(isinstance(ax, Axes) and (ax.has_data() or ax.texts) for ax in axes)
    assert not figure.legends
    assert figure.axes[0] is other or other in figure.axes
    assert not other.has_data()
    assert dict(mpl.rcParams) == before
    figure.canvas.draw()


def test_a_run_in_memory_is_drawn_as_its_folder_is(alone: Path) -> None:
    run = runner.train(runner.load_run(alone))
    axes = Figure().subplots()
    assert draw(run, "learning_curves", ax=axes) is axes
    ((x, y),) = curves(axes.figure)
    assert y.tolist() == errors(alone)
    assert x.tolist() == list(range(len(y)))
    _, known = drawn("learning_curves", alone)
    assert axes.get_ylabel() == known.axes[0].get_ylabel()
    assert run.folder is None


def test_a_sweep_in_memory_is_drawn_as_its_folder_is() -> None:
    runs = runner.train(runner.load_sweep(learning_rate=[0.01, 0.05], epochs=3))
    axes = draw(list(runs), "learning_curves", ax=[Figure().subplots()])
    assert sorted(y[-1] for _, y in curves(axes[0].figure)) == sorted(run.result.final_error for run in runs)


def test_axes_as_many_as_the_panels(seeds: Path) -> None:
    grid = Figure().subplots(1, 2)
    assert draw(seeds, "learning_curves", ax=grid, col="regularization.l2") == list(grid)
    with pytest.raises(runner.RunnerError, match=r"needs 2 Axes here, and 1 came: figure.subplots\(1, 2\)"):
        draw(seeds, "learning_curves", ax=Figure().subplots(), col="regularization.l2")
    with pytest.raises(runner.RunnerError, match="needs one Axes here, and 2 came"):
        draw(seeds, "heatmap", ax=Figure().subplots(1, 2))


def test_options_are_followed_and_a_figure_shows_itself(alone: Path) -> None:
    picture = draw(alone, "learning_curves", ylim=(0.01, 1), width=3, labels={"epoch": "pass"})
    assert isinstance(picture, Picture)
    (ax,) = picture.axes
    assert ax.get_ylim() == (0.01, 1.0)
    assert (picture.get_size_inches()[0], ax.get_xlabel()) == (3.0, "pass")
    assert picture.caption.startswith("Error")
    assert picture._repr_png_().startswith(b"\x89PNG")
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()
    moments = draw(alone, "network", epochs=np.array([0, 3]), ax=Figure())
    assert len(moments) == 2


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("learning_curve", {}, "name learning_curve: must be one of"),
        ("learning_curves", {"metrik": "error"}, "unknown key metrik (did you mean 'metric'?)"),
        ("learning_curves", {"metric": "test_accuracy"}, "metric=test_accuracy: these runs have"),
        ("learning_curves", {"ylim": (3, 1)}, "ylim=3,1: must be two numbers, the first below the second"),
        ("network", {"threshold": 0.1}, "network: it does not take threshold"),
        ("heatmap", {}, "heatmap: it needs a sweep over two keys"),
        ("learning_curves", {"style": "slide"}, "style=slide: must be paper or slides"),
    ],
)
def test_what_is_wrong_is_said(name: str, options: dict[str, Any], words: str, alone: Path) -> None:
    with pytest.raises(runner.RunnerError) as refused:
        draw(alone, name, **options)
    assert words in str(refused.value)
