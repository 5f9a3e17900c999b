"""Which runs: those of a table, and without those that are excluded."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Any

from omegaconf import OmegaConf

from runner.errors import ConfigError, RunnerError
from runner.files import plain
from runner.overrides import key_of, parse, quoted
from runner.sweeping.many_jobs import ManyJobs

TABLE, EXCLUDE = "hydra.sweeper.table", "hydra.sweeper.exclude"

#: Keys that a table may not have: it may come from anybody.
NO_DATA = re.compile(r"\W*(hydra|plugins)\b")


def rows_of(path: Any) -> dict[str, list[str]]:
    """A table's columns as overrides, a row a run: each key and the overrides that it takes; none for null.

    It is CSV with a column a key; of one that is as ``runs.csv`` those of the swept keys, before ``status``.
    An empty cell is null. Raises RunnerError for what is none.
    """
    if path is None:
        return {}
    try:
        with open(plain(str(path)), newline="", encoding="utf-8-sig") as f:
            header, *rows = csv.reader(f)
    except (OSError, ValueError, csv.Error) as error:
        text = error.strerror if isinstance(error, OSError) else error
        raise RunnerError(f"{TABLE}={path}: cannot be read as CSV: {text}") from None
    keys = _keys(header)
    if not keys or not rows:
        what = "rows" if keys else "columns of keys, as learning_rate"
        raise RunnerError(f"{TABLE}={path}: has no {what}")
    if code := next((key for key in keys.values() if NO_DATA.match(key)), None):
        raise RunnerError(
            f"{TABLE}={path}: has a column {code}: that says what code runs; type it, or leave it out"
        )
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise RunnerError(f"{TABLE}={path}, line {number}: has {len(row)} cells, not {len(header)}")
    return {key: [f"{key}={_value(row[at])}" for row in rows] for at, key in keys.items()}


def _keys(header: Sequence[str]) -> dict[int, str]:
    """The columns of keys, by their places: without a run's number, or the unnamed one of a frame's index."""
    end = header.index("status") if "status" in header else len(header)
    return {at: name for at, name in enumerate(header[:end]) if name and (at > 0 or name != "run")}


def _value(cell: str) -> str:
    """A cell as the value of an override: as it is, where that can be read."""
    if not cell:
        return "null"
    try:
        parse(cell)
    except Exception:  # whatever the grammar says: it is text
        return quoted(cell)
    return cell


def without_excluded(jobs: ManyJobs, excluded: Any) -> ManyJobs:
    """The jobs but those that have all values of one of the mappings in `excluded`, or nothing for null.

    Raises ConfigError for what is no list of such, for a key that no job has, and where no job is left.
    """
    rules: Any = OmegaConf.to_container(excluded) if OmegaConf.is_config(excluded) else excluded or []
    if not isinstance(rules, list) or not all(isinstance(rule, dict) and rule for rule in rules):
        allowed = "must be a list of keys and values, as [{optimizer: adam, learning_rate: 1}]"
        raise ConfigError(EXCLUDE, rules, allowed)
    if not rules:
        return jobs
    known = {key_of(override) for job in jobs for override in job}
    for key in (key for rule in rules for key in rule if key not in known):
        raise ConfigError(EXCLUDE, rules, f"has {key}, which is not swept")
    left = jobs.picked(at for at, job in enumerate(jobs) if not any(_has(job, rule) for rule in rules))
    if jobs and not left:
        raise ConfigError(EXCLUDE, rules, f"excludes all {len(jobs)} runs")
    return left


def _has(job: Sequence[str], rule: Mapping[str, Any]) -> bool:
    values = {key_of(override): override.partition("=")[2] for override in job}
    return all(key in values and _is(values[key], value) for key, value in rule.items())


def _is(written: str, value: Any) -> bool:
    """Whether an override's value is this one."""
    return written == str(value) or (type(value) is not str and parse(written) == value)
