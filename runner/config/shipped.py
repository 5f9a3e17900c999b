"""The files that a configuration names, and those that ship."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


def conf_dir() -> Path:
    """The folder of the YAML files that ship: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


@cache
def shipped(file: str) -> Mapping[str, Any]:
    """The keys of a file that ships, as ``optimizer/adam``; none where there is no such file."""
    from omegaconf import OmegaConf

    path = conf_dir() / f"{file}.yaml"
    keys: Any = OmegaConf.to_container(OmegaConf.load(path)) if path.is_file() else {}
    return keys


def find_file(path: str) -> Path:
    """A file as named, in the current folder, or else among those that ship in ``conf/data``."""
    given = Path(path).expanduser()
    shipped = conf_dir() / "data" / path
    is_there = os.path.exists(given)  # a name that no system has is not, and Path's own raises OSError
    return shipped if not given.is_absolute() and not is_there and os.path.isfile(shipped) else given
