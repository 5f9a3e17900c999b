"""Data sets: the tables of generators and of scikit-learn's sets, CSV files, splitting, scaling.

Each source returns a `Raw`: inputs (N, I), targets (N, O) and the names of both. What they share
(the held-out part, the scaling) is done once, in `prepare`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from runner.data.cells import BOOLEANS, is_no_header, looks_like, number
from runner.errors import ConfigError, RunnerError, did_you_mean
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

    name: str
    inputs: Array
    targets: Array
    input_names: tuple[str, ...]
    target_names: tuple[str, ...]
    test_inputs: Array | None = None
    test_targets: Array | None = None
    classifies: bool = False
    scale: Scale | None = None
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()

    def scaled(self, inputs: Array) -> Array:
        """Inputs (N, I) of the data's own units as the network takes them."""
        return inputs if self.scale is None else self.scale.of(inputs)

    def in_own_units(self, inputs: Array) -> Array:
        """Inputs (N, I) as the network takes them in the data's own units."""
        return inputs if self.scale is None else self.scale.undone(inputs)

    @cached_property
    def one_hot(self) -> bool:
        y = self.targets
        return bool(np.isin(y, (0.0, 1.0)).all() and (y.shape[1] == 1 or (y.sum(axis=1) == 1.0).all()))

    @property
    def examples(self) -> int:
        return len(self.inputs)

    @property
    def nbytes(self) -> int:
        arrays = (self.inputs, self.targets, self.test_inputs, self.test_targets)
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True, eq=False)
class Raw:
    """Examples as their source has them: inputs (N, I), targets (N, O).

    `classes` has the names of the classes of each target column that has such; `sources` are files.
    """

    inputs: Array
    targets: Array
    input_names: Sequence[str]
    target_names: Sequence[str]
    classifies: bool = False
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Generator:
    """``make(points, noise, **options)``, with the two random streams; its options' defaults.

    `noise` is the standard deviation that is added: to the inputs where there are classes, to the
    targets of a regression.
    """

    make: Callable[..., Raw]
    noise: float
    points: int = 200
    options: Mapping[str, float] = field(default_factory=dict)


def _numbered(letter: str, count: int) -> list[str]:
    return [f"{letter}{i}" for i in range(1, count + 1)]


def one_hot(classes: np.ndarray[tuple[int], np.dtype[np.intp]], count: int) -> Array:
    """Class numbers (N,) as targets: one column of 0 and 1 for two classes, else a column a class."""
    if count == 2:
        return classes[:, None].astype(np.float64)
    return np.eye(count)[classes]


def _class_names(names: Sequence[str]) -> list[str]:
    """The names of the columns that `one_hot` makes."""
    return [names[1]] if len(names) == 2 else list(names)


def _points(inputs: Array, classes: np.ndarray[tuple[int], np.dtype[np.intp]], count: int) -> Raw:
    targets = one_hot(classes, count)
    names = ["y"] if count == 2 else _numbered("y", count)
    return Raw(inputs, targets, _numbered("x", inputs.shape[1]), names, classifies=True)


class _Streams:
    """The random numbers of a generator: where the points lie, and the noise on them."""

    def __init__(self, seed: int) -> None:
        self.points = stream(seed, "points")
        self.noise = stream(seed, "noise")

    def jitter(self, inputs: Array, std: float) -> Array:
        return inputs + std * self.noise.normal(size=inputs.shape)


def _xor(rng: _Streams, points: int, noise: float) -> Raw:
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    which = np.arange(points) % 4
    classes = (which == 1) | (which == 2)
    return _points(rng.jitter(corners[which], noise), classes.astype(np.intp), 2)


def _circles(rng: _Streams, points: int, noise: float, factor: float) -> Raw:
    classes = np.arange(points) % 2  # 0 outside, 1 inside, as in sklearn.datasets.make_circles
    angle = rng.points.uniform(0.0, 2.0 * np.pi, points)
    radius = np.where(classes == 1, factor, 1.0)
    inputs = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _points(rng.jitter(inputs, noise), classes, 2)


def _moons(rng: _Streams, points: int, noise: float) -> Raw:
    classes = np.arange(points) % 2  # the two half circles of sklearn.datasets.make_moons
    angle = rng.points.uniform(0.0, np.pi, points)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return _points(rng.jitter(np.where(classes[:, None] == 1, lower, upper), noise), classes, 2)


def _gaussians(rng: _Streams, points: int, noise: float, classes: int) -> Raw:
    which = np.arange(points) % int(classes)
    angle = 2.0 * np.pi * which / classes
    centres = 2.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _points(rng.jitter(centres, noise), which, int(classes))


def _spiral(rng: _Streams, points: int, noise: float, classes: int, turns: float) -> Raw:
    which = np.arange(points) % int(classes)
    radius = rng.points.uniform(0.05, 1.0, points)
    angle = 2.0 * np.pi * (turns * radius + which / classes)
    inputs = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return _points(rng.jitter(inputs, noise), which, int(classes))


def _plane(rng: _Streams, points: int, noise: float) -> Raw:
    inputs = rng.points.uniform(-1.0, 1.0, (points, 2))
    targets = rng.jitter(inputs.mean(axis=1, keepdims=True), noise)
    return Raw(inputs, targets, ["x1", "x2"], ["y"])


def _sine(rng: _Streams, points: int, noise: float) -> Raw:
    inputs = rng.points.uniform(-np.pi, np.pi, (points, 1))
    return Raw(inputs, rng.jitter(np.sin(inputs), noise), ["x1"], ["y"])


def _exercise(rng: _Streams, points: int, noise: float, features: int, outputs: int) -> Raw:
    # no two alike, and none to another as 1, 2 or 3 to each other: such weights do not make a neuron 0
    order = rng.points.random((points, max(3, int(features)))).argsort(axis=1)
    inputs = 3.0 + order[:, -int(features) :].astype(np.float64)
    targets = rng.points.integers(1, 3, (points, int(outputs))).astype(np.float64)
    targets += noise * rng.noise.normal(size=targets.shape)
    names = ["y"] if outputs == 1 else _numbered("y", int(outputs))
    return Raw(inputs, targets, _numbered("x", int(features)), names)


GENERATORS: dict[str, Generator] = {
    "xor": Generator(_xor, noise=0.0, points=4),
    "circles": Generator(_circles, noise=0.05, options={"factor": 0.5}),
    "moons": Generator(_moons, noise=0.1),
    "gaussians": Generator(_gaussians, noise=0.5, options={"classes": 2}),
    "spiral": Generator(_spiral, noise=0.02, options={"classes": 2, "turns": 1.0}),
    "plane": Generator(_plane, noise=0.0),
    "sine": Generator(_sine, noise=0.1),
    "exercise": Generator(_exercise, noise=0.0, points=1, options={"features": 2, "outputs": 1}),
}

#: scikit-learn's sets that come inside its package: nothing is downloaded. True: classes.
SKLEARN_SETS = {
    "iris": True,
    "wine": True,
    "breast_cancer": True,
    "digits": True,
    "diabetes": False,
}


def generate(name: str, *, points: int, noise: float, seed: int, options: Mapping[str, float]) -> Raw:
    """Points of the generator `name`, in its own order. Raises RunnerError where they are not finite."""
    with np.errstate(all="ignore"):
        made = GENERATORS[name].make(_Streams(seed), points, noise, **options)
    if not (np.isfinite(made.inputs).all() and np.isfinite(made.targets).all()):
        given = ", ".join(f"data.{key}={value:g}" for key, value in {"noise": noise, **options}.items())
        raise RunnerError(f"data={name}: its points are no finite numbers with {given}")
    return made


def load_sklearn(name: str) -> Raw:
    """One of scikit-learn's data sets. Raises RunnerError where the package is not installed."""
    try:
        from sklearn import datasets
    except ImportError:
        raise RunnerError(
            f"data={name}: needs scikit-learn: pip install 'backprop-runner[datasets]'"
        ) from None
    bunch = getattr(datasets, f"load_{name}")()
    inputs = np.asarray(bunch.data, dtype=np.float64)
    names = [str(feature) for feature in bunch.feature_names]
    if not SKLEARN_SETS[name]:
        return Raw(inputs, np.asarray(bunch.target, dtype=np.float64)[:, None], names, ["target"])
    classes = [str(label) for label in bunch.target_names]
    targets = one_hot(np.asarray(bunch.target), len(classes))
    return Raw(inputs, targets, names, _class_names(classes), classifies=True, classes={"target": classes})


def read_csv(path: Path, inputs: Sequence[str] | None, targets: Sequence[str]) -> Raw:
    """Columns of a CSV file with a header, by name; `inputs` None takes all that are not targets.

    A target column of text becomes classes, in alphabetical order: one column of 0 and 1 for two
    of them, else a column a class. Raises RunnerError naming the file, the line and the column.
    """
    content = _content(path)
    header, lines, cells = _read_cells(path, content)
    inputs = _chosen_inputs(path, header, inputs, targets)
    columns: list[Array] = []
    target_names: list[str] = []
    classes: dict[str, list[str]] = {}
    for name in targets:
        texts = [text.strip() for text in cells[header.index(name)]]
        if not _are_classes(path, name, lines, texts):
            columns.append(_numbers(path, name, lines, texts)[:, None])
            target_names.append(name)
            continue
        classes[name] = _classes(path, name, texts)
        which = np.searchsorted(classes[name], texts)
        columns.append(one_hot(which, len(classes[name])))
        target_names += _class_names([f"{name}={label}" for label in classes[name]])
    return Raw(
        _input_columns(path, inputs, lines, [cells[header.index(name)] for name in inputs]),
        np.concatenate(columns, axis=1),
        list(inputs),
        target_names,
        classifies=bool(classes) and len(targets) == 1,
        classes=classes,
        sources=(Source.of("data.path", path, content),),
    )


def _chosen_inputs(
    path: Path, header: Sequence[str], inputs: Sequence[str] | None, targets: Sequence[str]
) -> list[str]:
    """The columns that are inputs. Raises ConfigError where a chosen one is not there, or none is left."""
    for key, chosen in (("data.inputs", inputs or []), ("data.targets", targets)):
        for name in chosen:
            if name not in header:
                raise ConfigError(
                    key,
                    name,
                    f"{path} has no such column{did_you_mean(name, header)}; it has {', '.join(header)}",
                )
    if both := set(inputs or []) & set(targets):
        raise ConfigError("data.inputs", sorted(both)[0], "is also one of data.targets")
    found = list(inputs) if inputs is not None else [name for name in header if name not in targets]
    if not found:
        raise ConfigError("data.inputs", [], f"at least one column of {path} must be left for the inputs")
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError("data.path", path, "there is no such file") from None
    except OSError as error:
        raise ConfigError("data.path", path, f"cannot be read: {error.strerror}") from None


def _read_cells(path: Path, content: bytes) -> tuple[list[str], list[int], list[list[str]]]:
    """The header, the line number of each row, and the cells column by column."""
    lines, rows = [], []
    line = 1
    try:
        text = content.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
        for row in reader:
            if row:  # no blank line
                lines.append(line)
                rows.append(row)
            line = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise RunnerError(f"{path}: is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except csv.Error as error:
        _refuse_separators(path, line, text.splitlines()[line - 1 : line + 1])
        raise RunnerError(f"{path}, line {line}: cannot be read as CSV: {error}") from None
    if not rows:
        raise RunnerError(f"{path}: is empty; a header with the columns' names is needed")
    header = [name.strip() for name in rows[0]]
    if len(header) == 1:
        _refuse_separators(path, lines[0], [row[0] for row in rows[:2]])
    _check_header(path, lines[0], header, rows[1:])
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise RunnerError(f"{path}, line {line}: has {len(row)} cells where the header has {len(header)}")
    if len(rows) == 1:
        raise RunnerError(f"{path}: has a header and no rows")
    return header, lines[1:], [list(column) for column in zip(*rows[1:], strict=True)]


def _refuse_separators(path: Path, line: int, texts: Sequence[str]) -> None:
    """Raises RunnerError where lines, of which the first is `line`, have other separators than commas."""
    if not texts or "," in texts[0]:
        return
    other = re.search(r"[;\t|]", texts[0])
    blanks = len({len(text.split()) for text in texts}) == 1 and len(texts[0].split()) > 1
    if other or blanks:
        separator = repr(other[0]) if other else "blanks"
        raise RunnerError(
            f"{path}, line {line}: has one column, '{_shortened(texts[0])}'; columns are separated by "
            f"commas, not by {separator}: save it so"
        )


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _check_header(path: Path, line: int, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if is_no_header(header, rows):
        shown = _shortened(",".join(header))
        names = _shortened(",".join([*(f"x{i + 1}" for i in range(len(header) - 1)), "y"]))
        raise RunnerError(
            f"{path}, line {line}: '{shown}' seems to be data, and the file to have no header: put a line "
            f"with the columns' names at its top, as {names} (if these are names, begin each with a letter)"
        )
    for place, name in enumerate(header, start=1):
        if not name:
            raise RunnerError(f"{path}, line {line}: column {place} has no name")
        if header.count(name) > 1:
            raise RunnerError(f"{path}, line {line}: column '{name}' is there twice")


def _are_classes(path: Path, column: str, lines: Sequence[int], texts: Sequence[str]) -> bool:
    """Whether a target column has text in its cells, which are classes.

    Raises RunnerError for a mixture, and for text that is numbers, dates or nothing to a reader.
    """
    _refuse_empty(path, column, lines, texts)
    is_text = {text for text in set(texts) if number(text) is None}
    if not is_text:
        return False
    looks = {text: what for text in is_text if (what := looks_like(text))}
    if looks:
        wrong = next(i for i, text in enumerate(texts) if text in looks)
        raise RunnerError(
            f"{path}, line {lines[wrong]}, column {column}: '{texts[wrong]}' {looks[texts[wrong]]}"
        )
    numeric = [text not in is_text for text in texts]
    if any(numeric):
        wrong, right = numeric.index(False), numeric.index(True)
        raise RunnerError(
            f"{path}, line {lines[wrong]}, column {column}: '{texts[wrong]}' is not a number, but line "
            f"{lines[right]} has one, '{texts[right]}'; a column has numbers, or text for classes"
        )
    return True


#: More classes than these need two examples each, or a column is taken for something else.
FEW_CLASSES = 20


def _classes(path: Path, column: str, texts: Sequence[str]) -> list[str]:
    """The classes of a column of text, in alphabetical order. Raises RunnerError where there are none."""
    classes = sorted(set(texts))
    if len(classes) < 2:
        raise RunnerError(f"{path}, column {column}: has only one class, '{texts[0]}'; at least 2 are needed")
    if len(classes) > max(FEW_CLASSES, len(texts) / 2):
        shown = ", ".join(f"'{_shortened(label)}'" for label in classes[:3])
        raise RunnerError(
            f"{path}, column {column}: has {len(classes)} different texts in {len(texts)} rows ({shown}, …): "
            "too many for classes; a target is a column of numbers, or of text that names a few classes"
        )
    return classes


def _refuse_empty(path: Path, column: str, lines: Sequence[int], texts: Sequence[str]) -> None:
    for line, text in zip(lines, texts, strict=True):
        if not text.strip():
            raise RunnerError(f"{path}, line {line}, column {column}: is empty; every cell needs a value")


def _numbers(path: Path, column: str, lines: Sequence[int], texts: Sequence[str]) -> Array:
    _refuse_empty(path, column, lines, texts)
    values = np.empty(len(texts))
    for i, text in enumerate(texts):
        value = number(text)
        values[i] = np.nan if value is None else value
        if not np.isfinite(values[i]):
            what = f"; it {looks}" if (looks := looks_like(text)) else ""
            raise RunnerError(
                f"{path}, line {lines[i]}, column {column}: '{text}' is not a finite number{what}"
            )
    return values


def _input_columns(
    path: Path, names: Sequence[str], lines: Sequence[int], columns: Sequence[Sequence[str]]
) -> Array:
    """Columns of numbers as inputs (N, I). Raises RunnerError that names those that may be chosen."""
    found: list[Array] = []
    usable: list[str] = []
    fault: RunnerError | None = None
    for name, texts in zip(names, columns, strict=True):
        try:
            found.append(_numbers(path, name, lines, texts))
            usable.append(name)
        except RunnerError as error:
            fault = fault or RunnerError(f"{error}{_as_numbers(texts)}")
    if fault is None:
        return np.stack(found, axis=1)
    choose = f"data.inputs=[{','.join(usable)}] takes the columns that are" if usable else "no column is"
    raise RunnerError(f"{fault}\n  Inputs are columns of numbers: {choose}")


def _as_numbers(texts: Sequence[str]) -> str:
    """How a column of true and false becomes one of numbers."""
    found = {text.strip() for text in texts}
    return "; write 1 and 0 for them" if {text.casefold() for text in found} <= {*BOOLEANS} else ""


SCALES: dict[str, Callable[[Array], tuple[Array, Array]]] = {
    "standard": lambda x: (x.mean(axis=0), x.std(axis=0)),
    "minmax": lambda x: (x.min(axis=0), x.max(axis=0) - x.min(axis=0)),
}


def prepare(name: str, raw: Raw, *, test_fraction: float, seed: int, scale: str | None) -> Data:
    """Holds out the test part and scales the inputs by what the training part shows.

    Both parts keep the order of their source. A column that does not vary is only shifted.
    Raises ConfigError where no example would be left for training, or a column cannot be scaled.
    """
    examples = len(raw.inputs)
    held_out = np.zeros(examples, dtype=bool)
    if test_fraction > 0:
        count = max(1, round(test_fraction * examples))
        if count >= examples:
            raise ConfigError(
                "data.test_fraction", test_fraction, f"leaves none of the {examples} examples for training"
            )
        held_out[stream(seed, "split").permutation(examples)[:count]] = True
    fitted = None if scale is None else _fitted(scale, raw.inputs[~held_out], raw.input_names)
    inputs = raw.inputs if fitted is None else fitted.of(raw.inputs)
    if fitted is not None and not np.isfinite(inputs).all():
        beyond = raw.input_names[int(np.flatnonzero(~np.isfinite(inputs).all(axis=0))[0])]
        raise ConfigError(
            "data.scale", scale, f"column '{beyond}' has held-out numbers too far from those it is fitted on"
        )
    return Data(
        name,
        np.ascontiguousarray(inputs[~held_out]),
        np.ascontiguousarray(raw.targets[~held_out]),
        tuple(raw.input_names),
        tuple(raw.target_names),
        np.ascontiguousarray(inputs[held_out]) if test_fraction > 0 else None,
        np.ascontiguousarray(raw.targets[held_out]) if test_fraction > 0 else None,
        raw.classifies,
        fitted,
        raw.classes,
        raw.sources,
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
        raise ConfigError(
            "data.scale",
            name,
            f"column '{names[i]}' goes from {low[i]:g} to {high[i]:g}, too far or too little for a float64: "
            "write it in another unit",
        )
    return Scale(name, np.where(varies, shift, low), np.where(varies, spread, 1.0))
