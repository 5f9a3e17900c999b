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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from runner.config.resolved import plain, value_of, without_hydra
from runner.errors import ConfigError
from runner.guard import GUARD
from runner.hydra_internals import leaf, options_of, put
from runner.overrides import key_of, parse
from runner.records.job_files import JobFiles, Template, Text, dirname
from runner.records.names import METRICS
from runner.sweeping.kinds import Kind, Slot

# key=value with a dotted path that may be added, and a value that is no quoted text, no
# interpolation, no dictionary and no call of a function of Hydra's grammar.
_PLAIN = re.compile(r"(\+{0,2}[A-Za-z_][\w.]*)=([\w.+\-/]+|\[[\w.+\-,\[\]]*\])", re.ASCII)
# Likewise a list or mapping that replaces what was there: whatever Hydra's grammar reads, without
# interpolations and values that are missing.
_CONTAINER = re.compile(r"(\+{0,2}[A-Za-z_][\w.]*)=([\[{][^$?]*[\]}])", re.ASCII)


def _make_way(overrides: Sequence[str]) -> list[bool]:
    """Which overrides are there only so that the one after each replaces, and does not merge."""
    return [
        override.endswith("=null") and override == f"++{key_of(after)}=null"
        for override, after in zip_longest(overrides, overrides[1:], fillvalue="")
    ]


def effective(overrides: Sequence[str]) -> list[str]:
    """The overrides without those that only make way for the next."""
    return [override for override, is_way in zip(overrides, _make_way(overrides), strict=True) if not is_way]


def objective_of(master: DictConfig) -> str | None:
    """What a sweeper is given of each run. Raises ConfigError where it is told to seek the worst of it."""
    objective, direction = value_of(master, "objective"), value_of(master.hydra.sweeper, "direction")
    wanted = "maximize" if METRICS.get(objective) else "minimize"
    told = getattr(direction, "name", direction)
    if objective in METRICS and isinstance(told, str) and told != wanted:
        allowed = f"objective={objective} needs hydra.sweeper.direction={wanted}"
        raise ConfigError("hydra.sweeper.direction", told, allowed)
    return objective


@dataclass(slots=True)
class Job:
    """A job of a sweep, composed."""

    number: int
    overrides: list[str]
    folder: str  # its output directory
    files: JobFiles  # what is written into it first
    composer: Composer = field(repr=False)
    kind: Kind | None = field(default=None, repr=False)  # which makes its configuration
    resolved: dict[str, Any] | None = None  # its configuration, where none has to be made

    @property
    def config(self) -> dict[str, Any]:
        """The task's configuration as a plain container, interpolations resolved."""
        if self.resolved is not None:
            return self.resolved
        assert self.kind is not None
        return self.kind.config(self.files.values)

    def compose(self) -> DictConfig:
        """The whole configuration, composed by Hydra once more, for those that want to see that."""
        return self.composer.compose(self.number, self.overrides)


class Composer:
    """Composes the jobs of one sweep, from the configuration that the sweep was started with."""

    def __init__(self, loader: ConfigLoader, master: DictConfig) -> None:
        self.loader = loader
        self.master = master
        self.objective = objective_of(master)
        self.kinds: dict[tuple[object, ...], Kind] = {}
        self.deciding: dict[str, bool] = {}
        self.first: dict[str, str] = {}  # of each key, the first list or mapping that replaces: a kind's own

    def job(self, number: int, overrides: Sequence[str]) -> Job:
        """Job `number` of the sweep. Raises what Hydra raises where it cannot be composed."""
        kind, texts = self._kind(number, overrides)
        if kind.simple:
            with suppress(Exception):  # Hydra's own composition below will say what is wrong
                files = kind.files(number, list(overrides), texts)
                folder = f"{files.template.folder}/{number}"
                return Job(number, files.overrides, folder, files, self, kind, kind.resolved())
        return self.by_hydra(number, overrides)

    def alone(self, overrides: Sequence[str]) -> dict[str, Any] | None:
        """The configuration of a job that has no files, or None where Hydra has to compose it."""
        kind, texts = self._kind(0, overrides)
        if not kind.simple:
            return None
        values = kind.values(texts)
        return kind.resolved() or kind.config(values)

    def _kind(self, number: int, overrides: Sequence[str]) -> tuple[Kind, list[str]]:
        """The kind of a job, and the values of its plain overrides as they are written."""
        slots = self._slots(overrides)
        signature = tuple(
            (slot[0], slot[1][0] if slot[1][0] in "[{" else "") if slot else override
            for slot, override in zip(slots, overrides, strict=True)
        )
        if signature not in self.kinds:
            composed, clashes = self.template(number, overrides, slots), self.clashes(overrides)
            self.kinds[signature] = Kind(composed, self.master, overrides, slots, clashes)
        return self.kinds[signature], [slot[1] for slot in slots if slot]

    def _slots(self, overrides: Sequence[str]) -> list[Slot | None]:
        """The key and the value of every plain override; None for any other, of which a kind is made."""
        ways = _make_way(overrides)
        placed = zip(overrides, ways, [False, *ways], strict=False)
        return [None if is_way else self._slot(override, replaces) for override, is_way, replaces in placed]

    def _slot(self, override: str, replaces: bool) -> Slot | None:
        match = _PLAIN.fullmatch(override) or (_CONTAINER.fullmatch(override) if replaces else None)
        if match is None or self._decides(match[1].lstrip("+")):
            return None
        key, value = match.groups()
        if replaces and value[0] in "[{" and override == self.first.setdefault(key, override):
            return None  # weights may be thousands: those of all jobs are not put in anew
        return key, value

    def _decides(self, key: str) -> bool:
        """Whether a key chooses what is composed: a group, or something of Hydra's own."""
        if key not in self.deciding:
            options = options_of(self.loader, key)
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
                node = leaf(config, key.lstrip("+"), value)
                if node is None:
                    return self.compose(number, overrides)
                put(node, parse(value))
        except Exception:  # Hydra says it better
            return self.compose(number, overrides)
        hydra = config.hydra
        naming = hydra.job.config.override_dirname
        hydra.overrides.task = list(overrides)
        with open_dict(hydra.job):
            hydra.job.override_dirname = dirname(overrides, (naming.item_sep, naming.kv_sep))
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
        with hydra_config(config):
            folder = os.path.join(str(config.hydra.sweep.dir), str(config.hydra.sweep.subdir))
        with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
            config.hydra.runtime.output_dir = os.path.abspath(folder)
        return config

    def by_hydra(self, number: int, overrides: Sequence[str]) -> Job:
        """A job whose configuration and files are Hydra's own work."""
        config = self.compose(number, overrides)
        with hydra_config(config):
            container = plain(without_hydra(config))
        texts = (
            OmegaConf.to_yaml(without_hydra(config)),
            OmegaConf.to_yaml(OmegaConf.masked_copy(config, "hydra")),
            OmegaConf.to_yaml(config.hydra.overrides.task),
        )
        template = Template(config.hydra.output_subdir, tuple(Text((text,)) for text in texts))
        files, folder = JobFiles(template, number, list(overrides)), str(config.hydra.runtime.output_dir)
        return Job(number, files.overrides, folder, files, self, resolved=container)


class Jobs(Mapping[int, Job]):
    """The jobs of a batch by their numbers, each composed when it is asked for: a million fit no memory."""

    def __init__(self, composer: Composer, overrides: Sequence[Sequence[str]], first: int) -> None:
        self.composer = composer
        self._overrides = overrides
        self.numbers = range(first, first + len(overrides))
        self._dear: dict[int, Job] = {}  # which take OmegaConf a while

    def __getitem__(self, number: int) -> Job:
        if number in self._dear:
            return self._dear[number]
        job = self.composer.job(number, self.overrides_of(number))
        if job.resolved is not None:
            self._dear[number] = job
        return job

    def overrides_of(self, number: int) -> list[str]:
        """The overrides of a job."""
        return list(self._overrides[self.numbers.index(number)])

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


def composer_of(loader: ConfigLoader, master: DictConfig) -> Composer:
    """That of a sweep's jobs: what its sweeper has composed, its launcher need not."""
    if not _LATEST or _LATEST[0].master is not master:
        _LATEST[:] = [Composer(loader, master)]
    return _LATEST[0]


_LATEST: list[Composer] = []


@contextmanager
def hydra_config(config: DictConfig) -> Iterator[None]:
    """Lets ``${hydra:...}`` resolve in `config`."""
    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(config)
    try:
        yield
    finally:
        HydraConfig.instance().cfg = before
