"""Where stacks are trained: here, in what this process forks, in joblib's workers, in a job array's tasks."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any, TypeAlias

from threadpoolctl import threadpool_limits

from runner.errors import RunnerError
from runner.halting import HALT, SIGNALS
from runner.records.machine import machine, unlike
from runner.remarks import remark
from runner.sweeping.clusters import cluster
from runner.sweeping.forking import WorkerDiedError, forked, may_fork
from runner.sweeping.pacing import in_parts
from runner.sweeping.plugin_keys import HEARD, LOCAL, SUBMITIT, LauncherSettings
from runner.sweeping.tasks import Tasks, by_tasks
from runner.training.halving import Halver
from runner.training.loop import Tick, keep_freed_memory
from runner.work import Outcome, Watch, Work

#: ray's backend hands results back in lists only, so it is given a few stacks at a time.
RETURNS = {"ray": "list"}
CALLS_AT_A_TIME = 64
#: How often workers may die before a sweep gives up.
DEATHS = 5
#: A file in a sweep's folder by which its workers are asked to end; seconds between two looks for it.
HALTED, LOOK_EVERY = ".halted", 0.2


def train_stacks(
    stacks: Iterable[list[Work]],
    settings: LauncherSettings,
    part: Callable[[float], None],
    folder: Path,
    clear: Callable[[], None],
) -> Iterator[list[Outcome]]:
    """Trains every stack; yields the outcomes of each as it is done, in any order.

    A stack whose worker dies is trained again by another. `part` is told of every epoch that is
    trained in this process: how many runs, counted whole, that comes to; of none, as training begins. A
    signal interrupts the runs in training, and no others are begun; `folder` is the sweep's. `clear` is
    called at the end where a worker may have died at its work. Raises RunnerError where the backend's package
    is not installed or workers keep dying.
    """
    begun = partial(part, 0.0)
    buffer = settings.row_bytes()
    if settings.in_this_process:
        begun()
        with HALT.heeded():
            waiting = deque[list[Work]]()
            for stack in stacks:
                waiting.append(stack)
                while waiting:
                    now = waiting.popleft()
                    watch = Watch(_counting(now, part), halving=settings.halver, halted=HALT)
                    outcomes, parts = in_parts(now, buffer, watch)
                    waiting.extend(parts)
                    yield outcomes
        return
    halted, all_lived = folder / HALTED, False
    with ExitStack() as opened:
        opened.callback(lambda: None if all_lived else clear())
        if settings.backend in HEARD:  # of other machines' workers nobody knows when they would end
            opened.enter_context(_passed_on(halted))
        # Outside the workers' own limits too: threads that end theirs must not lift the others'.
        opened.enter_context(threadpool_limits(1, "blas"))
        opened.enter_context(cluster(settings))
        how = buffer, settings.halver, str(halted)
        all_lived = yield from _until_done(Ledger(stacks), how, settings, folder, begun)


def _counting(stack: list[Work], part: Callable[[float], None]) -> Tick:
    """A tick that tells `part` how many runs, counted whole, an epoch of the stack comes to."""
    epochs = max(1, *(work.experiment.last_epoch - work.experiment.epoch_now for work in stack))
    return lambda epoch, errors: part(len(stack) / epochs)


@contextmanager
def _passed_on(halted: Path) -> Iterator[None]:
    """Tells workers of a signal, by a file."""
    halted.unlink(missing_ok=True)  # of a sweep that was killed
    try:
        with HALT.heeded(halted.touch):
            yield
    finally:
        halted.unlink(missing_ok=True)


def _looking_for(path: str, wanted: bool = True) -> Callable[[], bool]:
    """Whether a file is there, or is not where that is `wanted`, looked for a few times a second."""
    due, found = 0.0, False

    def is_so() -> bool:
        nonlocal due, found
        if not found and (now := time.monotonic()) >= due:
            due, found = now + LOOK_EVERY, os.path.exists(path) is wanted
        return found

    return is_so


#: How workers train: the bytes for rows, what stops runs, and the file that tells them to end: signals are
#: for their parent.
How: TypeAlias = tuple[int, Halver | None, str]
#: What they return of a stack: its number, the outcomes of its runs, the parts left of it, their machine.
Returned: TypeAlias = tuple[int, list[Outcome], list[list[Work]], bytes]
By: TypeAlias = "Callable[[Ledger, How, int, Callable[[], None]], Iterator[Returned]]"


class Ledger:
    """Stacks handed out and not yet returned: what has to be done again when a worker dies.

    `parts` are those of stacks that a worker found to take long; `machines` those that workers are on.
    """

    def __init__(self, stacks: Iterable[list[Work]]) -> None:
        self.waiting = iter(stacks)
        self.parts = deque[list[Work]]()
        self.numbers = count()
        self.out: dict[int, list[Work]] = {}
        self.machines = {machine()}

    def hand_out(self) -> Iterator[tuple[int, list[Work]]]:
        """Those that are out, then the others, until a signal has come."""
        yield from list(self.out.items())
        while handed := self.take():
            yield handed

    def take(self) -> tuple[int, list[Work]] | None:
        """One that is not out yet; None where there is none now, or a signal has come."""
        if HALT():
            return None
        stack = self.parts.popleft() if self.parts else next(self.waiting, None)
        if stack is None:
            return None
        number = next(self.numbers)
        self.out[number] = stack
        return number, stack

    def take_back(self, number: int, parts: Iterable[list[Work]], made_on: bytes) -> None:
        """A stack is done, or left in parts; on another machine than this, which is said once."""
        del self.out[number]
        self.parts.extend(parts)
        if made_on not in self.machines:
            self.machines.add(made_on)
            differ = ", ".join(unlike(made_on))
            remark(f"a worker's machine is another than this one: {differ}; runs may differ in last digits")


def _numbered(number: int, stack: list[Work], how: How, parent: int | None) -> Returned:
    """Trains a stack in a worker, or cuts it, which ends with `parent`, the process that it works for."""
    has_parent = parent is not None and os.getpid() != parent  # not so where one worker is all there are
    for each in SIGNALS if has_parent else ():
        signal.signal(each, signal.SIG_IGN)
    return _watched(number, stack, how, lambda: has_parent and os.getppid() != parent)


def _in_task(number: int, stack: list[Work], place: str, how: How) -> Returned:
    """Trains a stack in a task of a job array, all of it, which ends as the folder of the tasks goes."""
    is_there, waiting, outcomes = _looking_for(place, wanted=False), deque([stack]), list[Outcome]()
    while waiting:
        _, done, parts, _ = _watched(number, waiting.popleft(), how, is_there)
        waiting.extend(parts)
        outcomes += done
    return number, outcomes, [], machine()


def _watched(number: int, stack: list[Work], how: How, is_orphan: Callable[[], bool]) -> Returned:
    """Trains a stack, or cuts it, in a worker that is asked whether it is an orphan.

    Without its parent, it writes nothing more: another process may be at work in the folders by now.
    """

    def stop_if_orphaned(*_: object) -> None:
        if is_orphan():
            os._exit(1)

    keep_freed_memory()
    buffer, halving, halted = how
    watch = Watch(stop_if_orphaned, stop_if_orphaned, halving=halving, halted=_looking_for(halted))
    return (number, *in_parts(stack, buffer, watch), machine())


def _until_done(
    ledger: Ledger, how: How, settings: LauncherSettings, folder: Path, begun: Callable[[], None]
) -> Generator[list[Outcome], None, bool]:
    """Trains all; returns whether every worker is known to have lived to its end."""
    deaths = 0
    while deaths < DEATHS:
        by = _by(settings, folder)
        try:
            for number, outcomes, parts, made_on in by(ledger, how, settings.workers, begun):
                ledger.take_back(number, parts, made_on)
                yield outcomes
            if HALT() or not ledger.parts:
                return not (deaths or HALT()) and settings.backend in LOCAL
        except WorkerDiedError:  # it was killed, by the system for its memory as a rule
            if HALT():
                return False
            deaths += 1
    raise RunnerError(
        f"workers died {DEATHS} times; give each less to hold with hydra.launcher.max_memory, "
        "or start fewer with hydra.launcher.n_jobs"
    )


def _by(settings: LauncherSettings, folder: Path) -> By:
    """By whom stacks are trained."""
    if settings.backend == SUBMITIT:
        return partial(_in_tasks, options=settings.submitit or {}, folder=folder)
    if settings.backend == "loky" and may_fork():
        return _in_forks
    return partial(_by_joblib, backend=settings.backend)


def _in_forks(ledger: Ledger, how: How, workers: int, begun: Callable[[], None]) -> Iterator[Returned]:
    again, parent = iter(list(ledger.out.items())), os.getpid()

    def train_numbered(number: int, stack: list[Work]) -> Returned:
        return _numbered(number, stack, how, parent)

    yield from forked(train_numbered, lambda: next(again, None) or ledger.take(), workers, begun)


def _in_tasks(
    ledger: Ledger,
    how: How,
    workers: int,
    begun: Callable[[], None],
    options: Mapping[str, Any],
    folder: Path,
) -> Iterator[Returned]:
    stacks = list(ledger.hand_out())
    yield from by_tasks(partial(_in_task, how=how), stacks, Tasks(workers, options, folder), begun)


def _by_joblib(
    ledger: Ledger, how: How, workers: int, begun: Callable[[], None], backend: str
) -> Iterator[Returned]:
    from joblib import Parallel, delayed, parallel_config

    parent = os.getpid() if backend == "loky" else None
    calls = (delayed(_numbered)(number, stack, how, parent) for number, stack in ledger.hand_out())
    begun()
    try:
        for batch in _batches(calls, backend):
            with parallel_config(backend=backend, n_jobs=workers):
                parallel = Parallel(return_as=RETURNS.get(backend, "generator_unordered"), batch_size=1)
            yield from parallel(batch)
    except _death(backend):
        raise WorkerDiedError from None


def _death(backend: str) -> type[Exception]:
    """What a backend raises when a worker of its dies; dask gives the work to another by itself."""
    if backend == "ray":
        from ray.exceptions import RayError

        return RayError
    from joblib.externals.loky.process_executor import BrokenProcessPool

    return BrokenProcessPool


def _batches(calls: Iterator[Any], backend: str) -> Iterator[Iterable[Any]]:
    """All calls at once, where results come as they are done; else a few at a time."""
    if backend not in RETURNS:
        yield calls
        return
    while batch := list(islice(calls, CALLS_AT_A_TIME)):
        yield batch
