"""Where runs were lost: crosses at an edge, and regions of the learning rate that lose most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.figures.figure import groups_of
from runner.figures.style.axes import RATE
from runner.figures.style.encoding import Looks

CROSS = 0.05  # of a panel's height: what a cross at its edge takes
MOST_CROSSES = 6  # over each other at one rate; more begin anew at the edge
#: What runs did, by the column that counts those that did.
VERBS = {"diverged": "diverged", "blown_up": "blew up"}


def mostly_lost(table: pd.DataFrame) -> pd.Series[bool]:
    """The rows of which at least half of the runs diverged or blew up."""
    return 2 * (table["diverged"] + table["blown_up"]) >= table["runs"]


def draw_crosses(
    ax: Axes, table: pd.DataFrame, column: str, looks: Looks, *, below: bool, few: bool
) -> float:
    """A cross at the edge for each rate at which a line has lost its runs; the height that they take.

    It has the line's colour, and its marker about it where that tells a key. The edge is that of bad
    values: the lower one of accuracies, `below`. Crosses at one rate stand over each other; of `few`
    rates they are larger.
    """
    lost = table[mostly_lost(table) & table[column].isna()]
    if lost.empty:
        return 0.0
    alike = [shades.key for shades in (looks.shades, looks.dashes) if shades]
    crosses = lost.drop_duplicates([RATE, *alike])
    level = crosses.groupby(RATE).cumcount() % MOST_CROSSES
    taken = CROSS * (int(level.max()) + 1)
    _make_room(ax, taken, above=not below)
    crosses = crosses.assign(height=CROSS * (level + 0.5) if below else 1 - CROSS * (level + 0.5))
    for line in groups_of(crosses, alike):
        at, place = (line[RATE], line["height"]), ax.get_xaxis_transform()
        color, marker = looks.style(line.iloc[0])[0], looks.marker(line.iloc[0])
        more = {"color": color, "transform": place, "clip_on": False, "ls": "none", "zorder": 6}
        ax.plot(*at, marker="x", ms=4 if few else 2.5, mew=1.0 if few else 0.6, gid="lost", **more)
        if looks.dashes:
            ax.plot(*at, marker=marker, ms=6, mfc="none", mew=0.6, **more)
    return taken


def _make_room(ax: Axes, share: float, above: bool = True) -> None:
    """Keeps a share of a panel's height free of data, at its upper or its lower edge; the ticks stay."""
    scale = ax.yaxis.get_transform()
    low, high = scale.transform(np.array(ax.get_ylim()))
    length = share / (1 - share) * (high - low)
    ends = (low, high + length) if above else (low - length, high)
    ax.set_ylim(*scale.inverted().transform(np.array(ends)))


def rate_limits(table: pd.DataFrame) -> tuple[float, float]:
    """The ends of an axis of learning rates, a little beyond them."""
    low, high = float(table[RATE].min()), float(table[RATE].max())
    margin = max(1.15, (high / low) ** 0.02)
    return low / margin, high * margin


def lost_regions(table: pd.DataFrame) -> list[tuple[float, float]]:
    """Ranges of the rate in which at least half of all runs were lost, to halfway between the rates."""
    by_rate = table.groupby(RATE)[["runs", "diverged", "blown_up"]].sum()
    rates = by_rate.index.to_numpy(dtype=float)
    lost = mostly_lost(by_rate).to_numpy()
    low, high = rate_limits(table)
    edges = np.concatenate([[low], np.sqrt(rates[1:] * rates[:-1]), [high]])
    turns = np.flatnonzero(np.diff(np.concatenate([[False], lost, [False]]).astype(int)))
    return [(float(edges[a]), float(edges[b])) for a, b in turns.reshape(-1, 2)]


def name_regions(ax: Axes, table: pd.DataFrame, regions: Sequence[tuple[float, float]], taken: float) -> None:
    """Says what the runs did in each region, below the crosses, which have `taken` of the height."""
    for left, right in regions:
        there = table[table[RATE].between(left, right)]
        what = " or ".join(verb for column, verb in VERBS.items() if there[column].any())
        at = (np.sqrt(left * right), 0.97 - taken)
        look: dict[str, Any] = {"ha": "center", "va": "top", "rotation": 90, "fontsize": "small"}
        ax.text(*at, what, transform=ax.get_xaxis_transform(), color="0.35", **look)
