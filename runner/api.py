"""The Python interface: load a configuration, train it, read results as pandas DataFrames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from runner.config import experiment
from runner.config.checks import choice
from runner.config.compose import CACHE, compose
from runner.config.messages import message
from runner.errors import ConfigError, RunnerError
from runner.nn.arrays import Array
from runner.records.lines import Line
from runner.records.names import CURVATURE, HISTORY, PARAMETERS
from runner.records.reading import read_finished
from runner.records.writing import order_of
from runner.results.finding import BY, RATES, SEEDS, Finding, chosen_by, find, refuse_unfit
from runner.results.rates import RATE
from runner.training.continuing import continued
from runner.training.experiment import CURVATURES, Experiment, columns, width
from runner.training.loop import train as train_stack
from runner.training.objective import predict
from runner.training.recorder import Trained
from runner.training.stacking import MAX_MEMORY, in_bytes, row_bytes, stacked
from runner.training.stopping import Callback

if TYPE_CHECKING:
    import pandas as pd


def load(*overrides: str, config_dir: str | Path | None = None) -> Experiment:
    """The experiment that ``backprop-runner`` would run with the same overrides.

    `config_dir` is a folder of your own YAML files. Raises RunnerError as the command would say it.
    """
    with _readable():
        return experiment(compose(overrides, config_dir), CACHE)


def load_sweep(*overrides: str, config_dir: str | Path | None = None) -> list[Experiment]:
    """The experiments that ``backprop-runner -m`` would run with the same overrides, in its order.

    They are composed as one: a thousand of them in a tenth of a second. Raises RunnerError as `load` does.
    """
    from runner.sweeping.loading import configurations

    with _readable():
        return [experiment(config, CACHE) for config in configurations(overrides, config_dir)]


@contextmanager
def _readable() -> Iterator[None]:
    """Errors of Hydra's are raised as the command would say them."""
    try:
        yield
    except Exception as error:
        if isinstance(error, RunnerError) or (text := message(error)) is None:
            raise
        raise RunnerError(text) from None


@dataclass
class Run:
    """A trained run: its experiment, how it ended, and its history."""

    experiment: Experiment
    result: Trained
    steps: list[int] = field(repr=False)
    rows: Array = field(repr=False)

    @property
    def history(self) -> pd.DataFrame:
        """The history as ``history.csv`` has it."""
        import pandas as pd

        frame = pd.DataFrame(self.rows, columns=columns(self.experiment))
        frame.insert(0, self.experiment.log.unit, self.steps)
        return frame

    @property
    def curvature(self) -> pd.DataFrame:
        """What ``curvature.csv`` has; no rows without ``log.curvature``."""
        import pandas as pd

        epochs, rows = self.result.curvature or ([], np.empty((0, len(CURVATURES))))
        frame = pd.DataFrame(rows, columns=list(CURVATURES))
        frame.insert(0, "epoch", epochs)
        return frame

    @property
    def parameters(self) -> pd.DataFrame:
        """Every weight and bias, as ``parameters.csv`` has them."""
        import pandas as pd

        frame = pd.DataFrame(self.experiment.network.names).rename(columns={"from_": "from"})
        return frame.assign(initial=self.result.initial, final=self.result.final)

    @property
    def order(self) -> pd.DataFrame:
        """What ``order.csv`` has: the examples, from 1 on, in the order in which each epoch took them."""
        import pandas as pd

        return pd.read_csv(BytesIO(order_of(self.experiment, self.result.epochs)))

    def go_on(self, epochs: int, callback: Callback | None = None) -> Run:
        """Trains for more `epochs` from where this run ended, its optimizer, schedule and shuffling with it.

        Both histories together are that of a run that took all epochs at once.
        """
        return train(continued(self.experiment, self.result, epochs), callback=callback)

    def predict(self, inputs: ArrayLike | None = None) -> Array:
        """The trained network's predictions (N, O): of the training inputs, or of others.

        `inputs` are (N, I), in the data's own units as the training inputs were before ``data.scale``,
        which is used on them here. Raises RunnerError for another shape.
        """
        return predict(self.experiment, self.result.final, inputs)


class _Rows:
    """A sink that keeps the rows in memory."""

    def __init__(self, runs: int) -> None:
        self.steps: list[list[int]] = [[] for _ in range(runs)]
        self.rows: list[list[Array]] = [[] for _ in range(runs)]

    def write(self, run: int, steps: Sequence[int], rows: Array) -> None:
        self.steps[run] += steps
        self.rows[run].append(rows)


@overload
def train(
    experiments: Experiment, *, max_memory: int | str = MAX_MEMORY, callback: Callback | None = None
) -> Run: ...
@overload
def train(
    experiments: Sequence[Experiment], *, max_memory: int | str = MAX_MEMORY, callback: Callback | None = None
) -> list[Run]: ...
def train(
    experiments: Experiment | Sequence[Experiment],
    *,
    max_memory: int | str = MAX_MEMORY,
    callback: Callback | None = None,
) -> Run | list[Run]:
    """Trains one experiment, or many: those that may share arrays are trained as one, as sweeps do it.

    Nothing is written. A run has the same numbers alone and in company. `max_memory`, in bytes or as
    ``"512MiB"``, bounds the arrays held while they train, beside the histories, which are all kept.

    ``callback(epoch, runs, parameters)`` is called before the first epoch and after each, for every stack:
    `runs` (R,) are the places of its runs among the experiments, `parameters` (R, P) where they are by then,
    read-only. It returns True to end these runs, or which of them (R,), or nothing.
    """
    if isinstance(experiments, Experiment):
        return train([experiments], max_memory=max_memory, callback=callback)[0]
    most = in_bytes("max_memory", max_memory)
    stacks = stacked(range(len(experiments)), lambda at: experiments[at], most)
    runs: dict[int, Run] = {}
    for members in stacks:
        told = callback and _for_members(callback, members)
        runs |= _trained(experiments, members, row_bytes(most), told)
    return [runs[at] for at in range(len(experiments))]


def _for_members(callback: Callback, members: Sequence[int]) -> Callback:
    """A callback that is told of the runs of one stack by their places among all."""
    places = np.array(members)
    return lambda epoch, runs, parameters: callback(epoch, places[runs], parameters)


def _trained(
    experiments: Sequence[Experiment], members: Sequence[int], row_bytes: int, callback: Callback | None
) -> Iterator[tuple[int, Run]]:
    """The runs of one stack: `members` are their places in `experiments`."""
    stack = [experiments[at] for at in members]
    sink = _Rows(len(stack))
    for run, trained in enumerate(train_stack(stack, sink, row_bytes=row_bytes, callback=callback)):
        rows = np.concatenate([np.empty((0, width(stack[run]))), *sink.rows[run]])
        yield members[run], Run(stack[run], trained, sink.steps[run], rows)


def find_learning_rate(
    experiment: Experiment,
    *,
    rates: Sequence[float] = RATES,
    seeds: Sequence[int] = SEEDS,
    metric: str | None = None,
    max_memory: int | str = MAX_MEMORY,
) -> Finding:
    """The learning rate for an experiment, as ``experiment=find_learning_rate`` finds it; nothing is written.

    `rates` are those of the first round, `seeds` those of every training, all of which take the experiment's
    own epochs, and `metric` is ``final_error``, ``validation_error`` or ``test_error``; None is that of a
    validation part, if there is one, else the first. Raises RunnerError for what cannot be, and where no rate
    lowers the error.
    """
    metric = chosen_by(experiment) if metric is None else choice(BY)("metric", metric)
    refuse_unfit(experiment, "rates", rates, metric)
    if not len(seeds):
        raise ConfigError("seeds", list(seeds), "must be one or more")
    lean = replace(experiment.log, weights=False)

    number = count()

    def measure(tried: Sequence[float]) -> list[Line]:
        pairs = [(float(rate), int(seed)) for rate in tried for seed in seeds]
        trainings = [replace(experiment, learning_rate=rate, seed=seed, log=lean) for rate, seed in pairs]
        runs = zip(pairs, train(trainings, max_memory=max_memory), strict=True)
        return [
            Line(next(number), {RATE: rate, "seed": seed}).ended(run.result) for (rate, seed), run in runs
        ]

    return find(sorted(set(rates)), metric, measure)


def read_history(folder: str | Path) -> pd.DataFrame:
    """A run's ``history.csv``, to the last bit."""
    return read_finished(Path(folder) / HISTORY)


def read_parameters(folder: str | Path) -> pd.DataFrame:
    """A run's ``parameters.csv``, to the last bit."""
    return read_finished(Path(folder) / PARAMETERS)


def read_curvature(folder: str | Path) -> pd.DataFrame:
    """A run's ``curvature.csv``, to the last bit. Raises RunnerError where none was asked for."""
    path = Path(folder) / CURVATURE
    if not path.exists() and path.with_name(HISTORY).exists():
        raise RunnerError(f"{folder}: has no {CURVATURE}; log.curvature=10 has it written each 10 epochs")
    return read_finished(path)
