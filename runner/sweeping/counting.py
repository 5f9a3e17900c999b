"""How many runs a sweep's values make, counted before there is a list of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Sized
from typing import Any

from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep

from runner.cost.estimate import LEAST_DISK, OF_RUN
from runner.errors import RunnerError
from runner.overrides import key_of
from runner.resources import FORCE, MOST_RUNS, in_words, insists


def refuse_too_many(
    taken: Mapping[str, Override | Sized], points: int | None, together: Sequence[Sequence[str]]
) -> None:
    """Raises RunnerError for more runs than a sweep may have, by what each key has, with its prefix.

    Of keys that vary `together` one counts; an interval has so many `points`.
    """
    others = {key for group in together for key in group[1:]}
    counts = {key_of(key): _count(values, points) for key, values in taken.items()}
    runs = math.prod(count for key, count in counts.items() if key not in others)
    if runs <= MOST_RUNS or insists():
        return
    least = in_words(runs * LEAST_DISK), in_words(runs * OF_RUN)
    raise RunnerError(
        f"these values make {runs:,} runs, which would write {least[0]} at the least, and take {least[1]} of "
        f"memory; at most {MOST_RUNS:,} are possible: fewer values, or sweeps one after the other "
        f"({FORCE} insists)"
    )


def _count(values: Override | Sized, points: int | None) -> int:
    """How many values a key takes."""
    if not isinstance(values, Override):
        return len(values)
    if not values.is_sweep_override():
        return 1
    if values.is_interval_sweep():
        return points or 1
    sweep: Any = values.value()
    if isinstance(sweep, RangeSweep) and sweep.start is not None and sweep.stop is not None and sweep.step:
        return max(0, math.ceil((sweep.stop - sweep.start) / sweep.step))
    return len(sweep.list) if isinstance(sweep, ChoiceSweep) else 1
