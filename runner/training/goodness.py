"""How good a regression is, told without its loss: R², and the error in the targets' own units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from runner.nn.arrays import Array
from runner.training.experiment import GOODNESS, Experiment
from runner.training.objective import Examples, Objective


def goodness(experiments: Sequence[Experiment], parameters: Array) -> list[dict[str, float]]:
    """Of each run of a stack, at `parameters` (R, P): ``r2``, ``test_r2`` and the like where they apply.

    R² = 1 − Σ(pred − y)² / Σ(y − ȳ)², the mean over outputs, as ``sklearn.metrics.r2_score``. Where targets
    are scaled also ``rmse`` and ``test_rmse``, √mean (pred − y)² over examples and outputs in their own
    units. What is no finite number is left out.
    """
    shared = experiments[0]
    found: list[dict[str, float]] = [{} for _ in experiments]
    for prefix, examples in _parts(shared):
        y = examples.y[0]
        total = _spread(y)
        with np.errstate(all="ignore"):
            squares = _squares(Objective.of(experiments), parameters, examples)
            measures = {"r2": (1.0 - squares / total).mean(axis=1)}
            if (scale := shared.data.target_scale) is not None:
                measures["rmse"] = np.sqrt((squares * scale.spread**2).sum(axis=1) / y.size)
        for name, values in measures.items():
            for run, value in enumerate(values.tolist()):
                if np.isfinite(value):
                    found[run][prefix + name] = value
    return [{name: run[name] for name in GOODNESS if name in run} for run in found]


def applying(experiment: Experiment) -> list[str]:
    """Which of the measures a run has."""
    names = ("r2", "rmse") if experiment.data.target_scale is not None else ("r2",)
    has = {prefix + name for prefix, _ in _parts(experiment) for name in names}
    return [name for name in GOODNESS if name in has]


def _parts(experiment: Experiment) -> Iterator[tuple[str, Examples]]:
    """The examples that are judged, with the prefix of their measures: none whose targets are all alike."""
    for prefix, (inputs, targets, _) in experiment.data.parts.items() if experiment.regresses else ():
        if len(targets) and (targets.min(axis=0) != targets.max(axis=0)).all() and _spread(targets).all():
            yield prefix, Examples.of(inputs, targets)


def _spread(targets: Array) -> Array:
    """Σ(y − ȳ)² over examples, (O,)."""
    return ((targets - targets.mean(axis=0)) ** 2).sum(axis=0)


def _squares(objective: Objective, parameters: Array, examples: Examples) -> Array:
    """Σ(pred − y)² over examples, (R, O)."""
    sums = []
    for part in examples.split():
        residual = objective.at(parameters, part).forward.pred - part.y
        squares = np.ascontiguousarray((residual * residual).transpose(0, 2, 1))  # one order of the sum
        sums.append(np.add.reduce(squares, axis=2))
    return np.add.reduce(sums, axis=0)
