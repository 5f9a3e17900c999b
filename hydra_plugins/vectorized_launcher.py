"""``hydra/launcher=vectorized``: jobs that may share arrays are trained as one."""

# No postponed annotations here: Hydra executes a plugin's module before it is in sys.modules,
# and a dataclass would look for its annotations there.
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class VectorizedLauncherConf:
    """The keys of ``hydra.launcher``."""

    _target_: str = "hydra_plugins.vectorized_launcher.VectorizedLauncher"
    n_jobs: Any = "auto"  # workers: as many as the work pays for; a number; -1: one a core
    backend: Any = "loky"  # or threading, dask, ray, submitit
    resume: Any = False  # keep what an interrupted sweep in the same hydra.sweep.dir has finished
    max_memory: Any = "4GiB"  # bound on the arrays held at once, over all workers
    halving: Any = None  # {every: 30, keep: 0.33}: of a stack's runs the better third goes on, each 30 epochs
    store: Any = "folders"  # or parquet, table: no folder a run, but a few files with histories, or without
    address: Any = None  # of dask's scheduler or of a ray cluster; null: a local one
    submitit: Any = None  # options of its executor, as {cluster: slurm, timeout_min: 60}


ConfigStore.instance().store(
    group="hydra/launcher", name="vectorized", node=VectorizedLauncherConf, provider="backprop-runner"
)


class VectorizedLauncher(Launcher):
    """The door; the work is in :mod:`runner.sweeping.launching`, imported when it is needed."""

    keeps_table = True  # of a batched task's runs: a sweeper need not

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.sweep: Any = None  # with all its batches

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Takes what Hydra gives a launcher."""
        self.asked = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Runs a batch of the sweep's jobs."""
        from runner.sweeping.launching import Sweep
        from runner.sweeping.plugin_keys import LauncherSettings

        self.sweep = self.sweep or Sweep(LauncherSettings(**self.settings), *self.asked)
        return self.sweep.launch(job_overrides, initial_job_idx)
