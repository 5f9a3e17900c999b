"""A metric over two swept keys, a cell a pair of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from runner.figures.figure import (
    HUGE,
    Figure,
    Layout,
    Options,
    evenly,
    losses_of,
    needs_best,
    spread_of,
    star,
)
from runner.figures.style.axes import (
    DIVERGED_GREY,
    add_bar,
    brief,
    errors_want_log,
    escaped,
    is_numeric,
    label,
    letter_width,
    wants_log,
)
from runner.figures.style.contrast import MIDDLE_GREY, luminance
from runner.figures.style.encoding import short_names
from runner.figures.trajectories import is_weight
from runner.nn.arrays import Array
from runner.overrides import in_order
from runner.records.histories import NotShownError
from runner.records.names import higher_is_better, starting, words_of
from runner.results import Results
from runner.results.ranking import LOST, median
from runner.results.rates import RATE
from runner.training.endings import OFF_SCALE, ROUNDING

#: Cells at their values' places would be too unlike in size: the smallest gap over the largest.
EVEN = 0.3
#: So many cells at most have their numbers in them.
MOST_NUMBERED = 40
#: How wide and high a panel is, in widths of the figure, to see which names fit under it.
PANEL = (0.67, 0.54)


def _keys(results: Results, options: Options) -> tuple[str, str]:
    """The keys across and upwards: as asked for, else the rate and the first that were swept; "" for none."""
    asked = [options.x, options.y]
    rest = iter(sorted((key for key in results.keys if key not in asked), key=lambda key: key != RATE))
    x, y = (key or next(rest, "") for key in asked)
    return x, y


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a cell: the median of the metric over its finished runs, and how its runs ended.

    A run that diverged or blew up counts as infinitely bad: a cell of which at least half of the runs did
    has no metric. `best` marks the cell of the best setting.
    """
    keys = _keys(results, options)
    runs, metric = results.runs, results.metric(options.metric)
    quality, best = results.quality(metric), results.best(metric)
    rows = []
    for pair, group in runs.groupby([runs[key].astype(object) for key in keys], sort=True):
        states = results.outcomes[group.index].value_counts()
        middle = median(quality.reindex(group.index).dropna().tolist())
        ends = (int(states.get(outcome, 0)) for outcome in ("completed", *LOST))
        rows.append((*pair, middle, len(group), *ends, best in group.index))
    table = pd.DataFrame(rows, columns=[*keys, metric, "runs", "completed", "diverged", "blown_up", "best"])
    table[metric] = table[metric].where(table[metric].abs() < HUGE / 1e6)
    if table[metric].isna().all():
        raise NotShownError(f"at least half of the runs of every cell diverged, blew up or have no {metric}")
    table.attrs = {
        "keys": keys,
        "metric": metric,
        "over": [key for key in results.swept if key not in keys],
        "verdict": results.verdict(metric),
        "top": OFF_SCALE * median(results.finished["initial_error"]),
        "losses": losses_of(results),
    }
    return table


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
        if not numeric or (key != RATE and gaps.min() < EVEN * gaps.max()):
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
        length = PANEL[which == "y"] * mpl.rcParams["figure.figsize"][0]
        at = (fractions - ends[0]) / (ends[-1] - ends[0]) * length
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


def _apart(at: Array, widths: Array) -> list[int]:
    """Which names are shown: evenly chosen, the first and the last always, none over another."""
    count = len(at)
    for few in range(count, 1, -1):
        named = evenly(count, few)
        if (np.diff(at[named]) >= (widths[named][1:] + widths[named][:-1]) / 2).all():
            return [int(i) for i in named]
    return [0] if count == 1 else [0, count - 1]


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The cells, lower values darker, with their numbers if they are few, and a star on the best."""
    (ax,) = axes
    (x, y), metric = table.attrs["keys"], table.attrs["metric"]
    across, upwards = (Side.of(key, table[key].tolist()) for key in (x, y))
    grid = table.pivot(index=y, columns=x, values=metric).reindex(index=upwards.values, columns=across.values)
    values = grid.to_numpy(dtype=float)
    if not higher_is_better(metric):
        values = np.where(values < ROUNDING, ROUNDING, values)
    norm: Normalize | None = None
    finite = values[np.isfinite(values)]
    if not higher_is_better(metric) and (errors_want_log(finite) or finite.max() <= ROUNDING):
        norm = LogNorm(finite.min(), max(min(finite.max(), table.attrs["top"]), 2 * finite.min()))
    cells = np.ma.masked_invalid(values)
    mesh = ax.pcolormesh(across.edges, upwards.edges, cells, cmap="viridis", norm=norm, shading="flat")
    across.draw(ax, "x")
    upwards.draw(ax, "y")
    _mark_missing(ax, table, across, upwards)
    over = norm is not None and norm.vmax is not None and finite.max() > norm.vmax
    add_bar(axes, mesh, label(metric), extend="max" if over else "neither")
    best = table[table["best"]].iloc[0]
    i, j = across.values.index(best[x]), upwards.values.index(best[y])
    if numbered := _write_numbers(ax, mesh, across, upwards):
        at = across.edges[i + 1], upwards.edges[j + 1]
        place = ax.transData + ScaledTranslation(-0.07, -0.07, ax.figure.dpi_scale_trans)
    else:
        at, place = (across.places[i], upwards.places[j]), ax.transData
    ax.plot(*at, "*", ms=5 if numbered else 8, mfc="white", mec="black", mew=0.6, transform=place)


def _write_numbers(ax: Axes, mesh: QuadMesh, across: Side, upwards: Side) -> bool:
    """Writes the value into each cell, if they are few and all have room; whether it did."""
    values: Any = np.ma.masked_invalid(np.ma.asarray(mesh.get_array()))
    texts = [brief(float(value)) for value in values.compressed()]
    sizes = np.diff(np.log(across.edges) if across.log else across.edges)
    narrowest = PANEL[0] * mpl.rcParams["figure.figsize"][0] * sizes.min() / sizes.sum()
    if values.size > MOST_NUMBERED or max(map(len, texts)) * letter_width() > narrowest:
        return False
    places = [(i, j) for j, i in np.argwhere(~np.ma.getmaskarray(values))]
    for (i, j), text, rgb in zip(places, texts, mesh.to_rgba(values)[~values.mask], strict=True):
        light = luminance(rgb) > MIDDLE_GREY
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": "x-small", "gid": "number"}
        ax.text(across.places[i], upwards.places[j], text, color="black" if light else "white", **look)
    return True


def _mark_missing(ax: Axes, table: pd.DataFrame, across: Side, upwards: Side) -> None:
    """Cells of lost runs hatched on grey; a dot where there is no result, a dash where there was no run."""
    (x, y), metric = table.attrs["keys"], table.attrs["metric"]
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


def _caption(table: pd.DataFrame) -> str:
    (x, y), metric, over = (table.attrs[name] for name in ("keys", "metric", "over"))
    text = f"{starting(words_of(metric))} over {x} and {y}"
    if (table["runs"] > 1).any():
        text += f"; each cell the median of {spread_of(table['runs'])} runs (over {', '.join(over)})"
    text += star(table.attrs["verdict"])
    if not higher_is_better(metric) and (table[metric] < ROUNDING).any():
        text += f". Errors below {ROUNDING:g} are round-off, and drawn as equal"
    missing = table[table[metric].isna()]
    lost = missing["diverged"] + missing["blown_up"]
    if table.attrs["losses"]:
        text += f". {table.attrs['losses']}"
    if lost.any():
        text += "; hatched cells: at least half of the runs did"
    if (lost == 0).any():
        text += ". White cells with a dot: no result"
    absent = table[x].nunique() * table[y].nunique() - len(table)
    if absent:
        text += f". White cells with a dash: {absent} combinations that were not in the sweep"
    return text + "."


def _applies(results: Results, options: Options) -> str | None:
    if not results.is_sweep:
        return "it needs a sweep over two keys, and this is one run"
    for option, key in (("--x", options.x), ("--y", options.y)):
        if key and is_weight(key) and key not in results.swept:
            return f"{option} {key} is a weight, not a swept key"
    if not all(_keys(results, options)):
        return f"it needs two swept keys besides the seed, and there is {len(results.keys)}"
    return needs_best(results, options)


FIGURE = Figure(
    _applies, numbers, draw, _caption, lambda _: Layout(aspect=0.74), follows=("metric", "x", "y")
)
