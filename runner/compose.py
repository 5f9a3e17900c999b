"""The door to Hydra: composing a configuration, and turning its errors into short messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.config import conf_dir
from runner.errors import did_you_mean

if TYPE_CHECKING:
    from omegaconf import DictConfig


def compose(overrides: Sequence[str] = (), config_dir: str | Path | None = None) -> DictConfig:
    """The configuration that the command line would compose from the same overrides.

    `config_dir` is a folder with YAML files of the user's own, searched first.
    Raises what Hydra raises; :func:`message` makes it readable.
    """
    import hydra
    from hydra.core.global_hydra import GlobalHydra

    before = GlobalHydra.instance().hydra
    try:
        with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3", job_name="runner"):
            extra = [f"hydra.searchpath=[file://{Path(config_dir).resolve()}]"] if config_dir else []
            return hydra.compose("config", [*overrides, *extra])
    finally:
        GlobalHydra.instance().hydra = before


def message(error: BaseException) -> str | None:
    """A short message for an error of Hydra's or OmegaConf's, or None for any other error."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    if not isinstance(error, HydraException | OmegaConfBaseException):
        return None
    text = str(error).strip()
    cause = error.__cause__
    if isinstance(cause, OmegaConfBaseException) and str(cause) not in text:
        text += f"\n{cause}"
    lines = [line for line in text.splitlines() if not line.strip().startswith(("full_key:", "object_type="))]
    text = "\n".join(line for line in lines if line.strip())
    return text + _suggestion(text)


def _suggestion(text: str) -> str:
    """The nearest key or choice to the one that Hydra could not find."""
    if found := re.search(r"Could not override '([^']+)'", text):
        return did_you_mean(found[1], known_keys())
    if found := re.search(r"Could not find '([^']+)/([^'/]+)'", text):
        group = conf_dir() / found[1]
        return did_you_mean(found[2], [path.stem for path in group.glob("*.yaml")])
    return ""


def known_keys() -> list[str]:
    """Every dotted key of the configuration that ships, over all choices of its groups."""
    import yaml

    keys: list[str] = []
    for path in sorted(conf_dir().rglob("*.yaml")):
        group = path.parent.relative_to(conf_dir()).as_posix()
        if group == "experiment":
            continue
        loaded = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        keys += _dotted(loaded, "" if group == "." else group.replace("/", ".") + ".")
    return keys


def _dotted(config: dict[str, Any], prefix: str) -> Iterator[str]:
    for key, value in config.items():
        if key in ("defaults", "hydra"):
            continue
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{key}.")
