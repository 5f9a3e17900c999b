"""What a figure is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.arrays import Array
from runner.results import Results

#: Columns of a journal, in widths of one: 1 is a single column, 2 the page.
SINGLE, DOUBLE = 1, 2


@dataclass(frozen=True)
class Options:
    """What a user may choose: the metric, and which swept key (or weight) goes where."""

    metric: str = "final_error"
    x: str | None = None
    y: str | None = None
    color: str | None = None


@dataclass(frozen=True)
class Layout:
    """The panels of a figure: `rows` x `columns`, `columns_wide` journal columns, `aspect` of a panel."""

    rows: int = 1
    columns: int = 1
    columns_wide: int = SINGLE
    aspect: float = 0.68
    panels: int | None = None  # where the last row is not full


Draw: TypeAlias = Callable[[Sequence[Axes], pd.DataFrame], None]


@dataclass(frozen=True)
class Figure:
    """`applies` returns None, or the reason why not.

    `numbers` makes all that is drawn, as one table; what is no column of it (the names of axes)
    stands in its ``attrs``. `draw` reads only that table. `caption` says what bands are, and of how many.
    """

    applies: Callable[[Results, Options], str | None]
    numbers: Callable[[Results, Options], pd.DataFrame]
    draw: Draw
    caption: Callable[[pd.DataFrame], str]
    layout: Callable[[pd.DataFrame], Layout] = lambda numbers: Layout()


def needs_finished(results: Results) -> str | None:
    """The reason why nothing can be drawn of runs of which none has ended."""
    return "no run has a result yet" if results.finished.empty else None


def needs_completed(results: Results) -> str | None:
    """The reason why nothing can be compared: no run came to its end with a finite error."""
    if reason := needs_finished(results):
        return reason
    return None if (results.runs["status"] == "completed").any() else "every run diverged"


def needs_weights(results: Results, run: int) -> str | None:
    """The reason why paths cannot be drawn: the weights were not recorded."""
    has = any(name.startswith("w") for name in results.header(run)[1:])
    return None if has else "the weights are not in history.csv; run with log.weights=true"


HUGE = 1e300
#: An error of so many times the initial one is off the scale: a run on its way to diverging.
OFF_SCALE = 1000


def quantiles(values: Array, at: Sequence[float]) -> Array:
    """Quantiles over the runs, (len(at), ...) of (R, ...), of values of which some may be infinite.

    Between a finite and an infinite value the quantile is infinite; NaN stands for no value.
    """
    finite = np.clip(values, -HUGE, HUGE)  # infinities cannot be interpolated
    with np.errstate(invalid="ignore"):
        found = np.full((len(at), *values.shape[1:]), np.nan)
        some = ~np.isnan(finite).all(axis=0)
        found[:, some] = np.nanquantile(finite[:, some], at, axis=0)
    return np.where(np.abs(found) > HUGE / 1e6, np.copysign(np.inf, found), found)


def counted(number: int, noun: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
