"""Losses: the error of one example, its derivatives and their formulas as one entry of a table.

The error of a run is the mean over its examples: E = (1/N) Σ E_n. The names that ``torch.nn``
also has follow its definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from runner.nn.arrays import Array
from runner.nn.elementary import sigmoid
from runner.nn.formula import Formula, Function, SumOver, Symbol, clip, equal, exp, ln, sign, where

# torch.nn.BCELoss clamps its logarithms at -100 and the denominator of its derivative at 1e-12,
# a number of single precision.
_LOWEST_LOG = -100.0
_SMALLEST_DENOMINATOR = float(np.float32(1e-12))
# Rows of probabilities must sum to one within this, or p - y would not be the derivative.
PROBABILITY_TOLERANCE = 1e-9


class Cut(NamedTuple):
    """A part of a loss's formulas that counts as `lowest` where it is lower, and the words that say so."""

    part: Formula
    lowest: float
    words: tuple[str | Formula, ...]


class Probabilities(NamedTuple):
    """The probabilities p that a loss makes of the predictions: ``value(pred)``, (R, N, O) to (R, N, O).

    `formula` writes one of them in pred, and in S where there is one: the sum of `summand` over the outputs.
    """

    value: Callable[[Array], Array]
    formula: Formula
    summand: Formula | None = None


@dataclass(frozen=True, eq=False)
class Loss:
    """The error E_n of each example and its derivatives by the prediction.

    ``value(pred, y)`` takes (R, N, O) and (1 or R, N, O) and returns (R, N);
    ``derivative(pred, y)`` returns ∂E_n/∂pred, (R, N, O).
    ``second(pred, y, v)`` returns how that derivative changes along `v` (…, R, N, O), of the same shape:
    the product of ∂²E_n/∂pred² with it; at a kink that of the piece which `derivative` takes there.
    ``refuses(y)`` says what is wrong with targets (N, O), or returns None.
    `mean_over_outputs` says whether E_n averages over the outputs (it sums otherwise);
    `needs_probabilities` is the remedy where predictions may leave 0 to 1, of a loss that needs them within;
    `threshold` is the prediction above which a single output means class 1.
    `term` is what one output adds to that sum or mean, in pred, y and p, and `slope` its derivative by pred:
    explanations have numbers alone without them, and there is no curvature without `second`;
    `derivation` leads from the first to the second where that is not seen at a glance, and `rewritten`
    says in which form of the error it is. `note` introduces the `definitions` of functions that only this
    loss has.
    """

    value: Callable[[Array, Array], Array]
    derivative: Callable[[Array, Array], Array]
    second: Callable[[Array, Array, Array], Array] | None = None
    term: Formula | None = None
    slope: Formula | None = None
    derivation: tuple[Formula, ...] = ()
    rewritten: tuple[str | Formula, ...] = ()
    note: str = ""
    definitions: Mapping[Formula, Formula] = field(default_factory=dict)
    probabilities: Probabilities | None = None
    cuts: tuple[Cut, ...] = ()
    refuses: Callable[[Array], str | None] = lambda y: None
    mean_over_outputs: bool = True
    threshold: float = 0.5
    needs_probabilities: str = ""
    classifies: bool = False


def _mean(per_output: Array) -> Array:
    return np.add.reduce(per_output, axis=2) / per_output.shape[2]


def _huber(pred: Array, y: Array) -> Array:
    d = np.abs(pred - y)
    return _mean(np.where(d <= 1.0, 0.5 * d * d, d - 0.5))


def _binary_cross_entropy(pred: Array, y: Array) -> Array:
    log_p = np.maximum(np.log(pred), _LOWEST_LOG)
    log_q = np.maximum(np.log1p(-pred), _LOWEST_LOG)
    return _mean(-(y * log_p + (1.0 - y) * log_q))


def _binary_cross_entropy_second(pred: Array, y: Array, v: Array) -> Array:
    q = pred * (1.0 - pred)
    curved = (y / pred**2 + (1.0 - y) / (1.0 - pred) ** 2) * v
    return np.where(q > _SMALLEST_DENOMINATOR, curved, v / _SMALLEST_DENOMINATOR) / pred.shape[2]


def _cross_entropy_second(z: Array, y: Array, v: Array) -> Array:
    p = softmax(z)  # the derivative of it is diag(p) − p pᵀ
    return p * (v - _sum(p * v))


def _binary_cross_entropy_with_logits(z: Array, y: Array) -> Array:
    # ln(1 + e^z) - y z without overflow for either sign of z
    return _mean(np.maximum(z, 0.0) - y * z + np.log1p(np.exp(-np.abs(z))))


def softmax(z: Array) -> Array:
    """Probabilities over the last axis: e^{z_k} / Σ_j e^{z_j}, shifted so as not to overflow."""
    e = z - _largest(z)
    np.exp(e, out=e)
    e /= _sum(e)
    return e


def _cross_entropy(z: Array, y: Array) -> Array:
    shifted = z - _largest(z)
    return np.add.reduce(y * (np.log(_sum(np.exp(shifted))) - shifted), axis=2)


# NumPy reduces a short last axis slowly; these two are three times as fast for ten classes.
def _largest(z: Array) -> Array:
    """The largest over the outputs, (R, N, 1)."""
    by_output = np.ascontiguousarray(z.transpose(2, 0, 1))
    return np.maximum.reduce(by_output, axis=0)[:, :, None]


def _sum(z: Array) -> Array:
    """The sum over the outputs, (…, R, N, 1), as a product with ones."""
    return z @ np.ones((z.shape[-1], 1))


#: How a column of numbers that only name classes becomes one that this program takes for classes.
_LABELS = (
    "if its numbers are labels of classes, write them as text in the CSV file: c1 for 1, or say "
    "data.classes=true"
)


def _refuse_non_probabilities(y: Array) -> str | None:
    outside = y[(y < 0) | (y > 1)]
    return f"takes targets from 0 to 1, and one is {outside[0]:g}; {_LABELS}" if outside.size else None


def _refuse_non_distributions(y: Array) -> str | None:
    if y.shape[1] < 2:
        return (
            "takes one target column a class, at least 2, and there is 1; for one column of 0 and 1 "
            f"use binary_cross_entropy_with_logits; {_LABELS}"
        )
    if wrong := _refuse_non_probabilities(y):
        return wrong
    sums = y.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1.0) > PROBABILITY_TOLERANCE)
    if off.size:
        return (
            f"takes rows of probabilities that sum to 1 (within {PROBABILITY_TOLERANCE:g}); "
            f"row {off[0] + 1} sums to {sums[off[0]]:.10g}"
        )
    return None


PRED, Y, P = Symbol("pred"), Symbol("y"), Symbol("p")
#: The sum under the line of a softmax; what a loss is called on a page; the lowest that something counts as.
SUM, ERROR, LOWEST = Symbol("S"), Symbol("E"), Symbol("lowest")
_D = Symbol("d")
_PRED_K, _Y_K, _P_K = Symbol("pred", "ₖ"), Symbol("y", "ₖ"), Symbol("p", "ₖ")
_HUBER_TERM = where(abs(_D) <= 1, 0.5 * _D**2, abs(_D) - 0.5)
HUBER = Function("h", lambda d: _HUBER_TERM.value({_D: d}))
_LOGARITHM = ("A logarithm below ", LOWEST, " counts as ", LOWEST, ", so that no error is infinite:")

LOSSES: dict[str, Loss] = {
    "half_squared_error": Loss(
        lambda pred, y: 0.5 * np.add.reduce(np.square(pred - y), axis=2),
        lambda pred, y: pred - y,
        lambda pred, y, v: v,
        0.5 * (PRED - Y) ** 2,
        PRED - Y,
        mean_over_outputs=False,
    ),
    "mean_squared_error": Loss(
        lambda pred, y: _mean((pred - y) ** 2),
        lambda pred, y: 2.0 * (pred - y) / pred.shape[2],
        lambda pred, y, v: 2.0 * v / pred.shape[2],
        (PRED - Y) ** 2,
        2 * (PRED - Y),
    ),
    "mean_absolute_error": Loss(
        lambda pred, y: _mean(np.abs(pred - y)),
        lambda pred, y: np.sign(pred - y) / pred.shape[2],
        lambda pred, y, v: np.zeros_like(v),
        abs(PRED - Y),
        sign(PRED - Y),
    ),
    "huber": Loss(
        _huber,
        lambda pred, y: np.clip(pred - y, -1.0, 1.0) / pred.shape[2],
        lambda pred, y, v: np.where(np.abs(pred - y) < 1.0, v, 0.0) / pred.shape[2],
        HUBER(PRED - Y),
        clip(PRED - Y, -1, 1),
        note="The error is Huber's:",
        definitions={HUBER(_D): _HUBER_TERM, Function("h′")(_D): clip(_D, -1, 1)},
    ),
    "binary_cross_entropy": Loss(
        _binary_cross_entropy,
        lambda pred, y: (pred - y) / np.maximum(pred * (1.0 - pred), _SMALLEST_DENOMINATOR) / pred.shape[2],
        _binary_cross_entropy_second,
        -(Y * ln(PRED) + (1 - Y) * ln(1 - PRED)),
        (PRED - Y) / (PRED * (1 - PRED)),
        cuts=(
            Cut(ln(PRED), _LOWEST_LOG, _LOGARITHM),
            Cut(ln(1 - PRED), _LOWEST_LOG, _LOGARITHM),
            Cut(
                PRED * (1 - PRED),
                _SMALLEST_DENOMINATOR,
                ("Below ", LOWEST, " a denominator ", PRED * (1 - PRED), " counts as ", LOWEST, ":"),
            ),
        ),
        refuses=_refuse_non_probabilities,
        needs_probabilities="use sigmoid, or loss=binary_cross_entropy_with_logits",
        classifies=True,
    ),
    "binary_cross_entropy_with_logits": Loss(
        _binary_cross_entropy_with_logits,
        lambda z, y: (sigmoid(z) - y) / z.shape[2],
        lambda z, y, v: sigmoid(z) * (1.0 - sigmoid(z)) * v / z.shape[2],
        ln(1 + exp(PRED)) - Y * PRED,
        P - Y,
        derivation=(ln(1 + exp(PRED)) - Y * PRED, exp(PRED) / (1 + exp(PRED)) - Y, 1 / (1 + exp(-PRED)) - Y),
        probabilities=Probabilities(sigmoid, 1 / (1 + exp(-PRED))),
        refuses=_refuse_non_probabilities,
        threshold=0.0,
        classifies=True,
    ),
    "cross_entropy": Loss(
        _cross_entropy,
        lambda z, y: softmax(z) - y,
        _cross_entropy_second,
        -(Y * ln(P)),
        P - Y,
        derivation=(ln(SUM) - Y * PRED, exp(PRED) / SUM - Y),
        rewritten=(
            "Since ",
            equal(ln(_P_K), _PRED_K - ln(SUM)),
            ", and the targets sum to 1, ",
            equal(ERROR, ln(SUM) - SumOver((_Y_K * _PRED_K,))),
            ":",
        ),
        probabilities=Probabilities(softmax, exp(PRED) / SUM, summand=exp(PRED)),
        refuses=_refuse_non_distributions,
        mean_over_outputs=False,
        classifies=True,
    ),
}
