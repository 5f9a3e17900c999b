"""Where stacks are trained: in this process, in what it forks, or in joblib's workers here or elsewhere."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from threadpoolctl import threadpool_limits

from runner.errors import RunnerError
from runner.halting import HALT, SIGNALS
from runner.records.machine import machine, unlike
from runner.remarks import remark
from runner.sweeping.forking import WorkerDiedError, forked, may_fork
from runner.sweeping.pacing import in_parts
from runner.sweeping.plugin_keys import LOCAL, LauncherSettings
from runner.training.halving import Halver
from runner.training.loop import Tick, keep_freed_memory
from runner.training.stacking import row_bytes
from runner.work import Outcome, Watch, Work

#: ray's backend hands results back in lists only, so it is given a few stacks at a time.
RETURNS = {"ray": "list"}
CALLS_AT_A_TIME = 64
#: How often workers may die before a sweep gives up.
DEATHS = 5
#: Where a cluster of this machine is heard, and that it shows no pages.
LOOPBACK = "127.0.0.1"
NO_PAGES: dict[str, list[str]] = {
    f"distributed.{node}.http.routes": [] for node in ("scheduler", "worker", "nanny")
}
#: A file in a sweep's folder by which its workers are asked to end; seconds between two looks for it.
HALTED, LOOK_EVERY = ".halted", 0.2


def train_stacks(
    stacks: Iterable[list[Work]],
    settings: LauncherSettings,
    part: Callable[[float], None],
    folder: Path,
) -> Iterator[list[Outcome]]:
    """Trains every stack; yields the outcomes of each as it is done, in any order.

    A stack whose worker dies is trained again by another. `part` is told of every epoch that is
    trained in this process: how many runs, counted whole, that comes to; of none, as training begins. A
    signal interrupts the runs in training, and no others are begun; `folder` is the sweep's. Raises
    RunnerError where the backend's package is not installed or workers keep dying.
    """
    begun = partial(part, 0.0)
    buffer = row_bytes(settings.share)
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
    halted = folder / HALTED
    with ExitStack() as opened:
        if settings.backend in LOCAL:  # of other machines' workers nobody knows when they would end
            opened.enter_context(_passed_on(halted))
        # Outside the workers' own limits too: threads that end theirs must not lift the others'.
        opened.enter_context(threadpool_limits(1, "blas"))
        opened.enter_context(_cluster(settings))
        how = buffer, settings.halver, str(halted)
        yield from _until_done(Ledger(stacks), how, settings.workers, settings.backend, begun)


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


def _looking_for(path: str) -> Callable[[], bool]:
    """Whether a file is there, looked for a few times a second."""
    due, found = 0.0, False

    def is_there() -> bool:
        nonlocal due, found
        if not found and (now := time.monotonic()) >= due:
            due, found = now + LOOK_EVERY, os.path.exists(path)
        return found

    return is_there


#: How workers train: the bytes for rows, what stops runs, and the file that tells them to end: signals are
#: for their parent.
How: TypeAlias = tuple[int, Halver | None, str]
#: What they return of a stack: its number, the outcomes of its runs, the parts left of it, their machine.
Returned: TypeAlias = tuple[int, list[Outcome], list[list[Work]], bytes]


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
    """Trains a stack in a worker, or cuts it, which ends with `parent`, the process that it works for.

    Without its parent, the worker writes nothing more: another process may be at work in the folders by now.
    """
    has_parent = parent is not None and os.getpid() != parent  # not so where one worker is all there are

    def stop_if_orphaned(*_: object) -> None:
        if has_parent and os.getppid() != parent:
            os._exit(1)

    for each in SIGNALS if has_parent else ():
        signal.signal(each, signal.SIG_IGN)
    keep_freed_memory()
    buffer, halving, halted = how
    watch = Watch(stop_if_orphaned, stop_if_orphaned, halving=halving, halted=_looking_for(halted))
    return (number, *in_parts(stack, buffer, watch), machine())


def _until_done(
    ledger: Ledger, how: How, workers: int, backend: str, begun: Callable[[], None]
) -> Iterator[list[Outcome]]:
    deaths = 0
    while deaths < DEATHS:
        by = _in_forks if backend == "loky" and may_fork() else partial(_by_joblib, backend=backend)
        try:
            for number, outcomes, parts, made_on in by(ledger, how, workers, begun):
                ledger.take_back(number, parts, made_on)
                yield outcomes
            if HALT() or not ledger.parts:
                return
        except WorkerDiedError:  # it was killed, by the system for its memory as a rule
            if HALT():
                return
            deaths += 1
    raise RunnerError(
        f"workers died {DEATHS} times; give each less to hold with hydra.launcher.max_memory, "
        "or start fewer with hydra.launcher.n_jobs"
    )


def _in_forks(ledger: Ledger, how: How, workers: int, begun: Callable[[], None]) -> Iterator[Returned]:
    again, parent = iter(list(ledger.out.items())), os.getpid()

    def train_numbered(number: int, stack: list[Work]) -> Returned:
        return _numbered(number, stack, how, parent)

    yield from forked(train_numbered, lambda: next(again, None) or ledger.take(), workers, begun)


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


def _cluster(settings: LauncherSettings) -> AbstractContextManager[Any]:
    opened, clusters = ExitStack(), {"dask": _dask, "ray": _ray}
    try:
        if settings.backend in clusters:
            clusters[settings.backend](settings, opened)
    except ImportError:
        name = settings.backend
        raise RunnerError(
            f"hydra.launcher.backend={name}: needs a package: pip install 'backprop-runner[{name}]'"
        ) from None
    return opened


def _dask(settings: LauncherSettings, opened: ExitStack) -> None:
    import dask
    from distributed import Client, LocalCluster

    opened.enter_context(_unheard("distributed"))
    if settings.address is None:
        opened.enter_context(dask.config.set(NO_PAGES))
        scratch = opened.enter_context(
            TemporaryDirectory(prefix="backprop-runner-", ignore_cleanup_errors=True)
        )
        here = {"host": LOOPBACK, "local_directory": scratch, "silence_logs": logging.CRITICAL}
        pages = {"dashboard": False, "dashboard_address": f"{LOOPBACK}:0"}
        of_workers = {"threads_per_worker": 1, "worker_dashboard_address": f"{LOOPBACK}:0"}
        made = LocalCluster(n_workers=settings.workers, scheduler_kwargs=pages, **here, **of_workers)
        opened.enter_context(Client(opened.enter_context(made)))
        return
    try:
        opened.enter_context(Client(settings.address, timeout=10))
    except OSError as error:
        raise RunnerError(
            f"hydra.launcher.address={settings.address}: no scheduler answers ({error})"
        ) from None


@contextmanager
def _unheard(name: str) -> Iterator[None]:
    """Keeps a package's loggers silent: every worker that comes and goes is a line of theirs."""
    known = [each for each in list(logging.root.manager.loggerDict) if each.partition(".")[0] == name]
    before = {each: logging.getLogger(each).level for each in (name, *known)}
    for each in before:
        logging.getLogger(each).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for each, level in before.items():
            logging.getLogger(each).setLevel(level)


def _ray(settings: LauncherSettings, opened: ExitStack) -> None:
    import ray
    from ray.util.joblib import register_ray

    register_ray()
    cpus = settings.workers if settings.address is None else None
    ray.init(address=settings.address, num_cpus=cpus, log_to_driver=False)
    opened.callback(ray.shutdown)
