"""Formulas as LaTeX and MathML."""

from __future__ import annotations

from xml.etree import ElementTree

from reading import every_formula

from runner.explain.notation.typeset import MATHML
from runner.nn.formula import Number, Symbol


def test_every_formula_of_the_tables_becomes_mathml() -> None:
    for formula in every_formula():
        ElementTree.fromstring(f"<math>{MATHML.write(formula)}</math>")


def test_mathml() -> None:
    assert MATHML.write(Symbol("a") / Symbol("b", "1") ** 2) == (
        "<mfrac><mi>a</mi><msubsup><mi>b</mi><mn>1</mn><mn>2</mn></msubsup></mfrac>"
    )
    assert MATHML.write(Number(-0.5, 6) - Number(1, 6)) == (
        "<mrow><mo form='prefix'>−</mo><mn>0.5</mn><mo>−</mo><mn>1</mn></mrow>"
    )
