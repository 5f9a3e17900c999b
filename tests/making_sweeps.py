"""Sweeps for tests and benchmarks, trained as one stack and written as the commands write them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

from omegaconf import OmegaConf

from runner.config import Cache, experiment
from runner.config.compose import compose
from runner.records.lines import Line
from runner.records.runs_table import RunsTable
from runner.work import Work, run_stack


def make_sweep(
    folder: Path, swept: Mapping[str, Sequence[object]], overrides: Sequence[str] = (), runs_csv: bool = True
) -> Path:
    """A sweep over every combination of `swept` in `folder`, as the commands would have written it.

    Keys are set in one composed configuration: groups cannot be swept here. Runs that cannot share
    arrays are trained one by one.
    """
    config, cache = compose(list(overrides)), Cache()
    combinations = list(product(*swept.values()))
    works = []
    for number, values in enumerate(combinations):
        marks = dict(zip(swept, values, strict=True))
        for key, value in marks.items():
            OmegaConf.update(config, key, value)
        record = folder / str(number) / ".hydra"
        record.mkdir(parents=True)
        (record / "config.yaml").write_text(OmegaConf.to_yaml(config))
        said = [*overrides, *(f"{key}={value}" for key, value in marks.items())]
        (record / "overrides.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(said)))
        line = Line(number, marks, directory=str(number))
        works.append(Work(line, str(record.parent), experiment(config, cache)))
    together = len({work.experiment.stack_key for work in works}) == 1
    outcomes = [outcome for stack in ([works] if together else zip(works)) for outcome in run_stack(stack)]
    assert not any(outcome.error for outcome in outcomes)
    if runs_csv:
        RunsTable(folder, [outcome.line for outcome in outcomes]).write()
    given = [*overrides, *(f"{key}={','.join(map(str, values))}" for key, values in swept.items())]
    (folder / "multirun.yaml").write_text(OmegaConf.to_yaml({"hydra": {"overrides": {"task": given}}}))
    return folder


def lines(sweep: Path) -> list[dict[str, str]]:
    """The lines of a sweep's ``runs.csv``, cell by cell."""
    with open(sweep / "runs.csv", newline="") as f:
        return list(csv.DictReader(f))
