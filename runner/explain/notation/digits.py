"""Numbers as they are written, with as many digits as it takes for a printed step to come out.

A result that is small beside what it is made of, as 0.99999998 − 1 = −2e−8, needs more digits of
them than it has itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from runner.explain.notation.names import BLANK
from runner.nn.formula import Formula, Number

#: Of a number so little may be due to the rounding of double precision alone.
NOISE = 1e-14
#: By so many units of its last digit a result may be missed: what rounding does to a few factors.
SLACK = 3.0
#: Numbers of double precision have 15 digits that are sure, and with 17 they are written to the last bit.
SURE_DIGITS, ALL_DIGITS = 15, 17
#: A step whose first digits do not come out has no digits that show why.
NEAR_DIGITS = 2
#: To how many significant digits each number is written.
Counts: TypeAlias = Mapping[Number, int]


@dataclass(frozen=True)
class Pen:
    """Writes numbers to `digits` significant digits; leaves a blank for each result unless `solution`."""

    digits: int = 6
    solution: bool = True

    def given(self, value: float) -> Number:
        """A number that is known from the start: an input, a target, a weight, a rate."""
        return Number(value + 0.0, self.digits)  # no −0

    def result(self, value: float) -> Formula:
        """A number that has been worked out."""
        return self.given(value) if self.solution else BLANK


def is_rounding(total: float, terms: float) -> bool:
    """Whether a sum is nothing but rounding, beside the sizes of its `terms`: on paper it is 0."""
    return 0.0 < abs(total) < 0.1 * NOISE * terms


def decimal(number: Number) -> tuple[str, int]:
    """A number's digits and its power of ten; zeros at the end say that it is rounded: 1.00000 is not 1."""
    value, digits = number.number, number.digits
    if digits is None:
        return f"{value:g}", 0
    short = f"{value:.{digits}g}"
    exact = abs(float(short) - value) <= NOISE * abs(value)
    mantissa, _, exponent = (short if exact else f"{value:#.{digits}g}").partition("e")
    return mantissa.removesuffix("."), int(exponent or 0)


def followed(step: Formula, result: Formula) -> Formula:
    """A step in numbers, each with as many digits as it takes for `result` to come out.

    Where none are enough, since floating point has rounded on the way, as many as come nearest; and none
    more than usual where the result is nothing but such a rounding.
    """
    if not isinstance(result, Number):
        return step  # it is left blank
    numbers = list(dict.fromkeys(n for n in step.parts_within() if isinstance(n, Number) and n.digits))
    scale = max((abs(number.number) for number in numbers), default=1.0)

    def miss(counts: Counts) -> float:
        return missed(_finer(step, counts), result, scale)

    usual = {number: number.digits or 0 for number in numbers}
    if miss(usual) <= SLACK or (counts := _enough(usual, miss)) is None:
        return step
    return _finer(step, counts)


def missed(step: Formula, result: Number, scale: float) -> float:
    """By how many units of its last digit a step misses its result; of a zero, of a digit of `scale`."""
    size = abs(result.number) or scale or 1.0
    unit = 10.0 ** (math.floor(math.log10(size)) - (result.digits or ALL_DIGITS) + 1)
    try:
        with np.errstate(all="ignore"):
            value = float(step.value())
    except KeyError:
        return math.inf  # not only numbers
    return math.inf if math.isnan(value) else abs(value - result.number) / unit


def _finer(step: Formula, counts: Counts) -> Formula:
    return step.fill({number: Number(number.number, count) for number, count in counts.items()})


def _enough(usual: Counts, miss: Callable[[Counts], float]) -> Counts | None:
    """How many digits each number takes, or None where none are enough."""
    digits = max(usual.values(), default=0)
    finer = [dict.fromkeys(usual, count) for count in (*range(digits, SURE_DIGITS + 1), ALL_DIGITS)]
    misses = [miss(counts) for counts in finer]
    if min(misses) > max(SLACK, 10.0 ** (digits - NEAR_DIGITS)):
        return None
    enough = max(SLACK, 2.0 * min(misses))
    chosen = next(counts for counts, by in zip(finer, misses, strict=True) if by <= enough)
    for number, count in usual.items():  # what is not subtracted needs no more digits than before
        if miss(shorter := {**chosen, number: count}) <= enough:
            chosen = shorter
    return chosen
