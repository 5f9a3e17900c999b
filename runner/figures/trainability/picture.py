"""The picture: pixels in two scales of colours, which meet at the boundary, and a bar that says so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap

from runner.figures.style.axes import add_bar, log_axis
from runner.figures.style.labels import label
from runner.nn.arrays import Array

#: From what converges soonest to what does so last, and from what diverges last to the soonest: what is last
#: is darkest and lightest, so that the boundary stands out in grey too.
CONVERGES = ("#C6DBEF", "#4292C6", "#08306B")
DIVERGES = ("#FFF7BC", "#FEC44F", "#D95F0E")
STEPS = 256
TICKS = {-1.0: "soonest", -0.5: "converges", 0.0: "last", 0.5: "diverges", 1.0: "soonest"}


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The pixels on log axes, and the bar beside them."""
    (ax,), plane = axes, table.attrs["plane"]
    across, upwards = (edges_of(table.attrs["values"][key]) for key in plane)
    cells = np.ma.masked_invalid(cells_of(table, "shade"))
    mesh = ax.pcolormesh(across, upwards, cells, cmap=colors(), vmin=-1, vmax=1, rasterized=True, gid="runs")
    for which, key, edges in zip("xy", plane, (across, upwards), strict=True):
        getattr(ax, f"set_{which}lim")(edges[0], edges[-1])
        log_axis(ax, which)
        getattr(ax, f"set_{which}label")(label(key))
    bar = add_bar(axes, mesh, "")
    bar.set_ticks(list(TICKS), labels=list(TICKS.values()))
    bar.ax.tick_params(length=0)
    for text in bar.ax.get_yticklabels()[1::2]:
        text.set(rotation=90, va="center")


def colors() -> ListedColormap:
    """Both scales, one after the other: from −1 to 0 and from 0 to 1."""
    scales = (LinearSegmentedColormap.from_list("", scale, STEPS) for scale in (CONVERGES, DIVERGES))
    return ListedColormap(np.concatenate([scale(np.arange(STEPS)) for scale in scales]))


def cells_of(table: pd.DataFrame, column: str) -> Array:
    """A column as an array, a row for each value of the key upwards; NaN where no run has a result."""
    x, y = table.attrs["plane"]
    cells = table.pivot(index=y, columns=x, values=column)
    values = table.attrs["values"]
    return np.asarray(cells.reindex(index=values[y], columns=values[x]).to_numpy(dtype=float))


def edges_of(values: Sequence[float]) -> Array:
    """Where the pixels of values begin and end: halfway between them on a log axis."""
    at = np.log(values)
    middles = (at[1:] + at[:-1]) / 2
    return np.asarray(np.exp([2 * at[0] - middles[0], *middles, 2 * at[-1] - middles[-1]]))
