"""The keys of ``hydra.launcher``, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.config.checks import count
from runner.errors import ConfigError, one_of
from runner.records.names import FOLDERS, STORES, TABLE
from runner.resources import cores
from runner.training.experiment import Experiment
from runner.training.halving import Halving
from runner.training.stacking import MAX_MEMORY, ROWS_AT_A_TIME, in_bytes, row_bytes, widest

#: Backends whose workers are on this machine.
LOCAL = ("loky", "threading")
SUBMITIT = "submitit"
BACKENDS = (*LOCAL, "dask", "ray", SUBMITIT)
#: Those whose workers look for what tells them to end.
HEARD = (*LOCAL, SUBMITIT)
#: Bytes for rows that are written nowhere: of a table of runs alone.
UNWRITTEN_BYTES = 16 * 2**20
#: As many workers as the work pays for: see :mod:`runner.sweeping.paying`.
AUTO = "auto"


OPTIONS = (
    "must be options of submitit's, as {cluster: slurm, timeout_min: 60, slurm_partition: short}, "
    "with hydra.launcher.backend=submitit"
)


@dataclass
class LauncherSettings:
    """How runs are to be trained: ``hydra.launcher``. Raises ConfigError for what cannot be."""

    n_jobs: int | str = AUTO
    backend: str = "loky"
    resume: bool = False
    max_memory: int | str = MAX_MEMORY
    address: str | None = None
    submitit: Any = None
    halving: Any = None
    store: str = FOLDERS

    def __post_init__(self) -> None:
        is_number = isinstance(self.n_jobs, int) and not isinstance(self.n_jobs, bool) and self.n_jobs != 0
        many = "must be auto, a number of workers, or -1 for a worker a core"
        is_usable = self.address is None or self.backend not in HEARD
        are_options = isinstance(self.submitit, Mapping) and self.backend == SUBMITIT
        checks = {
            "backend": (self.backend in BACKENDS, one_of(BACKENDS, self.backend)),
            "store": (self.store in STORES, one_of(STORES, self.store)),
            "n_jobs": (is_number or self.n_jobs == AUTO, many),
            "address": (is_usable, "needs hydra.launcher.backend=dask or ray"),
            "submitit": (self.submitit is None or are_options, OPTIONS),
            "resume": (isinstance(self.resume, bool), "must be true or false"),
        }
        for key, (is_right, allowed) in checks.items():
            if not is_right:
                raise ConfigError(f"hydra.launcher.{key}", getattr(self, key), allowed)
        self.memory = in_bytes("hydra.launcher.max_memory", self.max_memory)
        self.halver = None if self.halving is None else _halving("hydra.launcher.halving", self.halving)

    @property
    def share(self) -> int:
        """The bytes that a worker may hold."""
        return self.memory // self.workers

    def widest(self, experiment: Experiment, share: int | None = None) -> int:
        """How many runs like `experiment` a worker's stack should hold, within its `share` of the memory.

        A table of runs alone has no rows that wait to be written.
        """
        rows = 1 if self.store == TABLE else ROWS_AT_A_TIME
        return widest(experiment, self.share if share is None else share, rows)

    def row_bytes(self, share: int | None = None) -> int:
        """The part of a worker's `share` that is for rows of histories."""
        most = row_bytes(self.share if share is None else share)
        return min(most, UNWRITTEN_BYTES) if self.store == TABLE else most

    @property
    def is_local(self) -> bool:
        """Whether the workers are this machine's own, and `n_jobs` counts them."""
        return self.backend in LOCAL or (self.address is None and self.backend != SUBMITIT)

    @property
    def in_this_process(self) -> bool:
        """Whether stacks are trained here, one after the other."""
        return self.workers == 1 and self.backend in LOCAL

    @property
    def workers(self) -> int:
        """How many workers share the memory; one, until it is settled for what work there are more."""
        if isinstance(self.n_jobs, str):
            return 1
        return self.n_jobs if self.n_jobs > 0 else max(1, cores() + 1 + self.n_jobs)


def _halving(key: str, given: Any) -> Halving:
    """That of ``{every: 30, keep: 0.33}``. Raises ConfigError for anything else."""
    if not isinstance(given, Mapping) or {*given} != {"every", "keep"}:
        raise ConfigError(key, given, "must have every and keep, as {every: 30, keep: 0.33}, or be null")
    keep = given["keep"]
    if not isinstance(keep, float) or not 0 < keep < 1:
        raise ConfigError(f"{key}.keep", keep, "must be a share of the runs, above 0 and below 1")
    return Halving(count(f"{key}.every", given["every"]), keep)
