"""A metric over two swept keys, a cell a pair of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Rectangle

from runner.arrays import Array
from runner.figures.figure import OFF_SCALE, Figure, Layout, Options, needs_finished
from runner.figures.scales import DIVERGED_GREY, errors_want_log, is_numeric, label, ticks_at, wants_log
from runner.results import Results, higher_is_better, plain


def _keys(results: Results, options: Options) -> tuple[str, str] | None:
    """The keys across and upwards: as asked for, else the first two that were swept."""
    asked = [options.x, options.y]
    rest = iter(key for key in results.keys if key not in asked)
    x, y = (key or next(rest, None) for key in asked)
    return (x, y) if x and y and x != y else None


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a cell: the median of the metric over its completed runs, and how its runs ended.

    A cell of which at least half of the runs diverged has no metric.
    """
    keys = _keys(results, options)
    assert keys is not None  # or the figure does not apply
    runs = results.runs
    rows = []
    for pair, group in runs.groupby([runs[key].astype(object) for key in keys], sort=True):
        states = group["status"].value_counts()
        completed = group.loc[group["status"] == "completed", options.metric]
        diverged = int(states.get("diverged", 0))
        middle = float(completed.median()) if diverged < len(completed) or not diverged else np.nan
        rows.append((*pair, middle, len(group), len(completed), diverged))
    table = pd.DataFrame(rows, columns=[*keys, options.metric, "runs", "completed", "diverged"])
    over = [key for key in results.swept if key not in keys]
    table.attrs = {"keys": keys, "metric": options.metric, "over": over}
    table.attrs["top"] = OFF_SCALE * float(results.finished["initial_error"].median())
    return table


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    (ax,) = axes
    (x, y), metric = table.attrs["keys"], table.attrs["metric"]
    grid = table.pivot(index=y, columns=x, values=metric)
    (columns, x_edges), (rows, y_edges) = (_places(list(v)) for v in (grid.columns, grid.index))
    values = grid.to_numpy(dtype=float)
    norm: Normalize | None = None
    shown = values[np.isfinite(values)]
    if errors_want_log(shown) and not higher_is_better(metric):
        above = shown[shown > 0]
        norm = LogNorm(above.min(), max(min(above.max(), table.attrs["top"]), 2 * above.min()))
        values = np.where(values == 0, above.min(), values)
    # the better the darker, so that the best cell stands out on paper
    shades = mpl.colormaps["viridis_r" if higher_is_better(metric) else "viridis"]
    mesh = ax.pcolormesh(
        x_edges, y_edges, np.ma.masked_invalid(values), cmap=shades, norm=norm, shading="flat"
    )
    for which, v, places in (("x", grid.columns, columns), ("y", grid.index, rows)):
        if wants_log(list(v)):
            getattr(ax, f"set_{which}scale")("log")
        ticks_at(ax, which, places, [plain(value) for value in v], 7 if which == "x" else 9)
    _mark_missing(ax, table, (columns, x_edges, list(grid.columns)), (rows, y_edges, list(grid.index)))
    ax.set(xlim=(x_edges[0], x_edges[-1]), ylim=(y_edges[0], y_edges[-1]), xlabel=label(x), ylabel=label(y))
    if shown.size:
        over = "max" if norm is not None and norm.vmax is not None and shown.max() > norm.vmax else "neither"
        bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02, aspect=25, fraction=0.06, extend=over)
        bar.set_label(label(metric))
    _mark_best(
        ax, table, dict(zip(grid.columns, columns, strict=True)), dict(zip(grid.index, rows, strict=True))
    )


def _places(values: list[Any]) -> tuple[Array, Array]:
    """Where values stand on their axis, and the edges of their cells: halfway, in the axis' scale."""
    if not is_numeric(values) or len(values) < 2:
        edges = np.arange(len(values) + 1, dtype=np.float64)
        return edges[:-1] + 0.5, edges
    log = wants_log(values)
    at: Array = np.log(np.array(values, dtype=np.float64)) if log else np.array(values, dtype=np.float64)
    middles = (at[1:] + at[:-1]) / 2
    edges = np.concatenate([[2 * at[0] - middles[0]], middles, [2 * at[-1] - middles[-1]]])
    if log:
        at, edges = np.exp(at), np.exp(edges)
    return at, edges


def _mark_missing(ax: Axes, table: pd.DataFrame, across: Any, upwards: Any) -> None:
    """Diverged cells hatched on grey; cells without any result stay white, with a dot."""
    (x, y), metric = table.attrs["keys"], table.attrs["metric"]
    (columns, x_edges, xs), (rows, y_edges, ys) = across, upwards
    for _, cell in table[table[metric].isna()].iterrows():
        i, j = xs.index(cell[x]), ys.index(cell[y])
        if not cell["diverged"]:
            ax.plot(columns[i], rows[j], ".", color="0.5", ms=3)
            continue
        size = x_edges[i + 1] - x_edges[i], y_edges[j + 1] - y_edges[j]
        ax.add_patch(
            Rectangle(
                (x_edges[i], y_edges[j]),
                *size,
                facecolor=DIVERGED_GREY,
                edgecolor="0.45",
                hatch="xxxx",
                linewidth=0,
                gid="diverged",
            )
        )


def _best(table: pd.DataFrame) -> pd.Series[Any] | None:
    metric = table.attrs["metric"]
    values = table[metric].dropna()
    if values.empty:
        return None
    return table.loc[values.idxmax() if higher_is_better(metric) else values.idxmin()]


def _mark_best(ax: Axes, table: pd.DataFrame, columns: dict[Any, float], rows: dict[Any, float]) -> None:
    best = _best(table)
    if best is not None:
        x, y = table.attrs["keys"]
        ax.plot(columns[best[x]], rows[best[y]], "*", ms=8, mfc="white", mec="black", mew=0.6)


def caption(table: pd.DataFrame) -> str:
    (x, y), metric, over = (table.attrs[name] for name in ("keys", "metric", "over"))
    text = f"{metric.replace('_', ' ').capitalize()} over {x} and {y}"
    if (table["runs"] > 1).any():
        low, high = table["runs"].min(), table["runs"].max()
        of = str(low) if low == high else f"{low} to {high}"
        text += f"; each cell the median of {of} runs (over {', '.join(over)})"
    best = _best(table)
    if best is not None:
        text += f". The star marks the best, {best[metric]:.4g} at {x}={plain(best[x])}, {y}={plain(best[y])}"
    missing = table[table[metric].isna()]
    if missing["diverged"].any():
        text += ". Hatched cells: at least half of the runs diverged"
    if (missing["diverged"] == 0).any():
        text += ". White cells with a dot: no result"
    return text + "."


def _applies(results: Results, options: Options) -> str | None:
    if not results.is_sweep:
        return "it needs a sweep over two keys, and this is one run"
    for option, key in (("--x", options.x), ("--y", options.y)):
        if key and not (key.startswith(("w", "b")) and key[1:].isdigit()):  # those are landscape's
            results.check_key(option, key)
        elif key:
            return f"{option} {key} is a weight, not a swept key"
    if _keys(results, options) is None:
        return f"it needs two swept keys besides the seed, and there is {len(results.keys)}"
    if reason := needs_finished(results):
        return reason
    results.check_metric(options.metric)
    return None


FIGURE = Figure(_applies, numbers, draw, caption, lambda table: Layout(aspect=0.74))
