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
    return _marked(resolved, written) if _refers(written) else resolved


def _refers(value: Any) -> bool:
    """Whether any text in it interpolates."""
    if isinstance(value, dict | list):
        return any(map(_refers, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and "${" in value


def _marked(value: Any, written: Any) -> Any:
    if isinstance(value, dict) and isinstance(written, dict):
        return {key: _marked(item, written[key]) for key, item in value.items()}
    if isinstance(value, list) and isinstance(written, list):
        return [_marked(item, there) for item, there in zip(value, written, strict=True)]
    is_made = type(value) is str and isinstance(written, str) and _RESOLVER.search(written)
    return Resolved(value) if is_made else value
