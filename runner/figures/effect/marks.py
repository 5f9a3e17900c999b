"""What lines and rows share: the look of a measure, and where its numbers stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.lines import Line2D

from runner.figures.style.axes import Heights
from runner.figures.style.encoding import DISTINCT
from runner.figures.style.labels import label
from runner.nn.arrays import Array
from runner.records.names import SHARES, higher_is_better, without_part
from runner.results.effects import MEDIAN, OTHER, SEED
from runner.results.ranking import HELD_OUT
from runner.training.endings import ROUNDING

#: Of single runs: seeds of what is compared, and other runs behind them.
SEED_LOOK: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 2.4, "mew": 0, "alpha": 0.55, "zorder": 3}
OTHER_LOOK: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 1.8, "mew": 0, "color": "0.75", "zorder": 1}
STAR: dict[str, Any] = {
    "ls": "none",
    "marker": "*",
    "ms": 8,
    "mfc": "white",
    "mec": "black",
    "mew": 0.6,
    "zorder": 7,
}
LOST_LOOK: dict[str, Any] = {"ls": "none", "marker": "x", "ms": 4, "mew": 1.0, "zorder": 6, "clip_on": False}


def color_of(measure: str) -> str:
    """The colour of a measure: one for training, one for held-out examples."""
    return DISTINCT[measure in HELD_OUT]


def handles_of(table: pd.DataFrame) -> list[Artist]:
    """What a legend has to say; nothing where there is one thing only."""
    measures: Sequence[str] = table.attrs["measures"]
    kinds = {"validation": "validation", "test": "held out"}
    names = {name: kinds.get(name.partition("_")[0], "training") for name in measures}
    handles = [_dot(color_of(measure), name) for measure, name in names.items()]
    if (table["layer"] == OTHER).any():
        of = f" ({names[table.attrs['metric']]})" if len(names) > 1 else ""
        handles.append(_dot("0.75", f"others{of}"))
    return handles if len(handles) > 1 else []


def _dot(color: str, name: str) -> Artist:
    return Line2D([], [], color=color, ls="none", marker="o", ms=3, label=name)


def axis_label(table: pd.DataFrame) -> str:
    """What the axis of the numbers says: of two measures what both are."""
    metric = table.attrs["metric"]
    several = len(table.attrs["measures"]) > 1
    return label(without_part(metric).removeprefix("final_") if several else metric)


def heights_of(table: pd.DataFrame) -> Heights:
    """Where the numbers of all panels stand, and the ends of their intervals."""
    if higher_is_better(metric := table.attrs["metric"]):
        return Heights(floor=0.0 if metric in SHARES else -np.inf)
    numbers = np.maximum(drawn(table), floor := floor_of(table))
    return Heights.of(numbers) if not floor or (numbers > floor).any() else Heights(log=True, floor=floor)


def floor_of(table: pd.DataFrame) -> float:
    """Where errors are drawn that are round-off, as there are some; else 0."""
    numbers = drawn(table)
    tiny = (numbers > 0) & (numbers < ROUNDING)
    return ROUNDING / 10 if tiny.any() and not higher_is_better(table.attrs["metric"]) else 0.0


def drawn(table: pd.DataFrame) -> Array:
    """All numbers that are drawn; ends of intervals that are infinite as NaN."""
    numbers = table[["number", "low", "high"]].to_numpy(dtype=float).ravel()
    return np.where(np.isfinite(numbers), numbers, np.nan)


def layer(table: pd.DataFrame, measure: str, kind: str) -> pd.DataFrame:
    """The rows of a measure that are MEDIAN, SEED or OTHER."""
    return table[(table["measure"] == measure) & (table["layer"] == kind)]


def best_of(table: pd.DataFrame) -> tuple[str, float]:
    """The value of a key that the best setting has, and the metric of that."""
    medians = layer(table, table.attrs["metric"], MEDIAN)
    value = table.attrs["best"][table["key"].iloc[0]]
    return value, float(medians.loc[medians["value"] == value, "number"].iloc[0])


def losses_in(table: pd.DataFrame) -> dict[str, str]:
    """``2 of 5`` by value, where runs of what is compared were lost."""
    medians = layer(table, table.attrs["metric"], MEDIAN)
    lost = medians[medians["lost"] > 0]
    return {row["value"]: f"{row['lost']:.0f} of {row['runs']:.0f}" for _, row in lost.iterrows()}


def seeds_of(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The seeds of what is compared that have a number, where there are any but the median itself."""
    seeds = layer(table, measure, SEED)
    return seeds[seeds["number"].notna()]
