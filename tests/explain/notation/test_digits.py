"""Numbers as they are written."""

from __future__ import annotations

import pytest

from runner.explain.notation.digits import Pen
from runner.explain.notation.printers import TEXT
from runner.explain.notation.typeset import LATEX


@pytest.mark.parametrize(
    ("value", "digits", "text", "latex"),
    [
        (0.5, 6, "0.5", "0.5"),
        (-0.38832, 6, "−0.38832", "-0.38832"),
        (-0.0, 6, "0", "0"),
        (1.25e-7, 6, "1.25e−7", r"1.25 \times 10^{-7}"),
        (2e20, 6, "2e20", r"2 \times 10^{20}"),
        (1 / 3, 3, "0.333", "0.333"),
        (1.003, 3, "1.00", "1.00"),
        (1.003, 4, "1.003", "1.003"),
        (0.1 + 0.2, 6, "0.3", "0.3"),
        (99999.7, 5, "1.0000e5", r"1.0000 \times 10^{5}"),
        (12.3, 2, "12", "12"),
        (-1.25000004e-7, 6, "−1.25000e−7", r"-1.25000 \times 10^{-7}"),
    ],
)
def test_numbers(value: float, digits: int, text: str, latex: str) -> None:
    """Zeros at the end say that a number is rounded; an exact one does without."""
    number = Pen(digits).given(value)
    assert (TEXT.write(number), LATEX.write(number)) == (text, latex)
