"""From overrides, or a run's folder, to a configuration: the door to Hydra."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.config import Cache, experiment
from runner.config.faults import telling_all
from runner.config.network import BESIDE_A_RUN
from runner.config.own import load_named, noticed, refuse_code
from runner.config.shipped import conf_dir
from runner.config.sources import whereabouts
from runner.errors import ConfigError, RunnerError, show
from runner.overrides import as_meant, is_word, key_of, parse, parse_override
from runner.plugins import KEY, Plugin, of_run
from runner.records.about import sources_of
from runner.records.names import HYDRA
from runner.training.experiment import Experiment
from runner.training.settings import Composed

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from runner.hydra_internals import Hydra


def compose(overrides: Sequence[str] = (), config_dir: str | Path | None = None) -> DictConfig:
    """The configuration that the command line would compose from the same overrides.

    `config_dir` is a folder with YAML files of the user's own, searched first.
    Raises RunnerError for overrides that are wrong, all of them, or what Hydra raises, which
    :func:`runner.config.messages.message` makes readable.
    """
    from hydra import compose

    overrides = replacing(overrides)
    before = gone_on_with(overrides) if config_dir is None else None
    ours = [] if before is None else _files_of(before, overrides)
    with composing(config_dir, before, overrides) as (_, searchpath):
        return telling_all(lambda given: compose("config", given), [*overrides, *ours, *searchpath])


def remembering(made: Experiment, config: Any, overrides: Sequence[str] = ()) -> Experiment:
    """The experiment with the `config` that it was made of, and the overrides that this was composed of."""
    from omegaconf import OmegaConf

    plain: Any = config if isinstance(config, dict) else OmegaConf.to_container(config)
    ours = tuple(one for one in overrides if not re.match(r"[~+]*hydra[./]", one))
    return replace(made, composed=Composed(plain, ours, made))


def gone_on_with(overrides: Collection[str]) -> Path | None:
    """Where the configuration is that ``continue=DIR`` takes, unless a group is chosen beside it."""
    given = re.compile(r"\+{0,2}continue=(['\"]?)([^,'\"]+)\1")
    folders = [match[2] for one in overrides if (match := given.fullmatch(one))]
    if len(folders) != 1 or not {*GROUPS}.isdisjoint(map(key_of, overrides)):
        return None
    path = Path(folders[0], HYDRA).absolute()
    return path if (path / "config.yaml").is_file() else None


def _files_of(composed: Path, overrides: Collection[str]) -> list[str]:
    """Overrides by which what is composed of a run's configuration is made from the run's own files."""
    from omegaconf import OmegaConf

    from runner.hydra_internals import load_keys

    refuse_code(composed, [*map(key_of, overrides)])
    config: Any = OmegaConf.to_container(load_keys(composed / "config.yaml", of_run=True))
    places = whereabouts(composed.parent, config, [*map(key_of, overrides)])
    return [f"{key}='{place}'" for key, place in places.items()]


@contextmanager
def composing(
    config_dir: str | Path | None = None, base: Path | None = None, overrides: Sequence[str] = ()
) -> Iterator[tuple[Hydra, list[str]]]:
    """Hydra over the configuration that ships, or that in `base`; and overrides to find `config_dir`'s.

    Files of the user's own code are run as they are named: by the `overrides` that are to be composed, or
    else by YAML files that these choose. Raises RunnerError where `config_dir` is no folder.
    """
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    if config_dir is not None and not Path(config_dir).is_dir():
        raise RunnerError(f"config_dir={config_dir}: there is no such folder")
    searchpath = [f"hydra.searchpath=[file://{Path(config_dir).resolve()}]"] if config_dir else []
    before = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        where = {"config_dir": str(base or conf_dir()), "job_name": "runner"}
        with running_named(overrides, base), initialize_config_dir(**where, version_base="1.3"):
            opened = GlobalHydra.instance().hydra
            assert opened is not None
            yield opened, searchpath
    finally:
        GlobalHydra.instance().hydra = before


def running_named(overrides: Sequence[str], record: Path | None = None) -> AbstractContextManager[None]:
    """Runs the files of a user's own code that overrides name; within it, those that YAML files do.

    What the first name takes the place of the others, and a run's `record` is not asked.
    """
    from runner.config.presets import as_preset
    from runner.hydra_internals import reading

    named = load_named(overrides)
    return reading(as_preset, None if named or record is not None else noticed)


#: The groups of which a file may be chosen.
GROUPS = ("network", "data", "optimizer", "schedule", "experiment")
#: Keys of which a list or a mapping takes the place of what was there.
REPLACED = ("network.weights", "network.biases")
#: Letters of the longest key that is looked for.
LONGEST_KEY = 200


def replacing(overrides: Sequence[str]) -> list[str]:
    """The overrides, such that a new list or mapping of weights or biases replaces the old one.

    By itself Hydra merges them, and cannot where one is a list and the other is not. Files of keys are
    chosen as presets. Raises RunnerError for a group that is chosen by what is no file's name, and for
    biases beside the weights of a run, which brings its own.
    """
    from runner.config.presets import with_presets

    overrides = with_presets(overrides)
    for one in overrides:
        _check_key(one)
        _check_choice(one)
    _check_biases(overrides)
    replaced = list(map(as_meant, overrides))
    for key in REPLACED:
        replaced = _replacing(replaced, key)
    return replaced


def _replacing(overrides: list[str], key: str) -> list[str]:
    """The overrides with ``++key=null`` before the first of `key` and before its every list or mapping.

    Hydra's sweeps keep one override a key and prefix, at the place of the first such: so the null comes
    before all of them, and these have one prefix, none.
    """
    null = f"++{key}=null"
    of_key = [one.lstrip("+").startswith(f"{key}=") for one in overrides]
    containers = [of and _has_container(one) for of, one in zip(of_key, overrides, strict=True)]
    if not any(containers):
        return overrides
    replaced: list[str] = []
    first, last = of_key.index(True), len(of_key) - 1 - of_key[::-1].index(True)
    for at, override in enumerate(overrides):
        if at == first or containers[at]:
            replaced.append(null)
        if override != null or at == last:
            replaced.append(override.lstrip("+") if of_key[at] else override)
    return replaced


def _has_container(override: str) -> bool:
    """Whether the value of an override, or one of a sweep's values, is a list or a mapping."""
    from hydra.core.override_parser.types import ChoiceSweep

    if not re.search(r"[\[{]", override):
        return False
    try:
        value = parse_override(override).value()
    except Exception:  # it says so when it composes
        return False
    values = value.list if isinstance(value, ChoiceSweep) else [value]
    return any(isinstance(value, list | dict) for value in values)


def _check_key(override: str) -> None:
    """Hydra looks for a file of every key's name, of which no system has one that is so long, or of none."""
    if not key_of(override).partition("@")[0]:
        raise RunnerError(f"{show(override)}: its key is missing: give KEY=VALUE")
    if (length := len(key_of(override).encode(errors="replace"))) > LONGEST_KEY:
        raise RunnerError(f"{show(override)}: no key has {length} letters")


def _check_choice(override: str) -> None:
    """Hydra's errors for what is no file's name (a number, ${…} in a list) do not say of which group."""
    key, _, value = override.lstrip("+").partition("=")
    if key == "hydra" and value:
        raise RunnerError(f"{show(override)}: has keys, and no value: give hydra.KEY=VALUE")
    if key not in GROUPS and not key.startswith("hydra/"):
        return
    if not is_word(value) and not _chooses(value):
        own = sorted(path.stem for path in (conf_dir() / key).glob("*.yaml"))
        names = f"one of its files: {', '.join(own)}, or of your own" if own else "a file"
        raise RunnerError(f"{show(override)}: must be the name of {names}")


def _chooses(value: str) -> bool:
    """Whether what is given of a group names a file, or several in a list, or of a sweep each such."""
    from hydra.core.override_parser.types import ChoiceSweep, Glob

    if not value:
        return False
    try:
        given = parse(value)
    except Exception:  # it says so when it composes
        return True
    if isinstance(given, Glob | dict):  # of which the latter has keys of the group
        return True
    choices = given.list if isinstance(given, ChoiceSweep) else [given]
    return all(map(_is_choice, choices))


def _is_choice(choice: Any) -> bool:
    """Whether it is the name of a file, or a list of some, in which none may be another group's."""
    from hydra.core.override_parser.types import QuotedString

    names = choice if isinstance(choice, list) else [choice]
    are_names = bool(names) and all(isinstance(name, str | QuotedString) for name in names)
    return are_names and not (names is choice and any("${" in str(name) for name in names))


def _check_biases(overrides: Sequence[str]) -> None:
    """Null and zeros are refused here, where they are asked for: a configuration may have them by default."""
    of_run = re.compile(r"\+{0,2}network\.weights=.*\bfrom['\"]?\s*:(?!.*\bbiases['\"]?\s*:)")
    chosen = [match[1] for one in overrides if (match := re.match(r"\+{0,2}network\.biases=(.*)", one))]
    if chosen and any(map(of_run.match, overrides)) and not re.search(r"\bfrom['\"]?\s*:", chosen[-1]):
        raise ConfigError("network.biases", chosen[-1], BESIDE_A_RUN)


#: Experiments loaded one by one share their data, and may be stacked.
CACHE = Cache()


def load_run(folder: str | Path, plugins: Sequence[str | Path] = ()) -> Experiment:
    """The experiment of an earlier run, from the configuration in its folder and the data it was trained on.

    The files that it was made from are taken from where they were, whatever the current folder. Files of
    code are not: a folder never says what runs. They are those of its ``plugins`` that have been loaded, or
    `plugins`. Raises RunnerError where there is no such run, or where a file has changed or is gone.
    """
    from omegaconf import OmegaConf

    from runner.hydra_internals import load_keys

    path = Path(folder) / ".hydra" / "config.yaml"
    if not path.is_file():
        raise RunnerError(f"{folder}: is not the folder of a run; there is no {path}")
    config: Any = load_keys(path, of_run=True)
    plain: Any = OmegaConf.to_container(config, resolve=True)
    for key, place in whereabouts(folder, plain, [KEY]).items():
        OmegaConf.update(config, key, place)
    return remembering(experiment(config, CACHE, code_of(folder, plugins)), config)


def code_of(folder: str | Path, plugins: Sequence[str | Path] = ()) -> list[Plugin]:
    """What is loaded of the code that the run in a folder was made with, or `plugins` for it.

    Raises RunnerError where that is not: a folder never says what runs.
    """
    code = [source for source in sources_of(folder) if source.key == KEY]
    return of_run(folder, code, map(str, plugins))
