"""How long a run takes, before it starts: an estimate, to within a factor of 2 or so on one core of 2020s."""

from __future__ import annotations

from typing import NamedTuple

from runner.cost.estimate import Cost
from runner.records.names import FOLDERS, TABLE
from runner.training.experiment import Experiment, width
from runner.training.lanczos import MOST_PRODUCTS

#: Seconds that NumPy's calls of an update take, or of a row, however few the runs.
CALLS = 6e-5
#: Seconds of a multiplication with its addition, of a neuron's activation, of a parameter's update.
MULTIPLIED, ACTIVATED, UPDATED = 1.5e-10, 1.5e-8, 3e-9
#: Multiplications of a weight and passes through a neuron, there and back, beside those of one way.
AND_BACK = 3
#: Seconds of a number in text and in binary, of a run's folder with its files, of a run without one.
WRITTEN, PACKED, FOLDER, RECORD = 6e-8, 1.5e-8, 4.5e-4, 1e-4


class Seconds(NamedTuple):
    """Those of a run itself, and those that it shares with the others of its stack."""

    own: float
    shared: float


def seconds_of(experiment: Experiment, cost: Cost, store: str = FOLDERS) -> Seconds:
    """What a run takes that is trained, and written into one of STORES; as if it never stopped early."""
    epochs = experiment.last_epoch - experiment.epoch_now
    updates = epochs * experiment.updates_per_epoch
    examples = sum(len(part.inputs) for part in experiment.data.parts.values())
    passed = AND_BACK * epochs * experiment.data.examples + cost.rows * examples
    passed += 2 * AND_BACK * MOST_PRODUCTS * experiment.measurements * experiment.data.examples
    parameters = experiment.network.parameter_count
    neurons = sum(experiment.sizes[1:])
    trained = passed * (MULTIPLIED * parameters + ACTIVATED * neurons) + UPDATED * updates * parameters
    return Seconds(trained + _writing(experiment, cost, store), CALLS * (updates + cost.rows))


def _writing(experiment: Experiment, cost: Cost, store: str) -> float:
    numbers = cost.rows * (1 + width(experiment))
    if store == FOLDERS:
        return FOLDER + WRITTEN * (numbers + 3 * experiment.network.parameter_count)
    return RECORD + (PACKED * numbers if store != TABLE else 0.0)
