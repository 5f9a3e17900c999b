"""All that is wrong with a command, not the first thing alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from runner.config.grammar import refusal
from runner.config.messages import is_of_hydra, message, pattern
from runner.config.resolved import without_hydra
from runner.errors import ConfigError, RunnerError, show, together
from runner.hydra_errors import reason
from runner.overrides import key_of

if TYPE_CHECKING:
    from omegaconf import DictConfig

#: Composes a configuration of overrides.
Load = Callable[[list[str]], "DictConfig"]
#: How Hydra names an override that it stumbles over: by its key, by a group, or whole.
_BY_KEY = re.compile(r"Could not (?:override|delete from config\.) '([^']+)'")
_BY_GROUP = re.compile(r"Could not (?:find|load) '([^']+)/[^'/]*'")
_WHOLE = re.compile(
    r"(?:Error parsing override|Ambiguous value for argument|Sweep parameters) '(.*?)'(?:\n| req|$)",
    re.DOTALL,
)
_MERGED = re.compile(r"Error merging override (.*)", re.DOTALL)


def telling_all(load: Load, overrides: list[str]) -> DictConfig:
    """What `load` makes of overrides. Raises RunnerError with every override that it stumbles over.

    It is asked again without each, and what comes of that is checked; other errors are raised as they are.
    """
    try:
        return _with_groups(load(overrides))
    except ConfigError:
        raise
    except Exception as error:
        unread = {one: told for one in overrides if (told := refusal(one))}
        blamed, wrong = (error, [*unread]) if unread else _blamed(error, load, overrides)
        if isinstance(error, RecursionError) and not wrong:
            chosen = _guilty(error, load, overrides) or overrides
            why = "lists or mappings stand too deep in each other, or defaults name each other in a circle"
            raise RunnerError(f"{show(' '.join(chosen) or 'the configuration')}: {why}") from None
        if not wrong:
            raise
        raise _all([*unread.values()] or [blamed], wrong, load, overrides) from error


def _with_groups(config: DictConfig) -> DictConfig:
    """A configuration. Raises ConfigError where a setting of Hydra's that has keys is something else."""
    from omegaconf import DictConfig, OmegaConf

    groups = ["hydra.launcher", "hydra.sweeper", *(f"hydra.callbacks.{name}" for name in _callbacks(config))]
    for key in groups if "hydra" in config else ():
        if not isinstance(value := OmegaConf.select(config, key), DictConfig):
            raise ConfigError(key, value, "must be a group of keys")
    return config


def _callbacks(config: DictConfig) -> Iterable[str]:
    return map(str, config.hydra.callbacks) if "hydra" in config else ()


def _all(met: Sequence[Exception], wrong: list[str], load: Load, overrides: list[str]) -> RunnerError:
    """The errors of all overrides, in the order in which they were met; of those that are `wrong`, `met`."""
    errors, left, config = [*met], overrides, None
    while wrong and config is None:
        left = [one for one in left if one not in wrong]
        try:
            config = load(left)
        except Exception as another:
            blamed, wrong = _blamed(another, load, left)
            errors.append(blamed)
    told = [one if isinstance(one, RunnerError) else message(one, config) for one in errors]
    refused = [RunnerError(one) if isinstance(one, str) else one for one in told if one]
    return together([*refused, *_of_values(config, left)])


def _blamed(error: Exception, load: Load, overrides: list[str]) -> tuple[Exception, list[str]]:
    """What is to be told of an error, and the overrides that it is about; none where that is not known."""
    if wrong := _stumbled_over(str(error), overrides):
        return error, wrong
    if not is_of_hydra(error) or pattern(error) or str(error).startswith("In '"):
        return error, []
    merged = _MERGED.match(str(error))
    wrong = [one for one in overrides if merged and one == merged[1]] or _guilty(error, load, overrides)
    if not wrong:
        return error, []
    told = together(RunnerError(f"{show(one)}: {reason(error)}") for one in wrong)
    return told, [one for one in overrides if key_of(one) in map(key_of, wrong)]  # what makes way for it too


def _guilty(error: Exception, load: Load, overrides: list[str]) -> list[str]:
    """The override without which all is well, or all of a key; or else without which another error comes."""
    keys = dict.fromkeys(map(key_of, overrides))
    of_keys = [[one for one in overrides if key_of(one) == key] for key in keys]
    otherwise: list[list[str]] = []
    for without in [*([one] for one in overrides), *(ones for ones in of_keys if len(ones) > 1)]:
        try:
            load([one for one in overrides if one not in without])
        except Exception as another:
            otherwise += [without] if str(another) != str(error) else []
            continue
        return without
    return otherwise[0] if otherwise else []


def _stumbled_over(text: str, overrides: Sequence[str]) -> list[str]:
    """The overrides that an error is about; none where it is about none of them."""
    if match := _BY_KEY.search(text) or _BY_GROUP.search(text):
        return [one for one in overrides if key_of(one).partition("@")[0] == match[1]]
    whole = _WHOLE.search(text)
    return [one for one in overrides if whole and one == whole[1]]


def _of_values(config: DictConfig | None, overrides: Sequence[str]) -> Iterator[RunnerError]:
    """What is wrong with values that overrides give, of a configuration that was composed without others."""
    if config is None:
        return
    from runner.config.keys import experiment

    given = {key_of(one) for one in overrides if "=" in one}
    own = without_hydra(config)
    errors: Sequence[RunnerError] = ()
    with suppress(Exception):  # that is another's to say
        try:
            experiment(own)
        except RunnerError as error:
            errors = error.each
    for one in errors:
        if isinstance(one, ConfigError) and re.split(r"[, ]", one.parts[0])[0] in given:
            yield one
