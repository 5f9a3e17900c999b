"""What is odd about the data of a file and may be put right by a key: a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from runner.nn.arrays import Array
from runner.nn.losses import LOSSES
from runner.training.experiment import Experiment

#: Inputs and targets whose mean size is beyond these are far from unit scale.
FAR_INPUTS, FAR_TARGETS = 20.0, 100.0
#: Columns that are named in a line.
NAMED = 3


def hints(experiment: Experiment) -> list[str]:
    """What to try with data of one's own: scales, losses, targets. Other data are as meant."""
    if experiment.data.recipe is None:
        return []
    return [*_scales(experiment), *_loss(experiment), *_classes(experiment), *_stop(experiment)]


def _scales(experiment: Experiment) -> Iterator[str]:
    data = experiment.data
    if data.scale is None and (far := _far(data.inputs, data.input_names, FAR_INPUTS)):
        yield f"hint: inputs are far from unit scale ({far}): data.scale=standard"
    if data.target_scale is not None or not experiment.regresses:
        return
    if far := _far(data.targets, data.target_names, FAR_TARGETS):
        yield f"hint: targets are far from unit scale ({far}): data.scale_targets=standard"


def _far(values: Array, names: Sequence[str], limit: float) -> str:
    """The columns (N, …) of numbers whose mean size is above `limit`, the first few of them."""
    with np.errstate(over="ignore"):
        far = np.flatnonzero(np.abs(values).mean(axis=0) > limit).tolist()
    text = ", ".join(
        f"{names[i]} {values[:, i].min():,.6g} to {values[:, i].max():,.6g}" for i in far[:NAMED]
    )
    return text + f" and {len(far) - NAMED} more" if len(far) > NAMED else text


def _loss(experiment: Experiment) -> Iterator[str]:
    data, loss = experiment.data, experiment.loss
    if not data.classifies or LOSSES[loss].classifies:
        return
    classes = next(iter(data.classes.values()))
    made = "binary_cross_entropy_with_logits" if len(classes) == 2 else "cross_entropy"
    yield f"hint: loss={loss} is for numbers, and the targets are {len(classes)} classes: loss={made}"


def _classes(experiment: Experiment) -> Iterator[str]:
    data = experiment.data
    rows = sum(len(part.targets) for part in data.parts.values())
    for name, labels in data.classes.items():
        if 2 * len(labels) > rows and len(labels) > 2:
            yield f"hint: {name} has nearly as many classes ({len(labels)}) as there are rows ({rows})"


def _stop(experiment: Experiment) -> Iterator[str]:
    stop = experiment.stop
    if stop is not None and stop.patience is not None and stop.metric.startswith("test_"):
        why = f"the best weights are chosen by {stop.metric}, which then flatters them"
        yield f"hint: {why}: data.validation_fraction=0.2"
