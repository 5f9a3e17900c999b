"""What both panels share: lines over the rates with their bands, and where errors stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.figures.figure import groups_of
from runner.figures.style.axes import Heights, log_axis
from runner.figures.style.encoding import MOST_NAMED, Looks
from runner.figures.style.labels import label
from runner.figures.style.lost import rate_limits, regions_of, shade_regions
from runner.nn.arrays import Array
from runner.results.rates import RATE

STEPS = "steps_to_threshold"
FEW = 30  # rates whose points are marked
BANDED = 5  # seeds; fewer are dots
#: How the columns of single seeds begin: of the metric, and of the steps.
SEEDS = ("seed_", "steps_seed_")
FAR = 1e6  # times beyond the lines: where whiskers without an end lead
THIN: dict[str, Any] = {"lw": 0.7}  # of very many lines


def few(table: pd.DataFrame) -> bool:
    """Whether there is room for a mark at every rate."""
    return table[RATE].nunique() <= FEW


def crowded(table: pd.DataFrame) -> bool:
    """Whether there are too many lines in a panel for a band and a mark of each."""
    if not table.attrs["settings"]:
        return False
    panels = [key for key in (table.attrs["keys"].col, table.attrs["keys"].row) if key]
    lines = table.drop_duplicates(table.attrs["settings"])
    return bool((lines.groupby(panels).size().max() if panels else len(lines)) > MOST_NAMED)


def spread_of(table: pd.DataFrame, columns: tuple[str, str, str]) -> list[str]:
    """What is drawn about a line of `columns`: its quartiles, or its seeds where they are few."""
    if crowded(table) or not (table["runs"] > 1).any():
        return []
    if (table["runs"] >= BANDED).any():
        return list(columns[1:])
    prefix = SEEDS[columns[0] == STEPS]
    return [str(name) for name in table if str(name).startswith(prefix)]


def draw_lines(
    ax: Axes, table: pd.DataFrame, columns: tuple[str, str, str], looks: Looks, heights: Heights
) -> None:
    """A line a setting over the rates: the first of the `columns`, in a band between the others."""
    spread = spread_of(table, columns)
    for line in groups_of(table, table.attrs["settings"]):
        _draw_line(ax, line, columns[0], looks, heights, thin=crowded(table))
        if spread == list(columns[1:]):
            _draw_band(ax, line, columns, looks, heights)
        else:
            _draw_seeds(ax, line, spread, looks, heights)
    shade_regions(ax, regions_of(table))
    ax.set_xlim(*rate_limits(table))
    log_axis(ax, "x")
    ax.set_xlabel(label(RATE))


def _draw_line(ax: Axes, line: pd.DataFrame, column: str, looks: Looks, heights: Heights, thin: bool) -> None:
    (color, dash), marker = looks.style(line.iloc[0]), looks.marker(line.iloc[0])
    rates, middle = (line[name].to_numpy(dtype=float) for name in (RATE, column))
    drawn, mark = heights.place(middle), marker if len(line) <= FEW else None
    ax.plot(rates, drawn, color=color, ls=dash, marker=mark, ms=2 if thin else 3, **THIN if thin else {})
    if len(line) > FEW and (alone := _alone(drawn)).any():
        ax.plot(rates[alone], drawn[alone], marker, color=color, ms=2)
    if (off := rates[heights.off(middle)]).size:
        at_edge = np.full(off.size, heights.top)
        ax.plot(off, at_edge, "^", color=color, ms=4, clip_on=False, zorder=6, gid="off scale")


def _draw_band(
    ax: Axes, line: pd.DataFrame, columns: tuple[str, str, str], looks: Looks, heights: Heights
) -> None:
    """Quartiles as a band; a whisker where one of them is infinite, which is empty in the table."""
    middle, low, high = (line[column].to_numpy(dtype=float) for column in columns)
    color, rates, there = looks.style(line.iloc[0])[0], line[RATE].to_numpy(), np.isfinite(middle)
    bounded = there & np.isfinite(low) & np.isfinite(high)
    bottom, top = heights.place(low), heights.place(high)
    ax.fill_between(rates, bottom, top, where=bounded, color=color, alpha=0.2, lw=0, gid="band")
    if (open_ended := there & ~bounded).any():
        placed = heights.place(middle[there])
        least, most = (placed.min() / FAR, placed.max() * FAR) if heights.log else (-FAR, FAR)
        ends = np.where(np.isnan(low), least, bottom), np.where(np.isnan(high), most, top)
        look: dict[str, Any] = {"color": color, "lw": 0.8, "alpha": 0.6, "gid": "whiskers"}
        ax.vlines(rates[open_ended], ends[0][open_ended], ends[1][open_ended], **look)


def _draw_seeds(ax: Axes, line: pd.DataFrame, columns: Sequence[str], looks: Looks, heights: Heights) -> None:
    """A dot a seed."""
    color = looks.style(line.iloc[0])[0]
    for column in columns:
        look: dict[str, Any] = {"color": color, "ms": 2, "mew": 0, "alpha": 0.6, "gid": "seeds"}
        ax.plot(line[RATE], heights.place(line[column]), "o", **look)


def _alone(values: Array) -> Any:
    """Which values stand between two that are missing, so that no line reaches them."""
    missing = np.isnan(np.concatenate([[np.nan], values, [np.nan]]))
    return ~missing[1:-1] & missing[:-2] & missing[2:]
