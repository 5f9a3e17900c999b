"""Error against epoch: a line a run, a median with its band over seeds, or quantiles of very many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from runner.arrays import Array
from runner.figures.figure import OFF_SCALE, Figure, Layout, Options, counted, needs_finished, quantiles
from runner.figures.scales import DASHES, Shades, errors_want_log, floor_of, label, legend_above, log_axis
from runner.results import Results

MANY = 100  # runs; beyond, a sample of them is drawn over a band of quantiles
SAMPLE = 50
POINTS = 400  # of a line: more cannot be seen in a column of paper
QUARTILES, MOST = (0.25, 0.75), (0.05, 0.95)


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a point: `line` (its group), `kind` (run, median, sample), the swept values, the error.

    For medians, `low` and `high` bound the band of `runs` runs; a diverged run counts as infinitely
    bad from its end on.
    """
    if not results.is_sweep:
        return _one_run(results)
    runs = results.finished
    steps, values = _visible(results.errors.steps, results.errors.values)
    ends = _with_ends(runs, values)
    if "seed" in results.swept and results.keys:
        groups = [g.to_numpy() for _, g in _grouped(results, runs)]
        parts = [
            _median(results, steps, ends[at], runs.iloc[at], QUARTILES, i) for i, at in enumerate(groups)
        ]
    else:
        shown = np.arange(len(runs))
        parts = []
        if len(runs) > MANY:
            parts = [_median(results, steps, ends, runs, MOST, -1)]
            shown = _spread(runs, results, SAMPLE)
        kind = "sample" if len(runs) > MANY else "run"
        parts += [
            _line(results, steps, values[i], runs.iloc[i], kind, int(runs.index.to_numpy()[i])) for i in shown
        ]
    table = pd.concat(parts, ignore_index=True)
    table.attrs = {
        "step": results.step,
        "color": (color := _color(results, options)),
        "dash": _dash(results, color),
        "keys": results.keys or results.swept,
        "runs": len(runs),
        "diverged": int((runs["status"] == "diverged").sum()),
    }
    return table


def _one_run(results: Results) -> pd.DataFrame:
    names = [n for n in ("error", "test_error") if n in results.header(0)]
    history = results.history(0, names)
    keep = np.unique(np.linspace(0, len(history) - 1, min(len(history), 4 * POINTS)).round().astype(int))
    diverged = str(results.runs.at[0, "status"]) == "diverged"
    parts = [
        pd.DataFrame(
            {
                "line": i,
                "kind": "run",
                "curve": name,
                results.step: history[results.step],
                "error": history[name],
                "diverged": diverged,
            }
        ).iloc[keep]
        for i, name in enumerate(names)
    ]
    table = pd.concat(parts, ignore_index=True)
    table.attrs = {
        "step": results.step,
        "color": "curve",
        "dash": None,
        "keys": [],
        "runs": 1,
        "diverged": int(diverged),
    }
    return table


def _visible(steps: Array, values: Array) -> tuple[Array, Array]:
    """So many of the steps as can be seen; the last of each run is kept by its own line."""
    if len(steps) <= POINTS:
        return steps, values
    keep = np.unique(np.linspace(0, len(steps) - 1, POINTS).round().astype(int))
    return steps[keep], values[:, keep]


def _with_ends(runs: pd.DataFrame, values: Array) -> Array:
    """The errors with those of diverged runs infinite from their end on."""
    diverged = (runs["status"] == "diverged").to_numpy()[:, None]
    return np.where(np.isnan(values) & diverged, np.inf, values)


def _grouped(results: Results, runs: pd.DataFrame) -> Any:
    """Places of the runs that differ in nothing but their seed."""
    places = pd.Series(np.arange(len(runs)), index=runs.index)
    return places.groupby([runs[key].astype(object) for key in results.keys], sort=True)


def _spread(runs: pd.DataFrame, results: Results, count: int) -> Any:
    """Places of `count` runs evenly spread over the values of the first swept key."""
    order = (
        np.argsort(runs[results.keys[0]].to_numpy(), kind="stable") if results.keys else np.arange(len(runs))
    )
    return order[np.unique(np.linspace(0, len(order) - 1, count).round().astype(int))]


def _median(
    results: Results, steps: Array, values: Array, runs: pd.DataFrame, band: tuple[float, float], line: int
) -> pd.DataFrame:
    low, middle, high = quantiles(values, [band[0], 0.5, band[1]])
    whole = np.isfinite(middle)
    frame = {
        "line": line,
        "kind": "median",
        results.step: steps[whole].astype(int),
        "error": middle[whole],
        "low": low[whole],
        "high": high[whole],
        "runs": len(runs),
        "diverged": not whole.all(),
    }
    marks = {key: runs[key].iloc[0] for key in results.keys} if line >= 0 else {}
    return pd.DataFrame({**marks, **frame})


def _line(results: Results, steps: Array, values: Array, run: Any, kind: str, line: int) -> pd.DataFrame:
    there = np.isfinite(values)
    marks = {key: run[key] for key in results.swept}
    frame = {
        "line": line,
        "kind": kind,
        results.step: steps[there].astype(int),
        "error": values[there],
        "diverged": run["status"] == "diverged",
    }
    return pd.DataFrame({**marks, **frame})


def _color(results: Results, options: Options) -> str | None:
    """The key whose values are the colours: as asked for, or the first that was swept."""
    if options.color:
        return options.color
    return next(iter(results.keys or results.swept), None)


def _dash(results: Results, color: str | None) -> str | None:
    """The key that dashes tell apart where colours are of another."""
    others = [key for key in results.keys if key != color]
    few = [key for key in others if results.finished[key].nunique() <= len(DASHES)]
    return few[0] if few else None


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    (ax,) = axes
    color, step = table.attrs["color"], table.attrs["step"]
    lines = table[table["line"] >= 0]
    shades = Shades.of(color, lines[color]) if color else None
    errors = table["error"].to_numpy()
    log = errors_want_log(errors)
    floor = floor_of(errors) if log else -np.inf
    top = _top(lines, step)
    whole = table[table["line"] < 0]
    if len(whole):
        ax.fill_between(
            whole[step], whole["low"].clip(floor), whole["high"].clip(upper=10 * top), color="0.86", lw=0
        )
        ax.plot(
            whole[step], whole["error"].clip(floor), color="black", lw=1.6, zorder=5, label="median of all"
        )
    dashes = Shades.of(table.attrs["dash"], lines[table.attrs["dash"]]) if table.attrs["dash"] else None
    seen: set[Any] = set()
    for _, line in lines.groupby("line", sort=False):
        _draw_line(ax, line, step, (shades, dashes), seen, floor, top)
    if log:
        lowest = floor if (errors == 0).any() else errors[errors > 0].min() / 1.5
        ax.set_ylim(lowest, top * 1.4)
        log_axis(ax, "y")
    else:
        ax.set_ylim(None, min(ax.get_ylim()[1], top * 1.05))
    ax.set_xlim(0, max(1, table[step].max()))
    ax.set_xlabel(step)
    ax.set_ylabel("error $E$")
    if shades is not None:
        _add_key(ax, shades, dashes)


def _top(lines: pd.DataFrame, step: str) -> float:
    """The highest error to show: a little above where the runs begin, not where divergence ends."""
    starts = lines.loc[lines[step] == lines[step].min(), "error"].max()
    shown = lines.loc[~lines["diverged"].astype(bool), "error"].max()
    top = np.nanmax([starts * 100 if lines["diverged"].any() else starts, shown])
    return float(min(top, starts * OFF_SCALE))


def _draw_line(
    ax: Axes,
    line: pd.DataFrame,
    step: str,
    keys: tuple[Shades | None, Shades | None],
    seen: set[Any],
    floor: float,
    top: float,
) -> None:
    if line.empty:
        return
    shades, dashes = keys
    value = line[shades.key].iloc[0] if shades else None
    style: dict[str, Any] = {"color": "#0072B2"}
    if shades:
        dash = dashes.dash(line[dashes.key].iloc[0]) if dashes else shades.dash(value)
        style = {"color": shades.color(value), "linestyle": dash}
        if not shades.is_map and value not in seen:
            style["label"] = shades.name(value).replace("_", " ")
            seen.add(value)
    if line["kind"].iloc[0] == "sample":
        style |= {"linewidth": 0.5}
    drawn = line["error"].clip(floor, OFF_SCALE * top)
    ax.plot(line[step], drawn, **style)
    if "low" in line and line["low"].notna().any():
        ax.fill_between(
            line[step],
            line["low"].clip(floor),
            line["high"].clip(upper=10 * top),
            color=style["color"],
            alpha=0.2,
            lw=0,
        )
    if line["diverged"].iloc[0]:
        ax.plot(
            *_end(line[step].to_numpy(), drawn.to_numpy(), top, log=floor > 0),
            "x",
            color="black",
            ms=4,
            mew=0.9,
            zorder=6,
            clip_on=False,
        )


def _end(steps: Array, errors: Array, top: float, log: bool) -> tuple[float, float]:
    """Where a line ends: at its last point, or where it leaves the picture for good."""
    if errors[-1] <= top:
        return float(steps[-1]), float(errors[-1])
    leaves = int(np.flatnonzero(errors <= top)[-1]) if (errors <= top).any() else 0
    around = slice(leaves, leaves + 2)
    scale: Callable[[Any], Any] = np.log if log else np.asarray
    return float(np.interp(scale(top), scale(errors[around]), steps[around])), top


def _add_key(ax: Axes, shades: Shades, dashes: Shades | None) -> None:
    if shades.is_map:
        shades.add_bar([ax])
    if dashes is None:
        legend_above(ax, None if shades.is_map or shades.key == "curve" else label(shades.key))
        return
    colors = (
        []
        if shades.is_map
        else [Line2D([], [], color=shades.color(v), label=shades.name(v)) for v in shades.values]
    )
    styles = [Line2D([], [], color="0.3", ls=dashes.dash(v), label=dashes.name(v)) for v in dashes.values]
    title = f"{label(shades.key)} (colour), {label(dashes.key)} (dash)"
    legend_above(ax, label(dashes.key) if shades.is_map else title, [*colors, *styles])


def caption(table: pd.DataFrame) -> str:
    lines = table[table["line"] >= 0]
    step, runs = table.attrs["step"], table.attrs["runs"]
    text = f"Error over the training set against the {step}"
    medians = lines[lines["kind"] == "median"]
    if len(medians):
        counts = sorted({int(n) for n in medians["runs"]})
        of = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        text += f": median over {of} seeds, the band from the first to the third quartile"
    elif len(table) > len(lines):
        text += (
            f" of {counted(runs, 'run')}: their median (black), the band from the 5 % to the 95 % quantile, "
            f"and {lines['line'].nunique()} of the runs, evenly spread"
        )
    elif runs > 1:
        text += f", a line for each of {counted(runs, 'run')}"
    if table.attrs["diverged"]:
        text += f". Crosses end lines that diverged ({counted(table.attrs['diverged'], 'run')} diverged)"
    if (lines["error"] == 0).any() and errors_want_log(lines["error"].to_numpy()):
        text += ". Errors of exactly 0 stand at the lower edge"
    return text + "."


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_finished(results):
        return reason
    if options.color:
        results.check_key("--color", options.color)
    return None


FIGURE = Figure(_applies, numbers, draw, caption, lambda table: Layout(aspect=0.72))
