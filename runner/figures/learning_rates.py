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

from runner.figures.figure import DOUBLE, HUGE, OFF_SCALE, Figure, Layout, Options, counted, needs_finished
from runner.figures.scales import (
    DIVERGED_GREY,
    Shades,
    errors_want_log,
    floor_of,
    label,
    legend_above,
    log_axis,
)
from runner.results import Results, higher_is_better, plain

RATE = "learning_rate"


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a learning rate and value of the second key: medians over what else varies, and bands.

    A diverged run counts as infinitely bad; where the median is, the cell is empty. `best` marks the
    row with the best median.
    """
    runs = results.finished
    second = _second(results, options)
    keys = [second, RATE] if second else [RATE]
    diverged = runs["status"] == "diverged"
    bad = -np.inf if higher_is_better(options.metric) else np.inf
    groups = runs.groupby(keys, sort=True)
    quality = runs[options.metric].mask(diverged, bad)
    soon = pd.Series(results.errors.reached, runs.index).fillna(np.inf)
    columns = (options.metric, "low", "high"), ("steps_to_threshold", "steps_low", "steps_high")
    parts = [_quartiles(runs, keys, v, c) for v, c in zip((quality, soon), columns, strict=True)]
    counts = pd.DataFrame(
        {"runs": groups.size(), "diverged": diverged.groupby([runs[k] for k in keys]).sum()}
    )
    table = pd.concat([*parts, counts], axis=1).reset_index()
    values = table[options.metric].dropna()
    table["best"] = False
    if len(values):
        table.loc[values.idxmax() if higher_is_better(options.metric) else values.idxmin(), "best"] = True
    others = [key for key in results.swept if key not in keys]
    table.attrs = {
        "second": second,
        "metric": options.metric,
        "threshold": results.threshold,
        "step": results.step,
        "over": others,
        "top": OFF_SCALE * float(runs["initial_error"].median()),
    }
    return table


def _second(results: Results, options: Options) -> str | None:
    asked = options.color if options.color != RATE else None
    return asked or next((key for key in results.keys if key != RATE), None)


def _quartiles(
    runs: pd.DataFrame, keys: list[str], values: pd.Series[float], names: tuple[str, str, str]
) -> pd.DataFrame:
    """Median and quartiles of each group under `names`; NaN where they are infinite."""
    finite = values.clip(-HUGE, HUGE)  # infinities cannot be interpolated
    groups = finite.groupby([runs[key] for key in keys], sort=True)
    found = groups.quantile(np.array([0.5, 0.25, 0.75])).unstack()
    return found.where(found.abs() < HUGE / 1e6).set_axis(list(names), axis=1)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    second, metric, step = (table.attrs[name] for name in ("second", "metric", "step"))
    shades = Shades.of(second, table[second]) if second else None
    regions = _diverged_regions(table)
    panels = [(metric, "low", "high"), ("steps_to_threshold", "steps_low", "steps_high")]
    for ax, columns in zip(axes, panels, strict=True):
        for value, line in table.groupby(second, sort=True) if second else [(None, table)]:
            _draw_line(ax, line, columns, shades, value)
        for left, right in regions:
            ax.axvspan(left, right, color=DIVERGED_GREY, lw=0, zorder=0)
        _rate_axis(ax, table)
        ax.margins(y=0.14)  # room for the name of the best rate
    error_values = table[metric].to_numpy(dtype=float)
    if errors_want_log(error_values) and not higher_is_better(metric):
        axes[0].set_yscale("log")
        axes[0].set_ylim(None, min(axes[0].get_ylim()[1], 3 * table.attrs["top"]))
        log_axis(axes[0], "y")
    _steps_axis(axes[1], table)
    axes[0].set_ylabel(label(metric))
    axes[1].set_ylabel(f"{step}s until $E \\leq$ {table.attrs['threshold']:.2g}")
    _mark_best(axes[0], table)
    for left, right in regions:
        axes[0].text(
            np.sqrt(left * right),
            0.97,
            "diverged",
            transform=axes[0].get_xaxis_transform(),
            ha="center",
            va="top",
            rotation=90,
            fontsize="small",
            color="0.35",
        )
    if shades is not None and shades.is_map:
        shades.add_bar(axes)
    elif shades is not None:
        legend_above(axes[0], label(shades.key))


def _draw_line(
    ax: Axes, line: pd.DataFrame, columns: tuple[str, str, str], shades: Shades | None, value: Any
) -> None:
    style: dict[str, Any] = {"color": "#0072B2"}
    if shades:
        style = {"color": shades.color(value), "linestyle": shades.dash(value)}
        if not shades.is_map:
            style["label"] = shades.name(value)
    middle, low, high = (line[column] for column in columns)
    floor = floor_of(line[columns[0]].to_numpy(dtype=float))
    few = len(line) <= 30
    off = OFF_SCALE * line.attrs["top"]  # beyond the axis by far, where numbers cannot overflow
    ax.plot(line[RATE], middle.clip(floor, off), marker="o" if few else None, ms=3, **style)
    if (line["runs"] > 1).any():
        top = high.where(high.notna() | middle.isna(), ax.get_ylim()[1])
        ax.fill_between(
            line[RATE], low.clip(floor, off), top.clip(upper=off), color=style["color"], alpha=0.2, lw=0
        )


def _rate_axis(ax: Axes, table: pd.DataFrame) -> None:
    rates = table[RATE]
    ax.set_xlim(rates.min() / 1.15, rates.max() * 1.15)
    log_axis(ax, "x")
    ax.set_xlabel(label(RATE))


def _steps_axis(ax: Axes, table: pd.DataFrame) -> None:
    steps = table["steps_to_threshold"].dropna()
    if (steps > 0).any():
        ax.set_yscale("log")
        ax.set_ylim(max(0.8, 0.7 * steps[steps > 0].min()), 1.5 * steps.max())
        log_axis(ax, "y")
    else:
        ax.set_yticks([])
        ax.text(0.5, 0.5, "no run got there", transform=ax.transAxes, ha="center", color="0.35")


def _mark_best(ax: Axes, table: pd.DataFrame) -> None:
    best = table[table["best"]]
    if best.empty:
        return
    metric = table.attrs["metric"]
    floor = floor_of(table[metric].to_numpy(dtype=float))
    x, y = float(best[RATE].iloc[0]), max(float(best[metric].iloc[0]), floor)
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


def _diverged_regions(table: pd.DataFrame) -> list[tuple[float, float]]:
    """Ranges of the rate in which at least half of all runs diverged, to halfway between the rates."""
    by_rate = table.groupby(RATE)[["runs", "diverged"]].sum()
    rates = by_rate.index.to_numpy(dtype=float)
    lost = (2 * by_rate["diverged"] >= by_rate["runs"]).to_numpy()
    edges = np.concatenate([[rates[0] / 1.15], np.sqrt(rates[1:] * rates[:-1]), [rates[-1] * 1.15]])
    turns = np.flatnonzero(np.diff(np.concatenate([[False], lost, [False]]).astype(int)))
    return [(float(edges[a]), float(edges[b])) for a, b in turns.reshape(-1, 2)]


def caption(table: pd.DataFrame) -> str:
    metric, step, over = table.attrs["metric"], table.attrs["step"], table.attrs["over"]
    text = (
        f"Left: {metric.replace('_', ' ')}; right: {step}s until the error is at most "
        f"{table.attrs['threshold']:.2g}; both against the learning rate η"
    )
    if (table["runs"] > 1).any():
        low, high = table["runs"].min(), table["runs"].max()
        of = str(low) if low == high else f"{low} to {high}"
        text += f". Lines are medians over {of} runs ({', '.join(over)}), "
        text += "bands reach from the first to the third quartile"
    best = table[table["best"]]
    if len(best):
        second = table.attrs["second"]
        at = f" ({second}={plain(best[second].iloc[0])})" if second else ""
        text += f". The star marks the best rate, η = {best[RATE].iloc[0]:g}{at}"
    if _diverged_regions(table):
        lost = counted(int(table["diverged"].sum()), "run")
        text += f". Grey: at least half of the runs diverged ({lost} in all did)"
    if (table[metric] == 0).any() and errors_want_log(table[metric].to_numpy(dtype=float)):
        text += ". Errors of exactly 0 stand below the smallest other one"
    return text + "."


def _applies(results: Results, options: Options) -> str | None:
    if RATE not in results.swept:
        return "the learning rate was not swept"
    if reason := needs_finished(results):
        return reason
    results.check_metric(options.metric)
    if options.color:
        results.check_key("--color", options.color)
    return None


FIGURE = Figure(
    _applies, numbers, draw, caption, lambda table: Layout(columns=2, columns_wide=DOUBLE, aspect=0.7)
)
