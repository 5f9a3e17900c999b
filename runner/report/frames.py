"""Training as it goes, as numbers that a page's scripts draw under a slider over the epochs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.errors import RunnerError
from runner.figures import load
from runner.figures.figure import evenly
from runner.nn.arrays import Array
from runner.report.live import packed

if TYPE_CHECKING:
    import pandas as pd

    from runner.figures.drawing import Rendered
    from runner.figures.figure import Options
    from runner.results import Results

#: Moments of a run, and of them at least so many: before and after are in the picture.
MOST_FRAMES, LEAST_FRAMES = 24, 3
#: Of the picture's points a side of a plane every second one, of a curve every fourth.
STRIDE, EACH = 2, 4
#: The parameters of a network that is drawn edge by edge, and the bytes of the matrices of a larger one.
MOST_EDGES, MOST_BYTES = 400, 400_000


def frames_of(results: Results, options: Options, figures: Sequence[Rendered]) -> dict[str, Any]:
    """By the names of those `figures` that are drawn: the epochs of their frames, and what each shows.

    Where that would be too much for a page, `said` is all there is.
    """
    drawn = {figure.name for figure in figures if figure.reason is None}
    return {name: frames for name in MAKERS if name in drawn and (frames := _frames(results, options, name))}


def _frames(results: Results, options: Options, name: str) -> dict[str, Any] | None:
    try:
        table = load(name).numbers(results, replace(options, epochs=None, frames=MOST_FRAMES))
    except RunnerError:  # the weights of all epochs are more than the picture needs
        return None
    columns = [column for column, _ in table.attrs["moments"]]
    if len(columns) < LEAST_FRAMES:
        return None
    if name == "network" and len(table) > MOST_EDGES:
        most = MOST_BYTES // len(table)
        if most < LEAST_FRAMES:
            return {"said": f"No slider over the epochs: {len(table):,} parameters are too many for a page."}
        columns = [columns[at] for at in evenly(len(columns), most)]
    epochs = [float(column.removeprefix("epoch ")) for column in columns]
    return {"epochs": epochs, **MAKERS[name](table, columns)}


def _network(table: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Edges by the layer and the neurons that they join, from 0 of a bias; their weights (K, P).

    Of more than MOST_EDGES the matrices of the layers, one after the other, a row a neuron: the weights
    (K, P without biases) as a byte each, from the largest negative one to the largest positive one.
    """
    weights = table[table["from"] > 0].groupby("layer")[["from", "to"]].max()
    if len(table) > MOST_EDGES:
        reach, matrices = table.attrs["reach"], table[table["from"] > 0]
        rows = matrices.sort_values(["layer", "to", "from"], kind="stable")[columns]
        return {
            "matrices": weights[["to", "from"]].to_numpy().tolist(),
            "values": _bytes(rows.to_numpy(dtype=float).T, -reach, reach),
            "reach": reach,
        }
    return {
        "sizes": [int(weights["from"].iloc[0]), *map(int, weights["to"])],
        "edges": table[["name", "layer", "from", "to"]].to_numpy(dtype=object).tolist(),
        "values": packed(table[columns].to_numpy(dtype=float).T),
        "reach": table.attrs["reach"],
    }


def _plane(table: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """The output on a grid (K, side, side), a byte each between the ends of its `range`, and the data."""
    grid, data = table[table["kind"] == "grid"], table[table["kind"] != "grid"]
    x, y = (np.unique(grid[name])[::STRIDE] for name in ("x", "y"))
    values = grid[columns].to_numpy(dtype=float).reshape(*(len(np.unique(grid[n])) for n in ("y", "x")), -1)
    classes = len(table.attrs["outputs"])
    low, high = (
        (0.0, 255.0) if classes > 1 else (0.0, 1.0) if table.attrs["classifies"] else table.attrs["range"]
    )
    points = data[["x", "y", columns[-1]]].assign(held_out=data["kind"] != "training")
    return {
        "x": [float(x[0]), float(x[-1])],
        "y": [float(y[0]), float(y[-1])],
        "columns": len(x),
        "names": list(map(str, table.attrs["names"])),
        "classes": classes if classes > 1 else 0,
        "level": table.attrs["level"],
        "range": [low, high],
        "values": _bytes(np.moveaxis(values[::STRIDE, ::STRIDE], -1, 0), low, high),
        "points": [[*map(float, row[:3]), int(row[3])] for row in points.to_numpy(dtype=object)],
    }


def _bytes(values: Array, low: float, high: float) -> str:
    """Numbers from `low` to `high` as a byte each, in base64; what is not finite or beyond is at an end."""
    shares = np.nan_to_num((values - low) / ((high - low) or 1.0), nan=1.0)
    return b64encode((np.clip(shares, 0, 1) * 255).round().astype(np.uint8).tobytes()).decode()


def _fit(table: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Of the first output: its curve (K, T) over one input; of several, what is predicted (K, N).

    `points` are the examples: where they lie across, their targets, and whether they were held out.
    """
    output, has_curve = table.attrs["outputs"][0], table.attrs["has_curve"]
    table = table[table["output"] == output]
    data = table[table["kind"] != "curve"]
    line = table[table["kind"] == "curve"].iloc[::EACH] if has_curve else data
    across = "x" if has_curve else "target"
    held_out = (data["kind"] != "training").astype(int)
    return {
        "curve": has_curve,
        "names": [str(table.attrs["input"] if has_curve else output), str(output)],
        "x": packed(line[across].to_numpy(dtype=float)),
        "values": packed(line[columns].to_numpy(dtype=float).T),
        "points": np.column_stack([data[across], data["target"], held_out]).tolist(),
    }


#: How the numbers of a figure become frames.
MAKERS: dict[str, Callable[[pd.DataFrame, Sequence[str]], dict[str, Any]]] = {
    "network": _network,
    "decision_boundary": _plane,
    "fit": _fit,
}
