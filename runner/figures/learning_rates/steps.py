"""The right panel: the epochs or updates from which on the metric stays at its level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from runner.figures.figure import groups_of, rounded
from runner.figures.learning_rates.lines import FEW, STEPS, crowded, draw_lines
from runner.figures.style.axes import SHORT, Heights, log_axis
from runner.figures.style.encoding import Looks
from runner.figures.style.lost import CROSS, MOST_COUNTED, MOST_CROSSES, make_room, mostly_lost, side_of
from runner.figures.style.panels import Grid
from runner.records.names import higher_is_better
from runner.results import COLUMNS
from runner.results.rates import RATE

LEAST = 3  # points, or the panel is left out
LEAST_ROOM = 0.1  # of the panel's height: what the word "never" takes


def has_steps(table: pd.DataFrame) -> bool:
    """Whether steps are drawn: enough of them, and with room beside or below the panels of the metric."""
    return enough(table) and min(Grid.of(table, table.attrs["keys"]).shape) == 1


def enough(table: pd.DataFrame) -> bool:
    """Whether so many points got to the level that they can be drawn."""
    return int(table[STEPS].notna().sum()) >= LEAST


def draw_steps(ax: Axes, table: pd.DataFrame, looks: Looks, whole: pd.DataFrame) -> None:
    """The lines, and above them the rates at which each never got there; `whole` has those of all panels."""
    if len(table):
        draw_lines(ax, table, (STEPS, "steps_low", "steps_high"), looks, Heights())
    _axis(ax, whole)
    _mark_never(ax, table, looks)


def goal_of(table: pd.DataFrame) -> tuple[str, bool, str]:
    """What is to get to its level, whether that is the least it must be, and the level."""
    metric, level = table.attrs["metric"], table.attrs["level"].value
    asked = f"{level:g}" if table.attrs["level"].origin == "--threshold" else rounded(level)
    return COLUMNS[metric].replace("_", " "), higher_is_better(metric), asked


def _axis(ax: Axes, table: pd.DataFrame) -> None:
    what, is_least, level = goal_of(table)
    goal = " $E$" if what == "error" else f"\n{what}"  # words take a line of their own
    sign = r"$\geq$" if is_least else r"$\leq$"
    ax.set_ylabel(f"{table.attrs['unit']}s to{goal} {sign} {level}")
    steps = table[STEPS].dropna()
    if (steps == 0).any():  # runs that began there
        ax.set_yscale("symlog", linthresh=1)
        ax.set_ylim(-0.3, 2 * max(1.0, steps.max()))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(SHORT))
    else:
        ax.set_ylim(max(0.8, 0.7 * steps.min()), 1.5 * steps.max())
        log_axis(ax, "y")


def _mark_never(ax: Axes, table: pd.DataFrame, looks: Looks) -> None:
    """A row a line above all steps, at the rates that never got there; of very many lines their number."""
    if not (never := table[STEPS].isna()).any():
        return
    lines = groups_of(table[never], table.attrs["settings"])
    taken = LEAST_ROOM if crowded(table) else max(LEAST_ROOM, CROSS * min(len(lines), MOST_CROSSES))
    ticks = [tick for tick in ax.get_yticks() if tick <= ax.get_ylim()[1]]  # above them there is a word
    make_room(ax, taken)
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.plot([0, 1], [1 - taken] * 2, transform=ax.transAxes, color="0.6", lw=0.5, ls=":", gid="edge")
    look: dict[str, Any] = {"fontsize": mpl.rcParams["ytick.labelsize"], "gid": "never named"}
    ax.yaxis.label.set_y((1 - taken) / 2)  # clear of the word
    ax.text(-0.02, 1 - taken / 2, "never", transform=ax.transAxes, ha="right", va="center", **look)
    if crowded(table):
        _count_never(ax, table, 1 - taken / 2)
    else:
        _draw_never(ax, lines, mostly_lost(table), looks, taken)


def _draw_never(
    ax: Axes, lines: Sequence[pd.DataFrame], lost: pd.Series[bool], looks: Looks, taken: float
) -> None:
    """Markers in rows over each other, and crosses where runs were `lost`."""
    rows = min(len(lines), MOST_CROSSES)
    for i, line in enumerate(lines):
        height = 1 - taken * (i % rows + 0.5) / rows
        color, gone = looks.style(line.iloc[0])[0], lost[line.index]
        small = 1.0 if len(line) <= FEW / 2 else 0.6
        for which, marker, gid in ((~gone, looks.marker(line.iloc[0]), "never"), (gone, "x", "lost")):
            rates = line.loc[which, RATE]
            look = {"color": color, "mfc": "none", "ms": 3 * small, "mew": 0.8 * small, "ls": "none"}
            at = np.full(len(rates), height)
            ax.plot(rates, at, marker=marker, transform=ax.get_xaxis_transform(), gid=gid, **look)


def _count_never(ax: Axes, table: pd.DataFrame, height: float) -> None:
    """How many lines never got there at each rate, as far as there is room; else dots."""
    counts = table[STEPS].isna().groupby(table[RATE]).sum()
    counts = counts[counts > 0]
    place = ax.get_xaxis_transform()
    if len(counts) > MOST_COUNTED:
        ax.plot(counts.index, np.full(len(counts), height), "o", color="0.35", ms=1.5, transform=place)
        return
    for rate, count in zip(counts.index.to_numpy(dtype=float), counts, strict=True):
        look: dict[str, Any] = {"ha": side_of(ax, rate), "va": "center", "fontsize": "x-small"}
        ax.text(rate, height, f"{count}", transform=place, gid="never", **look)
