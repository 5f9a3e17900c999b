"""A sweep from its jobs' overrides to files, table and ``JobReturn``s: what the launcher does."""

from __future__ import annotations

import logging
import os
from collections.abc import Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn, JobRuntime, JobStatus, configure_log, setup_globals
from hydra.experimental.callback import Callback
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from runner.config.compose import replacing
from runner.errors import ConfigError, RunnerError, one_of
from runner.guard import claimed, inside, refuse_others
from runner.records.about import refuse_other_files
from runner.records.table import (
    INTERRUPTED,
    RunsTable,
    read_summary,
    swept_keys,
    table_lines,
    unended,
    with_columns,
)
from runner.records.writing import (
    FILES,
    SUMMARY,
    changed,
    clear,
    clear_parts,
    recorded,
    refuse_finished,
    sum_of,
)
from runner.sweeping.grid import of_one_value, requested, with_params
from runner.sweeping.jobs import Composer, Job, task_of
from runner.sweeping.progress import Progress
from runner.sweeping.work import Outcome, Work, failure
from runner.sweeping.workers import BACKENDS, LOCAL, in_this_process, train_stacks
from runner.training.experiment import Experiment
from runner.training.stacking import MAX_MEMORY, in_bytes, row_bytes, stacked
from runner.work import key_of, swept_values

log = logging.getLogger(__name__)

#: Runs that are no more what they were, of which a resumption says what is wrong.
SPOILT = 20


class Batched(Protocol):
    """The batched form of a task function: an attribute ``batched`` that the launcher looks for.

    A task function without it is run job by job, as by Hydra's basic launcher.
    """

    def prepare(self, config: dict[str, Any]) -> Experiment:
        """The run that a job's configuration describes; raises RunnerError where it is wrong."""

    def group(self, config: dict[str, Any]) -> Hashable:
        """Runs of different groups never share a stack: one group is done before the next is prepared."""


@dataclass
class Settings:
    """The keys of ``hydra.launcher``, checked."""

    n_jobs: int = 1
    backend: str = "loky"
    resume: bool = False
    max_memory: int | str = MAX_MEMORY
    address: str | None = None

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ConfigError("hydra.launcher.backend", self.backend, one_of(BACKENDS, self.backend))
        if isinstance(self.n_jobs, bool) or not isinstance(self.n_jobs, int) or self.n_jobs == 0:
            raise ConfigError(
                "hydra.launcher.n_jobs", self.n_jobs, "must be a number of workers, or -1 for a worker a core"
            )
        if self.address is not None and self.backend in LOCAL:
            raise ConfigError(
                "hydra.launcher.address", self.address, "needs hydra.launcher.backend=dask or ray"
            )
        if not isinstance(self.resume, bool):
            raise ConfigError("hydra.launcher.resume", self.resume, "must be true or false")
        self.memory  # noqa: B018 - checks it

    @cached_property
    def memory(self) -> int:
        """`max_memory` in bytes, for all workers together."""
        return in_bytes("hydra.launcher.max_memory", self.max_memory)

    @property
    def local(self) -> bool:
        """Whether the workers are this machine's own, and `n_jobs` counts them."""
        return self.backend in LOCAL or self.address is None

    @property
    def workers(self) -> int:
        """How many workers share the memory."""
        if self.n_jobs > 0:
            return self.n_jobs
        from joblib import cpu_count

        return max(1, int(cpu_count()) + 1 + self.n_jobs)


class LazyJobReturn(JobReturn):
    """A job's return, with its line of the table.

    Its configurations are composed when somebody asks for them.
    """

    def __init__(self, job: Job, outcome: Outcome) -> None:
        self.job = job
        self.line = outcome.line
        self.overrides = job.overrides
        self.working_dir = os.getcwd()
        self.task_name = JobRuntime.instance().get("name")
        error = outcome.line.get("final_error", "")
        self.status = JobStatus.FAILED if outcome.error is not None else JobStatus.COMPLETED
        self._return_value = outcome.error or (float(error) if error != "" else float("nan"))

    @cached_property
    def _composed(self) -> DictConfig:
        return self.job.compose()

    @property
    def cfg(self) -> DictConfig:  # type: ignore[override]
        return task_of(self._composed)

    @property
    def hydra_cfg(self) -> DictConfig:  # type: ignore[override]
        return OmegaConf.masked_copy(self._composed, "hydra")


def launch(
    settings: Settings,
    context: HydraContext,
    task_function: TaskFunction,
    master: DictConfig,
    job_overrides: Sequence[Sequence[str]],
    first_number: int,
    lines: dict[int, Mapping[str, Any]],
) -> Sequence[JobReturn]:
    """Runs the jobs and returns a JobReturn a job, in order; see Hydra's ``Launcher.launch``.

    `lines` are those of ``runs.csv``, of earlier batches of the same sweep too; it takes these jobs'.
    """
    setup_globals()
    configure_log(master.hydra.hydra_logging, master.hydra.verbose)
    batched = getattr(task_function, "batched", None)
    if batched is None or wants_a_process_of_its_own(master):
        if settings.resume:
            raise RunnerError(
                "hydra.launcher.resume=true: these jobs run one by one, which cannot be resumed"
            )
        return _one_by_one(context, task_function, master, job_overrides, first_number)
    sweep = _Sweep(settings, context, task_function, batched, master, lines)
    with claimed(sweep.folder):
        return sweep.run(job_overrides, first_number)


def wants_a_process_of_its_own(master: DictConfig) -> bool:
    """Whether jobs ask for a working directory or an environment that a stack cannot have."""
    job = master.hydra.job
    return bool(job.chdir) or bool(job.env_set) or bool(job.env_copy)


def _one_by_one(
    context: HydraContext,
    task_function: TaskFunction,
    master: DictConfig,
    job_overrides: Sequence[Sequence[str]],
    first_number: int,
) -> Sequence[JobReturn]:
    basic = BasicLauncher()
    basic.setup(hydra_context=context, task_function=task_function, config=master)
    return basic.launch(job_overrides, first_number)


@dataclass
class _Sweep:
    """One call of the launcher: a batch of jobs, and what has become of them."""

    settings: Settings
    context: HydraContext
    task_function: TaskFunction
    batched: Batched
    master: DictConfig
    lines: dict[int, Mapping[str, Any]]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # the hashes of those that runs were made from
    begun: bool = False  # whether all these runs are in the table
    spoilt: dict[int, dict[str, str]] = field(default_factory=dict)  # what is wrong with the files of runs

    def __post_init__(self) -> None:
        self.folder = Path(str(self.master.hydra.sweep.dir)).absolute()
        self.folder.mkdir(parents=True, exist_ok=True)

    def run(self, job_overrides: Sequence[Sequence[str]], first: int) -> list[JobReturn]:
        clear_parts(self.folder)
        composer = Composer(self.context.config_loader, self.master)
        self.jobs = {first + i: composer.job(first + i, o) for i, o in enumerate(job_overrides)}
        self._refuse_taken_folders()
        self.fixed = _fixed_overrides(self.master, self.context.config_loader)
        self._expect(job_overrides)
        swept = dict.fromkeys(key for line in self.lines.values() for key in swept_keys(line))
        self.table = RunsTable(self.folder, list(swept), self.lines)
        self.watchers = _Watchers(self.context, self.task_function, self.jobs)
        with Progress(len(self.jobs)) as self.progress:
            todo = list(self._unfinished())  # until here a sweep may be refused, and nothing is written
            try:
                for outcomes in train_stacks(
                    self._stacks(todo),
                    row_bytes(self.share),
                    n_jobs=self.settings.workers,
                    backend=self.settings.backend,
                    address=self.settings.address,
                    tick=self.progress.part,
                ):
                    self._take(outcomes)
            except KeyboardInterrupt:
                self._interrupted()
                raise
            finally:
                if not in_this_process(self.settings.workers, self.settings.backend):
                    for job in self.jobs.values():  # a worker that died may have been at it
                        clear_parts(job.folder)
                if self.begun:
                    self.table.write()
        return [LazyJobReturn(job, self.outcomes[number]) for number, job in self.jobs.items()]

    @property
    def share(self) -> int:
        """The bytes that a worker may hold."""
        return self.settings.memory // self.settings.workers

    def _swept(self, job: Job) -> dict[str, object]:
        """What a job does not share with the whole sweep: keys, and their values as written."""
        return _swept(job.overrides, self.fixed)

    def _expect(self, job_overrides: Sequence[Sequence[str]]) -> None:
        """Gives every job its line, before the first batch those of all batches: none has ended."""
        self.begun = self.jobs.keys() <= self.lines.keys()
        if not self.lines and self.master.hydra.sweeper.get("max_batch_size") is not None:
            everything = requested(self.master, self.context.config_loader)
            if everything[: len(job_overrides)] == job_overrides:
                self.lines.update(expected(everything, self.master, self.context.config_loader))
                if self.settings.resume:
                    self.lines.update(table_lines(self.folder))
        for number, job in self.jobs.items():
            self.lines[number] = unended(number, self._swept(job), self._directory(job))

    def _directory(self, job: Job) -> str:
        return inside(job.folder, str(self.folder))

    def _refuse_taken_folders(self) -> None:
        """No run may write where another does or did, whatever ``hydra.sweep.subdir`` makes of it."""
        taken = {line["directory"]: number for number, line in self.lines.items() if line["directory"]}
        for job in self.jobs.values():
            if not self.settings.resume:
                refuse_finished(job.folder)
            if os.path.isabs(self._directory(job)):
                raise RunnerError(
                    f"hydra.sweep.subdir: run {job.number} would be in {job.folder}, and must be inside "
                    f"hydra.sweep.dir={self.folder}; name a folder in it"
                )
            first = taken.setdefault(self._directory(job), job.number)
            if first != job.number:
                raise RunnerError(
                    f"hydra.sweep.subdir: runs {first} and {job.number} would both be in "
                    f"{self._directory(job)}; name all that is swept in it, or ${{hydra.job.num}}"
                )

    def _unfinished(self) -> Iterator[Job]:
        """The jobs that are to be done: with `resume`, those that no whole files tell of."""
        for job in self.jobs.values():
            row = self._done(job) if self.settings.resume else None
            if row is None:
                refuse_others(Path(job.folder), job.files.layout.subdir)
                yield job
                continue
            line = with_columns(row, self.table.swept)
            self.outcomes[job.number] = Outcome(job.number, line)
            self.table.lines[job.number] = line
            self.progress.skip([line["status"]])
        if self.spoilt:
            log.warning(self._spoilt())

    def _done(self, job: Job) -> dict[str, str] | None:
        """The row of a run that is done; None for one that is not, or whose files are not as they were.

        Raises RunnerError for the result of another run, or of another configuration.
        """
        row, directory = recorded(job.folder), self._directory(job)
        if row is None:
            if os.path.exists(f"{job.folder}/{SUMMARY}"):
                self.spoilt[job.number] = {SUMMARY: "is cut"}
            return None
        if (row["run"], row["directory"]) != (str(job.number), directory):
            raise RunnerError(
                f"hydra.launcher.resume=true: {job.folder} is to hold run {job.number}, and its {SUMMARY} is "
                f"that of run {row['run']} in {row['directory']}; put the folder back, or remove it"
            )
        faults = changed(job.folder, row)
        path = _record(job)
        if path is not None and not (path.is_file() and path.read_bytes().strip(b"\0")):
            faults[str(path.relative_to(job.folder))] = "is gone"
        if faults:
            self.spoilt[job.number] = faults
            return None
        _refuse_if_different(job)
        return row

    def _spoilt(self) -> str:
        """Which runs are trained again though they were done, and whose files they have instead."""
        rows = {number: recorded(job.folder) or {} for number, job in self.jobs.items()}
        owners = {(name, row[name]): number for number, row in rows.items() for name in FILES if name in row}
        lines = []
        for number, faults in list(self.spoilt.items())[:SPOILT]:
            for name, fault in faults.items():
                owner = owners.get((name, str(sum_of(Path(self.jobs[number].folder, name)))))
                lines.append(
                    f"  run {number}: {name} {fault}" + ("" if owner is None else f", those of run {owner}")
                )
        more = [f"  and {len(self.spoilt) - SPOILT} more"] if len(self.spoilt) > SPOILT else []
        again = "runs are not as they were written, and are trained again:"
        return "\n".join([f"{len(self.spoilt)} of {len(self.jobs)} {again}", *lines, *more])

    def _stacks(self, jobs: Sequence[Job]) -> Iterator[list[Work]]:
        if not self.begun:  # who reads it from now on, whatever ends this process, knows of all runs
            self.begun = True
            self.table.write()
        # No worker should wait for the others' last stack; how many a cluster has, only it knows.
        fair = -(-len(jobs) // (self.settings.workers * (1 if self.settings.local else 16)))
        groups: dict[Hashable, list[Job]] = {}
        for job in jobs:
            groups.setdefault(self.batched.group(job.config), []).append(job)
        for group in groups.values():
            yield from stacked(
                self._works(group), lambda work: work.experiment, max_bytes=self.share, most=fair
            )

    def _works(self, jobs: Sequence[Job]) -> Iterator[Work]:
        for job in jobs:
            swept, directory = self._swept(job), self._directory(job)
            if os.path.isdir(job.folder):
                clear(job.folder)  # of an earlier try
            self.watchers.start(job)
            try:
                made = self._unchanged(self.batched.prepare(job.config))
            except Exception as error:  # this run's own failure, whatever it is
                job.files.write(job.folder)
                self._take([failure(job.number, swept, directory, job.folder, error)])
                continue
            yield Work(job.number, made, job.folder, job.files, swept, directory)

    def _unchanged(self, made: Experiment) -> Experiment:
        """The run, if its files are as others of this sweep have found them. Raises RunnerError otherwise."""
        for source in made.sources:
            if self.files.setdefault(source.path, source.sha256) != source.sha256:
                raise RunnerError(f"{source.path}: has changed since the sweep began; put it back and resume")
        return made

    def _take(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self.outcomes[outcome.number] = outcome
            self.table.add(outcome.number, outcome.line)
            if self.watchers.callbacks:
                job = self.jobs[outcome.number]
                self.watchers.end(job, LazyJobReturn(job, outcome))
        self.progress.add(str(outcome.line["status"]) for outcome in outcomes)

    def _interrupted(self) -> None:
        """Says which runs are done; the folders of the others hold no result."""
        for number, job in self.jobs.items():
            if number not in self.outcomes and (
                whole := read_summary(job.folder)
            ):  # though its stack was not
                self.table.lines[number] = whole
        left = sum(line["status"] == INTERRUPTED for line in self.lines.values())
        log.warning(
            f"{len(self.lines) - left} of {len(self.lines)} runs are done. To go on, the same command with\n"
            f"  hydra.sweep.dir={self.master.hydra.sweep.dir} hydra.launcher.resume=true"
        )


class _Watchers:
    """Hydra's callbacks that want to see every job; most sweeps have none, and pay nothing."""

    def __init__(self, context: HydraContext, task_function: TaskFunction, jobs: dict[int, Job]) -> None:
        self.task_function = task_function
        self.configs: dict[int, DictConfig] = {}
        self.notify = context.callbacks
        self.callbacks = [
            callback
            for callback in context.callbacks.callbacks
            if not isinstance(callback, Callback)
            or type(callback).on_job_start is not Callback.on_job_start
            or type(callback).on_job_end is not Callback.on_job_end
        ]

    def start(self, job: Job) -> None:
        if self.callbacks:
            self.configs[job.number] = job.compose()
            self.notify.on_job_start(config=self.configs[job.number], task_function=self.task_function)

    def end(self, job: Job, returned: JobReturn) -> None:
        if config := self.configs.pop(job.number, None):
            self.notify.on_job_end(config=config, job_return=returned)


def expected(
    jobs: Sequence[Sequence[str]], master: DictConfig, loader: ConfigLoader
) -> dict[int, dict[str, Any]]:
    """The lines of a sweep's jobs before they are composed: with their folders, where numbers name these."""
    fixed = _fixed_overrides(master, loader)
    sweep: Any = OmegaConf.to_container(master.hydra.sweep, resolve=False)
    numbers = sweep["subdir"] == "${hydra.job.num}"
    return {
        number: unended(number, _swept(overrides, fixed), str(number) if numbers else "")
        for number, overrides in enumerate(jobs)
    }


def _swept(overrides: Sequence[str], fixed: Set[str]) -> dict[str, object]:
    """The keys and values of the overrides that are not `fixed` for the whole sweep, of each key the last."""
    last = {key_of(override): override for override in overrides}
    return swept_values(override for override in last.values() if override not in fixed)


def _fixed_overrides(master: DictConfig, loader: ConfigLoader) -> set[str]:
    """The overrides that all jobs of a sweep share: as they were given, and as a sweeper writes them."""
    asked: Any = OmegaConf.to_container(master.hydra, resolve=False)
    given = replacing(with_params(asked["sweeper"].get("params"), asked["overrides"]["task"]))
    return {*given, *of_one_value(given, loader)}


def _record(job: Job) -> Path | None:
    """Where Hydra's record of a job's configuration is, if there is to be one."""
    subdir = job.files.layout.subdir
    return None if subdir is None else Path(job.folder, subdir, "config.yaml")


def _refuse_if_different(job: Job) -> None:
    """Raises RunnerError where a finished run was made from another configuration, or from other files."""
    _refuse_other_configuration(job)
    try:
        refuse_other_files(job.folder, job.config)
    except RunnerError as error:
        raise RunnerError(f"hydra.launcher.resume=true: {error}") from None


def _refuse_other_configuration(job: Job) -> None:
    path, now = _record(job), job.files.config()
    if path is None or (before := path.read_bytes()) == now:
        return
    there, here = (set(text.decode().splitlines()) for text in (before, now))
    only = [f"  there: {line.strip()}" for line in before.decode().splitlines() if line not in here]
    only += [f"  here:  {line.strip()}" for line in now.decode().splitlines() if line not in there]
    raise RunnerError(
        f"hydra.launcher.resume=true: run {job.number} in {job.folder} was made from another configuration:\n"
        + "\n".join(only)
    )
