"""What a resumed sweep takes for done: runs whose files are as they were written, and no others."""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from pathlib import Path

from runner.config.sources import refuse_other_files
from runner.errors import RunnerError, about
from runner.files import kept
from runner.records.checkpoint import checkpoint_of
from runner.records.checksums import changed, recorded, sum_of
from runner.records.lines import Line
from runner.records.many_lines import Lines
from runner.records.names import INTERRUPTED, SUMMARY
from runner.records.stores import Stored, stored
from runner.sweeping.grid import swept_of
from runner.sweeping.jobs import Job
from runner.sweeping.many_jobs import ManyJobs
from runner.training.pausing import Paused

#: Runs that are no more what they were, of which a resumption says what is wrong.
SPOILT = 20


def in_recorded_order(jobs: ManyJobs, table: Lines, fixed: Set[str]) -> ManyJobs | None:
    """The jobs as the lines of a table number them, and behind them those that are new.

    None where a line is of none of them.
    """
    lines = table.values()
    both = zip(jobs, lines, strict=False)
    if len(lines) <= len(jobs) and all(
        _marks(swept_of(job, fixed)) == _marks(line.swept) for job, line in both
    ):
        return jobs  # as they are: without a place for each in memory
    left = {_marks(swept_of(job, fixed)): at for at, job in enumerate(jobs)}
    if len(left) < len(jobs):  # not told apart by what is swept
        return jobs
    known = [left.pop(_marks(line.swept), None) for line in lines]
    found = [at for at in known if at is not None]
    return jobs.picked([*found, *left.values()]) if len(found) == len(known) else None


def _marks(swept: Mapping[str, object]) -> frozenset[tuple[str, str]]:
    """Swept values as a table has them."""
    return frozenset((key, "" if value is None else str(value)) for key, value in swept.items())


class Resumption:
    """The jobs of a resumed sweep, by their numbers, with their directories as seen from its folder.

    `done` are the lines of those that are done, `spoilt` what is wrong with the files of others that were;
    `paused` is where those are that were interrupted.
    """

    def __init__(self, jobs: Mapping[int, Job], directories: Mapping[int, str]) -> None:
        """Raises RunnerError for the result of another run, or of another configuration."""
        self.jobs = jobs
        self.spoilt: dict[int, dict[str, str]] = {}
        self.paused: dict[int, Paused] = {}
        lines = {number: self._line(job, directories[number]) for number, job in jobs.items()}
        self.done = {number: line for number, line in lines.items() if line is not None}

    def _line(self, job: Job, directory: str) -> Line | None:
        """The line of a run that is done; None for one that is not, or whose files are not as they were."""
        if at := stored(job.folder):
            return self._stored_line(job, directory, at)
        summary = recorded(job.folder)
        if summary is None:
            if os.path.exists(f"{job.folder}/{SUMMARY}"):
                self.spoilt[job.number] = {SUMMARY: "is cut"}
            return None
        line, files = summary
        _refuse_other_run(job, directory, line)
        faults = changed(job.folder, files)
        path = _record(job)
        if path is not None and not (path.is_file() and kept(path).read_bytes().strip(b"\0")):
            faults[str(path.relative_to(job.folder))] = "is gone"
        if faults:
            self.spoilt[job.number] = faults
            return None
        if path is not None:
            _refuse_other_configuration(job, kept(path).read_bytes())
        _refuse_other_files(job)
        if line.status == INTERRUPTED:
            self.paused[job.number] = checkpoint_of(job.folder)
            return None
        return line

    def _stored_line(self, job: Job, directory: str, at: Stored) -> Line:
        """The same of a run in a store, whose file has been found whole."""
        line = at.store.lines[at.run]
        _refuse_other_run(job, directory, line)
        _refuse_other_configuration(job, at.store.job(at.run).config())
        _refuse_other_files(job)
        return line

    def warning(self) -> str:
        """Which runs are trained again though they were done, and whose files they have instead."""
        owners = {
            (name, written): number
            for number, job in self.jobs.items()
            if (summary := recorded(job.folder))
            for name, written in summary.files.items()
        }
        lines = []
        for number, faults in list(self.spoilt.items())[:SPOILT]:
            for name, fault in faults.items():
                owner = owners.get((name, str(sum_of(Path(self.jobs[number].folder, name)))))
                others = "" if owner is None else f", those of run {owner}"
                lines.append(f"  run {number}: {name} {fault}{others}")
        more = [f"  and {len(self.spoilt) - SPOILT} more"] if len(self.spoilt) > SPOILT else []
        again = "runs are not as they were written, and are trained again:"
        return "\n".join([f"{len(self.spoilt)} of {len(self.jobs)} {again}", *lines, *more])


def _record(job: Job) -> Path | None:
    """Where Hydra's record of a job's configuration is, if there is to be one."""
    subdir = job.files.template.subdir
    return None if subdir is None else Path(job.folder, subdir, "config.yaml")


def _refuse_other_run(job: Job, directory: str, line: Line) -> None:
    if (line.run, line.directory) != (job.number, directory):
        raise RunnerError(
            f"hydra.launcher.resume=true: {job.folder} is to hold run {job.number}, and its {SUMMARY} is "
            f"that of run {line.run} in {line.directory}; put the folder back, or remove it"
        )


def _refuse_other_files(job: Job) -> None:
    try:
        refuse_other_files(job.folder, job.config)
    except RunnerError as error:
        raise about("hydra.launcher.resume=true", error) from None


def _refuse_other_configuration(job: Job, before: bytes) -> None:
    now = job.files.config()
    if before == now:
        return
    there, here = (text.decode().splitlines() for text in (before, now))
    only = [f"  there: {line.strip()}" for line in there if line not in here]
    only += [f"  here:  {line.strip()}" for line in here if line not in there]
    raise RunnerError(
        f"hydra.launcher.resume=true: run {job.number} in {job.folder} was made from another configuration:",
        *only,
    )
