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

from runner.arrays import Array
from runner.figures.figure import (
    DOUBLE,
    HUGE,
    OFF_SCALE,
    Figure,
    Layout,
    Options,
    counted,
    needs_best,
    rounded,
    spread_of,
    star,
)
from runner.figures.looks import Keys, Looks
from runner.figures.scales import DIVERGED_GREY, RATE, Heights, label, log_axis
from runner.ranking import higher_is_better
from runner.results import COLUMNS, Results

STEPS = "steps_to_threshold"
FEW = 30  # rates whose points are marked


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a learning rate and setting: medians over seeds, with bands.

    A diverged run counts as infinitely bad; where the median is, the cell is empty. `best` marks the
    row of the best setting; the steps are those until the metric is at the level that counts as learnt.
    """
    runs, metric = results.finished, results.metric(options.metric)
    settings, along = _settings(results)
    keys = [*settings, RATE]
    diverged = runs["status"] == "diverged"
    by = [runs[key] for key in keys]
    soon = pd.Series(results.curves(metric).reached, runs.index)
    parts = [_quartiles(by, results.quality(metric), (metric, "low", "high"))]
    parts.append(_quartiles(by, soon, (STEPS, "steps_low", "steps_high")))
    counts = {"runs": runs["run"].groupby(by).size(), "diverged": diverged.groupby(by).sum()}
    first = runs["run"].groupby(by).min().rename("first_run")
    table = pd.concat([*parts, pd.DataFrame(counts), first], axis=1).reset_index()
    best = results.ranking(metric).settings[0].runs
    table["best"] = table["first_run"] == results.runs.at[min(best), "run"]
    table.attrs = {
        "keys": Keys.of(runs, settings, options.color),
        "settings": settings,
        "along": along,
        "metric": metric,
        "level": results.level(metric),
        "step": results.step,
        "verdict": results.verdict(metric),
        "top": OFF_SCALE * float(runs["initial_error"].median()),
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
    found = finite.groupby(by, sort=True).quantile(np.array([0.5, 0.25, 0.75])).unstack()
    return found.where(found.abs() < HUGE / 1e6).set_axis(list(names), axis=1)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    metric = table.attrs["metric"]
    looks = Looks.of(table, table.attrs["keys"])
    regions = _diverged_regions(table)
    heights = (_heights(table), Heights(log=False, floor=-np.inf, top=np.inf, zeros=False))
    panels = ((metric, "low", "high"), (STEPS, "steps_low", "steps_high"))
    for ax, columns, scale in zip(axes, panels, heights, strict=True):
        for _, line in table.groupby(table.attrs["settings"]) if table.attrs["settings"] else [((), table)]:
            _draw_line(ax, line, columns, looks, scale)
        for left, right in regions:
            ax.axvspan(left, right, color=DIVERGED_GREY, lw=0, zorder=0)
        ax.set_xlim(*_ends(table))
        log_axis(ax, "x")
        ax.set_xlabel(label(RATE))
    _quality_axis(axes[0], table, heights[0])
    _steps_axis(axes[1], table)
    _mark_best(axes[0], table, heights[0])
    _name_regions(axes[0], regions)
    looks.explain(axes, marked=table[RATE].nunique() <= FEW)


def _heights(table: pd.DataFrame) -> Heights:
    """One for all lines; accuracies stand as they are."""
    metric = table.attrs["metric"]
    if higher_is_better(metric):
        return Heights(log=False, floor=-np.inf, top=np.inf, zeros=False)
    return Heights.of(table[metric].to_numpy(dtype=float), 3 * table.attrs["top"])


def _draw_line(
    ax: Axes, line: pd.DataFrame, columns: tuple[str, str, str], looks: Looks, heights: Heights
) -> None:
    (color, dash), marker = looks.style(line.iloc[0]), looks.marker(line.iloc[0])
    middle, low, high = (line[column].to_numpy(dtype=float) for column in columns)
    rates, drawn = line[RATE].to_numpy(dtype=float), heights.place(middle)
    ax.plot(rates, drawn, color=color, ls=dash, marker=marker if len(line) <= FEW else None, ms=3)
    alone = _alone(drawn) if len(line) > FEW else np.zeros(len(line), dtype=bool)
    if alone.any():
        ax.plot(rates[alone], drawn[alone], marker, color=color, ms=2)
    off = heights.off(middle)
    if off.any():
        at_edge = np.full(off.sum(), heights.top)
        ax.plot(rates[off], at_edge, "^", color=color, ms=4, clip_on=False, zorder=6, gid="off scale")
    if (line["runs"] > 1).any():
        ends = np.where(np.isnan(high) & ~np.isnan(middle), np.inf, high)  # infinite quartiles are empty
        above = np.minimum(heights.place(ends), 1e6 * np.nanmax(np.append(drawn, 1.0)))
        ax.fill_between(rates, heights.place(low), above, color=color, alpha=0.2, lw=0)


def _alone(values: Array) -> Any:
    """Which values stand between two that are missing, so that no line reaches them."""
    missing = np.isnan(np.concatenate([[np.nan], values, [np.nan]]))
    return ~missing[1:-1] & missing[:-2] & missing[2:]


def _ends(table: pd.DataFrame) -> tuple[float, float]:
    low, high = float(table[RATE].min()), float(table[RATE].max())
    margin = max(1.15, (high / low) ** 0.02)
    return low / margin, high * margin


def _quality_axis(ax: Axes, table: pd.DataFrame, heights: Heights) -> None:
    metric = table.attrs["metric"]
    shown = heights.place(table[[metric, "low", "high"]].to_numpy(dtype=float).ravel())
    room = (0.05, 0.16) if higher_is_better(metric) else (0.16, 0.05)  # for the name of the best rate
    ax.set_ylim(*heights.limits(shown, *room))
    if heights.log:
        log_axis(ax, "y")
    ax.set_ylabel(label(metric))


def _steps_axis(ax: Axes, table: pd.DataFrame) -> None:
    what, is_least, level = _goal(table)
    goal = " $E$" if what == "error" else f"\n{what}"  # words take a line of their own
    sign = r"$\geq$" if is_least else r"$\leq$"
    ax.set_ylabel(f"{table.attrs['step']}s to{goal} {sign} {level}")
    steps = table[STEPS].dropna()
    if steps.empty:
        ax.yaxis.set_major_locator(NullLocator())
        ax.text(0.5, 0.5, "no run got there", transform=ax.transAxes, ha="center", color="0.35")
    elif (steps == 0).any():  # runs that began there
        ax.set_yscale("symlog", linthresh=1)
        ax.set_ylim(-0.3, 2 * max(1.0, steps.max()))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        ax.set_ylim(max(0.8, 0.7 * steps.min()), 1.5 * steps.max())
        log_axis(ax, "y")


def _goal(table: pd.DataFrame) -> tuple[str, bool, str]:
    """What is to get to its level, whether that is the least it must be, and the level."""
    metric = table.attrs["metric"]
    return COLUMNS[metric].replace("_", " "), higher_is_better(metric), rounded(table.attrs["level"])


def _mark_best(ax: Axes, table: pd.DataFrame, heights: Heights) -> None:
    best = table[table["best"]].iloc[0]
    metric = table.attrs["metric"]
    x, y = float(best[RATE]), float(heights.place(best[metric]))
    ax.plot(x, y, marker="*", ms=9, color="black", zorder=6, clip_on=False)
    above = higher_is_better(metric)  # the best lies at the edge of the data: its name goes beyond
    left, right = np.log(ax.get_xlim())
    place = (np.log(x) - left) / (right - left)
    side = "left" if place < 0.2 else "right" if place > 0.8 else "center"
    ax.annotate(
        f"best $\\eta$ = {x:.3g}",
        (x, y),
        xytext=(0, 6 if above else -6),
        textcoords="offset points",
        ha=side,
        va="bottom" if above else "top",
        fontsize="small",
        zorder=7,
    )


def _name_regions(ax: Axes, regions: Sequence[tuple[float, float]]) -> None:
    for left, right in regions:
        ax.text(
            np.sqrt(left * right),
            0.97,
            "diverged",
            transform=ax.get_xaxis_transform(),
            ha="center",
            va="top",
            rotation=90,
            fontsize="small",
            color="0.35",
        )


def _diverged_regions(table: pd.DataFrame) -> list[tuple[float, float]]:
    """Ranges of the rate in which at least half of all runs diverged, to halfway between the rates."""
    by_rate = table.groupby(RATE)[["runs", "diverged"]].sum()
    rates = by_rate.index.to_numpy(dtype=float)
    lost = (2 * by_rate["diverged"] >= by_rate["runs"]).to_numpy()
    low, high = _ends(table)
    edges = np.concatenate([[low], np.sqrt(rates[1:] * rates[:-1]), [high]])
    turns = np.flatnonzero(np.diff(np.concatenate([[False], lost, [False]]).astype(int)))
    return [(float(edges[a]), float(edges[b])) for a, b in turns.reshape(-1, 2)]


def caption(table: pd.DataFrame) -> str:
    metric, step, heights = table.attrs["metric"], table.attrs["step"], _heights(table)
    what, is_least, level = _goal(table)
    text = (
        f"Left: {metric.replace('_', ' ')}; right: {step}s until the {what} is at "
        f"{'least' if is_least else 'most'} {level}; both against the learning rate η"
    )
    if (table["runs"] > 1).any():
        of = spread_of(table["runs"])
        text += f". Lines are medians over {of} seeds, bands reach from the first to the third quartile"
    text += table.attrs["keys"].say
    if table.attrs["along"]:
        text += f". With the rate goes {' and '.join(table.attrs['along'])}"
    text += star(table.attrs["verdict"])
    if _diverged_regions(table):
        lost = counted(int(table["diverged"].sum()), "run")
        text += f". Grey: at least half of the runs diverged ({lost} in all did)"
    off = table.loc[heights.off(table[metric]), metric]
    if len(off):
        text += f". Triangles at the upper edge: errors beyond the axis, up to {rounded(off.max())}"
    if heights.zeros:
        text += ". Errors of exactly 0 stand at the bottom, a tenth of the smallest other one"
    return text + "."


def _applies(results: Results, options: Options) -> str | None:
    if RATE not in results.swept:
        return "the learning rate was not swept"
    if reason := needs_best(results, options):
        return reason
    if results.finished[RATE].nunique() < 2:
        return "runs of one learning rate only have a result"
    return None


def layout(table: pd.DataFrame) -> Layout:
    return Layout(columns=2, columns_wide=DOUBLE, aspect=0.8 if table.attrs["keys"].color else 0.7)


FIGURE = Figure(_applies, numbers, draw, caption, layout, follows=("metric", "color"))
