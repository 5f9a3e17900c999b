"""What a printed step comes to: numbers as they are written, worked out as a reader would.

With it a step is written with as many digits as it takes for its result to come out: one that is
small beside what it is made of, as 0.99999998 − 1 = −2e−8, needs more of them than it has itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from runner.explain.notation.names import PLUS, Math, Number, fill, join, operand, spread, times

#: A step in one piece, or in pieces between which a line may be broken.
Written = TypeVar("Written", Math, tuple[Math, ...])

#: By so many units of its last digit a result may be missed: what rounding does to a few factors.
SLACK = 3.0
#: Numbers of double precision have 15 digits that are sure, and with 17 they are written to the last bit.
SURE_DIGITS, ALL_DIGITS = 15, 17
#: A step whose first digits do not come out has no digits that show why.
NEAR_DIGITS = 2

_REWRITINGS = (
    ("−", "-"), ("·", "*"), ("²", "**2"), (r"\^", "**"), ("½", "0.5"), (", else", " else"),
    (r"√(\d[\d.]*(?:e-?\d+)?)", r"sqrt(\1)"), (r"\|([^|]*)\|", r"abs(\1)"), ("⌊([^⌋]*)⌋", r"floor(\1)"),
)  # fmt: skip


def _normal_cdf(z: float) -> float:
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


#: The words of the formulas; NumPy's functions, which go on with infinities.
WORDS: dict[str, Any] = {
    "e": np.float64(math.e),
    "π": math.pi,
    "ln": np.log,
    "sign": np.sign,
    "clip": np.clip,
    "σ": lambda z: 1.0 / (1.0 + np.exp(-z)),
    "Φ": _normal_cdf,
    "φ": lambda z: math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi),
    "h": lambda d: 0.5 * d * d if abs(d) <= 1.0 else abs(d) - 0.5,
    **{name: getattr(np, name) for name in ("exp", "sqrt", "sin", "cos", "tanh", "floor")},
    **{function.__name__: function for function in (abs, max, min)},
}


def reckon(text: str) -> float:
    """What a formula in numbers comes to, or NaN where it has no value, or not only numbers."""
    for pattern, replacement in _REWRITINGS:
        text = re.sub(pattern, replacement, text)
    try:
        with np.errstate(all="ignore"):
            return float(eval(text, {"__builtins__": {}}, WORDS))  # a formula of the tables, filled
    except (ArithmeticError, NameError, SyntaxError, TypeError, ValueError):
        return math.nan


def missed(step: Math | Sequence[Math], result: Number, scale: float) -> float:
    """By how many units of its last digit a step misses its result; of a zero, of a digit of `scale`."""
    size = abs(result.value) or scale or 1.0
    unit = 10.0 ** (math.floor(math.log10(size)) - result.digits + 1)
    found = reckon(step.text if isinstance(step, Math) else join(step).text)
    return math.inf if math.isnan(found) else abs(found - result.value) / unit


def followed(numbers: Sequence[Math], write: Callable[[Sequence[Math]], Written], result: Math) -> Written:
    """What `write` makes of the numbers, each with as many digits as it takes for `result` to come out.

    Where none are enough, since floating point has rounded on the way, as many as come nearest; and none
    more than usual where the result is nothing but such a rounding.
    """
    if not isinstance(result, Number):
        return write(numbers)  # the result is left blank
    scale = max((abs(number.value) for number in numbers if isinstance(number, Number)), default=1.0)

    def miss(written: Sequence[Math]) -> float:
        return missed(write(written), result, scale)

    return write(numbers if miss(numbers) <= SLACK else _finer(numbers, miss, result.digits))


def _finer(numbers: Sequence[Math], miss: Callable[[Sequence[Math]], float], digits: int) -> Sequence[Math]:
    """The numbers with as many more digits as `miss` asks for."""
    counts = [*range(digits, SURE_DIGITS + 1), ALL_DIGITS]
    finer = [[_to(number, count) for number in numbers] for count in counts]
    misses = [miss(written) for written in finer]
    if min(misses) > max(SLACK, 10.0 ** (digits - NEAR_DIGITS)):
        return numbers
    enough = max(SLACK, 2.0 * min(misses))
    chosen = next(written for written, by in zip(finer, misses, strict=True) if by <= enough)
    for place, number in enumerate(numbers):  # what is not subtracted needs no more digits than before
        shorter = [*chosen[:place], number, *chosen[place + 1 :]]
        if miss(shorter) <= enough:
            chosen = shorter
    return chosen


def _to(number: Math, digits: int) -> Math:
    return number.to(digits) if isinstance(number, Number) else number


def filled(formula: Math, values: Mapping[Math, Math], result: Math) -> Math:
    """The formula with numbers in the places of its symbols, such that `result` comes out."""
    return followed(
        list(values.values()), lambda numbers: fill(formula, dict(zip(values, numbers, strict=True))), result
    )


def summed(products: Sequence[Sequence[Math]], result: Math) -> tuple[Math, ...]:
    """A sum of products of numbers, such that `result` comes out."""

    def write(numbers: Sequence[Math]) -> tuple[Math, ...]:
        rest = iter(numbers)
        first, *others = [list(islice(rest, len(product))) for product in products]
        return spread([times(first), *[times([operand(one[0]), *one[1:]]) for one in others]], PLUS)

    return followed([number for product in products for number in product], write, result)
