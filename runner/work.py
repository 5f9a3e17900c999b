"""Runs into their folders: a stack of them, of which a run alone is one. No Hydra comes here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from runner.errors import describe
from runner.halting import HALT
from runner.nn.arrays import Array
from runner.records.about import about
from runner.records.job_files import JobFiles
from runner.records.lines import Line
from runner.records.names import ABOUT, ERROR, FAILED, ORDER, PREDICTIONS, SUMMARY
from runner.records.predictions import predictions_csv
from runner.records.stack_files import Into, Packed, StackFiles
from runner.records.writing import NoRoomError, RunFiles, clear, order_of, refuse_finished, write_whole
from runner.training.experiment import Experiment
from runner.training.halving import Halver
from runner.training.loop import Tick, train
from runner.training.recorder import ROW_BYTES, Trained
from runner.training.stopping import Ends


class FolderFiles(Protocol):
    """What is written into a run's folder before it trains."""

    def write(self, folder: str) -> None:
        """Makes the folder, with the files in it."""


class Work(NamedTuple):
    """A run to be trained: plain data, as it travels to a worker. `line` is its own until it ends.

    Its files go into its folder, or, where it is one of a sweep without folders, `into` that.
    """

    line: Line
    folder: str
    experiment: Experiment
    files: FolderFiles | None = None
    into: Into | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a job: its line of ``runs.csv``, and the error where it failed."""

    line: Line
    error: BaseException | None = None


def failure(line: Line, folder: str, error: Exception) -> Outcome:
    """A run that failed: its folder says why, in ``error.txt``, unless another process has finished it.

    Where nothing can be written there, that is not what is to be told.
    """
    with suppress(OSError):
        Path(folder).mkdir(parents=True, exist_ok=True)
        if not Path(folder, SUMMARY).exists():
            write_whole(f"{folder}/{ERROR}", f"{describe(error)}\n".encode())
    return Outcome(line._replace(status=FAILED), error)


@dataclass(frozen=True)
class Watch:
    """Who looks on as a stack trains."""

    tick: Tick = lambda epoch, errors: None  # after every epoch
    check: Callable[[], None] = lambda: None  # before anything is written
    done: Callable[[Trained], None] = lambda _: None  # of each run, as its files are whole
    halving: Halver | None = None  # what stops the worse runs of a stack
    halted: Callable[[], bool] = lambda: False  # asked after every epoch: whether runs are to be interrupted


class TooLongError(Exception):
    """Raised by a tick: the stack is to be trained in parts."""


def run_stack(works: Sequence[Work], row_bytes: int = ROW_BYTES, watch: Watch = Watch()) -> list[Outcome]:
    """Trains runs of one ``stack_key`` as one, and writes their files.

    Should anything go wrong with the stack, each of its runs that is not done is tried alone, so that
    only those that fail by themselves are lost. None is begun where the `watch` halts. Raises NoRoomError
    on a full disk, which fails every run.
    """
    outcomes: list[Outcome] = []
    if watch.halted():
        return outcomes
    try:
        for work in works:
            watch.check()
            if work.files is not None and work.into is None:
                work.files.write(work.folder)
        _train(works, row_bytes, watch, outcomes)
    except (TooLongError, NoRoomError):
        raise
    except Exception as error:
        watch.check()
        left = works[len(outcomes) :]
        if len(works) == 1:
            for work in left:
                if work.into is not None and work.files is not None:
                    work.files.write(work.folder)  # one that failed has a folder, to say why
            return [failure(work.line, work.folder, error) for work in left]
        outcomes += [outcome for work in left for outcome in run_stack([work], row_bytes, watch)]
    return outcomes


def _train(works: Sequence[Work], row_bytes: int, watch: Watch, outcomes: list[Outcome]) -> None:
    """Trains a stack; puts the outcome of each run into `outcomes` as its files are whole."""
    files = _files_of(works, watch.check)
    done = outcomes if isinstance(files, RunFiles) else []  # of a store's stack all are, or none
    try:
        for at, work in enumerate(works):
            files.add(at, ABOUT, about(work.experiment))
            if isinstance(files, RunFiles) and (paused := work.experiment.paused):
                files.take_up(at, paused.row)
        experiments = [work.experiment for work in works]
        ends = Ends(halving=watch.halving, halted=watch.halted)
        results = train(experiments, files, row_bytes=row_bytes, tick=watch.tick, ends=ends)
        for at, (work, trained) in enumerate(zip(works, results, strict=True)):
            done.append(_finish(files, at, work, trained))
            watch.done(trained)
        if isinstance(files, StackFiles):
            files.close()
            outcomes += done
    except BaseException:
        files.discard()
        raise


def _files_of(works: Sequence[Work], check: Callable[[], None]) -> RunFiles | StackFiles:
    """Where a stack's files go."""
    into, experiment = works[0].into, works[0].experiment
    if into is None:
        return RunFiles([work.folder for work in works], experiment, check)
    packed = [
        Packed(work.line.run, *work.files.packed()) for work in works if isinstance(work.files, JobFiles)
    ]
    return StackFiles(into, packed, experiment, check)


def _finish(files: RunFiles | StackFiles, at: int, work: Work, trained: Trained) -> Outcome:
    """Writes what is left to be written of a run of the stack whose rows are all there."""
    if trained.paused is not None and isinstance(files, StackFiles):
        return Outcome(work.line)  # begun again when the sweep is resumed
    line = work.line.ended(trained)
    log = work.experiment.log
    if log.order and files.has_histories:
        files.add(at, ORDER, order_of(work.experiment, trained.epochs))
    if log.predictions and files.has_histories:
        files.add(at, PREDICTIONS, predictions_csv(work.experiment, trained.final))
    files.finish(at, trained, line)
    return Outcome(line)


def write_run(work: Work, trained: Trained, counts: Sequence[int], rows: Array) -> None:
    """Writes the files of a run that has been trained already, with its rows (T, columns), at `counts`."""
    if work.files is not None:
        work.files.write(work.folder)
    files = RunFiles([work.folder], work.experiment)
    try:
        files.add(0, ABOUT, about(work.experiment))
        if len(counts):
            files.write(0, counts, np.ascontiguousarray(rows))
        _finish(files, 0, work, trained)
    except BaseException:
        files.discard()
        raise


@contextmanager
def unseen(_: Experiment) -> Iterator[Tick]:
    """Shows nothing of a run under way."""
    yield lambda epoch, errors: None


def run_into(
    folder: Path,
    make: Callable[[], Experiment],
    line: Line,
    shown: Callable[[Experiment], AbstractContextManager[Tick]] = unseen,
) -> tuple[Experiment, Trained]:
    """Trains the run that `make` returns and writes its files into `folder`, which exists and is ours.

    Returns the run and how it ended. A failure leaves ``error.txt`` and no result, and is raised again.
    A signal interrupts the run, with its files, at the end of an epoch; `shown` shows how far it is.
    """
    refuse_finished(folder)
    clear(folder)  # of an earlier try
    try:
        experiment = make()
    except Exception as error:
        failure(line, str(folder), error)
        raise
    ended: list[Trained] = []
    with HALT.heeded(), shown(experiment) as tick:
        watch = Watch(tick, done=ended.append, halted=HALT)
        outcomes = run_stack([Work(line, str(folder), experiment)], watch=watch)
    if not outcomes:
        HALT.end()
    if outcomes[0].error is not None:
        raise outcomes[0].error
    return experiment, ended[0]
