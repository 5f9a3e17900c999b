"""The group ``data``: from its keys to examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from runner.config.checks import (
    MISSING,
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
from runner.config.shipped import find_file
from runner.data.bundled import SKLEARN_SETS, load_sklearn
from runner.data.csv_file import read_csv
from runner.data.examples import SCALES, Data, Raw, prepare
from runner.data.generated import GENERATORS, generate
from runner.errors import ConfigError, RunnerError

DATA_KEYS: dict[str, tuple[Check, Any]] = {
    "scale": (optional(choice(list(SCALES))), None),
    "test_fraction": (fraction, 0.0),
    "seed": (seed, 0),
}


def data_of(section: Section) -> Data:
    """The data that the group `data` describes. Raises RunnerError for the first thing that is wrong."""
    sources: dict[str, Callable[[Section], Raw]] = {
        "inline": _inline,
        "csv": _csv,
        **{name: partial(_generated, name) for name in GENERATORS},
        **{name: partial(_sklearn, name) for name in SKLEARN_SETS},
    }
    name = named(section, sources, "data")
    shared = {key: value for key, value in section.items() if key in DATA_KEYS}
    common = checked(shared, DATA_KEYS, "data.")
    raw = sources[name]({**without_name(section)})
    return prepare(
        name, raw, test_fraction=common["test_fraction"], seed=common["seed"], scale=common["scale"]
    )


def _source(section: Section, keys: Mapping[str, tuple[Check, Any]]) -> dict[str, Any]:
    """The keys of one kind of data; those that all kinds share are known too."""
    return checked(section, {**keys, **DATA_KEYS}, "data.")


def _inline(section: Section) -> Raw:
    values = _source(section, {"inputs": (matrix, MISSING), "targets": (matrix, MISSING)})
    inputs, targets = values["inputs"], values["targets"]
    if len(inputs) != len(targets):
        raise RunnerError(
            f"data.inputs has {len(inputs)} rows and data.targets {len(targets)}: one row an example in both"
        )
    names = [f"x{i + 1}" for i in range(inputs.shape[1])]
    outputs = [f"y{i + 1}" for i in range(targets.shape[1])] if targets.shape[1] > 1 else ["y"]
    return Raw(inputs, targets, names, outputs)


def _csv(section: Section) -> Raw:
    columns = partial(names_of, "must be column names, as [a,b]")
    values = _source(
        section,
        {
            "path": (text, MISSING),
            "inputs": (optional(columns, "null for all that are no targets"), None),
            "targets": (columns, MISSING),
        },
    )
    return read_csv(find_file(values["path"]), values["inputs"], values["targets"])


def _generated(name: str, section: Section) -> Raw:
    generator = GENERATORS[name]
    keys = {"points": (points, generator.points), "noise": (non_negative, generator.noise)}
    values = _source(section, {**keys, **options(generator.options)})
    chosen = {option: values[option] for option in generator.options}
    if chosen.get("classes", 0) > values["points"]:
        raise ConfigError(
            "data.classes",
            chosen["classes"],
            f"needs at least as many points, and there are {values['points']}",
        )
    return generate(name, points=values["points"], noise=values["noise"], seed=values["seed"], options=chosen)


def _sklearn(name: str, section: Section) -> Raw:
    _source(section, {})
    return load_sklearn(name)
