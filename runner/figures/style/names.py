"""Names of lines beside their ends: in room that no line comes to, none over another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from runner.figures.style.axes import letter_width, panel_height, panel_width
from runner.nn.arrays import Array

SIZE = "x-small"
LEAD, CLEAR = 2.2, 0.4  # letters: from the last epoch to a name; of these, what is left free before it
PRINT = 2.3  # letters: how high a line of print is
MOST = 0.4  # of a panel's width


def room_for(ax: Axes, names: Collection[str]) -> float:
    """The share of a panel's width that names take, beside the lines that they are of; 0 without any."""
    letters = max((len(line) for name in names for line in name.split("\n")), default=-LEAD)
    return min(MOST, (letters + LEAD) * letter_width(SIZE) / panel_width(ax))


def write_names(
    ax: Axes, names: Sequence[str], ends: tuple[Array, Array], colors: Sequence[Any], last: float
) -> None:
    """Names in the room beyond the `last` epoch, each with a thin line to it from where its own line ends."""
    if not names:
        return
    scale = ax.yaxis.get_transform()
    low, high = scale.transform(np.array(ax.get_ylim()))
    shares = (scale.transform(ends[1]) - low) / (high - low)
    lines = 1 + max(name.count("\n") for name in names)
    gap = PRINT * lines * letter_width(SIZE) / panel_height(ax)
    places = scale.inverted().transform(low + apart(shares, gap, gap / 2, 1 - gap / 2) * (high - low))
    letter = letter_width(SIZE) / panel_width(ax) * ax.get_xlim()[1]
    at = last + LEAD * letter
    look: dict[str, Any] = {"ha": "left", "va": "center", "fontsize": SIZE, "gid": "name"}
    for name, count, end, place, color in zip(names, *ends, places, colors, strict=True):
        ax.plot([count, at - CLEAR * letter], [end, place], color=color, lw=0.5, zorder=2, gid="lead")
        ax.annotate(name, (at, place), annotation_clip=False, **look)


def apart(ends: Array, gap: float, low: float, high: float) -> Array:
    """Heights for names at the `ends` of lines: in their order, `gap` apart, from `low` to `high`."""
    order = np.argsort(ends, kind="stable")
    below = gap * np.arange(len(ends))  # the room that those below a name take
    lowest, highest = low + below, high - below[::-1]
    heights = ends[order].copy()
    for _ in range(50):  # push pairs apart until all have room
        if (lowest <= highest).all():  # else the panel has no room for them
            heights = np.clip(heights, lowest, highest)
        close = np.diff(heights) < gap - 1e-12
        if not close.any():
            break
        shift = np.where(close, (gap - np.diff(heights)) / 2, 0.0)
        heights[:-1] -= shift
        heights[1:] += shift
    placed = np.empty_like(heights)
    placed[order] = heights
    return placed
