"""The level of a metric that counts as learnt, and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from runner.records.names import higher_is_better
from runner.results.ranking import Ranking

#: What counts as learnt where half of the settings get there: a share of the initial error, or so many right.
SHARE, RIGHT = 0.01, 0.99


class Level(NamedTuple):
    """A level of a metric, and where it comes from as a caption says it."""

    value: float
    origin: str


def level_of(ranking: Ranking, costs: Sequence[float], initial: float) -> Level:
    """1 % of the `initial` error or 99 % right, else what half of the settings end at, to two digits.

    `costs` are those of the runs, as ranked. A setting is there when more than half of its runs are.
    """
    more = higher_is_better(ranking.metric)
    ends = sorted(costs[setting.runs[len(setting.runs) // 2]] for setting in ranking.settings)
    ends = [end for end in ends if math.isfinite(end)]
    goal = -RIGHT if more else SHARE * initial
    middle = ends[(len(ends) - 1) // 2] if ends else goal
    if middle <= goal:
        return Level(abs(_eased(goal)), "99 % right" if more else "1 % of the initial error")
    return Level(abs(_eased(middle)), "what half of the settings end at")


def _eased(cost: float) -> float:
    """A cost to two digits, no lower than it is: what keeps to the one keeps to the other."""
    if cost == 0 or not math.isfinite(cost):
        return cost
    digits = 1 - math.floor(math.log10(abs(cost)))
    eased = math.ceil(float(f"{cost * 10.0**digits:.9g}")) if abs(digits) < 300 else None
    return cost if eased is None else float(f"{eased}e{-digits}")
