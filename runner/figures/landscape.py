"""Contours of the error over a plane of weights, with the paths of the runs. Evaluates; trains nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.ticker import FuncFormatter, LogLocator

from runner.activations import ACTIVATIONS
from runner.arrays import Array
from runner.experiment import Experiment
from runner.figures.figure import Figure, Layout, Options, counted, needs_finished, needs_weights
from runner.figures.scales import DISTINCT, Shades, label, legend_above, power_of_ten
from runner.losses import LOSSES
from runner.network import forward, views
from runner.results import Results, thinned

SIDE = 61  # points of the grid a side
MOST_RUNS = 7
POINTS = 200  # of a path
RELIEF = ListedColormap(mpl.colormaps["Greys"](np.linspace(0, 0.55, 256)))  # paths stand out from it
BYTES = 32 * 2**20  # of what the forward passes hold at once


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """Rows of `kind` grid, with the error, and path, with `run` and the swept values.

    `x` and `y` are two weights, or the distances from the end of the first run's path along the two
    principal directions of all paths; the other weights stand where that run ended.
    """
    run, others = _chosen(results)
    one = results.experiment(run)
    names = [name for name in results.header(run) if name[:1] in "wb" and name[1:].isdigit()]
    paths = dict(zip(others, _paths(results, others, names), strict=True))
    centre = paths[run][-1]
    plane, axes = _plane(np.concatenate(list(paths.values())), centre, names, options)
    origin = np.where(plane.any(axis=0), 0.0, centre) if options.x else centre
    flat = {r: (path - origin) @ plane.T for r, path in paths.items()}
    across, upwards = _window(np.concatenate(list(flat.values())))
    grid = np.stack([v.ravel() for v in np.meshgrid(across, upwards)], axis=1)
    parts = [
        pd.DataFrame(
            {"kind": "grid", "x": grid[:, 0], "y": grid[:, 1], "error": errors(one, origin + grid @ plane)}
        )
    ]
    for r, at in flat.items():
        marks = results.marks(r)
        parts.append(pd.DataFrame({"kind": "path", "x": at[:, 0], "y": at[:, 1], **marks}))
    table = pd.concat(parts, ignore_index=True)
    color = options.color or next(iter(results.keys or results.swept), None)
    table.attrs = {"axes": axes, "color": color, "of": results.name(run), "weights": len(names)}
    return table


def _chosen(results: Results) -> tuple[int, list[int]]:
    """The run at whose end the plane lies, and those whose paths are drawn: they share its network."""
    finished = results.finished
    completed = (finished["status"] == "completed").any()
    run = results.best() if completed else int(finished.index[0])
    header = results.header(run)
    pool = finished[finished["status"] == "completed"] if completed else finished
    alike = [int(r) for r in _same_error(results, pool, run).index if results.header(int(r)) == header]
    order = results.finished.loc[alike].sort_values(results.keys or ["run"], kind="stable").index
    spread = order[np.unique(np.linspace(0, len(order) - 1, MOST_RUNS - 1).round().astype(int))]
    return run, list(dict.fromkeys([*(int(r) for r in spread), run]))


def _same_error(results: Results, pool: pd.DataFrame, run: int) -> pd.DataFrame:
    """The runs whose network, data and loss are those of `run`: only they walk its landscape."""
    fixed = [key for key in results.keys if key.split(".")[0] in ("network", "data", "loss", "experiment")]
    for key in fixed:
        if key not in ("network.weights", "network.biases"):  # where a path begins, not what it walks on
            pool = pool[pool[key].astype(str) == str(results.runs.at[run, key])]
    return pool


def _paths(results: Results, runs: list[int], names: list[str]) -> list[Array]:
    """The weights (T, P) along each run; of a diverged run, as long as they keep to a human scale."""
    paths = []
    for history in results.histories(runs, names):
        weights = thinned(history, POINTS)[names].to_numpy(dtype=float)
        size = np.abs(weights).max(axis=1)
        paths.append(weights[: max(1, int(np.argmax(np.append(size > 10 * max(1.0, size[0]), True))))])
    return paths


def _plane(
    points: Array, centre: Array, names: list[str], options: Options
) -> tuple[Array, list[tuple[str, float | None]]]:
    """Two directions (2, P), and what their axes are called, with their share of the paths' variance."""
    if options.x and options.y:
        plane = np.zeros((2, len(names)))
        for row, name in zip(plane, (options.x, options.y), strict=True):
            row[names.index(name)] = 1.0
        return plane, [(options.x, None), (options.y, None)]
    if len(names) == 2:
        return np.eye(2), [(name, None) for name in names]
    _, spread, directions = np.linalg.svd(points - centre, full_matrices=len(names) <= 50)
    plane = directions[:2]
    plane = plane * np.sign(plane[np.arange(2), np.abs(plane).argmax(axis=1)])[:, None]  # a sign of its own
    shares = spread**2 / max(float((spread**2).sum()), 1e-300)
    return plane, [(f"direction {i + 1}", float(shares[i]) if i < len(shares) else 0.0) for i in range(2)]


def _window(points: Array) -> tuple[Array, Array]:
    """The ranges that hold all paths, with a margin, and not too unlike."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum(high - low, 0.15 * (high - low).max())
    size = np.where(size > 0, size, 1.0) * 1.3
    middle = (low + high) / 2
    across, upwards = np.linspace(middle - size / 2, middle + size / 2, SIDE).T
    return across, upwards


def errors(one: Experiment, parameters: Array) -> Array:
    """The error (R,) over the training set of networks with `parameters` (R, P), a few at a time."""
    activations = [ACTIVATIONS[name] for name in one.activations]
    loss, x, y = LOSSES[one.loss], one.data.inputs[None], one.data.targets[None]
    width = max(1, BYTES // (16 * one.data.examples * sum(one.sizes)))
    found = []
    for start in range(0, len(parameters), width):
        part = np.ascontiguousarray(parameters[start : start + width])
        with np.errstate(all="ignore"):
            pred = forward(views(part, one.sizes, one.biases is not None), activations, x).pred
            found.append(loss.value(pred, y).sum(axis=1) / one.data.examples)
    return np.concatenate(found)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    (ax,) = axes
    grid, paths = table[table["kind"] == "grid"], table[table["kind"] == "path"]
    x, y = np.unique(grid["x"]), np.unique(grid["y"])
    values = grid["error"].to_numpy().reshape(len(y), len(x))
    _draw_contours(ax, x, y, values)
    color = table.attrs["color"]
    shades = Shades.of(color, paths[color]) if color else None
    seen: set[Any] = set()
    for _, path in paths.groupby("run", sort=False):
        _draw_path(ax, path, shades, seen)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    across, upwards = table.attrs["axes"]
    ax.set_xlabel(_axis_name(*across))
    ax.set_ylabel(_axis_name(*upwards))
    if shades is not None:
        order = [shades.name(value) for value in shades.values]  # not that of drawing, the best run last
        handles = ax.get_legend_handles_labels()[0]
        legend_above(
            ax, label(shades.key), sorted(handles, key=lambda handle: order.index(str(handle.get_label())))
        )


def _axis_name(name: str, share: float | None) -> str:
    if share is None:
        return f"${name[0]}_{{{name[1:]}}}$"
    return f"{name} ({100 * share:.3g} % of variance)"


def _draw_contours(ax: Axes, x: Array, y: Array, values: Array) -> None:
    shown = np.ma.masked_invalid(values)
    floor = max(float(shown.min()), float(shown.max()) * 1e-6, 1e-300)
    log = float(shown.max()) / floor > 30
    top = min(float(shown.max()), floor * 1e9)
    levels = np.geomspace(floor, top, 13) if log else np.linspace(shown.min(), shown.max(), 13)
    if not levels[-1] > levels[0]:
        levels = levels[0] + np.linspace(0, 1, 13)
    norm = LogNorm(levels[0], levels[-1]) if log else None
    shown = np.ma.clip(shown, levels[0], levels[-1])
    filled = ax.contourf(x, y, shown, levels, cmap=RELIEF, norm=norm)
    ax.contour(x, y, shown, levels, colors="white", linewidths=0.3)
    scale: dict[str, Any] = (
        {"ticks": LogLocator(numticks=7), "format": FuncFormatter(power_of_ten)} if log else {}
    )
    ax.figure.colorbar(filled, ax=ax, pad=0.02, aspect=25, fraction=0.06, **scale).set_label("error $E$")


def _draw_path(ax: Axes, path: pd.DataFrame, shades: Shades | None, seen: set[Any]) -> None:
    color, name, dash = DISTINCT[1], None, "-"
    if shades:
        value = path[shades.key].iloc[0]
        color, dash = shades.color(value), shades.dash(value)
        name = shades.name(value) if value not in seen else None
        seen.add(value)
    x, y = path["x"].to_numpy(), path["y"].to_numpy()
    ax.plot(x, y, color="white", lw=2.2, zorder=2.5)
    ax.plot(x, y, color=color, ls=dash, lw=1.2, label=name, zorder=3)
    ax.plot(x[0], y[0], "o", ms=3.5, mfc="white", mec=color, mew=0.9, zorder=4)
    ax.plot(x[-1], y[-1], "o", ms=3.5, mfc=color, mec="white", mew=0.5, zorder=4)


def caption(table: pd.DataFrame) -> str:
    axes = table.attrs["axes"]
    runs = table.loc[table["kind"] == "path", "run"].nunique()
    if axes[0][1] is None:
        over = f"the plane of {axes[0][0]} and {axes[1][0]}"
    else:
        over = "the plane of the two principal directions of the paths"
    text = (
        f"The error over {over}, with the paths of {counted(runs, 'run')} from the hollow to the filled dot"
    )
    if table.attrs["weights"] > 2:
        end = f"the best run ({table.attrs['of']})" if table.attrs["of"] else "the run"
        text += f"; the plane lies through the end of {end}, and the paths are projected onto it"
    return text + "."


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_finished(results):
        return reason
    run = results.rows[0]
    if reason := needs_weights(results, run):
        return reason
    names = results.header(run)
    for option, name in (("--x", options.x), ("--y", options.y)):
        if name and name not in names:
            return f"{option} {name} is no weight of this network"
    if bool(options.x) != bool(options.y):
        return "it needs both --x and --y, or neither"
    if sum(name[:1] in "wb" and name[1:].isdigit() for name in names) < 2:
        return "there is only one weight"
    return None


FIGURE = Figure(_applies, numbers, draw, caption, lambda table: Layout(aspect=0.8))
