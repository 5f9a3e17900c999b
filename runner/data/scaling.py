"""Scales of columns: fitted on the training part, undone where numbers are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from runner.errors import ConfigError
from runner.nn.arrays import Array


@dataclass(frozen=True, eq=False)
class Scale:
    """How columns are scaled, each by itself: (x − shift) / spread, both (I,) in the data's own units."""

    name: str
    shift: Array
    spread: Array

    @cached_property
    def unit(self) -> Array:
        """A power of two (I,) of a column's size: exact to divide by, and nothing overflows on the way."""
        return power_of_two(np.maximum(np.abs(self.shift), self.spread))

    def of(self, inputs: Array) -> Array:
        """Inputs (N, I) of the data's own units, scaled: infinite where no float64 is as large."""
        with np.errstate(over="ignore", invalid="ignore"):
            return (inputs / self.unit - self.shift / self.unit) / (self.spread / self.unit)

    def undone(self, inputs: Array) -> Array:
        """Scaled inputs (N, I) in the data's own units again."""
        with np.errstate(over="ignore", invalid="ignore"):
            return (inputs * (self.spread / self.unit) + self.shift / self.unit) * self.unit


def power_of_two(sizes: Array) -> Array:
    """The powers of two just below numbers of at least 0, or equal to them."""
    return np.ldexp(1.0, np.frexp(sizes)[1] - 1)


#: Shift and spread of columns (N, I) by name: the spread of ``standard`` is that of the N numbers.
SCALES: dict[str, Callable[[Array], tuple[Array, Array]]] = {
    "standard": lambda x: (x.mean(axis=0), x.std(axis=0)),
    "minmax": lambda x: (x.min(axis=0), x.max(axis=0) - x.min(axis=0)),
}


def fitted(key: str, name: str, shown: Array, names: Sequence[str]) -> Scale:
    """The scale `name` that `key` asks for, of columns (N, I).

    It is reckoned in units of each column's size, so as not to overflow.

    Raises ConfigError for a column that varies by more, or by less, than a float64 can say.
    """
    unit = power_of_two(np.abs(shown).max(axis=0))
    low, high = shown.min(axis=0), shown.max(axis=0)
    varies = low < high  # a spread is never quite 0 once it is rounded
    with np.errstate(over="ignore", under="ignore"):
        shift, spread = (np.where(varies, found, 0.0) * unit for found in SCALES[name](shown / unit))
    lost = varies & ~(np.isfinite(shift) & np.isfinite(spread) & (spread >= np.finfo(np.float64).tiny))
    if lost.any():
        i = int(np.flatnonzero(lost)[0])
        reach = (
            f"column '{names[i]}' goes from {low[i]:g} to {high[i]:g}, too far or too little for a float64"
        )
        raise ConfigError(key, name, f"{reach}: write it in another unit")
    return Scale(name, np.where(varies, shift, low), np.where(varies, spread, 1.0))


def scaled_parts(
    key: str, name: str | None, parts: Sequence[Array], names: Sequence[str]
) -> tuple[list[Array], Scale | None]:
    """The training part and those held out, scaled as `key` asks for by what the training part shows.

    Raises ConfigError for a column that cannot be scaled.
    """
    shown, *others = map(np.ascontiguousarray, parts)
    if name is None:
        return [shown, *others], None
    scale = fitted(key, name, shown, names)
    for far in (~np.isfinite(scale.of(other)).all(axis=0) for other in others):
        if far.any():
            beyond = names[int(np.flatnonzero(far)[0])]
            fault = f"column '{beyond}' has held-out numbers too far from those it is fitted on"
            raise ConfigError(key, name, fault)
    return [scale.of(part) for part in (shown, *others)], scale


def means(shown: Array, names: Sequence[str]) -> Array:
    """The means (I,) of columns (N, I), of what is not NaN. Raises ConfigError for one of nothing else."""
    known = ~np.isnan(shown)
    counts = known.sum(axis=0)
    if not counts.all():
        name = names[int(counts.argmin())]
        raise ConfigError("data.missing", "mean", f"column '{name}' has no value in the training part")
    return np.where(known, shown, 0.0).sum(axis=0) / counts


def filled(inputs: Array, fill: Array | None) -> Array:
    """Inputs (N, I) with `fill` (I,), if there is one, where they are NaN."""
    return inputs if fill is None else np.where(np.isnan(inputs), fill, inputs)
