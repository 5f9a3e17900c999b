"""What the caption says."""

from __future__ import annotations

import pandas as pd

from runner.data.parts import HELD_OUT, TEST, VALIDATION
from runner.figures.figure import counted, rounded, spread_of
from runner.figures.learning_curves.lines import chosen_by
from runner.figures.learning_curves.picture import drawn_of, frame_of, lost
from runner.figures.style.panels import READABLE
from runner.overrides import plain
from runner.records.names import without_part

#: The curves beside that over the training set: of which examples each is, and how it is drawn.
LOOKS = {
    VALIDATION: "validation examples (dash-dotted",
    TEST: "test examples (dashed",
    HELD_OUT: "held-out examples (dashed",
}


def caption(table: pd.DataFrame) -> str:
    """The whole of it."""
    drawn, column = drawn_of(table), table.attrs["column"]
    text = _what(table) + _lines(table) + table.attrs["keys"].say + _named(table)
    ends = table.groupby([name for name in ("line", "curve", "kind", "run") if name in table], dropna=False)
    last = ends.tail(1)
    text += _say_losses(table.attrs["losses"], last, column)
    heights, _ = frame_of(drawn)
    off = last[heights.off(drawn.loc[last.index, drawn.attrs["column"]]) & ~lost(last)]
    if len(off):
        text += f". Triangles: lines that leave the frame, up to {rounded(off[column].max())}"
    if drawn is not table:
        text += ". Drawn is the error rate, 1 − accuracy"
    if heights.zeros:
        text += ". Errors of exactly 0 stand at the lower edge, a tenth of the smallest other one"
    return text + "."


def _what(table: pd.DataFrame) -> str:
    column, curves = table.attrs["column"], set(table["curve"])
    measure = without_part(column).capitalize()
    held_out = {VALIDATION: "validation examples", TEST: "held-out examples"}
    text = f"{measure} over the {held_out.get(column.partition('_')[0], 'training set')}"
    least = "least error" if without_part(column) == "error" else "highest accuracy"
    dots = {chosen_by(curves): f"; a dot at its {least}"}
    others = [f"over the {look}{dots.get(name, '')})" for name, look in LOOKS.items() if name in curves]
    if others:
        text += f" (solid){''.join(f', {each}' for each in others[:-1])} and {others[-1]}"
    return f"{text} against the {table.attrs['unit']}"


def _lines(table: pd.DataFrame) -> str:
    """What a line is, what is about it, and of how many."""
    runs, settings, drawn = table.attrs["runs"], table.attrs["settings"], table["line"].nunique()
    sampled = "named" in table and drawn < settings
    medians = table[table["kind"] == "median"]
    if medians.empty:
        text = f", a line for each of {counted(runs, 'run')}" if runs > 1 else ""
        return text + (f", of which {drawn} are drawn, evenly spread" if sampled else "")
    text = f": median over {spread_of(table.loc[table['kind'] != 'seed', 'runs'])} seeds"
    text += f", {drawn} of {settings:,} settings, evenly spread" if sampled else ""
    primary = f" of the {table.attrs['primary'].replace(' ', '-')} {table.attrs['column']}"
    of = primary if table["curve"].nunique() > 1 else ""
    if "low" in table and table["low"].notna().any():
        text += f", the band from the first to the third quartile{of}"
    if (table["kind"] == "seed").any():
        text += f", thin lines{of} the seeds"
    return text


def _named(table: pd.DataFrame) -> str:
    """Which settings the named lines are, where a panel has too many to tell apart."""
    if "named" not in table or not (table["named"] != "").any():
        return ""
    keys = table.attrs["keys"]
    names = table[table["named"] != ""].drop_duplicates("line")
    others = [key for key in (keys.color, keys.dash, *keys.rest) if key]
    text = f". Of the more than {READABLE} lines of a panel the best, the median and the worst "
    text += "that was not lost are drawn in full" + (
        " and with both curves" if table["curve"].nunique() > 1 else ""
    )
    best = names[names["named"] == "best"]
    panels = [key for key in (keys.col, keys.row) if key]
    said = (", ".join(f"{key}={plain(row[key])}" for key in [*panels, *others]) for _, row in best.iterrows())
    return text + (f"; best: {'; '.join(said)}" if keys.rest or keys.dash else "")


def _say_losses(losses: str, last: pd.DataFrame, column: str) -> str:
    """How many runs were lost, and what ends the lines that were: `last` has their last rows."""
    marks = ["crosses end lines that diverged"] if last["diverged"].any() else []
    blown_up = last.loc[last["blown_up"].astype(bool), column]
    if len(blown_up):
        which = "those" if marks else "end lines"
        marks.append(f"triangles {which} that blew up, to {rounded(blown_up.max())}")
    of_medians = (last["kind"] == "median") & (last["diverged"].astype(bool) | last["blown_up"].astype(bool))
    half = " (of medians: at least half of their runs did)" if of_medians.any() and marks else ""
    return (f". {losses}" if losses else "") + (f"; {', '.join(marks)}{half}" if marks else "")
