"""Schedules: the learning rate of epoch e = 0, 1, … as a pure function of the initial rate η.

``step``, ``exponential``, ``cosine`` and ``linear`` are the closed forms of torch's StepLR, ExponentialLR,
CosineAnnealingLR (T_max = epochs) and LinearLR; ``inverse_scaling`` is scikit-learn's ``invscaling``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from runner.nn.arrays import Array
from runner.nn.formula import PI, Formula, Symbol, cos, floor, minimum
from runner.nn.options import Option


@dataclass(frozen=True, eq=False)
class Schedule:
    """``rate(eta, epoch, epochs, options)``: every array is (R, 1); returns (R, 1).

    `formula` is the same in η, e, epochs and the options under their own names; without it explanations
    have numbers alone.
    """

    rate: Callable[[Array, int, Array, Mapping[str, Array]], Array]
    options: Mapping[str, Option] = field(default_factory=dict)
    formula: Formula | None = None


def _linear(eta: Array, e: int, n: Array, o: Mapping[str, Array]) -> Array:
    start, end, total = o["start_factor"], o["end_factor"], o["total_iters"]
    return eta * (start + (end - start) * np.minimum(e, total) / total)


ETA, E, EPOCHS = Symbol("η"), Symbol("e"), Symbol("epochs")
_FACTOR, _EVERY, _POWER, _MIN = map(Symbol, ("factor", "every", "power", "min"))
_START, _END, _TOTAL = map(Symbol, ("start_factor", "end_factor", "total_iters"))

SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(lambda eta, e, n, o: eta, {}, ETA),
    "step": Schedule(
        lambda eta, e, n, o: eta * o["factor"] ** np.floor(e / o["every"]),
        {"every": Option(at_least=1, whole=True), "factor": Option(above=0)},
        ETA * _FACTOR ** floor(E / _EVERY),
    ),
    "exponential": Schedule(
        lambda eta, e, n, o: eta * o["factor"] ** e, {"factor": Option(above=0)}, ETA * _FACTOR**E
    ),
    "inverse_scaling": Schedule(
        lambda eta, e, n, o: eta / (1.0 + e) ** o["power"],
        {"power": Option(at_least=0)},
        ETA / (1 + E) ** _POWER,
    ),
    "cosine": Schedule(
        lambda eta, e, n, o: o["min"] + 0.5 * (eta - o["min"]) * (1.0 + np.cos(np.pi * e / n)),
        {"min": Option(at_least=0)},
        _MIN + 0.5 * (ETA - _MIN) * (1 + cos(PI * E / EPOCHS)),
    ),
    "linear": Schedule(
        _linear,
        {
            "start_factor": Option(above=0, at_most=1),
            "end_factor": Option(at_least=0, at_most=1),
            "total_iters": Option(at_least=1, whole=True),
        },
        ETA * (_START + (_END - _START) * minimum(E, _TOTAL) / _TOTAL),
    ),
}
