"""Errors of Hydra, OmegaConf, YAML and the machine as short messages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from runner.config import own
from runner.config.shipped import conf_dir
from runner.errors import RunnerError, did_you_mean, one_of, show
from runner.escaping import one_line
from runner.files import yaml_fault
from runner.hydra_errors import place, reason, told
from runner.hydra_internals import written_as
from runner.words import key_here


def message(error: BaseException, config: Any = None) -> str | None:
    """A short message for an error of Hydra's, OmegaConf's or the machine's, or None for any other.

    A key that there is not is told with those of `config`, which was composed without it.
    """
    if isinstance(error, RunnerError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"out of memory: {error}" if str(error) else "out of memory"
    if isinstance(error, OSError) and not type(error).__module__.startswith("hydra."):
        return _of_machine(error)
    if isinstance(error, RecursionError):
        return f"lists or mappings stand too deep in each other ({error})"
    if isinstance(error, UnicodeDecodeError):
        return f"a YAML file is not UTF-8 text: {error}"
    import yaml

    if isinstance(error, yaml.YAMLError) and (fault := yaml_fault(error)):
        return fault
    if not is_of_hydra(error):
        return None
    return one_line(pattern(error, config) or f"{place(error)}{reason(error)}")


def pattern(error: BaseException, config: Any = None) -> str | None:
    """The message for an error of Hydra's that tells which key or file it is about; None for any other."""
    plain = told(str(error))
    found = _unknown_key(error, plain, config) or _unknown_choice(plain) or _lost_choice(plain)
    return found or _unchosen(plain) or _lone_sweep(plain) or _unmergeable(error)


def _of_machine(error: OSError) -> str:
    name = error.filename if isinstance(error.filename, str | bytes | os.PathLike) else written_as(error)
    why = error.strerror or str(error) or type(error).__name__
    return why if name is None else f"{show(Path(os.fsdecode(name)))}: {why}"


def is_of_hydra(error: BaseException) -> bool:
    """Whether it is one of Hydra's or OmegaConf's errors, or of what these had not foreseen."""
    import yaml
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    if isinstance(error, HydraException | OmegaConfBaseException):
        return True
    if isinstance(error, RunnerError | OSError | MemoryError | RecursionError | yaml.YAMLError):
        return False
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    module = str(frame.tb_frame.f_globals.get("__name__")) if frame else ""
    return module.partition(".")[0] in ("hydra", "omegaconf")


def _unmergeable(error: BaseException) -> str | None:
    text = f"{error}\n{error.__cause__ or ''}"
    if not re.search(r"Cannot merge (DictConfig|ListConfig) with", text):
        return None
    key = re.search(r"full_key: (\S+)", text)
    file = re.match(r"In '([^']+)'", text)
    where = "".join(f"{match[1]}: " for match in (file, key) if match)
    return (
        f"{where}a list and a mapping cannot be merged (for weights in place "
        "of the default network's lists, choose '- override /network: dense' in the file's defaults first)"
    )


def _unknown_key(error: BaseException, text: str, config: Any) -> str | None:
    match = re.search(r"Could not (?:override|delete from config\.) '([^']+)'", text)
    if not match:
        return None
    inner = getattr(error.__cause__, "full_key", None) or ""
    key = inner if inner.startswith(f"{match[1]}.") and inner.startswith("hydra.") else match[1]
    section = key.rpartition(".")[0]
    file = re.match(r"In '([^']+)': ", text)
    where = f"{file[1]}: " if file else ""
    if (conf_dir() / key).is_dir():
        return f"{key} is a group: choose one of its files, {key}=NAME, and set its keys, {key}.KEY=VALUE"
    known = known_keys()
    if inside := [name.rpartition(".")[2] for name in known if name.startswith(f"{key}.")]:
        return f"{key}: is a group of the keys {', '.join(inside)}, and has no others"
    here, has = key_here(key, known), _keys_of_choice(section, config)
    if key in known:
        return (
            f"{key}: there is no such key with the {section} chosen{here}{has}; choose another, "
            f"{section}=NAME (in a sweep over {section} write ++{key}=VALUE)"
        )
    beside = [name.rpartition(".")[2] for name in known if name.rpartition(".")[0] == section]
    has = has or (f"; {section or 'the configuration'} may have {', '.join(beside)}" if beside else "")
    if "@" in key:
        group, _, package = key.partition("@")
        return f"{where}{key}: no file is chosen of {group} for {package or 'no package'}: {group}=NAME does"
    return f"{where}unknown key {key}{here or did_you_mean(key, known)}{has}"


def _keys_of_choice(section: str, config: Any) -> str:
    """``; optimizer=sgd has momentum, nesterov``, of what a configuration has under `section`."""
    from omegaconf import DictConfig, OmegaConf

    chosen = OmegaConf.select(config, section) if section and config is not None else None
    if not isinstance(chosen, DictConfig):
        return ""
    choice = OmegaConf.select(config, f"hydra.runtime.choices.{section}") or chosen.get("name")
    keys = [str(key) for key in chosen if key != "name"]
    return f"; {section}{f'={choice}' if choice else ''} has {', '.join(keys) or 'no keys'}"


def _unknown_choice(text: str) -> str | None:
    """A group's file that there is not, with those that there are, the user's own included."""
    match = re.search(r"Could not (?:find|load) '([^']+)/([^'/]*)'", text)
    if not match or "Available options" not in text:
        return None
    options = text.partition("Available options")[2].partition("Config search path")[0].split("\n")[1:]
    names = [option.strip() for option in options if option.strip()]
    return f"{match[1]}={match[2]}: {one_of(names, match[2])}"


def _lost_choice(text: str) -> str | None:
    """A file that another chooses in its ``defaults``, and that there is not."""
    match = re.search(r"(?:In '([^']+)': )?Could not (?:find|load) '(?:([^']+)/)?([^'/]*)'", text)
    if not match:
        return None
    where, group, name = match.groups()
    if group is None:
        return where and f"{where}: its defaults name {show(name)}, which there is not"
    if where in (None, "config", "hydra/config"):
        return f"{group}={name}: there is no such file"
    itself = " (a file cannot build on itself)" if where.removesuffix(".yaml") == f"{group}/{name}" else ""
    return f"{where}: its defaults name {group}/{name}, which there is not{itself}"


def _unchosen(text: str) -> str | None:
    """A group of which a file has yet to be chosen."""
    match = re.search(r"You must specify '([^']+)'.*?Available options:(.*)", text, re.DOTALL)
    return match and f"{match[1]} is missing: give {match[1]}=NAME, {one_of(match[2].split())}"


def _lone_sweep(text: str) -> str | None:
    """Several values without ``-m``."""
    match = re.search(r"(Ambiguous value for argument|Sweep parameters) '([^'=]*)=(.*?)'(?:\n| req)", text)
    if not match:
        return None
    kind, key, values = match.groups()
    if kind == "Sweep parameters":
        return f"{key}={values}: several values are a sweep: add -m (--multirun)"
    return f"{key}={values}: several values are a sweep: add -m (--multirun); a list is {key}=[{values}]"


def known_keys() -> list[str]:
    """Every dotted key of the configuration, over all choices of its groups: those that ship, one's own."""
    keys = dict.fromkeys(_shipped_keys())  # in order, each once
    for chosen, name in ((group, name) for group in own.GROUPS for name in own.choices(group)):
        keys |= dict.fromkeys(_dotted(own.section(chosen, name) or {}, f"{chosen}."))
    return list(keys)


@cache
def _shipped_keys() -> tuple[str, ...]:
    import yaml

    keys: dict[str, None] = {}
    for path in sorted(conf_dir().rglob("*.yaml")):
        group = path.parent.relative_to(conf_dir()).as_posix()
        if group == "experiment" or group.startswith("hydra"):
            continue
        loaded = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        prefix = "" if group == "." else group.replace("/", ".") + "."
        keys |= dict.fromkeys(_dotted(loaded, prefix))
    return tuple(keys)


def _dotted(config: dict[str, Any], prefix: str) -> Iterator[str]:
    for key, value in config.items():
        if key in ("defaults", "hydra"):
            continue
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{key}.")
