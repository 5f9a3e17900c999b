"""``hydra/sweeper=grid``: Hydra's basic sweeper with intervals, zip, dry runs and no duplicates."""

# No postponed annotations here: Hydra executes a plugin's module before it is in sys.modules,
# and a dataclass would look for its annotations there.
from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class GridSweeperConf:
    """The keys of ``hydra.sweeper``."""

    _target_: str = "hydra_plugins.grid_sweeper.GridSweeper"
    max_batch_size: int | None = None  # jobs handed to the launcher at a time; null: all
    params: dict[str, str] | None = None  # sweeps in YAML: key: 0.1,0.2
    points: Any = None  # values of an interval: learning_rate='tag(log,interval(1e-4,1))'
    zip: Any = None  # keys swept together: [[learning_rate,epochs]]
    sample: str | None = None  # sobol, random: `points` of all intervals together, not of each
    table: str | None = None  # a CSV file, a row a run, with columns as runs.csv has them
    exclude: Any = None  # runs that are left out: [{optimizer: adam, learning_rate: 1}]
    refine: str | None = None  # a metric: then wider learning rates, and finer ones around the best by it
    repeat: Any = None  # 10: then the best setting again with so many fresh seeds
    dry_run: bool = False  # say what would be run


ConfigStore.instance().store(
    group="hydra/sweeper", name="grid", node=GridSweeperConf, provider="backprop-runner"
)


class GridSweeper(Sweeper):
    """The door; the work is in :mod:`runner.sweeping.sweeper`, imported when it is needed."""

    def __init__(self, **settings: Any) -> None:
        """`settings` are in the configuration too, which comes with `setup`."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Takes what Hydra gives a sweeper."""
        from hydra.core.plugins import Plugins

        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )
        self.asked = config, hydra_context, task_function, launcher

    def sweep(self, arguments: list[str]) -> Any:  # noqa: ARG002 - the configuration has them too
        """Runs the sweep that the configuration asks for."""
        from runner.sweeping.sweeper import sweep

        return sweep(*self.asked)
