"""Refuses what is beyond the disk or the memory of this machine, with the estimate and what to change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from runner.cost.estimate import DATA, NAMES, Cost, cost_of, data_bytes
from runner.records.names import CURVATURE, HISTORY, ORDER, PARAMETERS, PREDICTIONS
from runner.resources import FORCE, BeyondError, free_disk, free_memory, in_words, insists
from runner.training.experiment import Experiment, width
from runner.training.memory import PLACES, passed_bytes

#: The part of a free disk that a longer log should take.
SHARE = 0.1
#: What to change where the weights are too many.
FEWER = "fewer neurons or inputs"
#: Fewer weights are not worth a look at the memory.
WORTH_ASKING = 10**6


class Cause(NamedTuple):
    """What makes a run large: its key and value, and what to change."""

    key: str
    value: object
    change: str

    def refused(self, why: str) -> BeyondError:
        """The refusal of the value."""
        return BeyondError(self.key, self.value, f"{why}; {self.change} ({FORCE} insists)")


def refuse_beyond(experiment: Experiment, folder: str | Path | None) -> None:
    """Raises BeyondError where a run takes more than there is; `folder` is where it would write, if any."""
    if insists():
        return
    cost = cost_of(experiment)
    if folder is not None and (free := free_disk(folder)) is not None and cost.disk > free:
        would = f"would write {written(cost.rows, cost.disk)}; {folder} has {in_words(free)} free"
        raise cause_on_disk(experiment, cost, free).refused(would)
    refuse_memory(experiment, cost.memory)


def written(rows: float, size: float) -> str:
    """So many rows and bytes on disk in words."""
    return f"about {rows:,} rows of history.csv and {in_words(size)} in all"


def cause_on_disk(experiment: Experiment, cost: Cost, free: int) -> Cause:
    """What makes a run's largest file so large; a longer log is one that leaves most of the `free` bytes."""
    log, hidden = experiment.log, list(experiment.sizes[1:-1])
    largest = max(cost.files, key=lambda name: cost.files[name])
    every = _rounded(log.every * cost.files[HISTORY] / max(1.0, SHARE * free))
    longer = f"log.every={every} for fewer rows"
    no_weights = "log.gradients=false" if log.gradients else "log.weights=false"
    is_long = cost.rows > width(experiment)
    causes = {
        HISTORY: Cause("epochs", experiment.epochs, f"{longer}, or fewer epochs")
        if is_long
        else Cause("network.hidden", hidden, f"{no_weights}, or {longer}"),
        PARAMETERS: Cause("network.hidden", hidden, FEWER),
        PREDICTIONS: Cause("log.predictions", log.predictions, "log.predictions=false"),
        ORDER: Cause("log.order", log.order, "log.order=false, or fewer epochs"),
        CURVATURE: Cause("log.curvature", log.curvature, "measure it less often"),
    }
    return causes[largest]


def _rounded(every: float) -> int:
    """A whole number with one digit that is not 0, and not less than `every`."""
    unit = 10 ** max(0, math.floor(math.log10(max(1.0, every))))
    return math.ceil(every / unit) * unit


def refuse_memory(experiment: Experiment, memory: Mapping[str, int]) -> None:
    """Raises BeyondError where a run takes more `memory` than there is, of Cost's kinds or others."""
    need, free, data = sum(memory.values()), free_memory(), memory.get(DATA, 0)
    if free is None or need <= free:
        return
    if data > free:  # with any batch, and any network
        raise _of_data(experiment).refused(takes(data, free))
    raise cause_in_memory(experiment, memory).refused(takes(need, free))


def refuse_histories(experiments: Sequence[Experiment]) -> None:
    """Raises BeyondError where the histories of runs, which are all kept, are more than the memory holds.

    So does the largest of them in training.
    """
    if not experiments or insists():
        return
    columns = {key: 1 + width(one) for key, one in {e.stack_key: e for e in experiments}.items()}
    sizes = [8 * experiment.rows * columns[experiment.stack_key] for experiment in experiments]
    largest = experiments[sizes.index(max(sizes))]
    arrays = cost_of(largest).memory["arrays"]
    refuse_memory(largest, {"arrays": arrays, "rows": sum(sizes) + max(sizes)})


def takes(need: int, free: int) -> str:
    """What is said of a value that takes too much memory."""
    return f"would take about {in_words(need)} of memory, and {in_words(free)} are free"


def cause_in_memory(experiment: Experiment, memory: Mapping[str, int]) -> Cause:
    """What takes most of a run's memory."""
    passed = passed_bytes(experiment)
    names = NAMES * experiment.network.parameter_count
    hidden = list(experiment.sizes[1:-1])
    rows = sum(size for kind, size in memory.items() if kind not in ("arrays", DATA)) - names
    causes = [
        (passed, Cause("batch_size", experiment.batch_size, "a smaller one, or fewer neurons")),
        (memory["arrays"] - passed + names, Cause("network.hidden", hidden, FEWER)),
        (rows, Cause("epochs", experiment.epochs, "a larger log.every, or log.weights=false")),
        (memory.get(DATA, 0), _of_data(experiment)),
    ]
    return max(causes, key=itemgetter(0))[1]


def _of_data(experiment: Experiment) -> Cause:
    return Cause("data.points", experiment.data.examples, "fewer points or features")


def refuse_data(points: int, inputs: int, outputs: int) -> None:
    """Raises BeyondError where so many examples are more than the memory holds, whatever learns from them."""
    need = data_bytes(points, inputs, outputs)
    if need < WORTH_ASKING or insists() or (free := free_memory()) is None or need <= free:
        return
    key, value = ("data.points", points) if points > inputs else ("data.features", inputs)
    raise Cause(key, value, "fewer points or features").refused(takes(need, free))


def refuse_parameters(hidden: object, count: int) -> None:
    """Raises BeyondError where so many weights and biases, with names, are more than the memory holds."""
    if count < WORTH_ASKING or insists() or (free := free_memory()) is None:
        return
    if (need := count * (NAMES + 8 * PLACES)) > free:
        what = f"makes {count:,} weights and biases, and {takes(need, free)}"
        raise Cause("network.hidden", hidden, FEWER).refused(what)
