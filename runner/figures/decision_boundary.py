"""The output over the plane of two inputs, with the data on it. Evaluates the network; trains nothing."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize

from runner.arrays import Array
from runner.experiment import Experiment
from runner.figures.figure import Figure, Layout, Options, needs_completed, needs_finished
from runner.figures.scales import DISTINCT, escaped, legend_above
from runner.losses import LOSSES
from runner.results import Results

POINTS = 121  # a side
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
HELD_OUT, TRAINING = "held out", "training"


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """Rows of `kind` grid (the output over the plane), training and held out (the data).

    `value` is the output on the grid, the class where there are several outputs; the target of data.
    """
    from runner.api import read_parameters
    from runner.running import predict

    run = _run(results)
    one = results.experiment(run)
    final = read_parameters(results.path(run))["final"].to_numpy()
    across, upwards = (_range(one, i) for i in (0, 1))
    grid = np.stack([v.ravel() for v in np.meshgrid(across, upwards)], axis=1)
    parts = [_part("grid", grid, _shown(one, predict(one, final, grid)))]
    data = one.data
    parts.append(_part(TRAINING, data.inputs, _classes(data.targets)))
    if data.test_inputs is not None and data.test_targets is not None:
        parts.append(_part(HELD_OUT, data.test_inputs, _classes(data.test_targets)))
    table = pd.concat(parts, ignore_index=True)
    table.attrs = {
        "names": data.input_names,
        "outputs": data.target_names,
        "classifies": one.classifies,
        "level": 0.5 if one.classifies else None,
        "of": results.name(run),
    }
    return table


def _part(kind: str, inputs: Array, values: Array) -> pd.DataFrame:
    return pd.DataFrame({"kind": kind, "x": inputs[:, 0], "y": inputs[:, 1], "value": values})


def _run(results: Results) -> int:
    """The run, or the best of a sweep; the first where all diverged."""
    return results.best() if needs_completed(results) is None else results.rows[0]


def _range(one: Experiment, column: int) -> Array:
    parts = [one.data.inputs, *([one.data.test_inputs] if one.data.test_inputs is not None else [])]
    values = np.concatenate(parts)[:, column]
    margin = 0.08 * (np.ptp(values) or 1.0)
    return np.linspace(values.min() - margin, values.max() + margin, POINTS)


def _shown(one: Experiment, pred: Array) -> Array:
    """A single output, as a probability where it is a logit; the class of several."""
    if pred.shape[1] > 1:
        return pred.argmax(axis=1).astype(float)
    if LOSSES[one.loss].threshold == 0.0:
        return 1.0 / (1.0 + np.exp(-np.clip(pred[:, 0], -700, 700)))
    return pred[:, 0]


def _classes(targets: Array) -> Array:
    return targets[:, 0] if targets.shape[1] == 1 else targets.argmax(axis=1).astype(float)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    (ax,) = axes
    grid = table[table["kind"] == "grid"]
    x, y = np.unique(grid["x"]), np.unique(grid["y"])
    values = grid["value"].to_numpy().reshape(len(y), len(x))
    outputs = table.attrs["outputs"]
    if len(outputs) > 1:
        _draw_regions(ax, x, y, values, len(outputs))
    else:
        _draw_output(ax, x, y, values, table)
    _draw_data(ax, table)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]), aspect="equal" if _alike(x, y) else "auto")
    ax.set_xlabel(escaped(table.attrs["names"][0]))
    ax.set_ylabel(escaped(table.attrs["names"][1]))
    legend_above(ax)


def _alike(x: Array, y: Array) -> bool:
    return bool(0.5 < np.ptp(x) / np.ptp(y) < 2)


def _draw_regions(ax: Axes, x: Array, y: Array, values: Array, count: int) -> None:
    colors = ListedColormap([DISTINCT[i % len(DISTINCT)] for i in range(count)])
    ax.pcolormesh(x, y, values, cmap=colors, vmin=-0.5, vmax=count - 0.5, alpha=0.35, rasterized=True)


def _draw_output(ax: Axes, x: Array, y: Array, values: Array, table: pd.DataFrame) -> None:
    classifies = table.attrs["classifies"]
    low, high = (0.0, 1.0) if classifies else (float(np.nanmin(values)), float(np.nanmax(values)))
    colors = mpl.colormaps["PuOr" if classifies else "viridis"]
    mesh = ax.pcolormesh(x, y, values, cmap=colors, norm=Normalize(low, high), alpha=0.45, rasterized=True)
    level = table.attrs["level"]
    if level is not None and values.min() < level < values.max():
        ax.contour(x, y, values, [level], colors="black", linewidths=1.0)
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02, aspect=25, fraction=0.06)
    bar.set_label("output (boundary at 0.5)" if level is not None else "output")


def _draw_data(ax: Axes, table: pd.DataFrame) -> None:
    """Training points filled, held-out ones hollow; a marker a class."""
    data = table[table["kind"] != "grid"]
    classes = sorted(data["value"].unique()) if table.attrs["classifies"] else [None]
    several = len(table.attrs["outputs"]) > 1
    size = 5.0 if len(data) < 30 else 2.8
    for kind in (TRAINING, HELD_OUT):
        for i, value in enumerate(classes):
            part = data[(data["kind"] == kind) & ((data["value"] == value) | (value is None))]
            color = DISTINCT[i % len(DISTINCT)] if several else ("#7F3B08", "#2D004B")[i % 2]
            ax.plot(
                part["x"],
                part["y"],
                MARKERS[i % len(MARKERS)],
                ms=size,
                mew=0.5,
                ls="none",
                mfc=color if kind == TRAINING else "white",
                mec="white" if kind == TRAINING else "black",
                label=_name(table, kind, value) if len(part) else "_",
            )


def _name(table: pd.DataFrame, kind: str, value: float | None) -> str:
    if value is None:
        return kind
    outputs = table.attrs["outputs"]
    name = outputs[int(value)] if len(outputs) > 1 else f"{outputs[0]}={value:g}"
    return f"{escaped(name)}, {kind}"


def caption(table: pd.DataFrame) -> str:
    counts = table["kind"].value_counts()
    of = f" of the best run ({table.attrs['of']})" if table.attrs["of"] else ""
    what = "The class of the largest output" if len(table.attrs["outputs"]) > 1 else "The output"
    text = f"{what}{of} over the plane of the two inputs, after training, "
    text += f"with {counts[TRAINING]} training examples"
    if HELD_OUT in counts:
        text += f" (filled) and {counts[HELD_OUT]} held out (hollow)"
    return text + (
        "; the black line is the boundary."
        if table.attrs["level"] and len(table.attrs["outputs"]) == 1
        else "."
    )


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_finished(results):
        return reason
    inputs = results.experiment(_run(results)).data.inputs
    if inputs.shape[1] != 2:
        return (
            f"it needs two inputs, and there {'is 1' if inputs.shape[1] == 1 else f'are {inputs.shape[1]}'}"
        )
    if len(np.unique(inputs, axis=0)) < 2:
        return "a single example spans no plane"
    return None


FIGURE = Figure(_applies, numbers, draw, caption, lambda table: Layout(aspect=0.86))
