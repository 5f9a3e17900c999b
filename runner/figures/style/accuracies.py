"""Accuracies near 1 as error rates, which a log axis tells apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from runner.figures.style.axes import errors_want_log
from runner.records.names import METRICS, SHARES

HIGH = 0.9
RATES = {name: name.replace("accuracy", "error_rate") for name in SHARES}


def more_is_better(column: str) -> bool:
    """Whether more of a column is better, as it is drawn."""
    return METRICS.get(column, False)


def lowest_of(column: str) -> float:
    """The least that a column can be of which more is better: an accuracy has an end, R² has none."""
    return 0.0 if column in SHARES else -np.inf


def rate_of(column: str) -> str:
    """What a column of accuracies is as error rates; any other column as it is."""
    return RATES.get(column, column)


def as_drawn(
    table: pd.DataFrame, name: str, bands: Sequence[str] = (), more: Sequence[str] = ()
) -> pd.DataFrame:
    """The table with the accuracies of the column that its attribute `name` says as error rates.

    So are the ends of `bands`, the low and the high one, and the columns `more`. As it is where it has
    errors, where the best accuracy is not above HIGH, or where no log axis would be wanted.
    """
    column = table.attrs[name]
    if column not in RATES:
        return table
    rates = 1.0 - table[column].to_numpy(dtype=float)
    finite = rates[np.isfinite(rates)]
    if not finite.size or finite.min() >= 1.0 - HIGH or not errors_want_log(finite):
        return table
    turned = {other: 1.0 - table[other] for other in more}
    if len(bands) == 2 and bands[0] in table:
        low, high = bands
        turned |= {low: 1.0 - table[high], high: 1.0 - table[low]}
    drawn = table.assign(**turned, **{column: rates}).rename(columns={column: RATES[column]})
    drawn.attrs = table.attrs | {name: RATES[column]}
    return drawn
