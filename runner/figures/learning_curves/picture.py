"""The picture: lines with their bands, where each is best held out, and where it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.data.parts import HELD_OUT, TEST, TRAINING, VALIDATION
from runner.figures.figure import evenly
from runner.figures.style.accuracies import as_drawn
from runner.figures.style.axes import Heights, log_axis, unit_axis
from runner.figures.style.encoding import Looks, add_lines
from runner.figures.style.labels import label
from runner.figures.style.lost import HALO
from runner.figures.style.panels import Grid
from runner.nn.arrays import Array
from runner.records.names import METRICS
from runner.training.endings import OFF_SCALE

DASHES = {TRAINING: "-", VALIDATION: (0, (4, 1.2, 1, 1.2)), TEST: (0, (3, 1.2)), HELD_OUT: (0, (3, 1.2))}
#: How lines are drawn, by what they are: in full, many of one panel, and seeds of a median.
WIDTHS = {"full": 1.3, "many": 0.6, "seed": 0.4}
WHISKERS = 8  # of a band without an end
#: Of a panel's height: room beyond the data, with names there, too, and how far these keep apart.
MARGIN, NAMED, APART = 0.03, 0.13, 0.1


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """Panels with the lines of their settings."""
    table = drawn_of(table)
    keys, unit = table.attrs["keys"], table.attrs["unit"]
    (heights, limits), looks, grid = frame_of(table), Looks.of(table, keys), Grid.of(table, keys)
    for ax, part in zip(axes, grid.parts(table), strict=True):
        ax.set_ylim(*limits)
        if heights.log:
            log_axis(ax, "y")
        unit_axis(ax, unit, float(table[unit].max()))
        ax.set_ylabel(label(table.attrs["column"]))
        _draw_panel(ax, part, looks, heights)
    grid.finish(axes)
    curves = {name: dash for name, dash in DASHES.items() if (table["curve"] == name).any()}
    looks.explain(axes, curves=curves if len(curves) > 1 else None)


def drawn_of(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it is drawn: high accuracies as error rates."""
    return as_drawn(table, "column", ("low", "high"))


def frame_of(table: pd.DataFrame) -> tuple[Heights, tuple[float, float]]:
    """Where errors stand, with the ends of their axis, which lines leave that are off the scale."""
    heights, room = _heights(table), NAMED if _has_names(table) else MARGIN
    low, high = heights.limits(heights.place(_values(table)), room, room)
    if not np.isfinite(heights.top):
        return heights, (low, high)
    below = high * (low / high) ** MARGIN if heights.log else high - MARGIN * (high - low)
    return replace(heights, top=below), (low, high)  # marks stand within the frame


def _heights(table: pd.DataFrame) -> Heights:
    """Of errors up to a little above where the runs begin, not where divergence ends, unless all do."""
    unit, column = table.attrs["unit"], table.attrs["column"]
    if METRICS.get(column):
        return Heights(floor=0.0, most=1.0)
    gone, values = lost(table), _values(table)
    if gone.all():
        return Heights.of(values)
    starts = float(table.loc[table[unit] == table[unit].min(), column].max())
    calm = _values(table[~gone])
    top = max([starts * 10 if gone.any() else starts, *calm[~np.isnan(calm)]])
    return Heights.of(values, float(min(top, starts * OFF_SCALE)))


def lost(lines: pd.DataFrame) -> pd.Series[bool]:
    """The rows of lines that end in divergence or off the scale."""
    return lines["diverged"].astype(bool) | lines["blown_up"].astype(bool)


def _values(table: pd.DataFrame) -> Array:
    """All that is drawn: the values of lines, and the ends of bands, infinite ones as NaN."""
    bands = table[[name for name in ("low", "high") if name in table]].to_numpy(dtype=float)
    values = np.append(table[table.attrs["column"]], bands)
    return np.where(np.isfinite(values), values, np.nan)


def _draw_panel(ax: Axes, part: pd.DataFrame, looks: Looks, heights: Heights) -> None:
    """The lines with their bands; a cross where one diverged, a triangle where one blows up or leaves."""
    many, names = _has_names(part), dict[str, list[float]]()
    drawn: dict[str, list[tuple[Any, Any]]] = {how: [] for how in WIDTHS}
    for line in _lines(part):
        first = line.iloc[0]
        how = "seed" if first["kind"] == "seed" else "many" if many and not first["named"] else "full"
        style, marked = _style(first, looks), how == "full"
        counts = line[part.attrs["unit"]].to_numpy(dtype=float)
        errors = heights.place(line[part.attrs["column"]])
        drawn[how].append(((counts, errors), style))
        _mark_end(ax, first, (counts, errors), heights, color=style[0], ms=4 if marked else 2.5)
        if marked:
            _draw_band(ax, line, heights, style[0])
            _mark_best(ax, line, heights, style[0])
        if many and marked:
            at = 0 if first["curve"] == part.attrs["primary"] else 1
            names.setdefault(_name(first, looks), []).insert(at, float(errors[-1]))
    for how, width in WIDTHS.items():
        lines = sorted(drawn[how], key=lambda each: -len(each[0][0]))  # none is hidden by a longer one
        look: dict[str, Any] = {"linewidths": width, "zorder": 3 if how == "full" else 2, "gid": how}
        add_lines(ax, [line for line, _ in lines], [style for _, style in lines], **look)
    _write_names(ax, names)


def _lines(part: pd.DataFrame) -> list[pd.DataFrame]:
    by = [name for name in ("line", "curve", "kind", "run") if name in part]
    return [line for _, line in part.groupby(by, sort=False, dropna=False)]


def _style(first: Any, looks: Looks) -> tuple[Any, Any]:
    color, dash = looks.style(first)
    return color, DASHES.get(first["curve"], dash)


def _mark_end(ax: Axes, first: Any, line: tuple[Any, Any], heights: Heights, **look: Any) -> None:
    """A cross at the epoch where a line diverged; a triangle where one leaves the frame for good."""
    counts, errors = line
    look |= {"mew": 0.9, "zorder": 6, "clip_on": False}
    if first["diverged"]:
        ax.plot(counts[-1], min(errors[-1], heights.top), "x", **look)
    elif first["blown_up"] or errors[-1] > heights.top:
        ax.plot(*heights.end(counts, errors), "^", **look)


def _draw_band(ax: Axes, line: pd.DataFrame, heights: Heights, color: Any) -> None:
    """Quartiles as a band; as whiskers where one of them is infinite."""
    if "low" not in line or line["low"].isna().all():
        return
    counts = line[line.attrs["unit"]].to_numpy(dtype=float)
    low, high = (line[name].to_numpy(dtype=float) for name in ("low", "high"))
    bounded = np.isfinite(low) & np.isfinite(high)
    look: dict[str, Any] = {"color": color, "lw": 0, "alpha": 0.2, "zorder": 1, "gid": "band"}
    ax.fill_between(counts, heights.place(low), heights.place(high), where=bounded, **look)
    if not bounded.all():
        open_ended = np.flatnonzero(~bounded)
        at = open_ended[evenly(len(open_ended), WHISKERS)]
        bottom, top = ax.get_ylim()
        below, above = (np.clip(heights.place(each[at]), bottom, top) for each in (low, high))
        ax.vlines(counts[at], below, above, color=color, lw=0.6, alpha=0.6, zorder=1, gid="whiskers")


def _mark_best(ax: Axes, line: pd.DataFrame, heights: Heights, color: Any) -> None:
    """A hollow dot at the least held-out error."""
    if "best" not in line or not line["best"].any():
        return
    (best,) = line[line["best"]].to_dict("records")
    at = best[line.attrs["unit"]], heights.place(best[line.attrs["column"]])
    look: dict[str, Any] = {
        "color": color,
        "mfc": "white",
        "ms": 3.2,
        "mew": 0.9,
        "zorder": 5,
        "clip_on": False,
    }
    ax.plot(*at, "o", gid="best", **look)


def _has_names(part: pd.DataFrame) -> bool:
    """Whether there are too many lines to tell apart, and some have names."""
    return "named" in part and bool((part["named"] != "").any())


def _name(first: Any, looks: Looks) -> str:
    """What a named line is called: with its colour's value."""
    shades = looks.shades
    return f"{first['named']} {shades.name(first[shades.key])}" if shades else str(first["named"])


def _write_names(ax: Axes, names: Mapping[str, Sequence[float]]) -> None:
    """Names at the ends of lines: the lowest below its line, the others above, none over another.

    The ends of each are those of its curves, the primary one first; a name clears the other one, too.
    """
    if not names:
        return
    scale = ax.yaxis.get_transform()
    low, high = scale.transform(np.array(ax.get_ylim()))
    ends = {name: (scale.transform(np.array(each)) - low) / (high - low) for name, each in names.items()}
    order = sorted(ends, key=lambda name: float(ends[name][0]))
    sides = [-1, *[1] * (len(order) - 1)]
    places = np.array([_beside(ends[name], side) for name, side in zip(order, sides, strict=True)])
    look: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": "x-small", "gid": "name", "zorder": 7}
    for place, name in zip(_apart(np.maximum.accumulate(places)), order, strict=True):
        ax.text(0.99, place, name, transform=ax.transAxes, path_effects=HALO, **look)


def _beside(ends: Array, side: int) -> float:
    """Where a name stands above, 1, or below, -1, the first of the `ends`; and of another that is near."""
    beyond = side * (ends - ends[0])
    near = beyond[(beyond >= 0) & (beyond < APART)].max()
    return float(ends[0] + side * (near + APART / 2))


def _apart(places: Array) -> Array:
    """Heights for names at `places`, rising, in shares of a panel: none closer than APART, and all within."""
    heights = np.maximum(places, APART / 2)
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + APART)
    heights[-1] = min(heights[-1], 1 - APART / 2)
    for i in range(len(heights) - 2, -1, -1):
        heights[i] = min(heights[i], heights[i + 1] - APART)
    return heights
