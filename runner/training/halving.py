"""Successive halving inside a stack: the worse of its runs are stopped, and their time is the others'.

Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization" (2016): after
every so many epochs the best part of the runs goes on. All runs of a stack stand at the same epoch in one
process, so nobody waits or asks; those that go on have the bytes that they have without it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from runner.nn.arrays import Array, Mask

#: What runs are compared by: the first of these that they have.
COMPARED = ("validation_error", "error")


class Halver(Protocol):
    """What stops runs for the others' sake."""

    def is_due(self, epoch: int) -> bool:
        """Whether it is asked after so many epochs."""

    def worse(self, errors: Array) -> Mask:
        """Which of the runs that are to go on (R,), by their errors, are stopped."""


@dataclass(frozen=True)
class Halving:
    """After each `every` epochs the best go on, `keep` of them as a share, and at least one."""

    every: int
    keep: float

    def is_due(self, epoch: int) -> bool:
        """See `Halver`."""
        return epoch > 0 and epoch % self.every == 0

    def worse(self, errors: Array) -> Mask:
        """See `Halver`; of equals the later ones are worse."""
        order = np.argsort(errors, kind="stable")  # NaN comes last
        worse = np.ones(len(order), dtype=bool)
        worse[order[: math.ceil(self.keep * len(order))]] = False
        return worse


def compared_by(measures: Sequence[str]) -> int:
    """The column of a history's measures that runs are compared by."""
    return next(measures.index(name) for name in COMPARED if name in measures)
