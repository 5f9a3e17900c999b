"""The left panel: the metric against the rate, and all that bounds it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FixedLocator

from runner.figures.learning_rates.lines import SEEDS, crowded, draw_lines, few, spread_of
from runner.figures.style.accuracies import as_drawn, more_is_better
from runner.figures.style.axes import HIGH, Heights, log_axis, panel_height
from runner.figures.style.encoding import Looks
from runner.figures.style.labels import label
from runner.figures.style.lost import (
    HALO,
    count_crosses,
    draw_crosses,
    name_regions,
    regions_of,
)
from runner.results.rates import RATE
from runner.training.endings import ROUNDING

TITLED = 0.1  # of what lies between the errors: room beyond the first one for its name
HEIGHTS = 0.72, 0.58  # of a figure's height: what its panels take below a line of words, and below a legend
ASIDE, BAR, CLEAR = 6, 3, 4  # points: from the star to its name, a bar, and what is clear around it
FLOOR = ROUNDING / 10  # where all errors stand that are round-off
SMALL: dict[str, Any] = {"fontsize": "x-small", "color": "0.35"}
FLOOR_LOOK: dict[str, Any] = {"color": "#56B4E9", "alpha": 0.15, "lw": 0}


def heights_of(table: pd.DataFrame) -> Heights:
    """One for all lines; accuracies stand as they are, and round-off as one."""
    metric = table.attrs["metric"]
    if more_is_better(metric):
        return Heights()
    drawn = [metric, *spread_of(table, (metric, "low", "high"))]
    errors = np.append(table[drawn].to_numpy(dtype=float), _initial(table))
    return Heights.of(np.maximum(errors, _floor(table)), 3 * table.attrs["top"], wide=1 + 1e-9)


def _floor(table: pd.DataFrame) -> float:
    """Where errors are cut, as some are round-off and others are not; else nowhere."""
    errors = table[table.attrs["metric"]]
    positive = errors[errors > 0]
    return FLOOR if positive.empty or positive.min() < ROUNDING else 0.0


def has_floor(table: pd.DataFrame) -> bool:
    """Whether errors are drawn that are round-off."""
    return not more_is_better(table.attrs["metric"]) and _floor(table) > 0 and heights_of(table).log


def drawn_of(table: pd.DataFrame) -> pd.DataFrame:
    """The table as the left panel shows it: high accuracies as error rates."""
    seeds = [str(name) for name in table if str(name).startswith(SEEDS[0])]
    return as_drawn(table, "metric", ("low", "high"), ["initial", *seeds])


def draw_quality(ax: Axes, table: pd.DataFrame, looks: Looks, whole: pd.DataFrame) -> None:
    """The lines, within what bounds them: the first error, round-off, and rates that are too large.

    Both tables are as drawn; `whole` has the lines of all panels, which share their axes.
    """
    metric, heights = table.attrs["metric"], heights_of(whole)
    _axis(ax, whole, heights)
    if table.empty:
        return
    limits, regions = ax.get_ylim(), regions_of(table)
    draw_lines(ax, table, (metric, "low", "high"), looks, heights)
    ax.set_ylim(limits)
    below = more_is_better(metric)
    if crowded(table):
        count_crosses(ax, table, below=below)
    else:
        draw_crosses(ax, table, looks, below=below, few=few(table))
    if has_floor(whole):
        ax.axhspan(ax.get_ylim()[0], ROUNDING, gid="round-off", zorder=0, **FLOOR_LOOK)
        ax.text(0.02, ROUNDING, "round-off", transform=ax.get_yaxis_transform(), va="bottom", **SMALL)
    ax.axhline(start := _initial(table), color="0.35", ls=":", lw=0.9, zorder=1, gid="initial")
    beyond: dict[str, Any] = {"xytext": (0, -2 if below else 2), "va": "top" if below else "bottom"}
    place: dict[str, Any] = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points"}
    ax.annotate("at the start", (0.02, start), path_effects=HALO, **place, **beyond, **SMALL)
    if table["best"].any():
        _mark_best(ax, table, heights)
    name_regions(ax, table, regions)
    if limit := limit_within(ax, table):
        ax.axvline(limit, color="#D55E00", ls=(0, (5, 2)), lw=1.0, zorder=3, gid="limit")
        above: dict[str, Any] = {"va": "bottom", "ha": "center", "fontsize": "small", "color": "#A04000"}
        above |= {"transform": ax.get_xaxis_transform(), "gid": "limit"}
        ax.text(limit, 1.01, f"stability limit {limit:.3g}", **above)


def limit_within(ax: Axes, table: pd.DataFrame) -> float | None:
    """The stability limit, where it lies among the rates."""
    limit, (low, high) = table.attrs["limit"], ax.get_xlim()
    return limit if limit and low <= limit <= high else None


def _initial(table: pd.DataFrame) -> float:
    """The median metric at the start."""
    return float(table["initial"].median())


def _axis(ax: Axes, table: pd.DataFrame, heights: Heights) -> None:
    metric = table.attrs["metric"]
    drawn = [metric, *spread_of(table, (metric, "low", "high"))]
    placed = heights.place(table[drawn].to_numpy(dtype=float).ravel())
    low, high = table.attrs["near"]
    named = _room_for_name(ax, 2 if high > low else 1, HEIGHTS[bool(table.attrs["keys"].color)])
    room = (TITLED, named) if more_is_better(metric) else (named, TITLED)
    ax.set_ylim(*heights.limits(np.append(placed, _initial(table)), *room))
    if heights.log:
        log_axis(ax, "y")
    least = ROUNDING if has_floor(table) else -np.inf  # no more is told below; nor above all that is right
    most = 1.0 if more_is_better(metric) else np.inf
    ax.yaxis.set_major_locator(FixedLocator([tick for tick in ax.get_yticks() if least <= tick <= most]))
    ax.set_ylabel(label(metric))


def _room_for_name(ax: Axes, lines: int, height: float) -> float:
    """The room beyond the best rate for so many lines of its name, as a share of what the errors take."""
    letter = FontProperties(size="small").get_size_in_points()
    points = ASIDE + 1.2 * letter * lines + (BAR + CLEAR) * (lines > 1)
    share = points / (height / HIGH * panel_height(ax) * 72)
    return share * (1 + TITLED) / (1 - share)


def _mark_best(ax: Axes, table: pd.DataFrame, heights: Heights) -> None:
    """The star with its name, and the bar of the rates that are as good, at the edge of the best values."""
    metric, best = table.attrs["metric"], table[table["best"]].iloc[0]
    x, y = float(best[RATE]), float(heights.place(best[metric]))
    ax.plot(x, y, marker="*", ms=9, color="black", zorder=6, clip_on=False)
    above = more_is_better(metric)  # the best lies at the edge of the data: its name goes beyond
    low, high = table.attrs["near"]
    name = f"best $\\eta$ = {x:.3g}"
    if high > low:
        edge = 0.985 if above else 0.015
        bar: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "gid": "near"}
        ax.plot([low, high], [edge, edge], color="black", lw=BAR, solid_capstyle="butt", zorder=5, **bar)
        name += f"\n{low:.3g} to {high:.3g} within 10 %"
    left, right = np.log(ax.get_xlim())
    place = (np.log(x) - left) / (right - left)
    side = "left" if place < 0.3 else "right" if place > 0.7 else "center"
    beside: dict[str, Any] = {"xytext": (0, ASIDE if above else -ASIDE), "textcoords": "offset points"}
    beside |= {"ha": side, "va": "bottom" if above else "top", "fontsize": "small", "path_effects": HALO}
    ax.annotate(name, (x, y), zorder=7, **beside)
