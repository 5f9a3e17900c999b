"""The group ``data``: from its keys to examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from runner.config import checks
from runner.config.checks import MISSING, SHIPPED, Keys, Section, checked
from runner.config.shipped import find_file, shipped
from runner.cost.refusal import refuse_data
from runner.data.bundled import DATASETS
from runner.data.csv_file import Reading, examples_of, read_csv, with_test
from runner.data.dialect import NAMES, Written
from runner.data.examples import Data, Parts, prepare
from runner.data.generated import GENERATORS, generate
from runner.data.memory import InMemory
from runner.data.missing import ERROR
from runner.data.missing import MISSING as MISSINGS
from runner.data.scaling import SCALES
from runner.errors import ConfigError, RunnerError
from runner.plugins import find, installed

_columns = partial(checks.names_of, "must be column names, as [a,b]")


def _mark(names: Mapping[str, str], only: Sequence[str] = ()) -> checks.Check:
    """A check for a sign as it stands in a file, or its name."""
    allowed = f"must be one of {', '.join(names)}" + ("" if only else ", or a sign of its own")

    def check(key: str, value: Any) -> str:
        sign = names.get(value, value) if isinstance(value, str) else None
        if sign is None or len(sign) != 1 or (only and sign not in only) or sign in '\r\n"':
            raise checks.refused(key, value, allowed)
        return sign

    return check


def _header(key: str, value: Any) -> bool | tuple[str, ...]:
    """Whether the first line has names: true, or false (none); or a list of the names that none has."""
    known = {"none": False, "first": True}
    value = known.get(value, value) if isinstance(value, str) else value
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return tuple(checks.names_of("must be column names, as [a,b]", key, value))
    raise ConfigError(key, value, "must be true, none, or the columns' names, as [a,b]")


#: The keys of all kinds of data, and those of one kind each.
DATA_KEYS: Keys = {
    "scale": (checks.optional(checks.choice(SCALES)), None),
    "scale_targets": (checks.optional(checks.choice(SCALES)), None),
    "test_fraction": (checks.number(at_least=0, below=1), 0.0),
    "validation_fraction": (checks.number(at_least=0, below=1), 0.0),
    "stratify": (checks.boolean, False),
    "seed": (checks.seed, 0),
}
INLINE_KEYS: Keys = {"inputs": (checks.matrix, MISSING), "targets": (checks.matrix, MISSING)}
CSV_KEYS: Keys = {
    "path": (checks.text, MISSING),
    "inputs": (checks.optional(_columns, "null for all that are no targets"), None),
    "targets": (_columns, MISSING),
    "test_path": (checks.optional(checks.text), None),
    "separator": (checks.optional(_mark(NAMES)), None),
    "decimal": (checks.optional(_mark({"point": ".", "comma": ","}, only=(".", ","))), None),
    "header": (checks.optional(_header), None),
    "comment": (checks.optional(checks.text), None),
    "encoding": (checks.optional(checks.text), None),
    "missing": (checks.choice(MISSINGS), ERROR),
    "classes": (checks.boolean, False),
}
GENERATOR_KEYS: Keys = {
    "points": (checks.number(at_least=1, at_most=10**8, whole=True), SHIPPED),
    "noise": (checks.non_negative, SHIPPED),
}


def data_of(section: Section, own: InMemory | None = None) -> Data:
    """The data that the group `data` describes, or `own` as it has them read.

    Raises RunnerError for the first thing that is wrong.
    """
    name, given = checks.named(section, _names(section), "data")
    keys, make = _kind(name) if own is None else (CSV_KEYS, partial(_in_memory, own))
    values = checked(given, keys | DATA_KEYS, "data.", partial(shipped, f"data/{name}"))
    return prepare(
        name if own is None else "given", make(values), Parts(**{key: values[key] for key in DATA_KEYS})
    )


def _inline(values: Section) -> Data:
    inputs, targets = values["inputs"], values["targets"]
    if len(inputs) != len(targets):
        raise RunnerError(
            f"data.inputs has {len(inputs)} rows and data.targets {len(targets)}: one row an example in both"
        )
    return Data.numbered(inputs, targets)


def reading_of(section: Section) -> Reading:
    """How the keys of ``data=csv`` in a `section` have files read. Raises RunnerError for a wrong one."""
    keys = {key: CSV_KEYS[key] for key in (*Written._fields, "missing", "classes")}
    values = checked({key: section[key] for key in keys if key in section}, keys, "data.")
    written = Written(**{key: values[key] for key in Written._fields})
    return Reading(written, values["missing"], values["classes"])


def _csv(values: Section) -> Data:
    written = Written(**{key: values[key] for key in Written._fields})
    reading = Reading(written, values["missing"], values["classes"])
    test_path = values["test_path"] and find_file(values["test_path"])
    return read_csv(find_file(values["path"]), values["inputs"], values["targets"], reading, test_path)


def _in_memory(own: InMemory, values: Section) -> Data:
    """The tables that are there, as their files would be read."""
    for key in Written._fields:
        if values[key] is not None:
            raise ConfigError(f"data.{key}", values[key], "says how a file is written, and data is in memory")
    reading = Reading(missing=values["missing"], classes=values["classes"])
    data = examples_of(own.table, values["inputs"], values["targets"], reading)
    return data if own.test is None else with_test(data, own.test)


def _generated(name: str, values: Section) -> Data:
    points, classes = values["points"], values.get("classes", 0)
    if classes > points:
        raise ConfigError("data.classes", classes, f"needs at least as many points, and there are {points}")
    options = {option: values[option] for option in GENERATORS[name].options}
    refuse_data(points, options.get("features", 1), max(classes, options.get("outputs", 1)))
    return generate(name, points=points, noise=values["noise"], seed=values["seed"], options=options)


def _of_set(name: str, values: Section) -> Data:
    return DATASETS[name].make(**{option: values[option] for option in DATASETS[name].options})


FILES: dict[str, tuple[Keys, Callable[[Section], Data]]] = {
    "inline": (INLINE_KEYS, _inline),
    "csv": (CSV_KEYS, _csv),
}


def _names(section: Any) -> list[str]:
    """The names of all kinds of data; with those of installed packages, where it is none that is there."""
    names = [*FILES, *GENERATORS, *DATASETS]
    known = not isinstance(section, Mapping) or section.get("name") in names
    return names if known else [*names, *installed("data")]


def _kind(name: str) -> tuple[Keys, Callable[[Section], Data]]:
    """The keys of a kind of data, and what makes it of their values."""
    if name in FILES:
        return FILES[name]
    find("data", name)
    if name in DATASETS:
        return checks.options(DATASETS[name].options), partial(_of_set, name)
    generator = GENERATORS[name]
    own = {key: (check, getattr(generator, key)) for key, (check, _) in GENERATOR_KEYS.items()}
    keys = {key: (check, SHIPPED if default is None else default) for key, (check, default) in own.items()}
    return keys | checks.options(generator.options), partial(_generated, name)
