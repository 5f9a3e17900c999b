"""Curvature: the Hessian of what is minimised, its largest eigenvalue, and the rate that this lets be stable.

The *sharpness* is the largest eigenvalue, algebraically, of the Hessian of the objective over the whole
training set, by the parameters that are trained; for an optimizer with a preconditioner P that of
P^(−½) H P^(−½), which has the eigenvalues of P⁻¹H (Cohen et al., 2022, arXiv 2207.14484). A layer's factor on
the learning rate divides P: the limit is that of the rate that the factors multiply.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike

from runner.errors import RunnerError
from runner.nn.arrays import Array, Mask, Numbers, Places, spread
from runner.training.experiment import CURVATURES, Experiment
from runner.training.lanczos import MOST_PRODUCTS, eigenvalues_of, largest_eigenvalues
from runner.training.objective import PASSED_BYTES, Examples, Objective, Point
from runner.training.pausing import Memory
from runner.training.recorder import Trained
from runner.training.stack import Stack
from runner.training.threads import same_bits

#: So many trained parameters have their Hessian made, by as many products; more have only products.
WHOLE = 24
#: At most so many have one where it is asked for outright: 32 MB.
MOST_WHOLE = 2000
#: Bytes that products made together touch: those of more directions are no faster.
PRODUCT_BYTES = 4 * 2**20


class Hessians:
    """The Hessians of R runs at `parameters` (R, P), by those of them at `places`: `trained` many."""

    def __init__(self, objective: Objective, parameters: Array, examples: Examples, places: Places) -> None:
        self.objective, self.parameters, self.examples = objective, parameters, examples
        self.places, self.runs = places, len(parameters)
        self.trained = parameters[:, places].shape[1]
        # passes are kept from product to product as far as memory is to go, and made anew beyond
        fits = self.runs * passed_bytes(objective, examples) <= PASSED_BYTES
        self.kept = list(self._points()) if fits else None

    def _points(self) -> Iterator[tuple[float, Point]]:
        """The objective over a part of the examples at a time, with the part's share of them."""
        for part in self.examples.split():
            share = part.x.shape[1] / self.examples.x.shape[1]
            yield share, self.objective.at(self.parameters, part)

    def gradient(self) -> Array:
        """That of what is minimised, (R, trained)."""
        parts = self._points() if self.kept is None else self.kept
        gradients: Iterator[Array] = (share * point.gradient for share, point in parts)
        return reduce(np.add, gradients)[:, self.places]

    def product(self, v: Array) -> Array:
        """The Hessians times directions `v` (…, R, trained), any number for each run."""
        v = spread(v, self.places, self.parameters.shape[1])
        parts = self._points() if self.kept is None else self.kept
        products: Iterator[Array] = (share * point.hessian_vector(v) for share, point in parts)
        return reduce(np.add, products)[..., self.places]

    def matrices(self) -> Array:
        """They themselves, (R, trained, trained): a product a column."""
        few = max(1, PRODUCT_BYTES // (self.runs * passed_bytes(self.objective, self.examples)))
        units = np.eye(self.trained)
        directions = (units[at : at + few, None] for at in range(0, self.trained, few))
        columns = [self.product(np.repeat(some, self.runs, axis=1)) for some in directions]
        return np.concatenate(columns).transpose(1, 2, 0)

    def sharpness(self, preconditioner: Array | None = None) -> Array:
        """The largest eigenvalue (R,), with a `preconditioner` (R, trained) or without.

        It is infinite where the Hessian is not finite: at a state about to diverge, at a preconditioner of 0.
        """
        scale = 1.0 / np.sqrt(np.ones((1, 1)) if preconditioner is None else preconditioner)
        if self.trained <= WHOLE:
            values = eigenvalues_of(scale[:, :, None] * self.matrices() * scale[:, None, :])
        else:
            values = largest_eigenvalues(lambda v: scale * self.product(scale * v), self.runs, self.trained)
        return np.where(np.isfinite(values), values, np.inf)


def passed_bytes(objective: Objective, examples: Examples) -> int:
    """What the passes of a run over `examples` hold for a product: six arrays, and three on the way."""
    return 8 * 9 * examples.x.shape[1] * sum(objective.network.sizes[1:])


def measured(stack: Stack) -> Array:
    """The sharpness and the stability limit (R, 2) of runs as they are now.

    The preconditioner is that of the next update, were its gradient that of the whole training set: so
    there is one before the first update too. The limit is infinite where the sharpness is not positive.
    """
    basis = 8 * MOST_PRODUCTS * stack.parameters.shape[1]
    few = max(1, PASSED_BYTES // (passed_bytes(stack.point.objective, stack.training) + basis))
    places = np.arange(len(stack.runs)) // few
    return np.concatenate([_measured(stack, places == at) for at in range(places[-1] + 1)])


def _measured(stack: Stack, runs: Mask) -> Array:
    """Those of the runs of the stack where `runs` (R,) is true."""
    parameters, optimizer = stack.parameters[runs], stack.optimizer
    hessians = Hessians(stack.point.objective.keep(runs), parameters, stack.training, stack.trained)
    h = {name: array[runs] for name, array in stack.hyperparameters.items()}
    preconditioner = None
    if optimizer.preconditioner is not None:
        state, t = {name: array[runs] for name, array in stack.state.items()}, stack.updates + 1
        _, state = optimizer.update(hessians.gradient(), state, parameters[:, stack.trained], h, t)
        preconditioner = optimizer.preconditioner(state, h, t)
    if stack.factors is not None:
        factors = stack.factors[runs][:, stack.trained]
        preconditioner = (1.0 if preconditioner is None else preconditioner) / factors
    sharpness = hessians.sharpness(preconditioner)[:, None]
    assert optimizer.stability_limit is not None, "which is refused where a run is put together"
    limit = optimizer.stability_limit(sharpness, h)
    return np.concatenate([sharpness, np.where(limit >= 0, limit, np.inf)], axis=1)


class Measurements:
    """The sharpness and the stability limit of the runs of a stack, each ``log.curvature`` epochs."""

    def __init__(self, experiments: Sequence[Experiment]) -> None:
        shared = experiments[0]
        self.every, self.ends = shared.log.curvature, (shared.first_epoch, shared.last_epoch)
        self.epochs: list[int] = []
        self.stopped: dict[int, tuple[int, Array]] = {}  # of runs that end at another epoch: it, a row
        self.rows = np.empty((shared.measurements, len(experiments), len(CURVATURES)))

    def add(self, epoch: int, stack: Stack) -> None:
        """Measures the runs in the stack after `epoch`, if that is one to be measured."""
        if self.every and (epoch % self.every == 0 or epoch in self.ends):
            self.rows[len(self.epochs), stack.runs] = measured(stack)
            self.epochs.append(epoch)

    def stop(self, epoch: int, stack: Stack, stopped: Mask) -> None:
        """Measures the runs of the stack where `stopped` (R,) is true: they end after `epoch`."""
        if self.every and epoch not in self.epochs[-1:] and stopped.any():
            rows = zip(stack.runs[stopped].tolist(), _measured(stack, stopped), strict=True)
            self.stopped |= {run: (epoch, row) for run, row in rows}

    def memory(self, runs: Numbers) -> Memory:
        """What was measured of `runs` (R,)."""
        if not self.epochs:
            return {}
        epochs = np.tile(np.array(self.epochs, dtype=float), (len(runs), 1))
        return {"epochs": epochs, "rows": self.rows[: len(self.epochs), runs].transpose(1, 0, 2)}

    def recall(self, memory: Memory) -> None:
        """Takes up what was measured of all runs."""
        if memory:
            self.epochs = memory["epochs"][0].astype(int).tolist()
            self.rows[: len(self.epochs)] = memory["rows"].transpose(1, 0, 2)

    def added_to(self, trained: Trained, run: int) -> Trained:
        """How a run ended, with its measurements as far as its history goes."""
        if not self.every:
            return trained
        epochs = [epoch for epoch in self.epochs if epoch <= trained.epochs]
        rows = self.rows[: len(epochs), run]
        if run in self.stopped and self.stopped[run][0] <= trained.epochs:
            epoch, row = self.stopped[run]
            epochs, rows = [*epochs, epoch], np.concatenate([rows, row[None]])
        last = rows[-1].tolist() if len(rows) else [np.nan] * len(CURVATURES)
        metrics = {**trained.metrics, **dict(zip(CURVATURES, last, strict=True))}
        return replace(trained, metrics=metrics, curvature=(epochs, np.ascontiguousarray(rows)))


def hessian(experiment: Experiment, parameters: ArrayLike) -> Array:
    """The Hessian (P, P) of what is minimised over the training set, at `parameters` (P,).

    Its rows are the trained parameters, in the order of a history's columns: frozen ones have none.
    Raises RunnerError where they are more than MOST_WHOLE.
    """
    hessians = _hessians(experiment, parameters)
    if hessians.trained > MOST_WHOLE:
        raise RunnerError(
            f"hessian: of {hessians.trained:,} trained parameters; it is made of at most {MOST_WHOLE:,}. "
            "sharpness gives its largest eigenvalue without it"
        )
    with same_bits():
        return hessians.matrices()[0]


def sharpness(experiment: Experiment, parameters: ArrayLike) -> float:
    """The largest eigenvalue of that Hessian, of any number of parameters: the sharpness."""
    with same_bits():
        return float(_hessians(experiment, parameters).sharpness()[0])


def _hessians(experiment: Experiment, parameters: ArrayLike) -> Hessians:
    """Those of one run. Raises RunnerError for other than its P parameters."""
    network, data = experiment.network, experiment.data
    at = np.ascontiguousarray(parameters, dtype=np.float64)
    if at.shape != (network.parameter_count,):
        raise RunnerError(f"parameters of shape {at.shape}: must be {network.parameter_count} numbers")
    examples = Examples.of(data.inputs, data.targets)
    return Hessians(Objective.of([experiment]), at[None], examples, experiment.trained)
