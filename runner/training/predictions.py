"""What a trained network predicts, as a user reads it: numbers in own units; classes, and how sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from runner.data.examples import Classes
from runner.nn.arrays import Array, Numbers
from runner.nn.losses import LOSSES
from runner.training.experiment import Experiment
from runner.training.objective import outputs
from runner.training.threads import same_bits

#: Columns (N,) by their names: numbers, or the names of classes.
Columns: TypeAlias = dict[str, Array | list[str]]


class Part(NamedTuple):
    """Targets and predictions of a part's N examples, and the numbers of these among all of the data."""

    name: str
    examples: Numbers
    targets: Columns
    predictions: Columns


def parts(experiment: Experiment, parameters: Array) -> Iterator[Part]:
    """All parts of the data, with `parameters` (P,).

    Raises RunnerError where the examples are lost.
    """
    data = experiment.data
    data.refuse_lost()
    for name, (x, y, numbers) in data.named.items():
        with same_bits():
            pred = outputs(experiment, parameters, x)
        numbers = np.arange(1, len(x) + 1) if numbers is None else numbers
        yield Part(name, numbers, targets_of(experiment, y), predictions_of(experiment, pred))


def predictions_of(experiment: Experiment, pred: Array) -> Columns:
    """Outputs (N, O) as columns.

    Of a regression they are ``prediction``, or a ``prediction_NAME`` an output, in the target's own units. Of
    classes ``prediction`` is the class's name, beside a ``probability_NAME`` a class where the loss makes
    probabilities of outputs, else an ``output_NAME`` an output.
    """
    likely = likelihoods(experiment.loss, pred)
    if not experiment.classifies:
        own = experiment.data.targets_in_own_units(pred) if likely is None else likely
        return _by_output("prediction", experiment, own)
    names = [_bare(name, experiment) for name in experiment.data.class_names]
    given = classes_of(pred, LOSSES[experiment.loss].threshold)
    columns: Columns = {"prediction": [names[k] for k in given.tolist()]}
    if likely is None:
        return columns | _by_output("output", experiment, pred)
    return columns | {f"probability_{name}": p for name, p in zip(names, of_classes(likely).T, strict=True)}


def targets_of(experiment: Experiment, y: Array) -> Columns:
    """Targets (N, O) as they are learnt as columns: ``target``, or a ``target_NAME`` an output."""
    if not experiment.classifies:
        return _by_output("target", experiment, experiment.data.targets_in_own_units(y))
    names = [_bare(name, experiment) for name in experiment.data.class_names]
    return {"target": [names[k] for k in classes_of(y, 0.5).tolist()]}


def _by_output(what: str, experiment: Experiment, values: Array) -> Columns:
    if values.shape[1] == 1:
        return {what: values[:, 0]}
    return {f"{what}_{name}": values[:, k] for k, name in enumerate(experiment.data.target_names)}


def _bare(name: str, experiment: Experiment) -> str:
    """A class without the target that it is one of: ``y=0`` is 0."""
    targets: Sequence[str] = [*experiment.data.classes, *experiment.data.target_names[:1]]
    return next((name.removeprefix(f"{t}=") for t in targets if name.startswith(f"{t}=")), name)


def classes_of(outputs: Array, threshold: float) -> Classes:
    """The classes (N,) that outputs (N, O) say: the largest one, or whether the only one is above it."""
    if outputs.shape[1] > 1:
        return outputs.argmax(axis=1)
    return (outputs[:, 0] > threshold).astype(np.intp)


def likelihoods(loss: str, pred: Array) -> Array | None:
    """The probabilities (N, O) that a loss makes of predictions (N, O), or takes them for; else None."""
    made = LOSSES[loss].probabilities
    if made is None:
        return pred if LOSSES[loss].needs_probabilities else None
    with np.errstate(all="ignore"):
        return made.value(pred[None])[0]


def of_classes(likely: Array) -> Array:
    """The probabilities (N, K) of K classes, of those of outputs (N, O): one is the second of two classes."""
    return np.hstack([1.0 - likely, likely]) if likely.shape[1] == 1 else likely
