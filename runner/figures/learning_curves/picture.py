"""The picture: lines with their bands, where each is best held out, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
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
from runner.figures.style.names import room_for, write_names
from runner.figures.style.panels import Grid
from runner.nn.arrays import Array
from runner.records.names import METRICS
from runner.training.endings import OFF_SCALE

DASHES = {TRAINING: "-", VALIDATION: (0, (4, 1.2, 1, 1.2)), TEST: (0, (3, 1.2)), HELD_OUT: (0, (3, 1.2))}
#: How lines are drawn, by what they are: in full, many of one panel, and seeds of a median.
WIDTHS = {"full": 1.3, "many": 0.6, "seed": 0.4}
WHISKERS = 8  # of a band without an end
MARGIN = 0.03  # of a panel's height: room beyond the data


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """Panels with the lines of their settings."""
    table = drawn_of(table)
    keys, unit = table.attrs["keys"], table.attrs["unit"]
    (heights, limits), looks, grid = frame_of(table), Looks.of(table, keys), Grid.of(table, keys)
    named, last = _named_ends(table, looks), float(table[unit].max())
    for ax, part in zip(axes, grid.parts(table), strict=True):
        ax.set_ylim(*limits)
        if heights.log:
            log_axis(ax, "y")
        unit_axis(ax, unit, last, beside=room_for(ax, named["name"]))
        ax.set_ylabel(label(table.attrs["column"]))
        _draw_panel(ax, part, looks, heights)
        ends = named[named.index.isin(part.index)]
        at = ends[unit].to_numpy(dtype=float), heights.place(ends[table.attrs["column"]])
        write_names(ax, list(ends["name"]), at, [_style(end, looks)[0] for _, end in ends.iterrows()], last)
    grid.finish(axes)
    curves = {name: dash for name, dash in DASHES.items() if (table["curve"] == name).any()}
    looks.explain(axes, curves=curves if len(curves) > 1 else None)


def drawn_of(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it is drawn: high accuracies as error rates."""
    return as_drawn(table, "column", ("low", "high"))


def frame_of(table: pd.DataFrame) -> tuple[Heights, tuple[float, float]]:
    """Where errors stand, with the ends of their axis, which lines leave that are off the scale."""
    heights = _heights(table)
    low, high = heights.limits(heights.place(_values(table)), MARGIN, MARGIN)
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
    many = _has_names(part)
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
    for how, width in WIDTHS.items():
        lines = sorted(drawn[how], key=lambda each: -len(each[0][0]))  # none is hidden by a longer one
        look: dict[str, Any] = {"linewidths": width, "zorder": 3 if how == "full" else 2, "gid": how}
        add_lines(ax, [line for line, _ in lines], [style for _, style in lines], **look)


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


def _named_ends(table: pd.DataFrame, looks: Looks) -> pd.DataFrame:
    """The last rows of the lines that have names, of what runs are compared by; `name` is what is written."""
    if not _has_names(table):
        return table.assign(name="")[:0]
    of_named = (table["named"] != "") & (table["kind"] != "seed")
    ends = table[of_named & (table["curve"] == table.attrs["primary"])].groupby("line", sort=False).tail(1)
    values = [f"\n{looks.shades.name(end)}" for end in ends[looks.shades.key]] if looks.shades else ""
    return ends.assign(name=ends["named"] + values)
