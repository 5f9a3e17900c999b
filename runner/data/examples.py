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
from runner.errors import ConfigError
from runner.nn.arrays import Array

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


class Part(NamedTuple):
    """Some of the examples: inputs (N, I) and targets (N, O)."""

    inputs: Array
    targets: Array


#: The parts that are not trained on: what is chosen by, and what tells of that which was chosen.
HELD_OUT = ("validation", "test")


@dataclass(frozen=True, eq=False)
class Data:
    """Examples to learn from and, where some are held out, examples to choose by and to test on.

    `inputs` (N, I) and `targets` (N, O) are the training part, after scaling; `validation_inputs`,
    `validation_targets` and `test_inputs`, `test_targets` the parts that are `held_out`, or None.
    `classifies`: the source says that its targets are classes; `one_hot`: they look like it (one column
    of 0 and 1, or rows with a single 1). `scale` is how the inputs were scaled, `classes` the names of the
    classes of each target column that has such, in the order of their columns, and `sources` the files that
    all this comes from. `target_scale` is how the targets were scaled, `fill` what inputs without a value
    were given (I,), in their own units, `said` what is to be told of how files were read, and `recipe` how
    others of their kind are read.
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
    validation_inputs: Array | None = None
    validation_targets: Array | None = None
    test_inputs: Array | None = None
    test_targets: Array | None = None
    target_scale: Scale | None = None
    fill: Array | None = None
    said: tuple[str, ...] = ()
    recipe: Recipe | None = None

    @classmethod
    def numbered(cls, inputs: Array, targets: Array, classifies: bool = False) -> Data:
        """Examples whose columns have no names but x1, x2, … and y1, y2, …, or y where it is one."""
        xs, ys = ([f"{x}{i + 1}" for i in range(a.shape[1])] for x, a in (("x", inputs), ("y", targets)))
        return cls(inputs, targets, xs, ys if len(ys) > 1 else ["y"], classifies)

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
        names = tuple(f"{name}={label}" for label in labels)
        targets = {f"{part}_targets": _both(held_out.targets) for part, held_out in self.held_out.items()}
        return replace(self, targets=_both(self.targets), target_names=names, **targets)

    @property
    def held_out(self) -> dict[str, Part]:
        """Those of the parts HELD_OUT that there are, by name: a measure of one begins with it."""
        parts = {
            name: (getattr(self, f"{name}_inputs"), getattr(self, f"{name}_targets")) for name in HELD_OUT
        }
        return {name: Part(x, y) for name, (x, y) in parts.items() if x is not None and y is not None}

    @property
    def parts(self) -> dict[str, Part]:
        """The training part, and those that are held out, by the beginnings of their measures' names."""
        others = {f"{name}_": part for name, part in self.held_out.items()}
        return {"": Part(self.inputs, self.targets), **others}

    @property
    def examples(self) -> int:
        """N, the examples to learn from."""
        return len(self.inputs)

    @property
    def nbytes(self) -> int:
        """The bytes of all its arrays."""
        return sum(array.nbytes for part in self.parts.values() for array in part)


def _both(targets: Array) -> Array:
    """Targets (N, 1) of two classes as a column a class (N, 2)."""
    return np.concatenate([1.0 - targets, targets], axis=1)


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
    """What a configuration says of all data alike: the held-out parts, and the scales of all parts.

    `validation_fraction` is of what is left without the test part.
    """

    test_fraction: float = 0.0
    validation_fraction: float = 0.0
    seed: int = 0
    stratify: bool = False
    scale: str | None = None
    scale_targets: str | None = None


def prepare(name: str, raw: Data, parts: Parts) -> Data:
    """Holds out the test part, unless it is there, and a validation part; fills in and scales them.

    That goes by what the training part shows. All parts keep the order of their source. A column that does
    not vary is only shifted.
    Raises ConfigError where no example would be left for training, or a column cannot be scaled.
    """
    _check_parts(raw, parts)
    split = _split(raw, parts)
    lacks = any(np.isnan(part.inputs).any() for part in split.values())
    fill = means(split["training"].inputs, raw.input_names) if lacks else None
    x, inputs = scaled_parts(
        "data.scale", parts.scale, [filled(part.inputs, fill) for part in split.values()], raw.input_names
    )
    y, targets = scaled_parts(
        "data.scale_targets", parts.scale_targets, [part.targets for part in split.values()], raw.target_names
    )
    scaled = {name: Part(*arrays) for name, *arrays in zip(split, x, y, strict=True)}
    training = scaled.pop("training")
    others = {
        f"{name}_{kind}": array for name, part in scaled.items() for kind, array in part._asdict().items()
    }
    return replace(
        raw,
        name=name,
        scale=inputs,
        target_scale=targets,
        fill=fill,
        input_names=tuple(raw.input_names),
        target_names=tuple(raw.target_names),
        inputs=training.inputs,
        targets=training.targets,
        **others,
    )


def _split(raw: Data, parts: Parts) -> dict[str, Part]:
    """The training part, and those that are held out, by name. The test part is as without another one."""
    split, rest = dict(raw.held_out), Part(raw.inputs, raw.targets)
    for name, fraction in (("test", parts.test_fraction), ("validation", parts.validation_fraction)):
        if fraction > 0:
            out = held_out(rest.targets, fraction, parts.seed, parts.stratify, name)
            split[name] = Part(rest.inputs[out], rest.targets[out])
            rest = Part(rest.inputs[~out], rest.targets[~out])
    return {"training": rest, **split}


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
