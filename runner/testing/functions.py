"""Activations and losses: values, derivatives by differences, formulas."""

from __future__ import annotations

import numpy as np

from runner.nn.activations import A, Activation, Z
from runner.nn.arrays import Array
from runner.nn.formula import Formula, Value
from runner.nn.losses import PRED, SUM, Loss, P, Y
from runner.testing.promises import close, numbers, same_alone, that

#: Zero, the edge of softplus's pieces, and their neighbours.
_EDGES = [5e-324, 1e-8, 1e-3, 19.9, 20.0, float(np.nextafter(20, 21)), 20.1]
GRID = np.sort(np.concatenate([np.linspace(-30, 30, 601), _EDGES, np.negative(_EDGES), [0.0]]))
#: Where a smooth function's differences are taken: at no round number, where pieces end.
SMOOTH = np.concatenate([np.linspace(-4, 4, 81) + 0.013, [-25.0, 19.9, 25.0]])
#: Of what is 1 − a² or ln(1 + e^z) far out only so much is left; above 20 softplus leaves off e^−20.
CLOSE, FAR = (1e-12, 1e-14), (3e-9, 1e-14)


def activation(f: Activation) -> None:
    """Holds an activation, over numbers from −30 to 30 and a few beyond."""
    z = GRID[None, :, None]
    a = f.value(z)
    derivative = f.derivative(z, a)
    numbers("value", a, z.shape)
    numbers("derivative", derivative, z.shape, broadcasts=True)
    far = np.linspace(-700, 700, 1401)[None, :, None]
    that(not np.isnan(f.value(far)).any(), "value: is no number for some z from −700 to 700")
    that(f.lowest <= f.value(far).min(), f"value: goes below {f.lowest:g}, its lowest")
    that(f.value(far).max() <= f.highest, f"value: goes above {f.highest:g}, its highest")
    smooth, h = SMOOTH[None, :, None], 1e-5
    slope = (f.value(smooth + h) - f.value(smooth - h)) / (2 * h)
    close("derivative, against differences", f.derivative(smooth, f.value(smooth)), slope, (1e-6, 1e-8))
    runs = np.random.default_rng(1).normal(0, 3, (3, 7, 5))
    same_alone("value", f.value, [runs])
    same_alone("derivative", f.derivative, [runs, f.value(runs)])
    if f.second is not None:
        ahead, behind = (f.derivative(smooth + step, f.value(smooth + step)) for step in (h, -h))
        second = f.second(smooth, f.value(smooth))
        numbers("second", second, smooth.shape, broadcasts=True)
        close("second, against differences", second, (ahead - behind) / (2 * h), (1e-8, 1e-9))
        same_alone("second", f.second, [runs, f.value(runs)])
    for what, formula, made in (("formula", f.formula, a), ("slope", f.slope, derivative)):
        if formula is not None:
            values: dict[Formula, Value] = {Z: z, A: a}
            values.update(f.constants.items())
            there = np.broadcast_to(formula.value(values), z.shape)
            made, is_far = np.broadcast_to(made, z.shape), np.abs(z) > 20
            close(what, there[~is_far], made[~is_far], CLOSE)
            close(f"{what}, beyond 20", there[is_far], made[is_far], FAR)


def examples(loss: Loss, targets: Array | None = None) -> tuple[Array, Array]:
    """Predictions and targets (1, N, O) that a loss takes, corners and what is cut among the last ones.

    Raises AssertionError for a loss that takes none of the usual targets.
    """
    rng = np.random.default_rng(3)
    y = _targets(loss) if targets is None else targets[None]
    pred = rng.normal(0, 2, y.shape)
    if loss.needs_probabilities:
        pred = rng.uniform(0.01, 0.99, y.shape)
    if targets is None:
        corners = [-1.0, 1.0, 0.0, 2.0, np.nextafter(1, 2), -2.0]
        pred[0, -2:] = (
            np.reshape([0.0, 1.0, 1e-50, 1 - 1e-16, 1e-13, 0.5], (2, 3))
            if (loss.needs_probabilities)
            else np.reshape(corners, (2, 3))
        )
    return pred, y


def _targets(loss: Loss) -> Array:
    """Targets (1, 22, 3): numbers, probabilities, distributions, a class each, or signs."""
    rng = np.random.default_rng(4)
    numbers = np.concatenate([rng.uniform(0, 1, (20, 3)), [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]])
    classes = np.eye(3)[np.arange(22) % 3]
    shares = np.concatenate([numbers[:20] / numbers[:20].sum(axis=1, keepdims=True), classes[:2]])
    for y in (numbers, shares, classes, 2.0 * classes - 1.0):
        if loss.refuses(y) is None:
            return y[None]
    said = loss.refuses(classes)
    raise AssertionError(f"refuses all targets that are tried ({said}): give some, check(entry, targets=…)")


def loss(entry: Loss, targets: Array | None) -> None:
    """Holds a loss, on `targets` (N, O) or on the usual ones that it takes."""
    pred, y = examples(entry, targets)
    smooth = pred[:, :20], y[:, :20]
    value, derivative = entry.value(*smooth), entry.derivative(*smooth)
    numbers("value", value, smooth[0].shape[:2])
    numbers("derivative", derivative, smooth[0].shape)
    h = 1e-6
    for k in range(pred.shape[2]):
        step = h * np.eye(pred.shape[2])[k]
        slope = (entry.value(smooth[0] + step, smooth[1]) - entry.value(smooth[0] - step, smooth[1])) / (
            2 * h
        )
        close(f"derivative by output {k + 1}, against differences", derivative[..., k], slope, (1e-6, 1e-8))
    close("value of examples by themselves", entry.value(pred[:, :5], y[:, :5]), entry.value(pred, y)[:, :5])
    runs = np.concatenate([pred, 0.5 * pred, 0.25 * pred])
    same_alone("value", lambda p: entry.value(p, y), [runs])
    same_alone("derivative", lambda p: entry.derivative(p, y), [runs])
    if entry.second is not None:
        v = np.random.default_rng(5).normal(size=(2, *smooth[0].shape))  # two directions
        ahead, behind = (
            np.stack([entry.derivative(smooth[0] + step * one, smooth[1]) for one in v]) for step in (h, -h)
        )
        second = entry.second(*smooth, v)
        numbers("second", second, v.shape)
        close("second, against differences", second, (ahead - behind) / (2 * h), (1e-6, 1e-8))
    outputs = pred.shape[2] if entry.mean_over_outputs else 1
    if entry.term is not None:
        close("term", np.sum(_written(entry, entry.term, pred, y), axis=2) / outputs, entry.value(pred, y))
    if entry.slope is not None:
        close("slope", _written(entry, entry.slope, pred, y) / outputs, entry.derivative(pred, y))
    if entry.probabilities is not None:
        p = entry.probabilities.value(pred)
        close("probabilities", _written(entry, entry.probabilities.formula, pred, y), p)


def _written(loss: Loss, formula: Formula, pred: Array, y: Array) -> Value:
    """What a formula comes to, where what is too low counts as the lowest."""
    values: dict[Formula, Value] = {PRED: pred, Y: y}
    if p := loss.probabilities:
        values[P] = p.value(pred)
        if p.summand is not None:
            values[SUM] = np.sum(p.summand.value(values), axis=2, keepdims=True)
    for cut in loss.cuts:
        values[cut.part] = np.maximum(cut.part.value({PRED: pred}), cut.lowest)
    return formula.value(values)
