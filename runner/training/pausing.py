"""What lets a run go on as if it had never been interrupted: all that its stack knows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from runner.nn.arrays import Array

#: Quantities (R, …) of the runs of a stack, by name.
Memory: TypeAlias = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Paused:
    """A run after `epoch`, which it has reached in so many `seconds`: its quantities by name.

    `row` is the epoch or update of the last row that its history would have had without the interruption.
    """

    epoch: int
    row: int
    seconds: float
    memory: Mapping[str, Array]


def together(paused: Sequence[Paused]) -> Memory:
    """The quantities (R, …) of runs that paused at one epoch."""
    return {name: np.stack([one.memory[name] for one in paused]) for name in paused[0].memory}


def under(prefix: str, memory: Mapping[str, Array]) -> Memory:
    """The quantities whose names begin so, without that."""
    return {name.removeprefix(prefix): a for name, a in memory.items() if name.startswith(prefix)}


def prefixed(prefix: str, memory: Mapping[str, Array]) -> Memory:
    """The quantities under longer names."""
    return {f"{prefix}{name}": array for name, array in memory.items()}
