"""A sweep's jobs, batch by batch, to files, table and ``JobReturn``s: what the launcher does."""

from __future__ import annotations

import logging
import math
import os
import signal
from array import array
from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from hydra.core.utils import JobReturn, configure_log, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from runner.errors import RunnerError
from runner.files import inner
from runner.guard import claimed, refuse_others
from runner.halting import HALT, Interruption
from runner.hydra_internals import basic_launcher
from runner.records.lines import Line, read_lines
from runner.records.locks import inside
from runner.records.names import FOLDERS, INTERRUPTED, RUNS, is_left, is_part
from runner.records.runs_table import RunsTable
from runner.records.stack_files import Into, clear_parts
from runner.records.writing import clear, refuse_finished
from runner.requests import is_grid
from runner.sweeping.asking import SweepCost, cost_of_sweep, refuse_beyond
from runner.sweeping.grid import asked_for, expected, fixed_overrides, swept_of
from runner.sweeping.jobs import Job, Jobs, composer_of
from runner.sweeping.many_jobs import ManyJobs
from runner.sweeping.plugin_keys import AUTO, LauncherSettings
from runner.sweeping.progress import Progress
from runner.sweeping.resuming import Resumption
from runner.sweeping.returns import Returns, Watchers
from runner.sweeping.workers import train_stacks
from runner.training.experiment import Experiment
from runner.training.pausing import Paused
from runner.training.stacking import stacked
from runner.work import Outcome, Work, failure

log = logging.getLogger(__name__)


class Batched(Protocol):
    """The batched form of a task function, its attribute ``batched``; without it jobs are run one by one."""

    def prepare(self, config: dict[str, Any]) -> Experiment:
        """The run that a job's configuration describes; raises RunnerError where it is wrong."""

    def group(self, config: dict[str, Any]) -> Hashable:
        """Runs of different groups never share a stack: one group is done before the next is prepared."""


def wants_a_process_of_its_own(master: DictConfig) -> bool:
    """Whether jobs ask for a working directory or an environment that a stack cannot have."""
    job = master.hydra.job
    return bool(job.chdir) or bool(job.env_set) or bool(job.env_copy)


@dataclass
class Sweep:
    """A sweep whose jobs come in one batch or in several, and its table, which has all of them."""

    settings: LauncherSettings
    context: HydraContext
    task_function: TaskFunction
    master: DictConfig
    table: RunsTable | None = None
    fixed: Set[str] = frozenset()
    hashes: dict[str, str] = field(default_factory=dict)  # of the files that runs were made from

    def __post_init__(self) -> None:
        self.batched: Batched | None = getattr(self.task_function, "batched", None)
        self.folder = Path(os.path.abspath(str(self.master.hydra.sweep.dir)))
        store = self.settings.store
        self.into = None if store == FOLDERS else Into(store, str(self.folder))
        self.composer = composer_of(self.context.config_loader, self.master)

    def launch(self, job_overrides: Sequence[Sequence[str]], first: int) -> Sequence[JobReturn]:
        """Runs the jobs and returns a JobReturn a job, in order; see Hydra's ``Launcher.launch``."""
        setup_globals()
        configure_log(self.master.hydra.hydra_logging, self.master.hydra.verbose)
        if self.batched is None or wants_a_process_of_its_own(self.master):
            return self._one_by_one(job_overrides, first)
        if not is_grid(self.master.hydra.sweeper):  # which has asked already
            refuse_beyond(self._cost(job_overrides))
        self.folder.mkdir(parents=True, exist_ok=True)
        with claimed(self.folder, self.context.callbacks.callbacks):
            clear(self.folder, is_part)
            clear_parts(self.folder)
            table = self.table = self.table or self._table(job_overrides)
            return _Batch(self, self.batched, table, Jobs(self.composer, job_overrides, first)).run()

    def settled(self, jobs: Sequence[Sequence[str]]) -> LauncherSettings:
        """The settings, with a number of workers that such jobs pay for."""
        return self._cost(jobs).settings if self.settings.n_jobs == AUTO else self.settings

    def _cost(self, jobs: Sequence[Sequence[str]]) -> SweepCost:
        return cost_of_sweep(jobs, self._prepared, self.settings, self.folder)

    def _prepared(self, job: Sequence[str]) -> Experiment:
        assert self.batched is not None
        return self.batched.prepare(self.composer.job(0, job).config)

    def _one_by_one(self, job_overrides: Sequence[Sequence[str]], first: int) -> Sequence[JobReturn]:
        if self.settings.resume:
            raise RunnerError(
                "hydra.launcher.resume=true: these jobs run one by one, which cannot be resumed"
            )
        if self.into is not None:
            raise RunnerError(
                f"hydra.launcher.store={self.into.store}: these jobs run one by one, into folders"
            )
        basic = basic_launcher()
        basic.setup(hydra_context=self.context, task_function=self.task_function, config=self.master)
        return basic.launch(job_overrides, first)

    def _table(self, job_overrides: Sequence[Sequence[str]]) -> RunsTable:
        """The table before the first batch: with the runs of all, where that can be told."""
        loader = self.context.config_loader
        self.fixed = fixed_overrides(self.master, loader)
        table = RunsTable(self.folder, [])
        if self.master.hydra.sweeper.get("max_batch_size") is not None:
            everything = asked_for(self.master, loader)
            if everything[: len(job_overrides)] == job_overrides:
                table.expect(expected(everything, self.master, self.fixed))
                if self.settings.resume:
                    table.expect(read_lines(self.folder / RUNS))
        return table

    def directory(self, job: Job) -> str:
        """A job's folder, as seen from the sweep's."""
        return inside(job.folder, str(self.folder))

    def unchanged(self, made: Experiment) -> Experiment:
        """The run, if its files are as others of this sweep have found them. Raises RunnerError otherwise."""
        for source in made.sources:
            if self.hashes.setdefault(source.path, source.sha256) != source.sha256:
                raise RunnerError(f"{source.path}: has changed since the sweep began; put it back and resume")
        return made


class _Batch:
    """Jobs that are run together, and what has become of them."""

    def __init__(self, sweep: Sweep, batched: Batched, table: RunsTable, jobs: Jobs) -> None:
        """Raises RunnerError where one of them may not be run, and before anything is written."""
        self.sweep = sweep
        self.batched = batched
        self.jobs = jobs
        self.table = table
        self.failed: dict[int, BaseException] = {}
        self.unprepared: deque[Outcome] = deque()  # that failed before they were trained
        self.paused: Mapping[int, Paused] = {}  # that were interrupted, and are taken up
        self.watchers = Watchers(sweep.context, sweep.task_function)
        self.groups: dict[Hashable, array[int]] = {}
        self.there = set(os.listdir(sweep.folder))  # where an earlier try may have left something
        self.table.expect(self._expected())

    def _expected(self) -> Iterator[Line]:
        """The lines of the jobs before they are run; puts these into their groups."""
        taken = {line.directory: number for number, line in self.table.lines.items() if line.directory}
        for number, job in self.jobs.items():
            directory = self._free(job, taken)
            self.groups.setdefault(self.batched.group(job.config), array("q")).append(number)
            yield Line(number, swept_of(job.overrides, self.sweep.fixed), directory=directory)

    def _free(self, job: Job, taken: dict[str, int]) -> str:
        """A job's folder, as seen from the sweep's.

        No run may write where another does or did, whatever ``hydra.sweep.subdir`` makes of it.
        """
        directory = self.sweep.directory(job)
        if os.path.isabs(directory):
            raise RunnerError(
                f"hydra.sweep.subdir: run {job.number} would be in {job.folder}, and must be inside "
                f"hydra.sweep.dir={self.sweep.folder}; name a folder in it"
            )
        if _top(directory) in self.there:
            inner(self.sweep.folder, directory)
            if not self.sweep.settings.resume:
                refuse_finished(job.folder)
                refuse_others(Path(job.folder), job.files.template.subdir)
        first = taken.setdefault(directory, job.number)
        if first != job.number:
            raise RunnerError(
                f"hydra.sweep.subdir: runs {first} and {job.number} would both be in "
                f"{directory}; name all that is swept in it, or ${{hydra.job.num}}"
            )
        return directory

    def run(self) -> Returns:
        """Runs those that are not done; the JobReturns of all."""
        settings = self.sweep.settings
        with Progress(len(self.jobs)) as self.progress:
            if settings.resume:
                self._leave_out_what_is_done()  # until here a sweep may be refused, and nothing is written
            try:
                todo = array("q", chain(*self.groups.values()))
                settings = self.sweep.settled(ManyJobs(self.jobs.overrides_of, todo))
                stacks = self._stacks(len(todo), settings)
                part, folder = self.progress.part, self.sweep.folder
                for outcomes in train_stacks(stacks, settings, part, folder, self._clear_after_workers):
                    self._take(outcomes)
                self._take([])
                if HALT():
                    raise KeyboardInterrupt
            except KeyboardInterrupt:
                raise Interruption(HALT.number or signal.SIGINT, self._how_to_go_on()) from None
            finally:
                if self.table.is_begun:
                    self.table.write()
        return Returns(self.jobs, self.table.lines, self.failed)

    def _clear_after_workers(self) -> None:
        """Removes what a worker that died may have been at."""
        there = set(os.listdir(self.sweep.folder))
        for number in self.jobs:
            directory = self.table.lines[number].directory
            if _top(directory) in there:
                clear(self.sweep.folder / directory, is_part)
        clear_parts(self.sweep.folder)

    def _leave_out_what_is_done(self) -> None:
        """Takes the lines of those jobs that whole files tell of, and where others were interrupted."""
        resumed = Resumption(self.jobs, {n: self.table.lines[n].directory for n in self.jobs})
        self.table.lines.take(line.with_keys(self.table.lines.swept) for line in resumed.done.values())
        self.progress.skip(line.status for line in resumed.done.values())
        self.paused = resumed.paused
        if resumed.spoilt:
            log.warning(resumed.warning())
        for key, group in self.groups.items():
            self.groups[key] = array("q", (number for number in group if number not in resumed.done))
            for number in self.groups[key]:
                job = self.jobs[number]
                refuse_others(Path(job.folder), job.files.template.subdir)

    def _stacks(self, jobs: int, settings: LauncherSettings) -> Iterator[list[Work]]:
        """The stacks of so many jobs, each made as somebody is there to train it, in whatever thread."""
        if not self.table.is_begun:  # who reads it from now on, whatever ends this process, knows of all runs
            self.table.write()
        # No worker should wait for the others' last stack; how many a cluster has, only it knows.
        # Which runs are compared with which must not hang on workers.
        shares = settings.workers * (1 if settings.is_local else 16)
        fair = -(-jobs // shares) if settings.halver is None else None
        for group in self.groups.values():
            works = filter(None, (self._work(self.jobs[number]) for number in group))
            yield from stacked(works, lambda work: work.experiment, settings.widest, fair)

    def _work(self, job: Job) -> Work | None:
        """What a worker is to do for a job; None, and an outcome, where that cannot be prepared.

        None too where a signal has come.
        """
        if HALT():
            return None
        line, paused = self.table.lines[job.number], self.paused.get(job.number)
        if _top(line.directory) in self.there and os.path.isdir(job.folder):  # of an earlier try
            clear(job.folder, is_part if paused else is_left)
        self.watchers.start(job)
        try:
            made = self.sweep.unchanged(self.batched.prepare(job.config))
        except Exception as error:  # this run's own failure, whatever it is
            job.files.write(job.folder)
            self.unprepared.append(failure(line, job.folder, error))
            return None
        made = replace(made, paused=paused) if paused else made
        return Work(line, job.folder, made, job.files, None if paused else self.sweep.into)

    def _take(self, trained: Sequence[Outcome]) -> None:
        """Notes what has become of runs, and of those that could not be prepared meanwhile."""
        outcomes = [*(self.unprepared.popleft() for _ in range(len(self.unprepared))), *trained]
        for outcome in outcomes:
            if outcome.error is not None:
                self.failed[outcome.line.run] = outcome.error
            self.table.add(outcome.line)
            if outcome.line.status != INTERRUPTED:
                self.watchers.end(self.jobs, outcome)
        self.progress.add(outcome.line.status for outcome in outcomes)

    def _how_to_go_on(self) -> str:
        """How many runs are done and how many are begun, and how to go on."""
        self.table.catch_up()  # runs may be done though their stack is not
        lines = self.table.lines.values()
        left = [line for line in lines if line.status == INTERRUPTED]
        begun = sum(not math.isnan(line.result("epochs")) for line in left)
        kept = f", {begun} are kept as far as they were" if begun else ""
        return (
            f"interrupted: {len(lines) - len(left)} of {len(lines)} runs are done{kept}. "
            "To go on, the same command with\n"
            f"  hydra.sweep.dir={self.sweep.master.hydra.sweep.dir} hydra.launcher.resume=true"
        )


def _top(directory: str) -> str:
    """The folder in the sweep's that a run's is in, or is."""
    return directory.partition("/")[0]
