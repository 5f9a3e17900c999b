"""How runs ended, rate by rate, and the thresholds at which the number of values changes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from runner.figures.style.axes import wants_log
from runner.nn.arrays import Array
from runner.results.rates import RATE
from runner.training.endings import CONVERGED, DIVERGED, FALLING, IRREGULAR, OSCILLATING

#: How runs end, with colours that differ in grey, too: periods from short to long.
BANDS = {
    CONVERGED: "#08306B",
    FALLING: "#9ECAE1",
    "period 2": "#00593F",
    "period 4": "#2CA58D",
    "other period": "#A8E0CB",
    IRREGULAR: "#F0A30A",
    DIVERGED: "0.75",
}
#: So many rates on end have a period, or it is none.
STRETCH = 3


def ends_of(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a rate: how its first run ended, by BANDS, and the number of values it ends with, 0 for none."""
    ends = runs.groupby(RATE, as_index=False)[["ending", "period"]].first()
    known = ends["period"].isin((2, 4))
    swings = np.where(known, "period " + ends["period"].fillna(0).astype(int).astype(str), "other period")
    kind = ends["ending"].mask(ends["ending"] == OSCILLATING, pd.Series(swings))
    values = ends["period"].fillna(0).mask(ends["ending"] == CONVERGED, 1)
    return ends.assign(kind=kind, values=values.astype(int))[[RATE, "kind", "values"]]


def thresholds(ends: pd.DataFrame) -> list[tuple[float, str]]:
    """The rates at which 1 value becomes 2, 2 become 4, …, each halfway between the runs on either side.

    Runs that have not settled are passed over; a stretch of fewer than STRETCH rates is none.
    """
    settled = ends[ends["values"] > 0]
    turns = settled["values"].diff().ne(0).cumsum()
    stretches = [stretch for _, stretch in settled.groupby(turns) if len(stretch) >= STRETCH]
    found: dict[str, float] = {}
    for before, after in pairwise(stretches):
        one, other = int(before["values"].iloc[0]), int(after["values"].iloc[0])
        if other == 2 * one:
            rate = (before[RATE].iloc[-1] + after[RATE].iloc[0]) / 2
            found.setdefault(f"{one}→{other}", float(rate))
    lost = (ends["kind"] == DIVERGED).to_numpy()
    if lost[-1] and not lost.all():
        first = len(lost) - int(np.argmin(lost[::-1]))
        found[DIVERGED] = float(ends[RATE].iloc[first - 1 : first + 1].mean())
    return [(rate, name) for name, rate in found.items()]


def is_log(ends: pd.DataFrame) -> bool:
    """Whether rates are spaced in ratios; those in equal steps stand on a linear axis, however wide."""
    steps = np.diff(ends[RATE])
    return bool(np.ptp(steps) > 0.05 * steps.mean() and wants_log(ends[RATE]))


def edges_of(ends: pd.DataFrame) -> Array:
    """Where each rate's place begins and ends (T + 1,): halfway between rates."""
    rates = ends[RATE].to_numpy(dtype=float)
    scaled = np.log(rates) if is_log(ends) else rates
    inner = (scaled[1:] + scaled[:-1]) / 2
    edges = np.concatenate([[2 * scaled[0] - inner[0]], inner, [2 * scaled[-1] - inner[-1]]])
    return np.exp(edges) if is_log(ends) else edges
