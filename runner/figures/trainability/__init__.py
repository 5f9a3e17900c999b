"""The boundary of trainability: a pixel a run over two log axes, by whether it converges and how soon.

After Sohl-Dickstein, "The boundary of neural network trainability is fractal" (2024, arXiv 2402.06184), by
whose rule (:mod:`runner.figures.trainability.boundary`) runs converge or diverge.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from runner.figures.figure import Figure, Layout, Options, counted, needs_finished
from runner.figures.style.axes import is_numeric
from runner.figures.style.labels import spoken
from runner.figures.trainability.boundary import LATE, Dimension, boundary_of, speeds, times
from runner.figures.trainability.picture import cells_of, draw
from runner.records.names import DIVERGED
from runner.results import Results

#: Fewer values of a key show no boundary.
LEAST = 16
#: Values are even in ratio where no step is more than so many times another's usual size, or less.
UNEVEN = 2.0


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a run: whether it converges, its sum (see ``boundary.speeds``), and its `shade`.

    The shade is from −1, of what converges soonest, to 0, and from there to 1, of what diverges soonest: by
    rank, evenly.
    """
    x, y = _plane(results, options)
    runs = results.finished
    errors = times(results.curves("final_error").values, (runs["status"] == DIVERGED).to_numpy())
    converges, sums, shades = speeds(errors)
    table = runs[["run", x, y]].assign(converges=converges.astype(int), sum=sums, shade=shades)
    table = table.reset_index(drop=True)
    table.attrs = {"plane": (x, y), "values": {key: _values(results, key) for key in (x, y)}}
    table.attrs["dimension"] = Dimension.of(boundary_of(cells_of(table, "converges")))
    return table


def _plane(results: Results, options: Options) -> list[str]:
    """The keys across and upwards: as asked for, else in the order in which they were swept."""
    asked = [options.x, options.y]
    rest = iter([key for key in results.keys if key not in asked])
    return [key or next(rest) for key in asked]


def _values(results: Results, key: str) -> list[float]:
    """The values of a key in order."""
    return sorted(map(float, results.runs[key].unique()))


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_finished(results):
        return reason
    keys = results.keys
    if not results.is_sweep or len(keys) != 2 or len(results.swept) != 2:
        return "it needs a sweep over two keys and nothing else: a run a pixel"
    for option, key in (("--x", options.x), ("--y", options.y)):
        if key and key not in keys:
            return f"{option} {key} is no swept key"
    if reason := next(filter(None, (_refused(results, key) for key in keys)), None):
        return reason
    whole = int(np.prod([results.runs[key].nunique() for key in keys]))
    if len(results.runs) != whole:
        return f"it needs all {whole:,} combinations of the values of {' and '.join(keys)}"
    return None


def _refused(results: Results, key: str) -> str | None:
    """The reason why the values of a key make no axis."""
    column = results.runs[key]
    if (count := column.nunique()) < LEAST:
        return f"{key} has {count} values; it needs {LEAST} or more of both keys"
    if is_numeric(column) and (values := np.array(_values(results, key)))[0] > 0:
        steps = np.diff(np.log(values))
        usual = float(np.median(steps))
        if usual / UNEVEN <= steps.min() and steps.max() <= usual * UNEVEN:
            return None
    return f"the values of {key} must be above 0 and even in ratio, as 'tag(log, interval(0.01,1))' has them"


def _caption(table: pd.DataFrame) -> str:
    (x, y), converged = table.attrs["plane"], int(table["converges"].sum())
    text = f"Which of {counted(len(table), 'run')} converge over {spoken(x)} and {spoken(y)}, a pixel a run: "
    text += f"{converged:,}"
    text += (
        f", whose mean error over the last {LATE} rows is below the first. Shades are ranks: of the sum of"
    )
    text += " the errors relative to the first where a run converges, of the sum of their inverses where not"
    text += f". {_said(table.attrs['dimension'])}"
    if len(table) < np.prod([len(values) for values in table.attrs["values"].values()]):
        text += ". White: no result"
    return f"{text}."


def _said(dimension: Dimension | None) -> str:
    """What there is to say of the boundary."""
    if dimension is None:
        return "There is no boundary between them"
    measured = f"{dimension.median:.2f} ± {dimension.spread:.2f}"
    text = f"The boundary's box-counting dimension is {measured} (median and half the interquartile range of"
    text += f" −Δlog N/Δlog s, where N boxes of s = 1, 2, …, {dimension.sizes[-1]:g} pixels hold some of it;"
    return f"{text} Falconer, Fractal Geometry, 2014, chapter 2)"


FIGURE = Figure(_applies, numbers, draw, _caption, lambda _: Layout(aspect=0.84), follows=("x", "y"))
