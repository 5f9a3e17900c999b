"""Sweeps for tests and benchmarks, trained as one stack and written as the commands write them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path

from hydra.types import RunMode
from omegaconf import OmegaConf

from runner.config import Cache, experiment
from runner.config.compose import composing, replacing
from runner.hydra_internals import as_override
from runner.records.lines import Line
from runner.records.names import FOLDERS
from runner.records.runs_table import RunsTable
from runner.records.stack_files import Into
from runner.sweeping.jobs import Composer
from runner.training.recorder import ROW_BYTES
from runner.work import Work, run_stack


def make_sweep(
    folder: Path,
    swept: Mapping[str, Sequence[object]],
    overrides: Sequence[str] = (),
    runs_csv: bool = True,
    store: str = FOLDERS,
    row_bytes: int = ROW_BYTES,
) -> Path:
    """A sweep over every combination of `swept` in `folder`, as the commands would have written it.

    Runs that cannot share arrays are trained one by one.
    """
    shared, works = Cache(), []
    into = None if store == FOLDERS else Into(store, str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    for number, values in enumerate(product(*swept.values())):
        marks = dict(zip(swept, values, strict=True))
        chosen = [f"{key}={as_override(value)}" for key, value in marks.items()]
        job = composer().job(number, replacing([*overrides, *chosen]))
        line = Line(number, marks, directory=str(number))
        works.append(Work(line, str(folder / str(number)), experiment(job.config, shared), job.files, into))
    together = len({work.experiment.stack_key for work in works}) == 1
    stacks = [works] if together else zip(works)
    outcomes = [outcome for stack in stacks for outcome in run_stack(stack, row_bytes)]
    assert not any(outcome.error for outcome in outcomes)
    if runs_csv:
        RunsTable(folder, [outcome.line for outcome in outcomes]).write()
    given = [*overrides, *(f"{key}={','.join(map(str, values))}" for key, values in swept.items())]
    (folder / "multirun.yaml").write_text(OmegaConf.to_yaml({"hydra": {"overrides": {"task": given}}}))
    return folder


@cache
def composer() -> Composer:
    """Composes what all these sweeps are made of; what is alike in two of them it composes once."""
    with composing() as (hydra, _):
        master = hydra.compose_config("config", [], RunMode.MULTIRUN, from_shell=False)
        return Composer(hydra.config_loader, master)


def lines(sweep: Path) -> list[dict[str, str]]:
    """The lines of a sweep's ``runs.csv``, cell by cell."""
    with open(sweep / "runs.csv", newline="") as f:
        return list(csv.DictReader(f))
