"""Panels by the values of swept keys: which keys they take, where each stands, and what they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.figures.figure import DOUBLE, MOST_PANELS, PAGE, SINGLE, Layout, Options
from runner.figures.style.axes import escaped, is_numeric, label
from runner.figures.style.encoding import Keys, for_color, short_names
from runner.overrides import in_order
from runner.results import Results

ABREAST = 4  # panels that stand side by side where there is one key; more begin anew below
FRAMES, LETTER = 0.8, 0.58  # of a page: what panels take beside a legend; of a font's size: a letter's width
READABLE = 12  # lines of a panel that can be told apart
#: The height of a panel in its widths, by how many stand side by side.
ASPECTS = (0.72, 0.66, 0.86, 1.06, 1.2, 1.35)


def panel_keys(
    results: Results, options: Options, keys: Sequence[str] | None = None, dashes: bool = True
) -> Keys:
    """The roles of the swept `keys` in a figure with panels, or of all; dashes may tell something else."""
    runs, among = results.finished, results.keys if keys is None else keys
    col, row = _panels(runs, among, options)
    rest = [key for key in among if key not in (col, row)]
    return replace(Keys.of(runs, rest, options.color, dashes), col=col, row=row)


def _panels(runs: pd.DataFrame, keys: Sequence[str], options: Options) -> tuple[str | None, str | None]:
    """The keys of columns and of rows: as asked for, else those beside the colour that have few values.

    Words come first. Columns go to the one of more values. Two numbers make rows only where lines would
    be too many.
    """
    if options.col or options.row:
        col, row = (key if key in keys else None for key in (options.col, options.row))
        return col, row
    counts = {key: runs[key].nunique() for key in for_color(runs, keys)}
    color = options.color or next(iter(counts), None)
    few = few_valued(runs, [key for key in counts if key != color])
    if len(few) < 2:
        return next(iter(few), None), None
    first, second = few[:2]
    lines = runs.drop_duplicates(list(counts))[first].value_counts().max()
    if is_numeric(runs[second]) and lines <= READABLE:
        return first, None
    return (first, second) if counts[first] >= counts[second] else (second, first)


def few_valued(runs: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Those of `keys` of which each value may have a panel: of several among `runs`, but few; words first."""
    few = [key for key in keys if 1 < runs[key].nunique() <= MOST_PANELS]
    return sorted(few, key=lambda key: is_numeric(runs[key].to_numpy()))


@dataclass(frozen=True)
class Grid:
    """Panels by the values of up to two keys, row by row; those of one key side by side, or below."""

    keys: Keys
    columns: list[Any]
    rows: list[Any]

    @classmethod
    def of(cls, table: pd.DataFrame, keys: Keys) -> Grid:
        """The panels of the lines in `table`; one where no key makes any."""
        columns, rows = (in_order(table[key].unique()) if key else [] for key in (keys.col, keys.row))
        return cls(keys, columns, rows)

    @property
    def shape(self) -> tuple[int, int]:
        """How many panels stand below each other, and how many side by side."""
        across, down = max(1, len(self.columns)), max(1, len(self.rows))
        if down == 1 and across > self._abreast:
            down = -(-across // self._abreast)
            across = -(-across // down)
        return down, across

    @property
    def _abreast(self) -> int:
        """How many panels have room for their titles side by side."""
        longest = max(1, *(len(line) for title in self.titles() for line in title.split("\n")))
        return max(1, min(ABREAST, _letters(1) // longest))

    def layout(self, aspect: float = ASPECTS[0]) -> Layout:
        """The panels on a page; `aspect` is that of one alone."""
        down, across = self.shape
        aspects = (aspect, *ASPECTS[1:])
        wide = SINGLE if across == 1 else DOUBLE
        return Layout(down, across, wide, aspects[across - 1] * (0.85 if down > 2 else 1), len(self))

    def __len__(self) -> int:
        return max(1, len(self.columns)) * max(1, len(self.rows))

    def parts(self, table: pd.DataFrame) -> list[pd.DataFrame]:
        """The rows of `table` that each panel shows, none where nothing was run."""
        parts = [table]
        for key, values in ((self.keys.row, self.rows), (self.keys.col, self.columns)):
            if key:
                parts = [part[part[key] == value] for part in parts for value in values]
        return parts

    def titles(self, room: int = 2**10) -> list[str]:
        """What each panel shows, ``optimizer = adam``, row by row; the values alone where `room` is short."""
        columns, rows = (
            _names(key, values, room) if key else [""]
            for key, values in ((self.keys.col, self.columns), (self.keys.row, self.rows))
        )
        return ["\n".join(filter(None, (column, row))) for row in rows for column in columns]

    def finish(self, axes: Sequence[Axes]) -> None:
        """Gives panels of one scale their titles; labels and ticks stand at the left and below all."""
        if len(self) == 1:
            return
        _, across = self.shape
        for at, (ax, title) in enumerate(zip(axes, self.titles(_letters(across)), strict=True)):
            ax.set_title(title, fontsize="medium", pad=6)
            share(ax, left=at % across == 0, below=at + across >= len(axes))


def _names(key: str, values: Sequence[Any], room: int) -> list[str]:
    """The values of a key as titles of at most so many letters."""
    names = [escaped(name) for name in short_names(values)]
    whole = [f"{label(key)} = {name}" for name in names]
    if max(map(len, whole)) <= room:
        return whole
    return names if max(map(len, names)) <= room else [escaped(v) for v in short_names(values, max(4, room))]


def _letters(across: int) -> int:
    """How many letters have room above each of so many panels, beside a legend."""
    return int(FRAMES * PAGE * 72 / (LETTER * mpl.rcParams["font.size"] * across))


def share(ax: Axes, *, left: bool, below: bool) -> None:
    """Leaves out what the panels to the left and below say, too."""
    if not left:
        ax.set_ylabel("")
        ax.tick_params(labelleft=False)
    if not below:
        ax.set_xlabel("")
        ax.tick_params(labelbottom=False)


def same_heights(axes: Sequence[Axes]) -> None:
    """Gives all panels the heights of the highest and the lowest."""
    limits = np.array([ax.get_ylim() for ax in axes])
    for ax in axes:
        ax.set_ylim(limits[:, 0].min(), limits[:, 1].max())


def named_lines(costs: Sequence[float]) -> dict[str, int]:
    """The places of the best, the median and the worst line by their costs; of what was lost none.

    None is named twice.
    """
    order = [int(i) for i in np.argsort(costs, kind="stable") if np.isfinite(costs[i])]
    places = {"best": 0, "median": (len(order) - 1) // 2, "worst": len(order) - 1} if order else {}
    named: dict[str, int] = {}
    for name, place in places.items():
        if order[place] not in named.values():
            named[name] = order[place]
    return named
