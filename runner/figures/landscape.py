"""Contours of the error over a plane of weights, with the paths of the runs. Evaluates; trains nothing."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.contour import ContourSet
from matplotlib.ticker import MaxNLocator

from runner.figures.figure import Figure, Layout, Options, counted, evenly, verb_of
from runner.figures.moments import is_titled, moments, multiples, name_panels, share_labels, when
from runner.figures.style.axes import ERRORS_WIDE, add_bar, thin_ticks
from runner.figures.style.encoding import Looks, add_lines, keys_of
from runner.figures.style.labels import symbol
from runner.figures.trajectories import REASONS, is_weight, needs_weights, paths_of, reasons_apart, reference
from runner.nn.arrays import Array
from runner.records.histories import NotShownError
from runner.results import Results
from runner.training.experiment import Experiment
from runner.training.objective import errors_at

AFTER = (("final", "end", ""),)
SIDE = 61  # points of the grid a side
MOST_RUNS = 7
RELIEF = ListedColormap(mpl.colormaps["Greys"](np.linspace(0, 0.55, 256)))  # paths stand out from it
LEVELS = 12  # or so, of the contours


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """Rows of `kind` grid, with the error, and path, with `run` and the swept values.

    `x` and `y` are two weights, or the distances from the end of the best run's path along the two
    principal directions of all paths; the other weights stand where that run ended. Where epochs are asked
    for, paths have an `epoch`, too.
    """
    run = reference(results, options.metric, results.with_weights)
    experiment = results.experiment(run)
    names = [name for name in results.header(run) if is_weight(name)]
    apart = reasons_apart(results, run, names)
    pool = results.finished[apart == ""]
    chosen = _chosen(results, pool, run)
    unit = results.header(run)[0]
    per_epoch = experiment.updates_per_epoch if unit == "update" else 1
    shown = moments(results, run, options, AFTER)
    histories = paths_of(results, chosen, ["error", *names], unit, list(shown.epochs * per_epoch))
    paths = {r: history[names].to_numpy(dtype=float) for r, history in histories.items()}
    if max(map(len, paths.values())) < 2:
        raise NotShownError("there is no path: the runs end where they begin, or diverged at once")
    centre = paths[run][-1]
    plane, axes = _plane(np.concatenate(list(paths.values())), centre, names, options)
    origin = np.where(plane.any(axis=0), 0.0, centre) if _asked(options, names) else centre
    flat = {r: (path - origin) @ plane.T for r, path in paths.items()}
    tables = [_relief(experiment, origin, plane, np.concatenate(list(flat.values())))]
    for r, at in flat.items():
        along = {"x": at[:, 0], "y": at[:, 1], "error": histories[r]["error"].to_numpy()}
        if shown.titles != [""]:
            along["epoch"] = histories[r].iloc[:, 0].to_numpy() / per_epoch
        tables.append(pd.DataFrame({"kind": "path", **along, **results.marks(r)}))
    table = pd.concat(tables, ignore_index=True)
    best = "" if results.lost[run] else results.best_name(options.metric, results.with_weights)
    counts = apart.value_counts()
    table.attrs = {
        "moments": shown.pairs,
        "epochs": dict(zip(shown.columns, shown.epochs.tolist(), strict=True)),
        "said": shown.said,
        "axes": axes,
        "keys": keys_of(results, options, chosen),
        "end": best or f"the run {results.name(run)}".rstrip(),
        "weights": len(names),
        "pool": len(pool),
        "apart": {why: int(counts[why]) for why in REASONS if why in counts},
        "lost": verb_of(results.outcomes[chosen]),
    }
    return table


def _relief(experiment: Experiment, origin: Array, plane: Array, points: Array) -> pd.DataFrame:
    """The rows of `kind` grid: the error over the window of the plane in which all paths lie."""
    grid = np.stack([v.ravel() for v in np.meshgrid(*_window(points))], axis=1)
    rows = np.split(grid, SIDE)  # all at once, the weights of so many places might fill the memory
    errors = np.concatenate([errors_at(experiment, origin + row @ plane) for row in rows])
    if not np.isfinite(errors).any():
        raise NotShownError("the error is beyond all numbers wherever the paths lead")
    return pd.DataFrame({"kind": "grid", "x": grid[:, 0], "y": grid[:, 1], "error": errors})


def _asked(options: Options, names: Sequence[str]) -> bool:
    """Whether --x and --y name weights; a heatmap's keys they may be, too."""
    return options.x in names and options.y in names


def _chosen(results: Results, pool: pd.DataFrame, run: int) -> list[int]:
    """The runs whose paths are drawn, `run` the last: evenly chosen of those in the pool."""
    order = pool.sort_values(results.keys or ["run"], kind="stable").index.to_numpy()
    most = MOST_RUNS if len(order) <= MOST_RUNS else MOST_RUNS - 1  # the best run stands beside the others
    spread = order[evenly(len(order), most)]
    return [*(int(r) for r in spread if r != run), run]


def _plane(
    points: Array, centre: Array, names: list[str], options: Options
) -> tuple[Array, list[tuple[str, float | None]]]:
    """Two directions (2, P), and what their axes are called, with their share of the paths' variance."""
    if options.x and options.y and _asked(options, names):
        plane = np.zeros((2, len(names)))
        for row, name in zip(plane, (options.x, options.y), strict=True):
            row[names.index(name)] = 1.0
        return plane, [(options.x, None), (options.y, None)]
    if len(names) == 2:
        return np.eye(2), [(name, None) for name in names]
    _, spread, directions = np.linalg.svd(points - centre, full_matrices=False)
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


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """Contours in grey, which lie under the paths of every moment."""
    grid = table[table["kind"] == "grid"]
    across, upwards = (_axis_name(*axis) for axis in table.attrs["axes"])
    for ax in axes:
        filled = _draw_contours(ax, grid)
        ax.set(xlabel=across, ylabel=upwards)
        thin_ticks(ax)
    add_bar(axes, filled, "error $E$")
    share_labels(axes)
    _looks(table).explain(axes, titled=is_titled(table))


def _draw_moment(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The paths up to the moment of each panel."""
    paths, looks = table[table["kind"] == "path"], _looks(table)
    for ax, (column, _) in zip(axes, table.attrs["moments"], strict=True):
        reached = paths[paths["epoch"] <= table.attrs["epochs"][column]] if "epoch" in paths else paths
        _draw_paths(ax, [path for _, path in reached.groupby("run", sort=False)], looks)
    name_panels(axes, [title for _, title in table.attrs["moments"]])


def _looks(table: pd.DataFrame) -> Looks:
    return Looks.of(table[table["kind"] == "path"], table.attrs["keys"])


def _axis_name(name: str, share: float | None) -> str:
    if share is None:
        return symbol(name)
    near = "< 0.1" if share < 0.001 else "> 99.9" if share > 0.999 else f"{100 * share:.1f}"
    return f"{name} ({near} % of variance)"


def _draw_contours(ax: Axes, grid: pd.DataFrame) -> ContourSet:
    x, y = np.unique(grid["x"]), np.unique(grid["y"])
    values = grid["error"].to_numpy().reshape(len(y), len(x))
    heights = np.ma.masked_invalid(values)
    low, high = float(heights.min()), float(heights.max())
    floor = max(low, high * 1e-6, 1e-300)
    log = high / floor >= ERRORS_WIDE
    top = min(high, floor * 1e9)
    levels = np.geomspace(floor, top, LEVELS + 1) if log else MaxNLocator(LEVELS).tick_values(low, high)
    if not levels[-1] > levels[0]:
        levels = levels[0] + np.linspace(0, 1, LEVELS + 1)
    norm = LogNorm(levels[0], levels[-1]) if log else None
    heights = np.ma.clip(heights, levels[0], levels[-1])
    filled = ax.contourf(x, y, heights, levels, cmap=RELIEF, norm=norm)
    ax.contour(x, y, heights, levels, colors="white", linewidths=0.3)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    return filled


def _draw_paths(ax: Axes, paths: Sequence[pd.DataFrame], looks: Looks) -> None:
    """Each with a hollow dot where it begins and a filled one where it ends."""
    lines = [(path["x"].to_numpy(), path["y"].to_numpy()) for path in paths]
    styles = [looks.style(path.iloc[0]) for path in paths]
    colors = [color for color, _ in styles]
    add_lines(ax, lines, [("white", "-")] * len(lines), linewidths=2.2, zorder=2.5)
    add_lines(ax, lines, styles, linewidths=1.2, zorder=3)
    for at, filled in ((0, False), (-1, True)):
        x, y = np.array([(x[at], y[at]) for x, y in lines]).T
        faces, edges = (colors, "white") if filled else ("white", colors)
        ax.scatter(x, y, s=12, c=faces, edgecolors=edges, linewidths=0.5 if filled else 0.9, zorder=4)


def _caption(table: pd.DataFrame) -> str:
    (across, share), (upwards, _) = table.attrs["axes"]
    runs = table.loc[table["kind"] == "path", "run"].nunique()
    paths, their = ("paths", "are") if runs > 1 else ("path", "is")
    over = f"{across} and {upwards}" if share is None else f"the two principal directions of the {paths}"
    text = f"The error over the plane of {over}, with the {paths} of {counted(runs, 'run')}"
    pool = table.attrs["pool"]
    text += " that start alike" if pool > 1 else ""
    text += f", evenly chosen of {pool:,}," if runs < pool else ""
    text += f" from the hollow to the filled dot{table.attrs['keys'].say}"
    if table.attrs["weights"] > 2:
        end = f"the end of {table.attrs['end']}"
        text += f"; the plane lies through {end}, and the {paths} {their} projected onto it"
    if table.attrs["lost"]:
        text += f". {counted(pool, 'run')} {table.attrs['lost']}; paths end where weights leave the scale"
    others = ", ".join(f"{count:,} {why}" for why, count in table.attrs["apart"].items())
    text += (
        "" if table.attrs["moments"][0][1] == "" else f"; paths go {when(table).replace('at', 'up to', 1)}"
    )
    return text + (f". Not drawn: {others}" if others else "") + f"{table.attrs['said']}."


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_weights(results):
        return reason
    names = results.weight_names()
    for option, key in (("--x", options.x), ("--y", options.y)):
        if key and key not in names:
            return f"{option} {key} is a swept key, not a weight"
    if bool(options.x) != bool(options.y):
        return "it needs both --x and --y, or neither"
    if len(names) < 2:
        return "there is only one weight"
    return None


def _layout(table: pd.DataFrame) -> Layout:
    """Higher where the key above it has a column for colours and one for dashes."""
    keys = table.attrs["keys"]
    rows = max(table[key].nunique() for key in (keys.color, keys.dash)) if keys.dash else 0
    return multiples(table, Layout(aspect=0.8 + 0.04 * rows))


FIGURE = Figure(
    _applies,
    numbers,
    draw,
    _caption,
    _layout,
    follows=("metric", "x", "y", "color", "epochs"),
    moment=_draw_moment,
)
