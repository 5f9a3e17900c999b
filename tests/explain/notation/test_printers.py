"""Formulas as text: what needs parentheses."""

from __future__ import annotations

import pytest

from runner.explain.notation.printers import TEXT
from runner.explain.notation.typeset import LATEX
from runner.nn.formula import Formula, Number, Symbol, exp, maximum, tanh, total, where


def test_filling_in() -> None:
    z, minus = Symbol("z"), {Symbol("z"): Number(-2, 6)}
    assert TEXT.write((1 - z**2).fill(minus)) == "1 − (−2)²"
    assert TEXT.write(exp(-z).fill(minus)) == "e^(−(−2))"
    assert LATEX.write(tanh(z).fill(minus)) == r"\tanh(-2)"
    assert TEXT.write(maximum(0, z).fill(minus)) == "max(0, −2)"
    assert TEXT.write(Number(3, 6)) == "3"


A, B, Z = Symbol("a"), Symbol("b"), Symbol("z")


@pytest.mark.parametrize(
    ("formula", "text", "latex"),
    [
        (A * (1 - B), "a·(1 − b)", r"a \cdot \left(1 - b\right)"),
        (A - (B - Z), "a − (b − z)", r"a - \left(b - z\right)"),
        (A / (1 + B) / Z, "a/(1 + b)/z", r"\frac{a}{\left(1 + b\right) \cdot z}"),
        (A / (B * Z), "a/(b·z)", r"\frac{a}{b \cdot z}"),
        ((A / B) * Z, "(a/b)·z", r"\frac{a}{b} \cdot z"),
        ((A / B) ** 2, "(a/b)²", r"\left(\frac{a}{b}\right)^{2}"),
        (Number(-2, 6) - Number(-1, 6), "−2 − (−1)", r"-2 - \left(-1\right)"),
        (Number(-2, 6) * A, "−2·a", r"-2 \cdot a"),
        (A * Number(-2, 6), "a·(−2)", r"a \cdot \left(-2\right)"),
        (Number(1e-9, 6) ** 2, "(1e−9)²", r"\left(1 \times 10^{-9}\right)^{2}"),
        (0.5 * A**2, "½·a²", r"\tfrac{1}{2} a^{2}"),
        (exp(-Z) + exp(Z), "e^(−z) + e^z", r"e^{-z} + e^{z}"),
        (total(A + B, A), "(a + b) + a", r"\left(a + b\right) + a"),
        (-(A * B), "−a·b", r"-a \cdot b"),
        (A * -B, "a·(−b)", r"a \cdot \left(-b\right)"),
        (abs(Number(-2, 6)), "|−2|", "|-2|"),
        (Symbol("h", "1", "⁽²⁾") ** 2, "(h1⁽²⁾)²", r"\left(h_{1}^{(2)}\right)^{2}"),
        (Symbol("v", "_old"), "v_old", r"v_{\text{old}}"),
        (Symbol("w", "1", " new"), "w1 new", r"w_{1}^{\,\text{new}}"),
        (Symbol("β", "₁") ** Symbol("t"), "β₁^t", r"\beta_{1}^{t}"),
        (where(Z > 0, 1, Number(-1)), "1 if z > 0, else −1",
         r"\begin{cases} 1 & z > 0 \\ -1 & \text{else} \end{cases}"),
    ],
)  # fmt: skip
def test_parentheses(formula: Formula, text: str, latex: str) -> None:
    assert TEXT.write(formula) == text
    assert LATEX.write(formula) == latex
