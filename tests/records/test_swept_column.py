"""A column of swept values has what was put in, of the same type, and takes few bytes."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runner.records.swept_column import ABSENT, FEW, SweptColumn

#: Texts that are almost those of numbers, and numbers that are no texts.
NEAR = [
    *("1", "1.0", "01", "+1", "1_0", " 1", "1.", ".5", "-0", "-0.0", "0", "9007199254740993", "1e22"),
    *("1e-05", "1e-5", "0.00001", "1" + "0" * 22, "1" + "0" * 400, "nan", "NaN", "-nan", "inf", "-inf"),
    *("Infinity", "\u0663", "", "adam", "[1]", None, True, 1, 1.0, -0.0, (1,), ABSENT),
]
VALUES = (
    st.sampled_from(NEAR)
    | st.text(max_size=4)
    | st.integers().map(str)
    | st.floats().map(repr)
    | st.floats().map(lambda number: f"{number:.3g}")
)


def same(held: Any, given: Any) -> bool:
    return type(held) is type(given) and (held is given or repr(held) == repr(given))


@given(st.lists(VALUES, max_size=8), st.lists(st.tuples(st.integers(0, 7), VALUES)))
@example([*NEAR], [])
@example(["0.5"], [(0, "adam"), (0, None), (0, "7"), (0, "7.0")])
def test_what_is_read_is_what_was_put_in(values: list[Any], changes: list[tuple[int, Any]]) -> None:
    column, expected = SweptColumn(2), [ABSENT, ABSENT, *values]
    for row, value in enumerate(values, start=2):
        column.append()
        column[row] = value
    for row, value in changes:
        if row < len(expected):
            column[row] = expected[row] = value
    assert all(same(column[row], value) for row, value in enumerate(expected))
    assert [column.has(row) for row in range(len(expected))] == [value is not ABSENT for value in expected]


@pytest.mark.parametrize(
    ("text", "most"),
    [("0.{0:06}1", 17), ("{0}", 17), ("word{1}", 30), ("{0}e-3", 80)],
)
def test_a_value_takes_few_bytes(text: str, most: int) -> None:
    """Those of numbers as Python writes them, and texts that come again, take two words."""
    many = 20 * FEW
    tracemalloc.start()
    try:
        column = SweptColumn(many)
        for n in range(many):
            column[n] = text.format(n, n % FEW)
        each = tracemalloc.get_traced_memory()[0] / many
    finally:
        tracemalloc.stop()
    assert column[many - 1] == text.format(many - 1, (many - 1) % FEW)
    assert each < most
