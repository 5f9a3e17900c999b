"""A metric over a key of numbers: medians as lines with their intervals, and runs as dots."""

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
from runner.figures.effect.scale import Scale
from runner.figures.style.axes import Heights
from runner.figures.style.samples import interval_ends
from runner.nn.arrays import Array
from runner.results.effects import MEDIAN, OTHER

FEW = 30  # values that have room for dots and bars; more have bands
DODGE = 0.008  # of the length of the axis: training to the left, held out to the right


def draw_lines(ax: Axes, table: pd.DataFrame, scale: Scale, heights: Heights, width: float) -> None:
    """The lines of every measure over the places of their values, and crosses where runs were lost."""
    scale.draw(ax, width)
    metric, measures = table.attrs["metric"], table.attrs["measures"]
    others = layer(table, metric, OTHER)
    at = scale.at(list(others["value"]))
    ax.plot(at, heights.place(others["number"]), **OTHER_LOOK, gid=OTHER)
    draw_beyond(ax, others, at, heights, OTHER_LOOK["color"], "y")
    few = len(scale.places) <= FEW
    for side, measure in enumerate(measures):
        shift = DODGE * (2 * side - 1) if len(measures) > 1 and few else 0.0
        seeds = seeds_of(table, measure)
        if few:
            at = _dodged(ax, scale.at(list(seeds["value"])), shift, scale.log)
            ax.plot(at, heights.place(seeds["number"]), color=color_of(measure), **SEED_LOOK, gid=measure)
            draw_beyond(ax, seeds, at, heights, color_of(measure), "y")
        _draw_measure(ax, layer(table, measure, MEDIAN), scale, heights, shift if few else None)
        if measure == metric:
            value, number = best_of(table)
            at = _dodged(ax, scale.at([value]), shift, scale.log)
            ax.plot(at, heights.place([number]), gid="best", **STAR)
    _draw_lost(ax, table, scale)


def _dodged(ax: Axes, places: Array, shift: float, log: bool) -> Array:
    """Places moved along the axis by a share of its length."""
    low, high = ax.get_xlim()
    return places * (high / low) ** shift if log else places + shift * (high - low)


def _draw_measure(
    ax: Axes, medians: pd.DataFrame, scale: Scale, heights: Heights, shift: float | None
) -> None:
    """A line through the medians, dotted to values apart; bars, or a band of very many."""
    (measure,) = medians["measure"].unique()
    color, places = color_of(measure), scale.at(list(medians["value"]))
    order = np.argsort(places)
    at = _dodged(ax, places[order], shift or 0.0, scale.log)
    middle, *ends = heights.place(medians[["number", "low", "high"]])[order].T
    low, high = interval_ends(ends[0], ends[1], heights.log)
    apart = medians["value"].isin(scale.apart).to_numpy()[order]
    marker: dict[str, Any] = {"marker": "o", "ms": 3.5} if shift is not None else {}
    line = ~apart
    ax.plot(at[line], middle[line], color=color, zorder=4, gid=f"median {measure}", **marker)
    for i in np.flatnonzero(apart):
        j = i + 1 if i == 0 else i - 1
        ax.plot(at[[i, j]], middle[[i, j]], ls=":", color=color, zorder=4, gid=f"apart {measure}", **marker)
    if shift is None:
        ax.fill_between(at, low, high, color=color, alpha=0.2, lw=0, gid=f"interval {measure}")
    else:
        look: dict[str, Any] = {"color": color, "lw": 1.0, "zorder": 3, "gid": f"interval {measure}"}
        ax.vlines(at, low, high, **look)


def _draw_lost(ax: Axes, table: pd.DataFrame, scale: Scale) -> None:
    """A cross at the upper edge where runs were lost, with how many."""
    counts, place = losses_in(table), ax.get_xaxis_transform()
    at = scale.at(list(counts))
    if not counts:
        return
    ax.plot(at, np.full(len(at), 0.97), color="black", transform=place, gid="lost", **LOST_LOOK)
    several = (table["runs"] > 1).any() and len(scale.places) <= FEW
    for x, text in zip(at, counts.values(), strict=True) if several else ():
        below: dict[str, Any] = {
            "xytext": (0, -3),
            "textcoords": "offset points",
            "ha": "center",
            "va": "top",
        }
        ax.annotate(text, (x, 0.97), xycoords=place, fontsize="xx-small", color="0.2", gid="count", **below)
