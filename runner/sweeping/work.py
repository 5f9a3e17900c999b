"""What a worker does: train a stack and write each run's files. No Hydra comes here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from runner.records.about import about
from runner.records.writing import ABOUT, ERROR, SUMMARY, RunFiles, summary, write_whole
from runner.training.experiment import Experiment
from runner.training.loop import train
from runner.work import describe


class FolderFiles(Protocol):
    """What is written into a run's folder before it trains."""

    def write(self, folder: str) -> None: ...


class Work(NamedTuple):
    """A run to be trained: plain data, as it travels to a worker."""

    number: int
    experiment: Experiment
    folder: str
    files: FolderFiles
    swept: Mapping[str, object]
    directory: str


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its line of ``runs.csv``, and the error where it failed."""

    number: int
    line: Mapping[str, Any]
    error: BaseException | None = None


def failure(
    number: int, swept: Mapping[str, object], directory: str, folder: str, error: Exception
) -> Outcome:
    """A run that failed: its folder says why, in ``error.txt``, unless another process has finished it."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    if not Path(folder, SUMMARY).exists():
        write_whole(f"{folder}/{ERROR}", f"{describe(error)}\n".encode())
    line = {"run": number, **swept, "status": "failed", "directory": directory}
    return Outcome(number, line, error)


def _nothing() -> None:
    pass


def run_stack(
    works: list[Work],
    row_bytes: int,
    tick: Callable[[], None] = _nothing,
    check: Callable[[], None] = _nothing,
) -> list[Outcome]:
    """Trains runs of one ``stack_key`` as one, and writes their files.

    Should anything go wrong with the stack, each of its runs that is not done is tried alone, so that
    only those that fail by themselves are lost. `tick` is called after every epoch, and `check`
    before anything is written.
    """
    outcomes: list[Outcome] = []
    try:
        for work in works:
            check()
            work.files.write(work.folder)
        _train(works, row_bytes, tick, check, outcomes)
    except Exception as error:
        check()
        left = works[len(outcomes) :]
        if len(works) == 1:
            return [failure(work.number, work.swept, work.directory, work.folder, error) for work in left]
        outcomes += [outcome for work in left for outcome in run_stack([work], row_bytes, tick, check)]
    return outcomes


def _train(
    works: list[Work],
    row_bytes: int,
    tick: Callable[[], None],
    check: Callable[[], None],
    outcomes: list[Outcome],
) -> None:
    """Trains a stack; puts the outcome of each run into `outcomes` as its files are whole."""
    files = RunFiles([work.folder for work in works], works[0].experiment, check)
    try:
        for at, work in enumerate(works):
            files.add(at, ABOUT, about(work.experiment))
        results = train([work.experiment for work in works], files, row_bytes=row_bytes, tick=tick)
        for at, (work, result) in enumerate(zip(works, results, strict=True)):
            line = summary(work.number, work.swept, result, work.directory)
            files.finish(at, result, line)
            outcomes.append(Outcome(work.number, line))
    except BaseException:
        files.discard()
        raise
