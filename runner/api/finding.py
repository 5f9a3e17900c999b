"""The learning rate for an experiment, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from runner.api.training import train
from runner.config.checks import choice
from runner.errors import ConfigError
from runner.records.lines import Line
from runner.results.finding import BY, RATES, SEEDS, Finding, chosen_by, find, refuse_unfit
from runner.results.rates import RATE
from runner.training.experiment import Experiment
from runner.training.stacking import MAX_MEMORY


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
