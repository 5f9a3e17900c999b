"""The values that a sweep takes of intervals: evenly or log-spaced, each by itself, or sampled together."""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np
from hydra.core.override_parser.types import Override

from runner.errors import ConfigError, RunnerError, one_of
from runner.hydra_internals import as_override
from runner.nn.arrays import Array

#: Significant digits of an interval's values, where that keeps them apart.
DIGITS = 6
SOBOL, RANDOM = KINDS = ("sobol", "random")


class Sample(NamedTuple):
    """How the values of all intervals are drawn at once: one of KINDS, and the seed."""

    kind: str
    seed: int

    def places(self, count: int, dimensions: int) -> Array:
        """Points (count, dimensions) in the unit cube; the first of more points are those of fewer.

        ``sobol`` is scrambled as Owen has it, by ``scipy.stats.qmc``. Raises RunnerError where that is not
        installed.
        """
        if self.kind == RANDOM or not dimensions:
            return np.random.default_rng(self.seed).random((count, dimensions))
        try:
            from scipy.stats import qmc
        except ImportError:
            raise RunnerError(
                "hydra.sweeper.sample=sobol: needs SciPy: pip install 'backprop-runner[datasets]'; "
                "sample=random does without"
            ) from None
        with warnings.catch_warnings():  # that 2^0 = 1 point is no power of 2 to it
            warnings.simplefilter("ignore", UserWarning)
            drawn = qmc.Sobol(dimensions, rng=self.seed).random_base2(math.ceil(math.log2(count)))
        return np.asarray(drawn[:count])


def sample_of(kind: Any, seed: Any) -> Sample | None:
    """That of ``hydra.sweeper.sample``; None where it is null. Raises ConfigError for another kind."""
    if kind is None:
        return None
    if kind not in KINDS:
        raise ConfigError("hydra.sweeper.sample", kind, f"{one_of(KINDS, kind)}, or null")
    return Sample(kind, seed if isinstance(seed, int) else 0)


def values_of(override: Override, points: int | None, places: Array | None = None) -> list[str]:
    """The values of an interval: `points` of them, or those at `places` (N,) between 0, its start, and 1.

    Raises RunnerError where nobody says how many, and for a logarithmic interval that is not above 0.
    """
    sweep: Any = override.value()
    start, end, line = sweep.start, sweep.end, override.input_line
    if points is None:
        raise RunnerError(f"{line}: say how many values of the interval with hydra.sweeper.points=N")
    logarithmic = "log" in sweep.tags
    if logarithmic and not (start > 0 and end > 0):
        raise RunnerError(f"{line}: a logarithmic interval needs two ends above 0")
    if places is not None:
        within = (_between(float(start), float(end), place, logarithmic) for place in places.tolist())
        values = [float(f"{value:.{DIGITS}g}") for value in within]
    else:
        values = spaced(float(start), float(end), points, logarithmic)
    if isinstance(start, int) and isinstance(end, int):  # int(interval(1,10))
        return [str(round(value)) for value in values]
    return [as_override(value) for value in values]


def _between(start: float, end: float, fraction: float, logarithmic: bool) -> float:
    if logarithmic:
        return math.exp(math.log(start) + fraction * (math.log(end) - math.log(start)))
    return start * (1 - fraction) + end * fraction


def spaced(start: float, end: float, points: int, logarithmic: bool) -> list[float]:
    """`points` numbers from `start` to `end`, evenly or log-spaced.

    They have 6 significant digits, or as many more as keep them apart; the ends stay as they are.
    """
    if points == 1:
        return [start]
    inner = [_between(start, end, i / (points - 1), logarithmic) for i in range(1, points - 1)]
    for digits in range(DIGITS, 18):
        rounded = [start, *(float(f"{value:.{digits}g}") for value in inner), end]
        in_order = rounded == sorted(rounded, reverse=end < start)  # rounding may pass an end
        if len(set(rounded)) == points and in_order:
            break
    return rounded
