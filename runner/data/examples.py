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
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from runner.data.parts import PARTS, TEST, TRAINING, VALIDATION, Part, names_of
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
    """Examples to learn from and, where some are held out, examples to choose by and to test on.

    `inputs` (N, I) and `targets` (N, O) are the training part, after scaling; `validation_inputs`,
    `validation_targets` and `test_inputs`, `test_targets` the parts that are `held_out`, or None.
    `classifies`: the source says that its targets are classes; `one_hot`: they look like it (one column
    of 0 and 1, or rows with a single 1). `scale` is how the inputs were scaled, `classes` the names of the
    classes of each target column that has such, in the order of their columns, and `sources` the files that
    all this comes from. `target_scale` is how the targets were scaled, `fill` what inputs without a value
    were given (I,), in their own units, `said` what is to be told of how files were read, and `recipe` how
    others of their kind are read. `lost` says why there are no examples, where only names and scales are
    known of those that were learnt from. `numbers` (N,), `validation_numbers` and `test_numbers` are those
    of the examples among all of their source, from 1 on.
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
    lost: str = ""
    numbers: Numbers | None = None
    validation_numbers: Numbers | None = None
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

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the classes are called, in the order of their numbers, where the targets are such."""
        if len(self.target_names) > 1:
            return tuple(self.target_names)
        ((name, labels),) = self.classes.items() if self.has_two_classes else [(self.target_names[0], (0, 1))]
        return tuple(f"{name}={label}" for label in labels)

    def with_a_column_a_class(self) -> Data:
        """The same with a column for each of two classes."""
        names = self.class_names
        split = {name: part._replace(targets=_both(part.targets)) for name, part in self.split.items()}
        return replace(self, target_names=names).with_parts(split)

    def with_parts(self, split: Mapping[str, Part]) -> Data:
        """The same with other parts, by name; what is not among them is gone."""
        gone: tuple[None, ...] = (None,) * len(Part._fields)
        arrays: dict[str, Any] = {
            f"{_prefix(name)}{kind}": array
            for name in (TRAINING, *PARTS)
            for kind, array in zip(Part._fields, split.get(name, gone), strict=True)
        }
        return replace(self, **arrays)

    @property
    def held_out(self) -> dict[str, Part]:
        """Those of PARTS that there are, by name."""
        parts = {name: [getattr(self, f"{name}_{kind}") for kind in Part._fields] for name in PARTS}
        return {name: Part(*arrays) for name, arrays in parts.items() if arrays[0] is not None}

    @property
    def split(self) -> dict[str, Part]:
        """All parts, by name."""
        return {TRAINING: Part(self.inputs, self.targets, self.numbers), **self.held_out}

    @property
    def parts(self) -> dict[str, Part]:
        """All parts, by what the names of their measures begin with: nothing for the training part."""
        return {_prefix(name): part for name, part in self.split.items()}

    @property
    def named(self) -> dict[str, Part]:
        """All parts, by what they are called; the last one tells best of what was learnt."""
        return dict(zip([TRAINING, *names_of(self.held_out).values()], self.split.values(), strict=True))

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
        return sum(array.nbytes for part in self.parts.values() for array in part[:2])


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
    fill = means(split[TRAINING].inputs, raw.input_names) if lacks else None
    whole, learnt = [filled(part.inputs, fill) for part in split.values()], [y for _, y, _ in split.values()]
    x, inputs = scaled_parts("data.scale", parts.scale, whole, raw.input_names)
    y, targets = scaled_parts("data.scale_targets", parts.scale_targets, learnt, raw.target_names)
    scaled = dict(zip(split, zip(x, y, [part.numbers for part in split.values()], strict=True), strict=True))
    made = replace(
        raw,
        name=name,
        scale=inputs,
        target_scale=targets,
        fill=fill,
        input_names=tuple(raw.input_names),
        target_names=tuple(raw.target_names),
    )
    return made.with_parts({part: Part(*arrays) for part, arrays in scaled.items()})


def _prefix(part: str) -> str:
    """What the fields of a part, and its measures, begin with."""
    return "" if part == TRAINING else f"{part}_"


def _split(raw: Data, parts: Parts) -> dict[str, Part]:
    """The training part, and those that are held out, by name. The test part is as without another one."""
    numbers = np.arange(1, len(raw.inputs) + 1) if raw.numbers is None else raw.numbers
    split, rest = dict(raw.held_out), Part(raw.inputs, raw.targets, numbers)
    for name, fraction in ((TEST, parts.test_fraction), (VALIDATION, parts.validation_fraction)):
        if fraction > 0:
            out = held_out(rest.targets, fraction, parts.seed, parts.stratify, name)
            split[name], rest = rest.where(out), rest.where(~out)
    return {TRAINING: rest, **split}


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
