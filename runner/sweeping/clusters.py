"""Clusters whose workers joblib hands stacks to: of dask and ray, here or elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any

from runner.errors import RunnerError
from runner.sweeping.plugin_keys import SUBMITIT, LauncherSettings

#: Where a cluster of this machine is heard, and that it shows no pages.
LOOPBACK = "127.0.0.1"
NO_PAGES: dict[str, list[str]] = {
    f"distributed.{node}.http.routes": [] for node in ("scheduler", "worker", "nanny")
}


def cluster(settings: LauncherSettings) -> AbstractContextManager[Any]:
    """The backend's cluster while it is needed, if it has one. Raises RunnerError where it cannot be had."""
    opened, clusters = ExitStack(), {"dask": _dask, "ray": _ray, SUBMITIT: _none}
    try:
        if settings.backend in clusters:
            clusters[settings.backend](settings, opened)
    except ImportError:
        name = settings.backend
        raise RunnerError(
            f"hydra.launcher.backend={name}: needs a package: pip install 'backprop-runner[{name}]'"
        ) from None
    return opened


def _none(settings: LauncherSettings, _: ExitStack) -> None:
    """The scheduler is there already; what talks to it must be, too."""
    import_module(settings.backend)


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
