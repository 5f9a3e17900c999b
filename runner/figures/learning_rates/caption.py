"""What the caption says of the two panels."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from runner.figures.figure import rounded, spread_of, star
from runner.figures.learning_rates.lines import BANDED, STEPS, crowded
from runner.figures.learning_rates.quality import drawn_of, has_floor, heights_of
from runner.figures.learning_rates.steps import enough, goal_of, has_steps
from runner.figures.style.accuracies import more_is_better
from runner.figures.style.lost import regions_of
from runner.figures.style.panels import Grid
from runner.overrides import plain
from runner.records.names import higher_is_better
from runner.results.rates import SENSITIVITY
from runner.training.endings import ROUNDING


def caption(table: pd.DataFrame) -> str:
    """The whole of it, a sentence a mark."""
    said = [_panels(table), *_lines(table), *_marks(table), *_losses(table), *_steps(table)]
    return ". ".join(said) + "."


def _panels(table: pd.DataFrame) -> str:
    metric, unit = table.attrs["metric"].replace("_", " "), table.attrs["unit"]
    if not has_steps(table):
        return f"{metric.capitalize()} against the learning rate η"
    what, is_least, level = goal_of(table)
    first, second = (
        ("Above", "below") if len(Grid.of(table, table.attrs["keys"]).columns) > 1 else ("Left", "right")
    )
    return (
        f"{first}: {metric}; {second}: {unit}s from which on the {what} stays at "
        f"{'least' if is_least else 'most'} {level} ({table.attrs['level'].origin}); "
        "both against the learning rate η"
    )


def _lines(table: pd.DataFrame) -> Iterator[str]:
    """What lines and bands are, and what the star marks."""
    text = ""
    if (table["runs"] > 1).any():
        of = spread_of(table["runs"])
        banded = (table["runs"] >= BANDED).any()
        spread = "bands reach from the first to the third quartile" if banded else "dots are the seeds"
        bands = "" if crowded(table) else f", {spread}"
        text = f"Lines are medians over {of} seeds{bands}"
    if text := (text + table.attrs["keys"].say).removeprefix("; "):
        yield text[0].upper() + text[1:]
    if table.attrs["along"]:
        yield f"With the rate goes {' and '.join(table.attrs['along'])}"
    yield star(table.attrs["verdict"]).removeprefix(". ")
    low, high = table.attrs["near"]
    if high > low:
        of = "wrong answers" if higher_is_better(table.attrs["metric"]) else "error"
        yield f"The bar at the edge: rates around it whose {of} is within 10 % of the best's"
    yield from _sensitivities(table)


def _sensitivities(table: pd.DataFrame) -> Iterator[str]:
    """What LR sensitivity is; of lines that the legend does not name one by one, its ends."""
    keys, values = table.attrs["settings"], table[SENSITIVITY]
    if values.isna().all():
        return
    what = "share of wrong answers" if higher_is_better(table.attrs["metric"]) else "error"
    text = f"LR sensitivity (Wortsman et al. 2023): by how much the {what}, at most that at the start, is "
    text += "above the line's least, in the mean over log η"
    if len(keys) > 1:
        ends = [table.iloc[int(at)] for at in (values.argmin(), values.argmax())]
        names = [", ".join(f"{key}={plain(end[key])}" for key in keys) for end in ends]
        said = (f"{rounded(end[SENSITIVITY])} ({name})" for end, name in zip(ends, names, strict=True))
        text += f": from {' to '.join(said)}"
    yield text


def _marks(table: pd.DataFrame) -> Iterator[str]:
    """What bounds the lines."""
    drawn = drawn_of(table)
    heights, metric = heights_of(drawn), drawn.attrs["metric"]
    if drawn is not table:
        yield "Drawn is the error rate, 1 − accuracy"
    if has_floor(drawn):
        yield f"Errors below {ROUNDING:g} (blue) are round-off, and drawn as equal"
    off = drawn.loc[heights.off(drawn[metric]), metric]
    if len(off):
        yield f"Triangles at the upper edge: errors beyond the axis, up to {rounded(off.max())}"
    if heights.zeros:
        yield "Errors of exactly 0 stand at the bottom, a tenth of the smallest other one"
    if limit := table.attrs["limit"]:
        yield f"The stability limit, {limit:.4g}, is that of the curvature at the end of the best run"


def _losses(table: pd.DataFrame) -> Iterator[str]:
    """How many runs were lost, what marks them, and which rates do not settle."""
    regions = regions_of(table)
    if losses := table.attrs["losses"]:
        edge = "lower" if more_is_better(drawn_of(table).attrs["metric"]) else "upper"
        text = f"{losses}; crosses at the {edge} edge mark where a line begins to lose runs"
        if crowded(table):
            text += ", with how many of them do"
        elif (table["runs"] > 1).any():
            text += ", with how many of its seeds"
        yield text + (", grey the rates at which at least half of all did" if regions["lost"] else "")
    if regions["unsettled"]:
        yield "Hatched: rates at which at least half of all runs swing or wander for ever"


def _steps(table: pd.DataFrame) -> Iterator[str]:
    """Which points of the right panel never got there, or why there is no such panel."""
    what, is_least, level = goal_of(table)
    never = table[STEPS].isna()
    of = "points, at least half of their runs each," if (table["runs"] > 1).any() else "points"
    if has_steps(table) != enough(table):
        return
    if not enough(table):
        there, origin = len(table) - int(never.sum()), table.attrs["level"].origin
        sign = "≥" if is_least else "≤"
        points = ("no point stays", "only 1 point gets")[there] if there < 2 else f"only {there} points get"
        yield f"How soon the {what} stays {sign} {level} ({origin}) is not drawn: {points} there"
    elif never.any():
        marks = "hollow marks, or crosses where runs were lost"
        marks = "how many lines, at each rate" if crowded(table) else marks
        yield f"{never.sum():,} of {len(table):,} {of} never got there: {marks}"
