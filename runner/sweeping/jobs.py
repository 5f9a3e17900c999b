"""Composing the configurations of a sweep's jobs: as Hydra does, at a thousandth of the cost.

Jobs whose overrides are alike but for plain values (numbers, words, lists of them) have
configurations that are alike but for these values. So Hydra composes one job of a kind, and for
the others the values are put in their places: in the configuration, and in the texts of the three
files that Hydra would write into ``.hydra/``. Where what is swept are plain values only, that one
job is made likewise of the configuration that the sweep was started with, which Hydra has composed
already. Whatever is not certain to be so simple is left to Hydra, job by job.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, TypeAlias

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import Container, DictConfig, ListConfig, Node, OmegaConf, open_dict, read_write
from omegaconf.nodes import AnyNode, BooleanNode, FloatNode, IntegerNode, StringNode

from runner.guard import GUARD
from runner.sweeping.job_files import GAPS, JobFiles, Layout, Text, dirname, dump, mark
from runner.work import key_of

# --- plain values ----------------------------------------------------

# key=value with a dotted path that may be added, and a value that is no quoted text, no
# interpolation, no dictionary and no call of a function of Hydra's grammar.
_PLAIN = re.compile(r"(\+{0,2}[A-Za-z_][\w.]*)=([\w.+\-]+|\[[\w.+\-,\[\]]*\])", re.ASCII)
# Likewise a list or mapping that replaces what was there: whatever Hydra's grammar reads, without
# interpolations and values that are missing.
_CONTAINER = re.compile(r"(\+{0,2}[A-Za-z_][\w.]*)=([\[{][^$?]*[\]}])", re.ASCII)
_INT = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[+-]?((0|[1-9][0-9]*)?\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?[eE][+-]?[0-9]+)")
_WORD = re.compile(r"(?!(?i:inf|nan|true|false|null)$)[A-Za-z_][A-Za-z0-9_-]*")
_LEAVES = (AnyNode, BooleanNode, FloatNode, IntegerNode, StringNode)

#: A plain override: its key with its prefix, and its value as it is written.
Slot: TypeAlias = tuple[str, str]

_parser = cache(OverridesParser.create)


def parse(text: str) -> Any:
    """The value that Hydra's grammar reads in `text`; the common forms without its parser.

    Raises what the parser raises.
    """
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text if _WORD.fullmatch(text) else _parse(text)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Any:
    return _parser().parse_override(f"key={text}").value()


def makes_way(override: str, after: str) -> bool:
    """Whether an override is there only so that the one after it replaces, and does not merge."""
    return override.endswith("=null") and override == f"++{key_of(after)}=null"


def effective(overrides: Sequence[str]) -> list[str]:
    """The overrides without those that only make way for the next."""
    pairs = zip(overrides, [*overrides[1:], ""], strict=False)
    return [override for override, after in pairs if not makes_way(override, after)]


# --- jobs --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Job:
    """A job of a sweep, composed; a hundred thousand of them are held at once.

    `folder` is its output directory, `files` what is written into it first, `kind` where its
    configuration is made, unless it is `resolved` already.
    """

    number: int
    overrides: list[str]
    folder: str
    files: JobFiles
    composer: Composer = field(repr=False)
    kind: _Kind | None = field(default=None, repr=False)
    resolved: dict[str, Any] | None = None

    @property
    def config(self) -> dict[str, Any]:
        """The task's configuration as a plain container, interpolations resolved."""
        if self.kind is None or self.resolved is not None:
            assert self.resolved is not None
            return self.resolved
        return self.kind.config(self.files.values)

    def compose(self) -> DictConfig:
        """The whole configuration, composed by Hydra once more, for those that want to see that."""
        return self.composer.compose(self.number, self.overrides)


class Composer:
    """Composes the jobs of one sweep, from the configuration that the sweep was started with."""

    def __init__(self, loader: ConfigLoader, master: DictConfig) -> None:
        self.loader = loader
        self.master = master
        self.kinds: dict[tuple[object, ...], _Kind] = {}
        self.deciding: dict[str, bool] = {}
        self.first: dict[str, str] = {}  # of each key, the first list or mapping that replaces: a kind's own

    def job(self, number: int, overrides: Sequence[str]) -> Job:
        """Job `number` of the sweep. Raises what Hydra raises where it cannot be composed."""
        slots = self._slots(overrides)
        signature = tuple(
            (slot[0], slot[1][0] if slot[1][0] in "[{" else "") if slot else override
            for slot, override in zip(slots, overrides, strict=True)
        )
        if signature not in self.kinds:
            self.kinds[signature] = _Kind(self, number, overrides, slots)
        kind = self.kinds[signature]
        if kind.simple:
            try:
                values = [parse(slot[1]) for slot in slots if slot]
                return kind.job(number, list(overrides), values)
            except Exception:  # Hydra's own composition below will say what is wrong
                pass
        return self.by_hydra(number, overrides)

    def _slots(self, overrides: Sequence[str]) -> list[Slot | None]:
        """The key and the value of every plain override; None for any other, of which a kind is made."""
        slots: list[Slot | None] = []
        replaces = False
        for one, after in zip(overrides, [*overrides[1:], ""], strict=False):
            only_makes_way = makes_way(one, after)
            slots.append(None if only_makes_way else self._slot(one, replaces))
            replaces = only_makes_way
        return slots

    def _slot(self, override: str, replaces: bool) -> Slot | None:
        match = _PLAIN.fullmatch(override) or (_CONTAINER.fullmatch(override) if replaces else None)
        if match is None or self._decides(match[1].lstrip("+")):
            return None
        if (
            replaces and match[2][0] in "[{"
        ):  # weights may be thousands: those of all jobs are not put in anew
            return None if override == self.first.setdefault(match[1], override) else (match[1], match[2])
        return match[1], match[2]

    def _decides(self, key: str) -> bool:
        """Whether a key chooses what is composed: a group, or something of Hydra's own."""
        if key not in self.deciding:
            options = self.loader.get_group_options(key)
            self.deciding[key] = bool(options) or key.split(".")[0] == "hydra"
        return self.deciding[key]

    def compose(self, number: int, overrides: Sequence[str]) -> DictConfig:
        """The configuration of a job, by Hydra, as its launchers and ``run_job`` complete it."""
        return self._completed(self.loader.load_sweep_config(self.master, list(overrides)), number)

    def template(self, number: int, overrides: Sequence[str], slots: Sequence[Slot | None]) -> DictConfig:
        """What `compose` returns; without composing again where that is certain to be the same."""
        if not self._differs_in_values_only(overrides, slots):
            return self.compose(number, overrides)
        config = copy.deepcopy(self.master)
        try:
            for key, value in filter(None, slots):
                node = _leaf(config, key.lstrip("+"), value)
                if node is None:
                    return self.compose(number, overrides)
                node._set_value(parse(value))
        except Exception:  # Hydra says it better
            return self.compose(number, overrides)
        hydra = config.hydra
        naming = hydra.job.config.override_dirname
        hydra.overrides.task = list(overrides)
        with open_dict(hydra.job):
            hydra.job.override_dirname = dirname(overrides, naming.item_sep, naming.kv_sep)
        return self._completed(config, number)

    def _differs_in_values_only(self, overrides: Sequence[str], slots: Sequence[Slot | None]) -> bool:
        """Whether a job is the sweep's own configuration but for plain values of keys that are there."""
        hydra = self.master.hydra
        given = set(OmegaConf.to_container(hydra.overrides.task))  # type: ignore[arg-type]
        watching = {callback.get("_target_") for callback in hydra.callbacks.values()}
        return (
            # a key that is added, or a group that is chosen, is so in the sweep's own configuration
            all(
                override in given or (slot is not None and not re.match(r"\+(?!\+)", override))
                for override, slot in zip(overrides, slots, strict=True)
            )
            and {key_of(override) for override in given} <= {key_of(override) for override in overrides}
            and not self.clashes(overrides)
            and not OmegaConf.missing_keys(hydra.runtime.choices)  # a group that is yet to be chosen
            and not hydra.job.config.override_dirname.exclude_keys
            and watching <= {GUARD}  # any other may have changed the sweep's configuration
        )

    def clashes(self, overrides: Sequence[str]) -> bool:
        """Whether one override changes what another has set, so that their order matters."""
        keys = [key for key in map(key_of, effective(overrides)) if not self._decides(key)]
        inside = any(a != b and f"{a}.".startswith(f"{b}.") for a in keys for b in keys)
        return inside or len(set(keys)) < len(keys)

    def _completed(self, config: DictConfig, number: int) -> DictConfig:
        with open_dict(config):
            config.hydra.job.id = number
            config.hydra.job.num = number
        with _hydra_config(config):
            folder = os.path.join(str(config.hydra.sweep.dir), str(config.hydra.sweep.subdir))
        with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
            config.hydra.runtime.output_dir = os.path.abspath(folder)
        return config

    def by_hydra(self, number: int, overrides: Sequence[str]) -> Job:
        """A job whose configuration and files are Hydra's own work."""
        config = self.compose(number, overrides)
        with _hydra_config(config):
            container = OmegaConf.to_container(task_of(config), resolve=True)
        assert isinstance(container, dict)
        texts = (
            OmegaConf.to_yaml(task_of(config)),
            OmegaConf.to_yaml(OmegaConf.masked_copy(config, "hydra")),
            OmegaConf.to_yaml(config.hydra.overrides.task),
        )
        layout = Layout(config.hydra.output_subdir, tuple(Text((text,)) for text in texts))
        return Job(
            number,
            list(overrides),
            str(config.hydra.runtime.output_dir),
            JobFiles(layout, number, list(overrides)),
            self,
            resolved=container,  # type: ignore[arg-type]  # keys are strings here
        )


def task_of(config: DictConfig) -> DictConfig:
    """The configuration that a task function is given: all but ``hydra``."""
    return OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])


@contextmanager
def _hydra_config(config: DictConfig) -> Iterator[None]:
    """Lets ``${hydra:...}`` resolve in `config`."""
    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(config)
    try:
        yield
    finally:
        HydraConfig.instance().cfg = before


class _Kind:
    """Jobs that differ in plain values only: a configuration composed by Hydra, and its gaps."""

    def __init__(
        self, composer: Composer, number: int, overrides: Sequence[str], slots: Sequence[Slot | None]
    ) -> None:
        self.composer = composer
        self.overrides = list(overrides)
        self.keys = [slot[0].lstrip("+") for slot in slots if slot]
        self.template = composer.template(number, overrides, slots)
        self.task = task_of(self.template)
        self.nodes = [_leaf(self.task, slot[0].lstrip("+"), slot[1]) for slot in slots if slot]
        self.hydra: dict[str, Any] = OmegaConf.to_container(  # type: ignore[assignment]
            self.template.hydra, resolve=False, enum_to_str=True
        )
        self.container: dict[str, Any] = OmegaConf.to_container(  # type: ignore[assignment]
            self.task, resolve=False, enum_to_str=True
        )
        self.folder = os.path.dirname(self.hydra["runtime"]["output_dir"])
        self.interpolates = "${" in str(self.container)
        self.simple = self._is_simple()
        if self.simple:
            naming = self.hydra["job"]["config"]["override_dirname"]
            self.layout = Layout(
                self.hydra["output_subdir"],
                self._texts(),
                tuple(self.keys),
                self.folder,
                naming["item_sep"],
                naming["kv_sep"],
            )

    def _is_simple(self) -> bool:
        """Whether a value in a gap changes nothing but itself and what interpolates it."""
        groups = {str(choice).split("@")[0] for choice in self.hydra["runtime"]["choices"]}
        return (
            all(node is not None for node in self.nodes)
            and self.hydra["overrides"]["task"] == self.overrides  # none of Hydra's own
            and not self.composer.clashes(self.overrides)
            and not groups.intersection(self.keys)
            and self.hydra["sweep"]["subdir"] == "${hydra.job.num}"
            and not self.hydra["job"]["config"]["override_dirname"]["exclude_keys"]
            and " " not in self.folder
            and "${hydra:" not in str(self.container)
        )

    def _texts(self) -> tuple[Text, ...]:
        container = self.container
        for number, key in enumerate(self.keys):
            container = _with(container, key.split("."), mark(number))
        hydra = self.hydra
        for number, path in enumerate(GAPS.values()):
            hydra = _with(hydra, path.split("."), mark(number))
        hydra["runtime"]["output_dir"] = f"{self.folder}/{hydra['runtime']['output_dir']}"
        return (
            Text.marked(dump(container), self.keys),
            Text.marked(dump({"hydra": hydra}), list(GAPS)),
            Text(("", "\n"), ("overrides",)),
        )

    def job(self, number: int, overrides: list[str], values: Sequence[Any]) -> Job:
        """The job with `values` in the places of its plain overrides."""
        kept = []
        for node, value in zip(self.nodes, values, strict=True):
            node._set_value(value)  # type: ignore[union-attr]  # checks and converts typed values
            kept.append(value if isinstance(node, Container) else node._value())  # type: ignore[union-attr]
        resolved: Any = None
        if self.interpolates:
            OmegaConf.copy_cache(from_config=self.composer.master, to_config=self.task)
            resolved = OmegaConf.to_container(self.task, resolve=True)
        files = JobFiles(self.layout, number, overrides, kept)
        return Job(number, overrides, f"{self.layout.folder}/{number}", files, self.composer, self, resolved)

    def config(self, values: Sequence[Any]) -> dict[str, Any]:
        """The task's configuration with `values` in its gaps; what holds none of them is shared."""
        config = self.container
        for key, value in zip(self.keys, values, strict=True):
            config = _with(config, key.split("."), value)
        return config


def _leaf(config: DictConfig, key: str, text: str) -> Node | None:
    """The node of `config` that the value `text` goes into, or None where there is no simple one."""
    node: Any = config
    for name in key.split("."):
        if not isinstance(node, DictConfig) or node._is_none() or node._is_interpolation():
            return None
        node = node._get_node(name, validate_access=False)
    if type(node) in _LEAVES:
        return None if node._is_interpolation() else node
    simple = isinstance(node, DictConfig if text[0] == "{" else ListConfig)
    return node if simple and not node._is_none() and not node._is_interpolation() else None


def _with(container: dict[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """`container` with `value` at `path`; what is not on the path is shared, not copied."""
    name, rest = path[0], path[1:]
    return {**container, name: _with(container[name], rest, value) if rest else value}
