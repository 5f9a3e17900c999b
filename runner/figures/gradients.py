"""How far training moves a network, layer by layer: norms of gradients, and of steps beside the weights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from runner.figures.figure import DOUBLE, Figure, Layout, Options, counted, evenly, needs_best
from runner.figures.style.axes import Heights, add_bar, log_axis, unit_axis
from runner.figures.style.encoding import DASHES, MOST_NAMED, ORDERED
from runner.figures.style.legends import add_legend
from runner.nn.arrays import Array
from runner.records.histories import NotShownError
from runner.results import Results

POINTS = 1000  # of a line
#: What each panel shows, and what its axis says.
GRADIENT, STEP = "gradient", "step"
LABELS = {GRADIENT: r"$\|\partial E/\partial w\|$ a layer", STEP: r"$\|\Delta w\| \, / \, \|w\|$ a layer"}
PARAMETER = re.compile(r"(g_)?[wb]\d+")  # a column of a history


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a point: `quantity`, `layer`, epoch or update, `value`.

    `gradient` is the norm of the gradient by the weights and biases of a layer, where it was logged;
    `step` is how far its weights went since the row before, as a share of their norm there.
    """
    run = _run(results, options)
    assert run is not None
    unit, parameters = results.header(run)[0], results.parameters(run)
    recorded = [name for name in results.header(run) if PARAMETER.fullmatch(name)]
    history = results.history(run, recorded)
    counts = history[unit].to_numpy()
    parts = []
    for layer, names in parameters.groupby("layer")["name"]:
        weights, gradients = [n for n in names if n.startswith("w")], [f"g_{n}" for n in names]
        if gradients[0] in history:
            parts.append(
                _line(GRADIENT, layer, {unit: counts, "value": norms(history[gradients].to_numpy())})
            )
        if weights[0] in history:
            later, shares = steps(counts, history[weights].to_numpy())
            parts.append(_line(STEP, layer, {unit: later, "value": shares}))
    table = pd.concat(parts, ignore_index=True)
    if table.empty:
        raise NotShownError("the run has no steps")
    table.attrs = {"unit": unit, "every": _every(counts), "of": results.best_name(options.metric, [run])}
    return table


def _run(results: Results, options: Options) -> int | None:
    """The run that is shown: the best setting's median one, of those that recorded what is needed."""
    recorded = (
        run for run in results.middles(options.metric) if any(map(PARAMETER.fullmatch, results.header(run)))
    )
    return next(recorded, None)


def _line(quantity: str, layer: Any, points: dict[str, Array]) -> pd.DataFrame:
    """The finite points of a line, evenly thinned."""
    line = pd.DataFrame({"quantity": quantity, "layer": layer, **points})
    line = line[np.isfinite(line["value"])]
    return line.iloc[evenly(len(line), POINTS)] if len(line) else line


def norms(vectors: Array) -> Array:
    """The Euclidean norms (T,) of vectors (T, P), be their numbers as large or as small as they may."""
    largest = np.abs(vectors).max(axis=1)
    scaled = vectors / np.where(largest > 0, largest, 1.0)[:, None]
    lengths: Array = largest * np.sqrt((scaled * scaled).sum(axis=1))
    return lengths


def steps(counts: Array, weights: Array) -> tuple[Array, Array]:
    """When weights (T, P) had gone a step since the row before, and ‖Δw‖ / ‖w‖: of weights of 0 infinite.

    The last row of a run may come sooner after its neighbour than the others, and is left out then.
    """
    gaps = np.diff(counts)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        shares = norms(np.diff(weights, axis=0)) / norms(weights[:-1])
    same = gaps == _every(counts)
    return counts[1:][same], shares[same]


def _every(counts: Array) -> int:
    """How far apart rows are; 1 where there is only one."""
    return int(np.diff(counts[:2])[0]) if len(counts) > 1 else 1


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """A panel a quantity, a line a layer, from the first (dark) to the last (light)."""
    unit, layers = table.attrs["unit"], sorted(table["layer"].unique())
    colors = ORDERED(np.linspace(0, 1, len(layers)))
    for ax, quantity in zip(axes, _quantities(table), strict=True):
        part = table[table["quantity"] == quantity]
        heights = Heights.of(part["value"].to_numpy())
        for at, layer in enumerate(layers):
            line = part[part["layer"] == layer]
            alone: Any = "o" if len(line) == 1 else None
            look: dict[str, Any] = {
                "color": colors[at],
                "ls": _dash(at, len(layers)),
                "marker": alone,
                "ms": 3,
            }
            ax.plot(line[unit], heights.place(line["value"]), label=f"layer {layer}", lw=1.1, **look)
        ax.set_ylim(*heights.limits(part["value"].to_numpy(), 0.05, 0.05))
        if heights.log:
            log_axis(ax, "y")
        unit_axis(ax, unit, float(table[unit].max()))
        ax.set_ylabel(LABELS[quantity])
    if len(layers) <= MOST_NAMED:
        add_legend(axes, [(None, axes[0].get_legend_handles_labels()[0])])
    else:
        add_bar(axes, ScalarMappable(Normalize(layers[0], layers[-1]), ORDERED), "layer")


def _dash(at: int, count: int) -> Any:
    """Few layers differ in dash too, for grey paper."""
    return DASHES[at] if count <= MOST_NAMED else "-"


def _quantities(table: pd.DataFrame) -> list[str]:
    """The quantities that there are, as they stand from left to right."""
    return [quantity for quantity in LABELS if (table["quantity"] == quantity).any()]


def _layout(table: pd.DataFrame) -> Layout:
    return Layout(1, 2, DOUBLE, 0.62) if len(_quantities(table)) > 1 else Layout()


def _caption(table: pd.DataFrame) -> str:
    unit, every, shown = table.attrs["unit"], table.attrs["every"], _quantities(table)
    of = f" of {table.attrs['of']}" if table.attrs["of"] else ""
    said = {
        GRADIENT: "the norm of the gradient by the weights and biases of each layer",
        STEP: "how far the weights of each layer go from a row to the next, as a share of their norm",
    }
    apart = f" ({counted(every, unit)} apart)" if STEP in shown else ""
    text = "; right: ".join(said[quantity] for quantity in shown)
    missing = "" if GRADIENT in shown else " Gradients were not recorded; log.gradients=true does."
    return f"{text[0].upper()}{text[1:]}{apart}, against the {unit}{of}.{missing}"


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_best(results, options):
        return reason
    run = _run(results, options)
    if run is None:
        return (
            "history.csv has neither weights nor gradients; run with log.weights=true or log.gradients=true"
        )
    return None


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, follows=("metric", "xlim"))
