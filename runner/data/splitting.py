"""Which examples are held out: a random part of all, or of every class alike."""

from __future__ import annotations

import numpy as np

from runner.errors import ConfigError
from runner.nn.arrays import Array, Mask, Numbers
from runner.nn.streams import stream

#: The streams by which parts are chosen.
STREAMS = {"test": "split", "validation": "validation split"}


def held_out(targets: Array, fraction: float, seed: int, stratify: bool, part: str = "test") -> Mask:
    """Which of the examples with `targets` (N, O) are in the held-out `part` (N,), the share `fraction`.

    `stratify` takes of every class, a row of targets that differs, its own share. Raises ConfigError
    where none would be left for training.
    """
    examples = len(targets)
    chosen = np.zeros(examples, dtype=bool)
    count = max(1, round(fraction * examples))
    if count >= examples:
        raise ConfigError(
            f"data.{part}_fraction", fraction, f"leaves none of the {examples} examples for training"
        )
    order = stream(seed, STREAMS[part]).permutation(examples)
    if stratify:
        order = _by_share(order, targets, count)
    chosen[order[:count]] = True
    return chosen


def _by_share(order: Numbers, targets: Array, count: int) -> Numbers:
    """The examples of `order` (N,), such that of every class its share is among the first `count`."""
    _, which, sizes = np.unique(targets, axis=0, return_inverse=True, return_counts=True)
    which = which.reshape(-1)[order]
    shares = count * sizes / len(order)
    quotas = np.floor(shares).astype(int)
    largest = np.argsort(quotas - shares, kind="stable")[: count - int(quotas.sum())]
    quotas[largest] += 1
    rank = np.empty(len(order), dtype=int)  # of each example among its class, in order
    for label in range(len(sizes)):
        of_class = which == label
        rank[of_class] = np.arange(int(of_class.sum()))
    return order[np.argsort(rank >= quotas[which], kind="stable")]
