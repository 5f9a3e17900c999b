"""What Hydra is told of each job: its callbacks as it starts and ends, its sweeper in the end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import overload

from hydra.core.utils import JobReturn, JobRuntime, JobStatus
from hydra.experimental.callback import Callback
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from runner.config.resolved import without_hydra
from runner.records.lines import Line
from runner.sweeping.jobs import Job, Jobs
from runner.work import Outcome


class LazyJobReturn(JobReturn):
    """A job's return, with its line of the table; its configurations are composed when they are asked for."""

    def __init__(self, jobs: Jobs, outcome: Outcome) -> None:
        self.line = outcome.line
        self.overrides = jobs.overrides_of(outcome.line.run)
        self.working_dir = os.getcwd()
        self.status = JobStatus.FAILED if outcome.error is not None else JobStatus.COMPLETED
        self.return_value = outcome.error or outcome.line.result_for(jobs.composer.objective)
        self._compose = partial(jobs.composer.compose, outcome.line.run, self.overrides)

    @property
    def task_name(self) -> str:  # type: ignore[override]
        """The name that Hydra has for the task."""
        return str(JobRuntime.instance().get("name"))

    @cached_property
    def _composed(self) -> DictConfig:
        return self._compose()

    @property
    def cfg(self) -> DictConfig:  # type: ignore[override]
        """The configuration that the task was given."""
        return without_hydra(self._composed)

    @property
    def hydra_cfg(self) -> DictConfig:  # type: ignore[override]
        """Hydra's own part of it."""
        return OmegaConf.masked_copy(self._composed, "hydra")


class Returns(Sequence[JobReturn]):
    """The returns of a batch's jobs, in order, each made when it is asked for."""

    def __init__(self, jobs: Jobs, lines: Mapping[int, Line], failed: Mapping[int, BaseException]) -> None:
        self._jobs = jobs
        self._lines = lines
        self._failed = failed

    @property
    def lines(self) -> Iterator[Line]:
        """The lines of the jobs' runs."""
        return map(self._lines.__getitem__, self._jobs.numbers)

    def __len__(self) -> int:
        return len(self._jobs)

    @overload
    def __getitem__(self, at: int) -> JobReturn: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[JobReturn]: ...

    def __getitem__(self, at: int | slice) -> JobReturn | Sequence[JobReturn]:
        numbers = self._jobs.numbers[at]
        return self._of(numbers) if isinstance(numbers, int) else list(map(self._of, numbers))

    def _of(self, number: int) -> LazyJobReturn:
        return LazyJobReturn(self._jobs, Outcome(self._lines[number], self._failed.get(number)))


class Watchers:
    """Hydra's callbacks that want to see every job; most sweeps have none, and pay nothing."""

    def __init__(self, context: HydraContext, task_function: TaskFunction) -> None:
        self.task_function = task_function
        self.configs: dict[int, DictConfig] = {}
        self.notify = context.callbacks
        self.has_any = any(
            getattr(type(callback), name, None) is not getattr(Callback, name)
            for callback in context.callbacks.callbacks
            for name in ("on_job_start", "on_job_end")
        )

    def start(self, job: Job) -> None:
        """Tells them of a job that is about to be run."""
        if self.has_any:
            self.configs[job.number] = job.compose()
            self.notify.on_job_start(config=self.configs[job.number], task_function=self.task_function)

    def end(self, jobs: Jobs, outcome: Outcome) -> None:
        """Tells them what has become of one of the jobs."""
        if config := self.configs.pop(outcome.line.run, None):
            self.notify.on_job_end(config=config, job_return=LazyJobReturn(jobs, outcome))
