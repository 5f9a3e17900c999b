"""The group ``data``: from its keys to examples."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from runner.config.checks import (
    MISSING,
    SHIPPED,
    Check,
    Section,
    checked,
    choice,
    fraction,
    matrix,
    named,
    names_of,
    non_negative,
    optional,
    options,
    points,
    seed,
    text,
    without_name,
)
from runner.config.shipped import find_file, shipped
from runner.data.bundled import SKLEARN_SETS, load_sklearn
from runner.data.csv_file import read_csv
from runner.data.examples import SCALES, Data, Raw, prepare
from runner.data.generated import GENERATORS, generate
from runner.errors import ConfigError, RunnerError

Keys: TypeAlias = dict[str, tuple[Check, Any]]

_columns = partial(names_of, "must be column names, as [a,b]")
#: The keys of all kinds of data, and those of one kind each.
DATA_KEYS: Keys = {
    "scale": (optional(choice(list(SCALES))), None),
    "test_fraction": (fraction, 0.0),
    "seed": (seed, 0),
}
INLINE_KEYS: Keys = {"inputs": (matrix, MISSING), "targets": (matrix, MISSING)}
CSV_KEYS: Keys = {
    "path": (text, MISSING),
    "inputs": (optional(_columns, "null for all that are no targets"), None),
    "targets": (_columns, MISSING),
}
GENERATOR_KEYS: Keys = {"points": (points, SHIPPED), "noise": (non_negative, SHIPPED)}


def data_of(section: Section) -> Data:
    """The data that the group `data` describes. Raises RunnerError for the first thing that is wrong."""
    kinds: dict[str, tuple[Keys, Callable[[Section], Raw]]] = {
        "inline": (INLINE_KEYS, _inline),
        "csv": (CSV_KEYS, _csv),
        **{
            name: (GENERATOR_KEYS | options(generator.options), partial(_generated, name))
            for name, generator in GENERATORS.items()
        },
        **{name: ({}, partial(_bundled, name)) for name in SKLEARN_SETS},
    }
    name = named(section, kinds, "data")
    keys, make = kinds[name]
    values = checked(without_name(section), keys | DATA_KEYS, "data.", partial(shipped, f"data/{name}"))
    shared = {key: values[key] for key in DATA_KEYS}
    return prepare(name, make(values), **shared)


def _inline(values: Section) -> Raw:
    inputs, targets = values["inputs"], values["targets"]
    if len(inputs) != len(targets):
        raise RunnerError(
            f"data.inputs has {len(inputs)} rows and data.targets {len(targets)}: one row an example in both"
        )
    names = [f"x{i + 1}" for i in range(inputs.shape[1])]
    outputs = [f"y{i + 1}" for i in range(targets.shape[1])] if targets.shape[1] > 1 else ["y"]
    return Raw(inputs, targets, names, outputs)


def _csv(values: Section) -> Raw:
    return read_csv(find_file(values["path"]), values["inputs"], values["targets"])


def _generated(name: str, values: Section) -> Raw:
    points, classes = values["points"], values.get("classes", 0)
    if classes > points:
        raise ConfigError("data.classes", classes, f"needs at least as many points, and there are {points}")
    options = {option: values[option] for option in GENERATORS[name].options}
    return generate(name, points=points, noise=values["noise"], seed=values["seed"], options=options)


def _bundled(name: str, _values: Section) -> Raw:
    return load_sklearn(name)
