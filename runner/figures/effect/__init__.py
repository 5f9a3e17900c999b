"""A metric against any swept key: each of its values at its best of all else, over the other runs with it.

Here are the numbers and the words; ``lines`` draws a key of numbers, ``rows`` one of words, ``scale`` is
the axis of the former.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from runner.figures.effect.lines import draw_lines
from runner.figures.effect.marks import (
    axis_label,
    beyond,
    drawn,
    drawn_of,
    floor_of,
    handles_of,
    heights_of,
    losses_in,
)
from runner.figures.effect.rows import MOST_ROWS, draw_rows
from runner.figures.effect.scale import Scale
from runner.figures.figure import (
    DOUBLE,
    SINGLE,
    Figure,
    Layout,
    Options,
    losses_of,
    needs_best,
    rounded,
    spread_of,
    star,
)
from runner.figures.style.axes import log_axis, thin_ticks
from runner.figures.style.labels import spoken
from runner.figures.style.legends import add_legend
from runner.figures.trajectories import is_weight
from runner.overrides import plain
from runner.records.names import starting, words_of
from runner.results import Results
from runner.results.effects import MEDIAN, OTHER, effect_table, measures_of
from runner.results.intervals import LEAST_SEEDS
from runner.training.endings import ROUNDING

MOST_PANELS = 6
ASPECT = 0.72
PANEL = 0.75  # of a figure's width a column: what the axis of a panel takes
ROW = 0.075  # of a single column: what a row of seeds takes of its height


def _keys(results: Results, options: Options) -> list[str]:
    """The key that is asked for, else those of which several values have a result, at most MOST_PANELS."""
    several = [key for key in results.keys if results.finished[key].nunique() > 1]
    return [options.x] if options.x else several[:MOST_PANELS]


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """As :func:`runner.results.effects.effect_table` says: a row a median, a seed, or another run."""
    metric, keys = results.metric(options.metric), _keys(results, options)
    best = results.best(metric)
    table = effect_table(results, keys, metric)
    table.attrs = {
        "metric": metric,
        "measures": measures_of(results, metric),
        "left_out": [key for key in results.keys if key not in keys],
        "losses": losses_of(results),
        "start": float(results.finished["initial_error"].max()),
        "best": {key: plain(results.runs.at[best, key]) for key in keys},
        "verdict": results.verdict(metric),
    }
    return table


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """A panel a key: lines over numbers, rows of words; their numbers on one scale."""
    table = drawn_of(table)
    heights, (_, columns) = heights_of(table), _shape(table)
    width = PANEL * axes[0].figure.bbox.width / axes[0].figure.dpi / columns
    limits = heights.limits(heights.place(drawn(table)), 0.05, 0.07)
    for ax, (key, part) in zip(axes, table.groupby("key", sort=False), strict=True):
        part.attrs = table.attrs
        scale = Scale.of(str(key), list(pd.unique(part["value"])))
        if scale:
            draw_lines(ax, part, scale, heights, width)
        else:
            draw_rows(ax, part, heights)
        which = "y" if scale else "x"
        getattr(ax, f"set_{which}lim")(*limits)
        if heights.log:
            log_axis(ax, which)
        getattr(ax, f"set_{which}label")(axis_label(table))
        if which == "x":
            thin_ticks(ax)
    if handles := handles_of(table):
        add_legend(axes, [(None, handles)])


def _caption(table: pd.DataFrame) -> str:
    said, medians = table.attrs, table[table["layer"] == MEDIAN]
    metric, keys = said["metric"], list(pd.unique(table["key"]))
    words = [words_of(measure) for measure in said["measures"]]
    text = f"{starting(' and '.join(words))} against {_listed(keys)}"
    seeds = spread_of(medians["runs"])
    if (table["layer"] == OTHER).any():
        text += f": each value at its best of all else by {words_of(metric)}"
        text += ", over all other runs with it (grey)"
    if medians["runs"].max() > 1:
        text += f"; a dot a seed, and the median of {seeds} seeds"
        text += _say_intervals(medians["runs"].min(), medians["runs"].max())
    text += _say_rows(table, keys) + star(said["verdict"])
    text += f". {said['losses']}" if said["losses"] else ""
    text += "; crosses: lost runs of those at their best" if losses_in(table) else ""
    drawn_table = drawn_of(table)
    heights = heights_of(drawn_table)
    if drawn_table is not table:
        text += ". Drawn is the error rate, 1 − accuracy"
    if off := beyond(table, heights):
        text += f". Triangles: runs that ended far above where they began, up to {rounded(off[-1])}"
    if floor_of(table):
        text += f". Errors below {ROUNDING:g} are round-off, and drawn as equal"
    if heights.zeros:
        what = "Errors" if drawn_table is table else "Rates"
        text += f". {what} of exactly 0 stand at the lower edge, a tenth of the smallest other one"
    if said["left_out"]:
        text += f". Left out: {', '.join(said['left_out'])} (--x shows one)"
    return text + "."


def _listed(keys: Sequence[str]) -> str:
    *most, last = map(spoken, keys)
    return f"{', '.join(most)} and {last}" if most else last


def _say_intervals(fewest: int, most: int) -> str:
    """What bars are, or why there are none."""
    if most < LEAST_SEEDS:
        return f", without an interval: {most} seeds are too few for one, {LEAST_SEEDS} would do"
    few = f" (none below {LEAST_SEEDS} seeds)" if fewest < LEAST_SEEDS else ""
    return f", with its 95 % bootstrap interval{few}"


def _say_rows(table: pd.DataFrame, keys: Sequence[str]) -> str:
    """That rows are sorted, and how many are left out."""
    words = [key for key in keys if not _is_scale(table, key)]
    more = [f"{key} has {n}" for key in words if (n := _counts(table)[key]) > MOST_ROWS]
    text = ". Rows are sorted, the best on top" if words else ""
    return text + (f"; the best {MOST_ROWS} are shown, {' and '.join(more)}" if more else "")


def _counts(table: pd.DataFrame) -> pd.Series[int]:
    return table.groupby("key", sort=False)["value"].nunique()


def _is_scale(table: pd.DataFrame, key: str) -> bool:
    return Scale.of(key, list(pd.unique(table.loc[table["key"] == key, "value"]))) is not None


def _shape(table: pd.DataFrame) -> tuple[int, int]:
    """How many panels stand below each other, and how many side by side."""
    panels = table["key"].nunique()
    columns = min(panels, 2 if panels in (2, 4) else 3)
    return -(-panels // columns), columns


def _layout(table: pd.DataFrame) -> Layout:
    (rows, columns), counts = _shape(table), _counts(table)
    lines = [ROW * min(n, MOST_ROWS) for key, n in counts.items() if not _is_scale(table, str(key))]
    both = 1.3 if len(table.attrs["measures"]) > 1 else 1.0
    needed = max([0.3 + both * line * columns / (1 if columns == 1 else 2) for line in lines], default=0.0)
    aspect = max(needed, ASPECT if columns < 3 else 0.85) if len(lines) < len(counts) else needed
    wide = SINGLE if columns == 1 else DOUBLE
    return Layout(rows, columns, wide, aspect, len(counts))


def _applies(results: Results, options: Options) -> str | None:
    if not results.is_sweep:
        return "it needs a sweep, and this is one run"
    if options.x and options.x not in results.keys:
        what = "a weight, not a swept key" if is_weight(options.x) else "no swept key that makes settings"
        return f"--x {options.x} is {what}"
    if not results.keys:
        return "nothing but the seed was swept"
    if reason := needs_best(results, options):
        return reason
    return None if _keys(results, options) else "runs of one setting only have a result"


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, follows=("metric", "x"))
