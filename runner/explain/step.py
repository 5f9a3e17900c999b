"""An update of a run, taken exactly as training takes it, with everything that went into it.

Nothing is worked out here a second time: z, a and the factors of the chain are what the forward
and the backward pass kept; gradient, direction, state and rate what the update used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from runner.errors import RunnerError
from runner.nn.arrays import Array, spread
from runner.nn.network import Layer
from runner.nn.optimizers import State
from runner.training.experiment import Experiment
from runner.training.objective import Point
from runner.training.stack import Stack, Update
from runner.training.threads import same_bits


@dataclass(frozen=True, eq=False)
class Step:
    """Update `number` of a run, without the run axis: N examples of the batch, P parameters.

    `point` is where it was made, and has the run axis. `z`, `dE_da`, `da_dz` and `dE_dz` have an array
    (N, O) a layer; `a` one more, the inputs first. `errors` (N,) are the examples' and `error` their
    mean. `gradient` (P,) is of what is minimised, `error_gradient` of the error alone. `direction` and the
    optimizer's quantities `before` and `after` (P,) are 0 where a parameter is not trained. `t` counts the
    updates of the run that it goes on from too.
    """

    experiment: Experiment
    point: Point
    number: int
    t: int
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

    def trains(self, parameter: int) -> bool:
        """Whether the update changes the parameter with this place in P."""
        return bool(np.isin(parameter, np.arange(len(self.old))[self.experiment.trained]))


def take(experiment: Experiment, number: int) -> Step:
    """Trains up to update `number` = 1, 2, … and returns that update.

    Raises RunnerError where the run has no such update, or has diverged by then.
    """
    _refuse_beyond(experiment, number)
    with same_bits():
        stack = Stack([experiment])
        before = stack.updates  # of the run that this one goes on from
        for epoch, update in _updates(stack):
            at = stack.updates - before
            if not _is_finite(stack, update):
                raise _diverged(number, at)
            if at == number:
                return _step(stack, number, epoch, update)
    raise AssertionError("the run is shorter than its updates were counted to be")


def _updates(stack: Stack) -> Iterator[tuple[int, Update]]:
    """The updates of a run of its own, with their epochs, in the order of training."""
    for epoch in range(stack.shared.first_epoch, stack.shared.last_epoch):
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
    point = update.point
    arrays = [*point.forward.z, point.errors, point.gradient, update.direction, stack.parameters]
    return all(bool(np.isfinite(array).all()) for array in arrays)


def _diverged(number: int, at: int) -> RunnerError:
    choose = f"update={at - 1} or one before it, or " if at > 1 else ""
    return RunnerError(
        f"update={number}: the run has diverged by then; from update {at} on its numbers are no longer "
        f"finite. Choose {choose}a smaller learning_rate"
    )


def _step(stack: Stack, number: int, epoch: int, update: Update) -> Step:
    point, (layers, z, a) = update.point, update.point.forward
    dE_da, da_dz, dE_dz, error_gradient = point.backward
    quantities = stack.optimizer.quantities(update.after, stack.hyperparameters, stack.updates)

    def whole(state: State) -> dict[str, Array]:
        width = len(point.parameters[0])
        return {name: spread(array, stack.trained, width)[0] for name, array in state.items()}

    return Step(
        experiment=stack.shared,
        point=point,
        number=number,
        t=stack.updates,
        epoch=epoch,
        layers=[(w[0], None if b is None else b[0, 0]) for w, b in layers],
        targets=point.examples.y[0],
        z=[array[0] for array in z],
        a=[array[0] for array in a],
        dE_da=[array[0] for array in dE_da],
        da_dz=[np.broadcast_to(d, e.shape)[0] for d, e in zip(da_dz, dE_da, strict=True)],
        dE_dz=[array[0] for array in dE_dz],
        errors=point.errors[0],
        error=float(point.error[0]),
        gradient=point.gradient[0],
        error_gradient=error_gradient[0],
        rate=float(update.rate[0, 0]),
        direction=update.direction[0],
        before=whole(update.before),
        after=whole({**update.after, **quantities}),
        old=point.parameters[0],
        new=stack.parameters[0],
    )


def central_difference(step: Step, parameter: int) -> float:
    """The slope of what is minimised along one parameter, from two forward passes close by."""
    h = 1e-5 * max(1.0, abs(float(step.old[parameter])))
    beside = np.stack([step.old, step.old])  # ahead and behind
    beside[:, parameter] += (h, -h)
    with np.errstate(all="ignore"):
        ahead, behind = step.point.objective.at(beside, step.point.examples).value
    width = beside[0, parameter] - beside[1, parameter]  # what of 2h the floating point kept
    return float((ahead - behind) / width)
