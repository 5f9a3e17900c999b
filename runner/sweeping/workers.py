"""Where stacks are trained: in this process, or in joblib's workers here or on other machines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from itertools import islice
from typing import Any

from threadpoolctl import threadpool_limits

from runner.errors import RunnerError
from runner.sweeping.plugin_keys import LauncherSettings
from runner.training.loop import keep_freed_memory
from runner.training.stacking import row_bytes
from runner.work import Outcome, Watch, Work, run_stack

#: ray's backend hands results back in lists only, so it is given a few stacks at a time.
RETURNS = {"ray": "list"}
CALLS_AT_A_TIME = 64
#: How often workers may die before a sweep gives up.
DEATHS = 5


def train_stacks(
    stacks: Iterable[list[Work]], settings: LauncherSettings, tick: Callable[[float], None]
) -> Iterator[list[Outcome]]:
    """Trains every stack; yields the outcomes of each as it is done, in any order.

    A stack whose worker dies is trained again by another. `tick` is told of every epoch that is
    trained in this process: how many runs, counted whole, that comes to. Raises RunnerError where the
    backend's package is not installed or workers keep dying.
    """
    buffer = row_bytes(settings.share)
    if settings.in_this_process:
        for stack in stacks:
            epochs = max(1, *(work.experiment.epochs for work in stack))
            yield run_stack(stack, buffer, Watch(tick=partial(tick, len(stack) / epochs)))
        return
    with ExitStack() as opened:
        # Outside the workers' own limits too: threads that end theirs must not lift the others'.
        opened.enter_context(threadpool_limits(1, "blas"))
        opened.enter_context(_cluster(settings))
        yield from _until_done(_Ledger(stacks), buffer, settings.workers, settings.backend)


class _Ledger:
    """Stacks handed out and not yet returned: what has to be done again when a worker dies."""

    def __init__(self, stacks: Iterable[list[Work]]) -> None:
        self.waiting = iter(enumerate(stacks))
        self.out: dict[int, list[Work]] = {}

    def hand_out(self) -> Iterator[tuple[int, list[Work]]]:
        yield from list(self.out.items())
        for number, stack in self.waiting:
            self.out[number] = stack
            yield number, stack


def _numbered(number: int, stack: list[Work], buffer: int, parent: int | None) -> tuple[int, list[Outcome]]:
    """Trains a stack in a worker, which ends with `parent`, the process that it works for.

    Without it, the worker writes nothing more: another process may be at work in the folders by now.
    """

    def stop_if_orphaned() -> None:
        if parent is not None and os.getppid() != parent:
            os._exit(1)

    keep_freed_memory()
    return number, run_stack(stack, buffer, Watch(tick=stop_if_orphaned, check=stop_if_orphaned))


def _until_done(ledger: _Ledger, buffer: int, n_jobs: int, backend: str) -> Iterator[list[Outcome]]:
    from joblib import Parallel, delayed, parallel_config

    parent = os.getpid() if backend == "loky" else None
    for _ in range(DEATHS):
        calls = (delayed(_numbered)(number, stack, buffer, parent) for number, stack in ledger.hand_out())
        try:
            for batch in _batches(calls, backend):
                with parallel_config(backend=backend, n_jobs=n_jobs):
                    parallel = Parallel(return_as=RETURNS.get(backend, "generator_unordered"), batch_size=1)
                for number, outcomes in parallel(batch):
                    del ledger.out[number]
                    yield outcomes
            return
        except _death(backend):  # a worker was killed, by the system for its memory as a rule
            continue
    raise RunnerError(
        f"workers died {DEATHS} times; give each less to hold with hydra.launcher.max_memory, "
        "or start fewer with hydra.launcher.n_jobs"
    )


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
    from distributed import Client, LocalCluster

    if settings.address is None:
        one_thread = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
        cluster = opened.enter_context(LocalCluster(n_workers=settings.workers, **one_thread))
        opened.enter_context(Client(cluster))
        return
    try:
        opened.enter_context(Client(settings.address, timeout=10))
    except OSError as error:
        raise RunnerError(
            f"hydra.launcher.address={settings.address}: no scheduler answers ({error})"
        ) from None


def _ray(settings: LauncherSettings, opened: ExitStack) -> None:
    import ray
    from ray.util.joblib import register_ray

    register_ray()
    cpus = settings.workers if settings.address is None else None
    ray.init(address=settings.address, num_cpus=cpus, log_to_driver=False)
    opened.callback(ray.shutdown)
