"""Paths of weights: which run's is shown, which others can be drawn over it, and what can be seen of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from runner.figures.figure import Options, needs_finished
from runner.nn.arrays import Array
from runner.records.histories import every, first_row
from runner.results import Results
from runner.results.ranking import LOST

POINTS = 200  # of a path: more cannot be seen
LEAVES = 10  # times the weights that are to be seen: there a lost run leaves the scale
#: Keys that say where a path begins, not what it walks on.
BEGINNINGS = ("seed", "network.weights", "network.biases")
GROUND = ("network", "data", "loss", "experiment")
UNIT = "log.unit"
#: Why runs have no path over the plane, as the caption says it; the first that applies.
NOT_RECORDED, OTHER_UNIT, OTHER_GROUND, *_, OTHER_START = REASONS = (
    "without recorded weights",
    "counted in other steps",
    "of another network, data or loss",
    *LOST,
    "of other initial weights",
)


def needs_weights(results: Results, _options: Options | None = None) -> str | None:
    """The reason why paths cannot be drawn: the weights were not recorded."""
    if reason := needs_finished(results):
        return reason
    return None if results.with_weights else "the weights are not in history.csv; run with log.weights=true"


def reference(results: Results, metric: str | None, among: Sequence[int]) -> int:
    """The run to show of those in `among`: as `Results.best`, else one that was not lost, or the first."""
    if middles := results.middles(metric, among):
        return middles[0]
    completed = results.completed.index.intersection(list(among))
    return next((run for run in results.in_order(metric) if run in completed), among[0])


def paths_of(
    results: Results, runs: Sequence[int], columns: Sequence[str], unit: str, keep: Sequence[float] = ()
) -> dict[int, pd.DataFrame]:
    """The histories of `runs` as lines of POINTS points, whole; of those that were lost, what can be read.

    Rows at the counts in `keep` are among the points.
    """
    lost = [run for run in runs if results.lost[run]]
    kept = [run for run in runs if run not in lost]
    paths = dict(zip(kept, (_thinned(h, keep) for h in results.histories(kept, columns, unit)), strict=True))
    reach = max((_sizes(path).max() for path in paths.values()), default=1.0) if lost else 1.0
    for run, history in zip(lost, results.histories(lost, columns, unit), strict=True):
        paths[run] = _thinned(_readable(history, reach), keep)
    return {run: paths[run] for run in runs}


def _thinned(history: pd.DataFrame, keep: Sequence[float]) -> pd.DataFrame:
    rows = every(len(history), POINTS)
    if keep and not isinstance(rows, slice):
        rows = np.union1d(rows, np.flatnonzero(history.iloc[:, 0].isin(keep)))
    return history.iloc[rows]


def _readable(history: pd.DataFrame, reach: float) -> pd.DataFrame:
    """The rows before a weight is beyond LEAVES times `reach`, 1 and where the run began; one at least."""
    sizes = _sizes(history)
    left = sizes > LEAVES * max(1.0, reach, sizes[0])
    return history.iloc[: max(1, int(np.argmax(np.append(left, True))))]


def _sizes(history: pd.DataFrame) -> Array:
    """The largest magnitude of a weight on each row."""
    weights = [history[name].to_numpy(dtype=float) for name in history if is_weight(str(name))]
    sizes: Array = np.abs(weights).max(axis=0)
    return sizes


def is_weight(name: str) -> bool:
    """Whether `name` is that of a weight or bias, as w12 is."""
    return name[:1] in ("w", "b") and name[1:].isdigit()


def reasons_apart(results: Results, run: int, names: Sequence[str]) -> pd.Series[str]:
    """Why each finished run has no path over the plane of `run`, one of REASONS; nothing where it has one.

    What shares the plane has begun with the same weights, and walks the same ground: the same network,
    data and loss. Of weights elsewhere, the plane would show the errors of others.
    """
    runs = results.finished
    apart = pd.Series("", runs.index)
    elsewhere = ~runs.index.isin(results.like(run))
    ground = [key for key in results.keys if key.split(".")[0] in GROUND and key not in BEGINNINGS]
    masks = {
        NOT_RECORDED: ~runs.index.isin(results.with_weights),
        OTHER_UNIT: (runs[UNIT] != runs.at[run, UNIT]) if UNIT in results.keys else False,
        OTHER_GROUND: elsewhere | (runs[ground] != runs.loc[run, ground]).any(axis=1),
        **({} if results.lost[run] else {end: results.outcomes[runs.index] == end for end in LOST}),
    }
    for why, mask in masks.items():
        apart[(apart == "") & mask] = why
    left = runs[apart == ""]
    apart[left.index[~_starts_alike(results, left, run, names)]] = OTHER_START
    return apart


def _starts_alike(results: Results, runs: pd.DataFrame, run: int, names: Sequence[str]) -> Any:
    """Which of `runs` begin with the weights of `run`: one of each value of what may change them is read."""
    keys = [key for key in results.swept if key in BEGINNINGS]
    if not keys:
        return np.full(len(runs), True)
    start = first_row(results.history_file(run), names)
    groups = runs.groupby([runs[key].astype(str) for key in keys], sort=False)
    alike = groups["run"].transform(
        lambda group: first_row(results.history_file(group.index[0]), names) == start
    )
    return alike.to_numpy(dtype=bool)
