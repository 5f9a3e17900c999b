"""The parts of the examples: those that are trained on, and those that are held out."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from runner.nn.arrays import Array, Mask, Numbers

#: The parts that are not trained on: what is chosen by, and what tells of that which was chosen.
PARTS = ("validation", "test")
#: What parts are called: the test part by the last of these, where it is the only one that is held out.
TRAINING, VALIDATION, TEST, HELD_OUT = "training", *PARTS, "held out"


class Part(NamedTuple):
    """N examples: inputs (N, I), targets (N, O) and, if known, their numbers (N,) in the source, from 1."""

    inputs: Array
    targets: Array
    numbers: Numbers | None = None

    def where(self, chosen: Mask) -> Part:
        """Those of the examples that are `chosen` (N,)."""
        numbers = None if self.numbers is None else self.numbers[chosen]
        return Part(self.inputs[chosen], self.targets[chosen], numbers)


def names_of(parts: Collection[str]) -> dict[str, str]:
    """What those of PARTS that there are are called."""
    return {part: HELD_OUT if part == TEST and len(parts) == 1 else part for part in parts}
