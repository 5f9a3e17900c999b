"""A sweep's arguments to its jobs' overrides: all that Hydra's basic sweeper does, and more.

Besides: intervals, evenly or logarithmically spaced; keys swept together; duplicates left out; a
dry run that says what would be done.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, TypeAlias

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep
from omegaconf import DictConfig, OmegaConf

from runner.config.compose import replacing
from runner.cost.estimate import LEAST_DISK, OF_RUN
from runner.errors import ConfigError, RunnerError
from runner.hydra_internals import as_override
from runner.overrides import key_of, parse, swept_values
from runner.records.lines import Line
from runner.resources import FORCE, MOST_RUNS, in_words, insists

SEED = "seed"
DIGITS = 6  # significant digits of an interval's points, where that keeps them apart

# key=a,b,c of plain values: read without Hydra's parser, which takes 100 µs a value
_LONG_CHOICE = re.compile(r"(\+{0,2}[A-Za-z_][\w.]*)=([\w.+-]+(?:,[\w.+-]+){15,})", re.ASCII)


def expand(
    arguments: Sequence[str], loader: ConfigLoader, *, points: Any = None, together: Any = None
) -> list[list[str]]:
    """The overrides of every job, in the order of Hydra's basic sweeper: the last key varies fastest.

    `points` is how many values an interval has; keys in one list of `together` (``zip``) take
    their values side by side. In a job the overrides stand as the arguments do, for a later one may
    change what an earlier one has set. Raises RunnerError, or Hydra's own errors for what cannot be parsed.
    """
    if points is not None and (type(points) is not int or points < 1):
        raise ConfigError("hydra.sweeper.points", points, "must be a whole number at least 1")
    groups = together or []
    if not _is_list(groups) or not all(map(_is_list, groups)):
        raise ConfigError("hydra.sweeper.zip", together, "must be lists of keys, as [[learning_rate,epochs]]")
    read = _read(arguments, loader)
    refuse_too_many(_count(read, points, groups))
    choices = dict(_choices(read, points))
    columns = _columns(choices, groups)
    side_by_side = [list(zip(*(choices[key] for key in keys), strict=True)) for keys in columns]
    rows = (list(itertools.chain(*row)) for row in itertools.product(*side_by_side))
    laid = {key: at for at, key in enumerate(itertools.chain(*columns))}
    order = [laid[key] for key in choices]
    return list(rows) if order == sorted(order) else [[row[at] for at in order] for row in rows]


def _count(arguments: Sequence[Read], points: int | None, together: Sequence[Sequence[str]]) -> int:
    """How many jobs there are, counted without a list of them: of keys that vary together one counts."""
    counts = {
        (override.get_key_element() if override else argument.partition("=")[0]).lstrip("+~"): (
            _values(override, points) if override else argument.count(",") + 1
        )
        for argument, override in arguments
    }
    others = {key for group in together for key in group[1:]}
    return math.prod(number for key, number in counts.items() if key not in others)


def _values(override: Override, points: int | None) -> int:
    """How many values a key takes."""
    if not override.is_sweep_override():
        return 1
    if override.is_interval_sweep():
        return points or 1
    sweep: Any = override.value()
    if isinstance(sweep, RangeSweep) and sweep.start is not None and sweep.stop is not None and sweep.step:
        return max(0, math.ceil((sweep.stop - sweep.start) / sweep.step))
    return len(sweep.list) if isinstance(sweep, ChoiceSweep) else 1


def refuse_too_many(runs: int) -> None:
    """Raises RunnerError for more runs than a sweep may have, before there is a list of them."""
    if runs <= MOST_RUNS or insists():
        return
    least = in_words(runs * LEAST_DISK), in_words(runs * OF_RUN)
    raise RunnerError(
        f"these values make {runs:,} runs, which would write {least[0]} at the least, and take {least[1]} of "
        f"memory; at most {MOST_RUNS:,} are possible: fewer values, or sweeps one after the other "
        f"({FORCE} insists)"
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def arguments_of(master: DictConfig) -> list[str]:
    """What a sweep was started with: ``hydra.sweeper.params``, and behind them its overrides."""
    params = master.hydra.sweeper.get("params") or {}
    given: Any = OmegaConf.to_container(master.hydra.overrides.task, resolve=False)
    return [*(f"{key}={value}" for key, value in params.items()), *given]


def requested(master: DictConfig, loader: ConfigLoader, *, is_ours: bool = True) -> list[list[str]]:
    """The overrides of every job of a sweep, as the configuration that it was started with asks for them.

    Of a task that `is_ours` they make new weights replace the old. Raises what :func:`expand` raises.
    """
    arguments, sweeper = arguments_of(master), master.hydra.sweeper
    given = replacing(arguments) if is_ours else arguments
    if _repeats(master) and all(key_of(argument) != SEED for argument in given):
        given = [*given, f"{SEED}={master.seed}"]
    return expand(given, loader, points=sweeper.get("points"), together=sweeper.get("zip"))


def without_duplicates(jobs: Sequence[list[str]]) -> list[list[str]]:
    """The jobs, each set of overrides once."""
    return list({tuple(job): job for job in jobs}.values())


def expected(jobs: Sequence[Sequence[str]], master: DictConfig, fixed: Set[str]) -> Iterator[Line]:
    """The lines of a sweep's jobs before they are composed: with their folders, where numbers name these."""
    sweep: Any = OmegaConf.to_container(master.hydra.sweep, resolve=False)
    numbers = sweep["subdir"] == "${hydra.job.num}"
    for number, overrides in enumerate(jobs):
        yield Line(number, swept_of(overrides, fixed), directory=str(number) if numbers else "")


def swept_of(overrides: Sequence[str], fixed: Set[str]) -> dict[str, str]:
    """The keys and values of the overrides that are not `fixed` for the whole sweep, of each key the last."""
    last = {key_of(override): override for override in overrides}
    return swept_values(override for override in last.values() if override not in fixed)


def fixed_overrides(master: DictConfig, loader: ConfigLoader) -> set[str]:
    """The overrides that all jobs share: as given, and as a sweeper writes them (``True`` for ``true``)."""
    given = replacing(arguments_of(master))
    some = 2  # points of an interval: only whether it is more than one matters
    single = (taken[0] for _, taken in _choices(_read(given, loader), some) if len(taken) == 1)
    fixed = {*given, *single}
    return {override for override in fixed if key_of(override) != SEED} if _repeats(master) else fixed


def _repeats(master: DictConfig) -> bool:
    """Whether jobs with other seeds are to follow, so that each says its own."""
    return master.hydra.sweeper.get("repeat") is not None


#: An argument as it stands, and as Hydra reads it: None for a long choice of plain values.
Read: TypeAlias = tuple[str, Override | None]


def _read(arguments: Sequence[str], loader: ConfigLoader) -> list[Read]:
    """The arguments, parsed. Raises Hydra's own errors for what cannot be."""
    parser = OverridesParser.create(config_loader=loader)
    return [
        (argument, None if _LONG_CHOICE.fullmatch(argument) else parser.parse_overrides([argument])[0])
        for argument in arguments
    ]


def _choices(arguments: Sequence[Read], points: int | None) -> Iterator[tuple[str, list[str]]]:
    """Each key, with its prefix, and the overrides that it takes in turn."""
    for argument, override in arguments:
        if override is None:
            key, _, values = argument.partition("=")
            yield key, [f"{key}={as_override(parse(value))}" for value in values.split(",")]
            continue
        key = override.get_key_element()
        if override.is_delete() and override.value_type is None:  # ~key, and no value to compare
            yield key, [key]
        elif not override.is_sweep_override():
            yield key, [f"{key}={override.get_value_element_as_str()}"]
        elif override.is_interval_sweep():
            yield key, [f"{key}={value}" for value in _interval(override, points)]
        else:
            yield key, [f"{key}={value}" for value in override.sweep_string_iterator()]


def _columns(
    choices: Mapping[str, Sequence[str]], together: Sequence[Sequence[str]]
) -> list[tuple[str, ...]]:
    """The keys that take their values side by side, as they vary. Raises RunnerError for any that cannot."""
    names = {key.lstrip("+~"): key for key in choices}
    partners: dict[str, tuple[str, ...]] = {}
    for group in together:
        for name in group:
            if name not in names:
                raise ConfigError("hydra.sweeper.zip", list(group), f"has {name}, which is not swept")
            if names[name] in partners:
                raise ConfigError("hydra.sweeper.zip", list(group), f"has {name}, which is zipped already")
            partners[names[name]] = tuple(names[member] for member in group if member in names)
    columns = list(dict.fromkeys(partners.get(key, (key,)) for key in choices))
    for keys in columns:
        if len({len(choices[key]) for key in keys}) > 1:
            sizes = ", ".join(f"{key.lstrip('+')} has {len(choices[key])} values" for key in keys)
            raise RunnerError(f"hydra.sweeper.zip: keys swept together need as many values each; {sizes}")
    return columns


def _interval(override: Override, points: int | None) -> list[str]:
    sweep: Any = override.value()
    start, end, line = sweep.start, sweep.end, override.input_line
    if points is None:
        raise RunnerError(f"{line}: say how many values of the interval with hydra.sweeper.points=N")
    logarithmic = "log" in sweep.tags
    if logarithmic and not (start > 0 and end > 0):
        raise RunnerError(f"{line}: a logarithmic interval needs two ends above 0")
    values = spaced(float(start), float(end), points, logarithmic)
    if isinstance(start, int) and isinstance(end, int):  # int(interval(1,10))
        return [str(round(value)) for value in values]
    return [as_override(value) for value in values]


def spaced(start: float, end: float, points: int, logarithmic: bool) -> list[float]:
    """`points` numbers from `start` to `end`, evenly or log-spaced.

    They have 6 significant digits, or as many more as keep them apart; the ends stay as they are.
    """
    if points == 1:
        return [start]
    fractions = [i / (points - 1) for i in range(1, points - 1)]
    if logarithmic:
        ratio = math.log(end) - math.log(start)
        inner = [math.exp(math.log(start) + fraction * ratio) for fraction in fractions]
    else:
        inner = [start * (1 - fraction) + end * fraction for fraction in fractions]
    for digits in range(DIGITS, 18):
        rounded = [start, *(float(f"{value:.{digits}g}") for value in inner), end]
        in_order = rounded == sorted(rounded, reverse=end < start)  # rounding may pass an end
        if len(set(rounded)) == points and in_order:
            break
    return rounded
