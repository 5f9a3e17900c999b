"""The axis of a swept key of numbers: where its values stand, the 0 of a log axis and a full batch apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from runner.figures.style.axes import MOST_TICKS, SHORT, clear, log_axis, wants_log
from runner.figures.style.labels import label
from runner.nn.arrays import Array

#: Words among numbers that have a place: beyond the largest.
BEYOND = {("batch_size", "full"): "full"}
MARGIN = 0.06  # of the length of the axis, at either end
LEAST_STEP = 3.0  # from the smallest value to where a 0 stands, as a factor


@dataclass(frozen=True)
class Scale:
    """The places of the values of `key`, in order; the axis is broken beside those `apart`."""

    key: str
    places: dict[str, float]
    names: dict[str, str]
    apart: tuple[str, ...]
    log: bool

    @classmethod
    def of(cls, key: str, values: Sequence[str]) -> Scale | None:
        """The axis of `values`, or None where they are words, or one number alone."""
        beyond = [value for value in values if (key, value) in BEYOND]
        numbers = {
            value: number
            for value in values
            if value not in beyond and (number := _number(value)) is not None
        }
        if len(numbers) + len(beyond) < len(values) or len(numbers) < 2:
            return None
        positive = sorted(number for number in numbers.values() if number != 0)
        log = wants_log(np.array(positive), key)
        zeros = [value for value, number in numbers.items() if number == 0 and log]
        step = max(LEAST_STEP, (positive[-1] / positive[0]) ** (1 / (len(positive) - 1))) if log else 0.0
        ends = dict.fromkeys(zeros, positive[0] / step if log else 0.0)
        for value in beyond:
            ends[value] = positive[-1] * step if log else positive[-1] + np.ptp(positive) / 4
        places = dict(sorted((numbers | ends).items(), key=lambda pair: pair[1]))
        names = {value: BEYOND.get((key, value), SHORT(numbers.get(value, 0.0))) for value in places}
        return cls(key, places, names, (*zeros, *beyond), log)

    def at(self, values: Sequence[str]) -> Array:
        """Where `values` stand."""
        return np.array([self.places[value] for value in values], dtype=np.float64)

    def draw(self, ax: Axes, width: float) -> None:
        """Scale, limits, ticks and breaks of the x axis of a panel that is about `width` inches wide."""
        low, *_, high = self._along(list(self.places.values()))
        margin = MARGIN * (high - low)
        limits = np.array([low - margin, high + margin])
        ax.set_xlim(*(np.exp(limits) if self.log else limits))
        if self.log:
            log_axis(ax, "x")
        ticks = self._ticks(ax)
        names = clear(list(ticks), self._along(list(ticks.values())) / np.ptp(limits) * width)
        ax.xaxis.set_major_locator(FixedLocator(list(ticks.values())))
        ax.xaxis.set_major_formatter(FixedFormatter(names))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xlabel(label(self.key))
        for value in self.apart:
            _break(ax, self._middle(value))

    def _along(self, places: Sequence[float]) -> Array:
        return np.log(places) if self.log else np.asarray(places)

    def _ticks(self, ax: Axes) -> dict[str, float]:
        """Ticks by their names: at the values, if they are few, else at round numbers; and at those apart."""
        if len(self.places) <= MOST_TICKS:
            return {self.names[value]: place for value, place in self.places.items()}
        regular = [place for value, place in self.places.items() if value not in self.apart]
        round_ones = [float(at) for at in ax.xaxis.get_majorticklocs() if regular[0] <= at <= regular[-1]]
        apart = {self.names[value]: self.places[value] for value in self.apart}
        return {SHORT(tick): tick for tick in round_ones} | apart

    def _middle(self, value: str) -> float:
        """Where the axis is broken beside a value apart: halfway to its neighbour."""
        order = list(self.places)
        at = order.index(value)
        other = self.places[order[1 if at == 0 else at - 1]]
        here = self.places[value]
        return float(np.sqrt(here * other) if self.log else (here + other) / 2)


def _break(ax: Axes, place: float) -> None:
    """Two strokes across the x axis."""
    look: dict[str, Any] = {
        "transform": ax.get_xaxis_transform(),
        "clip_on": False,
        "ls": "none",
        "zorder": 10,
    }
    ax.plot([place], [0], marker="s", ms=3, color="white", mew=0, gid="break", **look)
    strokes = [[(-1, -1), (0, 1)], [(0, -1), (1, 1)]]
    for stroke in strokes:
        ax.plot([place], [0], marker=stroke, ms=5, color="black", mew=0.6, gid="break", **look)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
