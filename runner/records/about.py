"""``about.yaml``: with what a run was made and of what. Written before it trains, read when it is drawn.

The files among it (a CSV file, an earlier run's weights) are known by their hashes: whoever needs the
run's data again gets those that it was trained on, or is told which file is another one by now.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import runner
from runner.config.shipped import find_file
from runner.data.examples import Data, Source
from runner.errors import RunnerError
from runner.records.writing import ABOUT, refuse_changed
from runner.training.experiment import Experiment
from runner.training.loop import threads

#: How YAML writes lists of plain values: side by side.
IN_LINES = {"default_flow_style": None, "width": 110}


class OtherFileError(RunnerError):
    """A file that a run was made from has changed, or is gone."""


def about(experiment: Experiment) -> bytes:
    """What ``about.yaml`` is to say of a run."""
    return _machine() + _files(experiment.sources) + _examples(experiment.data)


def _yaml(content: Mapping[str, Any], **how: Any) -> bytes:
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, **how)
    return text.encode()


@lru_cache(maxsize=256)
def _files(sources: tuple[Source, ...]) -> bytes:
    found = [vars(source) for source in dict.fromkeys(sources)]
    return _yaml({"files": found}, width=math.inf) if sources else b""  # a line a path, however long


@lru_cache(maxsize=1)  # the runs of a sweep come one data set after the other
def _examples(data: Data) -> bytes:
    """The names of columns and classes, and the scale: (x - shift) / spread."""
    found: dict[str, Any] = {"inputs": list(data.input_names), "targets": list(data.target_names)}
    if data.classes:
        found["classes"] = {name: list(labels) for name, labels in data.classes.items()}
    if data.scale is not None:
        numbers = {"shift": data.scale.shift.tolist(), "spread": data.scale.spread.tolist()}
        found["scale"] = {"name": data.scale.name, **numbers}
    return _yaml(found, **IN_LINES)


@cache
def _machine() -> bytes:
    """What may change the last digits of a run: versions, and what the processor can do."""
    blas: dict[str, Any] = next((lib for lib in threads().info() if lib["user_api"] == "blas"), {})
    config: Any = np.show_config(mode="dicts")  # without what it found none of
    extensions = config.get("SIMD Extensions", {})
    versions = {
        "backprop-runner": runner.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    return _yaml(
        {
            "versions": versions,
            "blas": " ".join(blas.get(key) or "" for key in ("internal_api", "version", "architecture")),
            "processor": f"{_processor()} ({platform.machine()})",
            "simd": [level for kind in ("baseline", "found") for level in extensions.get(kind, ())],
        },
        **IN_LINES,
    )


def _processor() -> str:
    """The processor's name where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
            names = [line.partition(":")[2].strip() for line in f if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"


def sources_of(folder: str | Path) -> tuple[Source, ...]:
    """The files that the run in a folder was made from; none where it does not say.

    Raises RunnerError where its ``about.yaml`` is not as it was written.
    """
    path = Path(folder, ABOUT)
    try:
        content = path.read_bytes()
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


def whereabouts(folder: str | Path, config: Mapping[str, Any], but: Collection[str] = ()) -> dict[str, str]:
    """Where the files are that the run in `folder` was made from, by the key that names each.

    That is where they were, or else where `config` says. Files of the keys in `but`, or of their groups,
    are left out. Raises OtherFileError for one that has changed, or is gone.
    """
    found = {}
    for source in sources_of(folder):
        if any(f"{source.key}.".startswith(f"{key}.") for key in but):
            continue
        places = [Path(source.path), *_configured(source, config)]
        path = next((place for place in places if _hash_of(place) == source.sha256), None)
        if path is None:
            raise OtherFileError(_lost(source, folder, places))
        path = path.absolute()
        found[source.key] = str(path if source.key == "data.path" else path.parent)
    return found


def refuse_other_files(folder: str | Path, config: Mapping[str, Any]) -> None:
    """Raises OtherFileError where `config` names other files than the run in `folder` was made from."""
    for source in sources_of(folder):
        places = _configured(source, config)
        if any(_hash_of(place) == source.sha256 for place in places):
            continue
        if places and _hash_of(places[0]) is None and _hash_of(Path(source.path)) == source.sha256:
            raise OtherFileError(
                f"{places[0]}: is not there, seen from this folder; the run in {folder} was made from "
                f"{source.path}: start from the folder where that began"
            )
        raise OtherFileError(_lost(source, folder, places or [Path(source.path)]))


def _configured(source: Source, config: Mapping[str, Any]) -> list[Path]:
    """Where a configuration says that a file is."""
    value: Any = config
    for key in source.key.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(value, str):
        return []
    path = find_file(value)
    return [path / Path(source.path).name if source.key != "data.path" else path]


def _lost(source: Source, folder: str | Path, places: Collection[Path]) -> str:
    """What is wrong with a file that is in none of the `places` as it was."""
    changed = next((place for place in places if _hash_of(place) is not None), None)
    if changed is None:
        return (
            f"{source.path}: is gone, and the run in {folder} was made from it; put it back there, or train "
            f"anew with another {source.key}"
        )
    return (
        f"{changed}: has changed since the run in {folder} was made from it; put back the file as it was "
        f"(its sha256 is in {Path(folder, ABOUT)}), or train anew"
    )


def _hash_of(path: Path) -> str | None:
    """The hash of a file's content, or None where there is no such file."""
    try:
        status = path.stat()
        return _hash(path.absolute(), status.st_mtime_ns, status.st_size)
    except OSError:
        return None


@lru_cache(maxsize=64)
def _hash(path: Path, written: int, size: int) -> str:
    return sha256(path.read_bytes()).hexdigest()
