"""Workers that a cluster's own scheduler starts: the tasks of a job array, SLURM's, by submitit.

What a task has done lies in files of a folder inside of the sweep's, which all machines share: one that is
killed loses what it was at. The folder goes as the sweep ends, and then tasks that are left end too.
"""

from __future__ import annotations

import pickle
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

from runner.errors import RunnerError, in_a_line
from runner.halting import SIGNALS
from runner.records.names import PART
from runner.sweeping.forking import WorkerDiedError

#: How the folder's name begins, and seconds between two looks into it.
PREFIX, LOOK_EVERY = ".tasks-", 0.2
#: Seconds that tasks may take to end once all is done.
PATIENCE = 5.0
#: The option that names the cluster, and what others are unless they are given, of minutes 5.
CLUSTER, OPTIONS = "cluster", {"name": "backprop-runner", "timeout_min": 60}

#: Numbers of pieces of work, with the work.
Numbered: TypeAlias = tuple[int, Any]


class Tasks(NamedTuple):
    """How many there are at most; options of submitit's executors with the cluster; the sweep's folder."""

    most: int
    options: Mapping[str, Any]
    folder: Path


def by_tasks(
    call: Callable[[int, Any, str], Any],
    works: Sequence[Numbered],
    tasks: Tasks,
    begun: Callable[[], None],
) -> Iterator[Any]:
    """What `call` returns of each number, work and folder of the tasks, as it is done by one of them.

    `begun` is called as they are submitted. Raises RunnerError where they cannot be, or fail, and
    WorkerDiedError once all have ended and not all is done.
    """
    for left in tasks.folder.glob(f"{PREFIX}*"):  # by a sweep that was killed, which is at work no more
        shutil.rmtree(left, ignore_errors=True)
    if not works:
        return
    with TemporaryDirectory(prefix=PREFIX, dir=tasks.folder, ignore_cleanup_errors=True) as place:
        jobs = _submitted(call, works, tasks, place)
        begun()
        try:
            yield from _returned({number for number, _ in works}, jobs, Path(place))
        except BaseException:
            for job in jobs:
                job.cancel()
            raise
        _await_end(jobs)


def _submitted(
    call: Callable[[int, Any, str], Any],
    works: Sequence[Numbered],
    tasks: Tasks,
    place: str,
) -> Sequence[Any]:
    """The jobs, of which each has a share of the works."""
    from submitit import AutoExecutor

    shares = [share for at in range(tasks.most) if (share := works[at :: tasks.most])]
    given = {name: value for name, value in tasks.options.items() if name != CLUSTER}
    try:
        executor = AutoExecutor(place, cluster=tasks.options.get(CLUSTER))
        executor.update_parameters(**OPTIONS | given)
        return executor.map_array(_do, *zip(*((call, share, place) for share in shares), strict=True))
    except Exception as error:  # submitit's own kinds, the scheduler's words, and NameError for options
        raise RunnerError(f"hydra.launcher.submitit={dict(tasks.options)}: {in_a_line(error)}") from None


def _do(call: Callable[[int, Any, str], Any], share: Sequence[Numbered], place: str) -> None:
    """In a task: does its share, and leaves what comes of each work in a file, whole or not at all."""
    for each in SIGNALS:
        if each != signal.SIGTERM:  # by which schedulers end tasks; Ctrl-C is for the sweep, which tells them
            signal.signal(each, signal.SIG_IGN)
    for number, work in share:
        done = Path(place, str(number))
        part = done.with_suffix(PART)
        part.write_bytes(pickle.dumps(call(number, work, place)))
        part.rename(done)


def _returned(out: set[int], jobs: Sequence[Any], place: Path) -> Iterator[Any]:
    """What lies in the files, as they come. Raises as `by_tasks` does."""
    while out:
        have_ended = all(job.done() for job in jobs)  # asked first: what they did is there by then
        found = sorted(number for number in out if (place / str(number)).exists())
        for number in found:
            out.remove(number)
            yield pickle.loads((place / str(number)).read_bytes())  # noqa: S301 - of our own folder
        if have_ended and not found:
            raise _why(jobs)
        if not found:
            time.sleep(LOOK_EVERY)


def _await_end(jobs: Sequence[Any]) -> None:
    """Tasks write a little of their own as they end; a scheduler may take its time to say that they have."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not all(job.done() for job in jobs):
        time.sleep(LOOK_EVERY)


def _why(jobs: Sequence[Any]) -> Exception:
    """Why not all is done: tasks raised something, or were killed."""
    from submitit.core.utils import FailedJobError

    for job in jobs:
        if isinstance(error := job.exception(), FailedJobError):
            trace, bar, _ = str(error).rpartition("\n---")  # the logs that it names are gone by now
            (*_, last) = (trace if bar else str(error)).strip().splitlines()
            return RunnerError(f"task {job.job_id}: {last}")
    return WorkerDiedError()
