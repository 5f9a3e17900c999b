"""What the parts of the examples are called in pictures."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.data.examples import Data, Part

TRAINING, VALIDATION, TEST = "training", "validation", "test"
#: The test part, where no other is held out.
HELD_OUT = "held out"


def names_of(parts: Collection[str]) -> dict[str, str]:
    """What those of the held-out `parts` that there are are called."""
    return {part: HELD_OUT if part == TEST and len(parts) == 1 else part for part in parts}


def named_parts(data: Data) -> dict[str, Part]:
    """The parts that are held out, by what they are called; the last one tells best of what was learnt."""
    names = names_of(data.held_out)
    return {names[part]: examples for part, examples in data.held_out.items()}
