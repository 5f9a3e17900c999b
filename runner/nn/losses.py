"""Losses: the error of one example, its derivative and their formulas as one entry of a table.

The error of a run is the mean over its examples: E = (1/N) Σ E_n. The names that ``torch.nn``
also has follow its definitions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from runner.nn.arrays import Array

# torch.nn.BCELoss clamps its logarithms at -100 and the denominator of its derivative at 1e-12,
# a number of single precision.
_LOWEST_LOG = -100.0
_SMALLEST_DENOMINATOR = float(np.float32(1e-12))
# Rows of probabilities must sum to one within this, or p - y would not be the derivative.
PROBABILITY_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Loss:
    """The error E_n of each example and its derivative by the prediction.

    ``value(pred, y)`` takes (R, N, O) and (1 or R, N, O) and returns (R, N);
    ``derivative(pred, y)`` returns ∂E_n/∂pred, (R, N, O).
    ``refuses(y)`` says what is wrong with targets (N, O), or returns None.
    `mean_over_outputs` says whether E_n averages over the outputs (it sums otherwise);
    `threshold` is the prediction above which a single output means class 1.
    The formulas are of one example; a sum over outputs k is written where there is one. `term` is
    what one output adds to that sum, as text and as LaTeX, in pred, y and p; `p` the probabilities
    that the loss makes of the predictions, where it does, and `p_term` how one of them is made
    (of a softmax: what stands over the line, and is summed under it).
    """

    value: Callable[[Array, Array], Array]
    derivative: Callable[[Array, Array], Array]
    formula: str
    derivative_formula: str
    latex: str
    derivative_latex: str
    term: tuple[str, str]
    p: Callable[[Array], Array] | None = None
    p_term: tuple[str, str] = ("", "")
    refuses: Callable[[Array], str | None] = lambda y: None
    mean_over_outputs: bool = True
    threshold: float = 0.5
    needs_probabilities: bool = False
    classifies: bool = False


def _mean(per_output: Array) -> Array:
    return np.add.reduce(per_output, axis=2) / per_output.shape[2]


def _half_squared_error(pred: Array, y: Array) -> Array:
    d = pred - y
    return 0.5 * np.add.reduce(d * d, axis=2)


def _huber(pred: Array, y: Array) -> Array:
    d = np.abs(pred - y)
    return _mean(np.where(d <= 1.0, 0.5 * d * d, d - 0.5))


def _binary_cross_entropy(pred: Array, y: Array) -> Array:
    log_p = np.maximum(np.log(pred), _LOWEST_LOG)
    log_q = np.maximum(np.log1p(-pred), _LOWEST_LOG)
    return _mean(-(y * log_p + (1.0 - y) * log_q))


def _binary_cross_entropy_derivative(pred: Array, y: Array) -> Array:
    denominator = np.maximum(pred * (1.0 - pred), _SMALLEST_DENOMINATOR)
    return (pred - y) / denominator / pred.shape[2]


def _binary_cross_entropy_with_logits(z: Array, y: Array) -> Array:
    # ln(1 + e^z) - y z without overflow for either sign of z
    return _mean(np.maximum(z, 0.0) - y * z + np.log1p(np.exp(-np.abs(z))))


def _sigmoid(z: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-z))


def softmax(z: Array) -> Array:
    """Probabilities over the last axis: e^{z_k} / Σ_j e^{z_j}, shifted so as not to overflow."""
    e = np.exp(z - _largest(z))
    return e / _sum(e)


def _cross_entropy(z: Array, y: Array) -> Array:
    shifted = z - _largest(z)
    return np.add.reduce(y * (np.log(_sum(np.exp(shifted))) - shifted), axis=2)


# NumPy reduces a short last axis slowly; these two are three times as fast for ten classes.
def _largest(z: Array) -> Array:
    """The largest over the outputs, (R, N, 1)."""
    by_output = np.ascontiguousarray(z.transpose(2, 0, 1))
    return np.maximum.reduce(by_output, axis=0)[:, :, None]


def _sum(z: Array) -> Array:
    """The sum over the outputs, (R, N, 1), as a product with ones."""
    return z @ np.ones((z.shape[2], 1))


#: How a column of numbers that only name classes becomes one that this program takes for classes.
_LABELS = "if its numbers are labels of classes, write them as text in the CSV file: c1 for 1"


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


LOSSES: dict[str, Loss] = {
    "half_squared_error": Loss(
        _half_squared_error,
        lambda pred, y: pred - y,
        "½ Σₖ (predₖ − yₖ)²",
        "pred − y",
        r"\tfrac{1}{2} \sum_k (\mathrm{pred}_k - y_k)^2",
        r"\mathrm{pred} - y",
        ("½·(pred − y)²", r"\tfrac{1}{2} (\mathrm{pred} - y)^{2}"),
        mean_over_outputs=False,
    ),
    "mean_squared_error": Loss(
        lambda pred, y: _mean((pred - y) ** 2),
        lambda pred, y: 2.0 * (pred - y) / pred.shape[2],
        "1/O · Σₖ (predₖ − yₖ)²",
        "2·(pred − y)/O",
        r"\tfrac{1}{O} \sum_k (\mathrm{pred}_k - y_k)^2",
        r"\tfrac{2}{O} (\mathrm{pred} - y)",
        ("(pred − y)²", r"(\mathrm{pred} - y)^{2}"),
    ),
    "mean_absolute_error": Loss(
        lambda pred, y: _mean(np.abs(pred - y)),
        lambda pred, y: np.sign(pred - y) / pred.shape[2],
        "1/O · Σₖ |predₖ − yₖ|",
        "sign(pred − y)/O",
        r"\tfrac{1}{O} \sum_k |\mathrm{pred}_k - y_k|",
        r"\tfrac{1}{O} \mathrm{sign}(\mathrm{pred} - y)",
        ("|pred − y|", r"|\mathrm{pred} - y|"),
    ),
    "huber": Loss(
        _huber,
        lambda pred, y: np.clip(pred - y, -1.0, 1.0) / pred.shape[2],
        "1/O · Σₖ h(predₖ − yₖ)  (h(d) = ½d² if |d| ≤ 1, else |d| − ½)",
        "clip(pred − y, −1, 1)/O",
        r"\tfrac{1}{O} \sum_k h(\mathrm{pred}_k - y_k)\quad"
        r" h(d) = \begin{cases} \tfrac{1}{2} d^{2} & |d| \le 1 \\ |d| - \tfrac{1}{2} & |d| > 1 \end{cases}",
        r"\tfrac{1}{O} \mathrm{clip}(\mathrm{pred} - y, -1, 1)",
        ("h(pred − y)", r"h(\mathrm{pred} - y)"),
    ),
    "binary_cross_entropy": Loss(
        _binary_cross_entropy,
        _binary_cross_entropy_derivative,
        "−1/O · Σₖ (yₖ·ln predₖ + (1 − yₖ)·ln(1 − predₖ))",
        "(pred − y)/(pred·(1 − pred))/O",
        r"-\tfrac{1}{O} \sum_k \bigl(y_k \ln \mathrm{pred}_k + (1 - y_k) \ln (1 - \mathrm{pred}_k)\bigr)",
        r"\tfrac{1}{O} \cdot \frac{\mathrm{pred} - y}{\mathrm{pred} \cdot (1 - \mathrm{pred})}",
        (
            "−(y·ln(pred) + (1 − y)·ln(1 − pred))",
            r"-\bigl(y \cdot \ln(\mathrm{pred}) + (1 - y) \cdot \ln(1 - \mathrm{pred})\bigr)",
        ),
        refuses=_refuse_non_probabilities,
        needs_probabilities=True,
        classifies=True,
    ),
    "binary_cross_entropy_with_logits": Loss(
        _binary_cross_entropy_with_logits,
        lambda z, y: (_sigmoid(z) - y) / z.shape[2],
        "1/O · Σₖ (ln(1 + e^predₖ) − yₖ·predₖ)",
        "(p − y)/O  (p = 1/(1 + e^(−pred)))",
        r"\tfrac{1}{O} \sum_k \bigl(\ln (1 + e^{\mathrm{pred}_k}) - y_k \mathrm{pred}_k\bigr)",
        r"\tfrac{1}{O} (p - y)\quad (p = \frac{1}{1 + e^{-\mathrm{pred}}})",
        ("(ln(1 + e^(pred)) − y·pred)", r"\bigl(\ln(1 + e^{\mathrm{pred}}) - y \cdot \mathrm{pred}\bigr)"),
        p=_sigmoid,
        p_term=("1/(1 + e^(−pred))", r"\frac{1}{1 + e^{-\mathrm{pred}}}"),
        refuses=_refuse_non_probabilities,
        threshold=0.0,
        classifies=True,
    ),
    "cross_entropy": Loss(
        _cross_entropy,
        lambda z, y: softmax(z) - y,
        "−Σₖ yₖ·ln pₖ  (p = softmax(pred))",
        "p − y  (p = softmax(pred))",
        r"-\sum_k y_k \ln p_k\quad (p = \mathrm{softmax}(\mathrm{pred}))",
        r"p - y\quad (p = \mathrm{softmax}(\mathrm{pred}))",
        ("−y·ln(p)", r"-y \cdot \ln(p)"),
        p=softmax,
        p_term=("e^(pred)", r"e^{\mathrm{pred}}"),
        refuses=_refuse_non_distributions,
        mean_over_outputs=False,
        classifies=True,
    ),
}
