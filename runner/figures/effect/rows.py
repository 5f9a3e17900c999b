"""A metric over a key of words: a row a value, its seeds as dots, the best on top."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.figures.effect.marks import (
    LOST_LOOK,
    OTHER_LOOK,
    SEED_LOOK,
    STAR,
    best_of,
    color_of,
    draw_beyond,
    layer,
    losses_in,
    seeds_of,
)
from runner.figures.style.accuracies import more_is_better
from runner.figures.style.axes import Heights
from runner.figures.style.encoding import short_names
from runner.figures.style.labels import escaped, label
from runner.figures.style.samples import interval_ends, spread
from runner.nn.arrays import Array
from runner.results.effects import MEDIAN, OTHER

MOST_ROWS = 20  # the best of more
APART = 0.2  # of a row: from its middle to the seeds of a measure, where there are two
SPREAD = 0.1  # of a row, to either side: seeds of one number lie beside each other
OTHERS_SPREAD = 0.35


def rows_of(table: pd.DataFrame) -> list[str]:
    """The values of a key, the best first: by the median of the metric, those without one last."""
    medians = layer(table, table.attrs["metric"], MEDIAN)
    sign = -1.0 if more_is_better(table.attrs["metric"]) else 1.0
    order = (sign * medians["number"]).sort_values(kind="stable", na_position="last").index
    return list(medians.loc[order, "value"])[:MOST_ROWS]


def draw_rows(ax: Axes, table: pd.DataFrame, heights: Heights) -> None:
    """The rows of every measure, and crosses at the right where runs were lost."""
    values, measures = rows_of(table), table.attrs["measures"]
    places = {value: float(at) for at, value in enumerate(values)}
    others = layer(table, table.attrs["metric"], OTHER)
    at = _spread(_rows(others, places), others, OTHERS_SPREAD)
    ax.plot(heights.place(others["number"]), at, **OTHER_LOOK, gid=OTHER)
    draw_beyond(ax, others, at, heights, OTHER_LOOK["color"], "x")
    for side, measure in enumerate(measures):
        beside = APART * (2 * side - 1) if len(measures) > 1 else 0.0
        seeds, medians = seeds_of(table, measure), layer(table, measure, MEDIAN)
        at = _spread(_rows(seeds, places), seeds, SPREAD) + beside
        ax.plot(heights.place(seeds["number"]), at, color=color_of(measure), **SEED_LOOK, gid=measure)
        draw_beyond(ax, seeds, at, heights, color_of(measure), "x")
        _draw_medians(ax, medians, _rows(medians, places) + beside, heights)
        if measure == table.attrs["metric"]:
            value, number = best_of(table)
            ax.plot(heights.place([number]), [places[value] + beside], gid="best", **STAR)
    ax.set_yticks(range(len(values)), [escaped(name) for name in short_names(values, 24)])
    ax.set_ylim(len(values) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_ylabel(label(str(table["key"].iloc[0])))
    counts = {places[value]: text for value, text in losses_in(table).items() if value in places}
    counts = counts if (table["runs"] > 1).any() else dict.fromkeys(counts, "")
    _draw_lost(ax, counts, more_is_better(table.attrs["metric"]))


def _rows(points: pd.DataFrame, places: dict[str, float]) -> Array:
    """The row of each point; NaN where its value is not shown."""
    return np.array([places.get(value, np.nan) for value in points["value"]])


def _spread(rows: Array, points: pd.DataFrame, most: float) -> Array:
    """Rows, moved a little."""
    return rows + spread(points.groupby("value").cumcount(), most)


def _draw_medians(ax: Axes, medians: pd.DataFrame, at: Any, heights: Heights) -> None:
    """A stroke at the median of each row, and a bar along its interval."""
    (measure,) = medians["measure"].unique()
    middle, *ends = heights.place(medians[["number", "low", "high"]]).T
    low, high = interval_ends(ends[0], ends[1], heights.log)
    look: dict[str, Any] = {"color": color_of(measure), "zorder": 4}
    ax.hlines(at, low, high, lw=1.2, gid=f"interval {measure}", **look)
    ax.plot(middle, at, ls="none", marker="|", ms=7, mew=1.6, gid=f"median {measure}", **look)


def _draw_lost(ax: Axes, counts: dict[float, str], below: bool) -> None:
    """A cross at the edge of bad numbers, the lower or the upper, where runs were lost, with how many."""
    if not counts:
        return
    place, edge = ax.get_yaxis_transform(), 0.02 if below else 0.98
    ax.plot(np.full(len(counts), edge), list(counts), color="black", transform=place, gid="lost", **LOST_LOOK)
    for at, text in counts.items():
        inner: dict[str, Any] = {"xytext": (5 if below else -5, 0), "textcoords": "offset points"}
        inner |= {"ha": "left" if below else "right", "va": "center"}
        ax.annotate(text, (edge, at), xycoords=place, fontsize="xx-small", color="0.2", gid="count", **inner)
