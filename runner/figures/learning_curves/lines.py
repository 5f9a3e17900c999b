"""The numbers of lines: medians over seeds with their quartiles, and the curves of a run alone."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from runner.data.parts import HELD_OUT, PARTS, TRAINING, VALIDATION, names_of
from runner.figures.figure import evenly, losses_of, quantiles
from runner.nn.arrays import Array, Mask
from runner.records.names import DIVERGED, METRICS
from runner.results import Results
from runner.results.ranking import BLOWN_UP

BANDED = 5  # seeds; below, each is a line of its own
POINTS = 1600  # of a line of few: more cannot be seen


def curves_of(base: str, has: Container[str]) -> dict[str, str]:
    """The names of curves, over the training set and held out, and what each is of: a measure, as ``error``.

    `has` are the measures that there are.
    """
    held_out = {part: f"{part}_{base}" for part in PARTS if f"{part}_{base}" in has}
    names = names_of(held_out)
    return {TRAINING: base} | {names[part]: measure for part, measure in held_out.items()}


def chosen_by(curves: Collection[str]) -> str:
    """The curve whose best value is looked for: over examples to choose by, else over held-out ones."""
    return VALIDATION if VALIDATION in curves else HELD_OUT


@dataclass(frozen=True)
class Curve:
    """What is recorded of the runs of a setting: `values` (R, T) at `counts` (T,), NaN after a run's end.

    `marked` is one whose best value is looked for, `spread` one whose seeds are shown.
    """

    name: str
    metric: str
    counts: Array
    values: Array
    marked: bool
    spread: bool
    most: int

    @property
    def more(self) -> bool:
        """Whether more of it is better."""
        return METRICS[self.metric]


def lines_of(results: Results, curve: Curve, at: Any) -> Iterator[dict[str, Any]]:
    """The line of the runs `at` their places among the finished ones, and those of few seeds."""
    runs, lost = results.finished, results.lost.to_numpy()[at]
    diverged = runs["status"].to_numpy()[at] == DIVERGED
    said = {"curve": curve.name, "runs": len(at)}
    if len(at) == 1:
        yield said | _alone(curve, 0, bool(diverged[0]), bool(lost[0])) | {"kind": "run"}
        return
    middle = _median(curve, diverged)
    middle["blown_up"] = 2 * int(lost.sum()) >= len(at) and not middle["diverged"]
    yield said | middle | {"kind": "median"}
    if curve.spread and len(at) < BANDED:
        for i, place in enumerate(at):
            number = {"kind": "seed", "run": runs["run"].iloc[place]}
            yield said | _alone(curve, i, bool(diverged[i]), bool(lost[i])) | number


def _alone(curve: Curve, i: int, diverged: bool, lost: bool) -> dict[str, Any]:
    """The line of one run."""
    there = np.isfinite(curve.values[i])
    values = {"count": curve.counts[there], "value": curve.values[i][there]}
    return _thinned(curve, values) | {"diverged": diverged, "blown_up": lost and not diverged}


def _median(curve: Curve, diverged: Mask) -> dict[str, Any]:
    """The line of several runs, with quartiles where seeds are enough."""
    bad = -np.inf if curve.more else np.inf
    ends = np.where(np.isnan(curve.values) & diverged[:, None], bad, curve.values)
    low, middle, high = quantiles(ends, [0.25, 0.5, 0.75])
    there = np.isfinite(middle)
    values = {"count": curve.counts[there], "value": middle[there]}
    if curve.spread and len(ends) >= BANDED:
        values |= {"low": low[there], "high": high[there]}
    return _thinned(curve, values) | {"diverged": bool(np.isinf(middle).any())}


def _thinned(curve: Curve, values: dict[str, Array]) -> dict[str, Array]:
    """A line of as many points as can be seen: with its last, and its best where that is marked."""
    value = values["value"]
    best = int(np.argmax(value) if curve.more else np.argmin(value))
    kept = evenly(len(value), curve.most)
    if not curve.marked:
        return {name: each[kept] for name, each in values.items()}
    kept = np.unique(np.append(kept, best))
    return {name: each[kept] for name, each in values.items()} | {"best": kept == best}


def one_run(results: Results, column: str) -> list[dict[str, Any]]:
    """The curves of a run alone."""
    names = curves_of(column, results.header(0))
    history, outcome = results.history(0, list(names.values())), str(results.outcomes[0])
    lines = []
    for i, (name, measured) in enumerate(names.items()):
        values = history[measured].to_numpy(dtype=float)[None]
        metric = "final_error" if column == "error" else column
        marked = name == chosen_by(names)
        curve = Curve(name, metric, history[results.unit].to_numpy(), values, marked, False, POINTS)
        line = _alone(curve, 0, outcome == DIVERGED, outcome in (DIVERGED, BLOWN_UP))
        lines.append({"line": i, "curve": name, "kind": "run", "runs": 1} | line)
    return lines


def stacked(
    results: Results, lines: Sequence[dict[str, Any]], column: str, attrs: dict[Any, Any]
) -> pd.DataFrame:
    """Lines under each other, a row a point; what a line says once stands on each of its rows."""
    lengths = [len(line["count"]) for line in lines]
    columns: dict[str, Any] = {}
    for name in dict.fromkeys(name for line in lines for name in line):
        values = [line.get(name, False if name == "best" else np.nan) for line in lines]
        if any(isinstance(value, np.ndarray) for value in values):
            spread = [np.broadcast_to(value, n) for value, n in zip(values, lengths, strict=True)]
            columns[name] = np.concatenate(spread)
        else:
            columns[name] = pd.Series(values).repeat(lengths).to_numpy()
    columns["count"] = columns["count"].astype(int)
    table = pd.DataFrame(columns).rename(columns={"count": results.unit, "value": column})
    if "run" in table:
        table["run"] = table["run"].astype("Int64")
    table.attrs = {"unit": results.unit, "column": column, "losses": losses_of(results)} | attrs
    return table
