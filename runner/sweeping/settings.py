"""The keys of ``hydra.launcher`` and of ``hydra.sweeper``, checked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from runner.errors import ConfigError, one_of
from runner.sweeping.workers import BACKENDS, LOCAL
from runner.training.stacking import MAX_MEMORY, in_bytes


@dataclass
class LauncherSettings:
    """How runs are to be trained: ``hydra.launcher``. Raises ConfigError for what cannot be."""

    n_jobs: int = 1
    backend: str = "loky"
    resume: bool = False
    max_memory: int | str = MAX_MEMORY
    address: str | None = None

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ConfigError("hydra.launcher.backend", self.backend, one_of(BACKENDS, self.backend))
        if isinstance(self.n_jobs, bool) or not isinstance(self.n_jobs, int) or self.n_jobs == 0:
            raise ConfigError(
                "hydra.launcher.n_jobs", self.n_jobs, "must be a number of workers, or -1 for a worker a core"
            )
        if self.address is not None and self.backend in LOCAL:
            raise ConfigError(
                "hydra.launcher.address", self.address, "needs hydra.launcher.backend=dask or ray"
            )
        if not isinstance(self.resume, bool):
            raise ConfigError("hydra.launcher.resume", self.resume, "must be true or false")
        self.memory  # noqa: B018 - checks it

    @cached_property
    def memory(self) -> int:
        """`max_memory` in bytes, for all workers together."""
        return in_bytes("hydra.launcher.max_memory", self.max_memory)

    @property
    def local(self) -> bool:
        """Whether the workers are this machine's own, and `n_jobs` counts them."""
        return self.backend in LOCAL or self.address is None

    @property
    def workers(self) -> int:
        """How many workers share the memory."""
        if self.n_jobs > 0:
            return self.n_jobs
        from joblib import cpu_count

        return max(1, int(cpu_count()) + 1 + self.n_jobs)


@dataclass
class SweeperSettings:
    """Which runs there are to be: ``hydra.sweeper``, whose ``zip`` is `together`. Raises likewise."""

    max_batch_size: int | None = None
    params: dict[str, str] | None = None
    points: Any = None
    together: Any = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        if self.max_batch_size is not None and self.max_batch_size < 1:
            raise ConfigError(
                "hydra.sweeper.max_batch_size", self.max_batch_size, "must be null or at least 1"
            )
