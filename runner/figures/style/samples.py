"""Samples over seeds: dots that lie beside each other, and intervals of which an end may be infinite."""

from __future__ import annotations

from typing import Any

import numpy as np

from runner.nn.arrays import Array

BEYOND = 1e6  # times what is drawn: far out of any panel, but no number that overflows


def spread(numbers: Any, most: float) -> Array:
    """How far dots of these `numbers`, from 0, move to either side, at `most`.

    By the golden ratio, which keeps neighbours apart however many there are.
    """
    return most * (2 * np.mod(0.5 + 0.618034 * np.asarray(numbers), 1.0) - 1)


def interval_ends(low: Any, high: Any, log: bool) -> tuple[Array, Array]:
    """Where intervals (S,) end in a panel: far out of it where one end is empty, as infinite ones are.

    NaN where both are: there is none.
    """
    low, high = np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
    scale = np.nanmax(np.abs(np.concatenate([low, high, [0.0]]))) or 1.0
    least = np.nanmin(np.concatenate([low, high, [scale]])) / BEYOND if log else -BEYOND * scale
    above, below = np.isnan(high) & ~np.isnan(low), np.isnan(low) & ~np.isnan(high)
    return np.where(below, least, low), np.where(above, BEYOND * scale, high)
