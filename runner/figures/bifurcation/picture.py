"""The picture: dots of predictions and of errors, a strip of endings, and the thresholds as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from runner.figures.bifurcation.ends import BANDS, edges_of, is_log, thresholds
from runner.figures.style.axes import Heights, log_axis
from runner.figures.style.labels import label
from runner.figures.style.legends import add_legend
from runner.figures.style.lost import HALO, make_room
from runner.nn.arrays import Array, Mask
from runner.records.names import higher_is_better
from runner.results.rates import RATE
from runner.training.endings import DIVERGED, ROUNDING

BAND = 0.06  # of a panel's height: the strip
APART = 0.018  # of a panel's width: names of thresholds keep so far apart
MANY = 300  # rates whose dots are small
BLACK = 8  # dots over each other that let nothing through


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The dots of predictions and errors, the endings as a strip above, and the thresholds as lines."""
    ends, column = table.attrs["ends"], table.attrs["column"]
    look: dict[str, Any] = {"mew": 0, "color": "black", "rasterized": True, "gid": "dots"}
    look |= {"ms": 0.9, "alpha": 0.4} if len(ends) > MANY else {"ms": 1.8, "alpha": 0.6}
    for ax, name in zip(axes, panels_of(table), strict=True):
        heights = heights_of(table) if name == column else Heights()
        values = table[name].to_numpy(dtype=float)
        placed = heights.place(values)
        ax.set_ylim(*heights.limits(placed, 0.05, 0.05))
        if heights.log:
            log_axis(ax, "y")
        ax.set_ylabel(label(name))
        _rate_axis(ax, ends)
        dots = np.column_stack([table[RATE], placed])
        ax.plot(*dots[_seen(ax, dots)].T, "o", **look)
        for rate, _ in thresholds(ends):
            ax.axvline(rate, color="0.45", lw=0.6, ls=(0, (4, 3)), zorder=1, gid="threshold")
    for ax in axes[:-1]:
        ax.tick_params(labelbottom=False)
    axes[-1].set_xlabel(label(RATE))
    if "prediction" in table:
        axes[0].axhline(table.attrs["target"], color="0.35", lw=0.9, ls=":", zorder=1, gid="target")
    if (ends["kind"] != "").any():
        _draw_strip(axes, ends)
    _name_thresholds(axes[-1], ends)  # errors leave room at the foot


def _seen(ax: Axes, dots: Array) -> Mask:
    """Which of the dots (N, 2) add to what is seen: of those on one pixel, as many as make it black."""
    pixels = pd.DataFrame(np.rint(ax.transData.transform(dots)))
    return np.asarray(pixels.groupby([0, 1]).cumcount() < BLACK)


def panels_of(table: pd.DataFrame) -> list[str]:
    """The columns that are drawn, each in a panel of its own."""
    return [*(["prediction"] if "prediction" in table else []), table.attrs["column"]]


def heights_of(table: pd.DataFrame) -> Heights:
    """Of errors those that are round-off stand as one; accuracies as they are."""
    column = table.attrs["column"]
    if higher_is_better("final_error" if column == "error" else column):
        return Heights()
    return Heights.of(np.maximum(table[column].to_numpy(dtype=float), ROUNDING / 10))


def _rate_axis(ax: Axes, ends: pd.DataFrame) -> None:
    edges = edges_of(ends)
    ax.set_xlim(edges[0], edges[-1])
    if is_log(ends):
        log_axis(ax, "x")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]))


def _draw_strip(axes: Sequence[Axes], ends: pd.DataFrame) -> None:
    """How runs ended, as a strip at the upper edge, and the key of its colours."""
    make_room(ax := axes[0], BAND + 0.02)
    kinds = list(BANDS)
    codes = np.array([kinds.index(kind) if kind in BANDS else np.nan for kind in ends["kind"]])
    colors = ListedColormap(list(BANDS.values()))
    scale: dict[str, Any] = {"cmap": colors, "vmin": -0.5, "vmax": len(kinds) - 0.5, "rasterized": True}
    place, edges = ax.get_xaxis_transform(), edges_of(ends)
    ax.pcolormesh(edges, [1 - BAND, 1.0], codes[None], transform=place, gid="endings", **scale)
    there = [kind for kind in kinds if (ends["kind"] == kind).any()]
    add_legend(axes, [(None, [Patch(color=BANDS[kind], label=kind) for kind in there])])


def _name_thresholds(ax: Axes, ends: pd.DataFrame) -> None:
    """Names at the foot of the lines, as far as there is room between them."""
    place, last = ax.get_xaxis_transform(), -np.inf
    scale = ax.xaxis.get_transform()
    left, right = scale.transform(np.array(ax.get_xlim()))
    for rate, name in sorted(thresholds(ends)):
        at = (scale.transform(np.array([rate]))[0] - left) / (right - left)
        if at - last < APART:
            continue
        last = at
        text = f"{'diverges' if name == DIVERGED else name} at {rate:.4g}"
        look: dict[str, Any] = {"rotation": 90, "ha": "right", "va": "bottom", "fontsize": "x-small"}
        look |= {"xytext": (-1.5, 0), "textcoords": "offset points", "path_effects": HALO, "zorder": 7}
        ax.annotate(text, (rate, 0.1), xycoords=place, gid="threshold", **look)
