"""Examples: as their source has them, and as a run takes them, with a part held out and scaled.

Each source returns `Data` in its own units, all to learn from. What they share (the held-out part,
the scaling) is done once, in `prepare`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from runner.errors import ConfigError
from runner.nn.arrays import Array
from runner.nn.streams import stream


@dataclass(frozen=True)
class Source:
    """A file that a run is made from: the key that names it, its absolute path, the hash of its content."""

    key: str
    path: str
    sha256: str

    @classmethod
    def of(cls, key: str, path: Path, content: bytes) -> Source:
        """The source that `key` names, with the content that was read."""
        return cls(key, str(path.absolute()), sha256(content).hexdigest())


@dataclass(frozen=True, eq=False)
class Scale:
    """How inputs are scaled, column by column: (x − shift) / spread, both (I,) in the data's own units."""

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


@dataclass(frozen=True, eq=False)
class Data:
    """Examples to learn from and, where some are held out, examples to test on.

    `inputs` (N, I) and `targets` (N, O) are the training part, after scaling; `test_inputs` and
    `test_targets` the held-out part, or None. `classifies`: the source says that its targets are
    classes; `one_hot`: they look like it (one column of 0 and 1, or rows with a single 1). `scale` is
    how the inputs were scaled, `classes` the names of the classes of each target column that has such,
    in the order of their columns, and `sources` the files that all this comes from.
    """

    inputs: Array
    targets: Array
    input_names: Sequence[str]
    target_names: Sequence[str]
    classifies: bool = False
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    name: str = ""
    scale: Scale | None = None
    test_inputs: Array | None = None
    test_targets: Array | None = None

    @classmethod
    def numbered(cls, inputs: Array, targets: Array, classifies: bool = False) -> Data:
        """Examples whose columns have no names but x1, x2, … and y1, y2, …, or y where it is one."""
        xs, ys = ([f"{x}{i + 1}" for i in range(a.shape[1])] for x, a in (("x", inputs), ("y", targets)))
        return cls(inputs, targets, xs, ys if len(ys) > 1 else ["y"], classifies)

    def scaled(self, inputs: Array) -> Array:
        """Inputs (N, I) of the data's own units as the network takes them."""
        return inputs if self.scale is None else self.scale.of(inputs)

    def in_own_units(self, inputs: Array) -> Array:
        """Inputs (N, I) as the network takes them in the data's own units."""
        return inputs if self.scale is None else self.scale.undone(inputs)

    @cached_property
    def one_hot(self) -> bool:
        """Whether the targets look like classes: one column of 0 and 1, or rows with a single 1."""
        y = self.targets
        return bool(np.isin(y, (0.0, 1.0)).all() and (y.shape[1] == 1 or (y.sum(axis=1) == 1.0).all()))

    @property
    def examples(self) -> int:
        """N, the examples to learn from."""
        return len(self.inputs)

    @property
    def nbytes(self) -> int:
        """The bytes of all its arrays."""
        arrays = (self.inputs, self.targets, self.test_inputs, self.test_targets)
        return sum(array.nbytes for array in arrays if array is not None)


#: The number of each example's class (N,).
Classes: TypeAlias = NDArray[np.intp]


def one_hot(classes: Classes, count: int) -> Array:
    """Class numbers (N,) as targets: one column of 0 and 1 for two classes, else a column a class."""
    if count == 2:
        return classes[:, None].astype(np.float64)
    return np.eye(count)[classes]


def class_columns(names: Sequence[str]) -> list[str]:
    """The names of the columns that `one_hot` makes."""
    return [names[1]] if len(names) == 2 else list(names)


SCALES: dict[str, Callable[[Array], tuple[Array, Array]]] = {
    "standard": lambda x: (x.mean(axis=0), x.std(axis=0)),
    "minmax": lambda x: (x.min(axis=0), x.max(axis=0) - x.min(axis=0)),
}


def prepare(name: str, raw: Data, *, test_fraction: float, seed: int, scale: str | None) -> Data:
    """Holds out the test part and scales the inputs by what the training part shows.

    Both parts keep the order of their source. A column that does not vary is only shifted.
    Raises ConfigError where no example would be left for training, or a column cannot be scaled.
    """
    examples = len(raw.inputs)
    held_out = np.zeros(examples, dtype=bool)
    if test_fraction > 0:
        count = max(1, round(test_fraction * examples))
        if count >= examples:
            left = f"leaves none of the {examples} examples for training"
            raise ConfigError("data.test_fraction", test_fraction, left)
        held_out[stream(seed, "split").permutation(examples)[:count]] = True
    fitted = None if scale is None else _fitted(scale, raw.inputs[~held_out], raw.input_names)
    inputs = raw.inputs if fitted is None else fitted.of(raw.inputs)
    if fitted is not None and not np.isfinite(inputs).all():
        beyond = raw.input_names[int(np.flatnonzero(~np.isfinite(inputs).all(axis=0))[0])]
        fault = f"column '{beyond}' has held-out numbers too far from those it is fitted on"
        raise ConfigError("data.scale", scale, fault)
    return replace(
        raw,
        name=name,
        scale=fitted,
        input_names=tuple(raw.input_names),
        target_names=tuple(raw.target_names),
        inputs=np.ascontiguousarray(inputs[~held_out]),
        targets=np.ascontiguousarray(raw.targets[~held_out]),
        test_inputs=np.ascontiguousarray(inputs[held_out]) if test_fraction > 0 else None,
        test_targets=np.ascontiguousarray(raw.targets[held_out]) if test_fraction > 0 else None,
    )


def _fitted(name: str, shown: Array, names: Sequence[str]) -> Scale:
    """The scale `name` of inputs (N, I), reckoned in units of each column's size, so as not to overflow.

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
        raise ConfigError("data.scale", name, f"{reach}: write it in another unit")
    return Scale(name, np.where(varies, shift, low), np.where(varies, spread, 1.0))
