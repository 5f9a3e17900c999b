"""Hydra's flags, wherever they stand, and the cure for those that it has not, or answers darkly."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from runner.config import own
from runner.config.presets import CHOSEN, PRESETS, SUFFIXES
from runner.config.shipped import conf_dir
from runner.errors import ConfigError, RunnerError, did_you_mean

#: Subcommands of ``--shell-completion``, which Hydra takes from among the overrides.
COMPLETION = ("install", "uninstall", "query")
#: The key by which nothing is run.
DRY_RUN = "dry_run"
SHELLS = ("bash", "fish", "zsh")


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


def refuse_flags(flags: Sequence[str], overrides: Sequence[str], own_flags: Sequence[str]) -> None:
    """Raises RunnerError for a flag that there is not, and for one that lacks what it goes with."""
    from runner import hydra_internals

    known, values = [*hydra_internals.flags(), *own_flags], {flags[i + 1] for i in _before_values(flags)}
    for flag in flags:
        name = flag.partition("=")[0]
        if flag not in values and not any(_means(name, one) for one in known):
            raise RunnerError(_no_flag(flag, known))
    has = {one for flag in flags for one in known if _means(flag.partition("=")[0], one)}
    if "--resolve" in has and not has & {"--cfg", "--help"}:
        raise RunnerError("--resolve: goes with --cfg, as --cfg job --resolve")
    if "--shell-completion" in has and not any(one.partition("=")[0] in COMPLETION for one in overrides):
        raise RunnerError(
            f"--shell-completion: goes with install=SHELL or uninstall=SHELL, one of {', '.join(SHELLS)}, as "
            'eval "$(backprop-runner --shell-completion install=bash)"'
        )


def with_dry_run(overrides: Sequence[str]) -> list[str]:
    """The overrides with ``dry_run=true``, of one run as of a sweep, as the key that the sweeper has.

    Raises ConfigError for what is neither true nor false.
    """
    for override in overrides:
        key, _, value = override.partition("=")
        if key.lstrip("+") == DRY_RUN and value.lower() not in ("true", "false"):
            raise ConfigError(DRY_RUN, value, "must be true or false")
    ours = re.compile(rf"^\+{{0,2}}{DRY_RUN}(?==)")
    return [ours.sub(f"hydra.sweeper.{DRY_RUN}", override) for override in overrides]


def _before_values(flags: Sequence[str]) -> list[int]:
    """Where flags are whose value is the next one."""
    return [at for at, after in enumerate(flags[1:]) if not after.startswith("-")]


def _no_flag(flag: str, known: Sequence[str]) -> str:
    name, _, value = flag.lstrip("-").partition("=")
    key = name.replace("-", "_")
    nearest = did_you_mean(flag.partition("=")[0], [one for one in known if one.startswith("--")])
    return f"{flag}: there is no such flag{nearest}; keys have no dashes before: {key}={value or 'VALUE'}"


def named_by_flags(flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """Hydra's flags without a ``--config-name`` of a file of one's own, and that file.

    Beside ``--config-path`` the flag stays where the folder is a whole configuration, or a run's record.
    Raises RunnerError where there is no such file.
    """
    name, path = _value(flags, "--config-name", "-cn"), _value(flags, "--config-path", "-cp")
    folder = Path(path or _value(flags, "--config-dir", "-cd") or ".")
    if not path and (not name or (conf_dir() / name).with_suffix(".yaml").is_file()):
        return list(flags), []
    if path and not folder.is_dir() and "://" not in path:
        raise RunnerError(f"--config-path={path}: there is no such folder")
    if path and (not folder.is_dir() or own.is_record(folder) or any((folder / g).is_dir() for g in CHOSEN)):
        return list(flags), []
    file = folder / (name or "config")
    file = file if file.suffix in SUFFIXES else file.with_name(f"{file.name}.yaml")
    if file.is_file():
        return _without(flags, "--config-name", "-cn", "--config-path", "-cp"), [str(file)]
    given = f"--config-name={name}" if name else f"--config-path={path}"
    groups = f"; for presets in it --config-dir {folder} {PRESETS}=NAME" if folder.is_dir() and path else ""
    raise RunnerError(f"{given}: there is no file {file}{groups}")


def _value(flags: Sequence[str], *names: str) -> str | None:
    """The value of a flag, of which the last counts."""
    for flag, after in zip(reversed(flags), [None, *reversed(flags)], strict=False):
        given, equals, value = flag.partition("=")
        if given in names:
            return value if equals else after
    return None


def _without(flags: Sequence[str], *names: str) -> list[str]:
    left, is_value = list[str](), False
    for flag in flags:
        if not is_value and flag.partition("=")[0] not in names:
            left.append(flag)
        is_value = not is_value and flag in names
    return left
