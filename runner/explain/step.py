"""One update of a run, taken exactly as training takes it, with everything that went into it.

Nothing is worked out here a second time: z, a and the factors of the chain are what the forward
and the backward pass kept; gradient, direction, state and rate what the update used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from runner.errors import RunnerError
from runner.nn.activations import ACTIVATIONS
from runner.nn.arrays import Array
from runner.nn.losses import LOSSES
from runner.nn.network import Layer, ParameterName, backward, forward, parameter_names, views
from runner.training.experiment import Experiment
from runner.training.stack import Stack, Update


@dataclass(frozen=True, eq=False)
class Step:
    """An update of a run, without the run axis: N examples of the batch, P parameters.

    `z`, `dE_da`, `da_dz` and `dE_dz` have an array (N, O) a layer; `a` one more, the inputs first.
    `errors` (N,) are the examples' and `error` their mean. `gradient` (P,) is of what is minimised,
    `error_gradient` of the error alone. `direction` is shorter than P where biases are frozen.
    """

    experiment: Experiment
    number: int
    epoch: int
    layers: list[Layer]
    targets: Array
    z: list[Array]
    a: list[Array]
    dE_da: list[Array]
    da_dz: list[Array]
    dE_dz: list[Array]
    errors: Array
    error: float
    gradient: Array
    error_gradient: Array
    rate: float
    direction: Array
    before: Mapping[str, Array]
    after: Mapping[str, Array]
    old: Array
    new: Array

    @property
    def examples(self) -> int:
        """How many examples the update saw."""
        return len(self.targets)

    @property
    def names(self) -> list[ParameterName]:
        return parameter_names(self.experiment.sizes, self.experiment.biases is not None)

    def trains(self, parameter: int) -> bool:
        """Whether the update changes the parameter with this place in P."""
        return parameter < len(self.direction)


def take(experiment: Experiment, number: int) -> Step:
    """Trains up to update `number` = 1, 2, … and returns that update.

    Raises RunnerError where the run has no such update, or has diverged by then.
    """
    _refuse_beyond(experiment, number)
    with np.errstate(all="ignore"), threadpool_limits(1, "blas"):  # as in training: the same bits
        stack = Stack([experiment])
        old, before = stack.parameters[0].copy(), dict(stack.state)
        for epoch, update in _updates(stack):
            if not _is_finite(stack, update):
                raise _diverged(number, stack.updates)
            if stack.updates == number:
                return _step(stack, epoch, update, old, before)
            old, before = stack.parameters[0].copy(), dict(stack.state)
    raise AssertionError("the run is shorter than its updates were counted to be")


def _updates(stack: Stack) -> Iterator[tuple[int, Update]]:
    """The updates of a run of its own, with their epochs, in the order of training."""
    for epoch in range(stack.one.epochs):
        rate = stack.rates(epoch)
        for batch in stack.batches():
            yield epoch, stack.update(rate, batch)


def _refuse_beyond(experiment: Experiment, number: int) -> None:
    total = experiment.epochs * experiment.updates_per_epoch
    if number <= total:
        return
    if total == 0:
        raise RunnerError(f"update={number}: the run has no updates; give epochs=1 or more")
    each = f"{experiment.updates_per_epoch} update{'s' * (experiment.updates_per_epoch != 1)}"
    raise RunnerError(
        f"update={number}: is beyond the run, which has {total} updates ({experiment.epochs} epochs of "
        f"{each}); choose 1 to {total}, or raise epochs"
    )


def _is_finite(stack: Stack, update: Update) -> bool:
    """Whether all that an update shows is: what it started from, and what it led to."""
    targets, passed, _, gradient = update.slope
    errors = stack.loss.value(passed.pred, targets)
    shown = [*passed.z, errors, gradient, update.direction, stack.parameters]
    return all(bool(np.isfinite(array).all()) for array in shown)


def _diverged(number: int, at: int) -> RunnerError:
    choose = f"update={at - 1} or one before it, or " if at > 1 else ""
    return RunnerError(
        f"update={number}: the run has diverged by then; from update {at} on its numbers are no longer "
        f"finite. Choose {choose}a smaller learning_rate"
    )


def _step(stack: Stack, epoch: int, update: Update, old: Array, before: Mapping[str, Array]) -> Step:
    one, (targets, passed, back, gradient) = stack.one, update.slope
    made = stack.optimizer.quantities(update.state, stack.optimizer_options, stack.updates)
    errors = LOSSES[one.loss].value(passed.pred, targets)
    layers = views(old[None], one.sizes, one.biases is not None)
    error_gradient = gradient.copy()
    if one.l1 > 0 or one.l2 > 0:  # the same backward pass, into an array that has no penalties added
        own = views(error_gradient, one.sizes, one.biases is not None)
        backward(layers, stack.activations, passed, back.dE_da[-1], own)
    return Step(
        experiment=one,
        number=stack.updates,
        epoch=epoch,
        layers=[Layer(w[0], None if b is None else b[0]) for w, b in layers],
        targets=targets[0],
        z=[z[0] for z in passed.z],
        a=[a[0] for a in passed.a],
        dE_da=[d[0] for d in back.dE_da],
        da_dz=[np.broadcast_to(d, e.shape)[0] for d, e in zip(back.da_dz, back.dE_da, strict=True)],
        dE_dz=[d[0] for d in back.dE_dz],
        errors=errors[0],
        error=float((np.add.reduce(errors, axis=1) / errors.shape[1])[0]),
        gradient=gradient[0].copy(),
        error_gradient=error_gradient[0],
        rate=float(update.rate[0, 0]),
        direction=update.direction[0].copy(),
        before={name: array[0] for name, array in before.items()},
        after={name: array[0] for name, array in {**update.state, **made}.items()},
        old=old,
        new=stack.parameters[0].copy(),
    )


def central_difference(step: Step, parameter: int) -> float:
    """The slope of what is minimised along one parameter, from two forward passes close by."""
    h = 1e-5 * max(1.0, abs(float(step.old[parameter])))
    ahead, behind = step.old.copy(), step.old.copy()
    ahead[parameter] += h
    behind[parameter] -= h
    width = float(ahead[parameter] - behind[parameter])  # what of 2h the floating point kept
    return (_objective(step, ahead) - _objective(step, behind)) / width


def _objective(step: Step, parameters: Array) -> float:
    one = step.experiment
    layers = views(parameters[None], one.sizes, one.biases is not None)
    with np.errstate(all="ignore"):
        pred = forward(layers, [ACTIVATIONS[name] for name in one.activations], step.a[0][None]).pred
        error = LOSSES[one.loss].value(pred, step.targets[None]).mean()
    weights = parameters[: one.weight_count]
    return float(error + one.l1 * np.abs(weights).sum() + 0.5 * one.l2 * (weights * weights).sum())
