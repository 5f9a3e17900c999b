"""Values that a resolver made, as ``${oc.env:NAME}``: text, which is a number where a number is wanted."""

from __future__ import annotations

import re
from typing import Any

from omegaconf import DictConfig, OmegaConf

from runner.overrides import parse

_RESOLVER = re.compile(r"\$\{\s*[A-Za-z_][\w.]*\s*:")


class Resolved(str):
    """Text that a resolver made."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Resolved({super().__repr__()})"  # a cache tells it from a user's own text

    def read(self) -> Any:
        """What a command line reads in it: a number, true, null, a list; or the text itself."""
        try:
            return parse(str(self))
        except Exception:  # the grammar is not made for all texts
            return str(self)


def plain(config: DictConfig) -> dict[str, Any]:
    """A configuration as plain containers, interpolations resolved; text out of a resolver is `Resolved`."""
    resolved: Any = OmegaConf.to_container(config, resolve=True)
    written: Any = OmegaConf.to_container(config, resolve=False)
    return _marked(resolved, written) if refers(written) else resolved


def refers(value: Any, mark: str = "${") -> bool:
    """Whether any text in it interpolates: has the `mark` of that."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return any(refers(item, mark) for item in inner)
    return isinstance(value, str) and mark in value


def without_hydra(config: DictConfig) -> DictConfig:
    """A configuration without the settings of Hydra."""
    keys: Any = [key for key in config if key != "hydra"]
    return OmegaConf.masked_copy(config, keys)


def value_of(config: DictConfig, key: str, default: Any = None) -> Any:
    """What ``get`` gives, whose errors do not say of which key they are."""
    return config[key] if key in config else default  # noqa: SIM401 - which is what get does


def _marked(value: Any, written: Any) -> Any:
    if isinstance(value, dict) and isinstance(written, dict):
        return {key: _marked(item, written[key]) for key, item in value.items()}
    if isinstance(value, list) and isinstance(written, list):
        return [_marked(item, there) for item, there in zip(value, written, strict=True)]
    is_made = type(value) is str and isinstance(written, str) and _RESOLVER.search(written)
    return Resolved(value) if is_made else value
