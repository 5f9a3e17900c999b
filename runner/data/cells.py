"""What the text in the cells of a table looks like: numbers, numbers written for readers, names."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

#: Rows that tell what a column is like.
SAMPLE = 1000
#: What stands for a value that is not there, in small letters.
MISSING_MARKS = ("?", "na", "n/a", "#n/a", "<na>", "null", ".", "nan")
#: What stands for 0 and 1, in small letters.
WORDS = (("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"))

_GROUPED = r"\d{1,3}(?:[,.'’_ \u00a0\u202f]\d{3})+|\d{1,2}(?:,\d\d)+,\d{3}"  # 4,750 and 12,34,567
_AMOUNT = rf"(?:(?:{_GROUPED}|\d+)(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_BROKEN = rf"(?:(?:(?:{_GROUPED})(?:[.,]\d+)?|\d*[.,]\d+)(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)"  # no whole one
_SIGN = r"[-+−(]?\s*"
_CURRENCY = r"(?:US\$|[$€£¥₹₽₩₺₫₴₪]|USD|EUR|GBP|CHF|JPY|CNY|INR)"

#: Text that is no number as it stands, with what it looks like and what to do.
LOOKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d\d(?:\d\d)?)(?:[T ].*)?"
            r"|\d{1,2}:\d\d(?::\d\d.*)?"
        ),
        "looks like a date or a time: write a number in its place (days since the first, say)",
    ),
    (
        re.compile(
            rf"{_SIGN}{_CURRENCY}\s*{_SIGN}{_AMOUNT}\D*|{_SIGN}{_AMOUNT}\s*(?:{_CURRENCY}|[%‰])\D*"
            rf"|{_SIGN}{_BROKEN}(?!-)\D*|−\s*{_AMOUNT}\D*|\(\s*{_AMOUNT}\s*\)|0[xX][0-9a-fA-F]+"
        ),
        "looks like a number, but is not written as one: write digits and a point alone, as 1234.5, "
        "or begin it with a letter where it names a class",
    ),
)


def number(text: str) -> float | None:
    """A cell's number, or None; what Python alone takes for one (1_000) is none."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def looks_like(text: str) -> str | None:
    """What a text that is no number looks like all the same, and what to do; None for one like any other."""
    text = text.strip()
    if text.casefold() in MISSING_MARKS:
        return "looks like a missing value: fill it in, or leave its row out"
    return next((what for pattern, what in LOOKS if pattern.fullmatch(text)), None)


def is_no_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table's first line is of the kind of those below it, as where the header is missing.

    Names may be numbers: those that pandas gives (0, 1, 2), years, and what is far from the numbers
    below it, as wavelengths are from absorbances.
    """
    below = [row for row in rows[:SAMPLE] if len(row) == len(first)]
    if not below or all(number(name) is None for name in first):
        return False
    known, labels = [], []  # the names above numbers, and those above texts, with what is below each
    for name, cells in zip(map(str.strip, first), zip(*below, strict=True), strict=True):
        if sum(number(cell) is not None for cell in cells) * 2 < len(cells):
            labels.append((name, cells))
        elif name and name.casefold() not in MISSING_MARKS:
            known.append((name, cells))
    if not known or any(number(name) is None for name, _ in known):
        return False  # text above numbers is a name
    if any(name in map(str.strip, cells) for name, cells in labels):
        return True
    near = [_is_near(name, cells) for name, cells in known]
    return not _are_names([name for name, _ in known]) and sum(near) >= 0.8 * len(near)


def _are_names(tops: Sequence[str]) -> bool:
    """Whether numbers are those that tables give to columns without a name (0, 1, 2), or years."""
    if not all(top.isdecimal() and len(top) < 20 for top in tops):  # of thousands Python makes no number
        return False
    counts = [int(top) for top in tops]
    steps = {after - before for before, after in pairwise(counts)}
    counted = steps == {1} and len(counts) > {0: 2, 1: 4}.get(counts[0], len(counts))
    return counted or (len(steps) == 1 and 0 not in steps and all(1800 <= year <= 2100 for year in counts))


def _is_near(top: str, column: Sequence[str]) -> bool:
    """Whether a number is no further from those in a column than they are from each other."""
    value = number(top)
    numbers = [n for n in map(number, column) if n is not None and math.isfinite(n)]
    if value is None or not numbers:
        return False
    low, high = min(numbers), max(numbers)
    reach = (high - low) or max(abs(low), 1.0)
    return low - reach <= value <= high + reach
