"""Where runs were lost: crosses at an edge, and regions of the learning rate that lose most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from runner.figures.figure import groups_of
from runner.figures.style.axes import DIVERGED_GREY
from runner.figures.style.encoding import Looks
from runner.nn.arrays import Array, Mask
from runner.results.rates import RATE

CROSS = 0.05  # of a panel's height: what a cross at its edge takes
MOST_COUNTED = 12  # crosses that have room for their counts
FEW_RATES = 3  # of a region, that leave room for its name between them
MOST_CROSSES = 6  # over each other at one rate; more begin anew at the edge
#: How ranges of the rate are shaded.
REGIONS: dict[str, dict[str, Any]] = {
    "lost": {"color": DIVERGED_GREY, "zorder": 0},
    "unsettled": {"facecolor": "none", "edgecolor": "0.8", "hatch": "////", "zorder": 0},
}
#: Of text among lines: its own ground.
HALO = [withStroke(linewidth=2, foreground="white", alpha=0.8)]
#: What runs did, by the column that counts those that did.
VERBS = {"diverged": "diverged", "blown_up": "blew up"}


def mostly_lost(table: pd.DataFrame) -> pd.Series[bool]:
    """The rows of which at least half of the runs diverged or blew up."""
    return 2 * (table["diverged"] + table["blown_up"]) >= table["runs"]


def begins_to_lose(table: pd.DataFrame, settings: Sequence[str]) -> pd.Series[bool]:
    """The rows at which a line, whose rates rise, has lost runs, but not at the rate before."""
    lost = table["diverged"] + table["blown_up"] > 0
    before = lost.groupby([table[key] for key in settings]).shift() if settings else lost.shift()
    return lost & ~before.eq(True)


def draw_crosses(ax: Axes, table: pd.DataFrame, looks: Looks, *, below: bool, few: bool) -> None:
    """A cross at the edge where each line begins to lose runs, with how many.

    It has the line's colour, and its marker about it where that tells a key. The edge is that of bad
    values: the lower one of accuracies, `below`. Crosses at one rate stand over each other; of `few`
    rates they are larger.
    """
    crosses = table[begins_to_lose(table, table.attrs["settings"])]
    if crosses.empty:
        return
    alike = [shades.key for shades in (looks.shades, looks.dashes) if shades]
    crosses = crosses.drop_duplicates([RATE, *alike])
    level = crosses.groupby(RATE).cumcount() % MOST_CROSSES
    make_room(ax, CROSS * (int(level.max()) + 1), above=not below)
    crosses = crosses.assign(height=CROSS * (level + 0.5) if below else 1 - CROSS * (level + 0.5))
    for line in groups_of(crosses, alike):
        at, place = (line[RATE], line["height"]), ax.get_xaxis_transform()
        color, marker = looks.style(line.iloc[0])[0], looks.marker(line.iloc[0])
        more = {"color": color, "transform": place, "clip_on": False, "ls": "none", "zorder": 6}
        ax.plot(*at, marker="x", ms=4 if few else 2.5, mew=1.0 if few else 0.6, gid="lost", **more)
        if looks.dashes:
            ax.plot(*at, marker=marker, ms=6, mfc="none", mew=0.6, **more)
    if len(crosses) <= MOST_COUNTED and (crosses["runs"] > 1).any():
        counts = zip(crosses["diverged"] + crosses["blown_up"], crosses["runs"], strict=True)
        said = crosses.assign(text=[f"{lost} of {runs}" for lost, runs in counts])
        _write_beside(ax, said)


def count_crosses(ax: Axes, table: pd.DataFrame, *, below: bool) -> None:
    """Of very many lines one cross a rate, with how many begin to lose runs there."""
    settings = table.attrs["settings"]
    crosses = begins_to_lose(table, settings).groupby(table[RATE]).sum()
    crosses = crosses[crosses > 0]
    if crosses.empty:
        return
    make_room(ax, 2 * CROSS, above=not below)
    rates, place = crosses.index.to_numpy(dtype=float), ax.get_xaxis_transform()
    edge, inner = (CROSS / 2, 1.5 * CROSS) if below else (1 - CROSS / 2, 1 - 1.5 * CROSS)
    ax.plot(rates, np.full(len(rates), edge), "kx", ms=4, transform=place, clip_on=False, gid="lost")
    number = len(table.drop_duplicates(settings))
    for rate, count in zip(rates, crosses, strict=True) if len(crosses) <= MOST_COUNTED else ():
        look: dict[str, Any] = {"ha": side_of(ax, rate), "va": "center", "fontsize": "xx-small"}
        ax.text(rate, inner, f"{count} of {number}", transform=place, color="0.2", gid="count", **look)


def side_of(ax: Axes, rate: float) -> str:
    """How a text at a rate is to be aligned, so that it keeps within the panel."""
    left, right = ax.get_xlim()
    return "left" if rate < 1.3 * left else "right" if 1.3 * rate > right else "center"


def _write_beside(ax: Axes, crosses: pd.DataFrame) -> None:
    """The texts of crosses left of them, or right where the panel begins; of equal ones at a rate, one."""
    left, right = np.log(ax.get_xlim())
    for _, there in crosses.groupby(RATE):
        rate = float(there[RATE].iloc[0])
        texts, heights = there["text"].tolist(), there["height"].tolist()
        if len(texts) > 1 and len(set(texts)) == 1:
            texts, heights = [f"{texts[0]} each"], [float(np.mean(heights))]
        beside = 1 if (np.log(rate) - left) / (right - left) < 0.25 else -1
        at: dict[str, Any] = {"xytext": (4 * beside, -0.5), "textcoords": "offset points", "va": "center"}
        at |= {"ha": "left" if beside > 0 else "right", "fontsize": "xx-small", "gid": "count"}
        for text, height in zip(texts, heights, strict=True):
            ax.annotate(text, (rate, height), xycoords=ax.get_xaxis_transform(), zorder=6, color="0.2", **at)


def make_room(ax: Axes, share: float, above: bool = True) -> None:
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


def regions_of(table: pd.DataFrame) -> dict[str, list[tuple[float, float]]]:
    """Ranges of the rate, to halfway between the rates: in which at least half of all runs were ``lost``, and
    in which at least half were lost or ended ``unsettled``.
    """
    by_rate = table.groupby(RATE)[["runs", "diverged", "blown_up", "unsettled"]].sum()
    lost = mostly_lost(by_rate).to_numpy()
    bad = by_rate[["diverged", "blown_up", "unsettled"]].sum(axis=1)
    unsettled = (2 * bad >= by_rate["runs"]).to_numpy() & ~lost
    rates = by_rate.index.to_numpy(dtype=float)
    low, high = rate_limits(table)
    edges = np.concatenate([[low], np.sqrt(rates[1:] * rates[:-1]), [high]])
    return {"lost": _ranges(edges, lost), "unsettled": _ranges(edges, unsettled)}


def _ranges(edges: Array, mask: Mask) -> list[tuple[float, float]]:
    """Between which of the `edges` (T + 1,) the `mask` (T,) is true."""
    turns = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return [(float(edges[a]), float(edges[b])) for a, b in turns.reshape(-1, 2)]


def shade_regions(ax: Axes, regions: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """What was lost is grey, what does not settle is hatched."""
    for kind, ranges in regions.items():
        for left, right in ranges:
            ax.axvspan(left, right, lw=0, gid=kind, **REGIONS[kind])


def name_regions(ax: Axes, table: pd.DataFrame, regions: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """Says what the runs did in the widest region of each kind, beside the lines' points where it can."""
    for kind, ranges in regions.items():
        left, right = max(ranges, key=lambda ends: ends[1] / ends[0], default=(1.0, 1.0))
        there = table[table[RATE].between(left, right)]
        if kind == "unsettled":
            what = "does not settle"
        else:
            what = " or ".join(verb for column, verb in VERBS.items() if there[column].any())
        if ranges:
            look: dict[str, Any] = {"ha": "center", "va": "center", "rotation": 90, "fontsize": "small"}
            place = ax.get_xaxis_transform()
            at = _free(there[RATE].unique(), left, right)
            ax.text(at, 0.5, what, transform=place, color="0.3", path_effects=HALO, **look)


def _free(rates: Array, left: float, right: float) -> float:
    """The middle of the widest gap between few rates from `left` to `right`, the last of equal ones."""
    ends = np.array([left, *(np.sort(rates) if len(rates) <= FEW_RATES else ()), right])
    widths = np.round(np.log(ends[1:] / ends[:-1]), 1)
    widest = len(widths) - 1 - int(np.argmax(widths[::-1]))
    return float(np.sqrt(ends[widest] * ends[widest + 1]))
