"""Schedules: the learning rate of epoch e = 0, 1, … as a pure function of the initial rate η.

``step``, ``exponential`` and ``cosine`` are the closed forms of torch's StepLR, ExponentialLR and
CosineAnnealingLR (T_max = epochs); ``inverse_scaling`` is scikit-learn's ``invscaling``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from runner.nn.arrays import Array


@dataclass(frozen=True)
class Schedule:
    """``rate(eta, epoch, epochs, options)``: every array is (R, 1); returns (R, 1)."""

    rate: Callable[[Array, int, Array, Mapping[str, Array]], Array]
    options: Mapping[str, float]
    formula: str
    latex: str


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(lambda eta, e, n, o: eta, {}, "η", r"\eta"),
    "step": Schedule(
        lambda eta, e, n, o: eta * o["factor"] ** np.floor(e / o["every"]),
        {"every": 10, "factor": 0.5},
        "η·factor^⌊e/every⌋",
        r"\eta \cdot \mathrm{factor}^{\lfloor e / \mathrm{every} \rfloor}",
    ),
    "exponential": Schedule(
        lambda eta, e, n, o: eta * o["factor"] ** e,
        {"factor": 0.99},
        "η·factor^e",
        r"\eta \cdot \mathrm{factor}^{e}",
    ),
    "inverse_scaling": Schedule(
        lambda eta, e, n, o: eta / (1.0 + e) ** o["power"],
        {"power": 0.5},
        "η/(1 + e)^power",
        r"\eta / (1 + e)^{\mathrm{power}}",
    ),
    "cosine": Schedule(
        lambda eta, e, n, o: o["min"] + 0.5 * (eta - o["min"]) * (1.0 + np.cos(np.pi * e / n)),
        {"min": 0.0},
        "min + ½·(η − min)·(1 + cos(π·e/epochs))",
        r"\mathrm{min} + \tfrac{1}{2} \cdot (\eta - \mathrm{min})"
        r" \cdot (1 + \cos(\pi \cdot e / \mathrm{epochs}))",
    ),
}
