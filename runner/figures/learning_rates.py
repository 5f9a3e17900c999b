"""Final error, and how soon the error is small, against the learning rate.

The theoretical limit of the learning rate, once curvature is logged, is one more column of the
numbers and one more line of `draw`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from runner.figures.figure import (
    DOUBLE,
    HUGE,
    Figure,
    Layout,
    Options,
    groups_of,
    losses_of,
    needs_best,
    rounded,
    spread_of,
    star,
)
from runner.figures.style.axes import DIVERGED_GREY, RATE, SHORT, Heights, label, log_axis
from runner.figures.style.encoding import Keys, Looks
from runner.figures.style.lost import draw_crosses, lost_regions, mostly_lost, name_regions, rate_limits
from runner.nn.arrays import Array
from runner.records.histories import NotShownError
from runner.records.names import higher_is_better
from runner.results import COLUMNS, Results
from runner.results.ranking import LOST, median
from runner.training.endings import OFF_SCALE

STEPS = "steps_to_threshold"
FEW = 30  # rates whose points are marked


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a learning rate and setting: medians over seeds, with bands.

    A run that diverged or blew up counts as infinitely bad; where the median is, the cell is empty. `best`
    marks the row of the best setting; the steps are those until the metric is at the level that counts as
    learnt.
    """
    runs, metric = results.finished, results.metric(options.metric)
    settings, along = _settings(results)
    keys = [*settings, RATE]
    outcomes = results.outcomes[runs.index]
    by = [runs[key] for key in keys]
    soon = pd.Series(results.curves(metric).reached, runs.index)
    columns = [
        _quartiles(by, results.quality(metric), (metric, "low", "high")),
        _quartiles(by, soon, (STEPS, "steps_low", "steps_high")),
        runs["run"].groupby(by).size().rename("runs"),
        *((outcomes == end).groupby(by).sum().rename(end.replace(" ", "_")) for end in LOST),
        runs["run"].groupby(by).min().rename("first_run"),
    ]
    table = pd.concat(columns, axis=1).reset_index()
    if table[metric].isna().all():
        raise NotShownError(f"at least half of the runs at every rate diverged, blew up or have no {metric}")
    best = results.ranking(metric).settings[0].runs
    table["best"] = table["first_run"] == results.runs.at[min(best), "run"]
    table.attrs = {
        "keys": Keys.of(runs, settings, options.color),
        "settings": settings,
        "along": along,
        "metric": metric,
        "level": results.level(metric),
        "unit": results.unit,
        "verdict": results.verdict(metric),
        "top": OFF_SCALE * median(runs["initial_error"]),
        "losses": losses_of(results),
    }
    return table


def _settings(results: Results) -> tuple[list[str], list[str]]:
    """The other swept keys: those that make lines of their own, and those that go along with the rate."""
    others = [key for key in results.keys if key != RATE and results.finished[key].nunique() > 1]
    values = results.finished.groupby(RATE)[others].nunique() if others else pd.DataFrame()
    along = [key for key in others if (values[key] <= 1).all()]
    return [key for key in others if key not in along], along


def _quartiles(
    by: list[pd.Series[Any]], values: pd.Series[float], names: tuple[str, str, str]
) -> pd.DataFrame:
    """Median and quartiles of each group under `names`; NaN where they are infinite."""
    finite = values.clip(-HUGE, HUGE)  # infinities cannot be interpolated
    quartiles = finite.groupby(by, sort=True).quantile(np.array([0.5, 0.25, 0.75])).unstack()
    return quartiles.where(quartiles.abs() < HUGE / 1e6).set_axis(list(names), axis=1)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """Two panels over the rates: the metric, and the steps until it is good."""
    metric, regions = table.attrs["metric"], lost_regions(table)
    looks = Looks.of(table, table.attrs["keys"])
    heights = (_heights(table), Heights())
    panels = ((metric, "low", "high"), (STEPS, "steps_low", "steps_high"))
    for ax, columns, scale in zip(axes, panels, heights, strict=True):
        for line in groups_of(table, table.attrs["settings"]):
            _draw_line(ax, line, columns, looks, scale)
        for left, right in regions:
            ax.axvspan(left, right, color=DIVERGED_GREY, lw=0, zorder=0)
        ax.set_xlim(*rate_limits(table))
        log_axis(ax, "x")
        ax.set_xlabel(label(RATE))
    _quality_axis(axes[0], table, heights[0])
    _steps_axis(axes[1], table)
    _mark_best(axes[0], table, heights[0])
    few, below = table[RATE].nunique() <= FEW, higher_is_better(metric)
    taken = draw_crosses(axes[0], table, metric, looks, below=below, few=few)
    draw_crosses(axes[1], table, STEPS, looks, below=False, few=few)
    name_regions(axes[0], table, regions, 0.0 if below else taken)
    looks.explain(axes, marked=few)


def _heights(table: pd.DataFrame) -> Heights:
    """One for all lines; accuracies stand as they are."""
    metric = table.attrs["metric"]
    if higher_is_better(metric):
        return Heights()
    return Heights.of(table[metric].to_numpy(dtype=float), 3 * table.attrs["top"])


def _draw_line(
    ax: Axes, line: pd.DataFrame, columns: tuple[str, str, str], looks: Looks, heights: Heights
) -> None:
    (color, dash), marker = looks.style(line.iloc[0]), looks.marker(line.iloc[0])
    middle, low, high = (line[column].to_numpy(dtype=float) for column in columns)
    rates, drawn = line[RATE].to_numpy(dtype=float), heights.place(middle)
    ax.plot(rates, drawn, color=color, ls=dash, marker=marker if len(line) <= FEW else None, ms=3)
    if len(line) > FEW and (alone := _alone(drawn)).any():
        ax.plot(rates[alone], drawn[alone], marker, color=color, ms=2)
    if (off := rates[heights.off(middle)]).size:
        at_edge = np.full(off.size, heights.top)
        ax.plot(off, at_edge, "^", color=color, ms=4, clip_on=False, zorder=6, gid="off scale")
    if (line["runs"] > 1).any():
        ends = np.where(np.isnan(high) & ~np.isnan(middle), np.inf, high)  # infinite quartiles are empty
        above = np.minimum(heights.place(ends), 1e6 * np.nanmax(np.append(drawn, 1.0)))
        ax.fill_between(rates, heights.place(low), above, color=color, alpha=0.2, lw=0)


def _alone(values: Array) -> Any:
    """Which values stand between two that are missing, so that no line reaches them."""
    missing = np.isnan(np.concatenate([[np.nan], values, [np.nan]]))
    return ~missing[1:-1] & missing[:-2] & missing[2:]


def _quality_axis(ax: Axes, table: pd.DataFrame, heights: Heights) -> None:
    metric = table.attrs["metric"]
    placed = heights.place(table[[metric, "low", "high"]].to_numpy(dtype=float).ravel())
    room = (0.05, 0.16) if higher_is_better(metric) else (0.16, 0.05)  # for the name of the best rate
    ax.set_ylim(*heights.limits(placed, *room))
    if heights.log:
        log_axis(ax, "y")
    ax.set_ylabel(label(metric))


def _steps_axis(ax: Axes, table: pd.DataFrame) -> None:
    what, is_least, level = _goal(table)
    goal = " $E$" if what == "error" else f"\n{what}"  # words take a line of their own
    sign = r"$\geq$" if is_least else r"$\leq$"
    ax.set_ylabel(f"{table.attrs['unit']}s to{goal} {sign} {level}")
    steps = table[STEPS].dropna()
    if steps.empty:
        ax.yaxis.set_major_locator(NullLocator())
        ax.text(0.5, 0.5, "no run got there", transform=ax.transAxes, ha="center", color="0.35")
    elif (steps == 0).any():  # runs that began there
        ax.set_yscale("symlog", linthresh=1)
        ax.set_ylim(-0.3, 2 * max(1.0, steps.max()))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(SHORT))
    else:
        ax.set_ylim(max(0.8, 0.7 * steps.min()), 1.5 * steps.max())
        log_axis(ax, "y")


def _goal(table: pd.DataFrame) -> tuple[str, bool, str]:
    """What is to get to its level, whether that is the least it must be, and the level."""
    metric = table.attrs["metric"]
    return COLUMNS[metric].replace("_", " "), higher_is_better(metric), rounded(table.attrs["level"])


def _mark_best(ax: Axes, table: pd.DataFrame, heights: Heights) -> None:
    metric, best = table.attrs["metric"], table[table["best"]].iloc[0]
    x, y = float(best[RATE]), float(heights.place(best[metric]))
    ax.plot(x, y, marker="*", ms=9, color="black", zorder=6, clip_on=False)
    above = higher_is_better(metric)  # the best lies at the edge of the data: its name goes beyond
    left, right = np.log(ax.get_xlim())
    place = (np.log(x) - left) / (right - left)
    side = "left" if place < 0.2 else "right" if place > 0.8 else "center"
    beside: dict[str, Any] = {"xytext": (0, 6 if above else -6), "textcoords": "offset points", "ha": side}
    name, va = f"best $\\eta$ = {x:.3g}", "bottom" if above else "top"
    ax.annotate(name, (x, y), va=va, fontsize="small", zorder=7, **beside)


def _caption(table: pd.DataFrame) -> str:
    metric, unit, heights = table.attrs["metric"], table.attrs["unit"], _heights(table)
    what, is_least, level = _goal(table)
    text = (
        f"Left: {metric.replace('_', ' ')}; right: {unit}s until the {what} is at "
        f"{'least' if is_least else 'most'} {level}; both against the learning rate η"
    )
    if (table["runs"] > 1).any():
        of = spread_of(table["runs"])
        text += f". Lines are medians over {of} seeds, bands reach from the first to the third quartile"
    text += table.attrs["keys"].say
    if table.attrs["along"]:
        text += f". With the rate goes {' and '.join(table.attrs['along'])}"
    text += star(table.attrs["verdict"])
    text += _say_losses(table)
    off = table.loc[heights.off(table[metric]), metric]
    if len(off):
        text += f". Triangles at the upper edge: errors beyond the axis, up to {rounded(off.max())}"
    if heights.zeros:
        text += ". Errors of exactly 0 stand at the bottom, a tenth of the smallest other one"
    return text + "."


def _say_losses(table: pd.DataFrame) -> str:
    """How many runs were lost, what marks them, and how many settings never got to the threshold."""
    losses, metric = table.attrs["losses"], table.attrs["metric"]
    has_repeats, lost = (table["runs"] > 1).any(), mostly_lost(table)
    late = table[STEPS].isna() & ~lost
    text = f". {losses}" if losses else ""
    if lost.any():
        edge = "lower edge (left) and the upper one (right)" if higher_is_better(metric) else "upper edge"
        did = "at least half of a line's runs did" if has_repeats else "one did"
        text += f"; crosses at the {edge} mark rates at which {did}"
    if lost_regions(table):
        text += ", grey those at which at least half of all did"
    if late.any():
        text += f". {late.sum():,} of {len(table):,} points are missing on the right: that error was "
        text += "not reached" + (" by at least half of their runs" if has_repeats else "")
    return text


def _applies(results: Results, options: Options) -> str | None:
    if RATE not in results.swept:
        return "the learning rate was not swept"
    if reason := needs_best(results, options):
        return reason
    if results.finished[RATE].nunique() < 2:
        return "runs of one learning rate only have a result"
    return None


def _layout(table: pd.DataFrame) -> Layout:
    return Layout(columns=2, columns_wide=DOUBLE, aspect=0.8 if table.attrs["keys"].color else 0.7)


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, follows=("metric", "color"))
