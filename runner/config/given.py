"""What a Python program gives: keywords, mappings and values of NumPy's as overrides of Hydra's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import Any

from omegaconf import OmegaConf

from runner.config import experiment
from runner.config.compose import CACHE, GROUPS, remembering
from runner.config.shipped import shipped
from runner.data.memory import InMemory, as_csv
from runner.data.table import Table
from runner.errors import ConfigError, RunnerError, show, too_long
from runner.nn.losses import LOSSES
from runner.overrides import is_word, key_of, parse, quoted
from runner.resources import MOST_RUNS
from runner.training.experiment import Experiment

#: Keys whose value is a list: one is a value, and a list of lists is swept.
LISTS = ("network.hidden", "data.inputs", "data.targets", "optimizer.betas")
#: Keys whose value may be a list a layer: what is swept are names and mappings.
LAYERED = ("network.weights", "network.biases")
#: What chooses a group's file, from within the group.
NAMES = tuple(f"{group}.name" for group in GROUPS)
ALLOWED = "must be None, True or False, a number, text, a list or a mapping of such, or a NumPy array"
#: Where the tables of data in memory are in a run's folder, by the keys that name them; how they are written.
FILES = {"data.path": "data.csv", "data.test_path": "test_data.csv"}
WRITTEN = {"header": True, "separator": "comma", "decimal": "point"}


def as_overrides(
    given: Iterable[str | Mapping[str, Any]], own: InMemory | None = None, sweep: bool = False
) -> list[str]:
    """Overrides as Hydra's command line takes them, of such, of mappings and of data of one's `own`.

    In a mapping a group may be a name or a mapping of its keys, which may name it. In a `sweep` a list of
    values is swept. Raises RunnerError for what cannot be a value.
    """
    overrides = [override for part in given for override in _of(part, sweep)]
    if own is None:
        return overrides
    if chosen := [override for override in overrides if key_of(override) == "data"]:
        raise RunnerError(f"{chosen[0]}: data are given in memory; one of the two")
    files = {key: FILES[key] for key, _ in _tables(own)}
    columns = {"data.targets": list(own.targets)}
    return ["data=csv", *(_override(key, value) for key, value in (files | columns).items()), *overrides]


def _tables(own: InMemory) -> list[tuple[str, Table]]:
    tables = zip(FILES, (own.table, own.test), strict=True)
    return [(key, table) for key, table in tables if table is not None]


def made_of(config: Any, overrides: Sequence[str], own: InMemory | None = None) -> Experiment:
    """The experiment of a configuration that was composed of `overrides`, and of data of one's `own`.

    It remembers how a folder would repeat it. Raises RunnerError for the first thing that is wrong.
    """
    if own is None:
        return remembering(experiment(config, CACHE), config, overrides)
    plain: Any = config if isinstance(config, dict) else OmegaConf.to_container(config, resolve=True)
    labelled = {"classes": True} if _has_labels(plain, own) else {}
    plain = {**plain, "data": {**plain["data"], **labelled}}
    made = experiment(plain, CACHE, data=own)
    as_file = {**labelled, **WRITTEN}
    written = [*overrides, *(_override(f"data.{key}", value) for key, value in as_file.items())]
    made = remembering(made, {**plain, "data": {**plain["data"], **as_file}}, written)
    assert made.composed is not None
    attached = {key: partial(as_csv, table) for key, table in _tables(own)}
    return replace(made, composed=replace(made.composed, attached=attached))


def _of(given: str | Mapping[str, Any], sweep: bool) -> Iterator[str]:
    if isinstance(given, str):
        yield given
    elif isinstance(given, Mapping):
        for key, value in _flat(given):
            yield _swept(key, value) if sweep and _is_swept(key, value) else _override(key, value)
    else:
        raise RunnerError(
            f"{_brief(given)}: must be text as 'learning_rate=0.1', or a mapping of keys to values"
        )


def _flat(given: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and their values; a group's name chooses its file."""
    for name, value in given.items():
        if not isinstance(name, str):
            raise ConfigError(f"{prefix}{show(name)}", value, "a key must be text")
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and ("." not in key or key.startswith("hydra.")):
            yield from _flat(value, f"{key}.")
        else:
            yield (key.removesuffix(".name") if key in NAMES else key), value


def _plain(value: Any) -> Any:
    """A value without NumPy's, pandas's and other types of its own."""
    return value.tolist() if hasattr(value, "tolist") else list(value) if isinstance(value, range) else value


def _is_swept(key: str, value: Any) -> bool:
    """Whether a value is several of a key's."""
    if isinstance(value, range):
        return key not in LISTS
    values = _plain(value)
    if not isinstance(values, list | tuple):
        return False
    if key in LAYERED:
        return all(isinstance(item, str | Mapping) for item in values)
    return key not in LISTS or all(isinstance(_plain(item), list | tuple) or item is None for item in values)


def _swept(key: str, values: Any) -> str:
    if isinstance(values, Sized) and len(values) > MOST_RUNS:
        raise ConfigError(
            key, _brief(values), f"has {len(values):,} values, and a sweep {MOST_RUNS:,} at most"
        )
    items = [_written(key, value) for value in _plain(values)]
    if not items:
        raise ConfigError(key, "[]", "must be one value or more to sweep over")
    return f"{key}={','.join(items)}"


def _override(key: str, value: Any) -> str:
    """``key=value``. Raises ConfigError for a value that no configuration has."""
    return f"{key}={_written(key, value)}"


def _written(key: str, value: Any) -> str:
    """A value in Hydra's grammar: numbers to the last bit."""
    value = _plain(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int | float):
        try:
            return repr(value)
        except ValueError as error:
            raise ConfigError(key, value, too_long(error) or ALLOWED) from None
    if isinstance(value, str | PathLike):
        text = str(value)
        return text if is_word(text) else quoted(text)
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise ConfigError(key, value, "a key must be text")
        return f"{{{','.join(f'{name}:{_written(key, item)}' for name, item in value.items())}}}"
    if isinstance(value, Sequence):
        return f"[{','.join(_written(key, item) for item in value)}]"
    raise ConfigError(key, _brief(value), ALLOWED)


def _brief(value: object) -> str:
    return f"a {type(value).__name__}"


def made_here(given: Mapping[str, Any], own: InMemory) -> Experiment:
    """The experiment of keys alone and data of one's `own`: without Hydra, which takes longer than to train.

    A network that is not chosen is ``dense``. Raises RunnerError as :func:`made_of` does.
    """
    network = {"network": shipped("network/dense")}
    tables = {"name": "csv", "targets": list(own.targets), **{k[5:]: FILES[k] for k, _ in _tables(own)}}
    config: dict[str, Any] = {**network, "data": tables}
    for key, value in _flat(given):
        group, _, name = key.partition(".")
        chosen = parse(_written(key, value))
        if name:
            config[group] = {**config.get(group, {}), name: chosen}
        elif key in ("optimizer", "schedule"):
            config[key] = {**config.get(key, {}), "name": chosen}
        elif key in GROUPS:
            raise ConfigError(key, chosen, "cannot be chosen here; its keys can be set, as a mapping")
        else:
            config[key] = chosen
    return made_of(config, as_overrides([{"network": "dense"}, given], own), own)


def _has_labels(config: Mapping[str, Any], own: InMemory) -> bool:
    """Whether whole numbers are labels of classes: the loss takes such, or pandas calls them categories."""
    loss = LOSSES.get(str(config.get("loss")))
    return own.has_labels and (own.is_categorical or (loss is not None and loss.classifies))
