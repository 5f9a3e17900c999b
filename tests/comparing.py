"""What another processor may make otherwise, and what not: the last digits of numbers, hairs of pictures."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

#: Far above what rounding does to a short run, far below what any reader can see.
RELATIVE = 1e-12
#: From so many significant digits on, a number that was rounded for show may be one off in the last.
SURE_DIGITS = 6

DECIMAL = re.compile(r"(\d+\.\d+(?:e[-+−]?\d+)?)")


def same_but_for_rounding(text: str, expected: str) -> bool:
    """Whether two texts have the same words, and decimal numbers that only rounding tells apart.

    Decimals may differ by RELATIVE, and long ones by one in the last digit shown; whole numbers are words.
    """
    parts, wanted = (DECIMAL.split(one) for one in (text, expected))
    return len(parts) == len(wanted) and all(
        _close(part, want) if i % 2 else part == want
        for i, (part, want) in enumerate(zip(parts, wanted, strict=True))
    )


def _close(number: str, expected: str) -> bool:
    value, wanted = (float(one.replace("−", "-")) for one in (number, expected))
    last = max(_last_place(number), _last_place(expected))
    return math.isclose(value, wanted, rel_tol=RELATIVE, abs_tol=1.01 * last)


def _last_place(number: str) -> float:
    """The size of a long number's last digit; 0 of a short one, which has to be as it is."""
    digits, _, exponent = number.replace("−", "-").partition("e")
    significant = len(digits.replace(".", "").lstrip("0"))
    places = len(digits.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - places) if significant >= SURE_DIGITS else 0.0


#: OpenBLAS's kernels for x86 processors without SSE4.2 round a product by where its operands lie in memory.
BY_PLACE = ("Katmai", "Prescott", "Core2")
#: Marks a test that a run has the same bits alone and in company.
bits_of_a_run = pytest.mark.skipif(
    any(library.get("architecture") in BY_PLACE for library in threadpool_info()),
    reason="the BLAS rounds by where numbers lie in memory",
)

#: Pictures are compared by the mean brightness, 0 to 1, of squares of so many pixels …
SQUARE = 16
#: … which differ by less than this where a line has moved by a pixel, and by more where a mark has moved.
BRIGHTNESS = 0.15


def same_but_for_hairs(picture: Path, expected: Path) -> bool:
    """Whether two pictures have one size and look alike to an eye that sees no single pixel."""
    squares, wanted = (_squares(path) for path in (picture, expected))
    return squares.shape == wanted.shape and float(np.abs(squares - wanted).max()) < BRIGHTNESS


def _squares(path: Path) -> Any:
    from matplotlib.image import imread

    light = imread(path)[..., :3].mean(axis=-1)
    high, wide = (length // SQUARE for length in light.shape)
    return light[: high * SQUARE, : wide * SQUARE].reshape(high, SQUARE, wide, SQUARE).mean(axis=(1, 3))
