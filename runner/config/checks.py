"""What a value of the configuration may be: each check takes a key and a value, and returns or refuses it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from functools import partial
from operator import ge, gt, le, lt
from typing import Any

import numpy as np

from runner.config.resolved import Resolved
from runner.config.shipped import shipped
from runner.data.headers import column_name
from runner.errors import ConfigError, RunnerError, did_you_mean, one_of, show, together
from runner.nn.arrays import Array
from runner.nn.options import Option
from runner.plugins import all_names, has
from runner.words import key_here

Section = Mapping[str, Any]
#: Takes a key's dotted name and its value; returns the value as the experiment needs it, or raises.
Check = Callable[[str, Any], Any]
#: The keys of a section, each with its check and its default.
Keys = dict[str, tuple[Check, Any]]

MISSING = "???"  # OmegaConf's mark of a value that the user has to give
SHIPPED = object()  # a default that stands in a file that ships


def number(
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    whole: bool = False,
) -> Check:
    """A check for a finite number within bounds; `whole` makes it an integer."""
    bounds = above, at_least, below, at_most
    allowed = f"must be {'a whole' if whole else 'a'} number{within(*bounds)}"
    limits = [
        (fits, bound) for fits, bound in zip((gt, ge, lt, le), bounds, strict=True) if bound is not None
    ]

    def check(key: str, value: Any) -> float | int:
        if type(value) is Resolved:
            value = value.read()
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if is_number and not _finite(value):
            raise ConfigError(key, value, allowed.replace("number", "finite number", 1))
        if (
            not is_number
            or (whole and value != int(value))
            or not all(fits(value, bound) for fits, bound in limits)
        ):
            raise refused(key, value, allowed)
        return int(value) if whole else float(value)

    return check


def within(*bounds: float | None) -> str:
    """Bounds in words, led by a blank; nothing where there are none."""
    words = zip(("above", "at least", "below", "at most"), bounds, strict=True)
    limits = " and ".join(f"{word} {limit}" for word, limit in words if limit is not None)
    return f" {limits}" if limits else ""


def refused(key: str, value: Any, allowed: str) -> ConfigError:
    """The refusal of a value; where a list was given for one value, with the way to sweep over it."""
    if isinstance(value, list) and value and " " not in key and not any(isinstance(v, list) for v in value):
        allowed += f"; to sweep over them: -m {key}={','.join(map(show, value))}"
    return ConfigError(key, value, allowed)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float64 is as large as
        return False


def choice(names: Collection[str]) -> Check:
    """A check for one of some names; of a table's, those of installed packages among them."""

    def check(key: str, value: Any) -> str:
        if not isinstance(value, str) or not has(names, value):
            raise refused(key, value, one_of(all_names(names), value))
        return value

    return check


def boolean(key: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise refused(key, value, "must be true or false")
    return value


def optional(check: Check, none: str = "null") -> Check:
    """A check that lets null through, which a refusal calls `none`."""

    def check_unless_none(key: str, value: Any) -> Any:
        if value is None:
            return None
        try:
            return check(key, value)
        except ConfigError as error:
            allowed, semicolon, cure = error.parts[2].partition(";")
            raise ConfigError(*error.parts[:2], f"{allowed}, or {none}{semicolon}{cure}") from None

    return check_unless_none


def anything(_key: str, value: Any) -> Any:
    """For the keys whose check needs to know others."""
    return value


non_negative, count = number(at_least=0), number(at_least=1, whole=True)
seed = number(at_least=0, whole=True, below=2**64)


def text(key: str, value: Any) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ConfigError(key, value, "must be text")
    return value


def names_of(allowed: str, key: str, value: Any) -> list[str]:
    """A column's name or a list of them, as a list: as tables have them, in a line."""
    given = value if isinstance(value, list) else [value]
    # a column called 1990 is a number to YAML
    names = [str(name) if type(name) is int else name for name in given]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ConfigError(key, value, allowed)
    names = list(map(column_name, names))
    if twice := [name for name in names if names.count(name) > 1]:
        raise RunnerError(f"{key}={show(value)}: names column '{twice[0]}' twice")
    return names


def matrix(key: str, value: Any) -> Array:
    """A list of equally long rows of finite numbers as an array."""
    if not isinstance(value, list) or not value or not all(isinstance(row, list) for row in value):
        raise ConfigError(key, value, "must be a list of rows, as [[1,2],[3,4]]")
    for i, row in enumerate(value):
        if len(row) != len(value[0]) or not row:
            raise ConfigError(key, value, f"must have rows of one length; row {i + 1} has {len(row)} numbers")
        for item in row:
            number()(f"{key}, row {i + 1}", item)
    return np.array(value, dtype=np.float64)


def options(taken: Mapping[str, Option]) -> Keys:
    """The keys of a table's entry: its options, each with its check and its default."""
    return {
        name: (_option_check(option), SHIPPED if option.default is None else default_of(option))
        for name, option in taken.items()
    }


def default_of(option: Option) -> Any:
    """An option's own default as YAML has it; None where it has none."""
    return list(option.default) if isinstance(option.default, tuple) else option.default


def chosen(section: Any, table: Mapping[str, Any], group: str) -> tuple[str, dict[str, float]]:
    """The entry of `table` that a group's section chooses, and its options, checked; by the entry's bounds.

    What the section leaves out is as in the entry's file.
    """
    name, given = named(section, table, group)
    taken: Mapping[str, Option] = table[name].options
    values = checked(given, options(taken), f"{group}.", partial(shipped, f"{group}/{name}"))
    for option, bounds in taken.items():
        if bounds.needs and values[option] and not values[bounds.needs]:
            raise ConfigError(f"{group}.{option}", values[option], f"needs {group}.{bounds.needs} above 0")
        if bounds.parts:
            values |= zip(bounds.parts, values.pop(option), strict=True)
    return name, values


def _option_check(option: Option) -> Check:
    if option.switch:
        return boolean
    bounds = option[:4]
    check = number(*bounds, whole=option.whole)
    return _pair(check, within(*bounds)) if option.parts else check


def _pair(check: Check, limits: str) -> Check:
    def check_both(key: str, values: Any) -> list[Any]:
        if not isinstance(values, list) or len(values) != 2:
            raise ConfigError(key, values, f"must be two numbers{limits}, as [0.9,0.999]")
        return [check(key, value) for value in values]

    return check_both


def checked(
    section: Any, keys: Keys, prefix: str = "", defaults: Callable[[], Mapping[str, Any]] = dict
) -> dict[str, Any]:
    """The values of a section's keys, checked, with defaults for those that are not given.

    A default that is `SHIPPED` is asked for among `defaults`, those of a file.
    Raises RunnerError for every unknown key (with the nearest known one), missing and wrong value.
    """
    if not isinstance(section, (dict, Mapping)):  # dict first: Mapping takes its time
        raise ConfigError(prefix.rstrip("."), section, f"must be a group of keys: {', '.join(keys)}")
    errors = [_unknown(prefix, str(name), keys) for name in section if name not in keys]
    values = {}
    for name, (check, default) in keys.items():
        value = section.get(name, default)
        if value is SHIPPED:
            value = defaults().get(name, MISSING)
        try:
            if type(value) is str and value == MISSING:
                raise RunnerError(f"{prefix}{name} is missing: give {prefix}{name}=VALUE")
            values[name] = _read(check, prefix + name, value)
        except RunnerError as error:
            errors.append(error)
    if errors:
        raise together(errors)
    return values


def _read(check: Check, key: str, value: Any) -> Any:
    """A value that is checked; text that a resolver made may be what is written in it."""
    if not isinstance(value, Resolved) or check is anything:
        return check(key, value)
    try:
        return check(key, str(value))
    except RunnerError:
        return check(key, value.read())


def _unknown(prefix: str, name: str, keys: Keys) -> RunnerError:
    from runner.config.messages import known_keys  # which asks entries of one's own, checked here

    where = prefix.rstrip(".") or "the configuration"
    here = key_here(prefix + name, [*(prefix + key for key in keys), *known_keys()])
    has = ", ".join(keys) or "no options"
    return RunnerError(f"unknown key {prefix}{name}{here or did_you_mean(name, keys)}; {where} has {has}")


def named(section: Any, table: Collection[str], group: str) -> tuple[str, Section]:
    """The entry of `table` that the `name` of a group's section chooses, and the section's other keys."""
    if not isinstance(section, Mapping) or "name" not in section:
        raise ConfigError(group, section, f"must be a group with a name, one of {', '.join(table)}")
    name = choice(table)(f"{group}.name", section["name"])
    return name, {key: value for key, value in section.items() if key != "name"}
