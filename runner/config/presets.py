"""YAML files of one's own that are chosen whole: ``backprop-runner my.yaml``, and presets in a folder.

Whatever way such a file says what it chooses, it is read as a preset, over the configuration that ships.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from runner.config import own
from runner.config.shipped import conf_dir
from runner.errors import ConfigError, RunnerError, did_you_mean
from runner.overrides import key_of, quoted
from runner.words import key_here

#: The groups that are chosen once, and the group of presets.
CHOSEN, PRESETS = ("network", "data", "optimizer", "schedule"), "experiment"
SUFFIXES = (".yaml", ".yml")
#: What a copy of config.yaml, or a file that builds on it, has in its defaults: it is there already.
THERE = ("config", "hydra_defaults")
#: Files of data, which are often given where one of keys is wanted.
DATA = (".csv", ".tsv", ".txt", ".gz", ".parquet", ".dat", ".data")


def preset_file(config_path: str) -> Path | None:
    """The file that Hydra's path of a preset names by itself, as ``experiment/my.yaml``; None for others."""
    group, _, name = config_path.partition("/")
    path = Path(name)
    return path if group == PRESETS and path.suffix in SUFFIXES and path.is_file() else None


def with_presets(overrides: Sequence[str]) -> list[str]:
    """The overrides with ``experiment=FILE`` for the files among them, before other presets.

    Raises RunnerError for what is neither a file nor ``key=value``.
    """
    files = [one for one in overrides if _is_file(one) or ("=" not in one and not one.startswith("~"))]
    if not files:
        return list(overrides)
    if wrong := list(filter(None, map(_no_file, files))):
        raise RunnerError(*wrong)
    chosen = list(map(_name, files))
    rest = [one for one in overrides if one not in files]
    beside = [one for one in rest if key_of(one) == PRESETS]
    for one in beside:
        value = one.partition("=")[2]
        if not (value.startswith("[") and value.endswith("]")) and re.search(r"[,(]", value):
            raise RunnerError(f"{one}: a sweep over presets has no file beside it; give {files[0]} alone")
        chosen.append(value.removeprefix("[").removesuffix("]"))
    value = f"[{','.join(chosen)}]" if len(chosen) > 1 else chosen[0]
    return [f"{PRESETS}={value}", *(one for one in rest if one not in beside)]


def _name(file: str) -> str:
    """A file as the value of an override: as it was named, unless a file that ships has that name."""
    path = Path(file).expanduser()
    is_taken = path.is_absolute() or (conf_dir() / PRESETS / path).exists()
    name = path.absolute().as_posix() if is_taken else path.as_posix()
    return name if re.fullmatch(r"[\w./-]+", name, re.ASCII) else quoted(name)


def _path(word: str) -> str:
    return f"data.path={word}" if "=" not in word else f"""'data.path="{word}"'"""


def _is_file(word: str) -> bool:
    """Whether an argument that looks like ``key=value`` is the name of a file that is there."""
    key, equals, _ = word.partition("=")
    path = Path(word)
    return bool(equals) and key.isalnum() and path.suffix in (*SUFFIXES, *DATA) and path.is_file()


def _no_file(word: str) -> str | None:
    """What is wrong with an argument that is no ``key=value``, if it is no file of keys."""
    path = Path(word).expanduser()
    if path.suffix in SUFFIXES:
        return None if path.is_file() else f"{word}: there is no such file"
    if path.suffix in DATA and path.is_file():
        return f"{word}: is no key=value; of a file of data: data=csv {_path(word)} data.targets=COLUMN"
    if path.is_dir():
        return f"{word}: is a folder; name one of its YAML files, or --config-dir {word} {PRESETS}=NAME"
    for suffix in SUFFIXES:
        if Path(f"{word}{suffix}").is_file():
            return f"{word}: is no key=value; a file is named in full: {word}{suffix}"
    for group in (PRESETS, *CHOSEN):
        if (conf_dir() / group / f"{word}.yaml").is_file():
            return f"{word}: is no key=value; say of what it is chosen: {group}={word}"
    from runner.config.messages import known_keys

    known = known_keys()
    if word in known:
        return f"{word}: its value is missing: give {word}=VALUE"
    nearest = key_here(word, known) or did_you_mean(word, known)
    return f"{word}: is no key=value{nearest}, and no YAML file; --help shows all"


def as_preset(config: DictConfig) -> None:
    """Has a file say all that it chooses of groups in its ``defaults``, as overrides of what ships.

    ``network: dense`` may stand among its keys, or in defaults as config.yaml has them; a section with
    the ``name`` of a file of its group chooses that; dotted keys are keys inside of others.
    """
    with open_dict(config):
        written: Any = OmegaConf.to_container(config, resolve=False)
        _refuse_keys(written)
        named = {group: name for group in (*CHOSEN, PRESETS) if (name := _name_in(written.get(group)))}
        dotted = [key for key in written if "." in str(key)]
        for key in (*(["defaults"] if "defaults" in written else []), *named, *dotted):
            del config[key]
        for key in dotted:
            OmegaConf.update(config, str(key), written[key], force_add=True)
        items: list[Any] = written.get("defaults") or []
        defaults = [default for item in items for default in _default(item)]
        taken = [key for item in defaults if isinstance(item, dict) for key in item]
        if preset := named.pop(PRESETS, None):
            defaults[:0] = [f"/{PRESETS}/{preset}"]
        chosen = named | {group: name for group, name in _sections(config) if group not in named}
        defaults += [{f"override /{g}": n} for g, n in chosen.items() if f"override /{g}" not in taken]
        if defaults:
            config.defaults = defaults


def _default(item: Any) -> Iterator[Any]:
    """An item of ``defaults`` as a preset has it."""
    if not isinstance(item, dict) or len(item) != 1:
        if item not in THERE:
            yield item
        return
    ((key, value),) = item.items()
    group = str(key).removeprefix("override ").lstrip("/")
    if group in CHOSEN or group.startswith("hydra/"):
        yield {f"override /{group}": value}
    elif key == PRESETS:
        yield from (f"/{PRESETS}/{name}" for name in (value if isinstance(value, list) else [value]) if name)
    else:
        yield item


def _sections(config: DictConfig) -> Iterator[tuple[str, str]]:
    """The groups of which a file has the keys of a choice that is told by its ``name``."""
    for group in CHOSEN:
        section = OmegaConf.to_container(config, resolve=False).get(group)  # type: ignore[union-attr]
        name = section.get("name") if isinstance(section, dict) else None
        if isinstance(name, str) and name in [*_shipped(group), *own.choices(group)]:
            yield group, name


def _shipped(group: str) -> Collection[str]:
    return [path.stem for path in (conf_dir() / group).glob("*.yaml")]


def _name_in(value: Any) -> str | None:
    """The name of a choice, if a value is one."""
    return value if isinstance(value, str) and "${" not in value else None


def _refuse_keys(written: Mapping[Any, Any]) -> None:
    """Raises RunnerError for keys that are none, and a choice of presets that names none."""
    for key in written:
        if not all(part.strip() for part in str(key).split(".")):
            raise ConfigError(
                f"the key '{key}'", written[key], "is none: a key has letters, digits, _ and single dots"
            )
    if not isinstance(written.get("hydra", {}), dict):
        raise ConfigError("hydra", written["hydra"], "must be a group of keys")
    if (preset := written.get(PRESETS)) is not None and not isinstance(preset, str):
        raise ConfigError(PRESETS, preset, "must be the name of one preset; defaults take several")
