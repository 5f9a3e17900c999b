"""``about.yaml``: with what a run was made and of what; a sweep's says with what. Written before training.

The files among it (a CSV file, an earlier run's weights) are known by their hashes, by which
:mod:`runner.config.sources` finds them again.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import runner
from runner.data.columns import features_of
from runner.data.csv_file import PLAIN, Recipe
from runner.data.examples import Data, Source
from runner.data.parts import PARTS, TRAINING, Part
from runner.data.scaling import Scale
from runner.errors import RunnerError
from runner.files import load_yaml, yaml_file
from runner.plugins import Name, Plugin
from runner.records.checksums import recorded, refuse_changed
from runner.records.names import ABOUT
from runner.training.experiment import Experiment
from runner.training.threads import threads

#: How YAML writes lists of plain values: side by side.
IN_LINES = {"default_flow_style": None, "width": 110}


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
    return _yaml({"entries": entries}, width=math.inf) if entries else b""


def _yaml(content: Mapping[str, Any], **how: Any) -> bytes:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, **how).encode()


@lru_cache(maxsize=256)
def _files(sources: tuple[Source, ...]) -> bytes:
    files = [vars(source) for source in dict.fromkeys(sources)]
    return _yaml({"files": files}, width=math.inf) if sources else b""  # a line a path, however long


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
    return _yaml(names, **IN_LINES)


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
        raise RunnerError(f"{path}: is not as it was written: {error}") from None


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


@cache
def machine() -> bytes:
    """What may change the last digits of a run: versions, and what the processor can do."""
    libraries = [library for library in threads().info() if library["user_api"] == "blas"]  # SciPy's too
    blas: dict[str, Any] = min(libraries, key=lambda library: "numpy" not in library["filepath"], default={})
    config: Any = np.show_config(mode="dicts")  # without what it found none of
    extensions = config.get("SIMD Extensions", {})
    versions = {"backprop-runner": runner.__version__, "numpy": np.__version__}
    told = {
        "versions": {**versions, "python": platform.python_version()},
        "blas": " ".join(blas.get(key) or "" for key in ("internal_api", "version", "architecture")),
        "processor": f"{_processor()} ({platform.machine()})",
        "simd": [level for kind in ("baseline", "found") for level in extensions.get(kind, ())],
    }
    return _yaml(told, **IN_LINES)


def _processor() -> str:
    """The processor's name where the system tells it."""
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
        for line in f:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def sources_of(folder: str | Path) -> tuple[Source, ...]:
    """The files that a folder's run was made from, if it says. Raises RunnerError where that was changed."""
    path = Path(folder, ABOUT)
    try:
        content = yaml_file(path, of_run=True).read_bytes()
        refuse_changed(path)
        return _sources(content)
    except FileNotFoundError:  # of a run made before there was such a file
        return ()
    except (OSError, yaml.YAMLError, UnicodeDecodeError, TypeError, AttributeError) as error:
        raise RunnerError(f"{path}: is not as it was written: {error}") from None


@lru_cache(maxsize=64)
def _sources(content: bytes) -> tuple[Source, ...]:
    if b"\nfiles:" not in content:  # most often, and to read YAML takes a while
        return ()
    return tuple(Source(**source) for source in yaml.safe_load(content)["files"])
