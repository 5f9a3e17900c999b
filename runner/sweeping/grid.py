"""A sweep's arguments to its jobs' overrides: all that Hydra's basic sweeper does, and more.

Besides: intervals, evenly or logarithmically spaced, or sampled together; keys swept together; the rows of
a table; duplicates left out; a dry run that says what would be done.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, TypeGuard

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from runner.config.compose import replacing
from runner.config.grammar import refusal
from runner.config.resolved import value_of
from runner.errors import ConfigError, RunnerError, show, together
from runner.hydra_errors import plain
from runner.hydra_internals import as_override
from runner.nn.arrays import Array
from runner.overrides import key_of, parse, swept_values
from runner.records.lines import Line
from runner.sweeping.counting import refuse_too_many
from runner.sweeping.intervals import Sample, sample_of, values_of
from runner.sweeping.many_jobs import Grid, ManyJobs
from runner.sweeping.selecting import rows_of, without_excluded

SEED = "seed"

# key=a,b,c of plain values: read without Hydra's parser, which takes 100 µs a value
_LONG_CHOICE = re.compile(r"(\+{0,2}[A-Za-z_][\w.]*)=([\w.+-]+(?:,[\w.+-]+){15,})", re.ASCII)


def expand(
    arguments: Sequence[str],
    loader: ConfigLoader,
    *,
    points: Any = None,
    together: Any = None,
    sample: Sample | None = None,
    table: Mapping[str, list[str]] | None = None,
) -> Grid:
    """The overrides of every job, in the order of Hydra's basic sweeper: the last key varies fastest.

    `points` is how many values an interval has, or all intervals have together where there is a `sample` of
    them; keys in one list of `together` (``zip``) take their values side by side, and so do those of a
    `table` (see :func:`runner.sweeping.selecting.rows_of`), which come first. In a job the overrides stand
    as the arguments do, for a later one may change what an earlier one has set. Raises RunnerError, or
    Hydra's own errors for what cannot be parsed.
    """
    if points is not None and (type(points) is not int or points < 1):
        raise ConfigError("hydra.sweeper.points", points, "must be a whole number at least 1")
    groups = together or []
    if not _is_list(groups) or not all(map(_is_list, groups)):
        raise ConfigError("hydra.sweeper.zip", together, "must be lists of keys, as [[learning_rate,epochs]]")
    parsed = dict(_parsed(arguments, loader))
    rows_given = {key: taken for key, taken in (table or {}).items() if key not in map(key_of, parsed)}
    groups = [*groups, *([[*rows_given]] if rows_given else []), *([_intervals(parsed)] if sample else [])]
    refuse_too_many({**rows_given, **parsed}, points, groups)
    choices = rows_given | _values(parsed, points, sample)
    columns = _columns(choices, groups)
    laid = {key: at for at, key in enumerate(itertools.chain(*columns))}
    return Grid([[choices[key] for key in keys] for keys in columns], [laid[key] for key in choices])


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def arguments_of(master: DictConfig) -> list[str]:
    """What a sweep was started with: ``hydra.sweeper.params``, and behind them its overrides."""
    params = value_of(master.hydra.sweeper, "params") or {}
    given: Any = OmegaConf.to_container(master.hydra.overrides.task, resolve=False)
    arguments = [f"{key}={value}" for key, value in params.items()]
    if wrong := list(filter(None, map(refusal, arguments))):
        raise together(RunnerError(f"hydra.sweeper.params: {one}") for one in wrong)
    return [*arguments, *given]


def requested(master: DictConfig, loader: ConfigLoader, *, is_ours: bool = True) -> Grid:
    """The overrides of every job of a sweep, as the configuration that it was started with asks for them.

    Of a task that `is_ours` they make new weights replace the old. Raises what :func:`expand` raises.
    """
    arguments, sweeper = arguments_of(master), master.hydra.sweeper
    given = replacing(arguments) if is_ours else arguments
    if _repeats(master) and all(key_of(argument) != SEED for argument in given):
        given = [*given, f"{SEED}={master.seed}"]
    return expand(
        given,
        loader,
        points=value_of(sweeper, "points"),
        together=value_of(sweeper, "zip"),
        sample=sample_of(value_of(sweeper, "sample"), value_of(master, "seed", 0)),
        table=rows_of(value_of(sweeper, "table")),
    )


def asked_for(
    master: DictConfig,
    loader: ConfigLoader,
    *,
    is_ours: bool = True,
    tell: Callable[[str], None] = lambda text: None,
) -> ManyJobs:
    """The jobs that are `requested`, each once and without those that are excluded; `tell` is told of these.

    Raises what `requested` raises, and ConfigError where all are excluded.
    """
    expanded = requested(master, loader, is_ours=is_ours)
    jobs = expanded.distinct()
    if len(jobs) < len(expanded):
        tell(f"{len(expanded) - len(jobs)} of {len(expanded)} runs are duplicates of others and left out")
    left = without_excluded(jobs, value_of(master.hydra.sweeper, "exclude"))
    if len(left) < len(jobs):
        tell(f"{len(jobs) - len(left)} of {len(jobs)} runs are excluded")
    return left


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
    taken = _values(dict(_parsed(given, loader)), some)
    fixed = {*given, *(overrides[0] for overrides in taken.values() if len(overrides) == 1)}
    return {override for override in fixed if key_of(override) != SEED} if _repeats(master) else fixed


def _repeats(master: DictConfig) -> bool:
    """Whether jobs with other seeds are to follow, so that each says its own."""
    return value_of(master.hydra.sweeper, "repeat") is not None


def _parsed(arguments: Sequence[str], loader: ConfigLoader) -> Iterator[tuple[str, Override | list[str]]]:
    """Each key, with its prefix, and what it takes: an override, or those that are read without a parser."""
    parser = OverridesParser.create(config_loader=loader)
    for argument in arguments:
        if long := _LONG_CHOICE.fullmatch(argument):
            yield long[1], [f"{long[1]}={as_override(parse(value))}" for value in long[2].split(",")]
            continue
        (override,) = parser.parse_overrides([argument])
        yield override.get_key_element(), override


def _intervals(parsed: Mapping[str, Override | list[str]]) -> list[str]:
    """The keys, without prefixes, whose values are an interval's."""
    return [key_of(key) for key, one in parsed.items() if _is_interval(one)]


def _is_interval(one: Override | list[str]) -> TypeGuard[Override]:
    return isinstance(one, Override) and bool(one.is_sweep_override() and one.is_interval_sweep())


def _values(
    parsed: Mapping[str, Override | list[str]], points: int | None, sample: Sample | None = None
) -> dict[str, list[str]]:
    """Each key, with its prefix, and the overrides that it takes in turn."""
    names = _intervals(parsed)
    places = dict(zip(names, sample.places(points or 1, len(names)).T, strict=True)) if sample else {}
    return {key: list(_taken(key, one, points, places)) for key, one in parsed.items()}


def _taken(
    key: str, one: Override | list[str], points: int | None, places: Mapping[str, Array]
) -> Iterable[str]:
    if not isinstance(one, Override):
        return one
    if one.is_delete() and one.value_type is None:  # ~key, and no value to compare
        return [key]
    if not one.is_sweep_override():
        return [f"{key}={one.get_value_element_as_str()}"]
    if _is_interval(one):
        return [f"{key}={value}" for value in values_of(one, points, places.get(key_of(key)))]
    try:
        return [f"{key}={value}" for value in one.sweep_string_iterator()]
    except (TypeError, ValueError) as error:  # of range, which says what it takes
        why = plain(str(error)) or "has values that do not go together"
        raise RunnerError(f"{show(one.input_line)}: {why}") from None


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
