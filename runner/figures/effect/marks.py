"""What lines and rows share: the look of a measure, and where its numbers stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from runner.data.parts import HELD_OUT, PARTS, TEST, TRAINING, VALIDATION
from runner.figures.style.accuracies import as_drawn, lowest_of, more_is_better, rate_of
from runner.figures.style.axes import Heights
from runner.figures.style.encoding import DISTINCT
from runner.figures.style.labels import label
from runner.nn.arrays import Array
from runner.records.names import METRICS, without_part
from runner.results.effects import MEDIAN, OTHER, SEED
from runner.training.endings import ROUNDING

FAR = 10  # times where runs begin: a run that ended there would take the axis from the others
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


#: Of what is off the scale, by the axis of the numbers: it points there.
BEYOND_LOOK: dict[str, Any] = {
    "ls": "none",
    "ms": 3.5,
    "mew": 0,
    "zorder": 6,
    "clip_on": False,
    "gid": "beyond",
}
POINTS_TO = {"y": "^", "x": ">"}


def drawn_of(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it is drawn: high accuracies, training and held out alike, as error rates."""
    metric = table.attrs["metric"]
    turned = as_drawn(table.rename(columns={"number": metric}), "metric", ("low", "high"))
    if turned.attrs["metric"] == metric:
        return table
    turned = turned.rename(columns={turned.attrs["metric"]: "number"})
    turned["measure"] = turned["measure"].map(rate_of)
    turned.attrs["measures"] = [rate_of(measure) for measure in table.attrs["measures"]]
    return turned


def is_held_out(measure: str) -> bool:
    """Whether a measure is over held-out examples."""
    return measure.startswith(PARTS)


def beyond(table: pd.DataFrame, heights: Heights) -> list[float]:
    """The numbers of runs that are off the scale, rising."""
    return sorted(table.loc[heights.off(table["number"]) & (table["layer"] != MEDIAN), "number"])


def draw_beyond(ax: Axes, points: pd.DataFrame, at: Array, heights: Heights, color: str, axis: str) -> None:
    """A triangle at the edge for each of `points`, which stand `at` these places, that is off the scale."""
    off = heights.off(points["number"].to_numpy(dtype=float))
    if not off.any():
        return
    ends = np.full(int(off.sum()), heights.top)
    places = (at[off], ends) if axis == "y" else (ends, at[off])
    ax.plot(*places, marker=POINTS_TO[axis], color=color, **BEYOND_LOOK)


def color_of(measure: str) -> str:
    """The colour of a measure: one for training, one for held-out examples."""
    return DISTINCT[is_held_out(measure)]


def handles_of(table: pd.DataFrame) -> list[Artist]:
    """What a legend has to say; nothing where there is one thing only."""
    measures: Sequence[str] = table.attrs["measures"]
    kinds = {VALIDATION: VALIDATION, TEST: HELD_OUT}
    names = {name: kinds.get(name.partition("_")[0], TRAINING) for name in measures}
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
    """Where the numbers of all panels stand, and the ends of their intervals.

    What ended far above where runs begin is off the scale, unless it is a median, or an end of its interval.
    """
    if more_is_better(metric := table.attrs["metric"]):
        return Heights(floor=lowest_of(metric))
    numbers = np.maximum(drawn(table), floor := floor_of(table))
    return (
        Heights.of(numbers, _top(table))
        if not floor or (numbers > floor).any()
        else Heights(log=True, floor=floor)
    )


def _top(table: pd.DataFrame) -> float:
    """The highest number that is not far above where runs begin, medians and their intervals."""
    if table.attrs["metric"] not in METRICS:  # a rate: none is above 1
        return np.inf
    numbers, medians = drawn(table), drawn(table[table["layer"] == MEDIAN])
    within = numbers <= FAR * max([table.attrs["start"], *medians[np.isfinite(medians)]])
    return np.inf if within[np.isfinite(numbers)].all() else float(numbers[within].max())


def floor_of(table: pd.DataFrame) -> float:
    """Where errors are drawn that are round-off, as there are some; else 0."""
    numbers = drawn(table)
    tiny = (numbers > 0) & (numbers < ROUNDING)
    return ROUNDING / 10 if tiny.any() and not more_is_better(table.attrs["metric"]) else 0.0


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
    return {row["value"]: f"{row['lost']:.0f} of {row['runs']:.0f}" for row in lost.to_dict("records")}


def seeds_of(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The seeds of what is compared that have a number, where there are any but the median itself."""
    seeds = layer(table, measure, SEED)
    return seeds[seeds["number"].notna()]
