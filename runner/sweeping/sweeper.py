"""A whole sweep, from its arguments to its last word: what the grid sweeper does."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from runner.config.checks import choice, count
from runner.config.resolved import value_of
from runner.errors import ConfigError, RunnerError, describe
from runner.hydra_internals import error_of, load_keys
from runner.records.lines import Line, read_lines, varying_keys
from runner.records.locks import inside
from runner.records.machine import machine, machine_in, unlike
from runner.records.many_lines import Lines
from runner.records.names import ABOUT, FINISHED, MULTIRUN, RUNS, STATUSES, STOPPED
from runner.records.runs_table import RunsTable
from runner.records.writing import write_whole
from runner.remarks import deliver, place, remark, tell
from runner.requests import may_extend, raise_another, request_of
from runner.results.advice import advice
from runner.results.finding import AUTO, BY
from runner.results.ranking import default_metric, rank, verdict
from runner.sweeping.asking import SweepCost, cost_of_sweep, refuse_beyond
from runner.sweeping.dry_run import preview, refusal
from runner.sweeping.grid import asked_for, expected, fixed_overrides
from runner.sweeping.jobs import Composer, composer_of
from runner.sweeping.launching import wants_a_process_of_its_own
from runner.sweeping.many_jobs import ManyJobs
from runner.sweeping.plugin_keys import LauncherSettings
from runner.sweeping.refining import Refining
from runner.sweeping.repeating import Repeating
from runner.sweeping.resuming import in_recorded_order

#: Failed runs that the last word names.
FAILURES = 20


class Round(Protocol):
    """What makes a sweep go on after the jobs that it was asked for."""

    def next_jobs(self, jobs: Sequence[Sequence[str]], lines: Iterable[Line]) -> list[list[str]]:
        """The jobs that follow, by the lines of those so far; none in the end."""

    def verdicts(self, jobs: Sequence[Sequence[str]], lines: Iterable[Line]) -> list[tuple[str, str]]:
        """What came of it: pairs of a heading and a text."""


class SweepFailedError(RunnerError):
    """Some runs of a sweep failed; the others are done."""


def sweep(
    config: DictConfig, context: HydraContext, task_function: TaskFunction, launcher: Launcher
) -> list[Sequence[JobReturn]]:
    """Runs the sweep that `config` asks for; returns the batches' JobReturns. See Hydra's ``Sweeper.sweep``.

    Raises SweepFailedError at the end where runs of a batched task have failed, and for any other
    task, as Hydra's basic sweeper does, the first error of a batch.
    """
    size, is_batched = config.hydra.sweeper.max_batch_size, hasattr(task_function, "batched")
    if size is not None and size < 1:
        raise ConfigError("hydra.sweeper.max_batch_size", size, "must be null or at least 1")
    jobs = asked_for(config, context.config_loader, is_ours=is_batched, tell=remark)
    folder, keeps_table = Path(str(config.hydra.sweep.dir)), getattr(launcher, "keeps_table", False)
    if is_batched and value_of(config.hydra.launcher, "resume") is True and may_extend(config.hydra.sweeper):
        jobs = _resumed(jobs, folder, config, fixed_overrides(config, context.config_loader))
    composer = composer_of(context.config_loader, config)
    refining, repeating = _refining(config, is_batched), _repeating(config, jobs, is_batched)
    if refining:
        prepare = task_function.batched.prepare  # type: ignore[attr-defined]
        refining.refuse_unfit(jobs, lambda job: prepare(composer.job(0, job).config))
    rounds: list[Round] = list(filter(None, [refining, repeating]))
    cost = _cost(jobs, composer, task_function, launcher, folder) if is_batched else None
    if config.hydra.sweeper.dry_run:
        deliver(
            preview(jobs, composer, task_function, cost) + "; more runs would follow" * bool(rounds) + "\n"
        )
        for line in refusal(cost) if cost is not None else ():
            deliver(f"{line}\n")
        return []
    if cost is not None:
        refuse_beyond(cost, _left(jobs, folder))
    folder.mkdir(parents=True, exist_ok=True)
    started, table = time.monotonic(), None
    if is_batched and (not keeps_table or wants_a_process_of_its_own(config)):
        fixed = fixed_overrides(config, context.config_loader)
        table = RunsTable(folder, expected(jobs, config, fixed))
    with _recorded(folder, config, keeps_table):
        batches = _launched(jobs, size or max(1, len(jobs)), launcher, table, is_batched)
        while more := _more(rounds, jobs, batches, table):
            remark(f"{len(more)} runs more, by what these have found")
            first, jobs = len(jobs), jobs.joined(more)
            if table is not None:
                table.expect(islice(expected(jobs, config, fixed), first, None))
            batches += _launched(jobs, size or len(more), launcher, table, is_batched, first)
    if is_batched:
        lines = _lines(batches, table)
        found = chain(*(a_round.verdicts(jobs, lines) for a_round in rounds))
        said = [*_verdict(lines, advises=refining is None), *found]
        _last_word(folder, lines, batches, time.monotonic() - started, said)
    return batches


def _cost(
    jobs: Sequence[list[str]],
    composer: Composer,
    task_function: TaskFunction,
    launcher: Launcher,
    folder: Path,
) -> SweepCost:
    """What the jobs would take. Raises ConfigError for a wrong key of our launcher."""
    is_ours = getattr(launcher, "keeps_table", False)
    settings = LauncherSettings(**(getattr(launcher, "settings", {}) if is_ours else {"n_jobs": 1}))
    prepare = task_function.batched.prepare  # type: ignore[attr-defined]
    return cost_of_sweep(jobs, lambda job: prepare(composer.job(0, job).config), settings, folder)


def _left(jobs: Sequence[list[str]], folder: Path) -> float:
    """The part of the jobs that a sweep in the folder has not done."""
    try:
        done = sum(line.status in (*FINISHED, STOPPED) for line in read_lines(folder / RUNS))
    except RunnerError:  # a table that is to be made anew
        return 1.0
    return max(0.0, 1 - done / max(1, len(jobs)))


def _more(
    rounds: Sequence[Round], jobs: Sequence[list[str]], batches: Sequence[Any], table: RunsTable | None
) -> list[list[str]]:
    """The jobs of the first round that has some. A sweep of another program has no rounds, and no lines."""
    lines = _lines(batches, table) if rounds else []
    return next(filter(None, (a_round.next_jobs(jobs, lines) for a_round in rounds)), [])


def _resumed(jobs: ManyJobs, folder: Path, config: DictConfig, fixed: Set[str]) -> ManyJobs:
    """The jobs in the order of the sweep that is there already, which may have fewer.

    Raises RunnerError where it has others.
    """
    ordered = in_recorded_order(jobs, Lines(read_lines(folder / RUNS)), fixed)
    if ordered is None:
        raise_another(folder, request_of(load_keys(folder / MULTIRUN, of_run=True)), request_of(config))
        raise RunnerError(f"{folder / RUNS}: has runs that this sweep does not ask for; name another folder")
    return ordered


def _refining(config: DictConfig, is_batched: bool) -> Refining | None:
    """How the sweep goes on after its first round, if it does. Raises ConfigError where it cannot."""
    metric = value_of(config.hydra.sweeper, "refine")
    if metric is not None and not is_batched:
        raise ConfigError("hydra.sweeper.refine", metric, "needs runs of backprop-runner; leave it out")
    return None if metric is None else Refining(choice([AUTO, *BY])("hydra.sweeper.refine", metric))


def _repeating(config: DictConfig, jobs: Sequence[Sequence[str]], is_batched: bool) -> Repeating | None:
    """How often the best setting is run again at the end, if it is. Raises ConfigError for what cannot be."""
    times = value_of(config.hydra.sweeper, "repeat")
    if times is None:
        return None
    if not is_batched:
        raise ConfigError("hydra.sweeper.repeat", times, "needs runs of backprop-runner; leave it out")
    return Repeating.of(count("hydra.sweeper.repeat", times), jobs)


def _lines(batches: Sequence[Any], table: RunsTable | None) -> list[Line]:
    """The lines of all runs so far, in job order."""
    return [*(chain(*(batch.lines for batch in batches)) if table is None else table.lines.values())]


@contextmanager
def _recorded(folder: Path, config: DictConfig, keeps_table: bool) -> Iterator[None]:
    """Writes what is asked for, as Hydra's basic sweeper does, and on what machine, unless resumed."""
    path, about = folder / MULTIRUN, folder / ABOUT
    is_new = not path.is_file()
    if not is_new and (differ := unlike(machine_in(folder))):
        remark(f"this sweep was begun elsewhere: {', '.join(differ)}; its runs may differ in last digits")
    if not is_new and request_of(load_keys(path, of_run=True)) != request_of(config):
        write_whole(path, OmegaConf.to_yaml(config).encode(), synced=True)  # more is asked for now
    if is_new:  # on the disk before all else: a sweep that cannot be told from others cannot be resumed
        write_whole(about, machine())
        write_whole(path, OmegaConf.to_yaml(config).encode(), synced=True)
    try:
        yield
    except BaseException:
        if is_new and keeps_table and not (folder / RUNS).exists():
            about.unlink(missing_ok=True)
            path.unlink()  # no run was begun: nothing is to look like a sweep
        raise


def _launched(
    jobs: Sequence[list[str]],
    size: int,
    launcher: Launcher,
    table: RunsTable | None,
    is_batched: bool,
    start: int = 0,
) -> list[Sequence[JobReturn]]:
    """The JobReturns of batches of `size`, one after the other, from job `start` on.

    `table` is kept where it is not None.
    """
    batches = []
    if table is not None:
        table.write()
    try:
        for first in range(start, len(jobs), size):
            batches.append(launcher.launch(jobs[first : first + size], initial_job_idx=first))
            if not is_batched:
                for job_return in batches[-1]:
                    _ = job_return.return_value  # raises where the job failed
            if table is not None:
                _place(table, first, batches[-1])
    finally:
        if table is not None:
            table.catch_up()
            table.write()
    return batches


def _place(table: RunsTable, first: int, returned: Sequence[JobReturn]) -> None:
    """Tells the table where the runs of a batch are, which begins with run `first`."""
    sweep = os.path.abspath(table.path.parent)
    for number, job_return in enumerate(returned, start=first):
        assert job_return.hydra_cfg is not None
        directory = inside(str(job_return.hydra_cfg.hydra.runtime.output_dir), sweep)
        table.lines[number] = table.lines[number]._replace(directory=directory)
    table.write()


def _last_word(
    folder: Path,
    lines: Sequence[Line],
    batches: Sequence[Sequence[JobReturn]],
    seconds: float,
    said: Sequence[tuple[str, str]],
) -> None:
    """Prints what became of the runs, and `said`; raises SweepFailedError where any failed."""
    counts = Counter(line.status for line in lines)
    ends = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    tell(f"{len(lines)} runs in {seconds:.1f} s: {ends}")
    for heading, text in said:
        tell(f"{heading}: {text}")
    place(folder / RUNS, "table: ")
    failed = list(_failed(lines, batches))
    if failed:
        told = (f"  run {line.run} ({_swept(line)}): {describe(error)}" for line, error in failed[:FAILURES])
        reasons = [line for text in told for line in text.split("\n")]
        if len(failed) > FAILURES:
            reasons.append(f"  and {len(failed) - FAILURES} more; error.txt in each folder says why")
        raise SweepFailedError(f"{len(failed)} of {len(lines)} runs failed:", *reasons)


def _failed(
    lines: Iterable[Line], batches: Iterable[Sequence[JobReturn]]
) -> Iterator[tuple[Line, BaseException]]:
    """The lines of the runs that failed, and why: only of those without a result the return is looked at."""
    places = ((batch, at) for batch in batches for at in range(len(batch)))
    for line, (batch, at) in zip(lines, places, strict=True):
        if line.status not in (*FINISHED, STOPPED) and batch[at].status == JobStatus.FAILED:
            yield line, error_of(batch[at])


def _swept(line: Line) -> str:
    return " ".join(f"{key}={value}" for key, value in line.swept.items())


def _verdict(lines: Sequence[Line], *, advises: bool) -> list[tuple[str, str]]:
    """What there is to say of the runs: which is the best and, if it `advises`, what to do next.

    Not every launcher knows that a key has but one value.
    """
    keys = [key for key in varying_keys(lines) if key != "seed"]

    def name(run: int) -> str:
        return ", ".join(f"{key}={lines[run].swept.get(key)}" for key in keys)

    ranking = rank(lines, keys, default_metric(lines))
    said = [each.said for each in advice(lines, keys, ranking, name)] if advises else []
    return verdict(lines, keys, ranking, name) + said
