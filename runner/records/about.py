"""``about.yaml``: with what a run was made and of what; a sweep's says with what. Written before training.

The files among it (a CSV file, an earlier run's weights) are known by their hashes, by which
:mod:`runner.config.sources` finds them again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from runner.data.columns import features_of
from runner.data.csv_file import PLAIN, Recipe
from runner.data.examples import Data, Source
from runner.data.parts import PARTS, TRAINING, Part
from runner.data.scaling import Scale
from runner.errors import RunnerError, in_a_line
from runner.files import load_yaml, parsed, yaml_file
from runner.plugins import Name, Plugin
from runner.records.checksums import recorded, refuse_changed
from runner.records.machine import IN_LINES, as_yaml, machine
from runner.records.names import ABOUT
from runner.records.stores import stored
from runner.training.experiment import Experiment


def about(experiment: Experiment) -> bytes:
    """What ``about.yaml`` is to say of a run."""
    return (
        machine()
        + _files(experiment.sources)
        + _own(experiment.plugins, tuple(experiment.entries))
        + _examples(experiment.data)
    )


@lru_cache(maxsize=64)
def _own(plugins: tuple[Plugin, ...], used: tuple[Name, ...]) -> bytes:
    """The entries among `used` that do not ship, and what each is from; their hashes are among the files'."""
    entries = [
        {"name": name, "table": table, "from": plugin.distribution or plugin.source.path}
        for plugin in plugins
        for table, name in plugin.entries
        if (table, name) in used
    ]
    return as_yaml({"entries": entries}, width=math.inf) if entries else b""


@lru_cache(maxsize=256)
def _files(sources: tuple[Source, ...]) -> bytes:
    files = [vars(source) for source in dict.fromkeys(sources)]
    return as_yaml({"files": files}, width=math.inf) if sources else b""  # a line a path, however long


@lru_cache(maxsize=1)  # the runs of a sweep come one data set after the other
def _examples(data: Data) -> bytes:
    """The names of columns and classes, what was filled in, and the scales: (x - shift) / spread."""
    names: dict[str, Any] = {"inputs": list(data.input_names), "targets": list(data.target_names)}
    if data.classes:
        names["classes"] = {name: list(labels) for name, labels in data.classes.items()}
    if data.recipe and (texts := {f.name: list(f.labels) for f in data.recipe.inputs if f.labels}):
        names["texts"] = texts
    if data.fill is not None:
        names["means"] = data.fill.tolist()
    for key, scale in (("scale", data.scale), ("scale_targets", data.target_scale)):
        if scale is not None:
            numbers = {"shift": scale.shift.tolist(), "spread": scale.spread.tolist()}
            names[key] = {"name": scale.name, **numbers}
    return as_yaml(names, **IN_LINES)


def examples_in(folder: str | Path) -> Data | None:
    """What a run's folder says of its data, but for the examples: names, classes, means and scales.

    None where an earlier version wrote less. Raises RunnerError where the file is not as it was written.
    """
    path = Path(folder, ABOUT)
    try:
        told = load_yaml(path, of_run=True)
        refuse_changed(path)
        summary = recorded(folder)
        results = summary.line.results if summary else {}
        return (
            _data(told, [part for part in PARTS if f"{part}_error" in results]) if "inputs" in told else None
        )
    except FileNotFoundError:
        return None
    except (OSError, yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError) as error:
        raise RunnerError(f"{path}: is not as it was written: {in_a_line(error)}") from None


def _data(told: Mapping[str, Any], held_out: Sequence[str]) -> Data:
    inputs, targets, classes = told["inputs"], told["targets"], told.get("classes", {})
    scales = [Scale(**_arrays(told[key])) if key in told else None for key in ("scale", "scale_targets")]
    kinds = features_of(targets, classes)
    x, y = np.empty((0, len(inputs))), np.empty((0, len(targets)))
    told_of = Data(
        x,
        y,
        tuple(inputs),
        tuple(targets),
        classifies=bool(classes) and len(kinds) == 1,
        classes=classes,
        scale=scales[0],
        target_scale=scales[1],
        fill=np.array(told["means"]) if "means" in told else None,
        recipe=Recipe(PLAIN, features_of(inputs, told.get("texts", {})), kinds),
    )
    return told_of.with_parts(dict.fromkeys([TRAINING, *held_out], Part(x, y)))


def _arrays(scale: Mapping[str, Any]) -> dict[str, Any]:
    return {key: np.array(value) if isinstance(value, list) else value for key, value in scale.items()}


def sources_of(folder: str | Path) -> tuple[Source, ...]:
    """The files that a folder's run was made from, if it says. Raises RunnerError where that was changed."""
    path = Path(folder, ABOUT)
    try:
        if at := stored(folder):
            return _sources(at.store.files(at.run)[ABOUT])
        content = yaml_file(path, of_run=True).read_bytes()
        refuse_changed(path)
        return _sources(content)
    except FileNotFoundError:  # of a run made before there was such a file
        return ()
    except (OSError, yaml.YAMLError, UnicodeDecodeError, TypeError, AttributeError) as error:
        raise RunnerError(f"{path}: is not as it was written: {in_a_line(error)}") from None


@lru_cache(maxsize=64)
def _sources(content: bytes) -> tuple[Source, ...]:
    if b"\nfiles:" not in content:  # most often, and to read YAML takes a while
        return ()
    return tuple(Source(**source) for source in parsed(content, ABOUT)["files"])
