"""What is minimised: the error over examples and the penalties on the weights, at any parameters (R, P).

Everything that asks for an error, an accuracy or a gradient asks here, at parameters of its own:
training, the figures, the explanations. ``objective.at(parameters, examples)`` is a place, and says
``error``, ``value`` and ``gradient`` there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from runner.errors import RunnerError
from runner.nn.arrays import Array, Mask
from runner.nn.losses import LOSSES, Loss
from runner.nn.network import Backward, Forward, Network
from runner.nn.r_operator import Passed, hessian_vector
from runner.training.experiment import Experiment

#: Examples that an evaluation takes at a time: as few as fill the caches with a stack of runs.
EVALUATED = 512
#: Bytes that the forward passes hold at once, where the error is asked for at many places.
PASSED_BYTES = 32 * 2**20


class Examples(NamedTuple):
    """Inputs x (1 or R, N, I) and targets y (1 or R, N, O): one set for all runs, or a batch for each."""

    x: Array
    y: Array

    @classmethod
    def of(cls, inputs: Array, targets: Array) -> Examples:
        """The examples of inputs (N, I) and targets (N, O), for all runs."""
        return cls(inputs[None], targets[None])

    def split(self) -> Iterator[Examples]:
        """As many at a time as an evaluation takes."""
        for start in range(0, self.x.shape[1], EVALUATED):
            part = slice(start, start + EVALUATED)
            yield Examples(self.x[:, part], self.y[:, part])


@dataclass(frozen=True, eq=False)
class Objective:
    """E + l1 · Σ|w| + ½ · l2 · Σw² of R runs, where E is the mean of the loss over examples.

    `l1` and `l2` are (R, 1); a run's is zero only where all are (`Experiment.stack_key`).
    """

    network: Network
    loss: Loss
    l1: Array
    l2: Array

    @classmethod
    def of(cls, experiments: Sequence[Experiment]) -> Objective:
        """What runs of one `stack_key` minimise."""
        shared = experiments[0]
        l1, l2 = (np.array([[float(getattr(e, name))] for e in experiments]) for name in ("l1", "l2"))
        return cls(shared.network, LOSSES[shared.loss], l1, l2)

    @cached_property
    def _penalises(self) -> tuple[bool, bool]:
        """Whether there is a penalty l1, and one l2: a term of zeros is left out."""
        return bool(self.l1.any()), bool(self.l2.any())

    def at(self, parameters: Array, examples: Examples) -> Point:
        """The place at `parameters` (R, P), over `examples`."""
        return Point(self, parameters, examples)

    def keep(self, kept: Mask) -> Objective:
        """That of the runs where `kept` (R,) is true."""
        return replace(self, l1=self.l1[kept], l2=self.l2[kept])

    def penalised(self, error: Array, parameters: Array) -> Array:
        """What is minimised (R,), of the error (R,) at parameters (R, P)."""
        w = parameters[:, : self.network.weight_count]
        absolute, squared = np.add.reduce(np.abs(w), axis=1), np.add.reduce(w * w, axis=1)
        return error + self.l1[:, 0] * absolute + 0.5 * self.l2[:, 0] * squared

    def penalised_gradient(self, gradient: Array, parameters: Array) -> Array:
        """That of what is minimised (R, P), from that of the error (R, P) at parameters (R, P)."""
        penalises_l1, penalises_l2 = self._penalises
        if not (penalises_l1 or penalises_l2):
            return gradient
        gradient, weights = gradient.copy(), self.network.weight_count
        w, dE_dw = parameters[:, :weights], gradient[:, :weights]
        if penalises_l1:
            dE_dw += self.l1 * np.sign(w)
        if penalises_l2:
            dE_dw += self.l2 * w
        return gradient

    def penalised_product(self, product: Array, v: Array) -> Array:
        """Hessian times v (…, R, P) of what is minimised, from that of the error; l1 has no curvature."""
        if self._penalises[1]:
            weights = self.network.weight_count
            product[..., :weights] += self.l2 * v[..., :weights]
        return product


@dataclass(eq=False)
class Point:
    """The objective at `parameters` (R, P), over `examples`; each pass is made once, where it is asked for.

    `parameters` must not change in place from then on.
    """

    objective: Objective
    parameters: Array
    examples: Examples
    # no cached_property: in Python 3.11 its lock takes as long as a small layer
    _forward: Forward | None = None
    _backward: Backward | None = None
    _gradient: Array | None = None
    _passed: Passed | None = None

    @property
    def forward(self) -> Forward:
        """The pass through the network, to the predictions."""
        if self._forward is None:
            self._forward = self.objective.network.forward(self.parameters, self.examples.x)
        return self._forward

    @property
    def errors(self) -> Array:
        """E_n (R, N) of each example."""
        return self.objective.loss.value(self.forward.pred, self.examples.y)

    @property
    def error(self) -> Array:
        """E (R,), their mean."""
        return _mean_over_examples([self.errors])

    @property
    def value(self) -> Array:
        """What is minimised (R,): the error and the penalties."""
        return self.objective.penalised(self.error, self.parameters)

    @property
    def right(self) -> Mask:
        """Whose class is predicted (R, N): by the largest output, or by the only one over a threshold."""
        pred, y = self.forward.pred, self.examples.y
        if y.shape[2] == 1:
            return (pred[:, :, 0] > self.objective.loss.threshold) == (y[:, :, 0] > 0.5)
        return pred.argmax(axis=2) == y.argmax(axis=2)

    @property
    def backward(self) -> Backward:
        """The chain back from E; its gradient is that of the error alone."""
        if self._backward is None:
            self._backward = self.objective.network.backward(self.forward, self._by_prediction())
        return self._backward

    def _by_prediction(self) -> Array:
        """∂E/∂pred (R, N, O)."""
        pred, y = self.forward.pred, self.examples.y
        return self.objective.loss.derivative(pred, y) / y.shape[1]  # E is the mean

    @property
    def gradient(self) -> Array:
        """∂(what is minimised)/∂(each parameter), (R, P)."""
        if self._gradient is None:
            chain = self._backward  # which has it, where all factors were asked for
            network, forward = self.objective.network, self.forward
            self._gradient = chain.gradient if chain else network.gradient(forward, self._by_prediction())
        return self.objective.penalised_gradient(self._gradient, self.parameters)

    def hessian_vector(self, v: Array) -> Array:
        """The Hessian of what is minimised times `v` (…, R, P), any number of directions for each run."""
        if self._passed is None:
            self._passed = Passed.of(self.objective.network, self.forward, self.backward)
        product = hessian_vector(self._passed, self.objective.loss, self.examples.y, v)
        return self.objective.penalised_product(product, v)


def measured(points: Iterable[Point], classifies: bool) -> dict[str, Array]:
    """The error (R,) and, of classes, the accuracy, over examples part by part."""
    errors: list[Array] = []
    rights: list[Mask] = []
    for point in points:
        errors.append(point.errors)
        if classifies:
            rights.append(point.right)
    error = {"error": _mean_over_examples(errors)}
    return error | {"accuracy": _mean_over_examples(rights)} if rights else error


def _mean_over_examples(parts: Sequence[NDArray[Any]]) -> Array:
    values = np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
    return np.add.reduce(values, axis=1, dtype=np.float64) / values.shape[1]


def errors_at(experiment: Experiment, parameters: Array) -> Array:
    """The error (R,) over the training set of networks with `parameters` (R, P), a few at a time."""
    objective, data = Objective.of([experiment]), experiment.data
    examples = Examples.of(data.inputs, data.targets)
    few = max(1, PASSED_BYTES // (16 * data.examples * sum(experiment.sizes)))
    parts = (parameters[start : start + few] for start in range(0, len(parameters), few))
    with np.errstate(all="ignore"):
        return np.concatenate([objective.at(part, examples).error for part in parts])


def predict(experiment: Experiment, parameters: Array, inputs: ArrayLike | None = None) -> Array:
    """The predictions (N, O) of the network with `parameters` (P,), in the targets' own units.

    They are for the training inputs, or for other `inputs` (N, I) in the data's own units, which are
    scaled here as those were. Raises RunnerError for others than fit, and for training inputs that are lost.
    """
    if inputs is None:
        experiment.data.refuse_lost()
    try:
        x = experiment.data.inputs if inputs is None else np.asarray(inputs, dtype=np.float64)
    except (TypeError, ValueError):
        raise RunnerError(f"inputs: must be rows of {experiment.sizes[0]} numbers") from None
    if x.ndim != 2 or x.shape[1] != experiment.sizes[0]:
        raise RunnerError(f"inputs of shape {x.shape}: must be rows of {experiment.sizes[0]} numbers")
    if inputs is not None:
        x = experiment.data.scaled(x)
    return experiment.data.targets_in_own_units(outputs(experiment, parameters, x))


def outputs(experiment: Experiment, parameters: Array, x: Array) -> Array:
    """The outputs (N, O) of the network with `parameters` (P,) for inputs (N, I), both as they are learnt."""
    with np.errstate(all="ignore"):
        return experiment.network.forward(np.ascontiguousarray(parameters)[None], x[None]).pred[0]


def outputs_at(experiment: Experiment, parameters: Array) -> Array:
    """The predictions (R, O) for the first training example, of networks with `parameters` (R, P)."""
    with np.errstate(all="ignore"):
        pred = experiment.network.forward(parameters, experiment.data.inputs[None, :1]).pred[:, 0]
    return experiment.data.targets_in_own_units(pred)
