"""Jobs that differ in plain values only: composed once by Hydra, for all others the values are put in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeAlias

from omegaconf import DictConfig, OmegaConf

from runner.config.resolved import plain, refers, without_hydra
from runner.hydra_internals import as_yaml, leaf, put
from runner.overrides import parse
from runner.records.job_files import GAPS, JobFiles, Template, Text, mark

#: A plain override: its key with its prefix, and its value as it is written.
Slot: TypeAlias = tuple[str, str]


class Kind:
    """Jobs that differ in plain values only: a configuration composed by Hydra, and its gaps.

    `composed` is that of one of them, `master` the sweep's own, and `slots` has the plain ones among
    `overrides`; with `clashes` these change what others have set. `simple` says that putting in the values
    of another job makes what Hydra would compose.
    """

    def __init__(
        self,
        composed: DictConfig,
        master: DictConfig,
        overrides: Sequence[str],
        slots: Sequence[Slot | None],
        clashes: bool,
    ) -> None:
        self.master = master
        self.overrides = list(overrides)
        self.task = without_hydra(composed)
        values = [(key.lstrip("+"), value) for key, value in filter(None, slots)]
        self.keys = [key for key, _ in values]
        self.nodes: list[Any] = [leaf(self.task, key, value) for key, value in values]
        self.hydra, self.container = _unresolved(composed.hydra), _unresolved(self.task)
        self.folder = os.path.dirname(self.hydra["runtime"]["output_dir"])
        self.interpolates = refers(self.container)
        self.simple = not clashes and self._is_simple()

    @cached_property
    def template(self) -> Template:
        """What the files of these jobs share, where they are simple."""
        subdir, naming = self.hydra["output_subdir"], self.hydra["job"]["config"]["override_dirname"]
        separators = naming["item_sep"], naming["kv_sep"]
        return Template(subdir, self._texts(), tuple(self.keys), self.folder, separators)

    def _is_simple(self) -> bool:
        """Whether a value in a gap changes nothing but itself and what interpolates it."""
        groups = {str(choice).split("@")[0] for choice in self.hydra["runtime"]["choices"]}
        return (
            all(node is not None for node in self.nodes)
            and self.hydra["overrides"]["task"] == self.overrides  # none of Hydra's own
            and not groups.intersection(self.keys)
            and self.hydra["sweep"]["subdir"] == "${hydra.job.num}"
            and not self.hydra["job"]["config"]["override_dirname"]["exclude_keys"]
            and " " not in self.folder
            and not refers(self.container, "${hydra:")
        )

    def _texts(self) -> tuple[Text, ...]:
        container = self.container
        for number, key in enumerate(self.keys):
            container = _with(container, key.split("."), mark(number))
        hydra = {"hydra": self.hydra}
        for number, (name, path) in enumerate(GAPS.items()):
            hydra = _with(hydra, path, f"{self.folder}/{mark(number)}" if name == "folder" else mark(number))
        return (
            Text.marked(as_yaml(container), self.keys),
            Text.marked(as_yaml(hydra), list(GAPS)),
            Text(("", "\n"), ("overrides",)),
        )

    def files(self, number: int, overrides: list[str], texts: Sequence[str]) -> JobFiles:
        """The files of a job with the values that `texts` stand for. Raises what Hydra raises for such."""
        return JobFiles(self.template, number, overrides, self.values(texts))

    def values(self, texts: Sequence[str]) -> list[Any]:
        """What `texts` stand for, as the configuration has it. Raises what Hydra raises for such."""
        return [put(node, parse(text)) for node, text in zip(self.nodes, texts, strict=True)]

    def resolved(self) -> dict[str, Any] | None:
        """The configuration with the latest `values`, where any of it interpolates another."""
        if not self.interpolates:
            return None
        OmegaConf.copy_cache(from_config=self.master, to_config=self.task)
        return plain(self.task)

    def config(self, values: Sequence[Any]) -> dict[str, Any]:
        """The task's configuration with `values` in its gaps; what holds none of them is shared."""
        config = self.container
        for key, value in zip(self.keys, values, strict=True):
            config = _with(config, key.split("."), value)
        return config


def _unresolved(config: DictConfig) -> dict[str, Any]:
    return OmegaConf.to_container(config, resolve=False, enum_to_str=True)  # type: ignore[return-value]


def _with(container: Any, path: Sequence[str], value: Any) -> Any:
    """`container` with `value` at `path`; what is not on the path is shared, not copied."""
    name, rest = path[0], path[1:]
    if isinstance(container, list):
        at = int(name)
        return [*container[:at], _with(container[at], rest, value) if rest else value, *container[at + 1 :]]
    return {**container, name: _with(container[name], rest, value) if rest else value}
