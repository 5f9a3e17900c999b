"""Formulas: built by operators, filled, evaluated."""

from __future__ import annotations

import numpy as np
import pytest

from runner.nn.formula import (
    PI,
    Formula,
    Function,
    Number,
    Symbol,
    clip,
    cos,
    exp,
    floor,
    ln,
    maximum,
    product,
    sign,
    sin,
    sqrt,
    tanh,
    total,
    where,
)  # fmt: skip

A, B = Symbol("a"), Symbol("b")
X = np.array([-2.5, -1.0, -1e-3, 0.0, 0.5, 1.0, 3.0])


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (1 + A - 2, 1 + X - 2),
        (3 - (1 - A), 3 - (1 - X)),
        (-A * 2 / (A**2 + 1), -X * 2 / (X**2 + 1)),
        (2**A, 2**X),
        (1 / (1 + exp(-A)), 1 / (1 + np.exp(-X))),
        (ln(1 + exp(A)), np.log(1 + np.exp(X))),
        (sqrt(abs(A)), np.sqrt(np.abs(X))),
        (floor(A / 2), np.floor(X / 2)),
        (where(A > 0, A, 0.01 * A), np.where(X > 0, X, 0.01 * X)),
        (where(abs(A) <= 1, A, sign(A)), np.clip(X, -1, 1)),
        (clip(A, -1, 1) + maximum(0, A), np.clip(X, -1, 1) + np.maximum(0, X)),
        (sin(A) * cos(PI * A) - tanh(A), np.sin(X) * np.cos(np.pi * X) - np.tanh(X)),
    ],
)
def test_values(formula: Formula, value: np.ndarray) -> None:
    np.testing.assert_array_equal(formula.value({A: X}), value)
    for x, y in zip(X, value, strict=True):
        assert formula.value({A: x}) == y
        assert formula.fill({A: Number(x)}).value() == y


def test_equal_trees_are_equal() -> None:
    assert A * (1 - A) == A * (1 - A)
    assert hash(A * (1 - A)) == hash(A * (1 - A))
    assert A * (1 - A) != A * (1 - B)
    assert total(A, B) != product(A, B)
    assert Symbol("b", "1") != Symbol("b", above="1")


def test_parts_are_filled_as_symbols_are() -> None:
    error = -(B * ln(A) + (1 - B) * ln(1 - A))
    assert error.fill({ln(A): Number(-100)}) == -(B * Number(-100) + (1 - B) * ln(1 - A))
    assert ln(A) in error.parts_within()
    assert error.fill({A: B}).fill({B: A}).parts_within().count(B) == 0
    assert error == -(B * ln(A) + (1 - B) * ln(1 - A))  # it is left as it was


def test_products_are_flat_and_terms_stay_what_they_are() -> None:
    assert product(A, B, A, B) == (A * B) * (A * B)
    assert product(A) == total(A) == A
    assert total(A + B, A) != A + B + A


def test_a_rounded_number_has_the_value_that_is_written() -> None:
    assert Number(1 / 3, 3).value() == 0.333
    assert Number(1 / 3).value() == 1 / 3


def test_what_has_no_value_says_so() -> None:
    with pytest.raises(KeyError):
        (A + B).value({A: 1.0})
    with pytest.raises(KeyError):
        Function("f")(A).value({A: 1.0})
