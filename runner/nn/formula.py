"""Formulas as small trees that operators build, so that an entry of a table reads as its mathematics.

A formula is filled, symbol by symbol or part by part, and has a value, of floats or of arrays. How it
is written is not its affair: see ``runner.explain.notation.printers``.

>>> a = Symbol("a")
>>> (a * (1 - a)).value({a: 0.25})
0.1875
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from runner.nn.arrays import Array

Value: TypeAlias = float | Array
#: What stands in a formula beside formulas.
Operand: TypeAlias = "Formula | float"
NOTHING: Mapping[Formula, Value] = {}


def _swapped(method: Callable[[Any, Operand], Formula]) -> Callable[[Formula, Operand], Formula]:
    """An operator for what stands on the left of a formula and is none."""
    return lambda right, left: method(formula(left), right)


class Formula:
    """A node of a tree. Equal trees are equal."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{(*vars(self).values(),)}"

    def fill(self, values: Mapping[Formula, Formula]) -> Formula:
        """The formula with others in the places of its symbols, or of whole parts of it."""
        return values.get(self, self)

    def value(self, at: Mapping[Formula, Value] = NOTHING) -> Value:
        """What it comes to. Raises KeyError where a symbol has no value."""
        return at[self]

    def parts_within(self) -> list[Formula]:
        """The formula and all parts of it, from left to right."""
        return [self]

    def __add__(self, other: Operand) -> Formula:
        return Sum((*(self.parts if isinstance(self, Sum) else (self,)), formula(other)))

    def __sub__(self, other: Operand) -> Formula:
        return self + -formula(other)

    def __mul__(self, other: Operand) -> Formula:
        return product(self, formula(other))

    def __truediv__(self, other: Operand) -> Formula:
        return Quotient((self, formula(other)))

    def __pow__(self, other: Operand) -> Formula:
        return Power((self, formula(other)))

    __radd__, __rsub__, __rmul__ = map(_swapped, (__add__, __sub__, __mul__))
    __rtruediv__, __rpow__ = map(_swapped, (__truediv__, __pow__))

    def __neg__(self) -> Formula:
        return Negation((self,))

    def __abs__(self) -> Formula:
        return absolute(self)

    def __gt__(self, other: Operand) -> Formula:
        return Relation((self, formula(other)), ">")

    def __le__(self, other: Operand) -> Formula:
        return Relation((self, formula(other)), "≤")


class Symbol(Formula):
    """A letter or a word, with what stands below and above it: w1, β₁, z_h1, v_old, h1⁽²⁾, w1 new.

    With a `number` it stands for that one everywhere: π.
    """

    def __init__(
        self, name: str, below: str | Symbol = "", above: str = "", number: float | None = None
    ) -> None:
        self.name, self.below, self.above, self.number = name, below, above, number

    def value(self, at: Mapping[Formula, Value] = NOTHING) -> Value:
        """Its number, or the one that it has in `at`."""
        return at[self] if self.number is None else self.number


class Number(Formula):
    """A number; `digits` of it are significant, where it is not exact."""

    def __init__(self, number: float, digits: int | None = None) -> None:
        self.number, self.digits = number, digits

    @property
    def rounded(self) -> float:
        """The number to its digits."""
        return self.number if self.digits is None else float(f"{self.number:.{self.digits}g}")

    def value(self, at: Mapping[Formula, Value] = NOTHING) -> Value:
        """The number as it is written."""
        return np.float64(self.rounded)


PI = Symbol("π", number=np.pi)


class Operation(Formula):
    """What is made of its parts; ``compute`` makes its value of theirs."""

    compute: Callable[..., Value]

    def __init_subclass__(cls, compute: Callable[..., Value] | None = None) -> None:
        if compute is not None:
            cls.compute = staticmethod(compute)

    def __init__(self, parts: tuple[Formula, ...]) -> None:
        self.parts = parts

    def fill(self, values: Mapping[Formula, Formula]) -> Formula:
        """The operation, or each of its parts, filled."""
        if self in values:
            return values[self]
        filled = copy(self)
        filled.parts = tuple(part.fill(values) for part in self.parts)
        return filled

    def value(self, at: Mapping[Formula, Value] = NOTHING) -> Value:
        """What it comes to, computed of its parts where `at` does not say it."""
        return at[self] if self in at else self.compute(*(part.value(at) for part in self.parts))

    def parts_within(self) -> list[Formula]:
        """The operation, its parts and theirs."""
        return [self, *(inner for part in self.parts for inner in part.parts_within())]


class Sum(Operation, compute=lambda *values: reduce(np.add, values)):
    """A sum of its terms. One that is a term of another is a group of its own."""


class Negation(Operation, compute=np.negative):
    """The opposite of its part."""


class Product(Operation, compute=lambda *values: reduce(np.multiply, values)):
    """A product of its factors."""


class Quotient(Operation, compute=np.divide):
    """The first part over the second."""


class Power(Operation, compute=np.power):
    """The first part to the power of the second."""


class Cases(Operation, compute=np.where):
    """The second part where the first, a condition, holds; else the third."""


class Relation(Operation):
    """Parts between which a sign stands: >, ≤, =, →."""

    def __init__(self, parts: tuple[Formula, ...], sign: str) -> None:
        super().__init__(parts)
        self.sign = sign

    def compute(self, *values: Any) -> Value:
        """Whether it holds, element by element."""
        return {">": np.greater, "≤": np.less_equal}[self.sign](*values)


class SumOver(Operation):
    """The sum of a part over the outputs k, as it is written; it has no value."""


class Function:
    """A named function, which makes formulas of formulas; without `compute` they have no value."""

    def __init__(self, name: str, compute: Callable[..., Value] | None = None) -> None:
        self.name, self.compute = name, compute

    def __call__(self, *parts: Operand) -> Call:
        return Call(tuple(map(formula, parts)), self)


class Call(Operation):
    """A function of its parts."""

    def __init__(self, parts: tuple[Formula, ...], function: Function) -> None:
        super().__init__(parts)
        self.function = function

    def compute(self, *values: Any) -> Value:
        """What the function makes of the values. Raises KeyError where it only has a name."""
        if self.function.compute is None:
            raise KeyError(self.function.name)
        return self.function.compute(*values)


def formula(operand: Operand) -> Formula:
    """A formula as it is, a number as a formula."""
    return operand if isinstance(operand, Formula) else Number(operand)


def product(*factors: Formula) -> Formula:
    """A product; those among its factors are taken apart, and a single factor is itself."""
    flat = [part for f in factors for part in (f.parts if isinstance(f, Product) else (f,))]
    return Product(tuple(flat)) if len(flat) > 1 else flat[0]


def total(*terms: Formula) -> Formula:
    """A sum of terms, of which each stays what it is; a single term is itself."""
    return Sum(terms) if len(terms) > 1 else terms[0]


def equal(left: Formula, right: Formula) -> Relation:
    """left = right, as it is written."""
    return Relation((left, right), "=")


def where(condition: Formula, then: Operand, otherwise: Operand) -> Formula:
    """`then` where the condition holds, else `otherwise`."""
    return Cases((condition, formula(then), formula(otherwise)))


absolute, floor = Function("abs", np.abs), Function("floor", np.floor)
exp, ln, sqrt = Function("exp", np.exp), Function("ln", np.log), Function("sqrt", np.sqrt)
sin, cos, tanh = Function("sin", np.sin), Function("cos", np.cos), Function("tanh", np.tanh)
maximum, minimum = Function("max", np.maximum), Function("min", np.minimum)
sign = Function("sign", np.sign)
clip = Function("clip", np.clip)
