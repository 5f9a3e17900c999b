"""Data sets: the tables of generators and of scikit-learn's sets, CSV files, splitting, scaling.

Each source returns a `Raw`: inputs (N, I), targets (N, O) and the names of both. What they share
(the held-out part, the scaling) is done once, in `prepare`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from runner.arrays import Array
from runner.errors import ConfigError, RunnerError, did_you_mean
from runner.experiment import Data
from runner.randomness import stream


@dataclass(frozen=True, eq=False)
class Raw:
    """Examples as their source has them: inputs (N, I), targets (N, O)."""

    inputs: Array
    targets: Array
    input_names: Sequence[str]
    target_names: Sequence[str]
    classifies: bool = False


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
    """Points of the generator `name`, in its own order."""
    return GENERATORS[name].make(_Streams(seed), points, noise, **options)


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
    return Raw(inputs, targets, names, _class_names(classes), classifies=True)


def read_csv(path: Path, inputs: Sequence[str] | None, targets: Sequence[str]) -> Raw:
    """Columns of a CSV file with a header, by name; `inputs` None takes all that are not targets.

    A target column of text becomes classes, in alphabetical order: one column of 0 and 1 for two
    of them, else a column a class. Raises RunnerError naming the file, the line and the column.
    """
    header, lines, cells = _read_cells(path)
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
    inputs = inputs if inputs is not None else [name for name in header if name not in targets]
    if not inputs:
        raise ConfigError("data.inputs", [], f"at least one column of {path} must be left for the inputs")

    def numbers(name: str) -> Array:
        return _numbers(path, name, lines, cells[header.index(name)])

    columns: list[Array] = []
    target_names: list[str] = []
    classifies = False
    for name in targets:
        texts = [text.strip() for text in cells[header.index(name)]]
        if not _are_classes(path, name, lines, texts):
            columns.append(numbers(name)[:, None])
            target_names.append(name)
            continue
        classes, which = np.unique(np.array(texts), return_inverse=True)
        if len(classes) < 2:
            raise RunnerError(
                f"{path}, column {name}: has only one class, '{texts[0]}'; at least 2 are needed"
            )
        columns.append(one_hot(which, len(classes)))
        target_names += _class_names([f"{name}={label}" for label in classes])
        classifies = True
    return Raw(
        np.stack([numbers(name) for name in inputs], axis=1),
        np.concatenate(columns, axis=1),
        list(inputs),
        target_names,
        classifies=classifies and len(targets) == 1,
    )


def _read_cells(path: Path) -> tuple[list[str], list[int], list[list[str]]]:
    """The header, the line number of each row, and the cells column by column."""
    lines, rows = [], []
    line = 1
    try:
        with open(path, newline="", encoding="utf-8-sig") as f:
            reader = csv.reader(f, skipinitialspace=True, strict=True)
            for row in reader:
                if row:  # no blank line
                    lines.append(line)
                    rows.append(row)
                line = reader.line_num + 1
    except FileNotFoundError:
        raise ConfigError("data.path", path, "there is no such file") from None
    except UnicodeDecodeError as error:
        raise RunnerError(f"{path}: is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except csv.Error as error:
        raise RunnerError(f"{path}, line {line}: cannot be read as CSV: {error}") from None
    except OSError as error:
        raise ConfigError("data.path", path, f"cannot be read: {error.strerror}") from None
    if not rows:
        raise RunnerError(f"{path}: is empty; a header with the columns' names is needed")
    header = [name.strip() for name in rows[0]]
    _check_header(path, lines[0], header)
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise RunnerError(f"{path}, line {line}: has {len(row)} cells where the header has {len(header)}")
    if len(rows) == 1:
        raise RunnerError(f"{path}: has a header and no rows")
    return header, lines[1:], [list(column) for column in zip(*rows[1:], strict=True)]


def _check_header(path: Path, line: int, header: Sequence[str]) -> None:
    if len(header) == 1 and (other := re.search(r"[;\t|]", header[0])):
        raise RunnerError(
            f"{path}, line {line}: has one column, '{header[0]}'; columns are separated by commas, "
            f"not by {other[0]!r}"
        )
    for number, name in enumerate(header, start=1):
        if not name:
            raise RunnerError(f"{path}, line {line}: column {number} has no name")
        if header.count(name) > 1:
            raise RunnerError(f"{path}, line {line}: column '{name}' is there twice")


def _number(text: str) -> float | None:
    """A cell's number, or None; what Python alone takes for one (1_000) is none."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _are_classes(path: Path, column: str, lines: Sequence[int], texts: Sequence[str]) -> bool:
    """Whether a target column has text in its cells, which are classes. Raises RunnerError for a mixture."""
    _refuse_empty(path, column, lines, texts)
    numeric = [_number(text) is not None for text in texts]
    if any(numeric) and not all(numeric):
        wrong, right = numeric.index(False), numeric.index(True)
        raise RunnerError(
            f"{path}, line {lines[wrong]}, column {column}: '{texts[wrong]}' is not a number, but line "
            f"{lines[right]} has one, '{texts[right]}'; a column has numbers, or text for classes"
        )
    return not numeric[0]


def _refuse_empty(path: Path, column: str, lines: Sequence[int], texts: Sequence[str]) -> None:
    for line, text in zip(lines, texts, strict=True):
        if not text.strip():
            raise RunnerError(f"{path}, line {line}, column {column}: is empty; every cell needs a value")


def _numbers(path: Path, column: str, lines: Sequence[int], texts: Sequence[str]) -> Array:
    _refuse_empty(path, column, lines, texts)
    values = np.empty(len(texts))
    for i, text in enumerate(texts):
        number = _number(text)
        values[i] = np.nan if number is None else number
        if not np.isfinite(values[i]):
            raise RunnerError(f"{path}, line {lines[i]}, column {column}: '{text}' is not a finite number")
    return values


SCALES: dict[str, Callable[[Array], tuple[Array, Array]]] = {
    "standard": lambda x: (x.mean(axis=0), x.std(axis=0)),
    "minmax": lambda x: (x.min(axis=0), x.max(axis=0) - x.min(axis=0)),
}


def prepare(name: str, raw: Raw, *, test_fraction: float, seed: int, scale: str | None) -> Data:
    """Holds out the test part and scales the inputs by what the training part shows.

    Both parts keep the order of their source. A column that does not vary is only shifted.
    Raises ConfigError where no example would be left for training.
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
    inputs = raw.inputs
    if scale is not None:
        shown = inputs[~held_out]
        varies = shown.min(axis=0) < shown.max(axis=0)  # a spread is never quite 0 once it is rounded
        shift, spread = SCALES[scale](shown)
        inputs = (inputs - np.where(varies, shift, shown[0])) / np.where(varies, spread, 1.0)
    return Data(
        name,
        np.ascontiguousarray(inputs[~held_out]),
        np.ascontiguousarray(raw.targets[~held_out]),
        tuple(raw.input_names),
        tuple(raw.target_names),
        np.ascontiguousarray(inputs[held_out]) if test_fraction > 0 else None,
        np.ascontiguousarray(raw.targets[held_out]) if test_fraction > 0 else None,
        raw.classifies,
    )
