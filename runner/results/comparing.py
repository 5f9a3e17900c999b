"""How two samples compare: P(improvement), and whether their ranks are apart, of costs as in a ranking."""

from __future__ import annotations

import math
from collections.abc import Sequence

#: Two samples are told apart where so many standard deviations lie between their ranks: 95 % confidence.
CONFIDENT = 1.96


def improvement(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """P(improvement): how likely one of `ours` costs less than one of `theirs`; equals count half.

    Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice", section 4.3.
    """
    better = sum((a < b) + 0.5 * (a == b) for a in ours for b in theirs)
    return better / (len(ours) * len(theirs))


def apart(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How many standard deviations lie between the ranks of two samples; above 0 where `ours` cost less.

    Mann and Whitney (1947), "On a test of whether one of two random variables is stochastically larger".
    """
    n, m = len(ours), len(theirs)
    return (improvement(ours, theirs) - 0.5) * math.sqrt(12 * n * m / (n + m + 1))
