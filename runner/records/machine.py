"""The machine that a run is made on, as ``about.yaml`` begins: what may change last digits."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import runner
from runner.errors import RunnerError
from runner.files import parsed, yaml_file
from runner.records.names import ABOUT
from runner.records.stores import stored
from runner.training.threads import threads

#: How YAML writes lists of plain values: side by side.
IN_LINES = {"default_flow_style": None, "width": 110}


def as_yaml(content: Mapping[str, Any], **how: Any) -> bytes:
    """A mapping as YAML, its keys in order."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, **how).encode()


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
    return as_yaml(told, **IN_LINES)


def _processor() -> str:
    """The processor's name where the system tells it."""
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
        for line in f:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def unlike(there: bytes, here: bytes | None = None) -> list[str]:
    """What of two machines differs, a phrase each; `here` is this one unless it is given.

    They are as `machine` has them, and what stands behind that is not looked at.
    """
    then, now = _facts(there), _facts(machine() if here is None else here)
    return [
        f"{name} {then[name]} there, {now[name]} here"
        for name in now
        if then.get(name, now[name]) != now[name]
    ]


def machine_in(folder: str | Path) -> bytes:
    """What the ``about.yaml`` in a folder says; nothing where there is none."""
    if at := stored(folder):
        return at.store.files(at.run)[ABOUT]
    try:
        return yaml_file(f"{folder}/{ABOUT}", of_run=True).read_bytes()
    except OSError:
        return b""


def _facts(about: bytes) -> dict[str, str]:
    """Names and values of what `machine` tells. Nothing where that cannot be read."""
    told: Any = None
    with suppress(yaml.YAMLError, RunnerError):
        told = parsed(about, ABOUT)
    return dict(_pairs(told)) if isinstance(told, dict) else {}


def _pairs(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    versions = told.get("versions")
    for name, version in versions.items() if isinstance(versions, dict) else ():
        yield str(name), str(version)
    for name in ("blas", "processor"):
        if name in told:
            yield name, str(told[name])
    if isinstance(told.get("simd"), list):
        yield "vectors", " ".join(map(str, told["simd"]))
