"""Error against epoch: a line a run, a median with its band over seeds, or quantiles of very many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.figures.figure import (
    Figure,
    Layout,
    Options,
    counted,
    evenly,
    losses_of,
    needs_finished,
    quantiles,
    rounded,
    spread_of,
)
from runner.figures.style.axes import Heights, label, log_axis, unit_axis
from runner.figures.style.encoding import Keys, Looks, add_lines, keys_of
from runner.nn.arrays import Array
from runner.records.names import DIVERGED, METRICS
from runner.results import COLUMNS, Results
from runner.results.ranking import BLOWN_UP
from runner.training.endings import OFF_SCALE

MANY = 100  # lines; beyond, a sample of them is drawn over a band of quantiles
SAMPLE = 50
POINTS = 400  # of a line: more cannot be seen in a column of paper, but peaks of few lines
FEW = 12  # lines; of more no bands can be seen
QUARTILES, MOST = (0.25, 0.75), (0.05, 0.95)
WHOLE = -1  # the line that stands for all runs
#: The two curves of a run alone, by the column that is asked for: over the training set, and held out.
CURVES = {
    "error": {"error": "training", "test_error": "held out"},
    "accuracy": {"accuracy": "training", "test_accuracy": "held out"},
}


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a point: `line` (its group), `kind` (run, median, sample), the swept values, what is drawn.

    That is the column of the histories that the metric sums up; of a run alone, with its held-out twin.

    For medians, `low` and `high` bound the band of `runs` runs; a diverged run counts as infinitely
    bad from its end on.
    """
    metric = results.metric(options.metric)
    if not results.is_sweep:
        return _one_run(results, COLUMNS[metric].removeprefix("test_"))
    runs, curves = results.finished, results.curves(metric)
    groups = _groups(results, runs)
    most = POINTS if len(groups) > FEW else 4 * POINTS
    keep = evenly(len(curves.counts), most)  # the last of each run is kept by its own line
    counts, values = curves.counts[keep], curves.values[:, keep]
    diverged = (runs["status"] == DIVERGED).to_numpy()
    bad = -np.inf if METRICS[metric] else np.inf
    ends = np.where(np.isnan(values) & diverged[:, None], bad, values)
    repeats, sampled = max(map(len, groups)) > 1, len(groups) > MANY
    lines = []
    if sampled:
        whole = {"line": WHOLE, "kind": "median", "runs": len(runs), "blown_up": False}
        lines.append(_median(counts, ends, MOST) | whole)
    kind = "sample" if sampled else "median" if repeats else "run"
    lost, marked = results.lost.to_numpy(), results.keys if repeats else results.swept
    for i in _spread(runs, groups, results) if sampled else range(len(groups)):
        at = groups[i]
        first, row = at[0], runs.index[at[0]]
        there = np.isfinite(values[first])
        alone = {"count": counts[there], "value": values[first][there], "diverged": bool(diverged[first])}
        line = _median(counts, ends[at], QUARTILES) if repeats else alone
        line["blown_up"] = 2 * int(lost[at].sum()) >= len(at) and not line["diverged"]
        marks: dict[str, Any] = {key: runs.at[row, key] for key in marked}
        lines.append(marks | line | {"line": i if repeats else row, "kind": kind, "runs": len(at)})
    keys = keys_of(results, options) if results.keys or not repeats else Keys(None)
    said = {"keys": keys, "runs": len(runs), "groups": len(groups), "curves": 1}
    return _stacked(results, lines, COLUMNS[metric], said)


def _one_run(results: Results, column: str) -> pd.DataFrame:
    curves = CURVES[column]
    names = [name for name in curves if name in results.header(0)]
    history = results.history(0, names)
    history = history.iloc[evenly(len(history), 4 * POINTS)]
    outcome, counts = str(results.outcomes[0]), history[results.unit].to_numpy()
    ends = {"diverged": outcome == DIVERGED, "blown_up": outcome == BLOWN_UP}
    common = {"kind": "run", "count": counts, **ends}
    lines = [
        {"line": i, "curve": curves[name], **common, "value": history[name].to_numpy()}
        for i, name in enumerate(names)
    ]
    keys = Keys("curve" if len(names) > 1 else None)
    said = {"keys": keys, "runs": 1, "groups": 1, "curves": len(names)}
    return _stacked(results, lines, column, said)


def _stacked(
    results: Results, lines: Sequence[dict[str, Any]], column: str, attrs: dict[Any, Any]
) -> pd.DataFrame:
    """Lines under each other, a row a point; what a line says once stands on each of its rows."""
    lengths = [len(line["count"]) for line in lines]
    columns: dict[str, Any] = {}
    for name in dict.fromkeys(name for line in lines for name in line):
        values = [line.get(name, np.nan) for line in lines]
        if any(isinstance(value, np.ndarray) for value in values):
            spread = [np.broadcast_to(value, n) for value, n in zip(values, lengths, strict=True)]
            columns[name] = np.concatenate(spread)
        else:
            columns[name] = pd.Series(values).repeat(lengths).to_numpy()
    columns["count"] = columns["count"].astype(int)
    table = pd.DataFrame(columns).rename(columns={"count": results.unit, "value": column})
    table.attrs = {"unit": results.unit, "column": column, "losses": losses_of(results)} | attrs
    return table


def _groups(results: Results, runs: pd.DataFrame) -> list[Any]:
    """Places of the runs that differ in nothing but their seed."""
    places = np.arange(len(runs))
    if "seed" not in results.swept:
        return list(places[:, None])
    if not results.keys:
        return [places]
    by_keys = pd.Series(places).groupby([runs[key].astype(object).to_numpy() for key in results.keys])
    return [group.to_numpy() for _, group in by_keys]


def _spread(runs: pd.DataFrame, groups: Sequence[Any], results: Results) -> Any:
    """SAMPLE of the groups, evenly spread over the values of the first swept key."""
    firsts = runs.iloc[[at[0] for at in groups]]
    values = firsts[results.keys[0]].to_numpy() if results.keys else np.zeros(len(groups))
    return np.argsort(values, kind="stable")[evenly(len(groups), SAMPLE)].tolist()


def _median(counts: Array, values: Array, band: tuple[float, float]) -> dict[str, Any]:
    low, middle, high = quantiles(values, [band[0], 0.5, band[1]])
    there = np.isfinite(middle)
    curves = {"count": counts, "value": middle, "low": low, "high": high}
    return {name: curve[there] for name, curve in curves.items()} | {"diverged": bool(np.isinf(middle).any())}


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """Lines, and the band that stands for very many."""
    (ax,) = axes
    unit, column = table.attrs["unit"], table.attrs["column"]
    heights = _heights(table)
    whole = table[table["line"] == WHOLE]
    looks = Looks.of(table[table["line"] != WHOLE], table.attrs["keys"])
    if len(whole):
        _draw_band(ax, whole, unit, heights, color="0.86")
        ax.plot(whole[unit], heights.place(whole[column]), color="black", lw=1.6, zorder=5)
    _draw_lines(ax, table, looks, heights)
    ax.set_ylim(*heights.limits(heights.place(_drawn(table)), 0.03, 0.03))
    if heights.log:
        log_axis(ax, "y")
    unit_axis(ax, unit, _last(table, heights))
    ax.set_ylabel(label(column))
    looks.explain(axes)


def _last(table: pd.DataFrame, heights: Heights) -> float:
    """When the last line leaves the frame, or ends."""
    within = table.loc[table[table.attrs["column"]] <= heights.top, table.attrs["unit"]].max()
    counts = table[table.attrs["unit"]]
    return float(counts[counts > within].min() if counts.max() > within else counts.max())


def _banded(table: pd.DataFrame) -> bool:
    """Whether lines are medians in bands, and few enough for these."""
    lines = table[table["line"] != WHOLE]
    return bool((lines["kind"] == "median").any()) and lines["line"].nunique() <= FEW


def _drawn(table: pd.DataFrame) -> Array:
    """All that is drawn: the values of lines, and the ends of bands, infinite ones as NaN."""
    banded = (table["kind"] == "median") & (_banded(table) | (table["line"] == WHOLE))
    bands = table.loc[banded, [name for name in ("low", "high") if name in table]]
    values = np.append(table[table.attrs["column"]], bands.to_numpy(dtype=float))
    return np.where(np.isfinite(values), values, np.nan)


def _heights(table: pd.DataFrame) -> Heights:
    """Of errors up to a little above where the runs begin, not where divergence ends."""
    lines, unit, column = table[table["line"] != WHOLE], table.attrs["unit"], table.attrs["column"]
    if METRICS.get(column):
        return Heights(floor=0.0)
    starts = float(lines.loc[lines[unit] == lines[unit].min(), column].max())
    lost = _lost(lines)
    calm = _drawn(lines[~lost])
    top = max([starts * 10 if lost.any() else starts, *calm[~np.isnan(calm)]])
    return Heights.of(_drawn(table), float(min(top, starts * OFF_SCALE)))


def _lost(lines: pd.DataFrame) -> pd.Series[bool]:
    """The rows of lines that end in divergence or off the scale."""
    return lines["diverged"].astype(bool) | lines["blown_up"].astype(bool)


def _draw_lines(ax: Axes, table: pd.DataFrame, looks: Looks, heights: Heights) -> None:
    """The lines with their bands; a cross where one diverges, a triangle where one blows up or leaves."""
    unit, column = table.attrs["unit"], table.attrs["column"]
    drawn, banded = [], _banded(table)
    ends: dict[str, list[tuple[float, float]]] = {"x": [], "^": []}
    for number, line in table.groupby("line", sort=False):
        if number == WHOLE:
            continue
        style = color, _ = looks.style(line.iloc[0])
        counts, errors = line[unit].to_numpy(dtype=float), heights.place(line[column])
        drawn.append(((counts, errors), style))
        if banded and line["runs"].iloc[0] > 1:
            _draw_band(ax, line, unit, heights, color=color, alpha=0.2)
        diverged = bool(line["diverged"].iloc[0])
        if diverged or line["blown_up"].iloc[0] or errors[-1] > heights.top:
            ends["x" if diverged else "^"].append(heights.end(counts, errors))
    width = 0.5 if (table["kind"] == "sample").any() else 1.2 if len(drawn) <= FEW else 0.8
    drawn.sort(key=lambda line: -len(line[0][0]))  # none is hidden by a longer one
    lines, styles = [line for line, _ in drawn], [style for _, style in drawn]
    add_lines(ax, lines, styles, linewidths=width, zorder=2)
    for marker, places in ends.items():
        if places:
            ax.plot(*zip(*places, strict=True), marker, color="black", ms=4, mew=0.9, zorder=6, clip_on=False)


def _draw_band(ax: Axes, line: pd.DataFrame, unit: str, heights: Heights, **style: Any) -> None:
    low, high = heights.place(line["low"]), heights.place(line["high"].fillna(np.inf))
    ax.fill_between(line[unit], low, high, lw=0, **style)


def _caption(table: pd.DataFrame) -> str:
    lines = table[table["line"] != WHOLE]
    runs, column = table.attrs["runs"], table.attrs["column"]
    over = " and over the held-out examples" if table.attrs["curves"] > 1 else ""
    measure = column.removeprefix("test_").capitalize()
    examples = "held-out examples" if column.startswith("test_") else "training set"
    text = f"{measure} over the {examples}{over} against the {table.attrs['unit']}"
    medians = lines[lines["kind"] == "median"]
    if len(table) > len(lines):
        of = "runs" if table.attrs["groups"] == runs else "settings, medians over their seeds"
        text += f" of {counted(runs, 'run')}: their median (black), the band from the 5 % to the 95 % "
        text += f"quantile, and {lines['line'].nunique()} of the {of}, evenly spread"
    elif len(medians):
        text += f": median over {spread_of(medians['runs'])} seeds"
        text += ", the band from the first to the third quartile" if _banded(table) else ""
    elif runs > 1:
        text += f", a line for each of {counted(runs, 'run')}"
    text += table.attrs["keys"].say
    last = lines.groupby("line").tail(1)
    text += _say_losses(table.attrs["losses"], last, column, of_seeds=len(medians) > 0)
    heights = _heights(table)
    off = last[heights.off(last[column]) & ~_lost(last)]
    if len(off):
        text += f". Triangles: lines that leave the frame, up to {rounded(off[column].max())}"
    if heights.zeros:
        text += ". Errors of exactly 0 stand at the lower edge, a tenth of the smallest other one"
    return text + "."


def _say_losses(losses: str, last: pd.DataFrame, column: str, of_seeds: bool) -> str:
    """How many runs were lost, and what ends the lines that were: `last` has their last rows."""
    marks = ["crosses end lines that diverged"] if last["diverged"].any() else []
    blown_up = last.loc[last["blown_up"].astype(bool), column]
    if len(blown_up):
        which = "those" if marks else "end lines"
        marks.append(f"triangles {which} that blew up, to {rounded(blown_up.max())}")
    half = " (at least half of their runs did)" if of_seeds and marks else ""
    return (f". {losses}" if losses else "") + (f"; {', '.join(marks)}{half}" if marks else "")


FIGURE = Figure(
    needs_finished, numbers, draw, _caption, lambda _: Layout(aspect=0.72), follows=("metric", "color")
)
