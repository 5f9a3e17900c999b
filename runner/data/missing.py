"""Cells without a value: refused, left out with their rows, or filled in with their column's mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from runner.errors import ConfigError
from runner.nn.arrays import Mask

if TYPE_CHECKING:
    from runner.data.columns import Column

MISSING = ERROR, DROP, MEAN = ("error", "drop", "mean")
#: Columns that are named in a message.
NAMED = 8


def drop_missing(how: str, columns: Mapping[str, Column], targets: Collection[str]) -> tuple[Mask, list[str]]:
    """Which rows (N,) are kept of a table, and what is to be said of that: as `how` says.

    Filled in are inputs alone: a row without a target is left out. Raises RunnerError where nothing
    would be left.
    """
    gone = {name: column.missing for name, column in columns.items() if column.missing.any()}
    rows = len(next(iter(columns.values())).missing)
    left_out = [name for name in gone if how == DROP or name in targets]
    kept = ~np.logical_or.reduce([gone[name] for name in left_out] or [np.zeros(rows, dtype=bool)])
    if not kept.any():
        lack = f"leaves none of the {rows:,} rows: every one lacks a value in {named(left_out)}"
        raise ConfigError("data.missing", how, lack)
    said = []
    if left_out:
        lost = rows - int(kept.sum())
        said.append(f"{lost:,} of {rows:,} rows left out, without a value in {named(left_out)}")
    counts = {name: int(mask[kept].sum()) for name, mask in gone.items() if name not in left_out}
    if filled := [f"{name} ({count:,})" for name, count in counts.items() if count]:
        said.append(f"cells without a value get their column's mean: {named(filled)}")
    return kept, said


def named(names: Collection[str]) -> str:
    """Names in a line, the first few of many."""
    names = list(names)
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def told(column: Column) -> str:
    """Where a column first has no value, and how often."""
    first, count = int(column.missing.argmax()), int(column.missing.sum())
    text = column.texts[first] if not isinstance(column.cells, np.ndarray) else ""
    what = f"'{text}' looks like a missing value" if text else "is empty"
    more = f" ({count:,} cells have no value)" if count > 1 else ""
    return f"{column.place(first)}, column {column.name}: {what}; every cell needs a value{more}"
