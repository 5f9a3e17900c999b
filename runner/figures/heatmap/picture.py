"""The picture: cells in their places, their numbers, and marks of what was lost or is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import QuadMesh
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from runner.figures.figure import evenly
from runner.figures.style.axes import (
    DIVERGED_GREY,
    PANEL,
    add_bar,
    brief,
    errors_want_log,
    is_numeric,
    letter_width,
    panel_width,
    wants_log,
)
from runner.figures.style.contrast import MIDDLE_GREY, luminance
from runner.figures.style.encoding import short_names
from runner.figures.style.labels import escaped, label
from runner.figures.style.panels import Grid
from runner.nn.arrays import Array
from runner.overrides import in_order
from runner.records.names import higher_is_better
from runner.results.rates import RATE
from runner.training.endings import ROUNDING

#: Cells at their values' places would be too unlike in size: the smallest gap over the largest.
#: Rates stand evenly only where cells would vanish.
EVEN, EVEN_RATES = 0.3, 0.04
#: So many cells of a panel at most have their numbers in them.
MOST_NUMBERED = 40
TALL = 0.3  # inches: a cell that has room for a star above its number
SHADES = "viridis"
NAMES = 1.08  # names of ticks may be as close as panels without long names beside them allow
HEIGHT = 0.73  # of a figure's height a row: what the axis of a panel takes


@dataclass(frozen=True)
class Side:
    """An axis of cells: its values, where they stand, and the edges of their cells."""

    key: str
    values: list[Any]
    places: Array
    edges: Array
    log: bool

    @classmethod
    def of(cls, key: str, values: Sequence[Any]) -> Side:
        """At their values' places in the axis' scale, or evenly where these are words or too uneven."""
        values = in_order(values)
        log, numeric = wants_log(values, key), is_numeric(values) and len(values) > 1
        at: Array = np.array(values if numeric else [], dtype=np.float64)
        at = np.log(at) if log else at
        gaps = np.diff(at)
        if not numeric or gaps.min() < (EVEN_RATES if key == RATE else EVEN) * gaps.max():
            edges = np.arange(len(values) + 1, dtype=np.float64)
            return cls(key, values, edges[:-1] + 0.5, edges, log=False)
        middles = (at[1:] + at[:-1]) / 2
        edges = np.concatenate([[2 * at[0] - middles[0]], middles, [2 * at[-1] - middles[-1]]])
        return cls(key, values, np.exp(at) if log else at, np.exp(edges) if log else edges, log)

    def draw(self, ax: Axes, which: str) -> None:
        """Scale, ticks where the values are, and as many of their names as there is room for."""
        if self.log:
            getattr(ax, f"set_{which}scale")("log")
        axis = getattr(ax, f"{which}axis")
        names = [escaped(name) for name in short_names(self.values, 16)]
        fractions, ends = (np.log(v) if self.log else v for v in (self.places, self.edges))
        at = (fractions - ends[0]) / (ends[-1] - ends[0]) * NAMES * _length(ax, which)
        widths = np.array([(len(name) + 1) * letter_width() for name in names])
        turned = which == "x" and (np.diff(at) < (widths[1:] + widths[:-1]) / 2).any()
        if which == "y" or turned:
            widths = np.full(len(names), 1.9 * letter_width())  # what a name takes across its direction
        named = _apart(at, widths)
        axis.set_major_locator(FixedLocator([float(self.places[i]) for i in named]))
        minor = len(self.places) <= 60 and len(named) < len(self.places)
        axis.set_minor_locator(FixedLocator(list(self.places)) if minor else NullLocator())
        axis.set_minor_formatter(NullFormatter())
        axis.set_ticklabels([names[i] for i in named])
        if turned:
            ax.tick_params(axis="x", labelrotation=90)
        getattr(ax, f"set_{which}lim")(self.edges[0], self.edges[-1])
        getattr(ax, f"set_{which}label")(label(self.key))

    def sizes(self, length: float) -> Array:
        """How wide, or high, the cells are in so many inches."""
        gaps = np.diff(np.log(self.edges) if self.log else self.edges)
        return np.asarray(gaps / gaps.sum() * length)


def _length(ax: Axes, which: str) -> float:
    """How wide, or high, a panel will be that is not laid out yet: about, in inches."""
    if which == "x":
        return panel_width(ax)
    place = ax.get_subplotspec()
    rows = place.get_gridspec().nrows if place else 1
    return float(HEIGHT * ax.figure.bbox.height / ax.figure.dpi / rows)


def _apart(at: Array, widths: Array) -> list[int]:
    """Which names are shown: evenly chosen, the first and the last always, none over another."""
    count = len(at)
    for few in range(count, 1, -1):
        named = evenly(count, few)
        if (np.diff(at[named]) >= (widths[named][1:] + widths[named][:-1]) / 2).all():
            return [int(i) for i in named]
    return [0] if count == 1 else [0, count - 1]


def has_room(table: pd.DataFrame, width: float) -> bool:
    """Whether the cells of a panel have room for their numbers, in a figure of so many inches."""
    across = Side.of(table.attrs["plane"][0], table[table.attrs["plane"][0]].tolist())
    values = table.loc[np.isfinite(table[table.attrs["metric"]]), table.attrs["metric"]].tolist()
    return _fit(values, across.sizes(PANEL * width))


def _fit(values: Sequence[float], widths: Array) -> bool:
    """Whether numbers fit cells of these widths, with space between them."""
    longest = max((len(brief(value)) for value in values), default=0)
    return bool((longest + 1) * letter_width("x-small") <= widths.min())


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """Panels of cells, lower values darker, with their numbers if they are few, and a star on the best."""
    metric, grid = table.attrs["metric"], Grid.of(table, table.attrs["keys"])
    sides = [Side.of(key, table[key].tolist()) for key in table.attrs["plane"]]
    shades = _shades(table)
    for ax, part in zip(axes, grid.parts(table), strict=True):
        mesh = _draw_panel(ax, part, sides, shades)
    grid.finish(axes)
    over = shades.norm.vmax is not None and table[metric].max() > shades.norm.vmax
    bar = add_bar(axes, mesh, label(metric), extend="max" if over else "neither")
    if len(values := np.unique(_finite(table)).tolist()) == 1:
        bar.set_ticks(values, labels=[brief(value) for value in values])


def _finite(table: pd.DataFrame) -> Array:
    """What colours tell: the values of cells that have one."""
    values = _floored(table)
    return np.asarray(values[np.isfinite(values)])


def _shades(table: pd.DataFrame) -> ScalarMappable:
    """The colours of all panels; of cells that all have one value, the one of the best."""
    least, most = (finite := _finite(table)).min(), finite.max()
    if least < most:
        return ScalarMappable(_norm(table), SHADES)
    best = mpl.colormaps[SHADES](1.0 if higher_is_better(table.attrs["metric"]) else 0.0)
    return ScalarMappable(Normalize(least - 1, most + 1), ListedColormap([best]))


def _norm(table: pd.DataFrame) -> Normalize:
    """On a log scale where errors want one, up to what is off the scale."""
    finite = _finite(table)
    if not higher_is_better(table.attrs["metric"]) and (errors_want_log(finite) or finite.max() <= ROUNDING):
        return LogNorm(finite.min(), max(min(finite.max(), table.attrs["top"]), 2 * finite.min()))
    return Normalize(finite.min(), finite.max())


def _floored(table: pd.DataFrame) -> Array:
    """The values of cells: of errors those that are round-off as one."""
    values = table[table.attrs["metric"]].to_numpy(dtype=float)
    if higher_is_better(table.attrs["metric"]):
        return values
    return np.where(values < ROUNDING, ROUNDING, values)


def _draw_panel(ax: Axes, part: pd.DataFrame, sides: Sequence[Side], shades: ScalarMappable) -> QuadMesh:
    """The cells of a panel, and the marks on them."""
    across, upwards = sides
    grid = part.assign(value=_floored(part)).pivot(index=upwards.key, columns=across.key, values="value")
    values = grid.reindex(index=upwards.values, columns=across.values).to_numpy(dtype=float)
    cells = np.ma.masked_invalid(values)
    look: dict[str, Any] = {"cmap": shades.cmap, "norm": shades.norm, "shading": "flat"}
    mesh = ax.pcolormesh(across.edges, upwards.edges, cells, **look)
    across.draw(ax, "x")
    upwards.draw(ax, "y")
    _mark_missing(ax, part, across, upwards)
    numbered = _write_numbers(ax, mesh, across, upwards)
    if part["best"].any():
        _mark_best(ax, part[part["best"]].iloc[0], sides, numbered)
    return mesh


def _mark_best(ax: Axes, best: pd.Series[Any], sides: Sequence[Side], numbered: bool) -> None:
    """A star in the best cell: above its number, or in its corner where there is no room."""
    across, upwards = sides
    i, j = (side.values.index(best[side.key]) for side in sides)
    at, beside = (across.places[i], upwards.places[j]), (0.0, 0.13 if numbered else 0.0)
    if numbered and upwards.sizes(_length(ax, "y"))[j] < TALL:
        at, beside = (across.edges[i + 1], upwards.edges[j + 1]), (-0.07, -0.07)
    place = ax.transData + ScaledTranslation(*beside, ax.figure.dpi_scale_trans)
    look: dict[str, Any] = {"ms": 6.5 if numbered else 8, "mfc": "white", "mec": "black", "mew": 0.6}
    ax.plot(*at, "*", transform=place, gid="best", **look)


def _write_numbers(ax: Axes, mesh: QuadMesh, across: Side, upwards: Side) -> bool:
    """Writes the value into each cell, if they are few and all have room; whether it did."""
    values: Any = np.ma.masked_invalid(np.ma.asarray(mesh.get_array()))
    numbers = values.compressed().tolist()
    if values.size > MOST_NUMBERED or not _fit(numbers, across.sizes(_length(ax, "x"))):
        return False
    places = [(i, j) for j, i in np.argwhere(~np.ma.getmaskarray(values))]
    for (i, j), number, rgb in zip(places, numbers, mesh.to_rgba(values)[~values.mask], strict=True):
        light = luminance(rgb) > MIDDLE_GREY
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": "x-small", "gid": "number"}
        look["color"] = "black" if light else "white"
        ax.text(across.places[i], upwards.places[j], brief(number), **look)
    return True


def _mark_missing(ax: Axes, table: pd.DataFrame, across: Side, upwards: Side) -> None:
    """Cells of lost runs hatched on grey; a dot where there is no result, a dash where there was no run."""
    (x, y), metric = table.attrs["plane"], table.attrs["metric"]
    cells = {(cell[x], cell[y]): cell for _, cell in table.iterrows()}
    for (i, a), (j, b) in product(enumerate(across.values), enumerate(upwards.values)):
        cell = cells.get((a, b))
        if cell is not None and np.isfinite(cell[metric]):
            continue
        if cell is None or not cell["diverged"] + cell["blown_up"]:
            marker, name = ("_", "absent") if cell is None else (".", "no result")
            ax.plot(across.places[i], upwards.places[j], marker, color="0.5", ms=4, gid=name)
            continue
        corner = across.edges[i], upwards.edges[j]
        size = across.edges[i + 1] - corner[0], upwards.edges[j + 1] - corner[1]
        look: dict[str, Any] = {"facecolor": DIVERGED_GREY, "edgecolor": "0.45", "hatch": "xxxx"}
        ax.add_patch(Rectangle(corner, *size, linewidth=0, gid="diverged", **look))
