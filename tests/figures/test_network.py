"""Its numbers against numbers computed from the CSV files by other means; its marks, and its words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, QuadMesh
from reading_figures import drawn, drawn_as_paper, rows, sweep_of

from runner.figures import load
from runner.figures.drawing import paint
from runner.figures.figure import Options
from runner.figures.options import Look
from runner.figures.style.sheets import in_force
from runner.results import Results


def test_network_edges_are_the_parameters(alone: Path) -> None:
    _, canvas = drawn("network", alone)
    for ax, column in zip(canvas.axes, ("initial", "final"), strict=False):
        texts = [text.get_text() for text in ax.texts]
        for row in rows(alone / "parameters.csv"):
            assert f"$w_{{{row['name'][1:]}}}$ = {float(row[column]):.3g}" in texts
    bar = canvas.axes[-1]
    assert bar.get_ylim()[0] == -bar.get_ylim()[1]  # 0 is in the middle of the colours


def test_large_networks_are_matrices(tmp_path: Path) -> None:
    from making_sweeps import make_sweep

    sweep = make_sweep(tmp_path, {"seed": [0]}, ["experiment=spiral", "epochs=1"])
    _, canvas = drawn("network", sweep / "0")
    meshes = [c for ax in canvas.axes[:6] for c in ax.collections if isinstance(c, QuadMesh)]
    table = rows(sweep / "0" / "parameters.csv")
    layer = [row for row in table if row["layer"] == "2" and row["from"] != "0"]
    for mesh, column in ((meshes[1], "initial"), (meshes[4], "final")):
        shown = np.asarray(mesh.get_array()).ravel().tolist()
        assert shown == [float(row[column]) for row in layer]
    assert all(ax.yaxis_inverted() for ax in canvas.axes[:6])  # the first neuron on top


def test_negative_edges_are_dashed(alone: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(alone, tmp_path / "r")
    table = pd.read_csv(tmp_path / "r" / "parameters.csv")
    table.loc[2, "initial"] = -0.3
    table.to_csv(tmp_path / "r" / "parameters.csv", index=False)
    summary = pd.read_csv(tmp_path / "r" / "summary.csv").drop(columns="parameters.csv")
    summary.to_csv(tmp_path / "r" / "summary.csv", index=False)
    numbers, canvas = drawn("network", tmp_path / "r")
    from_the_widest = numbers.sort_values("initial", key=abs, ascending=False)["name"]
    lines = [c for c in canvas.axes[0].collections if isinstance(c, LineCollection)]
    for edges in lines:
        dashes = dict(zip(from_the_widest, edges.get_linestyles(), strict=True))
        assert [name for name, (_, dash) in dashes.items() if dash is not None] == ["w3"]
    assert len(lines) == 2


@pytest.mark.parametrize(("style", "hidden"), [("paper", "[8]"), ("slides", "[8,8,8]")])
def test_eight_neurons_leave_room_for_biases_between_them(tmp_path: Path, style: str, hidden: str) -> None:
    given = ("network=dense", "data=moons", "epochs=1", f"network.hidden={hidden}")
    sweep = sweep_of(tmp_path, {"seed": [0]}, *given)
    with in_force(Look(style=style)):
        numbers = load("network").numbers(Results(sweep / "0"), Options())
        canvas = paint(load("network"), numbers)
        canvas.draw_without_rendering()
    ax = canvas.axes[0]
    nodes = [line for line in ax.get_lines() if line.get_marker() == "o" and line.get_xdata()[0] == 1.0]
    heights = sorted(ax.transData.transform((1.0, node.get_ydata()[0]))[1] for node in nodes)
    across = nodes[0].get_markersize() / 72 * canvas.dpi
    assert len(nodes) == 8
    assert np.diff(heights).min() > 1.4 * across


def test_deep_networks_are_drawn_across_the_page(tmp_path: Path) -> None:
    sweep = sweep_of(
        tmp_path, {"epochs": [1]}, "network=dense", "data=sine", f"network.hidden={[1] * 10}".replace(" ", "")
    )
    _, canvas = drawn_as_paper("network", sweep / "0")
    before, after = canvas.axes[:2]
    assert before.get_position().y0 > after.get_position().y1
    canvas.canvas.draw()
    boxes = [text.get_window_extent() for text in after.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if a.width and b.width)
