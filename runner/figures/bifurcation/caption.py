"""What the caption says."""

from __future__ import annotations

import pandas as pd

from runner.figures.bifurcation.ends import thresholds
from runner.figures.bifurcation.picture import heights_of
from runner.figures.figure import counted
from runner.training.endings import DIVERGED, ROUNDING


def caption(table: pd.DataFrame) -> str:
    """The whole of it."""
    ends, column = table.attrs["ends"], table.attrs["column"]
    dots = f"of {counted(table['run'].nunique(), 'run')} the last {table.attrs['rows']} rows, a dot each"
    text = f"Where training ends against the learning rate η: {dots}"
    text += _panels(table)
    if table.attrs["family"]:
        text += f". Of the other keys it is the best setting that is shown ({table.attrs['family']})"
    if (ends["kind"] != "").any():
        text += ". The strip tells how the runs ended"
    text += _thresholds(ends)
    if (apart := table.attrs["apart"]) > 1:
        text += (
            f". Rows are {apart} {table.attrs['unit']}s apart: of a cycle whose period shares a factor with "
        )
        text += "that, fewer values are seen"
    if (table[column] < ROUNDING).any() and heights_of(table).log:
        text += f". Errors below {ROUNDING:g} are round-off, and drawn as equal"
    return text + (f". {table.attrs['losses']}" if table.attrs["losses"] else "") + "."


def _panels(table: pd.DataFrame) -> str:
    what = table.attrs["column"].replace("_", " ")
    if "prediction" not in table:
        return f": the {what}; predictions are not drawn, as not all weights were recorded or they are many"
    examples, outputs = table.attrs["outputs"]
    of = (" for the first example" if examples > 1 else "") + (", first output" if outputs > 1 else "")
    return f". Above the prediction{of} (dotted: its target {table.attrs['target']:g}), below the {what}"


def _thresholds(ends: pd.DataFrame) -> str:
    """Where the period changes, and what is to be known of it."""
    if not (there := thresholds(ends)):
        return ""
    names = (f"{'diverges' if name == DIVERGED else name} {rate:.5g}" for rate, name in sorted(there))
    return (
        f". Lines mark where the period changes ({', '.join(names)}), halfway between the runs on either "
        "side; beside a threshold settling is slow, and a run may not have settled yet"
    )
