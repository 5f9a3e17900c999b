"""Which swept key matters how much: shares of the variance of a metric over a full grid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from runner.nn.arrays import Array
from runner.overrides import in_order
from runner.records.histories import NotShownError
from runner.records.names import higher_is_better
from runner.training.endings import ROUNDING

if TYPE_CHECKING:
    import pandas as pd

    from runner.results.runs import Runs

MAIN, PAIR, HIGHER, SEEDS = "main effect", "pair", "higher orders", "seeds"
#: Errors that span more than this factor are compared by their logarithms.
WIDE = 10


def importance_table(results: Runs, metric: str) -> pd.DataFrame:
    """A row an effect: its `kind`, the `key`, of a pair the `other` one, and its `share` of the variance.

    The shares are those of :func:`shares`. Of errors over more than WIDE their logarithms are compared; lost
    runs count as the worst one that was not lost. ``attrs`` say ``log``, ``lost`` (how many), ``runs``,
    ``seeds`` (in a cell). Raises NotShownError where the finished runs are no full grid, or are all alike.
    """
    import pandas as pd

    grid = _grid(results, results.quality(metric))
    lost = ~np.isfinite(grid)
    if lost.all():
        raise NotShownError("every run was lost")
    values = np.where(lost, np.nan, grid)
    values = np.where(lost, np.nanmin(values) if higher_is_better(metric) else np.nanmax(values), values)
    values = values if higher_is_better(metric) else np.maximum(values, ROUNDING)  # below, all are equal
    log = not higher_is_better(metric) and bool(values.max() > WIDE * values.min())
    values = np.log(values) if log else values
    if np.ptp(values) == 0:
        raise NotShownError(f"all runs have the same {metric}")
    keys, effects = results.keys, shares(values)
    named = [(MAIN if len(of) == 1 else PAIR, *(keys[i] for i in of)) for of in effects if of]
    rows = [(*name, *[""] * (3 - len(name))) for name in named]
    rest = max(1 - sum(effects.values()), 0.0)
    table = pd.DataFrame(
        [*rows, (HIGHER, "", ""), (SEEDS, "", "")],
        columns=["kind", "key", "other"],
    )
    table["share"] = [*(share for of, share in effects.items() if of), rest, effects[()]]
    table.attrs = {"metric": metric, "log": log, "lost": int(lost.sum())}
    table.attrs |= {"runs": grid.size, "seeds": grid.shape[-1]}
    return table


def shares(values: Array) -> dict[tuple[int, ...], float]:
    """The shares of the variance of `values` (..., S), S seeds a cell of a grid: by the axes, one or two.

    That of the seeds, within the cells, is by (). What is left to 1 is of effects of three axes and more.
    Functional ANOVA, exact: Hutter, Hoos, Leyton-Brown 2014, "An Efficient Approach for Assessing
    Hyperparameter Importance", section 3, every value of a key as likely as another.
    """
    cells = values.mean(axis=-1)
    axes = range(cells.ndim)
    effects: dict[tuple[int, ...], float] = {(i,): _variance(cells, (i,)) for i in axes}
    for i, j in combinations(axes, 2):
        effects[i, j] = max(_variance(cells, (i, j)) - effects[i,] - effects[j,], 0.0)
    effects[()] = float(values.var(axis=-1).mean())
    return {of: variance / float(values.var()) for of, variance in effects.items()}


def _variance(cells: Array, kept: Sequence[int]) -> float:
    """The variance of the means over all axes but those `kept`."""
    return float(cells.mean(axis=tuple(i for i in range(cells.ndim) if i not in kept)).var())


def _grid(results: Runs, quality: pd.Series[float]) -> Array:
    """The metric of the runs as an axis a swept key, and the last one the seeds'.

    Raises NotShownError where runs are missing, or are not equally many in every cell.
    """
    import pandas as pd

    runs = results.runs.loc[quality.index]
    if quality.empty:
        raise NotShownError("no run has a result yet")
    if not results.keys:
        raise NotShownError("nothing but the seed was swept")
    axes = [in_order(results.runs[key]) for key in results.keys]
    places = [
        runs[key].map({value: at for at, value in enumerate(axis)})
        for key, axis in zip(results.keys, axes, strict=True)
    ]
    shape = tuple(map(len, axes))
    cell = pd.Series(np.ravel_multi_index(tuple(np.array(p) for p in places), shape), runs.index)
    counts = np.bincount(cell, minlength=int(np.prod(shape)))
    if counts.min() < counts.max():
        short = int((counts < counts.max()).sum())
        what = "have no result" if counts.max() == 1 else "have fewer results than others, or none"
        raise NotShownError(f"the grid is not full: {short:,} of its {counts.size:,} combinations {what}")
    if len(axes) == 1 and counts[0] == 1:
        raise NotShownError("one key was swept, and no seeds: all of the variance is its own")
    order = np.argsort(cell.to_numpy(), kind="stable")
    return np.array(quality, dtype=np.float64)[order].reshape(*shape, counts[0])
