"""Examples: as their source has them, and as a run takes them, with a part held out and scaled.

Each source returns `Data` in its own units, all to learn from. What they share (the held-out part,
the scaling) is done once, in `prepare`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from runner.data.scaling import Scale, filled, means, scaled_parts
from runner.data.splitting import held_out
from runner.errors import ConfigError, RunnerError
from runner.nn.arrays import Array, Numbers

if TYPE_CHECKING:
    from runner.data.csv_file import Recipe


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


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """Examples to learn from and, where some are held out, examples to test on.

    `inputs` (N, I) and `targets` (N, O) are the training part, after scaling; `test_inputs` and
    `test_targets` the held-out part, or None. `classifies`: the source says that its targets are
    classes; `one_hot`: they look like it (one column of 0 and 1, or rows with a single 1). `scale` is
    how the inputs were scaled, `classes` the names of the classes of each target column that has such,
    in the order of their columns, and `sources` the files that all this comes from. `target_scale` is
    how the targets were scaled, `fill` what inputs without a value were given (I,), in their own units,
    `said` what is to be told of how files were read, and `recipe` how others of their kind are read. `lost`
    says why there are no examples, where only names and scales are known of those that were learnt from.
    `numbers` (N,) and `test_numbers` are those of the examples among all of their source, from 1 on.
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
    target_scale: Scale | None = None
    fill: Array | None = None
    said: tuple[str, ...] = ()
    recipe: Recipe | None = None
    lost: str = ""
    numbers: Numbers | None = None
    test_numbers: Numbers | None = None

    @classmethod
    def numbered(cls, inputs: Array, targets: Array, classifies: bool = False) -> Data:
        """Examples whose columns have no names but x1, x2, … and y1, y2, …, or y where it is one."""
        xs, ys = ([f"{x}{i + 1}" for i in range(a.shape[1])] for x, a in (("x", inputs), ("y", targets)))
        return cls(inputs, targets, xs, ys if len(ys) > 1 else ["y"], classifies)

    def __repr__(self) -> str:
        held_out = "" if self.test_inputs is None else f", {len(self.test_inputs):,} held out"
        classes = f" ({sum(map(len, self.classes.values()))} classes)" if self.classes else ""
        sizes = f"{len(self.inputs):,} examples{held_out}, {self.inputs.shape[1]:,} inputs"
        return f"<Data {self.name}: {sizes}, {self.targets.shape[1]:,} targets{classes}>"

    def scaled(self, inputs: Array) -> Array:
        """Inputs (N, I) of the data's own units as the network takes them; NaN is filled in."""
        inputs = filled(inputs, self.fill)
        return inputs if self.scale is None else self.scale.of(inputs)

    def in_own_units(self, inputs: Array) -> Array:
        """Inputs (N, I) as the network takes them in the data's own units."""
        return inputs if self.scale is None else self.scale.undone(inputs)

    def targets_in_own_units(self, values: Array) -> Array:
        """Targets or predictions (…, O) as they are learnt in the data's own units."""
        return values if self.target_scale is None else self.target_scale.undone(values)

    @cached_property
    def one_hot(self) -> bool:
        """Whether the targets look like classes: one column of 0 and 1, or rows with a single 1."""
        y = self.targets
        return bool(np.isin(y, (0.0, 1.0)).all() and (y.shape[1] == 1 or (y.sum(axis=1) == 1.0).all()))

    @property
    def has_two_classes(self) -> bool:
        """Whether the targets are one column of 0 and 1 that stands for two classes with names."""
        return self.classifies and self.targets.shape[1] == 1 and len(self.classes) == 1

    def with_a_column_a_class(self) -> Data:
        """The same with a column for each of two classes."""
        ((name, labels),) = self.classes.items()
        targets, tested = (
            None if y is None else np.concatenate([1.0 - y, y], axis=1)
            for y in (self.targets, self.test_targets)
        )
        assert targets is not None
        names = tuple(f"{name}={label}" for label in labels)
        return replace(self, targets=targets, test_targets=tested, target_names=names)

    @property
    def examples(self) -> int:
        """N, the examples to learn from. Raises RunnerError where they are lost."""
        self.refuse_lost()
        return len(self.inputs)

    def refuse_lost(self) -> None:
        """Raises RunnerError where there are no examples any more."""
        if self.lost:
            raise RunnerError(self.lost)

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


class Parts(NamedTuple):
    """What a configuration says of all data alike: the held-out part, and the scales of both parts."""

    test_fraction: float = 0.0
    seed: int = 0
    stratify: bool = False
    scale: str | None = None
    scale_targets: str | None = None


def prepare(name: str, raw: Data, parts: Parts) -> Data:
    """Holds out the test part, unless it is there, fills in and scales by what the training part shows.

    Both parts keep the order of their source. A column that does not vary is only shifted.
    Raises ConfigError where no example would be left for training, or a column cannot be scaled.
    """
    _check_parts(raw, parts)
    out = held_out(raw.targets, parts.test_fraction, parts.seed, parts.stratify)
    x, y = raw.inputs[~out], raw.targets[~out]
    numbers = np.arange(1, len(raw.inputs) + 1) if raw.numbers is None else raw.numbers
    test_x, test_y, test_numbers = raw.test_inputs, raw.test_targets, raw.test_numbers
    if parts.test_fraction > 0:
        test_x, test_y, test_numbers = raw.inputs[out], raw.targets[out], numbers[out]
    lacks = any(array is not None and np.isnan(array).any() for array in (x, test_x))
    fill = means(x, raw.input_names) if lacks else None
    whole = filled(x, fill), None if test_x is None else filled(test_x, fill)
    x, test_x, inputs = scaled_parts("data.scale", parts.scale, whole, raw.input_names)
    y, test_y, targets = scaled_parts(
        "data.scale_targets", parts.scale_targets, (y, test_y), raw.target_names
    )
    return replace(
        raw,
        name=name,
        scale=inputs,
        target_scale=targets,
        fill=fill,
        input_names=tuple(raw.input_names),
        target_names=tuple(raw.target_names),
        inputs=x,
        targets=y,
        test_inputs=test_x,
        test_targets=test_y,
        numbers=numbers[~out],
        test_numbers=test_numbers,
    )


def _check_parts(raw: Data, parts: Parts) -> None:
    """Raises ConfigError for keys that cannot be together, or not with these targets."""
    if parts.test_fraction > 0 and raw.test_inputs is not None:
        there = "data.test_path has the held-out part already: one of the two"
        raise ConfigError("data.test_fraction", parts.test_fraction, there)
    if parts.scale_targets is not None and raw.classes:
        refusal = "scales numbers, and these targets are classes"
        raise ConfigError("data.scale_targets", parts.scale_targets, refusal)
    if parts.stratify and not (raw.classifies or raw.one_hot):
        refusal = "needs targets that are classes, and these are numbers"
        raise ConfigError("data.stratify", parts.stratify, refusal)
