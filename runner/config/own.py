"""Entries of one's own where a configuration chooses them: files that it names, the groups that they join.

An optimizer, a schedule or data of one's own are chosen as those are that have a file in ``conf``; what
would stand in that file is made here of the entry's options and their defaults.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner import plugins
from runner.config.checks import MISSING, default_of
from runner.data.bundled import DATASETS
from runner.data.generated import GENERATORS
from runner.errors import ConfigError, RunnerError
from runner.files import load_yaml
from runner.nn.activations import ACTIVATIONS
from runner.nn.losses import LOSSES
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.schedules import SCHEDULES
from runner.overrides import key_of, parse
from runner.plugins import KEY
from runner.records.names import HYDRA
from runner.training.experiment import Experiment

#: The groups that entries join, and the names of their entry points.
GROUPS = {"optimizer": "optimizers", "schedule": "schedules", "data": "data"}
#: What the files of all data have after the options.
OF_DATA = {"scale": None, "scale_targets": None, "test_fraction": 0, "validation_fraction": 0}
OF_DATA |= {"stratify": False, "seed": 0}


def files_of(value: Any) -> list[str]:
    """The files that the key ``plugins`` names. Raises ConfigError for what names none."""
    given = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(given, list) or not all(isinstance(name, str) and name for name in given):
        raise ConfigError(KEY, value, "must be a list of Python files, as [mine.py]")
    return given


def load_named(overrides: Sequence[str]) -> bool:
    """Runs the files that overrides name, so that their entries can be chosen; whether they name any."""
    given = [override.partition("=")[2] for override in overrides if key_of(override) == KEY]
    for value in given:
        try:
            files = files_of(parse(value))
        except Exception:  # several values to sweep over, or a wrong one: each run says it by itself
            return True
        plugins.load_all(files)
    return bool(given)


def noticed(config: Any, folder: Path) -> None:
    """Runs the files that a YAML file in `folder` names, and has it name them by their whole paths.

    Raises RunnerError where that is a run's record.
    """
    if is_record(folder):
        refuse_code(folder, ())
    if isinstance(named := config.get(KEY), str) or named:
        paths = [folder / name for name in files_of([named] if isinstance(named, str) else [*named])]
        config[KEY] = [str(path if path.is_file() else path.relative_to(folder)) for path in paths]
        plugins.load_all(config[KEY])


def choices(group: str) -> list[str]:
    """The names that entries of one's own have in a group of the configuration."""
    if group not in GROUPS:
        return []
    of = GROUPS[group]
    mine = [name for plugin in plugins.loaded() for (table, name) in plugin.entries if table == of]
    return sorted({*mine, *plugins.installed(of)})


def section(group: str, name: str) -> dict[str, Any] | None:
    """What the file of an entry in its group would say; None where there is no such entry."""
    if group not in GROUPS or not plugins.find(GROUPS[group], name):
        return None
    if group == "data":
        entry = GENERATORS.get(name) or DATASETS[name]
        shared = {key: getattr(entry, key) for key in ("points", "noise") if hasattr(entry, key)}
        given = {key: MISSING if value is None else value for key, value in shared.items()}
        return {"name": name, **given, **_defaults(entry.options), **OF_DATA}
    made = OPTIMIZERS[name] if group == "optimizer" else SCHEDULES[name]
    return {"name": name, **_defaults(made.options)}


def _defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: default_of(option) for name, option in options.items()}
    return {name: MISSING if value is None else value for name, value in values.items()}


def refuse_flat(made: Experiment) -> None:
    """Raises ConfigError where an entry lacks what the curvature takes."""
    lacking = [f"activation {name}" for name in made.activations if ACTIVATIONS[name].second is None]
    lacking += [f"loss {made.loss}"] if LOSSES[made.loss].second is None else []
    if lacking:
        allowed = f"takes second derivatives, and the {lacking[0]} has none (its `second`)"
        raise ConfigError("log.curvature", made.log.curvature, allowed)
    if OPTIMIZERS[made.optimizer].stability_limit is None:
        allowed = f"the optimizer {made.optimizer} says nothing of its `stability_limit`"
        raise ConfigError("log.curvature", made.log.curvature, allowed)


def is_record(folder: Path) -> bool:
    """Whether a folder of YAML files is what a run has recorded of its configuration."""
    return folder.name == HYDRA or (folder / "overrides.yaml").is_file()


def refuse_code(record: Path, chosen: Collection[str]) -> None:
    """Raises RunnerError where the YAML files of a run's `record` would have code run.

    A folder may come from anybody. What a user names beside it, among the `chosen` keys, is another thing.
    """

    for path in sorted(record.glob("*.yaml")):
        content = load_yaml(path, of_run=True)
        keys = content if isinstance(content, Mapping) else {}
        if path.stem == "config" and (strange := next((k for k in ("defaults", "hydra") if k in keys), None)):
            raise RunnerError(f"{path}: has the key {strange}, which no run records; it may have code run")
        if (named := keys.get(KEY)) and KEY not in chosen:
            files = ",".join(map(str, files_of(named)))
            raise RunnerError(
                f"the run in {record.parent} was made with code of its own, and no folder says what code "
                f"runs: say so beside it, plugins=[{files}]"
            )
