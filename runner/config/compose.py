"""The door to Hydra: composing a configuration, and turning its errors into short messages."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.config import conf_dir
from runner.config.network import BESIDE_A_RUN
from runner.errors import ConfigError, RunnerError, did_you_mean, one_of

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from runner.hydra_internals import Hydra


def compose(overrides: Sequence[str] = (), config_dir: str | Path | None = None) -> DictConfig:
    """The configuration that the command line would compose from the same overrides.

    `config_dir` is a folder with YAML files of the user's own, searched first.
    Raises what Hydra raises; :func:`message` makes it readable.
    """
    from hydra import compose

    with composing(config_dir) as (_, searchpath):
        return compose("config", [*replacing(overrides), *searchpath])


@contextmanager
def composing(config_dir: str | Path | None = None) -> Iterator[tuple[Hydra, list[str]]]:
    """Hydra over the configuration that ships, and the overrides that let it find `config_dir`'s.

    Raises RunnerError where that is no folder.
    """
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    if config_dir is not None and not Path(config_dir).is_dir():
        raise RunnerError(f"config_dir={config_dir}: there is no such folder")
    searchpath = [f"hydra.searchpath=[file://{Path(config_dir).resolve()}]"] if config_dir else []
    before = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(conf_dir()), version_base="1.3", job_name="runner"):
            opened = GlobalHydra.instance().hydra
            assert opened is not None
            yield opened, searchpath
    finally:
        GlobalHydra.instance().hydra = before


def flags_and_overrides(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """A command line's flags with their values, and its overrides, wherever they stand in it.

    Hydra's parser takes overrides in one piece only. The value of a flag that may do without one is
    joined to it, so that no override is taken for it.
    """
    from runner import hydra_internals

    actions = hydra_internals.flags()
    flags, overrides, left = list[str](), list[str](), deque(arguments)
    while left:
        argument = left.popleft()
        if not argument.startswith("-"):
            overrides.append(argument)
            continue
        flags.append(argument)
        action = next((actions[name] for name in actions if _means(argument, name)), None)
        if action is not None and action.nargs is None and left:
            flags.append(left.popleft())
        elif action is not None and action.nargs == "?":
            given = left and left[0] in (action.choices or ())
            flags[-1] += f"={left.popleft() if given else action.const}"
    return flags, overrides


def _means(argument: str, flag: str) -> bool:
    """Whether an argument is a flag, of which a long one may be cut short."""
    return argument == flag or (argument.startswith("--") and flag.startswith(argument))


#: Keys of which a list or a mapping takes the place of what was there.
REPLACED = ("network.weights", "network.biases")


def replacing(overrides: Sequence[str]) -> list[str]:
    """The overrides, such that a new list or mapping of weights or biases replaces the old one.

    By itself Hydra merges them, and cannot where one is a list and the other is not.
    Raises RunnerError for a group that is chosen by what is no file's name, and for biases beside the
    weights of a run, which brings its own.
    """
    for one in overrides:
        _check_choice(one)
    _check_biases(overrides)
    replaced = list(overrides)
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
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import ChoiceSweep
    from hydra.errors import HydraException

    if not re.search(r"[\[{]", override):
        return False
    try:
        value = OverridesParser.create().parse_override(override).value()
    except HydraException:  # it says so when it composes
        return False
    return any(
        isinstance(one, list | dict) for one in (value.list if isinstance(value, ChoiceSweep) else [value])
    )


def _check_choice(override: str) -> None:
    """Hydra's own errors for a number or null in the place of a file's name do not say of which group."""
    key, _, value = override.partition("=")
    group = conf_dir() / key
    if re.fullmatch(r"[a-z]+", key) and group.is_dir() and _NO_NAME.fullmatch(value):
        names = ", ".join(sorted(path.stem for path in group.glob("*.yaml")))
        raise RunnerError(f"{override}: must be the name of one of its files: {names}, or of your own")


def _check_biases(overrides: Sequence[str]) -> None:
    """Null and zeros are refused here, where they are asked for: a configuration may have them by default."""
    of_run = re.compile(r"\+{0,2}network\.weights=.*\bfrom['\"]?\s*:(?!.*\bbiases['\"]?\s*:)")
    chosen = [match[1] for one in overrides if (match := re.match(r"\+{0,2}network\.biases=(.*)", one))]
    if chosen and any(map(of_run.match, overrides)) and not re.search(r"\bfrom['\"]?\s*:", chosen[-1]):
        raise ConfigError("network.biases", chosen[-1], BESIDE_A_RUN)


_NO_NAME = re.compile(r"|null|true|false|[-+.\d][-+.\deE_]*|\[[-+.\deE_,\s]*\]", re.IGNORECASE)


def message(error: BaseException) -> str | None:
    """A short message for an error of Hydra's, OmegaConf's or the machine's, or None for any other."""
    if isinstance(error, MemoryError):
        return f"out of memory: {error}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, UnicodeDecodeError):
        return f"a YAML file is not UTF-8 text: {error}"
    import yaml
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark):
        return f"{mark.name}, line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    if not isinstance(error, HydraException | OmegaConfBaseException):
        return f"the configuration cannot be composed: {_told(str(error))}" if _of_hydra(error) else None
    text, cause = str(error), error.__cause__
    if isinstance(cause, OmegaConfBaseException) and str(cause) not in text:
        text += f"\n{cause}"
    told = _told(text)
    return _unknown_key(told) or _unknown_choice(told) or _unmergeable(text) or told


def _told(text: str) -> str:
    """An error's lines without what only OmegaConf's makers can use."""
    inner = ("full_key:", "object_type=", "reference_type=")
    return "\n".join(
        line for line in text.splitlines() if line.strip() and not line.strip().startswith(inner)
    )


def _of_hydra(error: BaseException) -> bool:
    """Whether Hydra or OmegaConf stumbled over what it was given, which it does not always foresee."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    module = str(frame.tb_frame.f_globals.get("__name__")) if frame else ""
    return module.partition(".")[0] in ("hydra", "omegaconf")


def _unmergeable(text: str) -> str | None:
    if not re.search(r"Cannot merge (DictConfig|ListConfig) with", text):
        return None
    key = re.search(r"full_key: (\S+)", text)
    where = f"{key[1]}: " if key else ""
    return (
        f"{text.strip().splitlines()[0]} {where}a list and a mapping cannot be merged (for weights in place "
        "of the default network's lists, choose '- override /network: dense' in the file's defaults first)"
    )


def _unknown_key(text: str) -> str | None:
    found = re.search(r"Could not (?:override|delete from config\.) '([^']+)'", text)
    if not found:
        return None
    if (conf_dir() / found[1]).is_dir():
        group = found[1]
        return (
            f"{group} is a group: choose one of its files, {group}=NAME, and set its keys, {group}.KEY=VALUE"
        )
    section = found[1].rpartition(".")[0]
    if inside := [key for key in known_keys() if key.startswith(f"{found[1]}.")]:
        has = ", ".join(key.rpartition(".")[2] for key in inside)
        return f"{found[1]}: is a group of the keys {has}, and has no others"
    if found[1] in known_keys():
        return (
            f"{found[1]}: there is no such key with the {section} chosen; choose another, {section}=NAME "
            f"(in a sweep over {section} write ++{found[1]}=VALUE)"
        )
    keys = [key for key in known_keys() if key.rpartition(".")[0] == section]
    where = section or "the configuration"
    has = f"; {where} may have {', '.join(key.rpartition('.')[2] for key in keys)}" if keys else ""
    return f"unknown key {found[1]}{did_you_mean(found[1], known_keys())}{has}"


def _unknown_choice(text: str) -> str | None:
    """A group's file that there is not, with those that there are, the user's own included."""
    found = re.search(r"Could not (?:find|load) '([^']+)/([^'/]*)'", text)
    if not found or "Available options" not in text:
        return None
    options = text.partition("Available options")[2].partition("Config search path")[0].split("\n")[1:]
    names = [option.strip() for option in options if option.strip()]
    return f"{found[1]}={found[2]}: {one_of(names, found[2])}"


def known_keys() -> list[str]:
    """Every dotted key of the configuration that ships, over all choices of its groups."""
    import yaml

    keys: dict[str, None] = {}  # in order, each once
    for path in sorted(conf_dir().rglob("*.yaml")):
        group = path.parent.relative_to(conf_dir()).as_posix()
        if group == "experiment" or group.startswith("hydra"):
            continue
        loaded = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        prefix = "" if group == "." else group.replace("/", ".") + "."
        keys |= dict.fromkeys(_dotted(loaded, prefix))
    return list(keys)


def _dotted(config: dict[str, Any], prefix: str) -> Iterator[str]:
    for key, value in config.items():
        if key in ("defaults", "hydra"):
            continue
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{key}.")
